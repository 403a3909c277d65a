"""The repository is self-contained: it names no machine's paths and no place outside itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import drmaa_cli
from tests.tables import each_row

MOST_LINES = 400
ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = tuple(
    "".join(parts)
    for parts in (
        ("/wo", "rk/"),
        ("/root", "/.pyenv"),
        ("~/.py", "env"),
        ("../sha", "red"),
        ("/opt/", "pypi"),
        ("/opt/", "wheels"),
    )
)
PATTERN = re.compile("|".join(r"(?<![\w.-])" + re.escape(word) for word in FORBIDDEN).encode())
WORDS = [word.encode() for word in FORBIDDEN]


def _place(text: bytes) -> re.Match[bytes] | None:
    return PATTERN.search(text) if any(word in text for word in WORDS) else None  # a search of words is fast


def tracked() -> list[Path]:
    """Return the files of the repository: git's own list, or every file of an unpacked source archive."""
    command = ["git", "ls-files", "-z"]
    listed = None
    if shutil.which("git"):
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed is not None and listed.returncode == 0 and listed.stdout:
        return [
            ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()
        ]
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not path.relative_to(ROOT).parts[0].startswith(".")
        and "__pycache__" not in path.parts
    ]


def test_no_file_names_a_place_outside_the_repository() -> None:
    files = tracked()
    assert len(files) > 20
    hits = [
        f"{path.relative_to(ROOT)}: {match[0]!r}" for path in files if (match := _place(path.read_bytes()))
    ]
    assert not hits


@each_row("word", FORBIDDEN)
def test_the_search_finds_each_word(word: str) -> None:
    assert _place(f'open("{word}x")'.encode())


def test_no_package_registry_is_named() -> None:
    hosts = re.compile(rb"pypi\.org|pythonhosted\.org|--(extra-)?index-url|--find-links")
    this = Path(__file__).resolve()
    assert not [path for path in tracked() if path != this and hosts.search(path.read_bytes())]


def test_no_module_is_longer_than_one_can_keep_in_mind() -> None:
    modules = [path for path in tracked() if path.suffix == ".py"]
    assert len(modules) > 300
    lengths = {str(path.relative_to(ROOT)): path.read_bytes().count(b"\n") for path in modules}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


@pytest.mark.parametrize("name", ["snakemake", "hydra"])
def test_this_version_is_what_the_packages_beside_it_need(name: str) -> None:
    """Else pip finds no drmaa-cli for them, as it did for each that wanted the version to come."""
    about = (ROOT / "integrations" / name / "pyproject.toml").read_text()
    found = re.search(r'"(drmaa-cli\b[^"]*)"', about)
    assert found is not None
    assert Requirement(found[1]).specifier.contains(drmaa_cli.__version__, prereleases=True)
