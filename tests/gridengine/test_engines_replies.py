"""qsub, qdel, qhold, qrls and qmod on four other real engines, and what each tool says when it cannot work.

What is expected follows from the words of a line, the options that were given, and 8.1.9's transcript of the
same case where there is one.
"""

from __future__ import annotations

import re

import pytest

from drmaa_cli.gridengine import control, probe, qacct, qstat
from drmaa_cli.gridengine.qsub import Accepted, Refusal, Refused, parse_submission
from drmaa_cli.gridengine.records import CommandResult, JobId
from drmaa_cli.gridengine.replies import (
    CommandFailed,
    GridEngineError,
    Outcome,
    QmasterUnreachable,
    UnreadableReply,
    check_environment_errors,
)
from tests.gridengine import captured
from tests.gridengine.captured import ENGINES, OTHERS, RECORDED, Case
from tests.gridengine.plain_text import members
from tests.tables import each_row, together

CONTROL = ("qdel", "qhold", "qrls", "qmod")
ACTIONS = {"qdel": "terminate", "qhold": "hold", "qrls": "release", "-sj": "suspend", "-usj": "resume"}

WORDS = {  # what a line's words mean; each line has exactly one of them
    r"has deleted|has registered the .* for deletion": Outcome.DONE,
    r"^modified hold": Outcome.DONE,
    r" - (un)?suspended job": Outcome.DONE,
    r"cleared error state|Pushed rescheduling": Outcome.DONE,
    r"already in deletion": Outcome.NOTHING_TO_DO,
    r"does not exist|^invalid queue or job|^There is no job|already finished;": Outcome.UNKNOWN_JOB,
    r"privileges|must be at least|no permission|submit host": Outcome.DENIED,
    r"already (un)?suspended|in pending/hold state|not restartable|not in error state": Outcome.WRONG_STATE,
    r"unable to send message": Outcome.NO_QMASTER,
}


def is_answer(case: Case) -> bool:
    no_job = "noargs" in case.name or case.name.startswith(("help.", "env.bad_", "env.root"))
    return not no_job and not re.search(r"-u?sq$", case.argv[1])


ANSWERS = captured.of_tools(*CONTROL, where=is_answer, engines=RECORDED)


def given(case: Case) -> list[JobId]:
    """The numeric ids on the command line."""
    words = [word for word in case.argv[1:] if re.fullmatch(r"\d+(\.[\d:-]+)?", word)]
    if "-t" in case.argv:
        words = [word for word in words if word != case.argv[case.argv.index("-t") + 1]]
    return [
        JobId(int(job), task)
        for job, _, tasks in (word.partition(".") for word in words)
        for task in members(tasks) or (None,)
    ]


@each_row("case", ANSWERS, captured.ids(ANSWERS))
def test_every_line_of_an_answer(case: Case) -> None:
    lines = [line for line in (case.out + case.err).splitlines() if "commlib error" not in line]
    asked = {job_id.job for job_id in given(case)}
    for line in lines:
        (outcome,) = {meaning for words, meaning in WORDS.items() if re.search(words, line)}
        answer = control.judge(line)
        assert answer.outcome is outcome, line
        if answer.target is not None:
            assert answer.target.job in asked
            assert re.search(rf"\b{answer.target.job}\b", line)
            named = re.search(rf"{answer.target.job}\.(\d+)|task \"(\d+)\"", line)
            assert answer.target.task == (int(named[1] or named[2]) if named else None)
        else:
            assert not re.search(r"\bjob \"?\d", line) or answer.tasks
        several = re.search(r"tasks ([\d,:-]+) of job", line)
        assert (tuple(answer.tasks.numbers()) if answer.tasks else ()) == members(
            several[1] if several else ""
        )


@each_row("case", ANSWERS, captured.ids(ANSWERS))
def test_every_id_has_an_answer(case: Case) -> None:
    """Silence is success only where the command ended well; no refusal is lost."""
    action = ACTIONS.get(case.argv[0]) or ACTIONS.get(case.argv[1])
    ids = given(case)
    if action is None or not ids:
        return
    answers = control.parse(action, case.result, ids)
    for job_id in ids:
        about = [answer.outcome for answer in control.answers_about(job_id, answers)]
        assert about, job_id
        if "unable to send message" in case.out:
            assert set(about) == {Outcome.NO_QMASTER}
        elif "submit host" in case.out:
            assert set(about) == {Outcome.DENIED}
        elif case.out == "":
            assert about == [Outcome.NOTHING_TO_DO]
            assert case.result.exit_code == 0
        else:
            assert Outcome.ERROR not in about


@pytest.mark.parametrize("engine", OTHERS)
def test_the_same_answers_as_8_1_9(engine: str) -> None:
    """Where nothing but the ids differs, each engine says what 8.1.9 says, with the same exit code."""
    same = 0
    for case in captured.of_tools(*CONTROL, where=lambda case: case.name.startswith("op."), engines=[engine]):
        there = [other for other in captured.cases() if other.name == case.name]
        if there and case.name not in (
            "op.qrls.qw",  # held when it was recorded elsewhere
            "op.qmod_rj.r_not_rerunnable",  # "is not restartable"
            "op.qmod_usj.multi_mixed",  # other jobs
            "op.qdel.multi_mixed",
        ) and "noargs" not in case.name:  # fmt: skip
            assert re.sub(r"\d+", "N", case.out) == re.sub(r"\d+", "N", there[0].out), case.name
            assert case.result.exit_code == there[0].result.exit_code, case.name
            same += 1
    assert same > 40


