"""Recorded sequences of commands, and how to record them again: ``python -m tests.fake.record`` (as root).

``data/real_cell.jsonl`` has one step per line. To add one, add a line with ``scenario`` and ``line`` and
record again: ``{n}`` is the n-th submitted job of the scenario, ``<<< text`` standard input with escapes,
``nobody: `` the user. After an accepted qsub, ``job`` is the job as ``qstat -j ID -xml`` shows it.
``data/real_cell_files.json`` has the scripts and option files in the scenarios' working directory.
"""

from __future__ import annotations

import json
import re
import shlex
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.fake.help_text import cut_help
from tests.fake.twin import Twin, use_long_numbers
from tests.real_cell import RealCell

DATA = Path(__file__).parent / "data" / "real_cell.jsonl"
FILES = DATA.with_name("real_cell_files.json")


def parse(line: str) -> tuple[str, list[str], bytes]:
    """User, words and standard input of a scenario line."""
    user = "root"
    if line.startswith("nobody: "):
        user, line = "nobody", line[len("nobody: ") :]
    line, _, stdin = line.partition(" <<< ")
    return user, shlex.split(line), stdin.encode().decode("unicode_escape").encode()


def write_files(home: Path) -> None:
    """The scripts and option files that scenarios name."""
    for name, text in json.loads(FILES.read_text(encoding="utf-8")).items():
        (home / name).write_bytes(text.encode())
        (home / name).chmod(0o755)


def detail(xml: str) -> str:
    """The job part of ``qstat -j -xml`` without times and the ids of users and groups."""
    body = re.search(r"<djob_info>.*</djob_info>", xml, re.DOTALL)
    text = body.group() if body else xml
    text = re.sub(r"(<JB_submission_time>)\d+", r"\1TIME", text)
    return re.sub(r"(<JB_(?:uid|gid|group)>)\w+", r"\1ID", text)


def mask(text: str, home: Path) -> str:
    """Home directory, the numbers of refused jobs, and the options of a help text."""
    return re.sub(r"\bJob \d{6}\b", "Job N", cut_help(text.replace(str(home), "HOME")))


def scenarios() -> dict[str, list[dict[str, Any]]]:
    """The recorded steps by scenario."""
    result: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for text in DATA.read_text(encoding="utf-8").splitlines():
        step = json.loads(text)
        result[step["scenario"]].append(step)
    return result


def record() -> None:
    """Run all scenarios and write the answers."""
    with tempfile.TemporaryDirectory(prefix="record") as directory:
        place = Path(directory)
        place.chmod(0o755)
        _record_in(place)


def _record_in(place: Path) -> None:
    written: list[str] = []
    with RealCell(place / "c", slots=100) as real:
        use_long_numbers(real)
        for name, steps in scenarios().items():
            twin = Twin(real, Path(tempfile.mkdtemp(dir=place)), 100)
            twin.directory.chmod(0o755)
            write_files(twin.home)
            twin.clear()
            written += [
                json.dumps({"scenario": name, **step}) + "\n"
                for step in run(twin, [step["line"] for step in steps])
            ]
            twin.clear()
    DATA.write_text("".join(written), encoding="utf-8")


def run(twin: Twin, lines: list[str]) -> Iterator[dict[str, Any]]:
    """The steps of a scenario with the real cell's masked answers."""
    side = twin.sides[1]
    for line in lines:
        user, words, stdin = parse(line)
        code, out, err = twin.on_real(side.fill(words), user, stdin)
        shown = ""
        if words[0] == "qsub":
            before = len(side.numbers)
            side.learn((code, out, err))
            if len(side.numbers) > before:
                shown = side.mask(
                    detail(twin.on_real(["qstat", "-j", str(side.numbers[-1]), "-xml"], "root")[1])
                )
        yield {
            "line": line,
            "exit_code": code,
            "stdout": mask(side.mask(out), twin.home),
            "stderr": mask(side.mask(err), twin.home),
            "job": mask(shown, twin.home),
        }


if __name__ == "__main__":
    record()
