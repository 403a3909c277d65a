"""Acceptance: published programs that import drmaa, unmodified, each in a virtual environment of its own.

These tests are the only ones that use the network: pip fetches the programs, once, into .clients of the
checkout. They run when asked for: ``make test-clients``, or ``pytest -m clients``.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.compat.client import ROOT, Client, Home, cell, client, fake_cell_of_clients, home

__all__ = ["cell", "client", "fake_cell_of_clients", "home", "published"]

CACHE = ROOT / ".clients"
INSTALL_SECONDS = 240


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Only one process at a time: the tests run in several."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def pip(python: Path, *words: str) -> None:
    done = subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", *words],
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def environment(name: str, *requirements: str) -> Path:
    """Return the bin directory of a virtual environment with these packages and lxml, made when missing."""
    key = hashlib.sha256(repr((sys.version_info[:3], sys.prefix, requirements)).encode()).hexdigest()[:12]
    directory = CACHE / f"{name}-{key}"
    with locked(CACHE / f"{name}.lock"):
        if not (directory / "ready").exists():
            shutil.rmtree(directory, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True)
            pip(directory / "bin" / "python", "install", "--quiet", "lxml>=4.9", *requirements)
            (directory / "ready").touch()
    return directory / "bin"


def source(requirement: str) -> Path:
    """Return the unpacked source distribution of a package."""
    name = requirement.replace("==", "-")
    directory = CACHE / f"{name}-source"
    with locked(CACHE / f"{name}.lock"):
        if not (directory / "ready").exists():
            shutil.rmtree(directory, ignore_errors=True)
            words = ("download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(directory))
            pip(Path(sys.executable), *words, requirement)
            (archive,) = directory.glob("*.tar.gz")
            shutil.unpack_archive(archive, directory)
            (directory / "ready").touch()
    return directory / name


class Published:
    """Runs a published program through ``drmaa-cli exec``.

    Args:
        client: the cell, and an empty directory to work in.
        home: where jobs without an output path write.
    """

    def __init__(self, client: Client, home: Home) -> None:
        self.client = client
        self.home = home
        self.directory = client.directory

    def run(
        self, bin_directory: Path, *argv: str, seconds: float = 150, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of an environment that has neither drmaa_cli nor, in use, the real drmaa."""
        variables = {**self.client.env, "PYTHONUNBUFFERED": "1", **env}
        variables["PATH"] = os.pathsep.join([str(bin_directory), variables["PATH"]])
        variables["PYTHONPATH"] = os.pathsep.join([str(ROOT), env.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        return subprocess.run(
            [sys.executable, "-m", "drmaa_cli.cli", "exec", "--", *argv],
            env=variables,
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def lines(self, bin_directory: Path, *argv: str, **env: str) -> list[str]:
        """Run a command, which must succeed, and return the lines it printed."""
        done = self.run(bin_directory, *argv, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()


@pytest.fixture
def published(client: Client, home: Home) -> Published:
    """What runs published programs."""
    return Published(client, home)