SUBMISSIONS = captured.of_tools(
    "qsub", where=lambda case: not case.name.startswith("help."), engines=RECORDED
)
SENTENCE = re.compile(r'Your job(-array)? (\d+)(?:\.([\d:-]+))? \("(.*)"\) has been submitted')
BEFORE = (2, 3, 4, 5, 7, 14)  # exit codes of qsub before it asks the qmaster


def number(case: Case) -> tuple[int, str] | None:
    """The job number and the tasks that qsub prints, by its sentence or, with -terse, in the last line."""
    if found := SENTENCE.search(case.out + case.err):
        return int(found[2]), found[3] or ""
    last = re.sub(r"(?m)^(Job [\d.]+ exited|Unable to run job [\d.]+).*\n?", "", case.out).strip()
    found = re.fullmatch(r"(?:.*\n)*?(\d+)(?:\.([\d:-]+))?", last)
    return (int(found[1]), found[2] or "") if found else None


@each_row("case", SUBMISSIONS, captured.ids(SUBMISSIONS))
def test_submission(case: Case) -> None:
    if case.name.startswith(("env.bad_", "env.root_unset")):
        with pytest.raises(CommandFailed):
            parse_submission(case.result)
        return
    answer = parse_submission(case.result)
    if expected := number(case):
        assert isinstance(answer, Accepted)
        assert answer.job == expected[0]
        assert tuple(answer.tasks.numbers() if answer.tasks else ()) == members(expected[1])
        return
    assert isinstance(answer, Refused)
    assert answer.kind is refusal(case)
    before_anything = "Unable to initialize environment" in case.err
    assert answer.certain == (before_anything or answer.kind is not Refusal.NO_QMASTER)
    assert answer.text


def refusal(case: Case) -> Refusal:
    """By exit code and frame, as on 8.1.9; a limit on jobs ends with 25 or, from 9.1 on, with 27."""
    code, said = case.result.exit_code, case.err
    if "to qmaster" in said:
        return Refusal.NO_QMASTER
    if "-verify" in case.argv or "verification: " in case.out:
        return Refusal.VERIFIED_ONLY
    if "Error reading answer list" in said:
        return Refusal.INTERNAL
    if re.search(r"nly \d+ jobs are allowed per", said):
        assert code == (27 if case.engine in ("ocs-9.1.4", "ocs-9.2pre") else 25)
        return Refusal.TRY_LATER
    assert code == 1 or code in BEFORE
    return Refusal.DENIED if code == 1 else Refusal.SYNTAX


@pytest.mark.parametrize("engine", OTHERS)
def test_a_full_job_list(engine: str) -> None:
    names = ("cell2.max_jobs.3", "cell2.max_jobs_plain", "cell2.max_u_jobs_plain", "cell2.max_u_jobs_array")
    for name in names:
        answer = parse_submission(captured.case(name, engine).result)
        assert isinstance(answer, Refused)
        assert (answer.kind, answer.certain) == (Refusal.TRY_LATER, True)


@each_row("engine", ENGINES)
def test_an_array_of_one_task(engine: str) -> None:
    """The newer engines answer as for a single job: what qsub says does not tell whether it is an array."""
    answer = parse_submission(captured.case("qsub.terse_array_5", engine).result)
    assert isinstance(answer, Accepted)
    tasks = None if answer.tasks is None else list(answer.tasks.numbers())
    assert tasks == (None if engine.startswith("ocs") else [5])


UNREACHABLE = ("env.dead_port.", "env.silent_port.", "env.qmaster_down.", "env.unresolvable_qmaster.")


def is_unreachable(case: Case) -> bool:
    return case.name.startswith(UNREACHABLE) and "help" not in case.name and "qacct" not in case.name


GONE = [case for engine in RECORDED for case in captured.cases(engine) if is_unreachable(case)]
WRONG = [
    case
    for engine in RECORDED
    for case in captured.cases(engine)
    if case.name.startswith(("env.bad_", "env.root_unset_realbin")) and case.err
]


@each_row("case", GONE, captured.ids(GONE))
def test_no_qmaster(case: Case) -> None:
    if case.result.exit_code < 0:  # the client crashed: nothing was said
        assert case.out == ""
        with pytest.raises(QmasterUnreachable if "commlib" in case.err else UnreadableReply):
            qstat.parse_listing(case.result)
        return
    in_xml = case.out.startswith("<?xml")
    with pytest.raises(QmasterUnreachable, match=r"qmaster|commlib"):
        qstat.parse_details(case.result, [1]) if in_xml else check_environment_errors(case.result)


@each_row("case", WRONG, captured.ids(WRONG))
def test_wrong_place(case: Case) -> None:
    with pytest.raises(CommandFailed, match=r"SGE_ROOT|cell directory"):
        check_environment_errors(case.result)


