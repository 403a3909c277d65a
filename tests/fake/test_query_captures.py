"""Every recorded transcript of a query that needs no jobs: same stdout, stderr and exit code."""

from __future__ import annotations

import functools
from pathlib import Path

from tests.tables import each_row

from .cells import FOLDERS, captures
from .not_rebuilt import listed
from .predict.play import predicted
from .query_replay import COMPARED, CRASHES, FILES, Case, check, query_cases, replay


@functools.cache
def cases() -> list[tuple[str, Case]]:
    """Flavour and transcript of each case that is compared."""
    return [
        (flavour, item)
        for flavour in FOLDERS
        for case, item in query_cases(flavour)
        if case not in CRASHES and case not in listed(flavour) and case not in predicted(flavour)
    ]


@each_row("flavour, item", cases, lambda row: f"{row[0]}-{row[1]['case']}", tests=4)
def test_same_bytes_as_the_real_tool(flavour: str, item: Case, tmp_path: Path) -> None:
    check(item, *replay(item, flavour, tmp_path))


def test_all_query_groups_are_there() -> None:
    assert len(cases()) > 600
    others = {case for flavour in FOLDERS for case, _ in query_cases(flavour)}
    assert {*COMPARED, *CRASHES} <= others
    for name in FILES:
        assert any(captures(name, flavour) for flavour in FOLDERS), name
