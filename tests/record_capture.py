"""Record what a real command answers: one line for a file of ``tests/data/captures``.

    python -m tests.record_capture tests/data/captures/state.jsonl state.new_case \
        --before 'qsub -h -b y -o /dev/null sleep 60' --notes 'one job on hold' -- qstat -xml -u '*'

boots a private cell of the Grid Engine that is installed here, carries out ``--before`` in a shell of it,
then runs the command and appends its transcript. A line is never changed by hand afterwards.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from getpass import getuser
from pathlib import Path
from typing import Any

from tests.fake.help_text import cut_help
from tests.real_cell import RealCell

HANG = 300  # seconds for one command: without a qmaster some give up after two minutes only


def transcript(
    cell: RealCell,
    case: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    before: Sequence[str] = (),
    notes: str = "",
) -> dict[str, Any]:
    """Run a command in a cell and return its line, in the form that PROVENANCE.md describes.

    Raises:
        subprocess.CalledProcessError: a command of ``before`` failed.
        FileNotFoundError: there is no such command.
    """
    base = {"HOME": str(cell.directory), "PATH": f"{cell.bin_directory}:/usr/bin:/bin", **cell.env}
    for command in before:
        subprocess.run(["/bin/sh", "-c", command], env=base, cwd=cell.directory, check=True, timeout=HANG)
    done = subprocess.run(
        [str(cell.bin_directory / argv[0]), *argv[1:]],
        env={**base, "LC_ALL": "C", "TZ": "UTC", **(env or {})},
        cwd=cell.directory,
        input=stdin.encode(),
        capture_output=True,
        timeout=HANG,
        check=False,
    )
    line: dict[str, Any] = {
        "case": case,
        "argv": list(argv),
        "user": getuser(),
        "env": dict(env or {}),
        "stdin": stdin,
        "exit_code": done.returncode,
        "notes": notes,
    }
    for name, data in (("stdout", done.stdout), ("stderr", done.stderr)):
        try:
            line[name] = cut_help(data.decode())
        except UnicodeDecodeError:
            line[name] = data.decode("latin-1")
            line[f"{name}_encoding"] = "latin-1"
    return line


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.record_capture", description="Record a real command."
    )
    parser.add_argument("file", type=Path, help="the file the line is appended to")
    parser.add_argument("case", help="its name there, GROUP.WHAT")
    parser.add_argument("--before", action="append", default=[], metavar="COMMAND", help="first, repeatable")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="repeatable")
    parser.add_argument("--stdin", default="", metavar="TEXT")
    parser.add_argument("--notes", default="", metavar="TEXT", help="what the cell was doing")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="after --: the command, without a path")
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Record, and append to the file."""
    args = make_parser().parse_args(argv)
    env = dict(word.split("=", 1) for word in args.env)
    with tempfile.TemporaryDirectory(prefix="cell") as directory, RealCell(Path(directory, "c")) as cell:
        Path(directory).chmod(0o755)
        found = transcript(
            cell, args.case, args.command, env=env, stdin=args.stdin, before=args.before, notes=args.notes
        )
    with args.file.open("a", encoding="utf-8") as file:
        file.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
