"""The fixtures of the tests of clients."""

from __future__ import annotations

from tests.compat.client import cell, client, home

__all__ = ["cell", "client", "home"]
