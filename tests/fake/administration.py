"""Recorded stories of an administrator; ``python -m tests.fake.administration [again]`` records them.

Each story of ``data/administration.jsonl`` has a cell of its own, and is told by the same code on both
kinds. ``write NAME <<< text`` makes a program or file, ``EDITOR=NAME `` before a command has it edit with
that program.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Union

from fake_sge import Cell, CellOptions, RealCell
from tests.fake.help_text import cut_help
from tests.fake.pure import PureCell
from tests.fake.record import parse
from tests.fake.stories import DATA, Step, stories

NAME = "administration"
OPTIONS = CellOptions(
    slots=2,
    login_shells=False,
    complexes=("gpu gpu INT <= YES YES 0 0", "mem mem MEMORY <= YES YES 0 0"),
    complex_values="gpu=8,mem=64G",
    projects=("proj",),
)
EDITORS = {
    "same": "true",  # changes nothing
    "fails": "exit 3",
    "show": 'cat "$1"',
    "junk": 'echo "garbage here" >> "$1"; touch -d "5 seconds" "$1"',
    "empty": ': > "$1"; touch -d "5 seconds" "$1"',
    "slots3": 'sed -i "s/^slots .*/slots 3/" "$1"; touch -d "5 seconds" "$1"',
    "at_once": 'cp -p "$1" old; sed -i "s/^min_uid .*/min_uid 7/" "$1"; touch -r old "$1"',
    "sly": 'cp -p "$1" old; sed -i "s/00:05:00/00:06:00/" "$1"; touch -r old "$1"',
    "uid9": 'sed -i "s/^min_uid .*/min_uid 9/" "$1"; touch -d "5 seconds" "$1"',
    "interval3": 'sed -i "s/^schedule_interval .*/schedule_interval 0:0:3/" "$1"; touch -d "5 seconds" "$1"',
    "hosts": 'sed -i "s/^hostlist.*/hostlist localhost/" "$1"; touch -d "5 seconds" "$1"',
    "named": 'sed -i "s/template/new/" "$1"; touch -d "5 seconds" "$1"',
    "entry": 'sed -i "s/^entries.*/entries bob/" "$1"; touch -d "5 seconds" "$1"',
    "lic": 'echo "lic lic INT <= YES YES 0 0" >> "$1"; touch -d "5 seconds" "$1"',
    "gpu2": 'sed -i "s/^complex_values.*/complex_values gpu=2/" "$1"; touch -d "5 seconds" "$1"',
    "on": 'cat "$1"; sed -i "s/enabled .*/enabled TRUE/" "$1"; touch -d "5 seconds" "$1"',
    "described": 'cat "$1"; sed -i "s/NONE/of licences/" "$1"; touch -d "5 seconds" "$1"',
    "other": 'sed -i "s/name .*/name other/" "$1"; touch -d "5 seconds" "$1"',
    "odd": 'sed -i "s/slots=/nosuch=/" "$1"; touch -d "5 seconds" "$1"',
    "only": 'sed -i "/^}/q" "$1"; touch -d "5 seconds" "$1"',
    "renamed": 'sed -i "1s/ .*/ @other/" "$1"; touch -d "5 seconds" "$1"',
    "quota": 'sed -i "s/^}/ limit users {*} to slots=1\\n}/" "$1"; touch -d "5 seconds" "$1"',
}
EDITORS.update(
    (name, f'printf "{text}" >> "$1"; touch -d "5 seconds" "$1"')
    for name, text in {
        "wide": r"entry_of_some_length rather_short RESTRING == YES NO NONE 0\n"
        r"q3 q3 BOOL EXCL FORCED YES 0 -1000000\nq5 q5 INT <= FORCED YES 0 0\n",
        "forced": "".join(
            rf"{words}\n"
            for words in (
                "e1 e1 INT <= FORCED YES x 0",
                "e2 e2 INT <= FORCED YES 1 0",
                "e3 e3 INT <= FORCED YES NONE 0",
                "e4 e4 STRING == FORCED YES x 0",
                "e5 e5 BOOL EXCL FORCED YES x 0",
                "e6 e6 BOOL EXCL FORCED YES 1 0",
                "e7 e7 DOUBLE EXCL FORCED YES 1 0",
                "e8 e8 INT == FORCED JOB x 0",
                "e9 e9 TIME <= FORCED JOB 0:0:1 0",
                "g1 g1 STRING == FORCED YES NONE 0",
                "g2 g2 STRING == FORCED YES 0 0",
                "g6 g6 INT == FORCED NO x 0",
                "f1 f1 STRING EXCL YES NO NONE 0",
                "f2 f2 BOOL >= YES YES 0 0",
                "f8 f8 BOOL == YES JOB NONE 0",
            )
        ),
    }.items()
)
EDITORS.update(
    (name, f'printf "{text}" > "$1"; touch -d "5 seconds" "$1"')
    for name, text in {
        "open": r"{\n name b\n limit to slots=3\n",
        "too": r"{\n name b\n limit too x y=3 z\n}\n",
        "foo": r"{\n foo b\n limit to slots=3\n}\n",
    }.items()
)
EDITORS.update(
    (f"cx{number}", f'{change} "$1"; touch -d "5 seconds" "$1"')
    for number, change in enumerate(
        [
            'echo "new1 a INT <= YES YES 0 0" >>',
            'sed -i "1i new2 a INT <= YES YES 0 0"',
            "sed -i 'p'",
            'printf "n6 n6 INT <= YES YES 0 5\\nn6 n7 INT <= YES YES 0 5\\nn8 n7 INT <= YES YES 0 5\\n" >>',
            *(
                f'sed -i "s/^{words.split()[0]} .*/{words}/"'
                for words in (
                    "arch a INT == YES NO 0 0",
                    "arch a CSTRING == YES NO NONE 0",
                    "arch zz HOST == YES NO NONE 0",
                    "arch zz STRING == YES NO NONE 0",
                    "slots s STRING <= YES YES 1 1000",
                    "slots s BOOL <= YES YES 1 1000",
                    "slots s INT == YES YES 1 1000",
                    "slots s INT <= YES NO 1 1000",
                    "h_rt h_rt BOOL <= YES NO 0:0:0 0",
                    "h_rt h_rt CSTRING <= YES NO 0:0:0 0",
                    "hostname h TIME == YES NO NONE 0",
                    "gpu gpu INT EXCL YES YES 0 0",
                    "gpu gpu INT EXCL YES NO 0 0",
                    "gpu gpu BOOL EXCL YES YES 0 0",
                    "gpu gpu INT >= YES NO 0 0",
                    "gpu gpu INT <= YES NO 1 0",
                    "gpu gpu MEMORY <= YES NO NONE 0",
                    "gpu gpu MEMORY <= YES NO 1K 0",
                    "gpu gpu INT <= YES NO 0.0 0",
                    "gpu gpu STRING == YES NO x 0",
                    "gpu gpu HOST == YES NO NONE 0",
                    "gpu gpu TIME <= YES JOB 0 0",
                    "gpu gpu RESTRING == YES YES NONE 0",
                    "gpu gpu DOUBLE != YES NO z 0",
                )
            ),
        ]
    )
)


class InProcess:
    """The commands of a fake cell in this process, for :func:`tell`: no daemon, no jobs that really run."""

    def __init__(self, directory: Path, options: CellOptions) -> None:
        given = {field.name: getattr(options, field.name) for field in fields(options)}
        self.directory = directory
        self._user = getpass.getuser()
        self._cell = PureCell(directory, self._user, str(directory / "tmp"), **given)

    def run(
        self, *words: str, cwd: Path, env: dict[str, str | None], timeout: float
    ) -> subprocess.CompletedProcess[bytes]:
        """As a cell's; the scheduler has run when it returns."""
        del timeout
        code, out, err = self._cell.run(list(words), self._user, env=env, cwd=cwd)
        self._cell.settle()
        return subprocess.CompletedProcess(words, code, os.fsencode(out), os.fsencode(err))


