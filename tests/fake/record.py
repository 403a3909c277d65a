"""Records :mod:`tests.fake.scenarios` on a real cell: ``python -m tests.fake.record`` (as root)."""

from __future__ import annotations

import json
import re
import shlex
import tempfile
from pathlib import Path
from typing import Any

from tests.fake.scenarios import FILES, SCENARIOS
from tests.fake.twin import Twin, use_long_numbers
from tests.real_cell import RealCell

DATA = Path(__file__).parent / "data" / "real_cell.jsonl"
CLIENT_PROBLEM = ("-jsv /tmp",)


def parse(line: str) -> tuple[str, list[str], bytes]:
    """User, words and standard input of a scenario line."""
    user = "root"
    if line.startswith("nobody: "):
        user, line = "nobody", line[len("nobody: ") :]
    line, _, stdin = line.partition(" <<< ")
    return user, shlex.split(line), stdin.encode().decode("unicode_escape").encode()


def write_files(home: Path) -> None:
    """The scripts and option files that scenarios name."""
    for name, text in FILES.items():
        (home / name).write_text(text, newline="")
        (home / name).chmod(0o755)


def detail(xml: str) -> str:
    """The job part of ``qstat -j -xml`` without times and the ids of users and groups."""
    body = re.search(r"<djob_info>.*</djob_info>", xml, re.DOTALL)
    text = body.group() if body else xml
    text = re.sub(r"(<JB_submission_time>)\d+", r"\1TIME", text)
    return re.sub(r"(<JB_(?:uid|gid|group)>)\w+", r"\1ID", text)


def mask(text: str, home: Path) -> str:
    """Home directory and the numbers of refused jobs."""
    return re.sub(r"\bJob \d{6}\b", "Job N", text.replace(str(home), "HOME"))


def record() -> None:
    """Run all scenarios and write the answers."""
    place = Path(tempfile.mkdtemp(prefix="record"))
    place.chmod(0o755)
    with RealCell(place / "c", slots=100) as real, DATA.open("w") as file:
        use_long_numbers(real)
        for name, lines in SCENARIOS.items():
            twin = Twin(real, Path(tempfile.mkdtemp(dir=place)), 100)
            twin.directory.chmod(0o755)
            write_files(twin.home)
            twin.clear()
            for step in run(twin, lines):
                file.write(json.dumps({"scenario": name, **step}) + "\n")
            twin.clear()


def run(twin: Twin, lines: list[str]) -> Any:
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
