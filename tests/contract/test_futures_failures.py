"""How calls fail that run as jobs: each a typed exception that names job, host, log and its last lines."""

from __future__ import annotations

import errno
import pickle
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli import futures
from drmaa_cli.futures import JobCallError, JobExecutor, JobFuture, delivery
from drmaa_cli.futures.host import EXIT_NOT_SHARED
from drmaa_cli.futures.spool import Spool
from tests.contract.futures import ON_CELLS, Pool, on_fake
from tests.contract.harness import World
from tests.futures import functions
from tests.patience import PATIENCE

pytestmark = [*ON_CELLS, pytest.mark.slow]

ENDS: dict[str, tuple[tuple[Any, ...], type[JobCallError], str]] = {
    "os._exit": ((functions.leave, 3), futures.CallExitedError, "its process ended with exit status 3"),
    "os._exit(0)": (
        (functions.leave, 0),
        futures.CallLostError,
        "it ended well, and its result is not in the spool directory",
    ),
    "sys.exit": (
        (functions.leave_by_exception, "no more"),
        futures.CallExitedError,
        "the function called sys.exit(), status 1: no more",
    ),
    "sys.exit()": (
        (functions.leave_by_exception, None),
        futures.CallExitedError,
        "the function called sys.exit(), status 0",
    ),
    "SIGKILL": ((functions.die, 9), futures.CallKilledError, "killed by SIGKILL"),
    "SIGSEGV": ((functions.die, 11), futures.CallKilledError, "killed by SIGSEGV"),
    "generator": (
        (functions.generator,),
        futures.ResultNotPickledError,
        (
            "what the function returned cannot be pickled: TypeError: cannot pickle 'generator'"
            " object (return a list of what it yields)"
        ),
    ),
    "unreadable result": (
        (functions.moody,),
        futures.ResultNotReadError,
        "what the function returned cannot be read here: LookupError: not in this mood",
    ),
    "unpicklable exception": (
        (functions.raise_unpicklable,),
        futures.RemoteCallError,
        "the function raised tests.futures.functions.Unpicklable: this and that",
    ),
    "unreadable exception": (
        (functions.raise_unreadable,),
        futures.RemoteCallError,
        "the function raised tests.futures.functions.Unreadable: this",
    ),
    "KeyboardInterrupt": (
        (functions.raise_interrupt,),
        futures.RemoteCallError,
        "the function raised KeyboardInterrupt: ",
    ),
    "full disk": (
        (functions.with_small_files, 50_000, 100_000),
        futures.ResultNotWrittenError,
        "its result could not be written: [Errno 27] File too large",
    ),
    "disk without room for a word": (
        (functions.with_small_files, 0, 1),
        futures.ResultNotWrittenError,
        "its result could not be written",
    ),
    "killed while writing": (
        (functions.killed_while_writing,),
        futures.CallKilledError,
        "killed by SIGKILL",
    ),
}


@pytest.fixture
def pool(world: World) -> Iterator[Pool]:
    made = Pool(world)
    yield made
    made.close()


def error_of(future: JobFuture[Any]) -> JobCallError:
    error = future.exception(PATIENCE)
    assert isinstance(error, JobCallError), repr(error)
    return error


def test_each_end_has_its_exception(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "PATIENCE", 1.0)  # some end well, and have no result
    executor = pool(gather=3600)
    made = {name: executor.submit(call[0], *call[1:]) for name, (call, _, _) in ENDS.items()}
    good = executor.submit(functions.fork_and_return)
    executor.shutdown()
    assert good.result() == "parent"
    for name, (_, kind, text) in ENDS.items():
        error = error_of(made[name])
        job = made[name].job
        assert job is not None
        assert (name, type(error), error.text) == (name, kind, text)
        assert str(error).startswith(f"job {job.id} on {error.host}: {text}"), name
        assert error.job == job.id
        assert error.info is not None, name
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy), copy.job) == (kind, str(error), job.id)
    assert error_of(made["os._exit"]).status == 3  # type: ignore[attr-defined]
    assert error_of(made["SIGSEGV"]).signal == "SIGSEGV"  # type: ignore[attr-defined]
    left = error_of(made["os._exit"])
    assert left.tail == "about to leave"
    assert str(left).endswith(f"\n{left.log} ends with:\n    | about to leave")
    assert Path(left.log).read_text() == "about to leave\n"  # it is kept
    assert "Traceback" in str(error_of(made["unpicklable exception"]).__cause__)
    names = {path.name for path in pool.spool.rglob("*") if path.is_file()} - {"lock"}
    assert {name.rpartition(".")[2] for name in names} == {"log"}


def test_limits(pool: Pool) -> None:
    executor = pool(walltime=1)
    too_long = executor.submit(functions.sleep, 300)
    error = error_of(too_long)
    assert isinstance(error, futures.TimeLimitError)
    assert isinstance(error, TimeoutError)
    assert error.signal == "SIGKILL"


