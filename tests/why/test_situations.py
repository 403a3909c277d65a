"""Every situation in which a job can wait, made in a cell: what is said of it."""

from __future__ import annotations

import re

import pytest

from tests.why.site import Site
from tests.why.situation import USER, Made, Situation
from tests.why.situations import SITUATIONS

FIGURE = r"[\d.]+[KMGT]?"


def pattern(sentence: str, made: Made) -> str:
    """The sentence as a regular expression, with the ids of this run."""
    filled = sentence.format(job=made.job, other=made.other, user=USER)
    return re.escape(filled).replace("<N>", FIGURE)


def parameters(kind: str, row: Situation, *, silent: bool) -> object:
    """A situation in one kind of cell."""
    marks = [pytest.mark.slow, *([pytest.mark.real_cell] if kind == "real" else [])]
    return pytest.param(kind, row, silent, id=f"{kind}-{row.name}{'-silent' if silent else ''}", marks=marks)


# What a real cell said of all, with and without the words of its scheduler, is in test_recorded. One is asked
# again about those that the fake has not, and every second of the others; of half of them without the words.
ON_BOTH = [row for row in SITUATIONS if row.on_fake]
REAL = [row for row in SITUATIONS if row not in ON_BOTH[::2]]
UNTOLD = [row for row in REAL if row.silent][::2]
ROWS = [
    *(parameters("fake", row, silent=False) for row in SITUATIONS if row.on_fake),
    *(parameters("real", row, silent=row in UNTOLD) for row in REAL),
]


@pytest.mark.parametrize(("site", "row", "silent"), ROWS, indirect=["site"])
def test_a_situation(site: Site, row: Situation, silent: bool) -> None:
    if silent:
        site.scheduler(schedd_job_info="false")
    made = row.make(site)
    expected = pattern(row.sentence, made)
    said: list[str] = []

    def is_told() -> bool:
        """The scheduler needs a moment to know."""
        said[:] = [one.sentence for one in site.why(made.job)]
        return len(said) == 1 and re.fullmatch(expected, said[0]) is not None

    try:
        site.wait_until(is_told, "told")
    except AssertionError:
        (only,) = site.why(made.job)
        raise AssertionError(f"{row.name}: {only!r}") from None
    (only,) = site.why(made.job)
    assert (only.kind.value, only.certain) == (row.kind, row.certain)
    assert only.evidence or row.kind == "running"
