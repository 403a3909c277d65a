"""A session in another cell than its own, where its job numbers are other jobs'."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drmaa_cli.cli import main
from drmaa_cli.errors import DrmsInitException
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.store.expiry import DAY, STAMP, read
from fake_sge.cell import Cell
from tests.sessions.conftest import enter
from tests.sessions.kit import job
from tests.sessions.places import path_of


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cell, Cell]]:
    place = tmp_path_factory.mktemp("cells")
    with Cell(place / "one", login_shells=False) as one, Cell(place / "two", login_shells=False) as two:
        yield one, two


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_it_is_refused_and_stays_as_it_is(
    cells: tuple[Cell, Cell], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = cells
    enter(monkeypatch, one.variables, one.path, state)
    with JobSession("session=nightly") as session:
        number = session.runJob(job(session, "sleep 300"), key="align")
    before = path_of(state, "nightly").read_bytes()
    enter(monkeypatch, two.variables, two.path, state)
    said = f"belongs to another Grid Engine, {one.layout.root} .*{two.layout.root}"
    with pytest.raises(DrmsInitException, match=said):
        JobSession("session=nightly")
    assert path_of(state, "nightly").read_bytes() == before
    enter(monkeypatch, one.variables, one.path, state)
    with JobSession("session=nightly") as session:
        assert session.runJob(job(session, "sleep 300"), key="align") == number
        session.control(number, "terminate")


def test_it_does_not_expire_because_its_jobs_are_not_there(
    cells: tuple[Cell, Cell], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = cells
    enter(monkeypatch, one.variables, one.path, state)
    with JobSession("session=old") as session:
        number = session.runJob(job(session, "sleep 300"))
    old = time.time() - 31 * DAY
    os.utime(path_of(state, "old"), (old, old))
    (state / STAMP).unlink()
    enter(monkeypatch, two.variables, two.path, state)
    with JobSession("session=new") as session:
        session.wait(session.runJob(job(session, "exit 0")))
    assert (state / STAMP).exists()
    assert main(["sessions", "prune", "--older-than", "1"]) == 0
    assert path_of(state, "old").exists()
    one.run("qdel", number)


def test_commands_leave_it_alone(
    cells: tuple[Cell, Cell],
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The session of a directory is one for each cell, too."""
    one, two = cells
    monkeypatch.chdir(tmp_path)
    enter(monkeypatch, one.variables, one.path, state)
    assert main(["run", "--detach", "sleep", "300"]) == 0
    number = capsys.readouterr().out.strip()
    enter(monkeypatch, two.variables, two.path, state)
    two.next_job_number(int(number) + 1)
    assert main(["ps", "--all"]) == 0
    assert number not in capsys.readouterr().out
    assert main(["kill", number]) == 1
    assert main(["sessions", "--refresh"]) == 0
    assert main(["run", "--detach", "true"]) == 0
    assert main(["wait"]) == 0
    assert number in one.run("qstat").stdout.decode()
    capsys.readouterr()
    assert main(["sessions", "--json"]) == 0
    kept = {session["cell"]["root"]: session["ended"] for session in json.loads(capsys.readouterr().out)}
    assert kept == {str(one.layout.root): 0, str(two.layout.root): 1}
    enter(monkeypatch, one.variables, one.path, state)
    assert main(["kill", number]) == 0
    assert main(["wait", number]) == 1
    (own,) = (path for path in state.glob("*.session") if read(path).jobs[0].number == int(number))
    assert read(own).ended == 1


@pytest.mark.slow
def test_of_two_jobs_of_a_number_the_later_is_meant(
    cells: tuple[Cell, Cell],
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cell = cells[0]
    monkeypatch.chdir(tmp_path)
    enter(monkeypatch, cell.variables, cell.path, state)
    for status in (3, 4):
        cell.next_job_number(77)
        assert main(["run", "--", "sh", "-c", f"exit {status}"]) == status
    capsys.readouterr()
    assert main(["ps", "--ended", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["jobs"]
    assert (found["id"], found["end"]["exit"]) == ("77", 4)