def test_a_job_that_somebody_deletes(brief: None, pool: Pool) -> None:
    world = pool.world
    executor = pool()
    started = world.file("started")
    running = executor.submit(functions.note_and_wait, str(started), str(world.file("never")), 1)
    held = executor.options(native="-h").submit(functions.add, 1)
    world.eventually(started.exists, bool)
    world.eventually(lambda: held.job, bool)
    assert running.job is not None
    assert held.job is not None
    world.tool("qdel", running.job.id.partition(".")[0], held.job.id.partition(".")[0])
    assert isinstance(error_of(held), futures.CallDeletedError)
    killed = error_of(running)
    assert isinstance(killed, (futures.CallDeletedError, futures.CallKilledError))
    assert killed.job == running.job.id


def test_grid_engine_refuses(pool: Pool) -> None:
    executor = pool()
    future = executor.options(native="-q no_such_queue -w e").submit(functions.add, 1)
    error = error_of(future)
    assert type(error) is futures.NotSubmittedError
    assert "no_such_queue" in str(error)
    assert error.__cause__ is not None
    assert future.job is None
    assert executor.submit(functions.add, 1).result() == 1


def test_python_is_not_there(pool: Pool) -> None:
    python = str(pool.world.file("python"))
    error = error_of(pool(python=python).submit(functions.add, 1))
    assert isinstance(error, futures.NotStartedError)
    assert python in str(error)


def script(world: World, body: str) -> str:
    path = world.file("python")
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return str(path)


@on_fake
def test_another_python(pool: Pool) -> None:
    """An interpreter that says it is Python 3.7, in the place where the host asks."""
    boot = "import sys; sys.version_info = (3, 7, 0); sys.version = '3.7.0 (made up)'; "
    body = f'shift; boot="$1"; shift; exec {sys.executable} -c "{boot}$boot" "$@"'
    error = error_of(pool(python=script(pool.world, body)).submit(functions.add, 1))
    assert type(error) is futures.HostPythonError
    assert "Python 3.7.0" in str(error)
    assert f"the program's is {sys.version.split()[0]}" in str(error)


@on_fake
def test_cloudpickle_is_missing_on_the_host(pool: Pool) -> None:
    boot = "import sys; sys.modules['cloudpickle'] = None; "
    body = f'shift; boot="$1"; shift; exec {sys.executable} -c "{boot}$boot" "$@"'
    executor = pool(python=script(pool.world, body), gather=0.2)
    by_value, by_name = executor.submit(lambda: 1), executor.submit(len, "four")
    error = error_of(by_value)
    assert type(error) is futures.CallNotReadError
    assert isinstance(error, ImportError)
    assert "install cloudpickle" in str(error)
    assert by_name.result() == 4


@pytest.mark.parametrize(("there", "status"), [("nothing", 1), ("another directory", EXIT_NOT_SHARED)])
def test_the_spool_directory_is_not_shared(pool: Pool, there: str, status: int) -> None:
    """The host has something else where the program has its spool directory: here, under another name."""
    elsewhere = pool.world.file("elsewhere")
    body = (
        f'rm -f "$3/$4/$SGE_TASK_ID.log"; code="$2"; exec {sys.executable} -c "$code" {elsewhere} "$4" "$5"'
    )
    executor: JobExecutor = pool(python=script(pool.world, body))
    if there != "nothing":
        elsewhere.mkdir(mode=0o700)
        shutil.copy(executor.spool / "drmaa_cli_host.py", elsewhere)
        (elsewhere / "token").write_text("of another executor")
    error = error_of(executor.submit(functions.add, 1))
    assert type(error) is futures.SpoolNotSharedError
    assert str(executor.spool) in str(error)
    assert error.info is not None
    assert error.info.exitStatus == status


@on_fake
def test_a_directory_that_only_the_program_sees(pool: Pool) -> None:
    """Grid Engine cannot open the output file: what happens first where nothing is shared."""
    executor = pool()
    held = executor.options(native="-h").submit(functions.add, 1)
    pool.world.eventually(lambda: held.job, bool)
    assert held.job is not None
    executor.spool.rename(executor.spool.with_name("hidden"))
    pool.world.tool("qrls", held.job.id.partition(".")[0])
    error = error_of(held)
    assert type(error) is futures.SpoolNotSharedError
    assert str(executor.spool) in str(error)


@on_fake
def test_the_disk_is_full_here(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    executor = pool()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Spool, "write", full)
        error = error_of(executor.submit(functions.add, 1))
    assert type(error) is futures.NotSubmittedError
    assert "No space left on device" in str(error)
    assert executor.submit(functions.add, 1).result() == 1
