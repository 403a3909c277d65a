from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.gridengine import states
from drmaa_cli.gridengine.records import Hold
from drmaa_cli.gridengine.states import flags, job_state
from tests.gridengine import captured
from tests.tables import each_combination, each_row

DRMAA_STATES = {
    "undetermined", "queued_active", "system_on_hold", "user_on_hold", "user_system_on_hold", "running",
    "system_suspended", "user_suspended", "user_system_suspended", "failed",
}  # fmt: skip
SYSTEM_KINDS = (Hold.OPERATOR, Hold.SYSTEM, Hold.DEPENDENCY, Hold.ARRAY_DEPENDENCY)

# What libdrmaa 8.1.9 answered while qstat showed these letters.
OBSERVED = [
    ("qw", Hold.NONE, "queued_active"),
    ("Rq", Hold.NONE, "queued_active"),
    ("hqw", Hold.USER, "user_on_hold"),
    ("hqw", Hold.SYSTEM, "system_on_hold"),
    ("hqw", Hold.OPERATOR, "system_on_hold"),
    ("hqw", Hold.USER | Hold.SYSTEM, "user_system_on_hold"),
    ("hqw", Hold.USER | Hold.OPERATOR, "user_system_on_hold"),
    ("hqw", Hold.DEPENDENCY, "system_on_hold"),
    ("hqw", Hold.USER | Hold.DEPENDENCY, "user_system_on_hold"),
    ("qw", Hold.START_TIME, "system_on_hold"),
    ("hqw", Hold.USER | Hold.START_TIME, "user_system_on_hold"),
    ("Eqw", Hold.NONE, "failed"),
    ("Ehqw", Hold.USER, "failed"),
    ("t", Hold.NONE, "running"),
    ("r", Hold.NONE, "running"),
    ("hr", Hold.USER, "user_on_hold"),
    ("hs", Hold.USER, "user_on_hold"),
    ("s", Hold.NONE, "user_suspended"),
    ("S", Hold.NONE, "system_suspended"),
    ("Ss", Hold.NONE, "user_system_suspended"),
    ("T", Hold.NONE, "system_suspended"),
    ("dr", Hold.NONE, "running"),
]


@each_row("letters, holds, state", OBSERVED)
def test_the_states_libdrmaa_was_observed_to_give(letters: str, holds: Hold, state: str) -> None:
    assert job_state(letters, holds) == state


PENDING = ["".join(parts) for parts in itertools.product(("", "E"), ("", "h"), ("qw", "Rq"))]
RUNNING = [
    "".join(parts) for parts in itertools.product(("", "d"), ("", "h"), ("", "R"), ("r", "t", "s", "S", "T"))
]


@each_combination(letters=PENDING, holds=[Hold.USER, *SYSTEM_KINDS, Hold.USER | Hold.SYSTEM])
def test_the_8_pending_combinations(letters: str, holds: Hold) -> None:
    state = job_state(letters, holds)
    if "E" in letters:
        assert state == "failed"
    elif "h" not in letters:
        assert state == "queued_active"
    else:
        by_user, by_system = bool(holds & Hold.USER), holds != Hold.USER
        assert state == "_".join(["user"] * by_user + ["system"] * by_system) + "_on_hold"
    assert states.is_pending(letters)
    assert states.is_error(letters) == ("E" in letters)
    assert states.needs_hold_kinds(letters) == ("h" in letters and "E" not in letters)


@each_row("letters", RUNNING)
def test_the_40_running_combinations(letters: str) -> None:
    if "h" in letters:
        assert job_state(letters, Hold.USER) == "user_on_hold"
        assert job_state(letters, Hold.OPERATOR) == "system_on_hold"
    else:
        suspended = {"s": "user_suspended", "S": "system_suspended", "T": "system_suspended"}
        expected = suspended.get(letters[-1], "running")
        assert job_state(letters, Hold.NONE) == expected
        assert job_state(letters, Hold.START_TIME) == expected, "a start time ahead is for pending jobs"
    assert not states.is_pending(letters)
    assert states.is_deleting(letters) == ("d" in letters)


def test_every_subset_of_the_letters_has_an_answer() -> None:
    known = "dEShTRqrstwxm"
    for size in range(len(known) + 1):
        for letters in itertools.combinations(known, size):
            text = "".join(letters)
            state = job_state(text)
            assert state in DRMAA_STATES
            assert state != "undetermined" or set(letters) <= {"d"}
            assert state == job_state(text[::-1])


@given(st.text(), st.sampled_from(list(Hold)))
def test_any_text_has_an_answer_and_foreign_letters_change_nothing(text: str, holds: Hold) -> None:
    state = job_state(text, holds)
    assert state in DRMAA_STATES
    assert job_state("".join(letter for letter in text if letter in states.LETTERS), holds) == state


@pytest.mark.parametrize(("upper", "lower"), [("T", "t"), ("R", "r"), ("S", "s")])
def test_case_is_meaning(upper: str, lower: str) -> None:
    assert flags(upper) != flags(lower)
    assert job_state(upper) != job_state(lower)


def test_a_hold_of_unknown_kind_is_taken_for_the_users() -> None:
    assert job_state("hqw", Hold.NONE) == "user_on_hold"


@pytest.mark.parametrize("kind", SYSTEM_KINDS)
def test_kinds_of_hold_count_only_with_the_letter(kind: Hold) -> None:
    assert job_state("r", kind) == "running"
    assert job_state("hr", kind) == "system_on_hold"


def test_univa_preemption() -> None:
    assert job_state("Pqw") == "queued_active"
    assert job_state("Pr") == "system_suspended"
    assert job_state("Nqw") == "system_suspended"
    assert job_state("Sqw") == "system_suspended"


def test_finished_jobs_that_are_still_listed() -> None:
    assert states.is_finished("f")
    assert states.is_finished("z")
    assert not states.is_finished("dr")
    assert job_state("f") == "undetermined", "done or failed: accounting knows"


def test_every_state_ever_captured_is_determined() -> None:
    printed = {
        letters
        for case in captured.of_tools("qstat")
        for letters in re.findall(r"<JB_owner>[^<]*</JB_owner>\s*<state>(.*?)</state>", case.out)
    }
    assert {"qw", "hqw", "Eqw", "t", "r", "Rr", "dr", "hr", "hs", "z"} <= printed
    for letters in printed - {"z"}:
        assert job_state(letters) != "undetermined"


def test_a_start_time_ahead_is_a_system_hold_and_hides_no_users() -> None:
    """Without a kind, the letter h is the user's; with a start time it may be that alone (hold_filter.*)."""
    assert job_state("hqw") == "user_on_hold"
    assert job_state("qw", Hold.START_TIME) == "system_on_hold"
    assert job_state("hqw", Hold.START_TIME) == "system_on_hold"
    assert job_state("hqw", Hold.START_TIME | Hold.USER) == "user_system_on_hold"
    assert job_state("hr", Hold.START_TIME | Hold.USER) == job_state("hr", Hold.USER)
