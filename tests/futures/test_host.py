"""The program on the host, run without a cell: what it loads, what it writes, how much memory it takes."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from drmaa_cli.futures import host
from drmaa_cli.futures.spool import PickledCall, Spool
from drmaa_cli.futures.submission import PROGRAM
from tests.futures import functions

ROOT = Path(__file__).resolve().parent.parent.parent
MEBIBYTE = 2**20
SIZE = 200 * MEBIBYTE


class Host:
    """Runs calls as a task of an array job is run."""

    def __init__(self, path: Path) -> None:
        self.spool = Spool(path, lasting=False)

    def run(self, function: Any, *args: Any, code: str = PROGRAM) -> tuple[int, Any]:
        """The exit status, and the result that was read."""
        data = PickledCall(cloudpickle.dumps(function), cloudpickle.dumps((args, {})))
        setup = {
            "python": tuple(sys.version_info[:2]),
            "path": [str(ROOT), *sys.path],
            "argv0": "program",
            "directory": str(ROOT),
            "directory_given": False,
            "chunked": False,
        }
        bundle = self.spool.write([data], setup)
        done = subprocess.run(
            [sys.executable, "-c", code, str(self.spool.path), bundle, self.spool.token],
            env={**os.environ, "SGE_TASK_ID": "1"},
            check=False,
        )
        return done.returncode, self.spool.result(bundle, 1)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path / "spool")
    yield made
    made.spool.close(frozenset())


def test_a_call_by_name_loads_next_to_nothing(
    there: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What costs time on every host for every call: counted, not timed."""
    (tmp_path / "drmaa_cli_seen.py").write_text("import sys\n\ndef loaded(): return set(sys.modules)\n")
    monkeypatch.syspath_prepend(tmp_path)
    status, found = there.run(importlib.import_module("drmaa_cli_seen").loaded)
    assert status == 0
    bare = subprocess.run(
        [sys.executable, "-c", "import __future__, pickle, struct, sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.value - set(bare.stdout.split()) == {"drmaa_cli_host", "drmaa_cli_seen"}


@pytest.mark.slow
def test_a_large_result_is_in_memory_once(there: Host, tmp_path: Path) -> None:
    measure = f"""
import sys, resource
sys.path[0] = sys.argv[1]
import drmaa_cli_host as here
def report():
    with open({str(tmp_path / "peak")!r}, "w") as file:
        file.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
import atexit
atexit.register(report)
here.main(*sys.argv[1:])
"""
    there.run(functions.large, 1, code=measure)
    base = int((tmp_path / "peak").read_text())
    bundle = next(there.spool.path.glob("b-*"))
    there.spool.remove(bundle.name)
    status, _ = there.run(functions.large, SIZE, code=measure)
    assert status == 0
    assert int((tmp_path / "peak").read_text()) - base < 1.1 * SIZE / 1024
    reader = """
import resource, sys
from pathlib import Path
from drmaa_cli.futures.spool import _read_result
(path,) = Path(sys.argv[1]).glob("b-*/1.result")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(path, "rb") as file:
    found = _read_result(file)
print(len(found.value), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", reader, str(there.spool.path)], capture_output=True, text=True, check=True,
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    length, grown = map(int, done.stdout.split())
    assert length == SIZE
    assert grown < 1.1 * SIZE / 1024


def test_nothing_is_left_of_a_result_that_could_not_be_written(there: Host) -> None:
    status, found = there.run(functions.with_small_files, 50_000, 100_000)
    assert status == host.EXIT_RAISED
    assert found.head["kind"] == host.UNWRITTEN
    assert [path.name for path in there.spool.path.glob("b-*/1.*")] == ["1.result"]


@pytest.mark.parametrize(("status", "given"), [(0, 0), (7, 7), (99, 1), (100, 1), (112, 1), (113, 1)])
def test_an_exit_status_that_means_something_to_grid_engine_is_only_told(
    there: Host, status: int, given: int
) -> None:
    """With 99 a job would be run once more, and again and again; with 100 it would stay in an error state."""
    exit_status, found = there.run(sys.exit, status)
    assert exit_status == given
    assert (found.head["kind"], found.head["status"]) == (host.EXITED, status)
