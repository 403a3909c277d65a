"""The command ``drmaa-cli``; each sub-command is a module with NAME, SUMMARY, configure and run."""

from __future__ import annotations

import argparse
import inspect
import os
import sys
from collections.abc import Sequence
from typing import Protocol

from drmaa_cli import __version__
from drmaa_cli.cli import execute, sessions, shim_path
from drmaa_cli.errors import DrmaaException
from drmaa_cli.store.places import StoreError

INTERRUPTED = 130  # what a shell makes of SIGINT
BROKEN_PIPE = 141  # and of SIGPIPE
FAILED = 1

DESCRIPTION = "DRMAA for Python through Grid Engine's own commands, without libdrmaa."


class Command(Protocol):
    """A sub-command."""

    @property
    def NAME(self) -> str:
        """The word on the command line."""

    @property
    def SUMMARY(self) -> str:
        """One line of help."""

    def configure(self, parser: argparse.ArgumentParser, /) -> None:
        """Add the sub-command's options and arguments."""

    def run(self, arguments: argparse.Namespace, /) -> int:
        """Do it and return the exit code."""


COMMANDS: tuple[Command, ...] = (execute, shim_path, sessions)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command.

    Args:
        argv: the arguments without the program's name; those of the process when None.

    Returns:
        The exit code: the sub-command's; 2 for wrong usage (by SystemExit, argparse's way).
    """
    parser = build_parser()
    words, rest = execute.split(sys.argv[1:] if argv is None else argv)
    arguments = parser.parse_args(words, argparse.Namespace(rest=rest))
    if "run" not in arguments:
        parser.print_help(sys.stderr)
        return 2
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except (DrmaaException, StoreError, OSError) as error:
        print(f"drmaa-cli: {str(error).strip()}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(prog="drmaa-cli", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"drmaa-cli {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        own = commands.add_parser(
            command.NAME,
            help=command.SUMMARY,
            description=inspect.getdoc(command.run),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.configure(own)
        own.set_defaults(run=command.run)
    return parser
