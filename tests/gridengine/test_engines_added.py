"""Engines that were recorded at a site (docs/add_a_flavour.md): what every such folder must show."""

from __future__ import annotations

import pytest

from drmaa_cli.gridengine import accounting, qacct, qstat, states
from drmaa_cli.gridengine.dialect import flavour
from drmaa_cli.gridengine.qsub import Accepted, parse_submission
from drmaa_cli.gridengine.records import Hold
from tests.gridengine import captured
from tests.gridengine.captured import ADDED, Case

ENDS = {"j_exit0": (0, 0), "j_exit1": (0, 1), "j_sigkill": (100, 137), "j_qdel_running": (100, 137)}
STATES = {
    "hqw_u": ("hqw", states.USER_ON_HOLD),
    "qw": ("qw", states.QUEUED_ACTIVE),
    "r": ("r", states.RUNNING),
    "s": ("s", states.USER_SUSPENDED),
    "hr": ("hr", states.USER_ON_HOLD),
}


def find(name: str, engine: str) -> Case | None:
    return next((case for case in captured.cases(engine) if case.name == name), None)


def test_there_is_one() -> None:
    assert ADDED


@pytest.mark.parametrize("engine", ADDED)
def test_where_it_is_from_is_said(engine: str) -> None:
    text = (captured.DATA / f"captures-{engine}" / "PROVENANCE.md").read_text(encoding="utf-8")
    assert "record" in text
    assert len(captured.cases(engine)) >= 60


@pytest.mark.parametrize("engine", ADDED)
def test_it_is_recognised(engine: str) -> None:
    help_text = captured.case("help.qstat", engine).result
    found = flavour(help_text, captured.case("state.qw.xml", engine).result.stdout)
    assert found.banner == help_text.out.splitlines()[0]
    assert found.banner.endswith(found.version)


@pytest.mark.parametrize("engine", ADDED)
def test_states(engine: str) -> None:
    """The job of each situation, found by the number that the question about it has."""
    seen = 0
    for situation, (letters, expected) in STATES.items():
        listing, asked = (find(f"state.{situation}.{kind}", engine) for kind in ("xml", "j_xml"))
        if listing is None or asked is None:
            continue
        (row,) = qstat.parse_listing(listing.result, {int(asked.argv[2])}).rows
        assert set(row.state) == set(letters), situation
        assert states.job_state(row.state, Hold.USER if "h" in letters else Hold.NONE) == expected
        seen += 1
    assert seen >= 2


@pytest.mark.parametrize("engine", ADDED)
def test_ends(engine: str) -> None:
    seen = 0
    for name, (failed, status) in ENDS.items():
        case = find(f"qacct.{name}", engine)
        if case is None:
            continue
        (record,) = qacct.parse(case.result)
        assert (record.failed, record.exit_status) == (failed, status)
        assert accounting.is_final(record)
        seen += 1
        for line in case.accounting_lines:
            written = accounting.parse_line(line.encode())
            assert (written.job, written.failed, written.exit_status) == (record.job, failed, status)
    assert seen >= 2
    array = find("qacct.j_array", engine)
    if array is not None:
        tasks = {record.task: record.exit_status for record in qacct.parse(array.result)}
        assert tasks == {1: 1, 3: 3, 5: 5}


@pytest.mark.parametrize("engine", ADDED)
def test_submissions(engine: str) -> None:
    for name, tasks in {"terse_binary": None, "terse_array_1-10_2": [1, 3, 5, 7, 9]}.items():
        answer = parse_submission(captured.case(f"qsub.{name}", engine).result)
        assert isinstance(answer, Accepted)
        assert (answer.tasks and list(answer.tasks.numbers())) == tasks
    unknown = captured.case("qstat.j_unknown_xml", engine)
    assert qstat.parse_details(unknown.result, [7]).unknown == {7}
    assert qacct.parse(captured.case("qacct.j_unknown", engine).result) == []
