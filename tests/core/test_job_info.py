"""JobInfo: drmaa-python's tuple of eight fields, and what stands beside it."""

from __future__ import annotations

import collections
import copy
import itertools
import pickle
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import drmaa_cli
from drmaa_cli.gridengine.failed import Fate, of_code
from drmaa_cli.gridengine.records import JobId, TaskRange
from drmaa_cli.jobs.job_end import Deletion, End, Outcome, end_of_record
from drmaa_cli.jobs.job_info import NO_FACTS, Facts, JobInfo
from drmaa_cli.jobs.reason import Cause
from drmaa_cli.store.session_store import Store
from tests.core import evidence
from tests.tables import each_row

NAMES = "jobId hasExited hasSignal terminatedSignal hasCoreDump wasAborted exitStatus resourceUsage"
Published = collections.namedtuple("JobInfo", NAMES)  # type: ignore[misc]  # drmaa-python's has no types either
VALUES = ("42.1", True, False, "", False, False, 3, {"cpu": "0.1000"})
FACTS = Facts(Cause.LIMIT, "too long", "node7", "long.q", 4, "-l h_rt=60", 37, "/o", "/e", 1.5)


def info(facts: Facts = FACTS) -> JobInfo:
    return JobInfo(*VALUES).with_facts(facts)


def test_the_tuple_is_drmaa_pythons() -> None:
    theirs, ours = Published(*VALUES), info()
    assert ours == theirs == VALUES
    assert repr(ours) == repr(theirs)
    assert ours._fields == theirs._fields == tuple(NAMES.split())
    assert ours._asdict() == theirs._asdict()
    assert len(ours) == 8
    job, exited, *_, status, usage = ours
    assert (job, exited, status, usage) == ("42.1", True, 3, {"cpu": "0.1000"})
    assert isinstance(ours, tuple)
    assert info() == info(NO_FACTS), "what is beside the fields takes no part in comparison"


