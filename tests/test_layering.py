"""Imports point down only (README, "How it is built"): read from the syntax tree, so also in functions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EFFECTS = (
    "subprocess",
    "os",
    "time",
    "sqlite3",
    "threading",
    "socket",
    "signal",
    "asyncio",
    "multiprocessing",
)
PURE = (
    "drmaa_cli/constants.py",
    "drmaa_cli/errors.py",
    "drmaa_cli/jobinfo.py",
    "drmaa_cli/models.py",
    "drmaa_cli/tracker.py",
    "drmaa_cli/gridengine/**/*.py",
    "fake_sge/model.py",
    "fake_sge/ranges.py",
    "fake_sge/engine.py",
    "fake_sge/engine/**/*.py",
    "fake_sge/render/**/*.py",
)
LAYERS = (  # each may import from itself and from those before it, never from those after it
    ("constants", "errors"),
    ("models", "template"),
    ("gridengine",),
    ("jobinfo", "tracker", "runners", "store"),
    ("cluster",),
    ("monitor",),
    ("session",),
    ("compat", "cli"),
)


def imports(path: Path) -> set[str]:
    """Return the absolute dotted names a module imports, at any depth; type-checking imports count too."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return found


def attributes(path: Path, module: str) -> set[str]:
    """Return the attributes of an imported module that a file uses."""
    return {
        node.attr
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module
    }


def sources(package: str) -> list[Path]:
    """Return all modules of a package; an empty answer would make its tests prove nothing."""
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, package
    return found


def pure_modules() -> list[Path]:
    return sorted(path for pattern in PURE for path in ROOT.glob(pattern))


def layer(name: str) -> int | None:
    """Return the layer of a dotted name of drmaa_cli, None for a name the drawing does not have."""
    parts = name.split(".")
    if len(parts) < 2 or parts[0] != "drmaa_cli":
        return None
    return next((level for level, names in enumerate(LAYERS) if parts[1] in names), None)


@pytest.mark.parametrize("path", pure_modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_pure_modules_have_no_effects(path: Path) -> None:
    found = {name for name in imports(path) if name.split(".")[0] in EFFECTS}
    impure = {name for name in found if not name.startswith("os.path")}
    if impure == {"time"} and attributes(path, "time") <= {"struct_time"}:
        return  # the type alone: nobody looks at a clock
    assert not impure


def test_pure_packages_are_there() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in pure_modules()}
    assert names == {"drmaa_cli", "fake_sge"}


@pytest.mark.parametrize(("package", "other"), [("drmaa_cli", "fake_sge"), ("fake_sge", "drmaa_cli")])
def test_the_packages_never_import_each_other(package: str, other: str) -> None:
    for path in sources(package):
        assert not {name for name in imports(path) if name.split(".")[0] == other}, path


def test_fake_sge_needs_only_the_standard_library() -> None:
    for path in sources("fake_sge"):
        if path.name != "pytest_plugin.py":  # pytest loads it, so pytest is there
            assert not {
                name for name in imports(path) if name.split(".")[0] in ("lxml", "pytest", "pexpect")
            }, path


def test_layers_import_only_downwards() -> None:
    wrong = []
    for path in sources("drmaa_cli"):
        own = layer(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name in imports(path):
            target = layer(name)
            if own is not None and target is not None and target > own:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_relative_and_nested_imports_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "drmaa_cli" / "gridengine" / "probe.py"
    module.parent.mkdir(parents=True)
    module.write_text(
        "from ..session import Session\nfrom . import qsub\ndef f():\n    import os.path, time\n"
    )
    monkeypatch.setattr("tests.test_layering.ROOT", tmp_path)
    expected = {"drmaa_cli.session.Session", "drmaa_cli.gridengine.qsub", "os.path", "time"}
    assert imports(module) == expected
