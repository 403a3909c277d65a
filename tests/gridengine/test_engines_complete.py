"""No transcript of another real engine is unread, save what drmaa_cli never asks; no false alarms."""

from __future__ import annotations

import re

from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.gridengine.replies import check_environment_errors, find_environment_error
from tests.gridengine import (
    captured,
    test_engines_accounting,
    test_engines_qstat,
    test_engines_replies,
)
from tests.gridengine.captured import RECORDED, Case
from tests.tables import each_row

ALL = [case for engine in RECORDED for case in captured.cases(engine)]
READ = [
    *test_engines_qstat.LISTINGS,
    *test_engines_qstat.DETAILS,
    *(plain for _, plain in test_engines_qstat.TABLES),
    *(plain for _, plain in test_engines_qstat.TEXTS),
    *test_engines_accounting.RECORDS,
    *test_engines_replies.ANSWERS,
    *test_engines_replies.SUBMISSIONS,
    *test_engines_replies.GONE,
    *test_engines_replies.WRONG,
]
BY_NAME = {  # read in tests that name them: the pattern says which
    r"^help\.": "the head of a help text",
    r"^qacct\.|^special\.\w+\.qacct|^time\.qacct|qacct$": "no record, no file, no cell, totals, zones",
    r"unknown|just_gone|after_qdel_pending|zero|bad_id|glob_none": "jobs that are not there",
    r"held_deleted|finished_window": "jobs that have just gone",
    r"^env\.no_act_qmaster|noargs$|bad_option|j_neg|noarg|s_huo|s_f|j_json": "what cannot be asked",
}
NEVER_ASKED = {
    r"^(qconf|qhost)": "objects of the cell: drmaa_cli asks for the configuration alone",
    r"^(qalter|qselect|qquota|qrsh|ls|env)$": "tools that drmaa_cli never runs",
    r"^qmod -s?u?sq|^qmod -usq": "queues",
    r"^qstat( -\w+ \S+)*( -(r|f|F|ext|pri|urg|t|ne|explain|g|q|s)\b.*)": "tables with other columns",
    r"^qstat -j": "a description of jobs as text, for people",
    r"^qstat( -u \S+)?( -s \S+)?$": "the table, for people",
}


def left() -> list[Case]:
    read = {(case.engine, case.name) for case in READ}
    return [case for case in ALL if (case.engine, case.name) not in read]


def reasons(case: Case) -> list[str]:
    tool = case.argv[0].rpartition("/")[2]
    words = " ".join((tool, *case.argv[1:]))
    return [why for pattern, why in BY_NAME.items() if re.search(pattern, case.name)] + [
        why for pattern, why in NEVER_ASKED.items() if re.search(pattern, words) or re.search(pattern, tool)
    ]


def test_every_transcript_is_read_or_never_asked_for() -> None:
    assert [case.name for case in left() if not reasons(case)] == []


def test_most_are_read() -> None:
    for engine in captured.OTHERS:
        of_engine = [case for case in ALL if case.engine == engine]
        unread = [case for case in left() if case.engine == engine]
        assert len(unread) < len(of_engine) / 4


WELL = [
    case for case in ALL if case.result.exit_code == 0 and not case.err and "nication_error" not in case.out
]


@each_row("case", WELL, captured.ids(WELL))
def test_no_false_alarm(case: Case) -> None:
    check_environment_errors(case.result)


FAILED = [case for case in ALL if case.result.exit_code > 0]


@each_row("case", FAILED, captured.ids(FAILED))
def test_an_alarm_only_for_the_qmaster_and_the_cell(case: Case) -> None:
    """Whatever else a command complains of is said by its own reader."""
    error = find_environment_error(case.result)
    about = re.search(
        r"to qmaster|act_qmaster|SGE_ROOT|cell directory|commlib error|initialize environment",
        case.out + case.err,
    )
    assert (error is not None) == (about is not None), error


def test_a_complaint_inside_the_data_is_none() -> None:
    said = b"error: unable to send message to qmaster using port 1"
    (case, *_) = test_engines_qstat.LISTINGS
    with_name = case.result.stdout.replace(b"<JB_name>", b"<JB_name>" + said)
    assert find_environment_error(CommandResult(("qstat",), 0, with_name, b"")) is None
