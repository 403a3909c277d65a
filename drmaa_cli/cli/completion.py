"""``drmaa-cli completion``: what a shell is to evaluate."""

from __future__ import annotations

import click

from drmaa_cli.cli.parser import PROGRAM, Command

SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    cls=Command,
    examples=[
        ('eval "$(drmaa-cli completion bash)"', "in ~/.bashrc"),
        ('eval "$(drmaa-cli completion zsh)"', "in ~/.zshrc, after compinit"),
        ("drmaa-cli completion fish | source", "in ~/.config/fish/config.fish"),
    ],
)
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> int:
    """Print what makes a shell complete drmaa-cli's commands and options."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415  # for shells only

    from drmaa_cli.cli.frame import COMPLETION, cli  # noqa: PLC0415  # the frame loads this module

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(cli, {}, PROGRAM, COMPLETION).source()
    if shell == "fish":  # click's would cut a description, or a name, at its first comma
        script = script.replace('string split ","', 'string split --max 1 ","')
    print(script)
    return 0