@each_row("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_and_copies_keep_what_is_beside(protocol: int) -> None:
    for again in (
        pickle.loads(pickle.dumps(info(), protocol)),
        copy.copy(info()),
        copy.deepcopy(info()),
    ):  # our own
        assert type(again) is JobInfo
        assert (again, again.facts) == (info(), FACTS)


def test_replacing_a_field_keeps_what_is_beside() -> None:
    changed = info()._replace(exitStatus=4)
    assert (changed.exitStatus, changed.facts) == (4, FACTS)


def test_a_tuple_without_facts() -> None:
    bare = JobInfo(*VALUES)
    assert (bare.reason, bare.cause, bare.host, bare.slots, bare.failed) == ("", None, "", 0, None)
    assert JobInfo._make(VALUES).facts == NO_FACTS
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        bare.colour  # type: ignore[attr-defined]  # noqa: B018  # on purpose


def test_it_is_found_where_programs_look() -> None:
    assert drmaa_cli.JobInfo is JobInfo
    assert JobInfo.__module__ == "drmaa_cli"


CODES = [*range(41), 100, 101, 137]


@each_row("code, status", itertools.product(CODES, [0, 3]))
def test_only_a_certain_good_end_is_a_success(code: int, status: int) -> None:
    record = evidence.record("qacct.j_exit0", failed=code, status=status)
    end = end_of_record(record)
    ran = of_code(code).fate is Fate.RAN
    assert end.succeeded is (ran and status == 0)
    found = end.job_info(JobId(1))
    assert found.succeeded is end.succeeded
    assert bool(found.reason) is (code != 0)
    assert found.failed == code
    assert (found.host, found.queue, found.slots) == (record.hostname, record.qname, record.slots)


@each_row("code, deletion, started", itertools.product(CODES, Deletion, [True, False]))
def test_every_code_has_an_end_of_its_own(code: int, deletion: Deletion, started: bool) -> None:
    end = end_of_record(evidence.record("qacct.j_exit3", failed=code, started=started), deletion)
    fate = of_code(code).fate
    if fate in (Fate.NOT_STARTED, Fate.APPLICATION_ERROR) or deletion in (Deletion.SEEN, Deletion.CERTAIN):
        assert end.outcome is Outcome.ABORTED
    elif started:
        assert (end.outcome, end.value) == (Outcome.EXITED, 3)
    else:
        assert end.outcome is Outcome.LOST
    assert len(end.resource_usage()) == (35 if started else 8)


@given(st.builds(
    Facts, st.sampled_from([None, *Cause]), st.text(), st.text(), st.text(), st.integers(0, 99), st.text(),
    st.one_of(st.none(), st.integers(0, 200)), st.text(), st.text(),
    st.one_of(st.none(), st.floats(0, 1e9)),
))  # fmt: skip
def test_facts_survive_their_text(facts: Facts) -> None:
    assert Facts.of_text(facts.to_text()) == facts


@given(
    st.one_of(st.text(), st.sampled_from(['{"slots": "x"}', '{"cause": "no"}', "[]", "3", '{"reason": 5}']))
)
def test_any_text_is_facts_or_a_value_error(text: str) -> None:
    try:
        assert isinstance(Facts.of_text(text), Facts)
    except ValueError as error:
        assert str(error)  # noqa: PT017  # both outcomes are right


def test_facts_of_a_later_version_are_read() -> None:
    assert Facts.of_text('{"cause": null, "reason": "x", "weather": "fair"}') == Facts(None, "x")


FIRST_JOBS = """
CREATE TABLE jobs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL UNIQUE,
    key TEXT UNIQUE,
    name TEXT NOT NULL,
    number INTEGER,
    first INTEGER, last INTEGER, step INTEGER,
    submitted REAL NOT NULL,
    start_time INTEGER NOT NULL,
    inode INTEGER, offset INTEGER,
    owner TEXT NOT NULL,
    kept INTEGER NOT NULL
)
"""
FIRST_TASKS = """
CREATE TABLE tasks (
    position INTEGER NOT NULL REFERENCES jobs(position) ON DELETE CASCADE,
    task INTEGER NOT NULL,
    outcome TEXT, value INTEGER, usage TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    reaped INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (position, task)
) WITHOUT ROWID
"""


def test_a_session_of_the_first_version_is_taken_up(tmp_path: Path) -> None:
    """Its tasks have no column for facts, its jobs none for files."""
    path = tmp_path / "old.session"
    Store.open(str(path), "session=old", 1.0, "here").close()
    with sqlite3.connect(str(path)) as db:
        for statement in ("DROP TABLE tasks", "DROP TABLE jobs", FIRST_JOBS, FIRST_TASKS):
            db.execute(statement)
        db.execute("DROP TABLE session")
        db.execute("CREATE TABLE session (contact TEXT NOT NULL, created REAL NOT NULL, host TEXT NOT NULL)")
        db.execute("INSERT INTO session VALUES ('session=old', 1.0, 'here')")
        values = "1, 'ab', NULL, 'j', 7, NULL, NULL, NULL, 1.0, 0, NULL, NULL, '- 0 0 -', 0"
        db.execute(f"INSERT INTO jobs VALUES ({values})")  # ours
        db.execute("INSERT INTO tasks VALUES (1, 0, 'exited', 3, 'a=1', 0, 0)")
        db.execute("PRAGMA user_version = 1")
    db.close()
    for _ in range(2):
        store = Store.open(str(path), "session=old", 1.0, "here")
        (job,) = store.jobs()
        assert job.tasks[0].end == End(Outcome.EXITED, 3, "a=1")
        assert job.intent.files == ()
        store.close()
    store = Store.existing(str(path))
    assert not job.tasks[0].requested
    store.ended([(1, TaskRange(1, 1), End(Outcome.LOST, 0, "", FACTS))])
    store.close()


def test_what_the_facts_of_an_end_say_is_read_as_attributes() -> None:
    given = {"requests": "-l h_rt=60", "output_path": "/out", "error_path": "/err", "slots": 3, "failed": 100}
    facts = NO_FACTS._replace(**given)
    end = End(Outcome.EXITED, 3, "", facts)
    found = end.job_info(JobId(7))
    assert (found.requests, found.output_path, found.error_path) == ("-l h_rt=60", "/out", "/err")
    assert (found.slots, found.failed) == (3, 100)


def test_a_sentence_is_told_with_the_reason_but_of_a_deletion() -> None:
    record = evidence.record("qacct.j_qdel_running")
    assert end_of_record(record, Deletion.CERTAIN, "why").facts.reason == "deleted"
    assert end_of_record(record, Deletion.NONE, "").facts.reason == "killed by SIGKILL"
    assert end_of_record(record, Deletion.NONE, "why").facts.reason == "killed by SIGKILL: why"
    assert end_of_record(evidence.record("qacct.j_exit0"), Deletion.NONE, "why").facts.reason == "why"


@pytest.mark.parametrize(("category", "requests"), [("NONE", ""), ("-l h_rt=60", "-l h_rt=60"), ("", "")])
def test_the_requests_are_the_category_of_the_record(category: str, requests: str) -> None:
    record = evidence.record("qacct.j_exit0")._replace(category=category)
    assert end_of_record(record).facts.requests == requests
