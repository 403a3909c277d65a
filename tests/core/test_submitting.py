"""What is submitted and answered: which number is the id, refusals, arrays, jobs that never arrived."""

from __future__ import annotations

from typing import Any

import pytest

from drmaa_cli.errors import (
    DeniedByDrmException,
    DrmCommunicationException,
    InternalException,
    TryLaterException,
    UnknownSubmissionException,
)
from drmaa_cli.gridengine.records import CommandResult, TaskRange
from tests.core import evidence
from tests.core.conftest import Cell, run, template
from tests.core.lost import hang
from tests.core.shapes import USER, Job
from tests.gridengine import captured


@pytest.mark.parametrize(
    "said",
    [
        "{id}\n7\n",
        "7\n{id}\n",
        'Your job 999999 ("true") has been submitted\n{id}\n',
        '{id}\nYour job 7 ("true") has been submitted\n',
        "welcome\n7\n",
        "7 8\n9\n",
    ],
    ids=["number after", "number before", "banner", "sentence after", "another number", "no id at all"],
)
@pytest.mark.parametrize("where", ["stdout", "stderr"])
def test_the_token_tells_which_number_is_the_id(cell: Cell, said: str, where: str) -> None:
    session = cell.connect("session=kept")
    cell.qmaster.next = 7
    cell.qmaster.submit("true", None, "")  # somebody's job of that number
    cell.qmaster.next = 1234

    def answer(argv: Any) -> CommandResult:
        ordinary = cell.runner.answer(argv)
        text = said.format(id=ordinary.stdout.decode().strip()).encode()
        return ordinary._replace(**{where: text if where == "stdout" else ordinary.stderr + text})

    cell.runner.next("qsub", answer)
    assert session.runJob(template(session), key="a") == "1234"


@pytest.mark.parametrize("how", ["timeout", "silent"])
def test_a_submission_that_never_arrived(cell: Cell, how: str) -> None:
    session = cell.connect("session=kept")

    def answer(argv: Any) -> CommandResult:
        if how == "timeout":
            raise hang(captured.result("", "", 0, *argv))
        return captured.result("", "", 0)

    cell.runner.next("qsub", answer)
    with pytest.raises(DrmCommunicationException, match="the job was not accepted"):
        session.runJob(template(session))
    assert cell.qmaster.made == []
    assert session.jobs() == []


def test_several_jobs_could_be_it(cell: Cell) -> None:
    session = cell.connect()

    def answer(argv: Any) -> CommandResult:
        for number in (900, 901):
            name = "true"
            job = Job(number, name, None, int(cell.clock.time()), "", {0: "r"})
            cell.qmaster.jobs[number] = job
            cell.qmaster.end(number)
        return captured.result("", "", 0)

    cell.runner.next("qsub", answer)
    with pytest.raises(UnknownSubmissionException, match=r"900, 901"):
        session.runJob(template(session))


def test_somebody_elses_job_of_the_same_name_is_not_it(cell: Cell) -> None:
    session = cell.connect()

    def answer(argv: Any) -> CommandResult:
        name = "true"
        cell.qmaster.write(evidence.line(job=900, name=name, owner="other", submitted=cell.clock.time()))
        cell.qmaster.write(evidence.line(job=901, name=name, owner=USER, submitted=cell.clock.time() - 9000))
        cell.qmaster.write(evidence.line(job=902, task=2, name=name, owner=USER, submitted=cell.clock.time()))
        return captured.result("", "", 0)

    cell.runner.next("qsub", answer)
    with pytest.raises(DrmCommunicationException, match="the job was not accepted"):
        session.runJob(template(session))


