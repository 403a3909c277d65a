"""Taking up a session again: after all has ended, after rotation, after the numbers began anew, elsewhere."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest

from drmaa_cli.constants import JobControlAction, JobState
from drmaa_cli.errors import (
    DeniedByDrmException,
    DrmCommunicationException,
    InternalException,
    InvalidArgumentException,
    InvalidJobException,
)
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.jobs.reason import ReasonKind
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.system.runner import Command, CommandTimeout, LocalRunner
from fake_sge.cell import Cell
from tests import forked
from tests.sessions.conftest import enter
from tests.sessions.kit import PATIENCE, ROOT, job, wait_for
from tests.sessions.program import POINTS

CONTACT = "session=again"


def begin(count: int = 4) -> list[str]:
    """Submit single jobs and an array, and leave."""
    with JobSession(CONTACT) as session:
        ids = [session.runJob(job(session, f"exit {code}")) for code in range(count)]
        return ids + session.runBulkJobs(job(session, "exit $SGE_TASK_ID"), 1, 3, 1)


def check(ids: list[str]) -> None:
    """Take the session up and hear of every end."""
    with JobSession(CONTACT) as session:
        for number in ids:
            info = session.wait(number, PATIENCE)
            assert (info.jobId, info.hasExited) == (number, True)
            _, _, task = number.partition(".")
            assert info.exitStatus == (int(task) if task else ids.index(number))
            assert len(info.resourceUsage) >= 34


@pytest.mark.slow
def test_after_all_have_ended(own: Cell) -> None:
    ids = begin()
    own.wait_idle()
    check(ids)


@pytest.mark.slow
def test_states_before_waiting(own: Cell) -> None:
    ids = begin()
    own.wait_idle()
    with JobSession(CONTACT) as session:
        assert {session.jobStatus(number) for number in ids} == {JobState.DONE}
        assert [(held.id, held.state, held.reaped) for held in session.jobs()] == [
            (number, JobState.DONE, False) for number in ids
        ]


@pytest.mark.slow
@pytest.mark.parametrize("zipped", [False, True])
def test_after_two_rotations(own: Cell, *, zipped: bool) -> None:
    first = begin(2)
    own.wait_idle()
    rotate(own, zipped=zipped)
    with JobSession(CONTACT) as session:
        second = [session.runJob(job(session, "exit 9"))]
    own.wait_idle()
    rotate(own, zipped=zipped)
    with JobSession(CONTACT) as session:
        second.append(session.runJob(job(session, "exit 9")))
    own.wait_idle()
    check(first)
    with JobSession(CONTACT) as session:
        assert [session.wait(number).exitStatus for number in second] == [9, 9]


def rotate(cell: Cell, *, zipped: bool) -> None:
    """What Grid Engine's util/logchecker.sh does: move the old up, the present one to .0, compress it."""
    end = ".gz" if zipped else ""
    for index in (1, 0):
        old = Path(f"{cell.accounting}.{index}{end}")
        if old.exists():
            old.rename(f"{cell.accounting}.{index + 1}{end}")
    moved = cell.accounting.rename(f"{cell.accounting}.0")
    if zipped:
        with moved.open("rb") as source, gzip.open(f"{moved}.gz", "wb") as target:
            shutil.copyfileobj(source, target)
        stat = moved.stat()
        os.utime(f"{moved}.gz", ns=(stat.st_atime_ns, stat.st_mtime_ns))  # as gzip(1) does
        moved.unlink()


@pytest.mark.slow
def test_after_truncation_to_what_is_new(own: Cell) -> None:
    begun = begin(1)
    own.wait_idle()
    lines = own.accounting.read_bytes().splitlines(keepends=True)
    own.accounting.write_bytes(b"".join(lines[-len(begun) :]))
    check(begun)


