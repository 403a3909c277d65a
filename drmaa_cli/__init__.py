"""DRMAA 1.0 for Python without libdrmaa: the names of ``drmaa``, driven by Grid Engine's own commands."""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING, Callable

from drmaa_cli import constants, errors
from drmaa_cli.constants import *  # noqa: F403  # the names are listed there
from drmaa_cli.errors import *  # noqa: F403
from drmaa_cli.errors import meant
from drmaa_cli.jobs.job_info import Facts, JobInfo
from drmaa_cli.jobs.reason import Cause, Reason, ReasonKind
from drmaa_cli.session.process_session import Session
from drmaa_cli.session.templates import JobTemplate

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from drmaa_cli.config import Config, Settings
    from drmaa_cli.gridengine.records import CommandResult
    from drmaa_cli.jobs.advice import Advice, Verdict, usage_advice
    from drmaa_cli.jobs.progress import Progress
    from drmaa_cli.jobs.usage import Efficiency, Requested
    from drmaa_cli.jobs.usage_groups import (
        Outlier,
        Spread,
        Totals,
        UsageGroup,
        UsedJob,
        group_name,
        usage_groups,
        used_job,
    )
    from drmaa_cli.jobs.why.explanation import Explanation, WaitKind
    from drmaa_cli.session.arrivals import Arrivals
    from drmaa_cli.session.completion import Completions
    from drmaa_cli.session.entries import Listing, SessionJob
    from drmaa_cli.session.history import PastJob
    from drmaa_cli.session.job import Job
    from drmaa_cli.session.job_session import JobSession
    from drmaa_cli.system.runner import Command, CommandNotFound, CommandTimeout, LocalRunner, Runner
    from drmaa_cli.system.transfer import Transferred

__all__ = [
    "Advice",
    "Arrivals",
    "Cause",
    "Command",
    "CommandNotFound",
    "CommandResult",
    "CommandTimeout",
    "Completions",
    "Config",
    "Efficiency",
    "Explanation",
    "Facts",
    "Job",
    "JobInfo",
    "JobSession",
    "JobTemplate",
    "Listing",
    "LocalRunner",
    "Outlier",
    "PastJob",
    "Progress",
    "Reason",
    "ReasonKind",
    "Requested",
    "Runner",
    "Session",
    "SessionJob",
    "Spread",
    "Totals",
    "Transferred",
    "UsageGroup",
    "UsedJob",
    "Verdict",
    "WaitKind",
    "group_name",
    "install_as_drmaa",
    "open_session",
    "usage_advice",
    "usage_groups",
    "used_job",
]
__all__ += constants.__all__
__all__ += errors.__all__

__version__ = "0.1.0"


def open_session(
    contact: str | bytes | None = None,
    *,
    runner: Runner | None = None,
    ssh_answer: Callable[[str], str] | None = None,
    **settings: Unpack[Settings],
) -> JobSession:
    """Open a session independent of the process-wide one: ``drmaa_cli.open_session("session=nightly")``.

    Args:
        contact: ``session=NAME`` to take up (or begin) the session of that name; None begins a new one;
            ``ssh://[user@]host[:port][;session=NAME]`` for one on a submit host that is logged in to.
        ssh_answer: answers what a login asks (password, passphrase, one-time code): given the question,
            returns the answer.
        runner: how Grid Engine's commands are run; on this host by default.
        **settings: see :class:`Config`.

    Raises:
        InvalidArgumentException: the contact string or a setting is malformed, or there is no such setting.
        DrmCommunicationException: no qmaster answers.
        DrmsInitException: Grid Engine's commands are not here, or the session's file cannot be used.
    """
    from drmaa_cli.session.job_session import JobSession  # noqa: PLC0415  # loaded when it is needed

    return JobSession(contact, runner=runner, ssh_answer=ssh_answer, **settings)


_LATE = {  # loaded when they are asked for
    "Advice": "drmaa_cli.jobs.advice",
    "Arrivals": "drmaa_cli.session.arrivals",
    "Command": "drmaa_cli.system.runner",
    "CommandNotFound": "drmaa_cli.system.runner",
    "CommandResult": "drmaa_cli.gridengine.records",
    "CommandTimeout": "drmaa_cli.system.runner",
    "Completions": "drmaa_cli.session.completion",
    "Config": "drmaa_cli.config",
    "Efficiency": "drmaa_cli.jobs.usage",
    "Explanation": "drmaa_cli.jobs.why.explanation",
    "Job": "drmaa_cli.session.job",
    "JobSession": "drmaa_cli.session.job_session",
    "Listing": "drmaa_cli.session.entries",
    "LocalRunner": "drmaa_cli.system.runner",
    "Outlier": "drmaa_cli.jobs.usage_groups",
    "PastJob": "drmaa_cli.session.history",
    "Progress": "drmaa_cli.jobs.progress",
    "Requested": "drmaa_cli.jobs.usage",
    "Runner": "drmaa_cli.system.runner",
    "SessionJob": "drmaa_cli.session.entries",
    "Spread": "drmaa_cli.jobs.usage_groups",
    "Totals": "drmaa_cli.jobs.usage_groups",
    "Transferred": "drmaa_cli.system.transfer",
    "UsageGroup": "drmaa_cli.jobs.usage_groups",
    "UsedJob": "drmaa_cli.jobs.usage_groups",
    "Verdict": "drmaa_cli.jobs.advice",
    "group_name": "drmaa_cli.jobs.usage_groups",
    "usage_advice": "drmaa_cli.jobs.advice",
    "usage_groups": "drmaa_cli.jobs.usage_groups",
    "used_job": "drmaa_cli.jobs.usage_groups",
    "WaitKind": "drmaa_cli.jobs.why.explanation",
}
_OLD_NAMES = {"connect": "open_session", "Connection": "JobSession", "HeldJob": "SessionJob"}  # until 0.3

if TYPE_CHECKING:
    connect, Connection, HeldJob = open_session, JobSession, SessionJob
else:

    def __getattr__(name: str) -> object:
        if name in _LATE:
            return getattr(importlib.import_module(_LATE[name]), name)
        if name in _OLD_NAMES:
            new = _OLD_NAMES[name]
            warnings.warn(
                f"drmaa_cli.{name} is now drmaa_cli.{new}; the old name goes with 0.3",
                DeprecationWarning,
                stacklevel=2,
            )
            return globals().get(new) or __getattr__(new)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{meant(name, __all__)}")


def install_as_drmaa() -> None:
    """Make ``import drmaa`` and ``import DRMAA`` mean drmaa_cli from now on, in this process.

    See :func:`drmaa_cli.compat.install.install_as_drmaa`; ImportError when another ``drmaa`` is in use.
    """
    from drmaa_cli.compat.install import install_as_drmaa as install  # noqa: PLC0415  # most programs never ask

    install()
