"""runJobs() over the small qmaster: ids, order, keys, refusals, and submissions from several threads."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.errors import DeniedByDrmException, InvalidArgumentException
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.templates import JobTemplate
from drmaa_cli.system.runner import Command
from tests.core.conftest import Cell
from tests.core.world import FakeClock, Qmaster, ScriptedRunner
from tests.patience import PATIENCE


def templates(session: JobSession, count: int, **attributes: Any) -> list[JobTemplate]:
    return [
        session.createJobTemplate(remoteCommand="/bin/true", args=[str(number)], **attributes)
        for number in range(count)
    ]


def test_ids_are_in_the_order_of_the_templates(cell: Cell) -> None:
    session = cell.connect()
    ones, twos = templates(session, 3, jobName="one"), templates(session, 2, jobName="two")
    ids = session.runJobs([ones[0], twos[0], ones[1], ones[2], twos[1], templates(session, 1)[0]])
    first, second, third = (int(ids[position].split(".")[0]) for position in (0, 1, 5))
    assert ids == [f"{first}.1", f"{second}.1", f"{first}.2", f"{first}.3", f"{second}.2", str(third)]
    assert cell.runner.count("qsub") == 3
    assert [held.id for held in session.jobs()] == [
        f"{first}.1", f"{first}.2", f"{first}.3", f"{second}.1", f"{second}.2", str(third),
    ]  # fmt: skip


def test_each_task_is_waited_for_by_itself(cell: Cell) -> None:
    session = cell.connect()
    ids = session.runJobs(templates(session, 3))
    number = int(ids[0].split(".")[0])
    for task, status in ((2, 5), (1, 0), (3, 7)):
        cell.at(task, cell.qmaster.end, number, status, task=task)
    assert [session.wait(job).exitStatus for job in ids] == [0, 5, 7]


def test_nothing_to_run(cell: Cell) -> None:
    session = cell.connect()
    assert session.runJobs([]) == []
    assert cell.runner.count("qsub") == 0


@pytest.mark.parametrize("bad", [None, "x", 7])
def test_what_is_no_template(cell: Cell, bad: object) -> None:
    session = cell.connect()
    with pytest.raises(InvalidArgumentException):
        session.runJobs([*templates(session, 1), bad])  # type: ignore[list-item]
    assert cell.runner.count("qsub") == 0


def test_a_bad_template_keeps_all_from_being_submitted(cell: Cell) -> None:
    session = cell.connect()
    good, bad = templates(session, 2, jobName="a"), templates(session, 2, jobName="a/b")
    with pytest.raises(DeniedByDrmException, match=r"Slash .* \(template 2\)$"):
        session.runJobs(good + bad)
    assert cell.runner.count("qsub") == 0
    assert session.jobs() == []


def test_the_same_key_submits_once(cell: Cell) -> None:
    session = cell.connect("session=keys")
    given = templates(session, 2, jobName="a") + templates(session, 2, jobName="b")
    ids = session.runJobs(given, key="all")
    assert session.runJobs(given, key="all") == ids
    assert cell.runner.count("qsub") == 2
    assert [held.key for held in session.jobs()] == ["all", "all", "all#2", "all#2"]
    with pytest.raises(InvalidArgumentException, match="the key 'all' belongs to tasks 1-2:1"):
        session.runJobs(given[:1] + given[2:], key="all")
    with pytest.raises(InvalidArgumentException, match="a key is a non-empty str"):
        session.runJobs(given, key="")


def test_a_refusal_half_way_names_what_was_accepted(cell: Cell) -> None:
    session = cell.connect("session=half")
    given = templates(session, 2, jobName="a") + templates(session, 2, jobName="b")

    def refusal(argv: Sequence[str]) -> CommandResult:
        text = b'Unable to run job: Job was rejected because job requests unknown queue "x".\nExiting.\n'
        return CommandResult(tuple(argv), 1, b"", text)

    answers: list[Any] = [cell.runner.answer, refusal]
    cell.runner.next("qsub", *answers)
    with pytest.raises(DeniedByDrmException, match=r"unknown queue .* accepted before: (\d+)\)$") as caught:
        session.runJobs(given, key="k")
    accepted = str(caught.value).rpartition(" ")[2].rstrip(")")
    assert [held.id for held in session.jobs()] == [f"{accepted}.1", f"{accepted}.2"]
    ids = session.runJobs(given, key="k")  # the rest is submitted, the first is not submitted again
    assert ids[:2] == [f"{accepted}.1", f"{accepted}.2"]
    assert cell.runner.count("qsub") == 3


def test_the_cells_limit_splits(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    session = cell.connect()
    monkeypatch.setattr(session, "_most_tasks", 2)
    ids = session.runJobs(templates(session, 5))
    assert [job.split(".")[1] for job in ids] == ["1", "2", "1", "2", "1"]
    assert cell.runner.count("qsub") == 3


class Meeting(ScriptedRunner):
    """No qsub ends before as many are under way as there are threads: only overlapping ones ever end."""

    def __init__(self, qmaster: Qmaster, parties: int) -> None:
        super().__init__(qmaster)
        self.barrier = threading.Barrier(parties, timeout=PATIENCE)

    def run(self, command: Command, /) -> CommandResult:
        if command.argv[0] == "qsub":
            self.barrier.wait()
        return super().run(command)


@pytest.mark.parametrize("contact", [None, "session=shared"])
def test_submissions_of_several_threads_overlap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contact: str | None
) -> None:
    monkeypatch.setenv("SGE_ROOT", str(tmp_path / "sge"))
    clock = FakeClock()
    qmaster = Qmaster(clock, tmp_path / "sge")
    runner = Meeting(qmaster, 4)
    session = JobSession(contact, runner=runner, clock=clock, state_dir=str(tmp_path / "state"))
    found: list[list[str]] = []

    def work() -> None:
        found.extend(session.runJobs(templates(session, 2)) for _ in range(3))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = list(itertools.chain.from_iterable(found))
    assert len(set(ids)) == len(ids) == 4 * 3 * 2
    session.exit()


def test_other_verbs_go_on_while_a_submission_is_under_way(cell: Cell) -> None:
    session = cell.connect()
    (job,) = [session.runJob(templates(session, 1)[0])]
    began, may_end = threading.Event(), threading.Event()

    def slow(argv: Sequence[str]) -> CommandResult:
        began.set()
        assert may_end.wait(PATIENCE)
        return cell.runner.answer(argv)

    cell.runner.next("qsub", slow)
    ids: list[str] = []
    thread = threading.Thread(target=lambda: ids.extend(session.runJobs(templates(session, 2))))
    thread.start()
    assert began.wait(PATIENCE)
    assert session.jobStatus(job) == "queued_active"
    assert [held.id for held in session.jobs()] == [job]
    session.control(job, "terminate")
    may_end.set()
    thread.join()
    assert len(ids) == 2
