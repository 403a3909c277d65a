"""What is found at one step, and what the steps hand on to those after them."""

from __future__ import annotations

# dataclasses takes typing as it stands among the loaded modules, half loaded by another thread as well
import typing  # noqa: F401
from collections.abc import Mapping
from dataclasses import dataclass, field

from drmaa_cli.config import Config
from drmaa_cli.session.contact import Contact
from drmaa_cli.session.reach import AskPerson
from drmaa_cli.system.runner import Runner
from drmaa_cli.typed import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.diagnosis.transcripts import Recorder
    from drmaa_cli.gridengine.dialect import Flavour
    from drmaa_cli.system.cell import Cluster
    from drmaa_cli.system.host import AccountingLog, Host
    from drmaa_cli.system.ssh.login import LoginFailed
    from drmaa_cli.system.ssh.runner import SshRunner


class Status:
    """How a step came out: plain strings, so that they compare and print as such."""

    OK: ClassVar[str] = "ok"
    PROBLEM: ClassVar[str] = "problem"
    WARNING: ClassVar[str] = "warning"
    SKIPPED: ClassVar[str] = "skipped"


class Check(NamedTuple):
    """One step of the examination.

    Attributes:
        name: which one, such as ``qmaster``.
        status: a :class:`Status`: ``ok``; ``problem``: what comes after it cannot work; ``warning``: jobs can
            be run, and something is to be known; ``skipped``: a step before it failed, or nobody asked.
        text: what was found, for a person.
        advice: what to do; '' where nothing is to be done.
        seconds: how long the step took.
    """

    name: str
    status: str
    text: str
    advice: str = ""
    seconds: float = 0.0


class StepResult(NamedTuple):
    """What a step returns; the examination adds its name and how long it took.

    Attributes:
        seconds: how long it took, where the step knows better; None else.
    """

    status: str
    text: str
    advice: str = ""
    seconds: float | None = None


def ok(text: str, seconds: float | None = None) -> StepResult:
    """All is well."""
    return StepResult(Status.OK, text, "", seconds)


def problem(text: str, advice: str) -> StepResult:
    """It cannot work."""
    return StepResult(Status.PROBLEM, text, advice)


def warning(text: str, advice: str) -> StepResult:
    """It works, but."""
    return StepResult(Status.WARNING, text, advice)


def skipped(text: str) -> StepResult:
    """It was not tried."""
    return StepResult(Status.SKIPPED, text)


@dataclass
class Examined:
    """What is examined, and what has been found of it so far; a step runs when those it needs were good.

    Attributes:
        given: the contact string, as it was given.
        keywords: settings, likewise.
        answer: answers what a login asks.
        runner: runs commands on this host, instead of the usual one.
        submit: whether a job is to be run.
        job_seconds: how long that job may take.
        recorder: keeps what the commands of the cell answer.
    """

    given: object
    keywords: Mapping[str, object]
    answer: AskPerson | None
    runner: Runner | None
    submit: bool
    job_seconds: float
    recorder: Recorder
    contact: Contact = field(default_factory=Contact)
    config: Config = field(default_factory=Config)
    shell: SshRunner | None = None
    refusal: LoginFailed | None = None
    login_seconds: float | None = None
    host: Host | None = None
    cluster: Cluster | None = None
    flavour: Flavour | None = None
    common: str = ""
    accounting: AccountingLog | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_remote(self) -> bool:
        """Whether the submit host is reached by ssh."""
        return self.contact.address is not None

    def ready_host(self) -> Host:
        """The host, for steps that need the one that finds it."""
        assert self.host is not None
        return self.host

    def ready_cluster(self) -> Cluster:
        """The cell, likewise."""
        assert self.cluster is not None
        return self.cluster

    def ready_shell(self) -> SshRunner:
        """What runs commands over ssh, likewise."""
        assert self.shell is not None
        return self.shell
