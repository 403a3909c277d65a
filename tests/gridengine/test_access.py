"""What is open to a user: read from recordings of a real cell."""

from __future__ import annotations

import pytest

from drmaa_cli.gridengine import access
from drmaa_cli.gridengine.dialect import Features, Flavour
from drmaa_cli.gridengine.known_faults import known_faults
from drmaa_cli.gridengine.replies import (
    CommandFailed,
    GridEngineError,
    QmasterUnreachable,
    TooManyRequests,
    UnreadableReply,
)
from tests.documentation import ROOT
from tests.gridengine import captured
from tests.gridengine.captured import ENGINES, result
from tests.tables import each_row


def of(name: str, engine: str = captured.REFERENCE) -> captured.Case:
    return captured.case(name, engine)


def test_queues() -> None:
    case = of("access.queues")
    assert case.argv == access.queues_argv("root")
    assert access.parse_queues(case.result) == ["all.q@localhost"]
    assert access.parse_queues(of("access.queues_none").result) == []
    assert access.parse_queues(of("w3.qselect_none").result) == []
    with pytest.raises(QmasterUnreachable):
        access.parse_queues(of("access.queues_no_qmaster").result)


def test_environments() -> None:
    assert access.parse_environments(of("w1.qconf-spl").result) == ["smp"]
    assert access.parse_environments(of("qconf.spl").result) == []
    with pytest.raises(QmasterUnreachable):
        access.parse_environments(of("access.environments_no_qmaster").result)


@pytest.mark.parametrize("read", [access.parse_queues, access.parse_environments, access.parse_verification])
@pytest.mark.parametrize("reply", [result("all.q@h\n", "", -9), result("", "what?", 1)], ids=["cut", "odd"])
def test_no_answer(read: object, reply: captured.CommandResult) -> None:
    assert callable(read)
    if read is access.parse_verification and reply.stdout:
        reply = reply._replace(stdout=b"")
    with pytest.raises(UnreadableReply):
        read(reply)


@pytest.mark.parametrize(
    ("name", "options"), [("access.verified", ()), ("access.verified_pe", ("-pe", "smp", "1"))]
)
def test_a_job_that_would_be_taken(name: str, options: tuple[str, ...]) -> None:
    case = of(name)
    assert case.argv == access.verification_argv(*options)
    assert access.parse_verification(case.result) == (True, "verification: found suitable queue(s)", None)


@each_row("engine", ENGINES)
def test_on_every_engine(engine: str) -> None:
    assert access.parse_verification(of("qsub.P_w_v", engine).result).possible
    refused = access.parse_verification(of("cell2.qsub_not_submit_host", engine).result)
    assert not refused.possible
    assert "submit host" in refused.text


def test_a_job_that_would_not() -> None:
    refused = access.parse_verification(of("access.verified_no_queue").result)
    assert not refused.possible
    assert "not allowed to run in any queue" in refused.text
    assert not access.is_closed_environment(refused)
    closed = access.parse_verification(of("access.verified_pe_closed").result)
    assert access.is_closed_environment(closed)
    assert not access.parse_verification(of("access.verified_no_submit_host").result).possible


def test_a_job_that_was_submitted_all_the_same() -> None:
    found = access.parse_verification(of("qsub.plain_hold").result)
    assert found.possible
    assert found.job is not None


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (of("access.verified_no_qmaster").result, QmasterUnreachable),
        (result("", "Unable to run job: only 3 jobs are allowed per user\nExiting.\n", 25), TooManyRequests),
        (result("", "qsub: Unknown option -w\n", 2), CommandFailed),
    ],
)
def test_questions_that_are_not_answered(reply: captured.CommandResult, kind: type[GridEngineError]) -> None:
    with pytest.raises(kind):
        access.parse_verification(reply)


@pytest.mark.parametrize(
    ("flavour", "count"),
    [
        (Flavour("Son of Grid Engine", "8.1.9", "SGE 8.1.9", Features()), 0),
        (Flavour("Open Cluster Scheduler", "9.2", "OCS 9.2", Features()), 1),
        (Flavour("Open Cluster Scheduler", "9.1", "OCS 9.1", Features(exit_of_parallel_jobs=False)), 2),
        (Flavour("Gridware Cluster Scheduler", "9.0", "GCS 9.0", Features(request_limits=True)), 2),
    ],
)
def test_known_faults_are_those_of_the_page(flavour: Flavour, count: int) -> None:
    found = known_faults(flavour)
    assert len(found) == count
    page = (ROOT / "docs" / "flavours.md").read_text(encoding="utf-8")
    worse = page[page.index("## What an engine does worse") : page.index("## Customs of sites")]
    for fault in found:
        assert f"\n| {fault.text} | " in worse
        assert fault.advice
