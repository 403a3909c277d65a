"""qdel, qhold, qrls and qmod: one answer per printed line, and one for each id they are silent about."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.gridengine import control
from drmaa_cli.gridengine.ranges import parse_task_set
from drmaa_cli.gridengine.records import JobId, TaskRange, TaskSet
from drmaa_cli.gridengine.replies import Answer, CommandFailed, GridEngineError, Outcome
from tests.gridengine import captured
from tests.gridengine.captured import Case, result
from tests.tables import each_row

ACTIONS = {"-sj": "suspend", "-usj": "resume", "qhold": "hold", "qrls": "release", "qdel": "terminate"}


def action_of(case: Case) -> str:
    return ACTIONS.get(case.argv[0], ACTIONS.get(case.argv[1], "")) if len(case.argv) > 1 else ""


def is_ours(case: Case) -> bool:
    return bool(action_of(case)) and not case.name.startswith(("env.", "help.")) and not case.err


CASES = captured.of_tools("qdel", "qhold", "qrls", "qmod", where=is_ours)
BROKEN = captured.of_tools(
    "qdel",
    "qhold",
    "qrls",
    "qmod",
    where=lambda case: case.name.startswith(("env.bad", "env.root_unset_real")),
)
DEAD = captured.of_tools(
    "qdel", "qhold", "qrls", "qmod", where=lambda case: "to qmaster" in case.out + case.err
)

# A word of the line -> what it means; each line has exactly one of them.
WORDS = [
    (r"has deleted", Outcome.DONE),
    (r"has registered", Outcome.DONE),
    (r"modified hold", Outcome.DONE),
    (r"- (un)?suspended", Outcome.DONE),
    (r"forced the deletion", Outcome.DONE),
    (r"removed administrator suspension", Outcome.DONE),
    (r"already in deletion", Outcome.NOTHING_TO_DO),
    (r"already (un)?suspended", Outcome.WRONG_STATE),
    (r"can not be applied", Outcome.WRONG_STATE),
    (r"does not exist", Outcome.UNKNOWN_JOB),
    (r"invalid queue or job", Outcome.UNKNOWN_JOB),
    (r"privileges|must be|no permission", Outcome.DENIED),
]


def expected(line: str) -> Outcome:
    (outcome,) = [outcome for word, outcome in WORDS if re.search(word, line)]
    return outcome


def test_there_are_captures() -> None:
    assert len(CASES) > 80
    assert {action_of(case) for case in CASES} == set(ACTIONS.values())
    assert len(BROKEN) >= 8
    assert len(DEAD) >= 6


@each_row("case", CASES, captured.ids(CASES))
def test_every_captured_reply(case: Case) -> None:
    lines = [line for line in case.out.splitlines() if line.strip(".")]
    answers = control.parse(action_of(case), case.result, [])
    assert [answer.text for answer in answers] == lines
    assert [answer.outcome for answer in answers] == [expected(line) for line in lines]
    for answer in answers:
        tasks = re.search(r"tasks (\S+) of job (\d+)", answer.text)
        plain = re.search(r'(?:job|task) "?(\d+)(?:\.(\d+))?"?(?: task "(\d+)")?', answer.text)
        if tasks:
            assert (answer.target, answer.tasks) == (JobId(int(tasks[2])), parse_task_set(tasks[1]))
        elif plain:
            task = plain[2] or plain[3]
            assert answer.target == JobId(int(plain[1]), int(task) if task else None)
        else:
            assert answer.target is None


@each_row("case", BROKEN, captured.ids(BROKEN))
def test_a_broken_environment(case: Case) -> None:
    with pytest.raises(CommandFailed, match=r"SGE_ROOT|cell directory"):
        control.parse("terminate", case.result, [JobId(3)])


@each_row("case", DEAD, captured.ids(DEAD))
def test_an_unreachable_qmaster_is_no_silence(case: Case) -> None:
    answers = control.parse("hold", case.result, [JobId(3), JobId(4, 2)])
    assert {answer.outcome for answer in answers} == {Outcome.NO_QMASTER}
    assert [answer.target for answer in answers[-2:]] == [JobId(3), JobId(4, 2)]
    assert answers[-1].text.startswith("unable to send message to qmaster")


@pytest.mark.parametrize("name", ["op.qhold.noargs", "op.qrls.noargs", "op.qmod_usj.noargs"])
def test_a_command_called_wrongly(name: str) -> None:
    with pytest.raises(CommandFailed):
        control.parse("hold", captured.case(name).result, [])


# A run on a real 8.1.9 cell: job 6 single and running, 7 an array of 4 running tasks, 8 an array on hold, 9
# single and on hold, 9999 unknown.
GIVEN = "6 7.2 7.9 8.3 9999 9999.2 9.1 9.2"
QHOLD = """\
modified hold of job 6
modified hold of job-array task 7.2
denied: job "9999" does not exist
denied: job "9999" does not exist
"""
QMOD = """\
root - suspended job 6
root - suspended job-array task 7.1
invalid queue or job "7"
Modify operation can not be applied on job-array task 9.1 in pending/hold state
invalid queue or job "9999"
Modify operation can not be applied on job-array task 8.2 in pending/hold state
"""


def ids(text: str) -> list[JobId]:
    parts = [word.partition(".") for word in text.split()]
    return [JobId(int(job), int(task) if task else None) for job, _, task in parts]


def test_silence_is_reported_for_each_id() -> None:
    answers = control.parse("hold", result(QHOLD, "", 3), ids(GIVEN))
    assert [(str(a.target), a.outcome.name, a.text) for a in answers[4:]] == [
        (target, "NOTHING_TO_DO", "") for target in ("7.9", "8.3", "9.1", "9.2")
    ]


def test_answers_about_an_id() -> None:
    answers = control.parse("suspend", result(QMOD, "", 1), ids("6 7.1 7.9 9 9999 8.2"))
    assert len(answers) == 6
    outcomes = {
        str(job_id): [answer.outcome.name for answer in control.answers_about(job_id, answers)]
        for job_id in ids("6 6.1 7.1 7.9 9 9999.3 8.2 5")
    }
    assert outcomes == {
        "6": ["DONE"], "6.1": ["DONE"], "7.1": ["DONE"], "7.9": ["UNKNOWN_JOB"], "9": ["WRONG_STATE"],
        "9999.3": ["UNKNOWN_JOB"], "8.2": ["WRONG_STATE"], "5": [],
    }  # fmt: skip


def test_one_line_for_several_tasks() -> None:
    line = "u has deleted job-array tasks 2,4-8:2 of job 8\n"
    (answer,) = control.parse("terminate", result(line), ids("8.4"))
    assert control.answers_about(JobId(8, 6), [answer]) == [answer]
    assert control.answers_about(JobId(8, 5), [answer]) == []
    assert control.answers_about(JobId(8), [answer]) == [answer]


def test_tasks_that_are_no_range_are_those_of_the_whole_job() -> None:
    answer = control.judge("u has deleted job-array tasks 5-3:1 of job 8")
    assert (answer.target, answer.tasks) == (JobId(8), None)


@pytest.mark.parametrize(
    ("code", "outcome"), [(0, "NOTHING_TO_DO"), (-11, "ERROR"), (139, "ERROR"), (1, "ERROR")]
)
def test_a_command_without_a_word(code: int, outcome: str) -> None:
    answers = control.parse("release", result("", "", code), [JobId(5)])
    assert [(answer.target, answer.outcome.name) for answer in answers] == [(JobId(5), outcome)]


def test_the_rest_of_a_killed_command_is_not_known() -> None:
    answers = control.parse("hold", result("modified hold of job 5\n", "", -9), [JobId(5), JobId(6)])
    assert [answer.outcome for answer in answers] == [Outcome.DONE, Outcome.ERROR]


@each_row(
    "line, target",
    [("warning: root forced the deletion of job 5100", JobId(5100)),
     ("job 7 is already finished; modification requests are not applied", JobId(7)),
     ("No jobs modified", None),
     ('denied: "u" must be at least owner of job 7 to modify it', JobId(7)),
     ('denied: "u" must be manager to modify all jobs', None)],
)  # fmt: skip
def test_lines_of_other_flavours(line: str, target: JobId | None) -> None:
    answer = control.judge(line)
    assert answer.outcome is not Outcome.ERROR
    assert answer.target == target


def test_a_line_in_no_known_form() -> None:
    assert control.judge("job 5 is on fire") == Answer(JobId(5), None, Outcome.ERROR, "job 5 is on fire")
    assert control.judge("something else") == Answer(None, None, Outcome.ERROR, "something else")


@pytest.mark.parametrize("action", ["terminate", "release"])
def test_words_of_a_wrapper_about_another_job(action: str) -> None:
    said = {"terminate": "root has deleted job 7", "release": "modified hold of job 7"}[action]
    words = 'Your job 999 ("x") has been submitted\n' + said + "\n"
    (answer,) = control.parse(action, captured.result(words), [JobId(7)])
    assert (answer.target, answer.outcome) == (JobId(7), Outcome.DONE)
    about_it, _ = control.parse(action, captured.result(words.replace("999", "7")), [JobId(7)])
    assert about_it.outcome is Outcome.ERROR


@pytest.mark.parametrize(
    ("action", "refusal", "code", "outcome"),
    [
        ("terminate", 'denied: job "7" does not exist', 1, Outcome.UNKNOWN_JOB),
        ("release", 'denied: job "7" does not exist', 3, Outcome.UNKNOWN_JOB),
        ("suspend", "grid2 - job 7 is already suspended", 1, Outcome.WRONG_STATE),
    ],
)
def test_words_of_a_wrapper_before_a_refusal(action: str, refusal: str, code: int, outcome: Outcome) -> None:
    (answer,) = control.parse(action, captured.result(f"Welcome\n{refusal}\n", "", code), [JobId(7)])
    assert answer.outcome is outcome
    both = control.parse(action, captured.result(f"Welcome\n{refusal}\n", "", code), [JobId(7), JobId(8)])
    assert (both[0].outcome is Outcome.ERROR) is (action != "release")  # nothing was said of job 8


def test_both_streams_and_carriage_returns() -> None:
    answers = control.parse("terminate", result("u has deleted job 1\r\n", "u has deleted job 2\n"), [])
    assert [answer.target for answer in answers] == [JobId(1), JobId(2)]


def test_the_commands() -> None:
    three = ids("1 2.3")
    assert control.argv("suspend", three) == ["qmod", "-sj", "1", "2.3"]
    assert control.argv("resume", three) == ["qmod", "-usj", "1", "2.3"]
    assert control.argv("hold", three) == ["qhold", "1", "2.3"]
    assert control.argv("release", three) == ["qrls", "1", "2.3"]
    assert control.argv("terminate", three) == ["qdel", "1", "2.3"]
    with pytest.raises(ValueError, match="bogus"):
        control.argv("bogus", three)
    with pytest.raises(ValueError, match="no job ids"):
        control.argv("hold", [])


@given(st.binary(), st.binary(), st.integers(-64, 255))
def test_any_bytes_have_answers(out: bytes, err: bytes, code: int) -> None:
    try:
        answers = control.parse("hold", result(out, err, code), [JobId(5), JobId(6, 1)])
    except GridEngineError:
        return
    for job_id in (JobId(5), JobId(6, 1)):
        assert control.answers_about(job_id, answers)


@given(st.sampled_from(CASES).map(lambda case: case.out), st.data())
def test_each_line_is_judged_alone(out: str, data: st.DataObject) -> None:
    lines = [line for line in out.splitlines() if line.strip(".")]
    mixed = data.draw(st.permutations(lines))
    answers = control.parse("hold", result("\n".join(mixed)), [])
    assert answers == [control.judge(line) for line in mixed]


def test_a_qmaster_that_does_not_answer_is_no_wrong_usage() -> None:
    control.check_usage("hold", captured.case("env.dead_port.qconf_sconf").result)
    with pytest.raises(CommandFailed, match="hold: "):
        control.check_usage("hold", captured.case("env.bad_root.qconf_sconf").result)


TARGETS = st.builds(JobId, st.integers(1, 2), st.none() | st.integers(1, 9))
PARTS = st.lists(st.builds(TaskRange, st.integers(1, 5), st.integers(5, 9), st.integers(1, 2)), min_size=1)


@given(st.lists(st.tuples(st.none() | TARGETS, st.none() | PARTS), max_size=5), TARGETS)
def test_who_is_answered_is_told_without_looking_through_all_answers(rows: list[Any], job: JobId) -> None:
    answers = [
        Answer(target, None if parts is None or target is None else TaskSet(parts), Outcome.DONE, "")
        for target, parts in rows
    ]
    assert control._Said(answers).about(job) == bool(control.answers_about(job, answers))  # noqa: SLF001


def test_arrays_are_deleted_with_their_range_and_their_tasks_by_number() -> None:
    """Without it qdel leaves the tasks that are pending (see arrays)."""
    jobs = [JobId(7), JobId(8), JobId(8, 3)]
    arrays = {8: TaskRange(2, 10, 4)}
    assert control.argv("terminate", jobs, arrays)[1:] == ["7", "8.2-10:4", "8.3"]
    assert control.argv("hold", jobs, arrays)[-3:] == ["7", "8", "8.3"]
