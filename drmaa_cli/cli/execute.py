"""``drmaa-cli exec``: a program that finds ``drmaa`` and ``DRMAA``."""

from __future__ import annotations

import os
import signal
import sys

import click

from drmaa_cli.cli import ends
from drmaa_cli.cli.completing import files
from drmaa_cli.cli.parser import Command

NOT_FOUND = 127  # a shell's codes, and env(1)'s
NOT_EXECUTABLE = 126
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)  # at its start, and exec hands that on


@click.command(
    "exec",
    cls=Command,
    usage="[-h] -- PROGRAM [ARGUMENT ...]",
    examples=[
        ("drmaa-cli exec -- snakemake --drmaa", "a program and its children, unchanged, on Grid Engine"),
        ("drmaa-cli exec -- python my_pipeline.py", "the same for one's own"),
    ],
    context_settings={"allow_interspersed_args": False},
)
@click.argument("program", metavar="PROGRAM", shell_complete=files)
@click.argument("arguments", metavar="ARGUMENT", nargs=-1, type=click.UNPROCESSED, shell_complete=files)
def command(program: str, arguments: tuple[str, ...]) -> int:
    """Replace this process by PROGRAM, with drmaa_cli's 'drmaa' and 'DRMAA' in front of its PYTHONPATH.

    Its children inherit that. Exit code and signals are the program's own; 127 when there is no such
    program, 126 when it cannot be executed. PROGRAM's Python may be another one than drmaa-cli's, from 3.9
    on and with lxml.
    """
    from drmaa_cli.compat.install import python_path  # noqa: PLC0415  # not for --help

    environment = {**os.environ, "PYTHONPATH": python_path(os.environ)}
    sys.stdout.flush()
    sys.stderr.flush()
    for ignored in IGNORED_BY_PYTHON:
        signal.signal(ignored, signal.SIG_DFL)
    try:
        os.execvpe(program, [program, *arguments], environment)
    except FileNotFoundError as error:
        return ends.complain(f"{program}: {error.strerror}", NOT_FOUND)
    except OSError as error:
        return ends.complain(f"{program}: {error.strerror}", NOT_EXECUTABLE)
