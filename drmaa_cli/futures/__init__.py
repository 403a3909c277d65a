"""Python functions as Grid Engine jobs: :class:`JobExecutor`, a :class:`concurrent.futures.Executor`."""

from drmaa_cli.futures import errors
from drmaa_cli.futures.errors import *  # noqa: F403  # the names are listed there
from drmaa_cli.futures.executor import BoundExecutor, JobExecutor
from drmaa_cli.futures.future import CallJob, JobFuture
from drmaa_cli.futures.resources import Resources
from drmaa_cli.futures.spool import SpoolError

__all__ = ["BoundExecutor", "CallJob", "JobExecutor", "JobFuture", "Resources", "SpoolError"]
__all__ += errors.__all__
