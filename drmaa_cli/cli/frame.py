"""The frame of ``drmaa-cli``: which sub-commands there are, how they are found, and how everything ends.

A sub-command is a module whose ``command`` is a :class:`drmaa_cli.cli.parser.Command` or ``Group``; its
function returns the exit code. It is imported when it is used, so that nobody waits for what another one
needs. What a sub-command cannot do it raises: a :class:`click.UsageError` for words on the command line,
:class:`drmaa_cli.cli.ends.BadInput` for what they lead to, :class:`drmaa_cli.cli.ends.Failure`, any
DrmaaException or OSError.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Mapping, Sequence

import click

from drmaa_cli import __version__
from drmaa_cli.cli import ends
from drmaa_cli.cli.parser import CONTEXT, PROGRAM, Context
from drmaa_cli.errors import DrmaaException, NoResourceUsageException
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMPLETION = "_DRMAA_CLI_COMPLETE"  # the variable with which a shell's script calls us
DESCRIPTION = "DRMAA for Python through Grid Engine's own commands, without libdrmaa."


class SubCommand(NamedTuple):
    """A sub-command.

    Attributes:
        module: where it is; loaded when it is wanted.
        summary: one line of help.
        name: what it is called there.
    """

    module: str
    summary: str
    name: str = "command"


COMMANDS: Mapping[str, SubCommand] = {
    "doctor": SubCommand("doctor", "try each step between here and a job, and say what to do"),
    "run": SubCommand("run", "run a command as a job, as if it ran here"),
    "map": SubCommand("map.command", "run thousands of commands as tasks of array jobs, and follow them"),
    "ps": SubCommand("ps", "show jobs and their states"),
    "top": SubCommand("top.command", "watch all jobs, and hold, release and kill them"),
    "wait": SubCommand("wait", "wait for jobs, and say how each ended"),
    "info": SubCommand("info", "how a job ended, and what it used of what it asked for"),
    "usage": SubCommand(
        "usage.command", "what jobs used of what they asked for, and what to ask for next time"
    ),
    "why": SubCommand("why", "why a job waits, or why it ended, and what to do"),
    "logs": SubCommand("logs", "print the output of jobs, and what comes until they end"),
    "kill": SubCommand("control", "end jobs", "kill"),
    "hold": SubCommand("control", "keep waiting jobs from being started", "hold"),
    "release": SubCommand("control", "let jobs be started that were held", "release"),
    "suspend": SubCommand("control", "stop running jobs for a while", "suspend"),
    "resume": SubCommand("control", "let suspended jobs go on", "resume"),
    "sessions": SubCommand(
        "sessions", "list, show and remove the sessions that are kept in the state directory"
    ),
    "exec": SubCommand("execute", "run a program for which 'import drmaa' and 'import DRMAA' mean drmaa_cli"),
    "shim-path": SubCommand(
        "shim_path", "print the directory in which 'drmaa' and 'DRMAA' are drmaa_cli, for PYTHONPATH"
    ),
    "completion": SubCommand("completion", "print what makes a shell complete drmaa-cli's words"),
}


class Frame(click.Group):
    """The whole command line: sub-commands are modules, imported when they are wanted."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """The names of the sub-commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a sub-command; None when there is none of this name."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"drmaa_cli.cli.{entry.module}")
        found: click.Command = getattr(module, entry.name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The sub-commands with their summaries, none of them loaded."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])
        formatter.write_paragraph()
        formatter.write_text(f"'{PROGRAM} COMMAND --help' shows what a command does, with examples.")

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names that begin so; none of them loaded."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415  # for shells only

        found = [
            CompletionItem(name, help=entry.summary)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


@click.group(cls=Frame, help=DESCRIPTION, no_args_is_help=False, context_settings=CONTEXT)
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
@click.option(
    "--debug", is_flag=True, help="Log what is done, and show where an unexpected error comes from."
)
def cli(debug: bool) -> None:
    """The whole command line."""
    if debug:
        import logging  # noqa: PLC0415  # loaded by those who need it

        logging.basicConfig(level=logging.DEBUG, format="%(relativeCreated)7.0f %(name)s: %(message)s")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command.

    Args:
        argv: the arguments without the program's name; those of the process when None.

    Returns:
        The exit code: see docs/cli.md.
    """
    ends.prepare_streams()
    warnings.showwarning = ends.show_warning
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough
        code = ends.BROKEN_PIPE
    except (KeyboardInterrupt, click.Abort):
        code = ends.INTERRUPTED
    except click.exceptions.Exit as end:
        code = end.exit_code
    except click.UsageError as mistake:
        code = ends.show_usage(mistake)
    except click.ClickException as bad:
        code = ends.complain(bad.format_message(), bad.exit_code)
    except OSError as trouble:
        code = ends.complain(ends.of_system(trouble), ends.FAILED)
    except Exception as unexpected:
        if "--debug" in (sys.argv[1:2] if argv is None else argv[:1]):
            raise
        text = f"unexpected {type(unexpected).__name__}: {unexpected}"
        code = ends.complain(f"{text} ('{PROGRAM} --debug ...' shows where it comes from)", ends.UNEXPECTED)
    ends.let_go_of_streams()
    return code


def _run(words: list[str]) -> int:
    instruction = os.environ.get(COMPLETION)
    if instruction:
        from click.shell_completion import shell_complete  # noqa: PLC0415  # for shells only

        return shell_complete(cli, {}, PROGRAM, COMPLETION, instruction)
    with cli.make_context(PROGRAM, words) as context:
        try:
            code = int(cli.invoke(context) or ends.OK)
        except (DrmaaException, NoResourceUsageException) as refusal:
            code = ends.complain(ends.of_drmaa(refusal), ends.FAILED)
        return ends.FAILED if code == ends.OK and context.meta.get(ends.INCOMPLETE) else code
