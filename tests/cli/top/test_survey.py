"""One look: one query for all, sessions of other programs left alone, ends that nobody else writes down."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drmaa_cli import JobSession, ReasonKind
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.top.survey import Survey, View, pause_after
from drmaa_cli.errors import DrmaaException, DrmCommunicationException, NoActiveSessionException
from fake_sge.cell import Cell
from tests.cli.top.conftest import PATIENCE, qsub, submit
from tests.tables import each_row


@pytest.fixture
def survey(inside: Cell) -> Iterator[Survey]:
    found = Survey(SessionPlace.of(None, None))
    yield found
    found.close()


def seen(view: View) -> dict[str, list[str]]:
    """The states of all tasks, by session and number."""
    return {f"{job.session}/{job.number}": [task.state for task in job.tasks] for job in view.jobs}


def look_until(survey: Survey, wanted: dict[str, list[str]]) -> None:
    deadline = time.monotonic() + PATIENCE
    while (found := seen(survey.look())) != wanted:
        assert time.monotonic() < deadline, found


def test_nothing_at_all_leaves_nothing_behind(survey: Survey, tmp_path: Path) -> None:
    assert survey.look().jobs == ()
    assert not (tmp_path / "state").exists()


def test_all_sessions_and_what_none_has(survey: Survey, inside: Cell) -> None:
    stranger = (
        inside.run("qsub", "-terse", "-h", "-b", "y", "-t", "1-3", "true").stdout.decode().partition(".")[0]
    )
    with JobSession("session=one") as one, JobSession("session=two") as two:
        first = submit(one, "exit 0", "first", hold=True)
        second = submit(two, "exit 0", "second", 3, hold=True)
        assert seen(survey.look()) == {
            f"one/{first}": ["held"],
            f"two/{second}": ["held"] * 3,
            f"/{stranger}": ["held"] * 3,
        }
    only = Survey(SessionPlace.of("two", None))
    assert list(seen(only.look())) == [f"two/{second}"]
    only.close()


def test_a_look_is_one_query_however_many_sessions_there_are(survey: Survey, inside: Cell) -> None:
    sessions = [JobSession(f"session=s{number}") for number in range(5)]
    for session in sessions:
        submit(session, "exit 0", "held", 100, hold=True)
        session.exit()
    survey.look()
    before = dict(survey.base.commands)
    for _ in range(3):
        assert len(survey.look().jobs) == 5
    asked = {name: count - before.get(name, 0) for name, count in survey.base.commands.items()}
    assert {name: count for name, count in asked.items() if count} == {"qstat": 3}
    assert survey.taken_up == frozenset()


@pytest.mark.slow
def test_ends_that_nobody_else_writes_down(survey: Survey, inside: Cell) -> None:
    with JobSession("session=gone") as session:
        number = submit(session, 'test "$SGE_TASK_ID" != 2 || exit 3', "batch", 3)
    look_until(survey, {f"gone/{number}": ["exit 0", "exit 3", "exit 0"]})
    taken_up = survey.session("gone")
    assert taken_up.commands.get("qstat", 0) <= survey.base.commands["qstat"]  # `qstat -j` only
    with JobSession("session=gone") as later:  # nothing was given away
        assert later.wait(f"{number}.2").exitStatus == 3


def test_a_session_that_is_at_work_writes_its_ends_down_itself(survey: Survey, inside: Cell) -> None:
    with JobSession("session=busy") as session:
        number = submit(session, "exit 3", "job")
        session.synchronize([number])
        assert seen(survey.look()) == {f"busy/{number}": ["exit 3"]}
        assert survey.taken_up == frozenset()
        assert session.wait(number).exitStatus == 3


@pytest.mark.slow
def test_what_was_reaped_is_told_as_well(survey: Survey, inside: Cell) -> None:
    with JobSession("session=busy") as session:
        number = submit(session, "exit 3", "job")
        session.wait(number)
    assert seen(survey.look()) == {f"busy/{number}": ["exit 3"]}


@pytest.mark.slow
def test_a_number_that_comes_again_is_the_latest_submissions(
    survey: Survey, inside: Cell, tmp_path: Path
) -> None:
    with JobSession("session=old") as old:
        number = submit(old, "exit 0", "old", hold=True)
    survey.look()
    with JobSession("session=new") as new:
        other = submit(new, "exit 0", "new", hold=True)
    db = sqlite3.connect(tmp_path / "state" / "old.session")
    with db:
        db.execute("UPDATE jobs SET number = ?, submitted = submitted - 1000", (other,))
    db.close()
    survey.look()
    found = seen(survey.look())
    assert found[f"new/{other}"] == ["held"]
    assert found[f"old/{other}"] != ["held"]
    assert found[f"/{number}"] == ["held"]  # it is nobody's now


def test_changes_reach_each_session_and_strangers(survey: Survey, inside: Cell) -> None:
    stranger = qsub(inside, "sleep", "600")
    with JobSession("session=one") as one:
        mine = submit(one, "sleep 600", "mine", 2, hold=True)
    refused = survey.change("terminate", {"one": [mine], "": [stranger, "9999998"]})
    assert refused == {"9999998": "it has ended"}
    look_until(survey, {f"one/{mine}": ["aborted", "aborted"]})
    with JobSession("session=one") as one:
        assert one.ends()[f"{mine}.1"].reason.kind is ReasonKind.DELETED_BY_SESSION


@pytest.mark.slow
def test_no_qmaster_and_then_again(survey: Survey, inside: Cell) -> None:
    with JobSession("session=one") as one:
        mine = submit(one, "exit 0", "mine", hold=True)
    inside.stop_qmaster()
    with pytest.raises(DrmCommunicationException):
        survey.look()
    inside.start_qmaster()
    assert seen(survey.look()) == {f"one/{mine}": ["held"]}


@pytest.mark.slow
def test_what_ends_between_the_listing_and_the_look_at_the_files_is_shown_once(
    survey: Survey, inside: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with JobSession("session=one") as one:
        number = submit(one, "exit 0", "mine", 2, hold=True)
        before = survey.base.listing()
        one.control(number, "terminate")
        one.synchronize([f"{number}.1", f"{number}.2"])
        monkeypatch.setattr(survey.base, "listing", lambda: before)
        assert seen(survey.look()) == {f"one/{number}": ["aborted", "aborted"]}
        survey.look()
        assert seen(survey.look()) == {f"one/{number}": ["aborted", "aborted"]}


def test_a_session_file_that_cannot_be_read_is_told(survey: Survey, inside: Cell, tmp_path: Path) -> None:
    with JobSession("session=one") as one:
        mine = submit(one, "exit 0", "mine", hold=True)
    (tmp_path / "state" / "bad.session").write_text("no session")
    view = survey.look()
    assert seen(view) == {f"one/{mine}": ["held"]}
    (problem,) = view.problems
    assert "bad.session" in problem


def test_after_the_end_nothing_is_asked(inside: Cell) -> None:
    found = Survey(SessionPlace.of(None, None))
    found.look()
    found.close()
    found.close()
    with pytest.raises(NoActiveSessionException):
        found.look()
    with pytest.raises(DrmaaException):
        found.session("other")


@each_row(
    "cost, interval, pause",
    [(0.01, 2.0, 2.0), (0.01, 0.0, 0.5), (0.1, 2.0, 5.0), (60.0, 2.0, 15.0), (60.0, 30.0, 30.0)],
)
def test_looks_are_fewer_where_the_qmaster_is_slow(cost: float, interval: float, pause: float) -> None:
    assert pause_after(cost, interval, (0.5, 15.0, 0.02)) == pause
