"""What else is told of a job that waits: evidence and advice, messages of its error state, words."""

from __future__ import annotations

from drmaa_cli.gridengine.obstacles import Kind, parse
from drmaa_cli.jobs.reason import ReasonKind
from drmaa_cli.jobs.why import error_state
from drmaa_cli.jobs.why.circumstances import Circumstances
from drmaa_cli.jobs.why.explanation import Explanation, Finding, WaitKind
from drmaa_cli.jobs.why.waiting import explain, needs_places
from drmaa_cli.jobs.why.words import names, number, task_numbers
from tests.tables import each_row
from tests.why.made_up import NOW, TWO_FULL, full, job, not_now, row


def test_who_stands_before_it_is_evidence() -> None:
    about = Circumstances(row(), job(), now=not_now(full("a.q@n1")), queues=TWO_FULL)
    assert explain(about._replace(ahead=1), NOW).evidence[-1] == "qstat: 1 job or task is before it"
    assert explain(about._replace(ahead=5), NOW).evidence[-1] == "qstat: 5 jobs and tasks are before it"
    assert "first in line" in explain(about, NOW).advice[0]
    assert "others are before it" in explain(about._replace(ahead=1), NOW).advice[0]


def test_where_the_queues_matter() -> None:
    assert needs_places(Circumstances(row(), job()), NOW)
    assert not needs_places(Circumstances(row(), job(start_time=NOW + 1)), NOW)
    assert not needs_places(Circumstances(row(), job(concurrency=2), together=2), NOW)


@each_row(
    "message, sentence",
    [
        (
            "error: can't chdir to /x: Permission denied",
            "its working directory /x may not be used by the job's owner",
        ),
        ("error: can't chdir to /x: Not a directory", "its working directory /x is not a directory"),
        (
            "can't chdir to /x: Input/output error",
            "its working directory /x cannot be used (Input/output error)",
        ),
        (
            'error: can\'t open output file "/x/o": Permission denied',
            "its output file /x/o may not be written by its owner",
        ),
        (
            'can\'t stat() "/x/o" as stdout_path: Not a directory KRB5CCNAME=none uid=0 gid=0 0',
            "its output file /x/o cannot be written (Not a directory)",
        ),
        (
            'can\'t make directory "/drift/logs" as stdout_path: Permission denied',
            "its output file /drift/logs may not be written by its owner",
        ),
        (
            'execvlp(/x/p, "/x/p") failed: Exec format error',
            "its program /x/p is for another machine, or a script whose first line names no shell",
        ),
        (
            'execvp(/x/p, "/x/p") failed: Text file busy',
            "its program /x/p cannot be executed (Text file busy)",
        ),
        (
            'can\'t get password entry for user "anna". Either the user does not exist or NIS error!',
            "the host knows no user anna",
        ),
        ("exit_status of prolog = 1", "the prolog of its queue or parallel environment exited with 1"),
    ],
)
def test_messages_of_error_states(message: str, sentence: str) -> None:
    found = error_state.explain(message)
    assert found is not None
    assert found.sentence == sentence
    assert found.advice


def test_a_message_that_nobody_knows() -> None:
    assert error_state.explain("the moon is full") is None
    assert parse("the moon is full") == parse(" the moon  is full ")
    assert parse("the moon is full").kind is Kind.OTHER


def test_words() -> None:
    assert [names(f"n{n}" for n in range(count)) for count in (0, 1, 2, 4)] == [
        "",
        "n0",
        "n0 and n1",
        "n0, n1, n2 and n3",
    ]
    assert names(f"n{n}" for n in range(5)) == "n0, n1, n2 and 2 others"
    assert [number(text) for text in ("0.000000", "10.000G", "1.50", "lx-amd64", "7", "1.2.3")] == [
        *("0", "10G", "1.5", "lx-amd64", "7", "1.2.3"),
    ]
    assert task_numbers([3, 1, 2, 9]) == "1-3,9"


def test_an_explanation_as_text() -> None:
    one = Explanation("7", 1, "running", WaitKind.RUNNING, "running on a.q@n1", True)
    assert (str(one), one.ended) == ("7: running on a.q@n1", False)
    assert one._replace(kind=ReasonKind.EXITED).ended
    assert Finding(ReasonKind.EXITED, "x").ended
