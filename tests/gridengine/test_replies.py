"""What every tool can say: the qmaster is not there, the environment is wrong. And any bytes at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drmaa_cli.errors import InternalException
from drmaa_cli.gridengine import control, probe, qacct, qstat, qsub
from drmaa_cli.gridengine.records import CommandResult, JobId
from drmaa_cli.gridengine.replies import (
    CommandFailed,
    GridEngineError,
    QmasterUnreachable,
    UnreadableReply,
    check_environment_errors,
    find_environment_error,
    reader,
)
from tests.gridengine import captured
from tests.gridengine.captured import Case, result
from tests.tables import each_row

NO_QMASTER = [
    case
    for case in captured.cases()
    if "unable to send message" in case.out + case.err and "<?xml" not in case.out
]
WRONG_PLACE = [
    case
    for case in captured.cases()
    if case.name.startswith(("env.bad_", "env.root_unset_realbin")) and case.err
]
WELL = [case for case in captured.cases() if case.result.exit_code == 0 and not case.err]


def test_there_are_captures() -> None:
    assert len(NO_QMASTER) > 15
    assert len(WRONG_PLACE) > 20
    assert len(WELL) > 400


@each_row("case", NO_QMASTER, captured.ids(NO_QMASTER))
def test_no_qmaster_by_its_text(case: Case) -> None:
    with pytest.raises(QmasterUnreachable) as caught:
        check_environment_errors(case.result)
    assert caught.value.text.startswith("unable to send message to qmaster using port")
    assert caught.value.text in case.out + case.err


@each_row("case", WELL, captured.ids(WELL))
def test_no_false_alarm(case: Case) -> None:
    check_environment_errors(case.result)


@each_row("case", WRONG_PLACE, captured.ids(WRONG_PLACE))
def test_wrong_places(case: Case) -> None:
    with pytest.raises(CommandFailed, match=r"SGE_ROOT|cell directory") as caught:
        check_environment_errors(case.result)
    assert f"{caught.value.text}\n" in case.err
    assert not caught.value.text.startswith(("error", "critical"))


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("qstat.bad_option", 'invalid option argument "-foo"'),
        ("qstat.j_neg", 'invalid option argument "-1"'),
        ("qacct.bad_option", "usage: qacct [options] (a usage error)"),
        ("hold_filter.s_huo", "usage: qstat [options] (a usage error)"),
    ],
)
def test_usage_errors(name: str, complaint: str) -> None:
    with pytest.raises(CommandFailed) as caught:
        check_environment_errors(captured.case(name).result)
    assert caught.value.text == complaint


def test_a_job_that_talks_about_the_qmaster() -> None:
    name = b"<JB_name>\nunable to send message to qmaster\n</JB_name>"
    assert find_environment_error(result(b"<?xml version='1.0'?>\n" + name)) is None
    assert find_environment_error(result("jobname   unable to send message to qmaster\n")) is None


def test_many_prefixes_are_searched_in_linear_time() -> None:
    assert find_environment_error(result("", "error: " * 20000 + "x")) is None


JOBS = [JobId(5), JobId(7, 1)]
READERS: dict[str, Callable[[CommandResult], Any]] = {
    "listing": qstat.parse_listing,
    "details": lambda reply: qstat.parse_details(reply, [5]),
    "qacct": qacct.parse,
    "qsub": qsub.parse_submission,
    "control": lambda reply: control.parse("hold", reply, JOBS),
    "banner": probe.banner,
    "sconf": probe.parse_sconf,
}
TRANSCRIPTS = [case for case in captured.cases() if len(case.result.stdout) < 20000]


@pytest.mark.parametrize("reader", READERS)
@given(st.binary(), st.binary(), st.sampled_from([0, 0, 1, -9, 11, 127]))
def test_any_bytes_give_a_result_or_a_typed_error(reader: str, out: bytes, err: bytes, code: int) -> None:
    try:
        READERS[reader](result(out, err, code, "tool"))
    except GridEngineError as error:
        assert error.text.strip()  # noqa: PT017  # both outcomes are right


@pytest.mark.parametrize("reader", READERS)
@settings(suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
@given(st.sampled_from(TRANSCRIPTS), st.integers(0, 20000), st.integers(0, 30), st.binary(max_size=6))
def test_damaged_transcripts_give_a_result_or_a_typed_error(
    reader: str, case: Case, position: int, length: int, damage: bytes
) -> None:
    out = case.result.stdout
    position %= len(out) + 1
    damaged = out[:position] + damage + out[position + length :]
    try:
        READERS[reader](case.result._replace(stdout=damaged))
    except GridEngineError as error:
        assert error.text.strip()  # noqa: PT017  # both outcomes are right


@given(st.sampled_from([case for case in TRANSCRIPTS if "<job_info" in case.out]), st.data())
def test_a_listing_never_loses_its_tail_silently(case: Case, data: st.DataObject) -> None:
    out = case.result.stdout.rstrip()
    cut = data.draw(st.integers(0, len(out) - 1))
    with pytest.raises(UnreadableReply):
        qstat.parse_listing(result(out[:cut]))


def test_what_a_reader_did_not_foresee_is_an_answer_that_cannot_be_read() -> None:
    @reader
    def parse(result: CommandResult) -> str:
        raise KeyError(result.out)

    with pytest.raises(UnreadableReply, match=r"test_replies.parse cannot read: KeyError") as caught:
        parse(captured.result("x"))
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_python_that_lacks_a_module_is_no_answer_that_cannot_be_read() -> None:
    @reader
    def parse(result: CommandResult) -> str:
        raise ImportError(result.out)

    with pytest.raises(InternalException, match="no lxml") as caught:
        parse(captured.result("no lxml"))
    assert isinstance(caught.value.__cause__, ImportError)


UNCONFIGURED = [case for case in captured.cases() if case.name.startswith("act_qmaster.empty.")]


@each_row("case", UNCONFIGURED, ids=captured.ids(UNCONFIGURED))
def test_an_installation_that_nobody_has_configured(case: Case) -> None:
    """The same as where the file is missing: qsub alone takes it for its environment's fault."""
    kind = CommandFailed if case.argv[0] == "qsub" else QmasterUnreachable
    with pytest.raises(kind, match=r"^unable to read qmaster name: "):
        check_environment_errors(case.result)


