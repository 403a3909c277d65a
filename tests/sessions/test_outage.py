"""Outages of the qmaster: waits go on, no state is invented, time limits hold, the end is told as it was."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Protocol

import pytest

from drmaa_cli.constants import JOB_IDS_SESSION_ALL, JOB_IDS_SESSION_ANY, JobState
from drmaa_cli.errors import (
    DrmCommunicationException,
    ExitTimeoutException,
    InvalidJobException,
    NoActiveSessionException,
    NoResourceUsageException,
)
from drmaa_cli.session.job_session import JobSession
from fake_sge.cell import Cell
from tests.processes import children
from tests.real_cell import RealCell
from tests.sessions.conftest import enter
from tests.sessions.kit import PATIENCE, ROOT, job, start, wait_for

CODES = 7


class Stoppable(Protocol):
    def stop_qmaster(self) -> None: ...

    def start_qmaster(self) -> object: ...


@pytest.fixture
def faulty(inside: Cell) -> Iterator[Cell]:
    """The shared cell, for faults, which end with the test."""
    yield inside
    inside.clear_faults()


def synchronize_through_an_outage(
    cell: Stoppable, jobs: int, run_time: float, outage: float, under_way: Callable[[], bool] = lambda: True
) -> None:
    def interrupt() -> None:
        cell.stop_qmaster()
        time.sleep(outage)  # the length of the outage is what is tested
        cell.start_qmaster()

    with JobSession() as session:
        ids = [session.runJob(job(session, f"sleep {run_time}; exit {n % CODES}")) for n in range(jobs)]
        array = session.runBulkJobs(job(session, f"sleep {run_time}; exit $SGE_TASK_ID"), 1, 5, 2)
        wait_for(lambda: session.jobStatus(ids[0]) != JobState.QUEUED_ACTIVE, "the first start")
        wait_for(under_way, "a good moment for an outage")
        trouble = threading.Thread(target=interrupt)
        trouble.start()
        try:
            session.synchronize([JOB_IDS_SESSION_ALL], 2 * PATIENCE)
        finally:
            trouble.join()
        for index, number in enumerate(ids):
            info = session.wait(number, 0)
            assert (info.hasExited, info.exitStatus) == (True, index % CODES)
            assert float(info.resourceUsage["end_time"]) >= float(info.resourceUsage["start_time"]) > 0
        assert [session.wait(number, 0).exitStatus for number in array] == [1, 3, 5]


@pytest.mark.slow
def test_a_short_outage_during_synchronize(own: Cell) -> None:
    synchronize_through_an_outage(own, jobs=20, run_time=1.5, outage=3)


@pytest.mark.slow
@pytest.mark.real_cell
def test_a_real_qmaster_stopped_for_twenty_seconds(
    real_cell: RealCell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    enter(monkeypatch, real_cell.env, real_cell.bin_directory, tmp_path / "state")

    def under_way() -> bool:
        # a qmaster that dies while it hands jobs over leaves them in state t for minutes (observed)
        rows = real_cell.run("qstat").stdout.splitlines()[2:]
        return all(row.split()[4] == "r" for row in rows)

    synchronize_through_an_outage(real_cell, jobs=30, run_time=10, outage=20, under_way=under_way)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("refused", {}),
        ("truncate", {"at": 250}),
        pytest.param("unresolvable", {}, marks=pytest.mark.slow),
        pytest.param("silent", {"seconds": 30}, marks=pytest.mark.slow),
        pytest.param("garble", {}, marks=pytest.mark.slow),
        pytest.param("truncate", {"at": -40}, marks=pytest.mark.slow),
        pytest.param("empty", {}, marks=pytest.mark.slow),
        pytest.param(
            "exit", {"code": 1, "err": b"error: commlib error: got read error\n"}, marks=pytest.mark.slow
        ),
    ],
)
@pytest.mark.slow
def test_no_state_is_invented(faulty: Cell, tmp_path: Path, kind: str, options: dict[str, object]) -> None:
    with JobSession(command_timeout=10, retry_for=0.2) as session:
        number = start(session, tmp_path / "go")
        fault = faulty.fault(kind, "qstat", times=None, **options)
        with pytest.raises(ExitTimeoutException):
            session.wait(number, 1.0)
        with pytest.raises(ExitTimeoutException):
            session.synchronize([number], 0)
        with pytest.raises(DrmCommunicationException, match=r"^code 2: "):
            session.jobStatus(number)
        faulty.clear_faults(fault)
        wait_for(lambda: _status(session, number) == JobState.RUNNING, "an answer")
        (tmp_path / "go").write_text("\n")
        assert session.wait(number, PATIENCE).exitStatus == 3


def _has_waited(session: JobSession, number: str) -> bool:
    """Wait for a while for a job that does not end."""
    with pytest.raises(ExitTimeoutException):
        session.wait(number, 1.0)
    return True


def _status(session: JobSession, number: str) -> str:
    try:
        return session.jobStatus(number)
    except DrmCommunicationException:
        return "no answer"


@pytest.mark.slow
def test_the_first_job_of_a_cell_leaves_no_record(own: Cell, tmp_path: Path) -> None:
    """No accounting file is there yet, and on the qmaster's own host that says that no record was written."""
    with JobSession() as session:
        number = start(session, tmp_path / "go")
        subprocess.run([own.path / "qdel", "-f", number], check=True, stdout=subprocess.DEVNULL)
        with pytest.raises(NoResourceUsageException):
            session.wait(number, PATIENCE)


