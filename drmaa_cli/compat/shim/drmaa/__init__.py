"""A Python interface to DRMAA 1.0: drmaa-python's, by drmaa_cli, which needs no libdrmaa."""

import sys

if sys.version_info < (3, 9):  # noqa: UP036  # this file can be read by every Python, for it has to say this
    raise ImportError(
        __name__
        + " here is drmaa_cli, which needs Python 3.9 or newer; this is "
        + sys.executable
        + ", of version "
        + sys.version.split()[0]
    )

try:
    import drmaa_cli  # noqa: F401  # for its presence
except ModuleNotFoundError:
    import _drmaa_cli_shim  # type: ignore[import-not-found]  # beside this package

    _drmaa_cli_shim.load()

from drmaa_cli import constants
from drmaa_cli.constants import *  # noqa: F403  # the names are listed there
from drmaa_cli.errors import *  # noqa: F403

from . import errors
from .session import JobInfo, JobTemplate, Session
from .version import VERSION as VERSION
from .version import __version__ as __version__

_BEYOND = (  # not among drmaa's
    "DrmaaException",
    "InvalidActionException",
    "NoResourceUsageException",
    "UnknownSubmissionException",
)

__docformat__ = "restructuredtext en"

__all__ = ["JobInfo", "JobTemplate", "Session"]
__all__ += constants.__all__
__all__ += [name for name in errors.__all__ if name.endswith("Exception") and name not in _BEYOND]
