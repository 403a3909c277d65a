"""A session's file in which nothing was submitted may be removed, whoever else has it open."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.errors import DeniedByDrmException, DrmCommunicationException, InternalException
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.store import unused
from drmaa_cli.store.session_store import Store
from tests.core.conftest import Cell, run, template
from tests.sessions.places import path_of

NAME = "session=mine"
ANSWER = b'Unable to run job: Job was rejected because job requests unknown queue "no.q".\nExiting.\n'


def rejected(argv: Any) -> CommandResult:
    return CommandResult(tuple(argv), 1, b"", ANSWER)


def lost(argv: Any) -> CommandResult:
    return CommandResult(tuple(argv), 1, b"", b"got no response from qmaster.\n")


def refuse(cell: Cell, session: JobSession) -> None:
    """Have a submission refused: the file is there then, with nothing in it."""
    cell.runner.next("qsub", rejected)
    with pytest.raises(DeniedByDrmException):
        session.runJob(template(session))


@pytest.fixture
def path(cell: Cell) -> Path:
    return path_of(cell.state, "mine")


def removed(path: Path, hours: float = 1.1) -> bool:
    """Whether the file goes when it was not used for so long."""
    return unused.remove(str(path), time.time() + 3600 * hours)


def test_a_session_whose_only_submission_was_refused(cell: Cell, path: Path) -> None:
    session = cell.connect(NAME)
    refuse(cell, session)
    session.exit()
    assert not removed(path, 0.9)
    assert removed(path)
    assert not path.exists()


def test_one_that_was_left_by_a_program_that_was_killed(path: Path) -> None:
    Store.open(str(path), NAME, 1.0, "here").close()
    assert removed(path)
    path.touch(mode=0o600)
    assert removed(path)


def test_a_session_with_jobs_stays(cell: Cell, path: Path) -> None:
    session = cell.connect(NAME)
    (number,) = run(session)
    cell.qmaster.end(number, 0)
    session.wait(str(number))
    session.exit()
    assert not removed(path)


def test_a_submission_in_doubt_stays(cell: Cell, path: Path) -> None:
    session = cell.connect(NAME, retry_for=1.0)
    cell.runner.next("qsub", lost)
    cell.runner.outage = "refused"
    with pytest.raises(DrmCommunicationException):
        session.runJob(template(session))
    session.exit()
    assert not removed(path)


def test_while_somebody_writes_to_it(cell: Cell, path: Path) -> None:
    session = cell.connect(NAME)
    refuse(cell, session)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not removed(path)
        other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("key", [None, "a"])
def test_another_session_of_that_name_goes_on_with_a_new_file(cell: Cell, path: Path, key: str) -> None:
    one, other = cell.connect(NAME), cell.connect(NAME)
    refuse(cell, one)
    refuse(cell, other)
    before = path.stat().st_ino
    with path.open("rb"):  # its number is not given to another file
        one.exit()
        assert removed(path)
        number = other.runJob(template(other), key=key)
        assert path.stat().st_ino != before
    third = cell.connect(NAME)
    assert [job.id for job in third.jobs()] == [number]
    assert third.runJob(template(third), key="b") == str(int(number) + 1)
    assert [job.id for job in other.jobs()] == [number, str(int(number) + 1)]


def test_what_is_submitted_meanwhile_is_seen(cell: Cell, path: Path) -> None:
    one, other = cell.connect(NAME), cell.connect(NAME)
    refuse(cell, one)
    refuse(cell, other)
    other.exit()
    assert removed(path)
    third = cell.connect(NAME)
    numbers = run(third, 2)
    assert [job.id for job in one.jobs()] == list(map(str, numbers))
    cell.qmaster.end(numbers[0], 3)
    assert one.wait(str(numbers[0])).exitStatus == 3


def test_a_file_that_went_with_its_jobs_is_no_new_session(cell: Cell, path: Path) -> None:
    session = cell.connect(NAME)
    run(session)
    path.unlink()
    with pytest.raises(InternalException, match="removed or replaced while it was in use"):
        session.runJob(template(session))


def test_between_the_file_and_its_first_submission(
    cell: Cell, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever removes it may be a moment before whoever is about to write."""
    session = cell.connect(NAME)
    write = Store.record_intent
    went = []

    def after_its_removal(store: Store, intent: Any) -> int:
        if len(went) < 3:
            went.append(removed(path))
        return write(store, intent)

    monkeypatch.setattr(Store, "record_intent", after_its_removal)
    (number,) = run(session)
    assert went == [True, True, True]
    session.exit()
    assert [job.id for job in cell.connect(NAME).jobs()] == [str(number)]


def test_a_file_that_goes_while_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, ordinary = tmp_path / "x.session", os.open
    gone: list[str] = []

    def removed_before(name: str, flags: int, *mode: int) -> int:
        if flags & os.O_PATH and len(gone) < 3:
            gone.append(name)
            os.unlink(name)  # noqa: PTH108  # as another process does
        return ordinary(name, flags, *mode)

    monkeypatch.setattr(os, "open", removed_before)
    Store.open(str(path), NAME, 1.0, "here").close()
    assert gone == [str(path)] * 3
    assert path.exists()


@pytest.mark.parametrize("name", ["a?b#c%20d", "ä", "\udcff"])
def test_paths_of_any_letters(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "x.session"
    store = Store.open(str(path), NAME, 1.0, "here")
    assert store.contact() == NAME
    store.close()
    assert removed(path)
    assert [one.name for one in path.parent.iterdir()] == []
