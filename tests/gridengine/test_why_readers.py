"""The readers of what is asked about jobs that wait: every recorded answer, and each cut off anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.gridengine import qstat, queues, surroundings, verification, waiting
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.gridengine.replies import CommandFailed, GridEngineError, QmasterUnreachable, UnreadableReply
from drmaa_cli.gridengine.verification import Startable
from tests.gridengine import captured
from tests.tables import each_row

FILE = Path(__file__).resolve().parent.parent / "data" / "why" / "sge-8.1.9.jsonl"
UNREACHABLE = (
    "error: commlib error: got select error (Connection refused)\n"
    'ERROR: unable to send message to qmaster using port 6444 on host "localhost": got send error\n'
)


def answers(*words: str) -> Iterator[CommandResult]:
    """Every recorded answer to a command that begins with these words, each text once."""
    seen = set()
    for line in FILE.read_text(encoding="utf-8").splitlines():
        for found in json.loads(line)["transcripts"]:
            text = found["stdout"] + found["stderr"]
            if tuple(found["argv"][: len(words)]) == words and text not in seen:
                seen.add(text)
                yield result(found["stdout"], found["stderr"], found["exit_code"], tuple(found["argv"]))


def result(out: str, err: str = "", code: int = 0, argv: tuple[str, ...] = ("x",)) -> CommandResult:
    return CommandResult(argv, code, out.encode(), err.encode())


def number(answer: CommandResult) -> int:
    return next(int(word) for word in answer.argv if word.isdigit())


READERS: list[tuple[tuple[str, ...], Callable[[CommandResult], Any]]] = [
    (("qstat", "-j"), waiting.parse),
    (("qstat", "-f"), queues.parse),
    (("qalter", "-w"), lambda answer: verification.parse(answer, number(answer))),
    (("qhost",), surroundings.parse_memory),
    (("qselect", "-pe"), surroundings.parse_instances),
    (("qconf", "-srqs"), lambda answer: surroundings.parse_quota(answer, "max/1")),
]


@pytest.mark.parametrize(("words", "read"), READERS, ids=[" ".join(words) for words, _ in READERS])
def test_every_recorded_answer_is_read(words: tuple[str, ...], read: Callable[[CommandResult], Any]) -> None:
    found = list(answers(*words))
    assert found
    for answer in found:
        read(answer)


@pytest.mark.parametrize(("words", "read"), READERS[:4], ids=[" ".join(words) for words, _ in READERS[:4]])
def test_an_answer_cut_off_is_an_error(words: tuple[str, ...], read: Callable[[CommandResult], Any]) -> None:
    for answer in list(answers(*words))[:8]:
        whole = answer.stdout.rstrip()
        last = b"verification: found suitable queue" if words[0] == "qalter" else b"</"
        for end in range(0, whole.rindex(last) + 1, max(1, len(whole) // 100)) if last in whole else ():
            with pytest.raises(GridEngineError):
                read(answer._replace(stdout=whole[:end]))


@each_row("words, read", READERS, ids=[" ".join(words) for words, _ in READERS])
def test_no_qmaster(words: tuple[str, ...], read: Callable[[CommandResult], Any]) -> None:
    with pytest.raises(QmasterUnreachable):
        read(result("", UNREACHABLE, 1, (*words, "7")))


def asked_about(case: str) -> CommandResult:
    """`qstat -j` of the job of a situation."""
    lines = map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    line = next(line for line in lines if line["case"] == case)
    argv = ["qstat", "-j", line["job"], "-xml"]
    found = next(found for found in line["transcripts"] if found["argv"] == argv)
    return result(found["stdout"], found["stderr"], found["exit_code"], tuple(argv))


def test_the_facts_of_a_job() -> None:
    (job,) = waiting.parse(asked_about("more_slots_than_a_host_has")).jobs.values()
    assert (job.pe, job.slots, job.is_array, job.predecessors) == ("smp", "50", False, ())
    (job,) = waiting.parse(asked_about("more_than_there_is")).jobs.values()
    assert (job.resources, job.queues, job.category[2]) == ({"lic": "3"}, (), (("lic", "3"),))


def test_what_is_empty_is_left_out() -> None:
    answer = asked_about("more_than_there_is")
    silent = re.sub(rb"<MES_message>[^<]*<", b"<MES_message> <", answer.stdout)
    assert waiting.parse(answer._replace(stdout=silent)).messages == ()
    nameless = answer.stdout.replace(b"CE_name>", b"CE_other>")
    (job,) = waiting.parse(answer._replace(stdout=nameless)).jobs.values()
    assert job.resources == {}
    answer = asked_about("more_slots_than_a_host_has")
    (job,) = waiting.parse(
        answer._replace(stdout=answer.stdout.replace(b"RN_min>", b"RN_other>"))
    ).jobs.values()
    assert job.slots == ""


def test_jobs_the_qmaster_does_not_know() -> None:
    unknown = captured.case("qstat.j_unknown_xml").result
    assert waiting.parse(unknown) == waiting.SchedulerAnswer({}, (), collects=True)


def test_the_scheduler_may_be_silent() -> None:
    collected = {waiting.parse(answer).collects for answer in answers("qstat", "-j")}
    assert collected == {True, False}


@pytest.mark.parametrize("engine", captured.OTHERS)
def test_other_engines_tell_the_same(engine: str) -> None:
    dependent = waiting.parse(captured.case("hold_filter.j_xml_name", engine).result)
    (job,) = dependent.jobs.values()
    assert job.predecessors == (157,)
    assert "job dropped because of job dependencies" in dependent.about(job.job)
    timed = waiting.parse(captured.case("hold_filter.j_xml_a_u", engine).result)
    assert [job.start_time for job in timed.jobs.values()] == [1924991940.0]


def test_a_start_time_that_is_none_is_an_error() -> None:
    timed = captured.case("hold_filter.j_xml_a_u", "ocs-9.1.4").result
    with pytest.raises(UnreadableReply):
        waiting.parse(timed._replace(stdout=timed.stdout.replace(b"2030-12-31T23:59:00.000000", b"soon")))


@pytest.mark.parametrize("engine", [None, *captured.OTHERS])
def test_no_recorded_answer_is_misread(engine: str | None) -> None:
    for case in captured.cases() if engine is None else captured.cases(engine):
        if tuple(case.argv[:2]) != ("qstat", "-j") or "-xml" not in case.argv:
            continue
        try:
            expected = qstat.parse_details(case.result, ()).jobs
        except GridEngineError as refused:
            with pytest.raises(type(refused)):
                waiting.parse(case.result)
        else:
            found = waiting.parse(case.result).jobs
            assert set(found) == {job.job for job in expected}
            for job in expected:
                told = {task.task: task.messages for task in job.details if task.messages}
                assert set(found[job.job].errors) == set(told)


def test_ranges_of_slots() -> None:
    answer = asked_about("more_slots_than_a_host_has")
    several = answer.stdout.replace(b"<RN_max>50</RN_max>", b"<RN_max>80</RN_max>")
    (job,) = waiting.parse(answer._replace(stdout=several)).jobs.values()
    assert job.slots == "50-80"


@each_row(
    "text, verdict",
    [
        ("verification: found suitable queue(s)\n", Startable.POSSIBLE),
        ("verification: found possible assignment with 2 slots\n", Startable.POSSIBLE),
        ("verification: job is already running or is held\n", Startable.NOT_ASKED),
        ('Job 7 has no permission for host "n1"\nverification: no suitable queues\n', Startable.IMPOSSIBLE),
        ('denied: "nobody" must be at least owner of job 7 to change job attributes\n', Startable.DENIED),
        ('denied: job "7" does not exist\n', Startable.GONE),
    ],
)
def test_verdicts(text: str, verdict: Startable) -> None:
    assert verification.parse(result(text), 7).verdict is verdict
    assert verification.parse(result("", text, 1), 7).verdict is verdict


def test_an_answer_in_other_words_is_none() -> None:
    with pytest.raises(UnreadableReply):
        verification.parse(result("verification: maybe\n"), 7)
    with pytest.raises(UnreadableReply):
        queues.parse(result("<?xml version='1.0'?><other/>"))
    with pytest.raises(UnreadableReply):
        surroundings.parse_memory(result("<?xml version='1.0'?><other/>"))
    with pytest.raises(UnreadableReply):
        surroundings.parse_instances(result("a.q@n1\n", "", 1))
    with pytest.raises(UnreadableReply):
        surroundings.parse_quota(result("", "what?", 1), "max/1")
    with pytest.raises(CommandFailed):
        surroundings.parse_quota(result("", 'SGE_ROOT directory "/x" doesn\'t exist', 1), "max/1")


def test_quotas() -> None:
    text = "{\n   name         max\n   enabled      TRUE\n   limit        users {*} to slots=1\n"
    text += "   limit        name second hosts @all to lic=2,\\\n                slots=3\n}\n"
    assert surroundings.quota_argv("max/1") == ("qconf", "-srqs", "max")
    assert surroundings.parse_quota(result(text), "max/1") == "users {*} to slots=1"
    assert surroundings.parse_quota(result(text), "max/second") == "hosts @all to lic=2,slots=3"
    assert surroundings.parse_quota(result(text), "max/7") == ""
    assert surroundings.parse_quota(result("", "No resource quota set found\n", 1), "gone/1") == ""


def test_queue_instances() -> None:
    one = queues.QueueInstance("a.q@n1", 3, 0, 4, "", ())
    assert (one.queue, one.host, one.free) == ("a.q", "n1", 1)
    alarmed = [
        each for answer in answers("qstat", "-f") for each in queues.parse(answer) if "a" in each.state
    ]
    assert all(each.reasons[0].startswith("alarm hl:load_avg=") for each in alarmed)
    assert alarmed
    assert qstat.LISTING_ROOT == "job_info"
