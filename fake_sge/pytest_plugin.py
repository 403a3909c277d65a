"""Fixtures for projects that test Grid Engine code (pytest loads them by the ``pytest11`` entry point).

``fake_sge``
    a running :class:`~fake_sge.cell.Cell` for one test;
``fake_sge_module``, ``fake_sge_session``
    one for all tests of a module, of the run;
``fake_sge_factory``
    makes cells with chosen options, ends them with the test;
``fake_sge_path``
    ``fake_sge``, and this process's environment (PATH, SGE_*) points at it.

Options of a test's cell: ``@pytest.mark.fake_sge(slots=2, profile="stock")``.

``--sge=real`` gives the same fixtures a private, real Grid Engine, ``--sge=site`` the one that is on PATH. A
test that asks it for what only a fake can do (faults, the clock) is skipped and says so.
``@pytest.mark.sge_verified`` runs a test on a fake and on a real cell and fails when their commands, run with
``run()``, answer differently.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .errors import FakeOnlyError

if TYPE_CHECKING:
    from .cell import Cell
    from .cells import Cells, Recorder

KINDS = ("fake", "real", "site")
SETTINGS = {  # of the ini file, and as options --sge ...
    "sge": "which Grid Engine the fixtures give: fake, real (a private cell of the installed one), site",
    "sge_root": "real: the SGE_ROOT with the daemons; default: FAKE_SGE_REAL_ROOT, else Debian's packages",
    "sge_request": "site: options of qsub for each job, e.g. '-q test.q -l h_rt=60'",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and settings."""
    group = parser.getgroup("sge", "Grid Engine cells")
    for name, text in SETTINGS.items():
        choices = {"choices": KINDS} if name == "sge" else {}
        group.addoption(f"--{name.replace('_', '-')}", dest=f"{name}_option", help=text, **choices)
        parser.addini(name, text, default="fake" if name == "sge" else "")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line("markers", "fake_sge(**options): options of this test's Grid Engine cell")
    config.addinivalue_line(
        "markers", "sge_verified: run on a fake and on a real cell, and compare the answers"
    )
    if setting(config, "sge") not in KINDS:
        raise pytest.UsageError(f"sge is one of {', '.join(KINDS)}, not {setting(config, 'sge')!r}")


def setting(config: pytest.Config, name: str) -> str:
    """An option, else the setting of the ini file."""
    return str(config.getoption(f"{name}_option") or config.getini(name))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A verified test runs twice."""
    if metafunc.definition.get_closest_marker("sge_verified"):
        if "sge_kind" not in metafunc.fixturenames:
            raise pytest.UsageError(
                f"{metafunc.definition.nodeid}: sge_verified is for tests that use fake_sge"
            )
        metafunc.parametrize("sge_kind", ["fake", "real"], indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:  # noqa: ARG001
    """Skip for what only a fake cell can have."""
    return (yield from _skipping())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:  # noqa: ARG001
    """Skip for what only a fake cell can do."""
    return (yield from _skipping())


def _skipping() -> Generator[None, object, object]:
    try:
        return (yield)
    except FakeOnlyError as reason:
        pytest.skip(str(reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the state of a failed test's cells."""
    report = yield
    found = {id(value): value for value in getattr(item, "funcargs", {}).values() if _is_cell(value)}
    if report.failed and report.when == "call" and found:
        from .cells import describe  # noqa: PLC0415

        report.sections += [
            (f"Grid Engine cell in {cell.directory}", describe(cell)) for cell in found.values()
        ]
    return report


def _is_cell(value: object) -> bool:
    return type(value).__module__.partition(".")[0] == __name__.partition(".")[0] and hasattr(
        value, "wait_idle"
    )


@pytest.fixture(scope="session")
def sge_cells(request: pytest.FixtureRequest) -> Iterator[Cells]:
    """Makes the cells of all fixtures; real ones are used again by tests that leave them as they were."""
    from .cells import Cells  # noqa: PLC0415 only tests that use a cell pay for the import

    config = request.config
    factory = request.getfixturevalue("tmp_path_factory")
    with Cells(
        lambda: factory.mktemp("cell", numbered=True),
        root=setting(config, "sge_root") or None,
        request=shlex.split(setting(config, "sge_request")),
    ) as cells:
        yield cells


