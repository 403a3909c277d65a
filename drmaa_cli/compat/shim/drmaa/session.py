"""Sessions, templates and what wait() returns: drmaa-python 0.7.9's module of that name."""

from __future__ import annotations

from drmaa_cli.compat.drop_in import JobTemplate, Session
from drmaa_cli.jobs.job_end import JobInfo

from . import const, helpers
from .const import *  # noqa: F403  # the names are listed there
from .helpers import *  # noqa: F403

__all__ = ["JobInfo", "JobTemplate", "Session"]
__all__ += const.__all__
__all__ += helpers.__all__
