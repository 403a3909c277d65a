"""Is everything all right? Each step between a program and its jobs is tried, and says what to do.

:func:`check` is the whole list, for this host or one that is logged in to by ssh::

    for found in drmaa_cli.diagnosis.check("ssh://anna@submit.example.org"):
        print(found.name, found.status, found.text)
"""

from __future__ import annotations

import importlib

from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.diagnosis.examination import check
    from drmaa_cli.diagnosis.finding import Check, Status

__all__ = ["Check", "Status", "check"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:  # as of drmaa_cli itself
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = "examination" if name == "check" else "finding"
        return globals().setdefault(
            name, getattr(importlib.import_module(f"drmaa_cli.diagnosis.{home}"), name)
        )