@pytest.mark.slow
def test_a_job_that_is_missing_from_two_answers_has_not_ended(faulty: Cell, tmp_path: Path) -> None:
    with JobSession(accounting_margin=PATIENCE) as session:
        number = start(session, tmp_path / "go")
        faulty.fault("hide-job", "qstat", times=2, job=int(number))
        wait_for(lambda: _has_waited(session, number) and not faulty.faults(), "two answers without it")
        assert session.jobStatus(number) == JobState.RUNNING
        (tmp_path / "go").write_text("\n")
        assert session.wait(number, PATIENCE).exitStatus == 3


@pytest.mark.slow
def test_a_foreign_job_that_a_listing_leaves_out_is_there(faulty: Cell, tmp_path: Path) -> None:
    with JobSession() as session, JobSession() as other:
        number = start(session, tmp_path / "go")
        for _ in range(3):
            other.runJob(job(other, "true"))  # so that it must ask
            faulty.fault("hide-job", "qstat", times=1, job=int(number))
            assert other.jobStatus(number) == JobState.RUNNING
        assert not faulty.faults()
        with pytest.raises(InvalidJobException):
            other.jobStatus("99999")


@pytest.mark.slow
def test_the_limit_of_an_outage(own: Cell, tmp_path: Path) -> None:
    with JobSession(outage_limit=0.5, retry_for=0.2) as session:
        number = start(session, tmp_path / "go")
        own.stop_qmaster()
        said = own.run("qstat").stderr.decode().splitlines()[-1].removeprefix("error: ")
        for _ in range(2):
            with pytest.raises(DrmCommunicationException) as caught:
                session.wait(number, PATIENCE)
            assert said in str(caught.value)
        own.start_qmaster()
        (tmp_path / "go").write_text("\n")
        wait_for(lambda: _is_over(session, number), "the end")


def _is_over(session: JobSession, number: str) -> bool:
    try:
        return session.wait(number, PATIENCE).exitStatus == 3
    except DrmCommunicationException:
        return False


