"""The report of a site: nothing in it tells who and where, and it can be replayed."""

from __future__ import annotations

import json
import os
import pwd
import re
from pathlib import Path
from typing import Any

import pytest

import fake_sge
from drmaa_cli.diagnosis import Status
from drmaa_cli.diagnosis.anonymous import Anonymous, scrub
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.runner import Command
from tests.diagnosis.conftest import Instead, examined
from tests.gridengine import captured
from tests.gridengine.captured import DATA, result
from tests.tables import each_row

USER = pwd.getpwuid(os.geteuid()).pw_name
REPORTS = sorted((DATA / "reports").glob("*.jsonl"))
# The steps that rest on nothing but what the commands answer; the others look at the host as well.
REPLAYED = (
    "version",
    "qmaster",
    "status query",
    "hold filters",
    "submission",
    "queues",
    "parallel environments",
)


def read(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first line, and the transcripts."""
    head, *lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return head, lines


class Replay:
    """Answers with the transcripts of a report; a question that was asked twice has its answers in turn."""

    def __init__(self, head: dict[str, Any], lines: list[dict[str, Any]]) -> None:
        self._user = head["user"]
        self._lines = list(lines)

    def run(self, command: Command, /) -> CommandResult:
        """The first answer to this question that was not given yet."""
        argv = [self._user if word == USER else word for word in command.argv]
        line = next(line for line in self._lines if line["argv"] == argv)
        self._lines.remove(line)
        return CommandResult(
            command.argv, line["exit_code"], line["stdout"].encode(), line["stderr"].encode()
        )


def replayed(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """How each step came out there, and how it comes out here."""
    head, lines = read(path)
    found = examined(runner=Replay(head, lines), retry_for=0)
    asked = [name for name in REPLAYED if head["checks"][name] != Status.SKIPPED]
    return {name: head["checks"][name] for name in asked}, {name: found[name].status for name in asked}


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_reports_of_sites(here: fake_sge.Cell, path: Path) -> None:
    there, now = replayed(path)
    assert there == now
    assert there["version"] == Status.OK


def test_there_is_a_report_of_a_real_cell() -> None:
    assert "sge-8.1.9" in [path.stem for path in REPORTS]


@pytest.mark.parametrize(
    ("answers", "step"),
    [
        ({}, ""),
        ({("qsub", "-w"): captured.case("access.verified_no_submit_host").result}, "submission"),
        ({("qselect",): captured.case("access.queues_none").result}, "queues"),
        ({("qconf", "-sconf"): captured.case("access.environments_no_qmaster").result}, "qmaster"),
    ],
    ids=["well", "no submit host", "no queue", "no qmaster"],
)
@pytest.mark.slow
def test_written_and_replayed(here: fake_sge.Cell, tmp_path: Path, answers: Any, step: str) -> None:
    path = tmp_path / "report"
    found = examined(runner=Instead(answers), report=path, retry_for=0)
    there, now = replayed(path)
    assert there == now
    assert [name for name, made in found.items() if made.status == Status.PROBLEM] == ([step] if step else [])
    head, _ = read(path)
    assert head["report"] == 1
    assert head["engine"] == (None if step == "qmaster" else "SGE 8.1.9")
    assert head["checks"] == {name: made.status for name, made in found.items()}


SECRETS = {
    "user": "annamaria",
    "host": "node17.cluster.example.org",
    "root": "/opt/secret/sge",
    "queue": "customer.q",
}
LISTING = (
    "<a><JB_name>secret</JB_name><JB_owner>annamaria</JB_owner><JB_project>acme</JB_project>"
    "<queue_name>customer.q@node17.cluster.example.org</queue_name><state>r</state></a>"
)
HELP = "Welcome to ACME\nSGE 8.1.9\nusage: qstat [options]\n   [-ext]  view annamaria\n"
ANSWERS = [
    (("qselect", "-U", "annamaria"), "customer.q@node17.cluster.example.org\n", ""),
    (("qconf", "-spl"), "customer_mpi\n", ""),
    (("qconf", "-sconf"), "#global:\nadministrator_mail   annamaria@example.org\nmax_aj_tasks   75000\n", ""),
    (("qsub", "-w", "v"), "", 'Job 2 has no permission for cluster queue "hidden.q"\nverification: no\n'),
    (("qsub", "-w", "v"), "", 'denied: host "node17.cluster.example.org" is not a submit host\n'),
    (("qacct", "-j", "1"), "", "/opt/secret/sge/default/common/accounting: No such file or directory\n"),
    (("qstat", "-help"), HELP, ""),
    (("qstat", "-xml"), LISTING, ""),
    (("qmod", "-sj"), "annamaria@node17.cluster.example.org - 10.1.2.3 and fe80:0:0:1:2:3:4:5\n", ""),
]  # fmt: skip
WORDS = (
    "annamaria", "node17", "example.org", "secret", "customer", "hidden", "ACME", "acme", "10.1.2.3", "fe80"
)  # fmt: skip


@each_row("argv, out, err", ANSWERS)
def test_what_tells_who_and_where_is_gone(argv: tuple[str, ...], out: str, err: str) -> None:
    names = Anonymous()
    names.add("u", SECRETS["user"])
    answer = scrub(CommandResult(argv, 1, out.encode(), err.encode()))
    names.learn(answer)
    written = names.apply(answer.out + answer.err)
    assert [word for word in WORDS if word in written] == []
    assert re.sub(r"\W", "", written)


def test_the_same_name_is_the_same_word_everywhere() -> None:
    names = Anonymous()
    names.learn(result("q.one@h.one\nq.two@h.one\n", "", 0, "qselect", "-U", "x"))
    assert names.apply("h.one q.one q.two h.one.other") == "h1 q1 q2 h1.other"


def test_a_report_that_cannot_be_written(here: fake_sge.Cell, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        examined(report=tmp_path / "nowhere" / "report")
