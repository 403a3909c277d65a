"""Programs that take an Executor of concurrent.futures are given one whose workers are jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.conftest import Published, environment

pytestmark = [pytest.mark.clients, pytest.mark.slow]
PROGRAMS = Path(__file__).with_name("programs")


def test_dask_computes_in_jobs(published: Published) -> None:
    bin_directory = environment("dask-executor", "dask", "cloudpickle>=2.2")
    program, spool = str(PROGRAMS / "dask_executor.py"), str(published.directory / "spool")
    lines = published.lines(bin_directory, "python", program, spool)
    assert lines == ["10", "10", 'TypeError: can only concatenate str (not "int") to str']
