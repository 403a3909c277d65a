"""Record what a real Grid Engine answers when it is asked why a job waits: one line for each situation.

    python -m tests.why.record tests/data/why/sge-8.1.9.jsonl [CASE ...]

boots a private cell of the Grid Engine that is installed here, makes every situation in it, and writes down
every command of ``session.why()`` with its answer, once the scheduler has had its say. A line is never
changed by hand afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import drmaa_cli
from fake_sge import RealCell
from tests.why.conftest import QUEUES
from tests.why.site import OPTIONS, Site
from tests.why.situation import Situation
from tests.why.situations import SITUATIONS
from tests.why.test_situations import pattern


class Recorder:
    """Runs commands here, and keeps what they answered."""

    keeps_answers = False
    stdin_is_file = False

    def __init__(self) -> None:
        self._runner = drmaa_cli.LocalRunner()
        self.lines: list[dict[str, Any]] = []

    def run(self, command: drmaa_cli.Command, /) -> drmaa_cli.CommandResult:
        """Run a command and keep its answer."""
        result = self._runner.run(command)
        self.lines.append(
            {
                "argv": list(result.argv),
                "exit_code": result.exit_code,
                "stdout": result.stdout.decode(),
                "stderr": result.stderr.decode(),
            }
        )
        return result


def record(site: Site, row: Situation, *, silent: bool) -> dict[str, Any]:
    """Make a situation, and record the answers by which the right sentence came out."""
    if silent:
        site.scheduler(schedd_job_info="false")
    made = row.make(site)
    expected = pattern(row.sentence, made)
    found: list[dict[str, Any]] = []

    def is_told() -> bool:
        recorder = Recorder()
        with drmaa_cli.open_session(runner=recorder) as session:
            said = session.why(made.job)
        found[:] = recorder.lines
        return len(said) == 1 and re.fullmatch(expected, said[0].sentence) is not None

    site.wait_until(is_told, row.name)
    case = case_of(row, silent=silent)
    return {"case": case, "job": made.job, "other": made.other, "transcripts": found}


def case_of(row: Situation, *, silent: bool) -> str:
    """The name of a line."""
    return f"{row.name}{'.silent' if silent else ''}"


def cases() -> list[tuple[Situation, bool]]:
    """The situations, those that need no word of the scheduler also without it."""
    return [(row, silent) for row in SITUATIONS for silent in (False, True) if row.silent or not silent]


def main() -> None:
    """Record every situation."""
    parser = argparse.ArgumentParser(prog="python -m tests.why.record", description="Record why jobs wait.")
    parser.add_argument("file", type=Path, help="the file that is written")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="only these; the others stay as they are")
    arguments = parser.parse_args()
    kept: dict[str, str] = {}
    if arguments.cases:
        written = arguments.file.read_text(encoding="utf-8").splitlines()
        kept = {json.loads(line)["case"]: line for line in written}
    with tempfile.TemporaryDirectory(prefix="why") as directory:
        folder = Path(directory)
        folder.chmod(0o777)
        with RealCell(folder / "cell", **OPTIONS, queues=QUEUES) as cell:
            site = Site(cell, folder)
            os.environ.update(site.env)
            os.environ["DRMAA_CLI_STATE_DIR"] = str(folder / "state")
            lines = []
            for row, silent in cases():
                name = case_of(row, silent=silent)
                if arguments.cases and name not in arguments.cases:
                    lines.append(kept[name])
                    continue
                try:
                    lines.append(json.dumps(record(site, row, silent=silent)))
                finally:
                    site.clean_up()
    arguments.file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
