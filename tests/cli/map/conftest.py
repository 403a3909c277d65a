"""The cell and the desk of the tests of drmaa-cli."""

from tests.cli.conftest import cell, desk, own_desk

__all__ = ["cell", "desk", "own_desk"]
