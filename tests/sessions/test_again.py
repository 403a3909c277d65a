"""Submitting again what an earlier program submitted, and what a file that knows less says."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from drmaa_cli.errors import InternalException, InvalidJobException
from drmaa_cli.session.job_session import JobSession
from fake_sge.cell import Cell
from tests.sessions.kit import PATIENCE, job

CONTACT = "session=again"


def test_what_was_submitted_outlives_the_program(own: Cell) -> None:
    with JobSession(CONTACT) as session:
        first = session.runJob(job(session, "exit 4"), key="a")
        many = session.runJobs([job(session, f"exit {code}") for code in (5, 6)])
        assert session.wait(first, PATIENCE).exitStatus == 4
    with JobSession(CONTACT) as session:
        again = [
            session.resubmit(first, key="b"),
            session.resubmit(many[1]),
            session.resubmit(first, key="b"),
        ]
        assert again[0] == again[2] != first
        assert [session.wait(number, PATIENCE).exitStatus for number in again[:2]] == [4, 6]
        assert session.job(first).info is not None
        assert session.job(first).wait(0).exitStatus == 4


@pytest.mark.slow
def test_a_session_in_memory_knows_it_too(own: Cell) -> None:
    with JobSession() as session:
        first = session.runJob(job(session, "exit 4"))
        assert session.wait(session.resubmit(first), PATIENCE).exitStatus == 4


@pytest.mark.parametrize(
    ("kept", "expected"),
    [(None, InvalidJobException), (b"damaged", InternalException)],
    ids=["older", "damaged"],
)
@pytest.mark.slow
def test_a_file_that_does_not_tell(own: Cell, kept: bytes | None, expected: type[Exception]) -> None:
    with JobSession(CONTACT) as session:
        number = session.runJob(job(session, "exit 4"))
        (path,) = Path(session.config.state_dir).glob("**/*.session")
    with sqlite3.connect(str(path)) as db:
        db.execute("UPDATE jobs SET template = ?", (kept,))
    db.close()
    with JobSession(CONTACT) as session:
        with pytest.raises(expected, match=number):
            session.resubmit(number)
        assert session.wait(number, PATIENCE).exitStatus == 4
