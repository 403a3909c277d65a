"""The back ends as one fixture: every contract test runs on each that is asked for and available."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import fake_sge
from tests.conftest import REQUIRE_REAL_CELL
from tests.contract.harness import Cell, World, load_api, oracle_missing
from tests.ssh.server import SSH, SSHD, running_server

BACKENDS = ("cli-real", "cli-fake", "ssh-real", "ssh-fake", "oracle")
MARKS = {
    "cli-real": [pytest.mark.real_cell],
    "cli-fake": [],
    "ssh-real": [pytest.mark.real_cell],
    "ssh-fake": [],
    "oracle": [pytest.mark.real_cell, pytest.mark.oracle],
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--backends").split(",")
        unknown = set(chosen) - {*BACKENDS, "all"}
        if unknown:
            raise pytest.UsageError(f"--backends: no such back end: {', '.join(sorted(unknown))}")
        only = metafunc.definition.get_closest_marker("only_on")
        here = metafunc.definition.get_closest_marker("here") is not None
        names = [
            name
            for name in BACKENDS
            if {name, "all"} & set(chosen)
            and (only is None or name.replace("ssh-", "cli-") in only.args)
            and not (here and name.startswith("ssh-"))
        ]
        params = [pytest.param(name, marks=MARKS[name]) for name in names]
        metafunc.parametrize("backend", params, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests that mean nothing on the back ends asked for."""
    unfit = [item for item in items if isinstance(item, pytest.Function) and not fits(item)]
    if unfit:
        config.hook.pytest_deselected(items=unfit)
        items[:] = [item for item in items if item not in unfit]


def fits(item: pytest.Function) -> bool:
    """Tell whether a test has a back end to run on, or needs none."""
    return "backend" not in item.fixturenames or item.callspec.params["backend"] in BACKENDS


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    """The name of the back end."""
    return str(request.param)


@pytest.fixture(scope="session")
def cell(backend: str, request: pytest.FixtureRequest) -> Cell:
    """The cell the jobs run in."""
    if backend == "oracle":
        reason = oracle_missing()
        if reason is not None:
            if os.environ.get(REQUIRE_REAL_CELL):
                pytest.fail(reason)
            pytest.skip(reason)
    found: Cell = request.getfixturevalue("fake_cell" if backend.endswith("-fake") else "real_cell")
    return found


class FakeCell:
    """A fake_sge cell with the interface of the real one."""

    def __init__(self, cell: fake_sge.Cell) -> None:
        self._cell = cell

    @property
    def env(self) -> dict[str, str]:
        return self._cell.variables

    @property
    def bin_directory(self) -> Path:
        return self._cell.path

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = self._cell.run(*argv)
        texts = (done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
        result = subprocess.CompletedProcess(done.args, done.returncode, *texts)
        if check:
            result.check_returncode()
        return result


@pytest.fixture(scope="session")
def fake_cell() -> Iterator[Cell]:
    """A running fake cell, one for each process of the test run."""
    with fake_sge.Cell(slots=100, login_shells=False) as cell:
        yield FakeCell(cell)


@pytest.fixture(scope="session")
def ssh_variables(backend: str, cell: Cell) -> Iterator[dict[str, str]]:
    """What sends the programs of the ssh back ends to the cell: a server before it, and its setup."""
    if not backend.startswith("ssh-"):
        yield {}
        return
    if SSHD is None:
        if os.environ.get(REQUIRE_REAL_CELL):
            pytest.fail("sshd is not installed: apt-get install openssh-server")
        pytest.skip("no sshd here: apt-get install openssh-server")
    exports = {**cell.env, "PATH": f"{cell.bin_directory}:/usr/bin:/bin"}
    setup = "; ".join(f"export {name}={shlex.quote(value)}" for name, value in exports.items())
    with (
        tempfile.TemporaryDirectory(prefix="ssh") as folder,
        running_server(Path(folder, "server"), home=Path(os.environ["HOME"])) as server,
    ):
        Path(folder, "bin").mkdir()
        Path(folder, "bin", "ssh").symlink_to(SSH or "ssh")
        yield {
            "DRMAA_CLI_CONTACT": server.contact,
            "DRMAA_CLI_SSH_CONFIG": str(server.config),
            "DRMAA_CLI_SSH_SETUP": setup,
            "XDG_RUNTIME_DIR": folder,
            "PATH": f"{Path(folder, 'bin')}:{os.environ['PATH']}",
        }


@pytest.fixture(scope="session")
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where drmaa_cli keeps its sessions: it outlives a test, as the session does."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def last_world() -> Iterator[list[World]]:
    """The world used last in this process: its session stays active until another back end takes over."""
    last: list[World] = []
    yield last
    for world in last:
        world.end()


@pytest.fixture
def world(
    backend: str,
    cell: Cell,
    guard: None,
    monkeypatch: pytest.MonkeyPatch,
    state_home: Path,
    ssh_variables: dict[str, str],
    last_world: list[World],
) -> Iterator[World]:
    """The back end, its environment in place, with or without a session."""
    if last_world and last_world[0].backend != backend:
        last_world[0].end()
    for name, value in cell.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(state_home))
    monkeypatch.setenv("PATH", os.pathsep.join([str(cell.bin_directory), os.environ["PATH"]]))
    for name, value in ssh_variables.items():
        monkeypatch.setenv(name, value)
    directory = Path(tempfile.mkdtemp(prefix="job"))
    directory.chmod(0o777)
    last_world[:] = [World(backend, load_api(backend), cell, directory)]
    yield last_world[0]
    last_world[0].clean_up()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def session(world: World) -> World:
    """The back end with an active session, in which other tests may have left ended jobs."""
    if not world.active:
        world.begin()
    return world


@pytest.fixture
def fresh(world: World) -> World:
    """The back end with a new session without jobs."""
    world.begin()
    return world


@pytest.fixture
def idle(world: World) -> World:
    """The back end without a session."""
    world.end()
    return world
