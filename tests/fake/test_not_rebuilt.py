"""What is said of the flavours: which recorded cases are not rebuilt, and how many are."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from fake_sge.model.flavours import FLAVOURS
from tests.tables import each_row

from . import query_replay, submit_replay
from .cells import FOLDERS
from .expected import expected
from .help_text import cut_help
from .not_rebuilt import NOT_REBUILT, listed
from .predict.play import predicted

DOCUMENT = Path(__file__).parents[2] / "docs" / "fake_sge.md"
BEGIN, END = "<!-- flavours: made by tests/fake/test_not_rebuilt.py -->\n", "<!-- end of flavours -->\n"


def names(flavour: str) -> list[str]:
    """All recorded cases of commands that the fake has."""
    queries = [case for case, _ in query_replay.query_cases(flavour) if case not in query_replay.CRASHES]
    return queries + [case["case"] for case in submit_replay.submit_cases(flavour)]


def table() -> str:
    """The table of the documentation."""
    lines = [
        "| flavour | speaks like | recorded cases | equal byte for byte | equal but for a part | not equal |",
        "|---|---|---|---|---|---|",
    ]
    for flavour in FOLDERS:
        known = names(flavour)
        partly = len([case for case in known if case in query_replay.COMPARED])
        missing = len(listed(flavour))
        equal = len(known) - partly - missing
        cells = (f"`{flavour}`", FLAVOURS[flavour].banner, len(known), equal, partly, missing)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += [
        "",
        "Left out of the comparison is a part that the transcripts do not determine. Not equal are:",
        "",
    ]
    reasons: dict[str, dict[str, int]] = {}
    for reason, flavours, cases in NOT_REBUILT:
        counts = reasons.setdefault(reason, {})
        for flavour in flavours:
            counts[flavour] = counts.get(flavour, 0) + len(cases)
    for reason, counts in reasons.items():
        lines.append(
            f"* {reason}: " + ", ".join(f"`{name}` {count}" for name, count in sorted(counts.items()))
        )
    return "".join(f"{line}\n" for line in lines)


def test_every_flavour_is_recorded() -> None:
    assert set(FOLDERS) == set(FLAVOURS)


def test_only_recorded_cases_are_listed() -> None:
    for flavour in FOLDERS:
        assert listed(flavour) <= set(names(flavour)), flavour
        assert len(names(flavour)) == len(set(names(flavour)))


def test_the_documentation_has_the_numbers() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.search(f"{re.escape(BEGIN)}\n(.*?)\n{re.escape(END)}", text, re.DOTALL)
    assert found
    if os.environ.get("UPDATE_DOCS"):
        DOCUMENT.write_text(text.replace(found[1], table()), encoding="utf-8")
    else:
        assert found[1] == table()


def others() -> list[tuple[str, str]]:
    """The listed cases, but for those of scripts, for which predict/test_predictions.py looks."""
    return [(flavour, case) for flavour in FOLDERS for case in sorted(listed(flavour) - predicted(flavour))]


@pytest.mark.slow  # each is replayed
@each_row("flavour, case", others)
def test_a_listed_case_is_still_different(flavour: str, case: str, tmp_path: Path) -> None:
    """A case that has become equal is to be taken from the list, and is then compared for good."""
    queries = dict(query_replay.query_cases(flavour))
    if case in queries:
        item = queries[case]
        try:
            reply, out, err = query_replay.replay(item, flavour, tmp_path)
        except KeyError as error:
            if isinstance(error.args[0], tuple):  # the record of a job and task is not there
                return
            raise
        code, *texts = expected(item)
        assert (reply.code, cut_help(out), cut_help(err)) != (code, *map(cut_help, texts))
    else:
        [found] = [item for item in submit_replay.submit_cases(flavour) if item["case"] == case]
        got, wanted = submit_replay.replay(found, flavour, tmp_path)
        assert got != wanted