def test_an_answer_on_standard_error_with_exit_1(cell: Cell) -> None:
    """Capture cell2.no_queue_terse: the job is accepted though qsub complains."""
    session = cell.connect()

    def answer(argv: Any) -> CommandResult:
        ordinary = cell.runner.answer(argv)
        recorded = captured.case("cell2.no_queue_terse").result
        said = recorded.stderr.replace(b"job 62 ", b"job " + ordinary.stdout.strip() + b" ")
        return recorded._replace(stderr=said)

    cell.runner.next("qsub", answer)
    assert session.runJob(template(session)) == str(cell.qmaster.made[0])
    assert cell.runner.count("qstat") == 1  # whether that is the id


@pytest.mark.parametrize("asked", [None, TaskRange(1, 2), TaskRange(1, 5, 2)], ids=str)
def test_a_job_of_other_tasks_than_were_asked_for_is_deleted(cell: Cell, asked: TaskRange | None) -> None:
    session = cell.connect("session=kept")

    def answer(argv: Any) -> CommandResult:
        token = next(word for word in argv if word.startswith("drmaa_cli=")).partition("=")[2]
        job = cell.qmaster.submit("true", TaskRange(1, 3), token)
        return captured.result(f"{job.number}.1-3:1\n")

    cell.runner.next("qsub", answer)
    found = template(session)
    submit = (
        session.runJob if asked is None else lambda *given, key: session.runBulkJobs(*given, *asked, key=key)
    )
    with pytest.raises(DeniedByDrmException, match=r"job 100 became tasks 1-3:1 instead of .*deleted$"):
        submit(found, key="a")
    assert cell.qmaster.jobs == {}
    assert session.jobs() == []


@pytest.mark.parametrize("answered", ["{id}.1-12:3", "{id}.1-10:3"])
def test_the_end_of_a_range_is_passed_through(cell: Cell, answered: str) -> None:
    session = cell.connect()
    ids = session.runBulkJobs(template(session), 1, 12, 3)
    assert ids == ["100.1", "100.4", "100.7", "100.10"]
    assert cell.runner.count("qsub") == 1
    qsub = next(call for call in cell.runner.calls if call[0] == "qsub")
    assert qsub[qsub.index("-t") + 1] == "1-12:3"
    cell.runner.next("qsub", lambda argv: captured.result(answered.format(id=321) + "\n"))
    assert session.runBulkJobs(template(session), 1, 12, 3)[-1] == "321.10"


def test_an_array_of_one_task_may_be_answered_as_a_job(cell: Cell) -> None:
    session = cell.connect()
    cell.runner.next("qsub", lambda argv: captured.result("321\n"))
    assert session.runBulkJobs(template(session), 4, 4, 1) == ["321.4"]


def test_an_argument_is_no_start_time(cell: Cell) -> None:
    """A job with a start time is asked for by more listings than one without."""
    session = cell.connect()
    number = session.runJob(template(session, args=["-a", "x"]))
    before = cell.runner.count("qstat")
    assert session.jobStatus(number) == "queued_active"
    assert cell.runner.count("qstat") == before + 1


REFUSALS = [
    ("cell2.max_u_jobs.4", TryLaterException, r"^code 16: job rejected: only 3 jobs are allowed per user"),
    ("cell2.qsub_w_e", DeniedByDrmException, r"^code 17: error: no suitable queues$"),
    ("qsub.err_unknown_resource", DeniedByDrmException, 'unknown resource "nosuch"'),
    ("qsub.name_space", InternalException, r"^code 1: Error reading answer list from qmaster"),
    ("env.bad_root.qsub_sync", InternalException, "SGE_ROOT directory"),
]


@pytest.mark.parametrize(("case", "kind", "text"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals_are_final_and_leave_nothing_behind(
    cell: Cell, case: str, kind: type[Exception], text: str
) -> None:
    session = cell.connect("session=kept")
    cell.runner.next("qsub", lambda _: captured.case(case).result)
    with pytest.raises(kind, match=text):
        run(session)
    assert cell.runner.count("qsub") == 1
    assert session.jobs() == []
    session.exit()
    assert cell.connect("session=kept").jobs() == []
