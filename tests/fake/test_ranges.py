from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_sge.model import Range, TaskSet

structures = st.builds(Range, st.integers(1, 50), st.integers(50, 120), st.integers(1, 9))


@st.composite
def two_sets(draw: st.DrawFn) -> tuple[TaskSet, set[int], TaskSet, set[int]]:
    full = TaskSet.full(draw(structures))
    members = st.sets(st.sampled_from(sorted(full)))
    one, two = draw(members), draw(members)
    return full.of(one), one, full.of(two), two


@given(two_sets())
def test_set_operators_agree_with_sets(sets: tuple[TaskSet, set[int], TaskSet, set[int]]) -> None:
    a, one, b, two = sets
    assert set(a | b) == one | two
    assert set(a & b) == one & two
    assert len(a) == len(one)
    assert bool(a) == bool(one)
    assert list(a) == sorted(one)
    assert (a == b) == (one == two)


@given(two_sets(), st.lists(st.builds(Range, st.integers(1, 130), st.integers(1, 130), st.integers(1, 7))))
def test_select_agrees_with_sets(
    sets: tuple[TaskSet, set[int], TaskSet, set[int]], ranges: list[Range]
) -> None:
    a, one, _, _ = sets
    wanted = {item for piece in ranges for item in piece.ids()}
    assert set(a.select(ranges)) == one & wanted


@given(two_sets(), st.integers(-5, 200))
def test_single_members(sets: tuple[TaskSet, set[int], TaskSet, set[int]], item: int) -> None:
    a, one, _, _ = sets
    assert (item in a) == (item in one)


def test_sets_of_different_jobs_do_not_mix() -> None:
    with pytest.raises(ValueError, match="different jobs"):
        TaskSet.full(Range(1, 9)) | TaskSet.full(Range(1, 9, 2))


def test_a_range_prints_as_qsub_echoes_it() -> None:
    assert str(Range(1, 10, 2)) == "1-10:2"  # capture qsub.terse_array_1-10_2
