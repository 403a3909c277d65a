"""The page of a cluster that is an ssh login away from the host that serves it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from fake_sge.cell import Cell
from tests.cli.conftest import SETTINGS, Desk
from tests.cli.top.web.conftest import enter, play, served, viewing
from tests.ssh.away import environment_away
from tests.ssh.server import SshServer, require_sshd, running_server

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[SshServer]:
    """An sshd, in a directory with a name short enough for sockets."""
    require_sshd()
    with tempfile.TemporaryDirectory(prefix="ssh") as folder, running_server(Path(folder, "s")) as running:
        yield running


@pytest.fixture
def away(cell: Cell, server: SshServer, tmp_path: Path) -> Desk:
    """A desk at a host without Grid Engine."""
    exports = {**cell.variables, "PATH": f"{cell.path}:/usr/bin:/bin"}
    desk = Desk(tmp_path, {}, Path("/usr/bin"), tmp_path / "state")
    desk.env = {
        **environment_away(server, server.folder.parent, exports),
        **{f"DRMAA_CLI_{name}": value for name, value in SETTINGS.items()},
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
    }
    return desk


@pytest.mark.parametrize("named", [True, False])
def test_jobs_of_the_cluster_are_shown_and_changed(away: Desk, server: SshServer, named: bool) -> None:
    words = ("--contact", away.env.pop("DRMAA_CLI_CONTACT")) if named else ()
    home = str(server.home)
    job = away.good(
        "run", *words, "--detach", "-d", home, "-N", "far", "--", "sh", "-c", "echo hello; exec sleep 600"
    )

    async def scene(browser: aiohttp.ClientSession) -> None:
        async with viewing(browser, await enter(browser, page)) as view:
            await view.until(rf"{job} +.*far")
            await view.until("running")
            await view.press("l")
            await view.until("hello")
            await view.press("k")
            await view.until(r"kill 1 job\?")
            await view.press("y")
            await view.until("being ended|1 failed|aborted")

    with served(away, *words) as page:
        play(scene)
        assert away.run("wait", *words, job).returncode == 1
        assert page.end()[0] == 130
