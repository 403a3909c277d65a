"""Of jobs that no place suits the fake says what the real cell said (``data/verifications.jsonl``)."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_sge import Cell
from tests.fake.verifications import CASES, CELL, QUEUES, Case, said
from tests.why.site import Site

FILE = Path(__file__).parent / "data" / "verifications.jsonl"
RECORDED: dict[str, dict[str, Any]] = {
    line["case"]: line for line in map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
}


@pytest.fixture(scope="module")
def cell_of_all() -> Iterator[Site]:
    """A fake cell set up as the real one was."""
    with tempfile.TemporaryDirectory(prefix="why") as directory:
        folder = Path(directory)
        with Cell(folder / "cell", **CELL, queues=QUEUES) as cell:
            yield Site(cell, folder)


def test_every_case_is_recorded() -> None:
    assert list(RECORDED) == [case.name for case in CASES]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_fake_says_the_same(cell_of_all: Site, case: Case) -> None:
    try:
        assert said(cell_of_all, case) == RECORDED[case.name]
    finally:
        cell_of_all.clean_up()
