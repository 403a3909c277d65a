"""DRMAA 1.0 for Python without libdrmaa: the names of the ``drmaa`` package, driven by Grid Engine's commands."""

from drmaa_cli.connection import Connection
from drmaa_cli.constants import *
from drmaa_cli.errors import *
from drmaa_cli.jobinfo import JobInfo
from drmaa_cli.session import Session
from drmaa_cli.template import JobTemplate

__version__ = "0.1.0"

connect = Connection
"""Open a session independent of the process-wide one: ``drmaa_cli.connect("session=nightly")``."""
