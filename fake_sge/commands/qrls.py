"""qrls: see :mod:`fake_sge.commands.alter`."""

from __future__ import annotations

from ..protocol import Qmaster, Reply, Request
from . import alter


def main(request: Request, qmaster: Qmaster) -> Reply:
    """Run qrls."""
    return alter.run(request, qmaster)
