"""The recorder for sites: what it writes can be replayed, and tells nothing of the site."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from drmaa_cli.gridengine import control, qacct, qstat
from drmaa_cli.gridengine.qsub import Accepted, parse_submission
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.gridengine.replies import Outcome
from tests import record_flavour
from tests.anonymous import Anonymous, scrub
from tests.gridengine import captured
from tests.gridengine.plain_text import descriptions, table
from tests.real_cell import RealCell
from tests.record_flavour import Recorder, only_ours

SECRETS = ("grid2", "cap.q", "/opt/ge/v914", "/home/grid2", "/tmp/work", "badcwd")


def result(text: str, *argv: str) -> CommandResult:
    return CommandResult(argv, 0, text.encode(), b"")


def names() -> Anonymous:
    found = Anonymous()
    found.add("u", "grid2")
    found.add("/p", "/tmp/work")
    return found


@pytest.mark.parametrize("engine", captured.ENGINES)
def test_what_is_read_survives_and_the_rest_does_not(engine: str) -> None:
    """On transcripts of five engines: the same jobs, states, tasks and times, without names and paths."""
    anonymous = names()
    for name in ("state.r.xml", "state.array_mix.xml", "state.hr.j_xml", "state.Eqw_badcwd.j_xml"):
        case = captured.case(name, engine)
        text = scrub(case.argv, case.out)
        anonymous.learn(text)
        text = anonymous.apply(text)
        if "-j" in case.argv:
            (before,), (after,) = (
                qstat.parse_details(reply, [1]).jobs for reply in (case.result, result(text))
            )
            assert after.details == before.details
            assert (after.tasks, after.submission_time) == (before.tasks, before.submission_time)
        else:
            rows, others = (qstat.parse_listing(reply).rows for reply in (case.result, result(text)))
            assert [row._replace(owner="", queue="") for row in others] == [
                row._replace(owner="", queue="") for row in rows
            ]
            assert {row.owner for row in others} == {"u1xxx" if "grid2" in case.out else rows[0].owner}
        for secret in SECRETS[:5]:
            assert secret not in text, (name, secret)


@pytest.mark.parametrize("engine", captured.OTHERS)
def test_columns_stay_where_they_are(engine: str) -> None:
    anonymous = names()
    case = captured.case("state.array_mix.plain", engine)
    anonymous.learn(case.out)
    text = anonymous.apply(case.out)
    assert "grid2" not in text
    before, after = table(case.result.stdout), table(text.encode())
    assert [line._replace(queue="") for line in after] == [line._replace(queue="") for line in before]


@pytest.mark.parametrize("engine", captured.OTHERS)
def test_accounting(engine: str) -> None:
    anonymous = names()
    case = captured.case("qacct.j_qdel_running", engine)
    text = scrub(case.argv, case.out)
    anonymous.learn("\n".join([text, *case.accounting_lines]))
    (before,), (after,) = (qacct.parse(reply) for reply in (case.result, result(anonymous.apply(text))))
    assert (after.failed, after.exit_status, after.end_time) == (
        before.failed,
        before.exit_status,
        before.end_time,
    )
    assert after.deleted_by == ("u1xxx@localhost" if before.deleted_by else "")
    for line in (text, *case.accounting_lines):
        for secret in SECRETS[:3]:
            assert secret not in anonymous.apply(line)


def test_the_text_of_qstat_j() -> None:
    case = captured.case("state.Eqw_badcwd.j", "ocs-9.1.4")
    text = scrub(case.argv, case.out)
    (fields,) = descriptions(text).values()
    assert fields["job_name"] == "badcwd"
    assert fields["sge_o_home"] == fields["submit_cmd_line"] == fields["cwd"] == "x"
    assert any(label.startswith("error_reason") for label in fields)


def test_help_is_cut_to_the_options() -> None:
    text = (
        "OCS 9\nusage: qstat [options]\n   [-a date_time]     request a time\n   [-h]  hold\n\nlist   x,y\n"
    )
    assert scrub(["qstat", "-help"], text) == "OCS 9\nusage: qstat [options]\n   [-a date_time]\n   [-h]\n"


def test_other_jobs_are_left_out() -> None:
    case = captured.case("state.array_mix.xml", "ocs-9.1.4")
    text = only_ours(case.out.replace("<JB_name>atc<", "<JB_name>rec_atc<"))
    assert {row.name for row in qstat.parse_listing(result(text)).rows} == {"rec_atc"}
    plain = captured.case("state.array_mix.plain", "ocs-9.1.4").out
    assert [line.tasks for line in table(only_ours(plain.replace("atc    ", "rec_atc")).encode())] == [
        (1, 3, 5, 7, 9)
    ]
    assert only_ours(plain) == ""


@pytest.mark.real_cell
def test_at_a_real_cell(real_cell: RealCell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All questions are asked, every answer is kept and read, and no job is left behind."""
    for name, value in {**real_cell.env, "PATH": f"{real_cell.bin_directory}:/usr/bin:/bin"}.items():
        monkeypatch.setenv(name, value)
    out = tmp_path / "recorded"
    record_flavour.main([str(out), "--minutes", "2"])
    lines = [json.loads(line) for path in out.glob("*.jsonl") for line in path.read_text().splitlines()]
    cases = {line["case"]: line for line in lines}
    assert len(cases) == len(lines) >= 95
    assert str(real_cell.directory) not in json.dumps(lines)
    answer = parse_submission(result(cases["qsub.terse_binary"]["stdout"], "qsub"))
    assert isinstance(answer, Accepted)
    rows = qstat.parse_listing(result(cases["state.hqw_u.xml"]["stdout"])).rows
    assert [(row.job, row.state, row.name) for row in rows] == [(answer.job, "hqw", "rec_wait")]
    assert control.judge(cases["op.qdel.qw"]["stdout"].strip()).outcome is Outcome.DONE
    (record,) = qacct.parse(result(cases["qacct.j_sigkill"]["stdout"], "qacct"))
    assert (record.failed, record.exit_status) == (100, 137)
    while "rec_" in real_cell.run("qstat", "-u", "*").stdout:  # what it deleted may take a while to go
        time.sleep(0.1)


def test_a_tool_that_is_not_there_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorder = Recorder(None, 1)
    assert recorder.record("x.y", str(tmp_path / "qacct"), "-j", "1") == ""
    assert recorder.lines == []
    assert re.match(r"x\.y: left out \(", capsys.readouterr().err)
