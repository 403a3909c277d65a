"""Submissions: an id only where qsub says so, and a reason where it does not."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drmaa_cli.gridengine import qsub
from drmaa_cli.gridengine.qsub import Accepted, Refusal, Refused, parse_submission
from drmaa_cli.gridengine.ranges import parse_range
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.gridengine.replies import CommandFailed
from tests.gridengine import captured
from tests.gridengine.captured import Case, result
from tests.tables import each_row

ALL = captured.of_tools("qsub")
ID = re.compile(r'(?m)^(?:Your job(?:-array)? )?(\d+)(?:\.(\S+))?(?: \(".*"\) has been submitted)?\r?$')
WITH_ID = [case for case in ALL if ID.search(case.out + case.err)]
BROKEN_CELL = [case for case in ALL if "initialize environment" in case.err and "send" not in case.err]
WITHOUT_ID = [case for case in ALL if case not in WITH_ID and case not in BROKEN_CELL]


def test_there_are_captures() -> None:
    assert len(WITH_ID) > 60
    assert len(WITHOUT_ID) > 60
    assert len(BROKEN_CELL) >= 3


@each_row("case", WITH_ID, captured.ids(WITH_ID))
def test_every_captured_id(case: Case) -> None:
    (job, tasks) = ID.findall(case.out + case.err)[0]
    answer = parse_submission(case.result)
    assert isinstance(answer, Accepted)
    assert answer.job == int(job)
    assert answer.tasks == (parse_range(tasks) if tasks else None)


@each_row("case", WITHOUT_ID, captured.ids(WITHOUT_ID))
def test_every_captured_refusal(case: Case) -> None:
    answer = parse_submission(case.result)
    assert isinstance(answer, Refused)
    code, said = case.result.exit_code, case.err
    if "to qmaster" in said:
        assert answer.kind is Refusal.NO_QMASTER
    elif "verification: " in case.out + said or "unassigned" in case.out:
        assert answer.kind is Refusal.VERIFIED_ONLY
    elif "Error reading answer list" in said:
        assert answer.kind is Refusal.INTERNAL
    elif code == 25:
        assert answer.kind is Refusal.TRY_LATER
    elif code < 0:
        assert answer.kind is Refusal.NO_ANSWER
    elif code == 1:
        assert answer.kind is Refusal.DENIED
    else:
        assert answer.kind is Refusal.SYNTAX
    assert answer.text
    if answer.kind is not Refusal.NO_ANSWER and said:
        assert answer.text in said.replace("qsub: ", "")
        assert "Exiting" not in answer.text
        assert not answer.text.startswith(("Unable", "qsub: ", "\n"))
        assert not answer.text.endswith("\n")


@each_row("case", BROKEN_CELL, captured.ids(BROKEN_CELL))
def test_a_broken_environment(case: Case) -> None:
    with pytest.raises(CommandFailed) as caught:
        parse_submission(case.result)
    assert caught.value.text in case.err


# The texts libdrmaa 8.1.9 gave after "code 17: " for the same requests.
REASONS = [
    ("qsub.err_unknown_queue_no_w", 'Job was rejected because job requests unknown queue "nosuch.q"'),
    ("qsub.err_unknown_resource", 'unknown resource "nosuch"'),
    ("cell2.qsub_w_e", "error: no suitable queues"),
    ("qsub.err_bad_option", 'invalid option argument "-foo"'),
    ("qsub.err_N_missing_arg", "-N option must have argument"),
    ("qsub.err_hold_o", "error opening o: No such file or directory"),
    ("qsub.err_missing_script_dir", "error reading from file /tmp"),
    ("qsub.name_colon", "Colon (':') not allowed in objectname"),
    ("qsub.name_space", "Error reading answer list from qmaster"),
]


@each_row("name, reason", REASONS)
def test_reasons_are_worded_as_libdrmaa_words_them(name: str, reason: str) -> None:
    answer = parse_submission(captured.case(name).result)
    assert isinstance(answer, Refused)
    assert answer.text == reason


@each_row(
    "name, certain",
    [("env.dead_port.qsub", False), ("env.unresolvable_qmaster.qsub", False), ("env.silent_port.qsub", False),
     ("cell2.sync_sigkill", False), ("cell2.max_jobs", True), ("qsub.err_bad_option", True)],
)  # fmt: skip
def test_whether_a_job_may_have_been_created(name: str, certain: bool) -> None:
    answer = parse_submission(captured.case(name).result)
    assert isinstance(answer, Refused)
    assert answer.certain == certain


def test_success_with_exit_1_keeps_the_warning() -> None:
    case = captured.case("cell2.no_queue_terse")
    assert case.result.exit_code == 1
    warning = "warning: ge's job is not allowed to run in any queue"
    assert parse_submission(case.result) == Accepted(62, None, (warning,))


def test_a_jsv_may_talk_before_the_id() -> None:
    answer = parse_submission(result("I am 12 monkeys\n99\n60\n"))
    assert answer == Accepted(60, None, ("I am 12 monkeys", "99"), (99,))


@each_row(
    "out, err, code",
    [
        ("", "", 0),
        ("", "", 1),
        ("", "", -9),
        ("", "", -15),
        ("12", "", 0),
        ("12", "", -9),
        ("Your job 12 (", "", -9),
        ('Your job 12 ("x") has been', "", 0),
        ("12 monkeys\n", "", 0),
        ("60\nI talk after the id\n", "", 0),
        ("job 5 is fine\n", "", 0),
        ("5.9-1:1\n", "", 0),
        ("5.0-3:1\n", "", 0),
        ("-5\n", "", 0),
        ("5.\n", "", 0),
        ("12345678901\n", "", 0),
        ("", "Interrupted!\n", 1),
        ("", "Exiting.\n", 1),
        ("", "Segmentation fault\n", 139),
        ("", "Your job 12 is rejected\n", 1),
    ],
)
def test_no_id_is_made_up(out: str, err: str, code: int) -> None:
    answer = parse_submission(result(out, err, code))
    assert isinstance(answer, Refused)
    assert answer.kind is Refusal.NO_ANSWER
    assert not answer.certain


def test_a_number_before_a_refusal_is_no_id() -> None:
    answer = parse_submission(result("60\n", "Unable to run job: no way\nExiting.\n", 1))
    assert answer == Refused(Refusal.DENIED, "no way")


@pytest.mark.parametrize("code", [126, 127])
def test_a_shell_that_finds_no_qsub(code: int) -> None:
    with pytest.raises(CommandFailed, match="qsub"):
        parse_submission(result("", "bash: line 1: qsub: command not found\n", code))


@pytest.mark.parametrize(
    ("err", "code"),
    [
        ("/opt/site/qsub: line 9: syntax error near unexpected token `fi'\n", 2),
        ("/opt/site/qsub: 9: Syntax error: Unterminated quoted string\n", 2),
        ("Traceback (most recent call last):\nOSError: the log is full\n", 3),
        ("/opt/site/qsub: line 12: jq: command not found\n", 127),
        ("/opt/site/qsub: line 12: /opt/site/notify: Permission denied\n", 126),
        ("the site's log is full\n", 25),
    ],
)
def test_a_wrapper_that_failed_says_nothing_of_the_job(err: str, code: int) -> None:
    """Its qsub may have been run before."""
    answer = parse_submission(result("", err, code))
    assert isinstance(answer, Refused)
    assert not answer.certain


@pytest.mark.parametrize("name", ["qsub", "qsub.real"])
def test_a_wrapper_without_its_qsub(name: str) -> None:
    for said in ("No such file or directory", "Permission denied"):
        with pytest.raises(CommandFailed, match=said):
            parse_submission(result("", f"/usr/bin/qsub: line 30: /opt/sge/bin/{name}: {said}\n", 126))


@pytest.mark.parametrize("end", [".", ""])
def test_other_flavours(end: str) -> None:
    sentence = f'Your job-array 7.1-9:2 ("a (\\"b\\") x") has been submitted{end}\r\n'
    assert parse_submission(result(sentence)) == Accepted(7, TaskRange(1, 9, 2), ())
    later = "Your qsub request could not be scheduled, try again later.\n"
    answer = parse_submission(result("", f"Unable to run job: {later}Exiting.\n", 1))
    assert isinstance(answer, Refused)
    assert answer.kind is Refusal.TRY_LATER


WORDS = (
    *(b"Your job ", b"Your job-array ", b"12", b"7", b".1-9:2", b".", b' ("x")', b" has been submitted"),
    *(
        b"Unable to run job: ",
        b"no way",
        b"Exiting.",
        b"warning: ",
        b"qsub: ",
        b"error: ",
        b"denied: ",
        b"\n",
    ),
)
ANYTHING = st.one_of(st.binary(), st.lists(st.sampled_from(WORDS), max_size=8).map(b"".join))


@given(ANYTHING, ANYTHING, st.integers(-64, 255))
@example(b"12\n", b"", 0)
@example(b'Your job 12 ("x") has been submitted\n', b"", 0)
@example(b"", b"Unable to run job: no way\nExiting.\n", 1)
@example(b"", b"\tqsub: ", 2)
def test_any_bytes_have_an_answer(out: bytes, err: bytes, code: int) -> None:
    answer: Accepted | Refused | CommandFailed
    try:
        answer = parse_submission(result(out, err, code))
    except CommandFailed as error:
        answer = error
    if isinstance(answer, CommandFailed):
        assert code in (126, 127) or answer.text.encode() in err
    elif isinstance(answer, Accepted):
        number = b"%d" % answer.job
        in_a_sentence = re.search(rb"Your job(-array)? %s\b" % number, out + err)
        assert in_a_sentence or number in re.split(rb"[\s.]", out)
    else:
        assert answer.text
        doubtful = {Refusal.NO_ANSWER, Refusal.NO_QMASTER}
        said = result(out, err, code)
        if qsub.REFUSED not in said.err:
            doubtful.add(Refusal.TRY_LATER)
        own = re.search(qsub._OWN_WORDS, said.err)  # noqa: SLF001  # as opposed to words of others than qsub
        if not (own or re.search(qsub.USAGE, said.out)):
            doubtful.add(Refusal.SYNTAX)
        assert answer.certain == (answer.kind not in doubtful)


@given(st.sampled_from([case for case in WITH_ID if case.result.exit_code == 0]), st.integers(0, 60))
def test_a_cut_off_reply_never_gives_another_id(case: Case, length: int) -> None:
    whole = parse_submission(case.result)
    assert isinstance(whole, Accepted)
    cut = case.result._replace(stdout=case.result.stdout[:length], stderr=case.result.stderr[:length])
    answer = parse_submission(cut)
    if isinstance(answer, Accepted):
        assert (answer.job, answer.tasks) == (whole.job, whole.tasks)
    else:
        assert (answer.kind, answer.certain) == (Refusal.NO_ANSWER, False)


def test_the_kinds_are_all_in_the_transcripts() -> None:
    answers = [parse_submission(case.result) for case in WITHOUT_ID]
    assert {answer.kind for answer in answers if isinstance(answer, Refused)} == set(Refusal)
