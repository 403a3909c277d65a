"""What every test gets: a guard around the user's home, tools and network, and the real cell for who asks."""

from __future__ import annotations

import gc
import importlib.util
import itertools
import os
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from fake_sge import compiled
from tests import homes as jobs_homes
from tests import real_cell as real
from tests.tables import ONE_ROW

pytest.register_assert_rewrite("tests.contract.harness")

# How fast an example is says something of the machine only. A change is judged by the same examples each
# time; "search" looks for others, and what it finds becomes an example of its test.
hypothesis.settings.register_profile(
    "search",
    hypothesis.settings.default,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
SEARCH = hypothesis.settings.get_profile("search")
hypothesis.settings.register_profile("same examples", SEARCH, derandomize=True, database=None)
hypothesis.settings.load_profile("same examples")
hypothesis.settings.register_profile(
    "quick", hypothesis.settings.get_profile("same examples"), max_examples=20
)

REQUIRE_REAL_CELL = "DRMAA_TEST_REQUIRE_REAL_CELL"
OF_EXTRAS = ("cloudpickle", "matplotlib", "textual", "textual_serve", "submitit")
GUARDED_TOOLS = (
    "qsub",
    "qstat",
    "qacct",
    "qdel",
    "qhold",
    "qrls",
    "qmod",
    "qconf",
    "qhost",
    "qalter",
    "qselect",
    "qsh",
    "qrsh",
    "qlogin",
    "qresub",
    "qquota",
    "qping",
    "ssh",
    "scp",
    "sendmail",
    "mail",
)
GUARD_EXIT = 97
SCRIPT = f'#!/bin/sh\necho "a test called the machine\'s own ${{0##*/}}" >&2\nexit {GUARD_EXIT}\n'
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 1 << 30  # bytes; a container often has 64 MB there
MEMORY_OF_WORKER = 1 << 29  # bytes, with the cells that it starts
CLEARED = ("SGE_", "DRMAA_", "FAKE_SGE_", "XDG_")
MAY_ADD_USERS = "DRMAA_TEST_MAY_ADD_USERS"
CACHE = "DRMAA_TEST_CACHE"  # the XDG_CACHE_HOME of all tests of a run: fake cells find their client there
KEPT = {REQUIRE_REAL_CELL, MAY_ADD_USERS, CACHE, jobs_homes.WATCH}
ON_DEMAND = ("clients", "campaign")
HANDLED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGCHLD,
)  # SIGALRM is pytest-timeout's


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backends",
        default="cli-real,cli-fake,oracle",
        help="back ends for the contract tests: cli-real, cli-fake, ssh-real, ssh-fake, oracle or all; "
        "all tests on the fake as another Grid Engine: cli-fake-ocs-9.1 ...",
    )
    parser.addoption(
        ONE_ROW, default="", help="of the tables only the rows in whose names this is", metavar="TEXT"
    )


@pytest.hookimpl(hookwrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Never look for garbage among the thousands of tests: not while they are collected, and not later."""
    gc.disable()
    yield
    if sys.version_info < (
        3,
        14,
    ):  # hypothesis asks there who refers to an object, and is told of no frozen one
        gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)  # what is left, in whatever order
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests out that run only when they are asked for by their marker; begin with the longest."""
    asked = str(config.option.markexpr)
    here = {
        item
        for item in items
        if any(item.get_closest_marker(name) for name in ON_DEMAND if name not in asked)
    }
    if here:
        config.hook.pytest_deselected(items=list(here))
    left = [item for item in items if item not in here]
    items[:] = longest_first(left, getattr(config, "workerinput", {}).get("workercount", 1))


def longest_first(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """The tests so that each worker begins with its share of those of which one takes half a minute.

    pytest-xdist gives each worker as long a piece of the list; at the end, all would wait for such a test.
    """
    longest = [item for item in items if item.get_closest_marker("long")]
    others = iter([item for item in items if not item.get_closest_marker("long")])
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        size = (len(items) - len(ordered)) // (workers - worker)
        mine = longest[worker::workers]
        ordered += [*mine, *itertools.islice(others, size - len(mine))]
    return ordered


def pytest_configure(config: pytest.Config) -> None:
    """Let the worker processes of -n load libdrmaa, and everybody be interrupted.

    glibc reads its tunables only when a process starts. A run that a shell put into the background ignores
    SIGINT and SIGQUIT, one of nohup SIGHUP, and so would every program it starts.
    """
    use_memory_for_files()
    jobs_homes.give_fake_jobs_a_home(config)
    if CACHE not in os.environ:
        os.environ[CACHE] = made = tempfile.mkdtemp(prefix="cache")
        config.add_cleanup(lambda: shutil.rmtree(made, ignore_errors=True))
        compile_client(made)
    os.environ.setdefault("GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=16384")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)  # this goes on; the programs have the default


def compile_client(cache: str) -> None:
    """Have the cells of all tests use the compiled client from the beginning, where there is a compiler."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", cache)
        compiled.make()


def use_memory_for_files() -> None:
    """Keep temporary files, those of cells too, in memory: a qmaster waits for the disk at every job."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return
    if shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist chooses
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Let a worker that has nothing left to do take tests of another: those of a back end stand in a row."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "worksteal"


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many there are for ``-n auto``: the tests of ``make test`` wait for most of their time."""
    processors = len(os.sched_getaffinity(0))
    waiting = "not slow" not in config.option.markexpr
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min((6 if waiting else 2) * processors, max(processors, memory // MEMORY_OF_WORKER))


@pytest.fixture(scope="session")
def guard_bin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of programs that refuse to work, named like the tools tests must not reach by accident."""
    directory = tmp_path_factory.mktemp("guard") / "bin"
    directory.mkdir()
    for name in GUARDED_TOOLS:
        path = directory / name
        path.write_text(SCRIPT)
        path.chmod(0o755)
    return directory


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Path]]:
    """What returns an empty home directory: the one before as long as nothing was written to it."""
    used: list[Path] = []

    def empty() -> Path:
        if not used or os.listdir(used[-1]):  # noqa: PTH208  three times as fast as iterdir(), for every test
            used.append(tmp_path_factory.mktemp("home"))
        return used[-1]

    yield empty
    for home in used:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def users_home() -> Iterator[None]:
    """Nothing is written to the home of whoever runs the tests, where that can be told."""
    if os.environ.get(jobs_homes.WATCH):
        yield from jobs_homes.nothing_appears(jobs_homes.users_home())
    else:
        yield


