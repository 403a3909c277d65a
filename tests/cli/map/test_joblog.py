"""The job log: what stands in it is read again, whatever moment its process was killed at."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from drmaa_cli.cli.ends import BadInput, Failure
from drmaa_cli.cli.map.joblog import EndedAttempt, JobLog, Round, wanted
from drmaa_cli.cli.map.lines import Item
from drmaa_cli.cli.map.plan import ArrayTask
from drmaa_cli.cli.request import Request
from tests.tables import each_row

A, B, B2, C = Item(1, "a", 1), Item(2, "b \udcff", 1), Item(3, "b \udcff", 2), Item(4, "c", 1)
SLOW = Request(seconds=60.0, variables={"X": "é"}, after=())
FIRST = Round(1, "map-r-1", "/bin/sh", "/d/1-", (ArrayTask((A,), 1, Request()), ArrayTask((B, B2), 1, SLOW)))
SECOND = Round(2, "map-r-2", "/bin/sh", "/d/2-", (ArrayTask((B,), 2, SLOW),))


def end(item: Item, attempt: int = 1, *, well: bool = True) -> EndedAttempt:
    return EndedAttempt(item, attempt, "7.1", 0 if well else 3, well, "" if well else "exit 3", "/d/x", 1.5)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[JobLog]:
    log = JobLog(tmp_path / "new" / "log")
    log.begin("/f", "session=s", "r")
    yield log
    log.close()


def test_there_is_none_yet(tmp_path: Path) -> None:
    log = JobLog(tmp_path)
    assert log.read() is None
    log.path.write_text('{"map": 1')  # killed in the first line
    assert log.read() is None
    log.path.unlink()
    log.begin("f", "session=s", "r")
    history = log.read()
    assert history is not None
    assert (history.source, history.contact, history.run) == ("f", "session=s", "r")
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    log.close()


def test_what_was_written_is_read(log: JobLog) -> None:
    log.round(FIRST)
    log.submitted(FIRST.key)
    log.ended(end(A))
    log.ended(end(B, well=False))
    log.round(SECOND)
    log.flush()
    history = log.read()
    assert history is not None
    assert history.rounds == [FIRST, SECOND]
    assert history.submitted == {FIRST.key}
    assert history.ends == {("a", 1): end(A), ("b \udcff", 1): end(B, well=False)}
    assert [history.open_tasks(round_) for round_ in history.rounds] == [[FIRST.tasks[1]], [SECOND.tasks[0]]]
    assert history.unfinished == 3
    assert wanted([A, B, B2, C], history) == [C]


def test_only_what_has_not_ended_well_is_wanted(log: JobLog) -> None:
    log.round(FIRST)
    for item, well in ((A, True), (B, False), (B2, True)):
        log.ended(end(item, well=well))
    log.flush()
    history = log.read()
    assert history is not None
    assert history.unfinished == 0
    moved = Item(9, "a", 1)
    assert wanted([moved, B, B2, C], history) == [B, C]  # known by what it is, not by its line


def test_a_round_that_never_reached_grid_engine(log: JobLog) -> None:
    log.round(FIRST)
    log.void(FIRST.key)
    history = log.read()
    assert history is not None
    assert history.rounds == []
    assert wanted([A, B], history) == [A, B]


def test_it_may_be_cut_off_at_every_byte(log: JobLog, tmp_path: Path) -> None:
    log.round(FIRST)
    log.ended(end(A))
    log.close()
    data = log.path.read_bytes()
    for size in range(len(data)):
        other = JobLog(tmp_path / "other")
        other.path.write_bytes(data[:size])
        history = other.read()
        whole = data[:size].count(b"\n")
        assert (history is None) is (whole == 0)
        if history is not None:
            assert (len(history.rounds), len(history.ends)) == (int(whole > 1), int(whole > 2))
            other.ended(end(C))
            other.flush()
            again = other.read()
            assert again is not None
            assert again.ends[("c", 1)] == end(C)
        other.close()


@each_row(
    "text",
    ["no json\n", "[]\n", '{"map": 99}\n', '{"a": 1}\n', '{"map":1,"source":"","contact":"","run":""}\n7\n'],
)
def test_what_is_no_job_log(tmp_path: Path, text: str) -> None:
    log = JobLog(tmp_path)
    log.path.write_text(text)
    with pytest.raises(BadInput, match="is no job log of drmaa-cli map"):
        log.read()
    log.close()


def test_one_process_at_a_time(log: JobLog) -> None:
    with pytest.raises(Failure, match="another map is at work"):
        JobLog(log.directory)
    log.close()
    JobLog(log.directory).close()


def test_every_line_is_json(log: JobLog) -> None:
    log.round(FIRST)
    log.ended(end(B))
    log.flush()
    assert len([json.loads(line) for line in log.path.read_text("utf-8").splitlines()]) == 3
