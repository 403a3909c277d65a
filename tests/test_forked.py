"""A program that is forked does what it does when it is started: :mod:`tests.forked`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests import forked
from tests.forked import Forked, Terminal
from tests.patience import PATIENCE
from tests.processes import is_running
from tests.real_cell import wait_until

LOOKS = """
import json, os, signal, sys
streams = [(one.encoding, one.errors, one.line_buffering, one.isatty(), one.fileno(), one.mode)
           for one in (sys.stdin, sys.stdout, sys.stderr)]
handlers = [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())]
sys.stderr.write("errors \\udcff\\n")
print(json.dumps([sys.argv, sys.path, dict(os.environ), os.getcwd(), streams, handlers, __name__]))
print(sys.stdin.read(), end="")
"""
ENDS = ["pass", "raise SystemExit(3)", "raise SystemExit('a text')", "1/0", "raise SystemExit(None)"]
ENDS += ["import os; os.kill(os.getpid(), 9)", "raise KeyboardInterrupt", "raise SystemExit(256 + 7)"]
ENDS += ["import atexit; atexit.register(print, 'at the end')", "import sys; sys.stdout.write('no line end')"]
ENDS += ["import threading as t, time; t.Thread(target=lambda: (time.sleep(0.1), print('late'))).start()"]
ENDS += ["import os; print('lost', flush=True); os.close(1); print('more')"]

RUN = """
import atexit, os, sys

def test_what_a_program_has():
    given = {name for name in os.environ if not name.startswith("PYTEST_")}
    assert given == {"LC_ALL", "ONLY", "PATH", "PYTHONPATH"}
    assert os.getcwd() == os.path.dirname(__file__)
    assert os.read(0, 1) == b""
    assert not {name for name in sys.modules if name.startswith(("drmaa_cli", "fake_sge"))}
    atexit.register(print, "at its end")

def test_nothing_of_the_run_before():
    assert "left_behind" not in sys.modules
    sys.modules["left_behind"] = sys
"""


def started(argv: list[str], env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *argv],
        env=env,
        cwd=cwd,
        input="é\n",
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE,
    )


@pytest.fixture
def env() -> dict[str, str]:
    path = f"/more:{forked.ROOT}"
    return {**forked.usual(os.environ), "ODD": "\udcff é", "TZ": "Asia/Kathmandu", "PYTHONPATH": path}


@pytest.mark.parametrize("way", ["-c", "a file"])
def test_it_sees_the_same(env: dict[str, str], tmp_path: Path, way: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(LOOKS)
    argv = ["-c", LOOKS, "a b", "\udcff"] if way == "-c" else [str(program), "a b", "\udcff"]
    here = forked.run(argv, env=env, cwd=tmp_path, input="é\n")
    there = started(argv, env, tmp_path)
    assert (here.returncode, here.stdout, here.stderr) == (there.returncode, there.stdout, there.stderr)


def test_it_ends_the_same(env: dict[str, str], tmp_path: Path) -> None:
    for text in ENDS:
        here = forked.run(["-c", text], env=env, cwd=tmp_path)
        there = started(["-c", text], env, tmp_path)
        assert (here.returncode, here.stdout) == (there.returncode, there.stdout), text
        assert here.stderr.splitlines()[-1:] == there.stderr.splitlines()[-1:], text


def test_a_terminal_is_its_own(env: dict[str, str], tmp_path: Path) -> None:
    text = "import os, time; print(os.get_terminal_size(), os.getsid(0) == os.getpid()); time.sleep(600)"
    child = Terminal(["-c", text], env, tmp_path, 7, 33)
    child.expect_exact("os.terminal_size(columns=33, lines=7) True")
    child.sendintr()
    child.expect_exact("KeyboardInterrupt")
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, child.program.returncode) == (None, -signal.SIGINT)


def test_it_is_ended_with_a_signal(env: dict[str, str], tmp_path: Path) -> None:
    program = Forked(["-c", "input()"], env, tmp_path)
    assert program.poll() is None
    program.terminate()
    assert program.wait() == -signal.SIGTERM
    program.kill()  # which does nothing any more
    program.close()


def test_what_needs_a_start_is_refused(env: dict[str, str], tmp_path: Path) -> None:
    for name in ("LC_ALL", "PYTHONUTF8", "LC_CTYPE", "PYTHONPATH"):
        with pytest.raises(ValueError, match="needs a start"):
            forked.run(["-c", "pass"], env={**env, name: "0"}, cwd=tmp_path)


def test_a_program_that_takes_too_long(env: dict[str, str], tmp_path: Path) -> None:
    text = "import time; time.sleep(600)"
    program = Forked(["-c", text], env, tmp_path)
    with pytest.raises(subprocess.TimeoutExpired, match=r"process \d+, which printed"):
        program.communicate(timeout=0.1)
    program.close()
    assert program.returncode == -signal.SIGKILL


def test_each_run_of_pytest_is_a_program_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "test_run.py").write_text(RUN)
    env = forked.usual({"PATH": os.defpath, "ONLY": "this", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    for _ in range(2):
        done = forked.run_pytest(["-q", "-p", "no:cacheprovider", "test_run.py"], env=env, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert done.stdout.endswith("at its end\n"), done.stdout


def test_the_processes_of_a_run_have_one_server(
    env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = [forked.Server(["colorsys"]) for _ in range(3)]
    parents = set()
    for server in servers:
        monkeypatch.setattr(forked, "server", lambda _loaded, server=server: server)
        done = forked.run(["-c", "import os; print(os.getppid())"], env=env, cwd=tmp_path)
        parents.add(int(done.stdout))
        server.end()
    (parent,) = parents
    wait_until(lambda: not is_running(parent), "the end of a server that nobody is connected to", PATIENCE)
