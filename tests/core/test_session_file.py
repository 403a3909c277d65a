"""The file of a session: private, damaged, of somebody else, or on a disk that is full."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.errors import (
    DrmsInitException,
    ExitTimeoutException,
    InternalException,
    InvalidJobException,
)
from drmaa_cli.gridengine.records import CommandResult
from tests.core.conftest import Cell, run, template
from tests.processes import open_below


def files(cell: Cell) -> list[Path]:
    return sorted(cell.state.rglob("*.session"))


def test_the_file_is_private(cell: Cell) -> None:
    session = cell.connect("session=mine")
    run(session)
    (path,) = files(cell)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


GARBAGE = [b"this is no database" * 100, b"SQLite format 3\x00" + b"\xff" * 4096]


@pytest.mark.parametrize("content", GARBAGE, ids=["text", "broken"])
def test_a_damaged_file_is_refused_by_name(cell: Cell, content: bytes) -> None:
    session = cell.connect("session=mine")
    run(session)
    (path,) = files(cell)
    session.exit()
    path.write_bytes(content)
    with pytest.raises(DrmsInitException, match=re.escape(str(path))):
        cell.connect("session=mine")
    assert path.read_bytes() == content


@pytest.mark.parametrize("version", [0, 1, 7])
@pytest.mark.parametrize("table", ["notes", "jobs"])
def test_somebody_elses_database_is_left_alone(cell: Cell, version: int, table: str) -> None:
    session = cell.connect("session=mine")
    run(session)
    (path,) = files(cell)
    session.exit()
    path.unlink()
    with sqlite3.connect(str(path)) as db:
        db.execute(f"CREATE TABLE {table} (text TEXT)")
        db.execute(f"PRAGMA user_version = {version}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(DrmsInitException, match=re.escape(str(path))):
        cell.connect("session=mine")
    assert path.read_bytes() == before


def test_a_file_of_a_newer_version_is_refused(cell: Cell) -> None:
    session = cell.connect("session=mine")
    run(session)
    (path,) = files(cell)
    session.exit()
    db = sqlite3.connect(str(path))
    db.execute("PRAGMA user_version = 1000")
    db.close()
    with pytest.raises(DrmsInitException, match="newer"):
        cell.connect("session=mine")


def test_a_full_disk_before_the_submission(cell: Cell, connections: list[sqlite3.Connection]) -> None:
    session = cell.connect("session=full")
    run(session)
    pages = connections[-1].execute("PRAGMA page_count").fetchone()[0]
    connections[-1].execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(InternalException, match=r"nothing was submitted: .*full"):
        run(session, 10_000)
    assert len(cell.qmaster.made) < 10_000
    assert [job.id for job in session.jobs()] == [str(number) for number in cell.qmaster.made]


def test_a_disk_that_is_full_at_the_end_of_a_job(
    cell: Cell, caplog: pytest.LogCaptureFixture, connections: list[sqlite3.Connection]
) -> None:
    session = cell.connect("session=full")
    (number,) = run(session)
    database = connections[-1]
    database.execute("PRAGMA query_only = 1")
    cell.qmaster.end(number, 3)
    assert session.wait(str(number)).exitStatus == 3
    assert "the end of a job" in caplog.text
    database.execute("PRAGMA query_only = 0")
    (second,) = run(session)
    session.exit()
    again = cell.connect("session=full")
    with pytest.raises(InvalidJobException):
        again.wait(str(number), 0)
    with pytest.raises(ExitTimeoutException):
        again.wait(str(second), 0)


@pytest.mark.parametrize("full_from", ["submission", "end", "wait"])
@pytest.mark.parametrize("taken_up_again", [False, True])
def test_a_key_that_is_asked_for_again_after_the_disk_was_full(
    cell: Cell, connections: list[sqlite3.Connection], full_from: str, taken_up_again: bool
) -> None:
    session = cell.connect("session=full")
    session.runJob(template(session), key="another")

    def fill(on: bool) -> None:
        connections[-1].execute(f"PRAGMA query_only = {int(on)}")

    def answer(argv: Any) -> CommandResult:
        fill(full_from == "submission")
        return cell.runner.answer(argv)

    cell.runner.next("qsub", answer)
    number = session.runJob(template(session), key="a")
    fill(full_from in ("submission", "end"))
    cell.qmaster.end(int(number), 3)
    if full_from == "wait":
        cell.clock.sleep(30)
        assert session.jobStatus(number) == "done"
        fill(True)
    assert session.wait(number, 100).exitStatus == 3
    fill(False)
    if taken_up_again:
        session.exit()
        session = cell.connect("session=full")
    for _ in range(2):
        assert session.runJob(template(session), key="a") == number
        assert session.wait(number, 100).exitStatus == 3


def test_an_unnamed_session_works_where_nothing_can_be_written(
    cell: Cell, caplog: pytest.LogCaptureFixture
) -> None:
    cell.state.write_text("a file where a directory should be")
    session = cell.connect()
    (number,) = run(session)
    cell.qmaster.end(number, 4)
    assert session.wait(str(number)).exitStatus == 4
    assert "will not outlive this process" in caplog.text
    with pytest.raises(InternalException, match=r"nothing was submitted: .*, is no directory"):
        run(cell.connect("session=named"))
    assert len(cell.qmaster.made) == 1


def test_a_session_that_could_not_be_taken_up_holds_nothing_open(cell: Cell, tmp_path: Path) -> None:
    session = cell.connect("session=mine")
    run(session)
    (path,) = files(cell)
    session.exit()
    path.write_bytes(GARBAGE[0])
    for _ in range(5):
        with pytest.raises(DrmsInitException):
            cell.connect("session=mine")
    assert open_below(tmp_path) == []
