"""The back ends as one fixture: every contract test runs on each that is asked for and available."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import fake_sge
from fake_sge.options import FLAVOURS
from tests.conftest import REQUIRE_REAL_CELL
from tests.contract.harness import Cell, World, load_api, oracle_missing
from tests.homes import users_home
from tests.ssh.server import SSH, require_sshd, running_server

OTHER_FLAVOURS = tuple(name for name in FLAVOURS if name != "sge-8.1.9")
OTHER_FAKES = {f"cli-fake-{name}": name for name in OTHER_FLAVOURS}
"""The fake cell as another Grid Engine: back ends of their own."""
BACKENDS = ("cli-real", "cli-fake", *OTHER_FAKES, "ssh-real", "ssh-fake", "oracle")
REPRESENTATIVE = {
    *("test_the_name_of_the_drm_system", "test_the_qmaster_refuses", "test_too_many_tasks"),
    *("test_full_start_times", "test_wall_clock_limits", "test_words_are_split_like_a_shell"),
    *("test_the_states_of_a_job_from_hold_to_reaping", "test_all_control_operations_on_one_job"),
    *("test_a_held_job_that_is_deleted_has_failed_without_usage", "test_jobs_in_error"),
    *("test_every_task_has_its_own_record", "test_two_jobs_have_each_their_own_usage"),
    *("test_an_ended_job_of_no_session", "test_suspended_queue", "test_jobs_that_are_not_there"),
    *("test_a_rescheduled_job", "test_status_of_ended_jobs"),
}
"""What runs on every flavour unless a flavour is named: of the refusals those in Grid Engine's own words."""
MARKS = {
    **{name: [pytest.mark.slow] for name in OTHER_FAKES},
    "cli-real": [pytest.mark.real_cell],
    "ssh-real": [pytest.mark.real_cell],
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
            if {name, "cli-fake" if name in OTHER_FAKES else name, "all"} & set(chosen)
            and (only is None or family(name) in only.args)
            and not (here and name.startswith("ssh-"))
            and (name not in OTHER_FAKES or name in chosen or metafunc.function.__name__ in REPRESENTATIVE)
        ]
        params = [pytest.param(name, marks=MARKS.get(name, [])) for name in names]
        metafunc.parametrize("backend", params, indirect=True, scope="session")


def family(backend: str) -> str:
    """The back end without its flavour and its way."""
    return "cli-fake" if backend in OTHER_FAKES else backend.replace("ssh-", "cli-")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests that mean nothing on the back ends asked for."""
    unfit = {item for item in items if isinstance(item, pytest.Function) and not fits(item)}
    if unfit:
        config.hook.pytest_deselected(items=list(unfit))
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
    if backend in OTHER_FAKES:
        cells: dict[str, Cell] = request.getfixturevalue("other_cells")
        return cells[OTHER_FAKES[backend]]
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

    def shepherd_says(self, job: str, code: int) -> None:
        """Have the shepherd of a job's next run end with a code (``failed``)."""
        self._cell.fault("shepherd", job=int(job), code=code)

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
    with fake_sge.Cell(slots=100, login_shells=False, home=str(users_home())) as cell:
        yield FakeCell(cell)


class OtherCells(dict[str, "Cell"]):
    """Running fake cells by flavour, each started when it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._open = contextlib.ExitStack()

    def __missing__(self, flavour: str) -> Cell:
        cell = self._open.enter_context(
            fake_sge.Cell(slots=100, login_shells=False, flavour=flavour, home=str(users_home()))
        )
        self[flavour] = FakeCell(cell)
        return self[flavour]

    def close(self) -> None:
        """End them all."""
        self._open.close()


@pytest.fixture(scope="session")
def other_cells() -> Iterator[dict[str, Cell]]:
    """Fake cells of other flavours, for each process of the test run."""
    cells = OtherCells()
    yield cells
    cells.close()


@pytest.fixture(scope="session")
def ssh_variables(backend: str, cell: Cell, last_world: list[World]) -> Iterator[dict[str, str]]:
    """What sends the programs of the ssh back ends to the cell: a server before it, and its setup."""
    if not backend.startswith("ssh-"):
        yield {}
        return
    require_sshd()
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
        for world in last_world:
            world.end()  # while there is a server


@pytest.fixture(scope="session")
def state_home(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where drmaa_cli keeps the sessions of a cell: it outlives a test, as the session does."""
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
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions that begin in the test wait for 5 s, not 15, for what a job without a record never gets."""
    monkeypatch.setenv("DRMAA_CLI_ACCOUNTING_MARGIN", "5")


@pytest.fixture
def idle(world: World) -> World:
    """The back end without a session."""
    world.end()
    return world
