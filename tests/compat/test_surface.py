"""The shim has every name of the published drmaa package 0.7.9, with its signatures, bases and values."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.compat.install import shim_path

DESCRIBE = Path(__file__).with_name("describe.py")
MODULES = ("drmaa", "drmaa.const", "drmaa.errors", "drmaa.helpers", "drmaa.session", "drmaa.version")

# What differs, and why. The key is module:name.
SHARED = ("TemplateAttributes",)  # bases of our own
DIFFERENT = {
    "drmaa:JobInfo": "a named tuple there; here derived from one, for the facts beside its fields",
    "drmaa.session:JobInfo": "the same",
    "drmaa.errors:_ERRORS": "code 24 is a plain Exception there; here a class of its own, derived from it",
    "drmaa.errors:error_buffer": "a ctypes array there; here an object whose value is bytes as well",
    "drmaa.helpers:error_buffer": "the same",
}


def described(directory: Path, *stub: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(DESCRIBE), str(directory), *stub], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert Path(found.pop("file")).is_relative_to(directory)
    return found


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """The package as published: the source is read with a stand-in for libdrmaa."""
    distribution = importlib.metadata.distribution("drmaa")
    assert distribution.version == "0.7.9"
    return described(Path(str(distribution.locate_file("."))), "stub")


@pytest.fixture(scope="module")
def shim() -> dict[str, Any]:
    return described(shim_path())


@pytest.mark.parametrize("module", MODULES)
def test_no_name_is_missing(module: str, published: dict[str, Any], shim: dict[str, Any]) -> None:
    assert len(published[module]) > 1
    assert not set(published[module]) - set(shim[module])


def without_additions(found: list[Any], expected: list[Any]) -> list[Any]:
    """A function without the keyword arguments that drmaa_cli adds: they disturb no caller."""
    if len(found) != 2 or not isinstance(found[1], list):
        return found
    added = ("KEYWORD_ONLY", "VAR_KEYWORD")
    return [
        found[0],
        [argument for argument in found[1] if argument in expected[1] or argument[1] not in added],
    ]


@pytest.mark.parametrize("module", MODULES)
def test_each_name_is_the_same(module: str, published: dict[str, Any], shim: dict[str, Any]) -> None:
    wrong = {}
    for name, expected in published[module].items():
        found = shim[module].get(name)
        if f"{module}:{name}" in DIFFERENT:
            assert found != expected
        elif expected[0] == "class" and found[0] == "class":
            bases = [base for base in dict.fromkeys(found[1]) if base not in SHARED]
            assert bases == expected[1], name
            members = {
                key: without_additions(value, expected[2][key])
                for key, value in found[2].items()
                if key in expected[2]
            }
            if members != expected[2]:
                wrong[name] = [
                    (key, value, members.get(key))
                    for key, value in expected[2].items()
                    if members.get(key) != value
                ]
        elif found != expected:
            wrong[name] = (expected, found)
    assert not wrong


def test_the_real_package_is_what_it_is_compared_with(published: dict[str, Any]) -> None:
    assert len(published["drmaa"]["__all__"]) == 75
    assert published["drmaa.session"]["Session"][2]["runBulkJobs"] == [
        "staticmethod",
        [[name, "POSITIONAL_OR_KEYWORD", ""] for name in ("jobTemplate", "beginIndex", "endIndex", "step")],
    ]
