"""The constants of drmaa-python 0.7.9."""

from __future__ import annotations

import locale

from drmaa_cli import constants
from drmaa_cli.constants import *  # noqa: F403  # the names are listed there
from drmaa_cli.constants import CONTROL_ACTIONS as _JOB_CONTROL
from drmaa_cli.constants import JOB_STATES as _JOB_PS
from drmaa_cli.constants import SUBMISSION_STATES as _SUBMISSION_STATE

ENCODING = locale.getpreferredencoding()

__all__ = ["ENCODING", "_JOB_CONTROL", "_JOB_PS", "_SUBMISSION_STATE"]
__all__ += constants.__all__
