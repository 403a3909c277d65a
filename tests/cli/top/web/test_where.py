"""Where the page is served, and where it is not; what has to be there."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.cli.conftest import PATIENCE, Desk
from tests.cli.top.web.conftest import enter, play, served, viewing

pytestmark = pytest.mark.slow


def test_where_it_cannot_begin(desk: Desk) -> None:
    with served(desk) as page:
        port = page.origin.rpartition(":")[2]
        text = desk.refused("top", "--web", "--port", port)
        assert text == f"port {port} is in use: choose another --port, or leave it out for a free one"
    text = desk.refused("top", "--web", "--listen", "192.0.2.1", "--allow-remote")
    assert text == "192.0.2.1 is no address of this host"
    for address in ("0.0.0.0", "::", "10.0.0.1"):
        text = desk.refused("top", "--web", "--listen", address, code=2)
        assert text.startswith(f"--listen {address}: other hosts could reach it")
    text = desk.refused("top", "--web", "--listen", "submit.example.org", code=2)
    assert text == "--listen needs an IP address of this host, and 'submit.example.org' is none"
    assert desk.refused("top", "--web", "-s", "nobody").startswith("there is no session 'nobody'")


@pytest.mark.parametrize(
    "words", [("--port", "80"), ("--listen", "::1"), ("--allow-remote",), ("--host-name", "a")]
)
def test_what_is_for_the_page_alone(desk: Desk, words: tuple[str, ...]) -> None:
    done = desk.run("top", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{words[0]} is for --web" in done.stderr


def test_without_the_library_it_says_what_to_install(desk: Desk) -> None:
    hide = "import sys; sys.modules['textual_serve'] = None"
    hidden = f"{hide}; import drmaa_cli.cli; sys.exit(drmaa_cli.cli.main())"
    done = subprocess.run(
        [sys.executable, "-c", hidden, "top", "--web"],
        env=desk.env,
        cwd=desk.directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "drmaa-cli: top --web needs textual-serve: pip install 'drmaa-cli[web]'\n"


def test_where_others_may_reach_it_that_is_said_and_names_are_looked_at(desk: Desk) -> None:
    with served(desk, "--listen", "0.0.0.0", "--allow-remote", "--host-name", "Hpc.example.org") as page:
        port, secret = page.address.rpartition(":")[2].split("/")
        assert page.address.startswith(f"http://{socket.gethostname()}:")

        async def scene(browser: aiohttp.ClientSession) -> None:
            here = f"http://127.0.0.1:{port}/{secret}"
            for host in (socket.gethostname(), "hpc.example.org", "192.0.2.1:80", "localhost"):
                async with browser.get(here, headers={"Host": host}) as answer:
                    assert answer.status == 200, host
            async with browser.get(here, headers={"Host": "evil.example.org"}) as answer:
                assert answer.status == 403

        play(scene)
        code, _, err = page.end()
    assert code == 130
    assert err.startswith("drmaa-cli: warning: other hosts can reach 0.0.0.0, and nothing is encrypted\n")


def test_it_finds_its_modules_where_the_server_found_them(desk: Desk, tmp_path: Path) -> None:
    for name in ("textual", "json", "drmaa_cli", "asyncio"):
        (desk.directory / f"{name}.py").write_text("raise SystemExit('not this one')\n")
    script = tmp_path / "drmaa-cli"
    script.write_text("import sys\nfrom drmaa_cli.cli import main\nsys.exit(main())\n")
    with served(desk, start=(sys.executable, str(script))) as page:

        async def scene(browser: aiohttp.ClientSession) -> None:
            async with viewing(browser, await enter(browser, page)) as view:
                await view.until("no jobs")

        play(scene)
