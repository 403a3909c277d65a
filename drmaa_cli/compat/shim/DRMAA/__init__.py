"""The Python binding of Grid Engine's tutorial, by drmaa_cli, which needs no libdrmaa."""  # noqa: N999  # programs import this name

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

from drmaa_cli import errors
from drmaa_cli.compat.drop_in import JobTemplate
from drmaa_cli.compat.tutorial import JobInfo, Session
from drmaa_cli.errors import *  # noqa: F403  # the names are listed there

__all__ = ["JobInfo", "JobTemplate", "Session"]
__all__ += errors.__all__