@pytest.fixture
def sge_kind(request: pytest.FixtureRequest) -> str:
    """Which Grid Engine this test gets: ``fake``, ``real`` or ``site``."""
    return getattr(request, "param", None) or setting(request.config, "sge")


@pytest.fixture
def fake_sge_factory(
    sge_cells: Cells, sge_kind: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Cell]]:
    """A function that starts a cell: ``fake_sge_factory(slots=1)``. The cells end with the test."""
    marked = request.node.get_closest_marker("sge_verified") is not None
    if marked and sge_kind == "real" and setting(request.config, "sge") != "real":
        _skip_without_real_one(request.config)
    compared_in = _place_of_comparisons(request) if marked else None
    recorders: list[Recorder] = []
    taken: list[Any] = []

    def make(**options: Any) -> Any:  # noqa: ANN401 the options of a cell
        numbers = {"first_job_number": 500001} if marked else {}  # which no other figure looks like
        cell = sge_cells.take(sge_kind, {**numbers, **options})
        taken.append(cell)
        if not marked:
            return cell
        from .cells import Recorder  # noqa: PLC0415

        recorders.append(Recorder(cell))
        return recorders[-1]

    yield make
    for cell in taken:
        sge_cells.give_back(cell)
    if compared_in is not None:
        _compare(compared_in, request.node.nodeid, sge_kind, recorders)


def _skip_without_real_one(config: pytest.Config) -> None:
    from .real.installation import NotInstalledError, find  # noqa: PLC0415

    try:
        find(setting(config, "sge_root") or None)
    except NotInstalledError as error:
        pytest.skip(f"not verified: {error}")


def _place_of_comparisons(request: pytest.FixtureRequest) -> Path:
    """A directory of the whole run, which keeps what the first of two runs of a test has seen."""
    of_this_process: Path = request.getfixturevalue("tmp_path_factory").getbasetemp()
    with_xdist = hasattr(request.config, "workerinput")  # each worker has its own in that of the run
    directory = (of_this_process.parent if with_xdist else of_this_process) / "sge-verified"
    directory.mkdir(exist_ok=True)
    return directory


def _compare(directory: Path, test: str, kind: str, recorders: list[Recorder]) -> None:
    from .cells import compare_with_other_run  # noqa: PLC0415

    name = test.replace(f"[{kind}", "[").replace(f"-{kind}]", "]")
    found = compare_with_other_run(directory, name, kind, recorders)
    if found:
        pytest.fail(f"the fake and the real Grid Engine differ:\n{found}", pytrace=False)


@pytest.fixture
def fake_sge(request: pytest.FixtureRequest, fake_sge_factory: Callable[..., Cell]) -> Cell:
    """A running cell of its own for the test."""
    marker = request.node.get_closest_marker("fake_sge")
    if marker is not None and marker.args:
        raise pytest.UsageError("options of a cell have names: @pytest.mark.fake_sge(slots=2)")
    return fake_sge_factory(**(marker.kwargs if marker else {}))


@pytest.fixture(scope="module")
def fake_sge_module(sge_cells: Cells, request: pytest.FixtureRequest) -> Iterator[Cell]:
    """A running cell shared by the tests of a module."""
    yield from _shared(sge_cells, request)


@pytest.fixture(scope="session")
def fake_sge_session(sge_cells: Cells, request: pytest.FixtureRequest) -> Iterator[Cell]:
    """A running cell shared by all tests (of a worker, with pytest-xdist)."""
    yield from _shared(sge_cells, request)


def _shared(cells: Cells, request: pytest.FixtureRequest) -> Iterator[Any]:
    cell = cells.take(setting(request.config, "sge"), {})
    yield cell
    cells.give_back(cell)


@pytest.fixture
def fake_sge_path(fake_sge: Cell, monkeypatch: pytest.MonkeyPatch) -> Cell:
    """The test's cell, with this process's environment pointing at it."""
    for name, value in fake_sge.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", fake_sge.env["PATH"])
    return fake_sge
