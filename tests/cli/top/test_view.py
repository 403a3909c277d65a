"""Which lines are shown, in which order, and what a change of them means."""

from __future__ import annotations

import pytest

from drmaa_cli.cli.top.model import Job, StateKind, job_of_rows
from drmaa_cli.cli.top.view import BoardRow, Choice, Order, ShownEnds, ids, rows, totals
from tests.cli.top.kit import end, job, row
from tests.tables import each_row, together

NOW = 10_000.0
EARLY = "1970-01-01T00:08:20"
BATCH = job(
    3,
    4,
    name="batch",
    key="many",
    submitted=300.0,
    ended={1: end(3, at=9000.0), 2: end(at=9500.0)},
    rows=[row(3, "r", "3", queue="all.q@node9", time=EARLY), row(3, "qw", "4", time=EARLY)],
)
HELD = job(5, name="Merge", session="other", submitted=500.0, rows=[row(5, "hqw", time="")])
FAILED = job(4, name="align", submitted=400.0, ended={0: end(1, at=9999.0)})
OLD = job(1, name="zero", submitted=100.0, ended={0: end(at=200.0)})
FOREIGN = job_of_rows([row(8, "qw", name="theirs", time="1970-01-01T00:16:40")])
ALL = [BATCH, HELD, FAILED, OLD, FOREIGN]


def shown(jobs: list[Job], **choice: object) -> list[str]:
    return [line.name for line in rows(jobs, Choice(**choice), NOW)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ended", "names"),
    [(ShownEnds.RECENT, "8 5 4 3"), (ShownEnds.ALL, "8 5 4 3 1"), (ShownEnds.NONE, "8 5 3")],
)
def test_those_that_have_ended(ended: ShownEnds, names: str) -> None:
    assert shown(ALL, ended=ended) == names.split()


@each_row(
    "order, names",
    [
        (Order.SUBMITTED, "8 5 4 3 1"),
        (Order.STATE, "3 8 5 4 1"),  # what has ended comes last
        (Order.TIME, "4 3 8 5 1"),
        (Order.TASKS, "3 8 5 4 1"),
        (Order.NAME, "4 3 5 8 1"),
        (Order.SESSION, "4 3 1 5 8"),
    ],
)
def test_orders_and_their_reverse(order: Order, names: str) -> None:
    assert shown(ALL, order=order, ended=ShownEnds.ALL) == names.split()
    assert shown(ALL, order=order, ended=ShownEnds.ALL, backwards=True) == names.split()[::-1]


@together
@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("", "8 5 4 3"),
        ("align", "4"),
        ("ALIGN", "4"),
        ("merge", "5"),
        ("many", "3"),
        ("other", "5"),
        ("failed", "4 3"),
        ("failed batch", "3"),
        ("exit 3", "3"),
        ("node9", "3"),
        ("!failed", "8 5"),
        ("nightly !align", "3"),
        ("! align", "4"),
        ("nothing", ""),
        ("held", "5"),
    ],
)
def test_filters(words: str, names: str) -> None:
    assert shown(ALL, words=words) == names.split()


def test_arrays_are_unfolded_the_most_interesting_tasks_first() -> None:
    choice = {"unfolded": frozenset({BATCH.id, HELD.id}), "order": Order.NAME}
    assert shown([BATCH, HELD], **choice) == ["3", "3.1", "3.3", "3.4", "3.2", "5"]
    assert shown([BATCH, HELD], words="failed", **choice) == ["3", "3.1"]
    assert shown([BATCH, HELD], words="3.4", **choice) == ["3", "3.4"]
    assert shown([BATCH, HELD], words="batch node9", **choice) == ["3", "3.3"]
    first, second = rows([BATCH], Choice(unfolded=frozenset({BATCH.id})), NOW)[:2]
    assert (first.is_open, first.single, second.single) == (True, None, BATCH.tasks[0])


def test_totals_count_tasks() -> None:
    assert totals([BATCH, HELD]) == {
        StateKind.FAILED: 1,
        StateKind.DONE: 1,
        StateKind.RUNNING: 1,
        StateKind.QUEUED: 1,
        StateKind.HELD: 1,
    }


def test_what_is_changed_by_which_ids() -> None:
    tasks = [BoardRow(BATCH, task) for task in BATCH.tasks]
    assert ids([BoardRow(BATCH), BoardRow(HELD), BoardRow(FOREIGN)]) == {
        "nightly": ["3"],
        "other": ["5"],
        "": ["8"],
    }
    assert ids(tasks) == {"nightly": ["3.3", "3.4"]}  # the others have ended
    assert ids([*tasks, BoardRow(BATCH)]) == {"nightly": ["3"]}
    assert ids([BoardRow(FAILED)]) == {}
