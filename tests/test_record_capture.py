"""Recording transcripts: what is written down is what the real command answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import record_capture
from tests.conftest import require_real_cell
from tests.real_cell import RealCell

pytestmark = pytest.mark.real_cell


def test_a_transcript_is_the_commands_answer(real_cell: RealCell) -> None:
    line = record_capture.transcript(real_cell, "x.one", ["qstat", "-j", "9999999"], notes="nothing there")
    answer = real_cell.run("qstat", "-j", "9999999", check=False)
    assert line["argv"] == ["qstat", "-j", "9999999"]
    assert (line["exit_code"], line["stdout"], line["stderr"]) == (1, answer.stdout, answer.stderr)
    assert list(line) == "case argv user env stdin exit_code notes stdout stderr".split()


def test_input_environment_and_what_comes_before_count(real_cell: RealCell) -> None:
    job = record_capture.transcript(
        real_cell,
        "x.two",
        ["qsub", "-terse", "-h", "-o", "/dev/null", "-V"],
        env={"SGE_DEBUG_LEVEL": "0 0 0 0 0 0 0 0"},
        stdin="#$ -N recorded\n",
        before=["qstat > seen"],
    )
    number = job["stdout"].strip()
    assert (real_cell.directory / "seen").exists()
    assert "recorded" in real_cell.run("qstat", "-j", number).stdout
    real_cell.run("qdel", number)


@pytest.mark.slow
def test_the_command_appends_a_line(tmp_path: Path) -> None:
    require_real_cell()
    path = tmp_path / "some.jsonl"
    path.write_text('{"case": "first"}\n')
    record_capture.main([str(path), "some.help", "--", "qdel", "-help"])
    first, second = [json.loads(line) for line in path.read_text().splitlines()]
    assert first == {"case": "first"}
    assert second["stdout"] == "SGE 8.1.9\nusage: qdel [options] job_task_list\n"
