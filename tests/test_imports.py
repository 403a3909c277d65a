"""Any number of threads may load any modules of drmaa_cli, or of fake_sge, at the same time, in any order.

Python locks each module while it is loaded. Two threads get into each other's way only where a module needs
itself to be loaded, over others or over the package it is in (which is loaded before it): then one of them
gets _DeadlockError, or half of a module ("cannot import name ... from partially initialized module"). So
there is no such module: no circle of imports, no package that imports its own modules.
"""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest

import drmaa_cli
from drmaa_cli import constants, errors, futures
from drmaa_cli.futures import errors as of_calls
from tests import rooms
from tests.tables import each_row, slow

ROOT = Path(__file__).resolve().parent.parent
SHIM = "drmaa_cli.compat.shim"  # not imported as such: the drmaa in it has the form of drmaa-python's
STRESS = """
import importlib, random, sys, threading, traceback
seed, *names = sys.argv[1:]
random.Random(seed).shuffle(names)
troubles, begin = [], threading.Barrier(16)


def load(names):
    begin.wait()
    for name in names:
        try:
            importlib.import_module(name)
        except BaseException:
            troubles.append(traceback.format_exc())


threads = [threading.Thread(target=load, args=(names[part::16],)) for part in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(troubles[0] if troubles else "all loaded")
"""


def modules(sources: Mapping[Path, bytes]) -> dict[str, Path]:
    """The modules of a package, by their names."""
    found = {}
    for path in sources:
        parts = path.with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if not name.startswith(SHIM):
            found[name] = path
    return found


def at_import(nodes: Iterable[ast.AST], package: Sequence[str]) -> Iterator[str]:
    """The names that are imported when a module is: not those in functions, not those for type checking."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from at_import(node.orelse if isinstance(node.test, ast.Name) else node.body, package)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from at_import(ast.iter_child_nodes(node), package)


@functools.cache  # a package with a planted circle differs in one module
def named_at_import(source: bytes, package: tuple[str, ...]) -> frozenset[str]:
    """The names that a module imports when it is imported, each with those of its packages."""
    names = (imported.split(".") for imported in at_import(ast.parse(source).body, package))
    return frozenset(".".join(parts[:length]) for parts in names for length in range(1, len(parts) + 1))


def needs(sources: Mapping[Path, bytes]) -> dict[str, set[str]]:
    """For each module those that are loaded before it is, or while it is."""
    there = modules(sources)
    graph = {}
    for name, path in there.items():
        parents = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
        found = {name.rpartition(".")[0], *named_at_import(sources[path], tuple(parents))}
        graph[name] = found & there.keys()
    return graph


def circles(graph: dict[str, set[str]]) -> set[str]:
    """The modules that need themselves, and those that need such."""
    left = dict(graph)
    while free := [name for name, needed in left.items() if not needed & left.keys()]:
        for name in free:
            del left[name]
    return set(left)


@pytest.mark.parametrize("package", ["drmaa_cli", "fake_sge"])
def test_no_module_needs_itself(package: str) -> None:
    graph = needs(rooms.sources(ROOT / package))
    assert len(graph) > 50
    assert circles(graph) == set()


@each_row(
    "module,line,needing_itself",
    [
        ("__init__", "from drmaa_cli import errors", "drmaa_cli.errors"),
        ("futures/__init__", "from drmaa_cli.futures.spool import SpoolError", "drmaa_cli.futures.spool"),
        ("gridengine/units", "import drmaa_cli.gridengine.qstat", "drmaa_cli.gridengine.qstat"),
        ("errors", "if True:\n    from drmaa_cli import config", "drmaa_cli.config"),
    ],
)
def test_a_circle_is_found(module: str, line: str, needing_itself: str) -> None:
    there = rooms.sources(ROOT / "drmaa_cli")
    assert needing_itself not in circles(needs(there))
    assert needing_itself in circles(needs(rooms.planted(there, Path(f"drmaa_cli/{module}.py"), line)))


OWN_THREAD = ("drmaa_cli.cli", "drmaa_cli.submitit_plugin", "fake_sge.pytest_plugin", "fake_sge.__main__")


@pytest.mark.parametrize("package", ["drmaa_cli", "fake_sge"])
@pytest.mark.parametrize("seed", [0, slow(1)])
def test_sixteen_threads_load_all_modules(package: str, seed: int) -> None:
    names = [name for name in modules(rooms.sources(ROOT / package)) if not name.startswith(OWN_THREAD)]
    done = subprocess.run(
        [sys.executable, "-c", STRESS, str(seed), *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "all loaded\n", done.stdout + done.stderr


@pytest.mark.parametrize(
    ("package", "module"), [(drmaa_cli, constants), (drmaa_cli, errors), (futures, of_calls)]
)
def test_all_names_of_a_module_are_names_of_its_package(package: ModuleType, module: ModuleType) -> None:
    assert set(module.__all__) <= set(package.__all__)
    assert all(getattr(package, name) is getattr(module, name) for name in module.__all__)
