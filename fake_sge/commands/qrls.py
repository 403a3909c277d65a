"""qrls: see :mod:`fake_sge.commands.altering`."""

from __future__ import annotations

from ..model.requests import Reply, Request
from .altering import alter
from .interface.qmaster_interface import QmasterInterface


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qrls."""
    return alter.run(request, qmaster)
