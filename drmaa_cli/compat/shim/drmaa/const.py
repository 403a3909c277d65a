"""The constants of drmaa-python 0.7.9."""

from __future__ import annotations

import locale

from drmaa_cli import constants
from drmaa_cli.constants import *  # noqa: F403  # the names are listed there
from drmaa_cli.constants import _JOB_CONTROL, _JOB_PS, _SUBMISSION_STATE

ENCODING = locale.getpreferredencoding()

__all__ = ["ENCODING", "_JOB_CONTROL", "_JOB_PS", "_SUBMISSION_STATE"]
__all__ += constants.__all__
