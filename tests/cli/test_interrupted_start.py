"""Ctrl-C while drmaa-cli is still loading: the exit code of an interrupted command, and not a word."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, signal, sys


class Interrupter:
    '''Presses ctrl-C when a module is about to be loaded.'''

    def find_spec(self, name, path=None, target=None):
        seen.append(name)
        if name == "{module}":
            os.kill(os.getpid(), signal.SIGINT)


seen = []
sys.meta_path.insert(0, Interrupter())
signal.signal(signal.SIGINT, signal.{handler})
from drmaa_cli.cli import main

before = signal.getsignal(signal.SIGINT)
code = main({words})
assert signal.getsignal(signal.SIGINT) is before
print(*seen)
sys.exit(code)
"""


def start(
    words: list[str], module: str, home: Path, handler: str = "default_int_handler"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(words=words, module=module, handler=handler)],
        env={"PATH": "/nowhere", "HOME": str(home), "XDG_STATE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "module",
    [
        "drmaa_cli.cli.frame",
        "click",
        "click.core",
        "drmaa_cli.errors",
        "drmaa_cli.cli.sessions",
    ],
)
def test_no_traceback_is_shown(tmp_path: Path, module: str) -> None:
    done = start(["sessions"], module, tmp_path)
    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.slow
def test_every_module_of_ours_is_such_a_moment(tmp_path: Path) -> None:
    whole = start(["sessions"], "", tmp_path)
    assert whole.returncode == 0, whole.stderr
    ours = [name for name in whole.stdout.split() if name.startswith("drmaa_cli.")]
    assert "drmaa_cli.store.session_store" in ours
    for module in ours[ours.index("drmaa_cli.cli.frame") :]:
        done = start(["sessions"], module, tmp_path)
        assert (done.returncode, done.stderr) == (130, ""), module


def test_a_program_that_ignores_it_goes_on(tmp_path: Path) -> None:
    done = start(["sessions"], "click", tmp_path, handler="SIG_IGN")
    assert (done.returncode, done.stderr) == (0, "")