def test_no_version_and_no_configuration_of_it() -> None:
    for read, name in ((probe.banner, "qstat_help"), (probe.parse_sconf, "qconf")):
        with pytest.raises(QmasterUnreachable):
            read(captured.case(f"act_qmaster.empty.{name}").result)


@pytest.mark.parametrize("code", [126, 127])
def test_what_a_shell_could_not_run(code: int) -> None:
    said = "sh: 1: welcome\nsh: 1: qstat: Permission denied\n"
    with pytest.raises(CommandFailed) as caught:
        check_environment_errors(captured.result("", said, code))
    assert caught.value.text == "sh: 1: qstat: Permission denied"
    check_environment_errors(captured.result("", "", code))
    check_environment_errors(captured.result("", said, 1))


@each_row(
    "complaint",
    [
        "directory doesn't exist: /sge//common",
        "$SGE_ROOT=/etc/passwd is not a directory",
        'fopen("/sge/default/common/bootstrap") failed: No such file or directory',
        'fopen("/sge/default/common/bootstrap") failed: Not a directory',
        "cannot read attribute <admin_user> from bootstrap file /sge/default/common/bootstrap",
    ],
)
def test_a_cell_that_is_none_is_no_doubt_about_whose_commands_these_are(complaint: str) -> None:
    """An empty SGE_CELL, a file for a root, no bootstrap file: runs of qconf, qstat and qsub of 8.1.9."""
    said = f"error: {complaint}\n".encode()
    with pytest.raises(CommandFailed, match=re.escape(complaint)):
        check_environment_errors(CommandResult(("qconf", "-sconf"), 1, b"", said))
    refused = f"\nUnable to initialize environment because of error: {complaint}\nExiting.\n".encode()
    with pytest.raises(CommandFailed, match=re.escape(complaint)):
        check_environment_errors(CommandResult(("qsub", "-b", "y", "true"), 1, b"", refused))