@pytest.mark.slow
def test_numbers_that_began_anew(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    directory = tmp_path_factory.mktemp("wrap") / "cell"
    with Cell(directory, first_job_number=1, max_job_number=12, slots=8, login_shells=False) as cell:
        enter(monkeypatch, cell.variables, cell.path, tmp_path / "state")
        with JobSession("session=before") as session:
            for code in range(1, 9):
                assert session.wait(session.runJob(job(session, f"exit {code}"))).exitStatus == code
        ids = begin(4)
        single = [int(number) for number in ids if "." not in number]
        assert single == [9, 10, 11, 12]
        assert ids[-1] == "1.3"
        cell.wait_idle()
        check(ids)


def test_a_key_gives_the_same_job_whatever_became_of_it(own: Cell, tmp_path: Path) -> None:
    with JobSession(CONTACT) as session:
        found = job(session, f"echo x >> {tmp_path / 'ran'}; exit 4")
        number = session.runJob(found, key="a")
        array = session.runBulkJobs(job(session, "exit $SGE_TASK_ID"), 1, 4, 3, key="b")
        assert session.runJob(found, key="a") == number
        assert session.wait(number).exitStatus == 4
        assert session.runJob(found, key="a") == number
        assert session.wait(number).exitStatus == 4
        with pytest.raises(InvalidJobException):
            session.wait(number)
    own.wait_idle()
    with JobSession(CONTACT) as session:
        assert session.runJob(found, key="a") == number
        assert session.runBulkJobs(found, 1, 4, 3, key="b") == array
        assert [session.wait(part).exitStatus for part in (number, *array)] == [4, 1, 4]
        assert [(held.id, held.key) for held in session.jobs()] == [
            (number, "a"), (array[0], "b"), (array[1], "b"),
        ]  # fmt: skip
        with pytest.raises(InvalidArgumentException, match="belongs to a single job"):
            session.runBulkJobs(found, 1, 4, 3, key="a")
    assert (tmp_path / "ran").read_text() == "x\n"


@pytest.mark.slow
def test_a_key_whose_submission_was_refused_is_free(own: Cell) -> None:
    with JobSession(CONTACT) as session:
        for _ in range(2):
            with pytest.raises(DeniedByDrmException):
                session.runJob(job(session, "exit 1", nativeSpecification="-q nowhere.q"), key="a")
        assert session.jobs() == []
        assert session.wait(session.runJob(job(session, "exit 1"), key="a")).exitStatus == 1


# --- answers that were lost ---------------------------------------------------------------------------------


def unsettle(path: Path, **changes: object) -> None:
    """Put the record of every submission back to where it was before qsub's answer."""
    with sqlite3.connect(path) as db:
        for name, value in {"number": None, "kept": 0, **changes}.items():
            db.execute(f"UPDATE jobs SET {name} = ?", (value,))
        db.execute("DELETE FROM tasks")
    db.close()


GONE = f"{os.uname().nodename} 1 0 x"
ELSEWHERE = "elsewhere.example 1 0 x"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("owner", "held"), [(GONE, True), (GONE, False), (ELSEWHERE, False), ("- 0 0 -", True)]
)
def test_answers_lost_altogether(own: Cell, tmp_path: Path, owner: str, *, held: bool) -> None:
    # nothing but the intents is left: the token in the qmaster, or accounting, tells the numbers
    with JobSession(CONTACT) as session:
        native = "-h" if held else ""
        ids = [
            session.runJob(job(session, "exit 3", jobName=f"n{i}", nativeSpecification=native))
            for i in range(3)
        ]
        array = session.runBulkJobs(job(session, "exit 3", jobName="n4", nativeSpecification=native), 1, 3, 2)
    if not held:
        own.wait_idle()
    unsettle(tmp_path / "state" / "again.session", owner=owner)
    with JobSession(CONTACT, command_timeout=12, retry_for=0) as session:
        wait_for(lambda: len(session.jobs()) == 5, "the end of the time that another host is given")
        assert [entry.id for entry in session.jobs()] == [*ids, *array]
        if held:
            session.control("DRMAA_JOB_IDS_SESSION_ALL", "release")
        assert [session.wait(number, PATIENCE).exitStatus for number in (*ids, *array)] == [3] * 5


