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
from drmaa_cli.jobinfo import JobInfo
from drmaa_cli.session import Session
from drmaa_cli.template import JobTemplate

if TYPE_CHECKING:
    from drmaa_cli.connection import Connection, HeldJob

__version__ = "0.1.0"


def connect(contact: str | bytes | None = None, **settings: object) -> Connection:
    """Open a session independent of the process-wide one: ``drmaa_cli.connect("session=nightly")``.

    See :class:`drmaa_cli.connection.Connection` for arguments and exceptions.
    """
    from drmaa_cli.connection import Connection  # noqa: PLC0415  # loaded when it is needed

    return Connection(contact, **settings)  # type: ignore[arg-type]  # runner and clock may be among them


def __getattr__(name: str) -> object:
    if name in ("Connection", "HeldJob"):
        from drmaa_cli import connection  # noqa: PLC0415  # loaded when it is needed

        return getattr(connection, name)
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
    "Connection",
    "DefaultContactStringException",
    "DeniedByDrmException",
    "DrmCommunicationException",
    "DrmsExitException",
    "DrmsInitException",
    "ExitTimeoutException",
    "HeldJob",
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
    "JobState",
    "JobSubmissionState",
    "JobTemplate",
    "NoActiveSessionException",
    "NoDefaultContactStringSelectedException",
    "OutOfMemoryException",
    "ReleaseInconsistentStateException",
    "ResumeInconsistentStateException",
    "Session",
    "SuspendInconsistentStateException",
    "TryLaterException",
    "UnsupportedAttributeException",
    "connect",
    "control_action_to_string",
    "install_as_drmaa",
    "job_state",
    "status_to_string",
    "string_to_control_action",
    "submission_state",
]
