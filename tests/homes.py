"""The homes that jobs of the tests write to: never the one of whoever runs them."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import fake_sge.cell
from fake_sge.install import install_daemons
from fake_sge.layout import Layout
from fake_sge.options import CellOptions

WATCH = "DRMAA_TEST_WATCH_HOME"
"""Set where nobody but the tests writes to the home: what appears in it fails the tests that run then."""


def give_fake_jobs_a_home(config: pytest.Config) -> None:
    """Have the jobs of this process's fake cells at home in a directory of their own, unless told otherwise.

    A job without ``-o`` writes to the home that the password database has, whatever HOME is.
    """
    home = tempfile.mkdtemp(prefix="home-of-jobs")

    def at_home(layout: Layout, options: CellOptions) -> None:
        install_daemons(layout, options if options.home else replace(options, home=home))

    patch = pytest.MonkeyPatch()
    patch.setattr(fake_sge.cell, "install_daemons", at_home)
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    config.add_cleanup(patch.undo)


def nothing_appears(home: Path) -> Iterator[None]:
    """Fail the test in which something appears in a home: a job has no output path, or dumped its core."""
    before = set(os.listdir(home))  # noqa: PTH208  for every test
    yield
    new = sorted(set(os.listdir(home)) - before)  # noqa: PTH208
    if new:
        pytest.fail(f"while this test ran, {home} got {', '.join(new)}: give its jobs -o, or its cell a home")


def users_home() -> Path:
    """The home in the password database."""
    return Path(pwd.getpwuid(os.getuid()).pw_dir)
