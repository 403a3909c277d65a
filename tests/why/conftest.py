"""A cell of each kind for the tests of this folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import drmaa_cli
from fake_sge import Cell
from fake_sge import RealCell as Private
from tests.conftest import require_real_cell
from tests.why.site import NO_LOADS, OPTIONS, Site

QUEUES = {"all.q": {**NO_LOADS, "pe_list": "smp few"}}


class Sites:
    """A running cell of each kind, made when it is wanted."""

    def __init__(self) -> None:
        self._running: dict[str, Site] = {}

    def take(self, kind: str) -> Site:
        """The cell of a kind."""
        found = self._running.get(kind)
        if found is None:
            folder = Path(tempfile.mkdtemp(prefix="why"))
            folder.chmod(0o777)
            own: Mapping[str, Any] = {} if kind == "real" else {"cleanup": 20.0}
            made = (Private if kind == "real" else Cell)(folder / "cell", **OPTIONS, **own, queues=QUEUES)
            made.start()
            found = self._running[kind] = Site(made, folder)
        return found

    def _end(self, kind: str) -> None:
        site = self._running.pop(kind)
        site.cell.stop()
        shutil.rmtree(site.folder, ignore_errors=True)

    def close(self) -> None:
        """End them all."""
        for kind in list(self._running):
            self._end(kind)


@pytest.fixture(scope="session")
def sites() -> Iterator[Sites]:
    """The cells of this process."""
    found = Sites()
    yield found
    found.close()


@pytest.fixture
def site(
    request: pytest.FixtureRequest,
    sites: Sites,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Site]:
    """A cell of the kind that the test's parameter names, with a session in it; as before at the end."""
    kind = request.param
    if kind == "real":
        require_real_cell()
    found = sites.take(kind)
    for name, value in found.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DRMAA_CLI_STATE_DIR", str(tmp_path / "state"))
    with drmaa_cli.open_session(poll_min=0.1, duty_cycle=0.5, accounting_margin=1.0) as session:
        found.session = session
        try:
            yield found
        finally:
            found.session = None
            found.clean_up()
