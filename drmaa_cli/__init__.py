"""DRMAA 1.0 for Python without libdrmaa: the names of ``drmaa``, driven by Grid Engine's own commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drmaa_cli.constants import (
    ATTR_BUFFER,
    BLOCK_EMAIL,
    CONTACT_BUFFER,
    DEADLINE_TIME,
    DRM_SYSTEM_BUFFER,
    DRMAA_IMPLEMENTATION_BUFFER,
    DURATION_HLIMIT,
    DURATION_SLIMIT,
    ERROR_PATH,
    ERROR_STRING_BUFFER,
    INPUT_PATH,
    JOB_CATEGORY,
    JOB_IDS_SESSION_ALL,
    JOB_IDS_SESSION_ANY,
    JOB_NAME,
    JOBNAME_BUFFER,
    JOIN_FILES,
    JS_STATE,
    NATIVE_SPECIFICATION,
    NO_MORE_ELEMENTS,
    OUTPUT_PATH,
    PLACEHOLDER_HD,
    PLACEHOLDER_INCR,
    PLACEHOLDER_WD,
    REMOTE_COMMAND,
    SIGNAL_BUFFER,
    START_TIME,
    SUBMISSION_STATE_ACTIVE,
    SUBMISSION_STATE_HOLD,
    TIMEOUT_NO_WAIT,
    TIMEOUT_WAIT_FOREVER,
    TRANSFER_FILES,
    V_ARGV,
    V_EMAIL,
    V_ENV,
    WCT_HLIMIT,
    WCT_SLIMIT,
    WD,
    JobControlAction,
    JobState,
    JobSubmissionState,
    control_action_to_string,
    job_state,
    status_to_string,
    string_to_control_action,
    submission_state,
)
from drmaa_cli.errors import (
    AlreadyActiveSessionException,
    AuthorizationException,
    ConflictingAttributeValuesException,
    DefaultContactStringException,
    DeniedByDrmException,
    DrmCommunicationException,
    DrmsExitException,
    DrmsInitException,
    ExitTimeoutException,
    HoldInconsistentStateException,
    IllegalStateException,
    InternalException,
    InvalidArgumentException,
    InvalidAttributeFormatException,
    InvalidAttributeValueException,
    InvalidContactStringException,
    InvalidJobException,
    InvalidJobTemplateException,
    NoActiveSessionException,
    NoDefaultContactStringSelectedException,
    OutOfMemoryException,
    ReleaseInconsistentStateException,
    ResumeInconsistentStateException,
    SuspendInconsistentStateException,
    TryLaterException,
    UnsupportedAttributeException,
)
from drmaa_cli.jobs.job_end import JobInfo
from drmaa_cli.session.process_session import Session
from drmaa_cli.template.job_template import JobTemplate

if TYPE_CHECKING:
    from drmaa_cli.session.job_session import JobSession, SessionJob

__version__ = "0.1.0"


def open_session(contact: str | bytes | None = None, **settings: object) -> JobSession:
    """Open a session independent of the process-wide one: ``drmaa_cli.open_session("session=nightly")``.

    See :class:`drmaa_cli.session.job_session.JobSession` for arguments and exceptions.
    """
    from drmaa_cli.session.job_session import JobSession  # noqa: PLC0415  # loaded when it is needed

    return JobSession(contact, **settings)  # type: ignore[arg-type]  # runner and clock may be among them


_OLD_NAMES = {"connect": "open_session", "Connection": "JobSession", "HeldJob": "SessionJob"}  # until 0.3


def __getattr__(name: str) -> object:
    if name in ("JobSession", "SessionJob"):
        from drmaa_cli.session import job_session  # noqa: PLC0415  # loaded when it is needed

        return getattr(job_session, name)
    if name in _OLD_NAMES:
        return globals().get(_OLD_NAMES[name]) or __getattr__(_OLD_NAMES[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def install_as_drmaa() -> None:
    """Make ``import drmaa`` and ``import DRMAA`` mean drmaa_cli from now on, in this process.

    See :func:`drmaa_cli.compat.install.install_as_drmaa`; ImportError when another ``drmaa`` is in use.
    """
    from drmaa_cli.compat.install import install_as_drmaa as install  # noqa: PLC0415  # most programs never ask

    install()


__all__ = [
    "ATTR_BUFFER",
    "BLOCK_EMAIL",
    "CONTACT_BUFFER",
    "DEADLINE_TIME",
    "DRMAA_IMPLEMENTATION_BUFFER",
    "DRM_SYSTEM_BUFFER",
    "DURATION_HLIMIT",
    "DURATION_SLIMIT",
    "ERROR_PATH",
    "ERROR_STRING_BUFFER",
    "INPUT_PATH",
    "JOBNAME_BUFFER",
    "JOB_CATEGORY",
    "JOB_IDS_SESSION_ALL",
    "JOB_IDS_SESSION_ANY",
    "JOB_NAME",
    "JOIN_FILES",
    "JS_STATE",
    "NATIVE_SPECIFICATION",
    "NO_MORE_ELEMENTS",
    "OUTPUT_PATH",
    "PLACEHOLDER_HD",
    "PLACEHOLDER_INCR",
    "PLACEHOLDER_WD",
    "REMOTE_COMMAND",
    "SIGNAL_BUFFER",
    "START_TIME",
    "SUBMISSION_STATE_ACTIVE",
    "SUBMISSION_STATE_HOLD",
    "TIMEOUT_NO_WAIT",
    "TIMEOUT_WAIT_FOREVER",
    "TRANSFER_FILES",
    "V_ARGV",
    "V_EMAIL",
    "V_ENV",
    "WCT_HLIMIT",
    "WCT_SLIMIT",
    "WD",
    "AlreadyActiveSessionException",
    "AuthorizationException",
    "ConflictingAttributeValuesException",
    "DefaultContactStringException",
    "DeniedByDrmException",
    "DrmCommunicationException",
    "DrmsExitException",
    "DrmsInitException",
    "ExitTimeoutException",
    "HoldInconsistentStateException",
    "IllegalStateException",
    "InternalException",
    "InvalidArgumentException",
    "InvalidAttributeFormatException",
    "InvalidAttributeValueException",
    "InvalidContactStringException",
    "InvalidJobException",
    "InvalidJobTemplateException",
    "JobControlAction",
    "JobInfo",
    "JobSession",
    "JobState",
    "JobSubmissionState",
    "JobTemplate",
    "NoActiveSessionException",
    "NoDefaultContactStringSelectedException",
    "OutOfMemoryException",
    "ReleaseInconsistentStateException",
    "ResumeInconsistentStateException",
    "Session",
    "SessionJob",
    "SuspendInconsistentStateException",
    "TryLaterException",
    "UnsupportedAttributeException",
    "control_action_to_string",
    "install_as_drmaa",
    "job_state",
    "open_session",
    "status_to_string",
    "string_to_control_action",
    "submission_state",
]
