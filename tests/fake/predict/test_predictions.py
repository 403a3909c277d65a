"""Each recorded answer that depends on jobs is predicted from what was done before: the same bytes."""

from __future__ import annotations

import functools
from pathlib import Path

from tests.tables import each_row

from ..cells import FOLDERS
from ..not_rebuilt import listed
from ..query_replay import CRASHES
from .play import SCRIPTS, asked, played
from .taken import TAKEN, Values


@functools.cache
def cases() -> list[tuple[str, str, str]]:
    """Flavour, script and name of each case that is compared."""
    return [
        (flavour, script, case)
        for script, flavours in SCRIPTS.items()
        for flavour in flavours
        for case in asked(script, flavour)
        if case not in CRASHES
    ]


@each_row("flavour, script, case", cases, lambda row: f"{row[0]}-{row[2]}", tests=8)
def test_the_answer_is_predicted(flavour: str, script: str, case: str) -> None:
    """One that is listed as not predicted and has become equal is to be taken from the list."""
    predicted, told = played(script, flavour)[case]
    if case in listed(flavour):
        assert predicted != told
    else:
        assert predicted == told


def test_each_case_is_asked_for_once() -> None:
    for flavour in FOLDERS:
        found = [
            case
            for script, flavours in SCRIPTS.items()
            if flavour in flavours
            for case in asked(script, flavour)
        ]
        assert len(found) == len(set(found))
    assert len(cases()) > 2000


def test_nothing_else_is_taken_from_the_answers() -> None:
    assert set(TAKEN) == set(Values.__dataclass_fields__)


def test_every_script_is_played() -> None:
    directory = Path(__file__).parents[1] / "data" / "recorded"
    assert {path.stem for path in directory.iterdir()} == set(SCRIPTS)