@pytest.mark.slow
def test_the_log_tells_it_once(own: Cell, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="drmaa_cli")
    with JobSession() as session:
        number = start(session, tmp_path / "go")
        own.stop_qmaster()
        wait_for(
            lambda: _has_waited(session, number) and "does not answer" in caplog.text, "a failed question"
        )
        own.start_qmaster()
        wait_for(lambda: _status(session, number) == JobState.RUNNING, "an answer")
        (tmp_path / "go").write_text("\n")
        session.wait(number, PATIENCE)
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert [level for level, text in told if "does not answer" in text] == ["WARNING"]
    assert [text for level, text in told if level == "INFO" and "again" in text] == [
        "Grid Engine answers again"
    ]


QUIET = """
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.errors import DrmCommunicationException
from tests.sessions.kit import job
session = JobSession(outage_limit=0.1)
number = session.runJob(job(session, "sleep 600"))
input()
try:
    session.wait(number, 180)
except DrmCommunicationException:
    print("told")
"""


@pytest.mark.slow
def test_a_program_that_asks_for_no_log_sees_none(own: Cell) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", QUIET],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for(own.jobs, "the submission")
        own.stop_qmaster()
        out, err = process.communicate("\n", timeout=PATIENCE)
    assert (out, err) == ("told\n", "")


@pytest.mark.slow
def test_a_session_begins_only_with_a_qmaster(own: Cell) -> None:
    with JobSession("session=later", retry_for=0.1) as session:
        number = session.runJob(job(session, "exit 6"))
    own.stop_qmaster()
    with pytest.raises(DrmCommunicationException):
        JobSession("session=later", retry_for=0.1)
    own.start_qmaster()
    with JobSession("session=later") as session:
        assert session.wait(number).exitStatus == 6


SILENT = 10 * PATIENCE  # seconds that a hanging command takes; much more than any limit below


@pytest.mark.slow
def test_time_limits_hold_at_a_silent_qmaster(faulty: Cell, tmp_path: Path) -> None:
    before = children()
    with JobSession(retry_for=0.2) as session:
        number = start(session, tmp_path / "go")
        fault = faulty.fault("silent", "qstat", times=None, seconds=SILENT)
        for verb in (
            lambda: session.wait(number, 1),
            lambda: session.wait(number, 0),
            lambda: session.synchronize([number], 1),
            lambda: session.wait(JOB_IDS_SESSION_ANY, 1),
        ):
            with pytest.raises(ExitTimeoutException):
                verb()
        faulty.clear_faults(fault)
    wait_for(lambda: children() <= before, "the end of the hanging command")


@pytest.mark.slow
@pytest.mark.parametrize("waits", ["wait", "synchronize", "jobStatus"])
def test_exit_ends_a_hanging_command_and_who_waits_for_it(faulty: Cell, tmp_path: Path, waits: str) -> None:
    before = children()
    session = JobSession()
    number = start(session, tmp_path / "go")
    verb = {
        "wait": lambda: session.wait(number),
        "synchronize": lambda: session.synchronize([number]),
        "jobStatus": lambda: [session.jobStatus(number) for _ in iter(int, 1)],
    }[waits]
    faulty.fault("silent", "qstat", times=None, seconds=SILENT)
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(verb) for _ in range(3)]
        wait_for(lambda: children() - before, "a hanging command")
        session.exit()
        for one in waiting:
            with pytest.raises(NoActiveSessionException if waits == "jobStatus" else ExitTimeoutException):
                one.result(PATIENCE)
    wait_for(lambda: children() <= before, "the end of the hanging command")


@pytest.mark.slow
def test_a_slow_answer_is_heard_by_the_next_wait(faulty: Cell, tmp_path: Path) -> None:
    """A program that asks with short limits hears of ends though each listing takes longer than its limit."""
    with JobSession(retry_for=0.1) as session:
        number = start(session, tmp_path / "go")
        faulty.fault("slow", "qstat", times=None, seconds=0.7)
        (tmp_path / "go").write_text("\n")
        wait_for(lambda: _has_ended(session, number, 3), "the end")


def _has_ended(session: JobSession, number: str, code: int) -> bool:
    try:
        return session.wait(number, 0.1).exitStatus == code
    except ExitTimeoutException:
        return False
