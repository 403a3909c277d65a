"""Names and numbers of DRMAA 1.0, with the spellings and types of drmaa-python 0.7.9.

Attribute names, placeholders and JOB_IDS_* are ``bytes`` there and so they are here; every verb also takes
them as ``str``. Job states, control actions and submission states are plain ``str``.
"""

from __future__ import annotations

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
    "JobControlAction",
    "JobState",
    "JobSubmissionState",
    "control_action_to_string",
    "job_state",
    "status_to_string",
    "string_to_control_action",
    "submission_state",
]

ATTR_BUFFER = 1024
CONTACT_BUFFER = 1024
DRM_SYSTEM_BUFFER = 1024
DRMAA_IMPLEMENTATION_BUFFER = 1024
ERROR_STRING_BUFFER = 1024
JOBNAME_BUFFER = 1024
SIGNAL_BUFFER = 32

TIMEOUT_WAIT_FOREVER = -1
TIMEOUT_NO_WAIT = 0

JOB_IDS_SESSION_ANY = b"DRMAA_JOB_IDS_SESSION_ANY"
JOB_IDS_SESSION_ALL = b"DRMAA_JOB_IDS_SESSION_ALL"

SUBMISSION_STATE_ACTIVE = "drmaa_active"
SUBMISSION_STATE_HOLD = "drmaa_hold"

PLACEHOLDER_INCR = b"$drmaa_incr_ph$"
PLACEHOLDER_HD = b"$drmaa_hd_ph$"
PLACEHOLDER_WD = b"$drmaa_wd_ph$"

REMOTE_COMMAND = b"drmaa_remote_command"
JS_STATE = b"drmaa_js_state"
WD = b"drmaa_wd"
JOB_CATEGORY = b"drmaa_job_category"
NATIVE_SPECIFICATION = b"drmaa_native_specification"
BLOCK_EMAIL = b"drmaa_block_email"
START_TIME = b"drmaa_start_time"
JOB_NAME = b"drmaa_job_name"
INPUT_PATH = b"drmaa_input_path"
OUTPUT_PATH = b"drmaa_output_path"
ERROR_PATH = b"drmaa_error_path"
JOIN_FILES = b"drmaa_join_files"
TRANSFER_FILES = b"drmaa_transfer_files"
DEADLINE_TIME = b"drmaa_deadline_time"
WCT_HLIMIT = b"drmaa_wct_hlimit"
WCT_SLIMIT = b"drmaa_wct_slimit"
DURATION_HLIMIT = b"drmaa_duration_hlimit"
DURATION_SLIMIT = b"drmaa_duration_slimit"

V_ARGV = b"drmaa_v_argv"
V_ENV = b"drmaa_v_env"
V_EMAIL = b"drmaa_v_email"

NO_MORE_ELEMENTS = 25


class JobState:
    """What jobStatus() answers: plain strings, so that they compare, hash and print as such."""

    UNDETERMINED = "undetermined"
    QUEUED_ACTIVE = "queued_active"
    SYSTEM_ON_HOLD = "system_on_hold"
    USER_ON_HOLD = "user_on_hold"
    USER_SYSTEM_ON_HOLD = "user_system_on_hold"
    RUNNING = "running"
    SYSTEM_SUSPENDED = "system_suspended"
    USER_SUSPENDED = "user_suspended"
    USER_SYSTEM_SUSPENDED = "user_system_suspended"
    DONE = "done"
    FAILED = "failed"


class JobControlAction:
    """What control() does."""

    SUSPEND = "suspend"
    RESUME = "resume"
    HOLD = "hold"
    RELEASE = "release"
    TERMINATE = "terminate"


class JobSubmissionState:
    """The state in which a job enters the queue."""

    HOLD_STATE = SUBMISSION_STATE_HOLD
    ACTIVE_STATE = SUBMISSION_STATE_ACTIVE


# The C binding's numbers (drmaa.h): DRMAA_CONTROL_* by index, DRMAA_PS_*, DRMAA_SUBMISSION_STATE by index.
CONTROL_ACTIONS: list[str] = [
    JobControlAction.SUSPEND,
    JobControlAction.RESUME,
    JobControlAction.HOLD,
    JobControlAction.RELEASE,
    JobControlAction.TERMINATE,
]
JOB_STATES: dict[int, str] = {
    0x00: JobState.UNDETERMINED,
    0x10: JobState.QUEUED_ACTIVE,
    0x11: JobState.SYSTEM_ON_HOLD,
    0x12: JobState.USER_ON_HOLD,
    0x13: JobState.USER_SYSTEM_ON_HOLD,
    0x20: JobState.RUNNING,
    0x21: JobState.SYSTEM_SUSPENDED,
    0x22: JobState.USER_SUSPENDED,
    0x23: JobState.USER_SYSTEM_SUSPENDED,
    0x30: JobState.DONE,
    0x40: JobState.FAILED,
}
SUBMISSION_STATES: list[str] = [JobSubmissionState.HOLD_STATE, JobSubmissionState.ACTIVE_STATE]


def job_state(code: int) -> str:
    """The JobState of a DRMAA_PS_* number; KeyError for other numbers."""
    return JOB_STATES[code]


def status_to_string(status: int) -> str:
    """The same as :func:`job_state`."""
    return JOB_STATES[status]


def string_to_control_action(operation: str) -> int:
    """The DRMAA_CONTROL_* number of a JobControlAction; ValueError for other values."""
    if operation not in CONTROL_ACTIONS:  # list.index() says so in other words from Python 3.14 on
        raise ValueError(f"{operation!r} is not in list")
    return CONTROL_ACTIONS.index(operation)


def control_action_to_string(code: int) -> str:
    """The JobControlAction of a DRMAA_CONTROL_* number; IndexError for other numbers."""
    return CONTROL_ACTIONS[code]


def submission_state(code: int) -> str:
    """The JobSubmissionState of its index (0 hold, 1 active)."""
    return SUBMISSION_STATES[code]
