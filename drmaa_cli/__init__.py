"""DRMAA 1.0 for Python without libdrmaa: the names of ``drmaa``, driven by Grid Engine's own commands.

Each name is loaded when it is asked for. No package of drmaa_cli imports its own modules when it is imported:
so no module needs itself to be loaded, and any number of threads may load any of them at the same time.
"""

import importlib
import sys

if sys.version_info < (3, 9):  # noqa: UP036  # this file can be read by Python 3.6, for it has to say this
    raise ImportError(
        "drmaa_cli needs Python 3.9 or newer; this is "
        + sys.executable
        + ", of version "
        + sys.version.split()[0]
    )

TYPE_CHECKING = False  # typing's, without loading it
if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

    from drmaa_cli import constants, errors
    from drmaa_cli.config import Config, Settings
    from drmaa_cli.constants import *  # noqa: F403  # the names are listed there
    from drmaa_cli.errors import *  # noqa: F403
    from drmaa_cli.gridengine.records import CommandResult
    from drmaa_cli.jobs.advice import Advice, Verdict, usage_advice
    from drmaa_cli.jobs.job_info import Facts, JobInfo
    from drmaa_cli.jobs.progress import Progress
    from drmaa_cli.jobs.reason import Cause, Reason, ReasonKind
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
    from drmaa_cli.session.live import LiveJob
    from drmaa_cli.session.process_session import Session
    from drmaa_cli.session.templates import JobTemplate
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
    "LiveJob",
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

_CONSTANTS = (  # noqa: SIM905  # as they stand there, without loading them
    "ATTR_BUFFER BLOCK_EMAIL CONTACT_BUFFER DEADLINE_TIME DRMAA_IMPLEMENTATION_BUFFER "
    "DRM_SYSTEM_BUFFER DURATION_HLIMIT DURATION_SLIMIT ERROR_PATH ERROR_STRING_BUFFER INPUT_PATH "
    "JOBNAME_BUFFER JOB_CATEGORY JOB_IDS_SESSION_ALL JOB_IDS_SESSION_ANY JOB_NAME JOIN_FILES JS_STATE "
    "JobControlAction JobState JobSubmissionState NATIVE_SPECIFICATION NO_MORE_ELEMENTS OUTPUT_PATH "
    "PLACEHOLDER_HD PLACEHOLDER_INCR PLACEHOLDER_WD REMOTE_COMMAND SIGNAL_BUFFER START_TIME "
    "SUBMISSION_STATE_ACTIVE SUBMISSION_STATE_HOLD TIMEOUT_NO_WAIT TIMEOUT_WAIT_FOREVER "
    "TRANSFER_FILES V_ARGV V_EMAIL V_ENV WCT_HLIMIT WCT_SLIMIT WD control_action_to_string job_state "
    "status_to_string string_to_control_action submission_state"
).split()
_ERRORS = (  # noqa: SIM905
    "AlreadyActiveSessionException AuthorizationException ConflictingAttributeValuesException "
    "DefaultContactStringException DeniedByDrmException DrmCommunicationException DrmaaException "
    "DrmsExitException DrmsInitException ExitTimeoutException HoldInconsistentStateException "
    "IllegalStateException InternalException InvalidActionException InvalidArgumentException "
    "InvalidAttributeFormatException InvalidAttributeValueException InvalidContactStringException "
    "InvalidJobException InvalidJobTemplateException NoActiveSessionException "
    "NoDefaultContactStringSelectedException NoResourceUsageException OutOfMemoryException "
    "ReleaseInconsistentStateException ResumeInconsistentStateException "
    "SuspendInconsistentStateException TryLaterException UnknownSubmissionException "
    "UnsupportedAttributeException"
).split()
if TYPE_CHECKING:
    __all__ += constants.__all__
    __all__ += errors.__all__
else:
    __all__ += [*_CONSTANTS, *_ERRORS]  # noqa: PLE0604  # they are strings

__version__ = "0.1.0"


def open_session(
    contact: "str | bytes | None" = None,
    *,
    runner: "Runner | None" = None,
    ssh_answer: "Callable[[str], str] | None" = None,
    **settings: "Unpack[Settings]",
) -> "JobSession":
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


_LATE = {  # the other names' modules
    "Advice": "jobs.advice",
    "Arrivals": "session.arrivals",
    "Cause": "jobs.reason",
    "Command": "system.runner",
    "CommandNotFound": "system.runner",
    "CommandResult": "gridengine.records",
    "CommandTimeout": "system.runner",
    "Completions": "session.completion",
    "Config": "config",
    "Efficiency": "jobs.usage",
    "Explanation": "jobs.why.explanation",
    "Facts": "jobs.job_info",
    "group_name": "jobs.usage_groups",
    "Job": "session.job",
    "JobInfo": "jobs.job_info",
    "JobSession": "session.job_session",
    "JobTemplate": "session.templates",
    "Listing": "session.entries",
    "LiveJob": "session.live",
    "LocalRunner": "system.runner",
    "Outlier": "jobs.usage_groups",
    "PastJob": "session.history",
    "Progress": "jobs.progress",
    "Reason": "jobs.reason",
    "ReasonKind": "jobs.reason",
    "Requested": "jobs.usage",
    "Runner": "system.runner",
    "Session": "session.process_session",
    "SessionJob": "session.entries",
    "Spread": "jobs.usage_groups",
    "Totals": "jobs.usage_groups",
    "Transferred": "system.transfer",
    "usage_advice": "jobs.advice",
    "usage_groups": "jobs.usage_groups",
    "UsageGroup": "jobs.usage_groups",
    "used_job": "jobs.usage_groups",
    "UsedJob": "jobs.usage_groups",
    "Verdict": "jobs.advice",
    "WaitKind": "jobs.why.explanation",
}
_OLD_NAMES = {"connect": "open_session", "Connection": "JobSession", "HeldJob": "SessionJob"}  # until 0.3

if TYPE_CHECKING:
    connect, Connection, HeldJob = open_session, JobSession, SessionJob
else:

    def __getattr__(name: str) -> object:
        if name in ("constants", "errors"):
            return importlib.import_module(f"drmaa_cli.{name}")
        if name in __all__:
            home = _LATE.get(name) or ("errors" if name in _ERRORS else "constants")
            value = getattr(importlib.import_module(f"drmaa_cli.{home}"), name)
            return globals().setdefault(name, value)
        if name in _OLD_NAMES:
            import warnings  # noqa: PLC0415  # few programs need it

            new = _OLD_NAMES[name]
            warnings.warn(
                f"drmaa_cli.{name} is now drmaa_cli.{new}; the old name goes with 0.3",
                DeprecationWarning,
                stacklevel=2,
            )
            return globals().get(new) or __getattr__(new)
        from drmaa_cli.errors import meant  # noqa: PLC0415  # only needed when something is wrong

        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{meant(name, __all__)}")

    def __dir__() -> "list[str]":
        return sorted({*globals(), *__all__})


def install_as_drmaa() -> None:
    """Make ``import drmaa`` and ``import DRMAA`` mean drmaa_cli from now on, in this process.

    See :func:`drmaa_cli.compat.install.install_as_drmaa`; ImportError when another ``drmaa`` is in use.
    """
    from drmaa_cli.compat.install import install_as_drmaa as install  # noqa: PLC0415  # most programs never ask

    install()
