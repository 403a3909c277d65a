"""Changing jobs: kill, hold, release, suspend, resume; and what never is one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from fake_sge.cell import Cell
from tests.cli.conftest import Desk, ended
from tests.cli.schemas import valid
from tests.cli.test_jobs import array, detach, rows
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow


def test_hold_release_suspend_resume_kill(desk: Desk) -> None:
    job = detach(desk, "--hold", "sleep", "600")

    def state() -> str:
        return rows(desk.good("ps"))[0][-1]

    assert state() == "held"
    assert desk.good("release", job) == f"job {job} is released"
    child = desk.terminal("run", "-q", "--after", job, "true")
    while state() == "queued":
        pass
    assert desk.good("suspend", "sleep") == f"job {job} is suspended"
    assert state() == "suspended"
    assert desk.good("resume", job) == f"job {job} goes on"
    assert state() == "running"
    assert valid(desk.good("kill", "--json", job), "control-1") == {"changed": [job], "refused": {}}
    assert ended(child)[0] == 0
    assert desk.run("wait", job).returncode == 1


@pytest.mark.slow
def test_tasks_of_an_array_are_changed_with_one_command(own_desk: tuple[Desk, Cell]) -> None:
    desk, _ = own_desk
    number = array(desk, "s", "sleep 600", 3)
    assert desk.good("hold", "-s", "s") == f"job {number} is held"
    text = desk.good("kill", f"{number}.1-2")
    assert text.splitlines() == [f"job {number}.1 is being ended", f"job {number}.2 is being ended"]
    assert desk.run("wait", f"{number}.1-2").returncode == 1
    assert desk.good("kill", number) == f"job {number} is being ended"  # all that is left of it


def test_jobs_of_no_session_may_be_changed(desk: Desk, cell: Cell) -> None:
    job = cell.run("qsub", "-terse", "-h", "-b", "y", "true").stdout.decode().strip()
    assert desk.good("release", job) == f"job {job} is released"
    assert "there is no such job" in desk.refused("kill", "9999999")
    assert not desk.state.exists()


@pytest.mark.parametrize("verb", ["kill", "hold", "release", "suspend", "resume"])
def test_a_task_of_no_job_is_none(desk: Desk, verb: str) -> None:
    assert desk.refused(verb, "999999.1") == "job 999999.1: there is no such job"
    assert desk.refused(verb, "0").startswith("there is no job 0 in session")


def test_a_task_that_is_there_and_one_that_is_not(desk: Desk, cell: Cell) -> None:
    job = (
        cell.run("qsub", "-terse", "-b", "y", "-t", "1-2", "-h", "sleep", "60")
        .stdout.decode()
        .partition(".")[0]
    )
    done = desk.run("kill", f"{job}.1", "999999.1")
    assert (done.returncode, done.stdout) == (1, f"job {job}.1 is being ended\n")
    assert done.stderr == "drmaa-cli: job 999999.1: there is no such job\n"
    desk.good("kill", job)


def test_an_id_of_a_job_that_has_ended_is_told_beside_others(desk: Desk) -> None:
    over = detach(desk, "true")
    assert desk.run("wait", "-q", over).returncode == 0
    held = detach(desk, "--hold", "true")
    done = desk.run("kill", over, held)
    assert (done.returncode, done.stdout) == (1, f"job {held} is being ended\n")
    assert done.stderr == f"drmaa-cli: job {over}: it has ended\n"


def test_nothing_is_ended_by_accident(desk: Desk) -> None:
    held = detach(desk, "--hold", "true")
    for verb in ("kill", "hold", "release", "suspend", "resume", "info"):
        assert "which jobs?" in desk.refused(verb, code=2)
    assert "say one of both" in desk.refused("kill", "--all", held, code=2)
    assert "no job x*" in desk.refused("kill", held, "x*")
    assert rows(desk.good("ps"))[0][-1] == "held"
    desk.good("kill", held)
    assert desk.run("wait", "-q").returncode == 1
    assert desk.refused("kill", held) == f"job {held}: it has ended"
    assert "no job that has not ended" in desk.refused("kill", "*")


@pytest.mark.slow
def test_the_same_directory_by_another_name_is_the_same_session(desk: Desk) -> None:
    held = detach(desk, "--hold", "true")
    link = desk.directory.parent / "link"
    link.symlink_to(desk.directory)
    desk.directory = link
    assert rows(desk.good("ps"))[0][0] == held
    desk.good("kill", held)
    desk.directory = link.parent
    assert desk.run("ps").stdout == ""


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8"])
@pytest.mark.slow
def test_any_locale(desk: Desk, locale: str) -> None:
    odd = desk.directory / os.fsdecode(b"d\xc3\xa9 \xff")
    odd.mkdir()
    desk.directory = odd
    env = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    job = detach(desk, "--hold", "true")
    assert rows(desk.good("ps", **env))[0][0] == job
    desk.good("kill", job, **env)
    text = ended(desk.terminal("ps", "-e", columns=40, **env))[1]
    assert job in text


@pytest.mark.parametrize("words", [["ps"], ["why", "1"], ["wait"], ["kill", "1"]])
@pytest.mark.slow
def test_no_grid_engine_and_no_qmaster_are_one_line(own_desk: tuple[Desk, Cell], words: list[str]) -> None:
    desk, cell = own_desk
    assert detach(desk, "--hold", "true") == "1"
    nowhere = str(desk.directory)
    assert "qsub" in desk.refused(*words, PATH=nowhere, SGE_ROOT=nowhere)
    cell.stop_qmaster()
    assert "qmaster" in desk.refused(*words)


def test_a_directory_that_is_gone(desk: Desk) -> None:
    done = subprocess.run(
        ["sh", "-c", f'mkdir gone; cd gone; rmdir ../gone; "{sys.executable}" -m drmaa_cli.cli ps'],
        env=desk.env,
        cwd=desk.directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "current directory" in done.stderr


def test_somebody_elses_jobs_cannot_be_changed(own_desk: tuple[Desk, Cell]) -> None:
    desk, cell = own_desk
    # capture env.root_unset.qdel
    said = 'anna - you do not have the necessary privileges to delete the job "7"\n'
    cell.fault("exit", "qdel", code=1, out=said)
    assert desk.refused("kill", "7") == f"job 7: {said.strip()}"
