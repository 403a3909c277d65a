"""Resource quotas: stories recorded on a real cell (record_quotas.py), told again on the fake."""

from __future__ import annotations

from pathlib import Path

from tests.fake.pure import PureCell
from tests.fake.record_quotas import OPTIONS
from tests.fake.stories import Step, stories, told
from tests.fake.twin import Answer
from tests.tables import each_row

STORIES = stories("quotas")


def tell(cell: PureCell, steps: list[Step]) -> list[Step]:
    """The answers of the fake."""

    def run(words: list[str], user: str, stdin: bytes) -> Answer | None:
        if words[0] == "settle":
            cell.settle(2.0)
            return None
        if words[0] == "write":
            (cell.home / words[1]).write_bytes(stdin)
            return None
        answer = cell.run(words, user, stdin=stdin)
        cell.qmaster.tick()
        return answer

    return list(told(steps, run))


@each_row("name", sorted(STORIES))
def test_as_on_the_real_cell(name: str, tmp_path: Path) -> None:
    cell = PureCell(tmp_path, first_job_number=700001, login_shells=False, **OPTIONS)
    assert tell(cell, STORIES[name]) == STORIES[name]


def test_all_kinds_of_stories_are_recorded() -> None:
    assert len(STORIES) > 90
    assert all(any("stdout" in step for step in steps) for steps in STORIES.values())
