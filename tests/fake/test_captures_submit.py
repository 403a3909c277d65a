"""Every recorded call of a submit or control tool, on the fake, compared byte for byte.

Job numbers are not masked: each situation is built with the numbers of the recording.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from tests.tables import each_row

from .cells import FOLDERS
from .not_rebuilt import listed
from .predict.play import predicted
from .submit_replay import KILLED, replay, submit_cases


@functools.cache
def cases() -> list[tuple[str, dict[str, Any]]]:
    """Flavour and transcript of each case that is compared."""
    return [
        (flavour, case)
        for flavour in FOLDERS
        for case in submit_cases(flavour)
        if case["case"] not in listed(flavour) and case["case"] not in predicted(flavour)
    ]


@each_row("flavour, case", cases, lambda row: f"{row[0]}-{row[1]['case']}", tests=8)
def test_recorded_call(flavour: str, case: dict[str, Any], tmp_path: Path) -> None:
    got, wanted = replay(case, flavour, tmp_path)
    assert got == wanted


def test_the_list_of_cases_is_complete() -> None:
    names = {case["case"] for case in submit_cases()}
    assert set(KILLED) <= names
    assert len(cases()) > 1000
