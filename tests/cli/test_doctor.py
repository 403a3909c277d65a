"""``drmaa-cli doctor``: what it prints, what it returns, and its report."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from drmaa_cli.diagnosis.examination import NAMES, STEPS_IN_ORDER
from fake_sge.cell import Cell
from tests.cli.conftest import Desk, ended
from tests.cli.schemas import valid

pytestmark = pytest.mark.slow

HERE = [step.name for step in STEPS_IN_ORDER if not step.remote]


def names(text: str) -> list[str]:
    """The steps of the lines that begin with one, in their order."""
    begun = [line[:21].rstrip() for line in text.splitlines()]
    return [name for name in begun if name in NAMES]


def test_a_healthy_cell(desk: Desk) -> None:
    done = desk.run("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert names(done.stdout) == HERE
    assert "PROBLEM" not in done.stdout
    assert lines[-1].startswith(("all is well", "jobs can be run; to be known: "))


def test_for_a_program(desk: Desk) -> None:
    told = valid(desk.good("doctor", "--json"), "doctor-1")
    assert [made["name"] for made in told["checks"]] == HERE
    assert told["healthy"] is True


def test_the_columns_of_a_trial_are_straight(desk: Desk) -> None:
    lines = desk.good("doctor", "--submit", "--timeout", "2m").splitlines()[:-1]
    heads = [
        re.match(r"(\S.*?) +(?=(?:ok|skipped|WARNING|PROBLEM) )", line) for line in lines if line[0] != " "
    ]
    assert {len(head[0]) for head in heads if head} == {24}


def test_a_job_is_timed(desk: Desk) -> None:
    told = valid(desk.good("doctor", "--json", "--submit", "--timeout", "2m"), "doctor-1")
    times = {made["name"]: made["seconds"] for made in told["checks"][len(HERE) :]}
    assert set(times) >= {"job submitted", "job started", "job ended", "job known to have ended"}
    assert times["job ended"] >= 1


def test_no_qmaster(own_desk: tuple[Desk, Cell]) -> None:
    desk, cell = own_desk
    cell.stop_qmaster()
    done = desk.run("doctor")
    assert (done.returncode, done.stderr) == (1, "")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("qmaster ")]
    assert "PROBLEM" in line
    following = done.stdout.splitlines()[done.stdout.splitlines().index(line) + 1]
    assert following.startswith(" " * 32 + "-> ")
    assert done.stdout.splitlines()[-1].startswith(("1 problem: qmaster", "2 problems: qmaster"))
    told = json.loads(desk.run("doctor", "--json").stdout)
    assert told["healthy"] is False


def test_no_grid_engine(desk: Desk) -> None:
    for name in list(desk.env):
        if name.startswith("SGE_"):
            del desk.env[name]
    done = desk.run("doctor", PATH="/usr/bin:/bin", SGE_ROOT="/nowhere")
    assert done.returncode == 1
    assert "PROBLEM" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("contact", ["ssh://-oProxyCommand=x", "ssh://a b", "session=;;"])
def test_a_contact_that_is_none(desk: Desk, contact: str) -> None:
    done = desk.run("doctor", contact)
    assert (done.returncode, done.stderr) == (1, "")
    first = done.stdout.splitlines()[0]
    assert first.startswith("contact ")
    assert "PROBLEM" in first


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_at_a_terminal(desk: Desk, columns: int) -> None:
    code, text = ended(desk.terminal("doctor", columns=columns, NO_COLOR="1"))
    assert code == 0
    assert [line for line in text.splitlines() if len(line) > columns] == []
    assert names(text) == HERE


def test_a_report_for_an_issue(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "site.jsonl"
    desk.good("doctor", "--report", str(path))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[0]["checks"]["qmaster"] == "ok"
    assert {"argv", "stdout", "exit_code"} <= set(lines[1])
    assert str(desk.directory) not in path.read_text()


def test_a_report_that_cannot_be_written(desk: Desk, tmp_path: Path) -> None:
    done = desk.run("doctor", "--report", str(tmp_path / "none" / "site.jsonl"))
    assert done.returncode == 1
    assert done.stderr == f"drmaa-cli: {tmp_path}/none/site.jsonl: No such file or directory\n"


def test_words_that_make_no_sense(desk: Desk) -> None:
    assert "duration" in desk.run("doctor", "--timeout", "soon").stderr
    assert desk.run("doctor", "one", "two").returncode == 2
