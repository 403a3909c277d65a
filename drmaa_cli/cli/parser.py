"""What all sub-commands are parsed with: click's classes with our help, and the options that many share."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence

import click

from drmaa_cli.cli.completing import sessions
from drmaa_cli.typed import TYPE_CHECKING, Any, Callable, NamedTuple, TypeVar

PROGRAM = "drmaa-cli"
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
WIDEST_TERM = 30  # columns that options have in help, as click has it
GOES_ON = " \\"  # the end of a line that goes on in the next
NARROW = 68  # columns
UNSHORTENED = 1000  # characters of a first sentence, more than any has

Function = TypeVar("Function", bound=Callable[..., Any])


class Example(NamedTuple):
    """A command line, and what it does."""

    line: str
    says: str


class Formatter(click.HelpFormatter):
    """Help with ``usage:`` in small letters, as argparse and most tools have it, and for narrow terminals."""

    def __init__(
        self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None
    ) -> None:
        columns = shutil.get_terminal_size().columns
        super().__init__(indent_increment, width or max(min(columns, max_width or 80) - 2, 20), max_width)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage line."""
        super().write_usage(prog, args, "usage: " if prefix is None else prefix)

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = WIDEST_TERM, col_spacing: int = 2
    ) -> None:
        """Write terms and what they mean side by side, with room for the latter on narrow terminals, too."""
        room = col_max if self.width >= NARROW else self.width // 3
        super().write_dl(rows, min(col_max, room), col_spacing)


class Context(click.Context):
    """A context whose help is written by :class:`Formatter`."""

    formatter_class = Formatter


class _WithExamples(click.Command):
    """What is said in the same way of a sub-command and of one that has sub-commands of its own."""

    context_class = Context

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401  # click's own
        examples: Sequence[tuple[str, str]] = (),
        **keywords: Any,  # noqa: ANN401
    ) -> None:
        keywords["context_settings"] = {**CONTEXT, **(keywords.get("context_settings") or {})}
        super().__init__(*arguments, **keywords)
        self.examples = [Example(*example) for example in examples]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples."""
        write_examples(self.examples, formatter)
        super().format_epilog(ctx, formatter)


class Command(_WithExamples):
    """A sub-command.

    Args:
        usage: what stands after the name in the usage line, instead of click's own.
        examples: shown at the end of the help.
    """

    def __init__(self, *arguments: Any, usage: str | None = None, **keywords: Any) -> None:  # noqa: ANN401
        super().__init__(*arguments, **keywords)
        self.usage = usage

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """The words of the usage line."""
        return super().collect_usage_pieces(ctx) if self.usage is None else [self.usage]


class Group(_WithExamples, click.Group):
    """A sub-command that has sub-commands of its own."""

    command_class = Command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The sub-commands with the whole of their first sentences."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(UNSHORTENED)) for name, one in found if one])


def typed(line: str, room: int) -> list[str]:
    """A command line in lines that a shell reads as one, as far as there is room for its words."""
    lines = [""]
    for word in re.findall(r"""(?:'[^']*'|"[^"]*"|[^'" ])+""", line):
        more = f"{lines[-1]} {word}" if lines[-1].strip() else lines[-1] + word
        if len(more) + len(GOES_ON) <= room or not lines[-1].strip():
            lines[-1] = more
        else:
            lines.append(f"    {word}")
    return [f"{one}{GOES_ON}" for one in lines[:-1]] + lines[-1:] if len(line) > room else [line]


def write_examples(examples: Sequence[Example], formatter: click.HelpFormatter) -> None:
    """Each command line as it can be typed, with what it does below."""
    if not examples:
        return
    with formatter.section("Examples"):
        for example in examples:
            for line in typed(example.line, formatter.width - formatter.current_indent):
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
            formatter.indent()
            formatter.indent()
            formatter.write_text(example.says)
            formatter.dedent()
            formatter.dedent()


def json_option(function: Function) -> Function:
    """``--json``: what machines read."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON (docs/cli.md has the shapes).")(
        function
    )


def following_options(detach: str, interrupt: str, quiet: str) -> Callable[[Function], Function]:
    """``--detach``, ``--on-interrupt`` and ``--quiet``: a command submits jobs and follows them, or does not.

    Args:
        detach: the help of the first.
        interrupt: of the second: what may become of the jobs.
        quiet: of the third.
    """

    def decorate(function: Function) -> Function:
        function = click.option("-q", "--quiet", is_flag=True, help=quiet)(function)
        answers = click.Choice(["ask", "end", "leave"])
        function = click.option("--on-interrupt", type=answers, default="ask", help=interrupt)(function)
        return click.option("--detach", is_flag=True, help=detach)(function)

    return decorate


def session_options(function: Function) -> Function:
    """``-s`` and ``--contact``: whose jobs; :meth:`drmaa_cli.cli.place.SessionPlace.of` understands them."""
    session = click.option(
        "-s",
        "--session",
        metavar="NAME",
        shell_complete=sessions,
        help="The session: jobs are kept under its name. The default is made of the current directory.",
    )
    contact = click.option(
        "--contact",
        metavar="CONTACT",
        help="The submit host, as ssh://[USER@]HOST[:PORT]; the default is DRMAA_CLI_CONTACT, or this host.",
    )
    return session(contact(function))


if TYPE_CHECKING:
    FloatType = click.ParamType[float]
else:
    FloatType = click.ParamType  # click 8.1 has no generic one


class Seconds(FloatType):
    """A duration: ``90``, ``90s``, ``5m``, ``2h``, ``1d``, ``HH:MM:SS``; becomes seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """Read it."""
        text = str(value).strip()
        plain = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text, re.ASCII)
        if plain:
            return float(plain[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[plain[2]]
        clock = re.fullmatch(r"(\d+):([0-5]?\d):([0-5]?\d)", text, re.ASCII)
        if clock is None:
            self.fail(f"{text!r} is no duration such as 90, 5m, 2h or 01:30:00", param, ctx)
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3])


SECONDS = Seconds()
