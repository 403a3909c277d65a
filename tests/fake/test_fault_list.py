from __future__ import annotations

from typing import Any

import pytest

from fake_sge.faults import AFTER, BEFORE, INSIDE, Fault, FaultKind, FaultList, spoil
from fake_sge.model.requests import Reply
from tests.tables import each_row


def test_a_fault_hits_its_tool_only_and_so_many_times() -> None:
    faults = FaultList()
    faults.add(Fault(FaultKind.REFUSED, "qstat", times=2))
    assert faults.take(BEFORE, "qsub") == []
    assert faults.take(AFTER, "qstat") == []
    assert [len(faults.take(BEFORE, "qstat")) for _ in range(3)] == [1, 1, 0]


def test_a_fault_without_end_lasts_until_it_is_cleared() -> None:
    faults = FaultList()
    number = faults.add(Fault(FaultKind.EMPTY, times=None))
    other = faults.add(Fault(FaultKind.SLOW, times=None, seconds=1))
    assert all(faults.take(AFTER, "qstat") for _ in range(5))
    assert faults.clear(number) == 1
    assert faults.take(AFTER, "qstat") == []
    assert faults.clear() == 1
    assert faults.clear(other) == 0


def test_skip_lets_calls_go_well_first() -> None:
    faults = FaultList()
    faults.add(Fault(FaultKind.EXIT, skip=2))
    assert [len(faults.take(BEFORE, "qdel")) for _ in range(4)] == [0, 0, 1, 0]


def test_submission_faults_hit_submissions_only() -> None:
    faults = FaultList()
    faults.add(Fault(FaultKind.JSV_REJECT, times=None))
    assert faults.take(INSIDE, "qstat") == []
    assert len(faults.take(INSIDE, "qsub")) == 1


@each_row(
    "fault, out",
    [
        (Fault(FaultKind.TRUNCATE, at=4), b"0123"),
        (Fault(FaultKind.TRUNCATE, at=-4), b"012345"),
        (Fault(FaultKind.EMPTY), b""),
        (Fault(FaultKind.BANNER, out=b"hi\n"), b"hi\n0123456789"),
        (Fault(FaultKind.GARBLE, at=5), b"0123\xff5678\xff"),
    ],
)
def test_spoiled_output(fault: Fault, out: bytes) -> None:
    assert spoil(Reply(3, b"0123456789", b"err"), fault) == Reply(3, out, b"err")


def test_a_lost_answer_shows_what_the_fault_says() -> None:
    fault = Fault(FaultKind.LOST, code=1, err=b"error: lost\n")
    assert spoil(Reply(0, b"Your job 1"), fault) == Reply(1, b"", b"error: lost\n")


@pytest.mark.parametrize("values", [{"times": 0}, {"seconds": -1.0}, {"skip": -1}])
def test_impossible_faults(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 the three messages are for people
        Fault(FaultKind.SLOW, **values)