AnyCell = Union[Cell, RealCell, InProcess]


def tell(cell: AnyCell, place: Path, steps: list[Step]) -> list[Step]:
    """The steps with what the cell answered; ``place`` is an empty directory."""
    used = {line.partition(" ")[0] for line in (step["line"] for step in steps)}
    for name, text in EDITORS.items():
        if f"EDITOR={name}" in used:
            _write(place / name, f"#!/bin/sh\n{text}\n".encode())
    told = []
    for step in steps:
        line = step["line"]
        editor, _, command = line.partition(" ") if line.startswith("EDITOR=") else ("", "", line)
        _, words, stdin = parse(command)
        answered: Step = {"story": step["story"], "line": line}
        if words[0] == "write":
            _write(place / words[1], stdin)
        else:
            env = {"EDITOR": str(place / editor.partition("=")[2])} if editor else {}
            done = cell.run(*words, cwd=place, env=env, timeout=60)
            answered["exit_code"] = done.returncode
            for stream in ("stdout", "stderr"):
                answered[stream] = masked(os.fsdecode(getattr(done, stream)), place, cell.directory)
        told.append(answered)
    return told


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    file.chmod(0o755)


def masked(text: str, place: Path, directory: Path) -> str:
    """An answer without the names of this run."""
    text = cut_help(text.replace(str(place), "PLACE").replace(str(directory), "CELL"))
    text = re.sub(r"[^\s\"]*/pid-\d+-\w+", "/tmp/pid", text)
    text = re.sub(r"(?m)^load_values .*(?:\n .*)*", "load_values X", text)
    text = re.sub(r"(?m)^(processors|execd_spool_dir) .*", r"\1 X", text)
    return re.sub(
        rf"\b{re.escape(getpass.getuser())}\b(?=@|\" already|\" in user list| is | has)", "USER", text
    )


def main() -> None:
    """Record all stories on real cells."""
    lines = []
    for name, steps in stories(NAME).items():
        if "again" not in sys.argv and any("stdout" in step for step in steps):
            lines += steps
            continue
        print(name, flush=True)
        with tempfile.TemporaryDirectory(prefix="record") as directory:
            place = Path(directory, "work")
            place.mkdir()
            with RealCell(Path(directory, "c"), OPTIONS) as real:
                lines += tell(real, place, steps)
    text = "".join(json.dumps(step, ensure_ascii=False) + "\n" for step in lines)
    (DATA / f"{NAME}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
