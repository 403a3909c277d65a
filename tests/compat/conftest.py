"""The fixtures of the tests of clients."""

from __future__ import annotations

from tests.compat.client import cell, client, fake_cell_of_clients, home

__all__ = ["cell", "client", "fake_cell_of_clients", "home"]
