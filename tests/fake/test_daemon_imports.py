"""What a cell's daemon loads while it serves is loaded by one thread at a time; so are the package's names.

Two threads that import at the same time can see half of a module ("cannot import name ... from partially
initialized module", seen with Python 3.9 when a control call met the loading of the commands).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import fake_sge

PROGRAM = """
import sys, threading
from types import SimpleNamespace

from fake_sge.layout import Layout
from fake_sge.qmaster import daemon

lock = threading.RLock()
unguarded = []


class Watcher:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("fake_sge") and not lock._is_owned():
            unguarded.append(name)


sys.meta_path.insert(0, Watcher())
before = set(sys.modules)
{call}
print(unguarded, "{expected}" in set(sys.modules) - before)
"""


def loaded(call: str, expected: str) -> str:
    program = PROGRAM.format(call=call, expected=expected)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_the_commands_are_loaded_under_the_lock() -> None:
    call = "daemon._import_commands(SimpleNamespace(lock=lock, stopping=False))"
    assert loaded(call, "fake_sge.commands.qsub") == "[] True\n"


def test_the_compiler_is_looked_for_under_the_lock() -> None:
    call = """
from pathlib import Path

def no_process(*words, **options):
    raise OSError

with lock:
    from fake_sge import compiled
compiled.found, compiled.is_wanted = lambda: None, lambda: True
daemon.subprocess.Popen = no_process
daemon.log.warning = print
daemon._compile_client(SimpleNamespace(lock=lock, layout=Layout(Path("/nowhere"))))
"""
    assert loaded(call, "fake_sge.install") == "the client stays in Python: %s \n[] True\n"


NAMES = """
import sys

import fake_sge

unguarded = []


class Watcher:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("fake_sge") and not fake_sge._LOADING._is_owned():
            unguarded.append(name)


before = set(sys.modules)
sys.meta_path.insert(0, Watcher())
for name in fake_sge.__all__:
    getattr(fake_sge, name)
print(unguarded, "fake_sge.real.cell" in set(sys.modules) - before)
"""


def test_the_names_of_the_package_are_loaded_under_a_lock() -> None:
    done = subprocess.run([sys.executable, "-c", NAMES], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[] True\n", "")


GUARD = """
import sys

import fake_sge.guard

print({"enum", "pathlib", "re", "shutil", "signal", "typing"} & set(sys.modules))
"""


def test_a_guard_that_waits_has_little_loaded() -> None:
    """Each cell has one, and few of them ever have to do anything."""
    path = str(Path(fake_sge.__file__).parents[1])
    program = f"import sys; sys.path.append({path!r}){GUARD}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("set()\n", "")
