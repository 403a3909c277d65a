"""A whole session on each of four other real engines, played from their transcripts.

The answers are as they were printed, save the number of the job (and, in accounting, its times).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from drmaa_cli.constants import JobControlAction
from drmaa_cli.errors import (
    AuthorizationException,
    InvalidJobException,
    SuspendInconsistentStateException,
    TryLaterException,
)
from drmaa_cli.gridengine import qacct
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.jobs.job_end import Outcome, end_of_record
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.system.runner import Command
from tests.core.conftest import template
from tests.core.world import FakeClock
from tests.gridengine import captured
from tests.gridengine.captured import OTHERS

JSON_LINES = ("ocs-9.0.13", "ocs-9.1.4", "ocs-9.2pre")
NUMBER = "4711"
NO_FILTER = "state.empty.xml"


class Replay:
    """An engine that has one job, in the situation that the test names.

    Attributes:
        situation: as in the names of the transcripts ``state.SITUATION.xml``; ``gone`` when it has left.
        after: the transcript of ``qstat -j`` when it has left.
        hold: the transcript of the filter by which the job is held, by filter.
        answers: the transcript that answers the next call of a tool.
    """

    def __init__(self, engine: str, common: Path) -> None:
        self.engine, self.common = engine, common
        self.situation = "qw"
        self.after = "op.qstat_j_xml.just_gone"
        self.hold: dict[str, str] = {}
        self.answers: dict[str, str] = {}
        self.calls: list[tuple[str, ...]] = []

    def run(self, command: Command, /) -> CommandResult:
        """Answer with a transcript."""
        argv = command.argv
        self.calls.append(argv)
        if argv[0] == "qconf":
            return captured.case("qconf.sconf").result._replace(argv=argv)
        case = captured.case(self.answers.get(argv[0]) or self._question(argv), self.engine)
        about = re.search(r"<JB_job_number>(\d+)<", case.out) if argv[0] == "qstat" else None
        number = about[1] if about else next((word for word in case.argv[1:] if word.isdigit()), "")
        if argv[0] == "qsub" and case.result.exit_code == 0:
            number = case.out.strip()
        text = re.sub(rf"\b{number}\b", NUMBER, case.out) if number else case.out
        return case.result._replace(argv=argv, stdout=text.encode())

    def _question(self, argv: tuple[str, ...]) -> str:
        if argv[0] in ("qsub", "qacct"):
            return {"qsub": "qsub.terse_binary", "qacct": "qacct.j_unknown"}[argv[0]]
        if argv[:2] == ("qstat", "-help"):
            return "help.qstat"
        if argv[:2] == ("qstat", "-j"):
            return self.after if self.situation == "gone" else f"state.{self.situation}.j_xml"
        letters = argv[argv.index("-s") + 1]
        if letters.startswith("h"):
            return self.hold.get(letters, NO_FILTER)
        return NO_FILTER if self.situation == "gone" else f"state.{self.situation}.xml"

    def account(self, case: str, now: float) -> None:
        """Write the line that the engine wrote of a job's end."""
        line = captured.case(case, self.engine).accounting_lines[-1]
        if self.engine in JSON_LINES:
            data = json.loads(line)
            shift = int(now * 1e6) - data["submission_time"]
            for name in ("submission_time", "start_time", "end_time"):
                data[name] += shift
            data["job_number"] = int(NUMBER)
            path, text = self.common / "accounting.jsonl", json.dumps(data)
        else:
            fields = line.split(":")
            shift = int(now) - int(fields[8])
            fields[5] = NUMBER
            for place in (8, 9, 10):
                fields[place] = str(int(fields[place]) + shift)
            path, text = self.common / "accounting", ":".join(fields)
        with path.open("a") as file:
            file.write(f"{text}\n")


