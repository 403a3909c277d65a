"""Ctrl-C that arrives in the instant before the main thread begins to wait.

Python's handler has run then, in C, and the wait knows nothing of it: KeyboardInterrupt is raised only when
the wait is over. interrupt_main() makes just this situation.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.patience import PATIENCE

PROGRAM = """
import _thread, sys, threading, time
from drmaa_cli.futures.future import JobFuture
from drmaa_cli.system.locks import Signal, join

main = threading.get_ident()
forever = threading.Thread(target=time.sleep, args=(10_000,), daemon=True)
forever.start()

def interrupt():
    while not waits(sys._current_frames()[main]):
        time.sleep(0.01)
    _thread.interrupt_main()

def waits(frame):
    return frame.f_code.co_name in ("wait", "join", "_wait_for_tstate_lock")

_thread.start_new_thread(interrupt, ())
try:
    {wait}
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize(
    "wait",
    [
        "Signal().wait(10_000)",
        "join(forever)",
        "JobFuture(None, print).result()",
        "JobFuture(None, print).exception(10_000)",
    ],
)
def test_it_is_seen(wait: str) -> None:
    program = PROGRAM.replace("{wait}", wait)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.stdout, done.returncode) == ("interrupted\n", 0), done.stderr
