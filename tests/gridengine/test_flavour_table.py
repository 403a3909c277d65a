"""docs/flavours.md says what the transcripts say."""

from __future__ import annotations

import re

from drmaa_cli.gridengine.dialect import Features
from tests.gridengine import captured, flavour_table
from tests.gridengine.captured import ENGINES
from tests.gridengine.flavour_table import PAGE, ROWS, Row
from tests.tables import each_row

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_table_is_that_of_the_transcripts() -> None:
    """Written by ``python -m tests.gridengine.flavour_table``."""
    assert flavour_table.page(TEXT) == TEXT


@each_row("row", ROWS, ids=[row.question for row in ROWS])
def test_every_question_has_answers(row: Row) -> None:
    answers = [flavour_table.cell(row, engine) for engine in ENGINES]
    assert sum(answer != flavour_table.NONE for answer in answers) >= 4
    assert "(absent)" not in answers or len(set(answers)) > 1
    assert not any("\n" in answer for answer in answers)


def test_the_numbers_of_transcripts() -> None:
    rows = re.findall(r"([\d,]+) transcripts \(`(?:tests/data/)?(captures[\w.-]*)`", TEXT)
    found = {folder: int(number.replace(",", "")) for number, folder in rows}
    assert found == {
        "captures" if engine == captured.REFERENCE else f"captures-{engine}": len(captured.cases(engine))
        for engine in ENGINES
    }


def test_every_feature_is_explained() -> None:
    section = TEXT[TEXT.index("## How it is found") : TEXT.index("## What each was verified on")]
    names = re.findall(r"(?m)^\| `(\w+)` \|", section)
    assert names == list(Features._fields)
