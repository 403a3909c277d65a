"""Executors on a scripted qmaster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drmaa_cli.futures import executor, watcher
from tests.futures.scene import Scene


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("SGE_ROOT", str(tmp_path / "sge"))
    monkeypatch.setenv("DRMAA_CLI_STATE_DIR", str(tmp_path / "state"))
    made = Scene(tmp_path / "sge", tmp_path / "spool")
    monkeypatch.setattr(executor, "JobSession", made.open_session)
    monkeypatch.setattr(watcher, "FAREWELL", 0.0)  # deleted jobs of this qmaster end when the test says so
    yield made
    for one in made.made:
        one.cancel_all()
        one.shutdown()
