"""qalter: see :mod:`fake_sge.commands.altering`."""

from __future__ import annotations

from .altering.alter import main

__all__ = ["main"]