@pytest.mark.parametrize("engine", OTHERS)
def test_an_option_that_is_not_understood(engine: str) -> None:
    """The newer engines begin with ``ERROR!`` what 8.1.9 says plainly."""
    for name, option in (("op.qmod_sj.noargs", "-sj"), ("op.qmod_cj.noargs", "-cj")):
        with pytest.raises(CommandFailed, match=f"^{option} option must have argument"):
            check_environment_errors(captured.case(name, engine).result)
    with pytest.raises(CommandFailed, match=r'^invalid option argument "-jc"'):
        check_environment_errors(captured.case("qsub.more_jc", engine).result)


@pytest.mark.parametrize("engine", OTHERS)
def test_no_name_of_the_qmaster(engine: str) -> None:
    with pytest.raises(QmasterUnreachable, match="act_qmaster"):
        probe.parse_sconf(captured.case("env.no_act_qmaster.qconf_sconf", engine).result)
    with pytest.raises(QmasterUnreachable, match="act_qmaster"):
        qacct.parse(captured.case("env.no_act_qmaster.qacct", engine).result)


@pytest.mark.parametrize(
    ("engine", "banner"),
    [
        ("sge-daimh-8.1.x", "SGE r."),
        ("ocs-9.0.13", "OCS 9.0.13"),
        ("ocs-9.1.4", "OCS 9.1.4"),
        ("ocs-9.2pre", "OCS 9.2.0prealpha"),
    ],
)
def test_banner(engine: str, banner: str) -> None:
    for case in captured.cases(engine):
        if case.name.startswith("help."):
            assert probe.banner(case.result) == banner, case.name
    with pytest.raises(GridEngineError):
        probe.banner(captured.case("env.bad_cell.qstat_help", engine).result)


LIMIT = 'request limit "qstat:get:*:*:*=10" exceeded'  # read in public documentation, not observed


def test_a_request_limit_is_no_denial() -> None:
    refused = CommandResult(("qsub",), 1, b"", f"Unable to run job: {LIMIT}.\nExiting.\n".encode())
    answer = parse_submission(refused)
    assert isinstance(answer, Refused)
    assert (answer.kind, answer.certain) == (Refusal.TRY_LATER, True)
    assert answer.text.startswith("request limit")
    for words in (LIMIT, f"error: {LIMIT}", f"denied: {LIMIT}"):
        asked = CommandResult(("qstat",), 1, b"", f"{words}\n".encode())
        with pytest.raises(QmasterUnreachable, match="request limit"):
            qstat.parse_listing(asked)
        said = CommandResult(("qdel", "7"), 1, f"{words}\n".encode(), b"")
        assert {answer.outcome for answer in control.parse("terminate", said, [JobId(7)])} == {
            Outcome.NO_QMASTER
        }


def test_undefined_bytes_in_the_words_of_a_jsv() -> None:
    """9.2's prerelease prints memory it did not set after a JSV's message."""
    words = b"Unable to run job: no capacity now\x00\x8f\x02\x7f\xff\x1b[0m.\nExiting.\n"
    answer = parse_submission(CommandResult(("qsub",), 1, b"", words))
    assert isinstance(answer, Refused)
    assert answer.kind is Refusal.DENIED
    assert answer.text.startswith("no capacity now")
    assert answer.text.isprintable()
    accepted = parse_submission(CommandResult(("qsub",), 0, b"hello \x00\x8f\xff\n17\n", b""))
    assert isinstance(accepted, Accepted)
    assert accepted.job == 17


NOTICE = "Welcome to Reef! Please acknowledge grant 17-42 in your publications.\n"


@together
@pytest.mark.parametrize("engine", OTHERS)
@pytest.mark.parametrize(
    "name",
    ["op.qdel.held_multi", "op.qmod_sj.r", "op.qmod_sj.s", "op.qhold.qw", "op.qhold.qw.2", "op.qdel.dr"],
)
@pytest.mark.parametrize("place", ["before", "after", "stderr"])
def test_the_words_of_a_wrapper_are_no_answer(engine: str, name: str, place: str) -> None:
    case = captured.case(name, engine)
    action = ACTIONS.get(case.argv[0]) or ACTIONS[case.argv[1]]
    out = {"before": NOTICE + case.out, "after": case.out + NOTICE}.get(place, case.out)
    told = case.result._replace(stdout=out.encode(), stderr=NOTICE.encode() if place == "stderr" else b"")
    assert control.parse(action, told, given(case)) == control.parse(action, case.result, given(case))


@pytest.mark.parametrize("engine", OTHERS)
def test_words_that_nobody_knows_are_an_answer_where_there_is_no_other(engine: str) -> None:
    case = captured.case("op.qdel.held_multi", engine)
    first, _ = case.out.splitlines(keepends=True)
    for out, code in ((NOTICE, 0), (first + NOTICE, 0), (case.out + NOTICE, 1)):
        told = case.result._replace(stdout=out.encode(), exit_code=code)
        outcomes = [answer.outcome for answer in control.parse("terminate", told, given(case))]
        assert Outcome.ERROR in outcomes
