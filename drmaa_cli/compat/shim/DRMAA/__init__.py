"""The Python binding of Grid Engine's tutorial, by drmaa_cli, which needs no libdrmaa."""  # noqa: N999  # programs import this name

from __future__ import annotations

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
