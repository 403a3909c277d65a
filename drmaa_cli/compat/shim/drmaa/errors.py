"""The exceptions of drmaa-python 0.7.9."""

from __future__ import annotations

from drmaa_cli import errors
from drmaa_cli.compat.helpers import error_buffer, error_check
from drmaa_cli.errors import *  # noqa: F403  # the names are listed there
from drmaa_cli.errors import ERRORS_BY_NUMBER as _ERRORS

from .const import ERROR_STRING_BUFFER

__all__ = ["ERROR_STRING_BUFFER", "_ERRORS", "error_buffer", "error_check"]
__all__ += errors.__all__
