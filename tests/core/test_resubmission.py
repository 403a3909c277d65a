"""A job once more: submitted with what it was submitted with, but for some attributes."""

from __future__ import annotations

import pytest

from drmaa_cli.errors import InvalidArgumentException, InvalidJobException
from tests.core.conftest import Cell, template


def test_attributes_are_kept_changed_and_left_out(cell: Cell) -> None:
    session = cell.connect("session=again")
    made = template(session, args=["a"], jobName="first", joinFiles=True, jobEnvironment={"A": "1"})
    first = session.runJob(made)
    again = session.resubmit(first, args=["b", "c"], jobName=None, jobEnvironment=None)
    assert again != first
    earlier, later = (call for call in cell.runner.calls if call[0] == "qsub")
    assert (earlier[-2:], later[-3:]) == (["/bin/true", "a"], ["/bin/true", "b", "c"])
    assert "first" in earlier
    assert "first" not in later
    assert "A" in earlier
    assert "A" not in later
    assert later[later.index("-j") + 1] == "y"


@pytest.mark.parametrize(
    "changes",
    [{"remoteComand": "/bin/true"}, {"remoteComand": None}, {"joinFiles": "perhaps"}, {"_set": None}],
)
def test_what_is_no_attribute_is_refused_and_nothing_submitted(
    cell: Cell, changes: dict[str, object]
) -> None:
    session = cell.connect("session=again")
    first = session.runJob(template(session))
    with pytest.raises(InvalidArgumentException):
        session.resubmit(first, **changes)
    assert cell.runner.count("qsub") == 1


def test_a_job_of_nobody(cell: Cell) -> None:
    with pytest.raises(InvalidJobException):
        cell.connect("session=again").resubmit("999")
