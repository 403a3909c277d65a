"""Is everything all right? Each step between a program and its jobs is tried, and says what to do.

:func:`check` is the whole list, for this host or one that is logged in to by ssh::

    for found in drmaa_cli.diagnosis.check("ssh://anna@submit.example.org"):
        print(found.name, found.status, found.text)
"""

from __future__ import annotations

from drmaa_cli.diagnosis.check import Check, Status
from drmaa_cli.diagnosis.examination import check

__all__ = ["Check", "Status", "check"]
