"""``drmaa-cli map --resume``: killed at any moment, left, ended, taken up; nothing runs twice."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from fake_sge.cell import Cell
from tests.cli.conftest import PATIENCE, Desk, ended
from tests.cli.map.kit import commands, counted, marks, popen, result, wait_until
from tests.cli.schemas import valid


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["journal", "submitted", "running", "ended"])
def test_killed_at_any_moment_and_taken_up_nothing_runs_twice(desk: Desk, moment: str) -> None:
    texts = [f"{counted(at)}; while [ ! -e go-{at % 2} ]; do sleep 0.05; done" for at in range(1, 9)]
    file = commands(desk, *texts)
    log = desk.directory / "commands.txt.map" / "jobs.jsonl"
    if moment in ("running", "submitted"):
        (desk.directory / "go-0").touch()
    with popen(desk, file) as process:
        said = {
            "journal": '"round"',
            "submitted": '"submitted"',
            "running": '"submitted"',
            "ended": '"submitted"',
        }
        wait_until(lambda: log.exists() and said[moment] in log.read_text(), moment)
        if moment == "running":
            wait_until(lambda: len(marks(desk)) == 8, moment)
        if moment == "ended":
            for at in (0, 1):
                (desk.directory / f"go-{at}").touch()
            wait_until(lambda: '"ended"' in log.read_text() or process.poll() is not None, moment)
        process.kill()
    for at in (0, 1):
        (desk.directory / f"go-{at}").touch()
    if moment in ("submitted", "running"):
        assert "--resume goes on with it" in desk.refused("map", file, code=2)
    found = desk.run("map", "--resume", "-q", "--json", file)
    assert (found.returncode, result(found)["done"]) == (0, 8), found.stderr
    assert marks(desk) == dict.fromkeys(range(1, 9), 1)


@pytest.mark.slow
def test_killed_again_and_again_during_retries(desk: Desk) -> None:
    texts = [f"{counted(at)}; test $(wc -l < ran-{at}) -ge 2" for at in range(1, 13)]
    file = commands(desk, *texts)
    for delay in (0.6, 0.9, 1.2):
        with popen(desk, "-q", "--resume", "--retry", "1", file) as process:
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                process.kill()
    found = desk.run("map", "-q", "--json", "--resume", "--retry", "2", file)
    assert (found.returncode, result(found)["done"]) == (0, 12)
    assert marks(desk) == dict.fromkeys(
        range(1, 13), 2
    )  # each failed once and was never run after it was well


@pytest.mark.slow
def test_what_failed_while_nobody_looked_is_run_again(desk: Desk) -> None:
    file = commands(desk, f"{counted(1)}; while [ ! -e go ]; do sleep 0.05; done; test -e fixed", counted(2))
    number = desk.good("map", "--detach", file)
    (desk.directory / "go").touch()
    assert desk.run("wait", number).returncode == 1
    (desk.directory / "fixed").touch()
    found = desk.run("map", "-q", "--json", "--resume", file)
    assert (found.returncode, result(found)["done"]) == (0, 2)
    assert marks(desk) == {1: 2, 2: 1}


def asked_each_time(desk: Desk) -> dict[str, list[str]]:
    """What each command was submitted with, each time that it ended, by the jobs' own records."""
    found: dict[str, list[str]] = {}
    for line in (desk.directory / "commands.txt.map" / "jobs.jsonl").read_text().splitlines():
        record = json.loads(line).get("ended")
        if record:
            (job,) = valid(desk.good("info", "--json", record["id"]), "jobs-1")["jobs"]
            found.setdefault(record["item"][1], []).append(job["end"]["requests"])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("bundle", ["1", "3"])
def test_with_more_than_was_not_enough(desk: Desk, bundle: str) -> None:
    three, four = "test -e fixed || exit 3", "test -e fixed || exit 4"
    file = commands(desk, three, four, "true")
    words = ["map", "-q", "--bundle", bundle, "-T", "10", file]
    rule = ["--retry-with", "exit=3:time=x2"]
    assert desk.run(*words).returncode == 1
    for retries in ("0", "1"):
        assert desk.run(*words, "--resume", "--retry", retries, *rule).returncode == 1
    (desk.directory / "fixed").touch()
    assert desk.run(*words, "--resume", *rule).returncode == 0
    times = {
        text: [re.findall(r"h_rt=(\d+)", one)[0] for one in requests]
        for text, requests in asked_each_time(desk).items()
    }
    assert times == {
        three: ["600", "1200", "2400", "4800", "9600"],
        four: ["600", "600", "600", "600", "600"],
        "true": ["600"],
    }


