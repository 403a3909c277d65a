"""``drmaa-cli exec``: a program that finds ``drmaa`` and ``DRMAA``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from drmaa_cli.compat.install import python_path

NAME = "exec"
SUMMARY = "run a program for which 'import drmaa' and 'import DRMAA' mean drmaa_cli"
NOT_FOUND = 127  # a shell's codes, and env(1)'s
NOT_EXECUTABLE = 126


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the program and its arguments."""
    parser.usage = "drmaa-cli exec [-h] -- PROGRAM [ARGUMENT ...]"
    parser.add_argument("program", metavar="PROGRAM", help="a program of PATH, or a path")
    parser.add_argument(
        "arguments", metavar="ARGUMENT", nargs="*", help="its arguments, none of them looked at"
    )


def run(arguments: argparse.Namespace) -> int:
    """Replace this process by PROGRAM, with drmaa_cli's 'drmaa' and 'DRMAA' in front of its PYTHONPATH.

    Its children inherit that. Exit code and signals are the program's own; 127 when there is no such
    program, 126 when it cannot be executed. PROGRAM's Python may be another one than drmaa-cli's, from 3.9
    on and with lxml.
    """
    environment = {**os.environ, "PYTHONPATH": python_path(os.environ)}
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvpe(arguments.program, [arguments.program, *arguments.arguments], environment)
    except FileNotFoundError as error:
        return _complain(arguments.program, error, NOT_FOUND)
    except OSError as error:
        return _complain(arguments.program, error, NOT_EXECUTABLE)


def _complain(program: str, error: OSError, code: int) -> int:
    print(f"drmaa-cli: {program}: {error.strerror}", file=sys.stderr)
    return code


def fenced(argv: Sequence[str]) -> list[str]:
    """The command line with ``--`` before the program: argparse is not to look at the program's options."""
    words = list(argv)
    if words[:1] == [NAME] and len(words) > 1 and not words[1].startswith("-"):
        words.insert(1, "--")
    return words