@pytest.fixture
def time_zone() -> Iterator[None]:
    """Bring back the time zone of the process: commands of the fake that run in it take their caller's."""
    zone = os.environ.get("TZ")
    yield
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    time.tzset()


@pytest.fixture(autouse=True)
def guard(
    users_home: None,
    time_zone: None,
    monkeypatch: pytest.MonkeyPatch,
    homes: Callable[[], Path],
    guard_bin: Path,
) -> None:
    """Point HOME and the XDG directories at an empty place, hide q* tools and ssh, and refuse the network."""
    home = homes()
    for name in list(os.environ):
        if name.startswith(CLEARED) and name not in KEPT:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.setenv("XDG_CACHE_HOME", os.environ[CACHE])
    monkeypatch.setenv("PATH", os.pathsep.join([str(guard_bin), os.environ.get("PATH", os.defpath)]))
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise PermissionError(f"a test tried to reach the network: {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local_only)


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    """A test leaves the handling of signals as it was: later ones interrupt themselves, and wait for that."""
    before = [signal.getsignal(number) for number in HANDLED]
    yield
    after = [signal.getsignal(number) for number in HANDLED]
    for number, handler in zip(HANDLED, before):
        signal.signal(number, handler)
    assert after == before, "signals are handled otherwise than before the test"


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """The connections to databases that are opened from now on: through them a disk can be full."""
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def recording(*arguments: Any, **keywords: Any) -> sqlite3.Connection:
        opened.append(connect(*arguments, **keywords))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", recording)
    return opened


@pytest.fixture(scope="session")
def real_cell() -> Iterator[real.RealCell]:
    """A running real cell, one for each process of the test run; who changes it changes it back."""
    require_real_cell()
    directory = Path(tempfile.mkdtemp(prefix="cell"))
    directory.chmod(0o755)
    cell = real.RealCell(directory / "c", slots=100)
    try:
        yield cell.up()
    finally:
        cell.down()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def real_environment(real_cell: real.RealCell, monkeypatch: pytest.MonkeyPatch) -> real.RealCell:
    """The real cell, with this process's environment pointing at it."""
    for name, value in real_cell.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", os.pathsep.join([str(real_cell.bin_directory), os.environ["PATH"]]))
    return real_cell


def pytest_sessionstart() -> None:
    """Where nothing may be skipped, all extras have to be installed whose tests are skipped without them."""
    missing = [name for name in OF_EXTRAS if importlib.util.find_spec(name) is None]
    if missing and os.environ.get(REQUIRE_REAL_CELL):
        pytest.exit(f"pip install -e '.[dev]': not found: {', '.join(missing)}", returncode=1)


def require_real_cell() -> None:
    """Skip the calling test where Grid Engine is not installed; fail it where it must be."""
    missing = real.missing_tools()
    if missing:
        reason = f"no real Grid Engine here: {', '.join(missing)} not found"
        if os.environ.get(REQUIRE_REAL_CELL):
            pytest.fail(reason)
        pytest.skip(reason)