@pytest.mark.slow
@pytest.mark.parametrize("deleted", [True, False])
def test_with_more_for_what_failed_while_nobody_looked(desk: Desk, deleted: bool) -> None:
    text = "while [ ! -e go ]; do sleep 0.05; done; test -e fixed"
    file = commands(desk, text)
    number = desk.good("map", "--detach", "-T", "10", file)
    if deleted:
        desk.good("kill", number)
    (desk.directory / "go").touch()
    assert desk.run("wait", number).returncode == 1
    (desk.directory / "fixed").touch()
    assert desk.run("map", "-q", "--resume", "-T", "20", "--retry-with", "time=x2", file).returncode == 0
    assert f"h_rt={1200 if deleted else 2400}" in asked_each_time(desk)[text][-1]


@pytest.mark.slow
def test_two_at_a_time_are_refused(desk: Desk) -> None:
    file = commands(desk, "while [ ! -e go ]; do sleep 0.05; done")
    with popen(desk, file) as process:
        log = desk.directory / "commands.txt.map" / "jobs.jsonl"
        wait_until(lambda: log.exists() and '"submitted"' in log.read_text(), "submitted")
        assert "another map is at work" in desk.refused("map", "--resume", file)
        (desk.directory / "go").touch()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


@pytest.mark.parametrize("answer", ["leave", "end"])
@pytest.mark.slow
def test_ctrl_c_asks(desk: Desk, answer: str) -> None:
    file = commands(desk, *["while [ ! -e go ]; do sleep 0.05; done"] * 3)
    child = desk.terminal("map", file)
    child.expect("3 running")
    child.sendintr()
    child.expect("atching\\? ")
    child.sendline(answer)
    code, text = ended(child)
    assert code == 130
    assert "drmaa-cli map --resume commands.txt" in text
    (desk.directory / "go").touch()
    found = desk.run("map", "-q", "--json", "--resume", file)
    assert (found.returncode, result(found)["done"]) == (0, 3)
    ids = {job["id"].partition(".")[0] for job in valid(desk.good("ps", "--json"), "jobs-1")["jobs"]}
    assert len(ids) == (1 if answer == "leave" else 2)


@pytest.mark.slow
def test_detached_and_taken_up(desk: Desk) -> None:
    file = commands(desk, counted(1), counted(2))
    assert desk.good("map", "--detach", file).isdigit()
    assert desk.run("map", "-q", "--resume", file).returncode == 0
    assert marks(desk) == {1: 1, 2: 1}
    again = result(desk.run("map", "--detach", "--json", file))
    assert (again["total"], again["done"], again["failed"]) == (2, 0, [])
    (job,) = again["jobs"]
    assert desk.run("wait", "-q", job).returncode == 0
    assert result(desk.run("map", "--resume", "-q", "--json", file))["done"] == 2


@pytest.mark.parametrize("command", ["map", "run"])
@pytest.mark.slow
def test_jobs_that_are_lost_from_sight_are_named_and_taken_up(
    own_desk: tuple[Desk, Cell], command: str
) -> None:
    desk, cell = own_desk
    desk.env["DRMAA_CLI_OUTAGE_LIMIT"] = "1"
    wait = "while [ ! -e go ]; do sleep 0.05; done"
    words = ["map", "-N", "m", commands(desk, wait)] if command == "map" else ["run", wait]
    child = desk.terminal(*words)
    child.expect("running")
    cell.stop_qmaster()
    code, text = ended(child)
    lines = text.replace("\r", "\n").splitlines()
    if command == "map":
        assert code == 1
        assert "job 1: left running; go on with: drmaa-cli map --resume -N m commands.txt" in lines
    else:
        assert code == 125
        assert any(re.fullmatch(r"job 1 goes on: drmaa-cli wait -s work-\w+ 1", line) for line in lines)
    assert lines[-1].startswith("drmaa-cli: ")
    cell.start_qmaster()
    (desk.directory / "go").touch()
    again = ["map", "--resume", "-q", "commands.txt"] if command == "map" else ["wait", "1"]
    assert desk.run(*again).returncode == 0
