"""``drmaa-cli top`` in a terminal, as a person has it; and where there is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pexpect
import pytest

from fake_sge.cell import Cell
from tests.cli.conftest import Desk, ended, seen
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow
LEAVES = "\x1b[?1049l"  # the alternate screen


def held(desk: Desk, name: str = "merge") -> str:
    return desk.good("run", "--detach", "--hold", "-N", name, "--", "true")


@pytest.mark.parametrize("columns", [40, 200])
def test_looked_at_killed_and_left(desk: Desk, columns: int) -> None:
    job, other = held(desk), held(desk, "ape")
    child = desk.terminal("top", "ape", columns=columns)
    child.expect("held")
    child.send("k")
    child.expect(r"kill 1 job\?")
    child.expect("ape: held")
    child.send("y")
    child.expect("being")  # ended
    child.send("q")
    assert ended(child)[0] == 0
    assert desk.good("ps", "--json", job).count("user_on_hold") == 1
    assert desk.run("wait", "-q", other).returncode == 1
    desk.good("kill", job)


@pytest.mark.parametrize(
    ("send", "code"),
    [(lambda child: child.sendintr(), 130), (lambda child: child.kill(signal.SIGTERM), 128 + signal.SIGTERM)],
)
def test_interrupted_it_leaves_the_terminal_as_it_was(desk: Desk, send: object, code: int) -> None:
    job = held(desk)
    child = desk.terminal("top")
    child.expect("merge")
    send(child)  # type: ignore[operator]
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert LEAVES in str(child.before)
    assert "Traceback" not in seen(child)
    desk.good("kill", job)


def test_it_ends_with_its_terminal_though_no_signal_tells_of_that(desk: Desk) -> None:
    """What was still to be drawn is written by a thread; waited for, it would never be."""
    master, slave = os.openpty()
    top = subprocess.Popen(
        desk.argv("top"), env=desk.env, cwd=desk.directory, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    os.read(master, 1)
    os.close(master)
    assert top.wait(PATIENCE) == 128 + signal.SIGHUP


def test_no_colour(desk: Desk) -> None:
    job = held(desk)
    child = desk.terminal("top", NO_COLOR="1")
    child.expect("merge")
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    desk.good("kill", job)


def test_where_there_is_no_terminal(desk: Desk) -> None:
    assert desk.refused("top") == "top needs a terminal; 'drmaa-cli ps' prints the jobs"
    for term in ("dumb", ""):
        code, text = ended(desk.terminal("top", TERM=term))
        assert (code, len(text.splitlines())) == (1, 1)
        assert "that can move its cursor" in text


def test_without_textual_it_says_what_to_install(desk: Desk) -> None:
    hidden = "import sys; sys.modules['textual'] = None; import drmaa_cli.cli; sys.exit(drmaa_cli.cli.main())"
    child = pexpect.spawn(
        sys.executable,
        ["-c", hidden, "top"],
        env=desk.env,  # type: ignore[arg-type]  # os._Environ in the stubs
        cwd=str(desk.directory),
        encoding="utf-8",
        timeout=PATIENCE,
    )
    code, text = ended(child)
    assert (code, text) == (1, "drmaa-cli: top needs textual: pip install 'drmaa-cli[top]'\n")


def test_what_cannot_be_shown_at_all(own_desk: tuple[Desk, Cell]) -> None:
    desk, cell = own_desk
    for option, value, expected in (("-s", "nobody", 1), ("--interval", "soon", 2)):
        code, text = ended(desk.terminal("top", option, value))
        assert (code, value in text) == (expected, True)
    cell.stop_qmaster()
    code, text = ended(desk.terminal("top"))
    assert (code, len(text.splitlines())) == (1, 1)
    assert "qmaster" in text


def test_textual_is_loaded_for_it_alone(desk: Desk) -> None:
    code = (
        "import sys; from drmaa_cli.cli import main;"
        " [main(words) for words in (['--help'], ['top', '--help'], ['ps'])];"
        " sys.exit(any(name.split('.')[0] == 'textual' for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=desk.env,
        cwd=desk.directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert os.linesep in done.stdout