@pytest.mark.slow
def test_an_answer_lost_in_this_process(own: Cell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # the first qsub is accepted and never comes back; the second never reaches the qmaster
    original = LocalRunner.run

    def lost(self: LocalRunner, command: Command) -> CommandResult:
        result = original(self, command)
        if command.argv[0] != "qsub":
            return result
        assert command.answer is not None
        for path in command.answer:
            path.write_bytes(b"")
        raise CommandTimeout(result._replace(stdout=b"", stderr=b""), 1.0)

    with JobSession(CONTACT) as session:
        found = job(session, f"echo x >> {tmp_path / 'ran'}; exit 2")
        with monkeypatch.context() as patch:
            patch.setattr(LocalRunner, "run", lost)
            number = session.runJob(found, key="a")
        assert session.runJob(found, key="a") == number
        assert session.wait(number).exitStatus == 2
    assert (tmp_path / "ran").read_text() == "x\n"


@pytest.mark.slow
def test_nobody_can_say_and_then_somebody_can(own: Cell, tmp_path: Path) -> None:
    with JobSession(CONTACT, command_timeout=12, retry_for=0.1) as session:
        found = job(session, f"echo x >> {tmp_path / 'ran'}; exit 2")
        own.fault("lost", "qsub", code=1)
        listing = own.fault("refused", "qstat", times=None)
        with pytest.raises(DrmCommunicationException, match="is not known yet"):
            session.runJob(found, key="a")
        own.clear_faults(listing)
        number = session.runJob(found, key="a")  # the same process asks again
        assert session.wait(number).exitStatus == 2
    assert (tmp_path / "ran").read_text() == "x\n"


@pytest.mark.slow
def test_two_jobs_of_the_same_name_are_told_apart(own: Cell, tmp_path: Path) -> None:
    with JobSession(CONTACT) as session:
        ids = [session.runJob(job(session, f"exit {code}", jobName="same")) for code in (1, 2)]
    own.wait_idle()
    unsettle(tmp_path / "state" / "again.session", owner=GONE)
    with JobSession(CONTACT) as session:
        assert [session.wait(number).exitStatus for number in ids] == [1, 2]


@pytest.mark.slow
def test_two_jobs_could_be_it(own: Cell, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with JobSession(CONTACT) as session:
        for _ in range(2):
            session.runJob(job(session, "exit 1", jobName="same", nativeSpecification="-A mine"))
    own.wait_idle()
    unsettle(tmp_path / "state" / "again.session", owner=GONE)
    with JobSession(CONTACT) as session:
        assert "a job that has ended could be it: 1, 2;" in caplog.text
        assert session.jobs() == []


KILLED = """
import os, signal, sys
from drmaa_cli.jobs.reason import ReasonKind
from drmaa_cli.session.job_session import JobSession
from tests.sessions.kit import job
from tests.sessions.program import arrange_death
session = JobSession("session=again")
arrange_death(sys.argv[1] + ":1")
session.runJob(job(session, "exit 5"))
"""


def submit_and_die(point: str) -> None:
    """Run a program that submits a job and is killed at a point of that."""
    died = forked.run(["-c", KILLED, point], env=forked.usual(os.environ), cwd=ROOT)
    assert died.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=[] if point == "before-record" else pytest.mark.slow)
        for point in [point for point in POINTS if "end" not in point and "claim" not in point][1:-1]
    ],
)
def test_a_submission_without_key_is_found_at_once(own: Cell, point: str) -> None:
    submit_and_die(point)
    with JobSession(CONTACT) as session:
        held = session.jobs()
        assert len(held) == (0 if point in ("after-intent", "before-qsub") else 1)
        assert [session.wait("DRMAA_JOB_IDS_SESSION_ANY", PATIENCE).exitStatus for _ in held] == [5] * len(
            held
        )
    wait_for(lambda: not own.jobs(), "an idle cell")
    own.wait_idle()
    lines = own.accounting.read_text().splitlines() if own.accounting.exists() else []
    assert len([line for line in lines if line[0] != "#"]) == len(held)


