"""The rooms of fake_sge: which folders and modules there are, what may import what, what has no effects.

Read from the syntax tree, so imports inside functions and for type checking count, too.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests import rooms
from tests.tables import each_row

PACKAGE = Path(__file__).resolve().parents[2] / "fake_sge"
ROOMS = {  # every folder with its modules; "" is the top level
    "": "__init__ cell cell_options kept "
    "cells cli cli_words compare comparison compiled ending entry errors faults guard "
    "host install launch layout lighter on_path host_options options place pytest_plugin reports "
    "settings signals wire",
    "model": "__init__ access_lists accounting accounting_json categories cluster defaults expressions "
    "failures flavours globs host_loads host_values interactive jobs names operations quota_text "
    "quotas ranges requests resources states task_lists urgency values",
    "engine": "__init__ access accounting admission allocation control delivery engine everywhere exclusive "
    "holds host_order hosts "
    "lifecycle matching pe_tasks placement quota_sets quotas reasons scheduling shortages state "
    "submission",
    "render": "__init__ command_line detail_resources detail_text detail_text_ocs detail_xml "
    "detail_xml_ocs elements hosts listing listing_xml objects offers qacct_text qacct_text_ocs queues "
    "quotas table usage formats",
    "commands": "__init__ dispatch pe_tasks qacct qalter qconf qdel qhold qhost qmod qquota qrls qrsh "
    "qselect qstat qsub quota_sets",
    "commands/altering": "__init__ alter attributes",
    "commands/configuring": "__init__ attribute_values attributes change complex_rules "
    "configuration_values configurations editor "
    "exec_hosts files flat_file list_changes pe_values quota_attributes references scheduler_values "
    "kinds threads name_lists names objects refusal searched settings_of_cell shown verbs words",
    "commands/interface": "__init__ caller environment qmaster_interface",
    "commands/queries": "__init__ qacct_options qstat_details queue_filter queue_reasons quota_lines "
    "resource_requests "
    "switches",
    "commands/submission": "__init__ common jsv jsv_corrections jsv_parameters spec_text",
    "commands/submit_options": "__init__ binding job_spec job_words option_values parsed parser range_values "
    "table",
    "commands/times": "__init__ dates local_time",
    "execution": "__init__ execd job_files job_process orders processes shepherd terminal users",
    "qmaster": "__init__ accounting admin daemon execd hosts journal log qmaster server shepherd_reports "
    "view",
    "client": "__init__ client link pe_task run_command",
    "random_commands": "__init__ pair scenes situations tables",
    "real": "__init__ cell daemons guard installation listing plan pool refusals site",
}
RENDERED = ("render", "commands/interface", "commands/times")
BELOW = {  # from below to the top: what each folder or top-level module may import besides itself
    "lighter": (),
    "model": ("lighter",),
    "wire": (),
    "layout": ("wire",),
    "launch": ("layout",),
    "engine": ("model", "lighter"),
    "render": ("model", "lighter"),
    "faults": ("model", "lighter"),
    "reports": ("lighter",),
    "settings": ("model",),
    "host_options": ("lighter", "model", "settings"),
    "options": ("lighter", "model", "engine", "settings", "host_options"),
    "cli_words": (),
    "cell_options": ("cli_words", "host_options", "options"),
    "signals": (),
    "compiled": (),
    "install": ("cli_words", "compiled", "launch", "layout", "options"),
    "commands/interface": ("model", "lighter", "render"),
    "commands/times": ("model", "lighter", "render"),
    "commands/submit_options": ("model", "lighter", "render", "commands/times"),
    "commands/submission": ("model", "lighter", *RENDERED, "commands/submit_options"),
    "commands/altering": (
        "model",
        "lighter",
        "engine",
        *RENDERED,
        "commands/submit_options",
        "commands/submission",
    ),
    "commands/configuring": ("model", "lighter", "settings", *RENDERED),
    "commands/queries": ("model", "lighter", *RENDERED, "commands/submit_options"),
    "commands": (
        *("model", "engine", "lighter", *RENDERED, "commands/submit_options", "commands/submission"),
        *("commands/altering", "commands/configuring", "commands/queries"),
    ),
    "execution": ("model", "engine", "layout", "lighter", "wire"),
    "client": ("model", "commands", "execution", "layout", "wire"),
    "qmaster": (
        *("model", "engine", "lighter", "render", "commands", "execution"),
        *("compiled", "faults", "install", "launch", "layout", "options", "reports", "settings", "wire"),
    ),
    "errors": (),
    "on_path": ("errors",),
    "comparison": (),
    "random_commands": ("comparison",),
    "host": ("reports",),
    "place": ("errors",),
    "real": ("errors", "layout", "lighter", "model", "on_path", "options", "place", "reports"),
    "ending": ("execution", "layout", "real"),
    "kept": ("errors", "options"),
    "cell": (
        "kept",
        "client",
        "ending",
        "errors",
        "execution",
        "faults",
        "host",
        "install",
        "launch",
        "layout",
        "lighter",
        "on_path",
        "options",
        "place",
        "reports",
        "settings",
    ),
    "guard": ("cell", "ending", "place", "real"),
    "cells": ("cell", "comparison", "errors", "options", "real"),
    "cli": (
        "cell",
        "cell_options",
        "kept",
        "cli_words",
        "client",
        "errors",
        "faults",
        "launch",
        "layout",
        "place",
        "real",
        "signals",
    ),
    "entry": ("cli",),
    "pytest_plugin": ("cell", "cells", "errors", "real"),
    "compare": ("cell", "random_commands", "comparison", "errors", "options", "real"),
    "__init__": ("cell", "errors", "faults", "host", "options", "real", "reports"),
}
PURE = ("model", "engine", "render")
IMPORT_BY_NAME = (  # what is asked for; lighter compiles constructors
    *("__init__", "model/__init__", "commands/dispatch", "qmaster/daemon", "lighter"),
)


def room_of(parts: tuple[str, ...]) -> str:
    """The key in BELOW of a module, given by its path within the package."""
    for size in (2, 1):
        name = "/".join(parts[:size])
        if name in ROOMS and name != "":
            return name
    return parts[0]


@cache
def imports(source: bytes, folder: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """What a module imports: paths within the package, or the absolute name in one piece ``("os.path",)``."""
    found: set[tuple[str, ...]] = set()
    for node in rooms.nodes(source):
        if isinstance(node, ast.Import):
            found.update((alias.name,) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "",))
        elif isinstance(node, ast.ImportFrom):
            base = (*folder[: len(folder) - node.level + 1], *(node.module.split(".") if node.module else ()))
            found.update([base] if node.module and base else [(*base, alias.name) for alias in node.names])
    return frozenset(found)


def complaints(there: Mapping[Path, bytes]) -> list[str]:
    """What is wrong with the modules of the package."""
    wrong = []
    modules = {path.relative_to("fake_sge"): source for path, source in there.items()}
    folders = {path.parent for path in modules} | {Path(name) for name in ROOMS}
    for folder in sorted(folders):
        name = folder.as_posix().replace(".", "")
        known = set(ROOMS.get(name, "").split())
        found = {path.stem for path in modules if path.parent == folder}
        wrong += [f"{name or 'the top level'} is not a known folder"] * (name not in ROOMS)
        wrong += [f"{name}: unknown module {module}" for module in sorted(found - known)]
        wrong += [f"{name}: no module {module}" for module in sorted(known - found)]
    for path, source in modules.items():
        parts = path.with_suffix("").parts
        room, name = room_of(parts), "/".join(parts)
        if name not in IMPORT_BY_NAME:
            wrong += [f"{name} {fault}" for fault in rooms.hidden_imports(source)]
            if room in PURE:
                wrong += [f"{name} {fault}" for fault in rooms.effects(source, "fake_sge")]
        for target in sorted(imports(source, parts[:-1])):
            top = target[0].split(".")[0]
            if top == "drmaa_cli":
                wrong.append(f"{'/'.join(parts)} imports {target[0]}: the packages share no code")
            elif top == "fake_sge":
                if parts[:2] != ("client", "client"):  # its copy in a cell has to name the package
                    wrong.append(f"{'/'.join(parts)} imports {target[0]} by its absolute name")
            elif len(target) > 1 or target[0] in BELOW:
                other = room_of(target)
                if other != room and other not in BELOW.get(room, ()):
                    wrong.append(f"{'/'.join(parts)} imports {'/'.join(target)}, which is not below it")
    return wrong + rooms.trespasses(there, {})


def test_rooms_are_known_and_imports_point_down() -> None:
    assert complaints(rooms.sources(PACKAGE)) == []


def test_the_drawing_has_no_circles() -> None:
    drawn: set[str] = set()
    for room, below in BELOW.items():
        assert set(below) <= drawn, room
        drawn.add(room)


@pytest.mark.slow
@each_row(
    "path,text,complaint",
    [
        (
            "model/ranges.py",
            "from ..engine import state",
            "model/ranges imports engine, which is not below it",
        ),
        ("engine/state.py", "from ..render.formats import memory", "engine/state imports render/formats"),
        ("engine/state.py", "def f():\n    import time\n    time.time()", "engine/state uses time.time"),
        ("render/table.py", "import os.path, os\n", "render/table imports os"),
        ("render/formats.py", "import time\nNOW = time.time()\n", "render/formats uses time.time"),
        (
            "render/formats.py",
            "import time\nfrom time import monotonic",
            "render/formats imports time.monotonic",
        ),
        ("model/values.py", "import os.path\nHOME = os.environ", "model/values imports os.path"),
        ("model/values.py", "from pathlib import Path", "model/values imports pathlib.Path"),
        ("model/values.py", "def f():\n    return open('/etc/hosts')", "model/values uses open()"),
        ("engine/hosts.py", "from random import random", "engine/hosts imports random.random"),
        ("engine/hosts.py", "def f(shown):\n    return shown._rows", "engine/hosts: takes shown._rows"),
        ("client/link.py", "def f():\n    import drmaa_cli.config", "client/link imports drmaa_cli.config"),
        ("cell.py", "import importlib\nX = importlib.import_module('drmaa_cli')", "cell imports importlib"),
        ("cell.py", "X = __import__('drmaa_cli')", "cell uses __import__"),
        ("commands/times/dates.py", "from .. import qstat", "commands/times/dates imports commands/qstat"),
        (
            "commands/qstat.py",
            "from ..qmaster.view import CommandView",
            "commands/qstat imports qmaster/view",
        ),
        ("options.py", "from . import cell", "options imports cell"),
        ("cell.py", "import fake_sge.cli", "cell imports fake_sge.cli by its absolute name"),
        ("engine/clock.py", "", "engine: unknown module clock"),
        ("plugins/__init__.py", "", "plugins is not a known folder"),
    ],
)
def test_what_does_not_belong_is_found(path: str, text: str, complaint: str) -> None:
    found = complaints(rooms.planted(rooms.sources(PACKAGE), Path("fake_sge", path), text))
    assert any(item.startswith(complaint) for item in found), found


def test_a_missing_module_is_found() -> None:
    there = dict(rooms.sources(PACKAGE))
    del there[Path("fake_sge/engine/state.py")]
    assert "engine: no module state" in complaints(there)
