"""What is public says so: each ``__all__`` is what docs/api.md lists, and the pages use nothing else."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

import drmaa_cli
from drmaa_cli import aio, diagnosis, futures, gridengine
from tests.documentation import PAGES, ROOT, blocks
from tests.tables import each_row

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
CONSTANTS = re.compile(r"^Constants: ((?:`\w+`[,.]\s)+)", re.MULTILINE)
PACKAGES = ("drmaa_cli.aio", "drmaa_cli.diagnosis", "drmaa_cli.futures", "drmaa_cli.gridengine")
MODULES = [f"drmaa_cli.gridengine.{name}" for name in gridengine.__all__]


def listed(section: str) -> list[str]:
    """The names that a section of the page lists, sorted."""
    constants = "".join(CONSTANTS.findall(section + "\n"))
    return sorted([*ROW.findall(section), *re.findall(r"`(\w+)`", constants)])


def sections(mark: str) -> dict[str, str]:
    """The page's sections of one level, by the name of the module in their headings."""
    parts = re.split(rf"^{mark} `?([\w.]+)`?$", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def test_the_package() -> None:
    own = sections("##")["drmaa_cli"]
    assert listed(own) == sorted(drmaa_cli.__all__)
    assert len(set(drmaa_cli.__all__)) == len(drmaa_cli.__all__)


def test_the_diagnosis() -> None:
    assert listed(sections("##")["drmaa_cli.diagnosis"]) == sorted(diagnosis.__all__)


def test_the_executor() -> None:
    assert listed(sections("##")["drmaa_cli.futures"]) == sorted(futures.__all__)


def test_asyncio() -> None:
    assert listed(sections("##")["drmaa_cli.aio"]) == sorted(aio.__all__)


def test_the_modules_of_the_command_line() -> None:
    found = sections("###")
    assert sorted(name for name in found if "." in name) == sorted(MODULES)
    for name in MODULES:
        assert listed(found[name]) == sorted(importlib.import_module(name).__all__), name


def test_every_module_of_the_command_line_says_what_is_public() -> None:
    for path in (ROOT / "drmaa_cli" / "gridengine").glob("*.py"):
        module = importlib.import_module(f"drmaa_cli.gridengine.{path.stem}".replace(".__init__", ""))
        assert module.__all__


@each_row("name", ["drmaa_cli", *PACKAGES, *MODULES])
def test_what_is_public_is_there_and_explained(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    given: dict[str, object] = {}
    exec(f"from {name} import *", given)  # modules in it, too, whether anybody has imported them or not
    for public in module.__all__:
        value = given[public]
        if getattr(value, "__module__", "").startswith("drmaa_cli"):
            assert inspect.getdoc(value), public


def used(page: Path) -> set[tuple[str, str]]:
    """What the Python of a page takes from our packages: module and name."""
    found = set()
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language != "python":
            continue
        tree = ast.parse(block.code)
        aliases: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                aliases.update({name.asname or name.name: name.name for name in node.names})
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("drmaa_cli"):
                whole = {name.name: f"{node.module}.{name.name}" for name in node.names}
                packages = {name: full for name, full in whole.items() if full in PACKAGES}
                found.update((str(node.module), name) for name in whole if name not in packages)
                aliases.update(whole if node.module == "drmaa_cli.gridengine" else packages)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = aliases.get(node.value.id, "")
                if module.partition(".")[0] == "drmaa_cli":
                    found.add((module, node.attr))
    return found


def test_the_pages_use_what_is_public() -> None:
    everything = {(str(page), *use) for page in PAGES for use in used(page)}
    assert everything
    for page, module, name in everything:
        assert module in ("drmaa_cli", *PACKAGES, *MODULES), (page, module)
        assert name in importlib.import_module(module).__all__, (page, module, name)


def test_what_is_going_still_works_and_says_so() -> None:
    going = re.findall(r"^\| `drmaa_cli\.(\w+)` \| [\d.]+ \| `drmaa_cli\.(\w+)` \|$", PAGE, re.MULTILINE)
    assert len(going) == 3
    for old, new in going:
        assert old not in drmaa_cli.__all__
        with pytest.warns(DeprecationWarning, match=new):
            assert getattr(drmaa_cli, old) is getattr(drmaa_cli, new)
