"""What all hosts share, and which of several values counts: stories of a real cell (record_quotas.py)."""

from __future__ import annotations

import re
from pathlib import Path

from tests.fake.pure import PureCell
from tests.fake.record_quotas import OPTIONS
from tests.fake.stories import Step, stories
from tests.fake.test_quotas import tell
from tests.tables import each_row

STORIES = stories("global_host")


_LOADS = (  # of the machine, where they are not the story's
    (re.compile(r"(?m)^(localhost +\S+ +\d+) +[\d.]+ +([\d.]+[GMK]?) +.*"), r"\1 LOAD \2"),
    (re.compile(r"(?m)^(\S+@localhost +\w+ +[\d/]+) +[\d.]+ +"), r"\1 LOAD "),
    (re.compile(r"('(?:load_avg|mem_used|swap_used|swap_total)'>)[\d.]+[GMK]?"), r"\1LOAD"),
    (re.compile(r"23\.5G"), "MEMORY"),
)


def without_loads(steps: list[Step]) -> list[Step]:
    """Answers that machines have in common."""
    found = []
    for step in steps:
        text = step.get("stdout")
        for pattern, name in _LOADS if text else ():
            text = pattern.sub(name, text)
        found.append({**step, "stdout": text})
    return found


@each_row("name", sorted(STORIES))
def test_as_on_the_real_cell(name: str, tmp_path: Path) -> None:
    cell = PureCell(tmp_path, first_job_number=700001, login_shells=False, **OPTIONS)
    assert without_loads(tell(cell, STORIES[name])) == without_loads(STORIES[name])