@pytest.fixture(params=OTHERS)
def replay(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replay:
    root = tmp_path / "sge"
    common = root / "default" / "common"
    common.mkdir(parents=True)
    for tool in ("qsub", "qstat", "qconf", "qdel", "qhold", "qrls", "qmod", "qacct"):
        program = root / "bin" / "lx-amd64" / tool
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("SGE_ROOT", str(root))
    monkeypatch.setenv("PATH", "/nowhere")
    return Replay(request.param, common)


@pytest.fixture
def session(replay: Replay, tmp_path: Path) -> Iterator[JobSession]:
    clock = FakeClock()
    with JobSession(None, runner=replay, clock=clock, state_dir=str(tmp_path / "state")) as found:
        yield found


@pytest.fixture
def job(session: JobSession) -> str:
    number = session.runJob(template(session))
    assert number == NUMBER
    return number


SITUATIONS = {
    "qw": "queued_active",
    "r": "running",
    "s": "user_suspended",
    "S": "system_suspended",
    "sS": "user_system_suspended",
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_status(replay: Replay, session: JobSession, job: str, situation: str) -> None:
    replay.situation = situation
    assert session.jobStatus(job) == SITUATIONS[situation]


def test_a_running_job_on_hold(replay: Replay, session: JobSession, job: str) -> None:
    replay.situation = "hr"
    replay.hold = {"hu": "hold_filter.hr.s_hu_xml"}
    assert session.jobStatus(job) == "user_on_hold"


CONTROL = (
    (JobControlAction.SUSPEND, "qmod", "op.qmod_sj.r"),
    (JobControlAction.RESUME, "qmod", "op.qmod_usj.s"),
    (JobControlAction.HOLD, "qhold", "op.qhold.r"),
    (JobControlAction.RELEASE, "qrls", "op.qrls.hr"),
    (JobControlAction.TERMINATE, "qdel", "op.qdel.r.2"),
)


def test_control(replay: Replay, session: JobSession, job: str) -> None:
    replay.situation = "r"
    for action, tool, case in CONTROL:
        replay.answers = {tool: case}
        session.control(job, action)
    assert [call[0] for call in replay.calls if call[0] not in ("qstat", "qconf", "qsub")] == [
        tool for _, tool, _ in CONTROL
    ]


REFUSED = (
    (JobControlAction.SUSPEND, "qmod", "op.qmod_sj.qw", SuspendInconsistentStateException),
    (JobControlAction.SUSPEND, "qmod", "op.qmod_sj.s", SuspendInconsistentStateException),
    (JobControlAction.TERMINATE, "qdel", "op.qdel.others_job", AuthorizationException),
    (JobControlAction.TERMINATE, "qdel", "cell2.qdel_not_submit_host", AuthorizationException),
    (JobControlAction.TERMINATE, "qdel", "op.qdel.unknown", InvalidJobException),
    (JobControlAction.HOLD, "qhold", "op.qhold.others_job", AuthorizationException),
    (JobControlAction.RELEASE, "qrls", "op.qrls.unknown", InvalidJobException),
)


def test_refusals(replay: Replay, session: JobSession, job: str) -> None:
    replay.situation = "qw"
    for action, tool, case, kind in REFUSED:
        replay.answers = {tool: case}
        with pytest.raises(kind):
            session.control(job, action)


def ends(replay: Replay, session: JobSession, case: str) -> None:
    replay.situation = "gone"
    replay.account(case, session.cluster.clock.time())


def test_an_exit_status(replay: Replay, session: JobSession, job: str) -> None:
    replay.situation = "r"
    assert session.jobStatus(job) == "running"
    ends(replay, session, "qacct.j_exit1")
    info = session.wait(job)
    assert (info.hasExited, info.exitStatus, info.wasAborted) == (True, 1, False)
    assert not [call for call in replay.calls if call[0] == "qacct"], "the file told it"


def test_a_signal(replay: Replay, session: JobSession, job: str) -> None:
    ends(replay, session, "qacct.j_sigsegv")
    info = session.wait(job)
    assert (info.hasSignal, info.terminatedSignal) == (True, "SIGSEGV")


def test_a_limit_is_a_signal_and_no_deletion(replay: Replay, session: JobSession, job: str) -> None:
    ends(replay, session, "qacct.j_h_rt")
    info = session.wait(job)
    assert (info.hasSignal, info.terminatedSignal, info.wasAborted) == (True, "SIGKILL", False)


def test_our_own_deletion(replay: Replay, session: JobSession, job: str) -> None:
    replay.situation = "r"
    replay.answers = {"qdel": "op.qdel.r.2"}
    session.control(job, JobControlAction.TERMINATE)
    ends(replay, session, "qacct.j_qdel_running")
    assert session.wait(job).wasAborted


DELETERS = {"ocs-9.1.4", "ocs-9.2pre"}


@pytest.mark.parametrize("case", ["j_qdel_by_root", "j_qdel_running"])
def test_somebody_elses_deletion(replay: Replay, session: JobSession, job: str, case: str) -> None:
    """It is told from a signal where the engine records who deleted a job."""
    ends(replay, session, f"qacct.{case}")
    info = session.wait(job)
    assert (info.wasAborted, info.hasSignal) == (
        (True, False) if replay.engine in DELETERS else (False, True)
    )


@pytest.mark.parametrize("engine", sorted(DELETERS))
def test_a_deletion_that_came_too_late(engine: str) -> None:
    """Jobs of `true` that had just ended when all jobs were deleted: they ended well, and say so."""
    records = qacct.parse(captured.case("qacct.o_user_b_j", engine).result)
    late = [record for record in records if record.deleted_by and record.failed == 0]
    assert late
    for record in late:
        assert record.submit_command.endswith(" true")
        end = end_of_record(record)
        assert (end.outcome, end.value) == (Outcome.EXITED, 0)


def test_a_full_job_list(replay: Replay, session: JobSession) -> None:
    replay.answers = {"qsub": "cell2.max_u_jobs_plain"}
    with pytest.raises(TryLaterException, match="2 jobs are allowed per user"):
        session.runJob(template(session))


def test_error_state_is_an_end(replay: Replay, session: JobSession, job: str) -> None:
    """Each of them tells why in ``qstat -j``, and accounting of the attempt."""
    replay.situation = "Eqw"
    assert session.jobStatus(job) == "failed"
    replay.answers = {"qdel": "op.qdel.Eqw"}  # what is reaped is deleted
    replay.account("qacct.error_state_badcwd", session.cluster.clock.time())
    assert session.wait(job).wasAborted


@pytest.mark.parametrize("replay", ["ocs-9.2pre"], indirect=True)
def test_a_job_that_the_engine_retains_has_ended(replay: Replay, session: JobSession, job: str) -> None:
    """It is in no listing and still in ``qstat -j``: how it ended is in its record."""
    replay.situation, replay.after = "gone", "special.retained.j_xml_single"
    assert session.jobStatus(job) == "undetermined"
    for case in ("qhold", "qrls", "qmod_sj", "qmod_usj"):
        replay.answers = {case.partition("_")[0]: f"special.retained.{case}"}
        with pytest.raises(InvalidJobException):
            session.control(job, RETAINED[case])
    ends(replay, session, "special.pe_exit3")
    assert session.wait(job).exitStatus == 3


RETAINED = {
    "qhold": JobControlAction.HOLD,
    "qrls": JobControlAction.RELEASE,
    "qmod_sj": JobControlAction.SUSPEND,
    "qmod_usj": JobControlAction.RESUME,
}


def test_the_flavour(replay: Replay, session: JobSession) -> None:
    assert session.flavour.banner == captured.case("help.qstat", replay.engine).out.splitlines()[0]
