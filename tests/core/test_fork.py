"""A child of fork has no session, and does its parent no harm."""

from __future__ import annotations

import os
import warnings

from drmaa_cli.errors import (
    NoActiveSessionException,
)
from tests.core.conftest import Cell, run


def fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: the test runner may have some
        return os.fork()


def test_a_child_has_no_session_and_does_the_parent_no_harm(cell: Cell) -> None:
    session = cell.connect("session=fork")
    (number,) = run(session)
    verbs = [
        lambda: session.wait(str(number)),
        lambda: session.jobStatus(str(number)),
        lambda: session.control(str(number), "terminate"),
        lambda: session.synchronize([str(number)]),
        session.exit,
        session.createJobTemplate,
        session.jobs,
    ]
    refused = 0
    child = fork()
    if child == 0:
        try:
            for verb in verbs:
                try:
                    verb()
                except NoActiveSessionException:
                    refused += 1
        finally:
            os._exit(refused)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == len(verbs)
    cell.qmaster.end(number, 2)
    assert session.wait(str(number)).exitStatus == 2


def test_a_child_of_a_thread_that_holds_the_lock(cell: Cell) -> None:
    """The lock is held for ever in the child; it must not be touched there."""
    session = cell.connect()
    (number,) = run(session)
    with session._lock:  # noqa: SLF001  nothing public holds it for so long
        child = fork()
        if child == 0:
            try:
                session.wait(str(number))
            except NoActiveSessionException:
                os._exit(7)
            finally:
                os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
