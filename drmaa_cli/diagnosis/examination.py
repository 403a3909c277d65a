"""The steps in their order, and running them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from drmaa_cli.diagnosis import connection, gridengine, records, state
from drmaa_cli.diagnosis.finding import Check, Examined, Status, StepResult, problem, skipped
from drmaa_cli.diagnosis.transcripts import Recorder, write_report
from drmaa_cli.diagnosis.trial import STEPS, trial
from drmaa_cli.errors import DrmaaException
from drmaa_cli.gridengine.replies import CommandFailed, QmasterUnreachable, UnreadableReply
from drmaa_cli.session.reach import AskPerson
from drmaa_cli.store.places import StoreError
from drmaa_cli.system.runner import CommandNotFound, CommandTimeout, HostUnreachable, Runner
from drmaa_cli.system.trouble import TROUBLE
from drmaa_cli.typed import TYPE_CHECKING, Callable, NamedTuple

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from drmaa_cli.config import Settings

JOB_SECONDS = 300.0

# What to do about whatever a step did not foresee, by what was raised.
_ADVICE: tuple[tuple[type[BaseException], str], ...] = (
    (CommandNotFound, "source the cell's settings.sh, or set PATH or SGE_ROOT"),
    (CommandFailed, "check SGE_ROOT and SGE_CELL, and the rights of this user"),
    (QmasterUnreachable, "is the qmaster up, and its port open from here? `qping HOST PORT qmaster 1` tells"),
    (
        UnreadableReply,
        "run the command by hand; if its answer is right, report it with this site's transcripts",
    ),
    (CommandTimeout, "try again; where answers are slow by nature, set a larger command_timeout"),
    (HostUnreachable, "the connection was lost: try again"),
    (StoreError, state.ELSEWHERE),
    (OSError, "see what the file or directory is, and whose"),
    (DrmaaException, "do what the message says, and try again"),
)


class ExaminationStep(NamedTuple):
    """One step.

    Attributes:
        name: its name.
        run: what it does.
        needs: the steps that must have come out well enough before.
        remote: whether only a host behind a login has it.
    """

    name: str
    run: Callable[[Examined], StepResult]
    needs: tuple[str, ...] = ()
    remote: bool = False


STEPS_IN_ORDER = (
    ExaminationStep("contact", connection.contact),
    ExaminationStep("ssh", connection.program, ("contact",), remote=True),
    ExaminationStep("connection", connection.connection, ("ssh",), remote=True),
    ExaminationStep("host key", connection.host_key, ("connection",), remote=True),
    ExaminationStep("login", connection.login, ("host key",), remote=True),
    ExaminationStep("login shell", connection.login_shell, ("login",), remote=True),
    ExaminationStep("round trip", connection.round_trip, ("login shell",), remote=True),
    ExaminationStep("environment", gridengine.environment, ("contact", "login shell")),
    ExaminationStep("commands", gridengine.commands, ("environment",)),
    ExaminationStep("cell", gridengine.cell, ("commands",)),
    ExaminationStep("version", gridengine.version, ("cell",)),
    ExaminationStep("qmaster", gridengine.qmaster, ("cell",)),
    ExaminationStep("status query", gridengine.status_query, ("qmaster",)),
    ExaminationStep("hold filters", gridengine.hold_filters, ("status query",)),
    ExaminationStep("listing filters", records.listing_filters, ("cell",)),
    ExaminationStep("engine", gridengine.flavour, ("version", "status query")),
    ExaminationStep("known faults", gridengine.faults, ("engine",)),
    ExaminationStep("submission", gridengine.submission, ("qmaster",)),
    ExaminationStep("queues", gridengine.queues, ("qmaster",)),
    ExaminationStep("parallel environments", gridengine.environments, ("submission",)),
    ExaminationStep("accounting", records.accounting, ("engine",)),
    ExaminationStep("qacct", records.qacct, ("accounting",)),
    ExaminationStep("clock", records.clock, ("environment",)),
    ExaminationStep("state directory", state.state_directory, ("contact",)),
)
TRIAL_NEEDS = ("submission", "accounting", "state directory")
NAMES = tuple(step.name for step in STEPS_IN_ORDER) + STEPS


def check(
    contact: str | bytes | None = None,
    *,
    submit: bool = False,
    report: str | os.PathLike[str] | None = None,
    job_seconds: float = JOB_SECONDS,
    runner: Runner | None = None,
    ssh_answer: AskPerson | None = None,
    **settings: Unpack[Settings],
) -> Iterator[Check]:
    """Try each step between a program and its jobs, and yield what was found, one by one as it is found.

    Nothing is changed: jobs are asked about, and with ``qsub -w v`` whether one would be taken. Whatever is
    wrong becomes a :class:`Check` that says what to do; what depends on it is skipped.

    Args:
        contact: as for :func:`drmaa_cli.open_session`; a session that it names is not taken up.
        submit: run a job of one second as well, and time its steps.
        report: a file for this site's transcripts: one JSON object a line, anonymous, for an issue or for
            ``tests/data/reports``; it is written at the end.
        job_seconds: seconds that the job may take before it is deleted.
        runner: how commands are run on this host.
        ssh_answer: answers what a login asks.
        **settings: see :class:`drmaa_cli.Config`.

    Raises:
        OSError: the report cannot be written.
    """
    site = Examined(contact, settings, ssh_answer, runner, submit, job_seconds, Recorder())
    found: dict[str, Check] = {}
    try:
        for made in _examine(site, found):
            found[made.name] = made
            yield made
        if report is not None:
            write_report(report, site, list(found.values()))
    finally:
        connection.leave(site)


def _examine(site: Examined, found: dict[str, Check]) -> Iterator[Check]:
    for step in STEPS_IN_ORDER:
        if step.remote and not site.is_remote and "contact" in found:
            continue
        began = time.monotonic()
        missing = _missing(step.needs, found)
        finding = skipped(f"needs {missing}") if missing else _try(step.run, site)
        yield _made(step.name, finding, time.monotonic() - began)
    if not site.submit:
        return
    missing = _missing(TRIAL_NEEDS, found)
    if missing:
        yield _made(STEPS[0], skipped(f"needs {missing}"), 0.0)
        return
    began = time.monotonic()
    try:
        findings = trial(site)
    except (*TROUBLE, DrmaaException, OSError) as err:
        findings = [(STEPS[0], _of_exception(err))]
    for name, finding in findings:
        yield _made(name, finding, time.monotonic() - began)


def _made(name: str, finding: StepResult, seconds: float) -> Check:
    seconds = seconds if finding.seconds is None else finding.seconds
    return Check(name, finding.status, finding.text, finding.advice, seconds)


def _missing(needs: tuple[str, ...], found: dict[str, Check]) -> str:
    """The first step that is needed and did not come out well; '' for none."""
    bad = (Status.PROBLEM, Status.SKIPPED)
    return next((name for name in needs if name in found and _stops(found[name], bad)), "")


def _stops(made: Check, bad: tuple[str, ...]) -> bool:
    is_way = made.name == "connection" and made.status == Status.SKIPPED  # by a jump host: the login shows it
    return made.status in bad and not (is_way and not made.text.startswith("needs "))


def _try(run: Callable[[Examined], StepResult], site: Examined) -> StepResult:
    try:
        return run(site)
    except (*TROUBLE, DrmaaException, StoreError, OSError) as err:
        return _of_exception(err)


def _of_exception(err: BaseException) -> StepResult:
    advice = next(
        text for kind, text in _ADVICE if isinstance(err.__cause__ or err, kind) or isinstance(err, kind)
    )
    return problem(str(getattr(err, "text", "") or err).strip(), advice)