@pytest.mark.slow
def test_a_job_of_another_session_is_not_taken_for_a_lost_one(own: Cell) -> None:
    # killed before qsub began; then somebody else's job of the same name runs and ends
    submit_and_die("before-qsub")
    with JobSession("session=other") as other:
        number = other.runJob(job(other, "exit 1"))
        other.synchronize([number])
        with JobSession(CONTACT) as session:
            assert session.jobs() == []
        assert other.wait(number).exitStatus == 1


# --- a full disk --------------------------------------------------------------------------------------------


def _submit_many(session: JobSession) -> tuple[int, str]:
    for number in range(50):
        try:
            session.runJob(job(session, "exit 1"), key=f"{number}" + "x" * 1000)
        except InternalException as err:
            return number, str(err)
    raise AssertionError("the disk was not full")


@pytest.mark.slow
def test_a_full_disk_before_qsub(own: Cell, connections: list[sqlite3.Connection]) -> None:
    with JobSession(CONTACT) as session:
        session.runJob(job(session, "exit 1"), key="first")
        pages = connections[-1].execute("PRAGMA page_count").fetchone()[0]
        connections[-1].execute(f"PRAGMA max_page_count = {pages}")
        more, said = _submit_many(session)
        submitted = 1 + more
        assert "nothing was submitted: cannot use the session file" in said
        assert "again.session: database or disk is full" in said
        assert len(session.jobs()) == submitted
        own.wait_idle()
        lines = [line for line in own.accounting.read_text().splitlines() if line[0] != "#"]
        assert len(lines) == submitted


@pytest.mark.slow
def test_a_full_disk_after_qsub(own: Cell, tmp_path: Path, connections: list[sqlite3.Connection]) -> None:
    with JobSession(CONTACT) as session:
        session.wait(session.runJob(job(session, "exit 1")))
        database = connections[-1]
        only_new = {sqlite3.SQLITE_UPDATE: sqlite3.SQLITE_DENY}
        database.set_authorizer(lambda action, *_: only_new.get(action, sqlite3.SQLITE_OK))
        found = job(session, f"echo x >> {tmp_path / 'ran'}; exit 2")
        number = session.runJob(found, key="a")  # its number cannot be written down
        assert session.runJob(found, key="a") == number
        assert number in [held.id for held in session.jobs()]
        assert session.wait(number).exitStatus == 2
        database.set_authorizer(lambda *_: sqlite3.SQLITE_OK)
    with JobSession(CONTACT) as session:  # all that was owed was written at exit()
        assert [held.id for held in session.jobs() if held.reaped] == ["1", number]
        assert session.runJob(found, key="a") == number
    assert (tmp_path / "ran").read_text() == "x\n"


@pytest.mark.slow
def test_whose_wish_a_deletion_was_is_known_afterwards(own: Cell) -> None:
    with JobSession(CONTACT) as session:
        ids = [session.runJob(job(session, "sleep 300")) for _ in range(2)]
        for number in ids:
            wait_for(lambda number=number: session.jobStatus(number) == JobState.RUNNING, "it runs")
        session.control(ids[0], JobControlAction.TERMINATE)
        own.run("qdel", ids[1])
    own.wait_idle()
    with JobSession(CONTACT) as session:
        kinds = [session.wait(number, PATIENCE).reason.kind for number in ids]
    assert kinds == [ReasonKind.DELETED_BY_SESSION, ReasonKind.SIGNALLED]
