"""The small cell of the core tests, for the tests of runJobs()."""

from tests.core.conftest import cell

__all__ = ["cell"]
