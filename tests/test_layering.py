"""Imports point down only, and pure rooms have no effects: read from the folders and the syntax trees.

A folder or top-level module that the drawing below does not know fails: whoever adds one says where it is.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import rooms
from tests.tables import each_row

ROOT = Path(__file__).resolve().parent.parent
LEVELS = {  # a room may import from rooms of a lower level, and from itself
    "typed": 0,
    "constants": 1,
    "errors": 1,
    "config": 2,
    "gridengine": 2,
    "template": 3,
    "jobs": 3,
    "system": 4,
    "store": 5,
    "session": 6,
    "aio": 7,
    "diagnosis": 7,
    "futures": 7,
    "submitit_plugin": 8,
    "compat": 7,
    "cli": 8,
}
PURE = ("constants", "errors", "typed", "gridengine", "template", "jobs")
PURE_MODULES = {
    "cli": {"model", "view", "layout", "guard", "messages"},
    "futures": {"calls", "errors", "keys", "outcome", "resources"},
    "submitit_plugin": {"parameters"},
}  # in rooms that are not
IMPORT_BY_NAME = frozenset(  # on demand, for programs that need little, or what the user's program has
    "__init__ cli/frame cli/top/command cli/usage/command compat/install compat/shim/_drmaa_cli_shim"
    " diagnosis/__init__ futures/__init__ futures/host futures/own_code system/display system/log"
    " typed".split()
)
FLOW = ("gridengine", "template", "jobs", "system", "store", "session")  # no attribute is set from outside
SET_OF_OTHERS = {"transfer": {f"about.{name}" for name in ("mode", "mtime", "type", "size", "linkname")}}
PRIVATES_OF_OTHERS = {  # of libraries that are extended or looked into
    "submitit_plugin/jobs": {"self._paths._folder"},
    "futures/host": {"sys.modules.get('cloudpickle.cloudpickle')._DYNAMIC_CLASS_TRACKER_BY_ID"},
}
FACADE = "__init__"  # the package's front door names what is public, wherever it is


@functools.cache  # the package is looked through once for each planted import
def imports(source: bytes, package: tuple[str, ...]) -> frozenset[str]:
    """The absolute dotted names a module of this package imports, at any depth, for type checking too."""
    found: set[str] = set()
    for node in rooms.nodes(source):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def faults(there: Mapping[Path, bytes]) -> list[str]:
    """Everything in the modules of the package that is against the drawing."""
    found = []
    for path, source in there.items():
        parts = path.with_suffix("").parts
        room, name = parts[1], "/".join(parts[1:])
        if name not in IMPORT_BY_NAME:
            found += [f"{name}: {fault}" for fault in rooms.hidden_imports(source)]
        if room == FACADE:
            continue
        if room not in LEVELS:
            found.append(f"{path.name}: the drawing has no room {room!r}")
            continue
        if room in PURE or parts[-1] in PURE_MODULES.get(room, ()):
            found += [f"{name}: {fault}" for fault in rooms.effects(source, "drmaa_cli")]
        for imported in imports(source, parts[:-1]):
            found += [f"{name}: {fault}" for fault in _faults_of_import(room, imported)]
    found += rooms.trespasses(there, PRIVATES_OF_OTHERS)
    for folder in sorted({path.parent for path in there if path.parts[1] in FLOW}):
        own = {path: source for path, source in there.items() if path.parent == folder}
        found += rooms.set_from_outside(own, SET_OF_OTHERS)
    return found


def _faults_of_import(room: str, name: str) -> list[str]:
    top, _, rest = name.partition(".")
    if top == "fake_sge":
        return [f"imports {name}: the packages share no code"]
    if top == "drmaa_cli":
        target = rest.partition(".")[0]
        if target not in LEVELS:
            return [] if LEVELS[room] >= LEVELS["compat"] else [f"imports {name}, the front door"]
        upwards = LEVELS[target] > LEVELS[room] or (target != room and LEVELS[target] == LEVELS[room])
        return [f"imports {name}, which is not below it"] if upwards else []
    return []


def test_imports_point_down_and_pure_rooms_are_pure() -> None:
    assert faults(rooms.sources(ROOT / "drmaa_cli")) == []


def test_every_room_is_there() -> None:
    modules = [path.relative_to(ROOT / "drmaa_cli") for path in (ROOT / "drmaa_cli").rglob("*.py")]
    assert {Path(path.parts[0]).stem for path in modules} - {"__init__"} == set(LEVELS)


@pytest.mark.slow
@each_row(
    "module,line",
    [
        ("gridengine/qstat.py", "import subprocess"),
        ("gridengine/qstat.py", "from drmaa_cli.session.monitor import Monitor"),
        ("jobs/lifecycle.py", "def f():\n    import os.path, sqlite3"),
        ("jobs/job_table.py", "from time import monotonic"),
        ("template/paths.py", "from ..jobs import lifecycle"),
        ("system/cell.py", "from drmaa_cli.store import session_store"),
        ("store/expiry.py", "from drmaa_cli.session import JobSession"),
        ("session/monitor.py", "from drmaa_cli import Session"),
        ("session/monitor.py", "import fake_sge.model"),
        ("futures/outcome.py", "import os\nHOME = os.environ"),
        ("futures/executor.py", "from drmaa_cli.cli import main"),
        ("session/wait.py", "from drmaa_cli.futures import JobExecutor"),
        ("gridengine/qsub.py", "from os import environ as surroundings"),
        ("gridengine/units.py", "import time as t\n\ndef f():\n    return t.monotonic()"),
        ("gridengine/qacct.py", "NOW = datetime.now()"),
        ("gridengine/qacct.py", "from datetime import date as day\nNOW = day.today()"),
        ("gridengine/xmltext.py", "TREE = etree.parse('qstat.xml')"),
        ("gridengine/ranges.py", "import lxml.etree as reader\nTREE = reader.parse('qstat.xml')"),
        ("template/paths.py", "def f(read=open):\n    return read('/etc/hostname')"),
        ("template/start_time.py", "TODAY = time.localtime()"),
        ("template/paths.py", "TEXT = open('/etc/hostname').read()"),
        ("template/paths.py", "from posixpath import realpath"),
        ("template/paths.py", "import posixpath as p\nHOME = p.expanduser('~')"),
        ("jobs/job_end.py", "import random"),
        ("jobs/job_end.py", "import pathlib\nTEXT = pathlib.Path('x').read_text()"),
        ("jobs/news.py", "def f():\n    return __import__('os')"),
        ("jobs/news.py", "def f():\n    from sys import modules as loaded"),
        ("session/wait.py", "import importlib\nTOP = importlib.import_module('drmaa_cli.cli')"),
        ("session/wait.py", "from importlib import import_module as load"),
        ("session/wait.py", "def f():\n    exec('import drmaa_cli.cli')"),
        ("session/wait.py", "def f(store):\n    return store._connection"),
        ("session/wait.py", "from drmaa_cli.store.rows import _tasks"),
        ("store/expiry.py", "def f(cell):\n    cell.on_listing = print"),
        ("cli/ps.py", "def f(session):\n    return getattr(session, '_monitor')"),
        ("pocket.py", "x = 1"),
        ("pocket/deep.py", "x = 1"),
    ],
)
def test_the_guard_bites(module: str, line: str) -> None:
    there = rooms.planted(rooms.sources(ROOT / "drmaa_cli"), Path("drmaa_cli", module), line)
    assert len({fault.partition(":")[0] for fault in faults(there)}) == 1


def test_the_two_walks_pass_through_ten_files_that_are_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    steps = re.findall(r"^ *(\d+)  +([a-z_]+/[a-z_]+\.py)\b", page, re.MULTILINE)
    assert [int(place) for place, _ in steps] == [*range(1, 11), *range(1, 11)]
    for _, name in steps:
        assert (ROOT / "drmaa_cli" / name).is_file(), name


def test_fake_sge_shares_no_code_and_needs_only_the_standard_library() -> None:
    modules = rooms.sources(ROOT / "fake_sge")
    assert modules
    for path, source in modules.items():
        tops = {name.partition(".")[0] for name in imports(source, path.parts[:-1])}
        assert "drmaa_cli" not in tops, path
        if path.name != "pytest_plugin.py":  # pytest loads it, so pytest is there
            assert not tops & {"lxml", "pytest", "pexpect"}, path
