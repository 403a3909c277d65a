"""``drmaa-cli exec``: a program that finds ``drmaa`` and ``DRMAA``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from drmaa_cli.compat.install import python_path

NAME = "exec"
SUMMARY = "run a program for which 'import drmaa' and 'import DRMAA' mean drmaa_cli"
NOT_FOUND = 127  # a shell's codes, and env(1)'s
NOT_EXECUTABLE = 126
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)  # at its start, and exec hands that on


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the program; its arguments are not argparse's, see :func:`split`."""
    parser.usage = "drmaa-cli exec [-h] -- PROGRAM [ARGUMENT ...]"
    parser.add_argument("program", metavar="PROGRAM", help="a program of PATH, or a path; then its arguments")


def run(arguments: argparse.Namespace) -> int:
    """Replace this process by PROGRAM, with drmaa_cli's 'drmaa' and 'DRMAA' in front of its PYTHONPATH.

    Its children inherit that. Exit code and signals are the program's own; 127 when there is no such
    program, 126 when it cannot be executed. PROGRAM's Python may be another one than drmaa-cli's, from 3.9
    on and with lxml.
    """
    environment = {**os.environ, "PYTHONPATH": python_path(os.environ)}
    sys.stdout.flush()
    sys.stderr.flush()
    for ignored in IGNORED_BY_PYTHON:
        signal.signal(ignored, signal.SIG_DFL)
    try:
        os.execvpe(arguments.program, [arguments.program, *arguments.rest], environment)
    except FileNotFoundError as error:
        return _complain(arguments.program, error, NOT_FOUND)
    except OSError as error:
        return _complain(arguments.program, error, NOT_EXECUTABLE)


def _complain(program: str, error: OSError, code: int) -> int:
    print(f"drmaa-cli: {program}: {error.strerror}", file=sys.stderr)
    return code


def split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The command line for argparse, and the program's arguments, which argparse would not leave alone."""
    words = list(argv)
    if words[:1] != [NAME]:
        return words, []
    program = 2 if words[1:2] == ["--"] else 1
    if program == 1 and words[1:2] and words[1].startswith("-"):
        return words, []  # an option of exec
    return [NAME, "--", *words[program : program + 1]], words[program + 1 :]
