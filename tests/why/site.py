"""A cell of a test's own, in which situations are made and unmade again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import drmaa_cli
from fake_sge import Cell, RealCell
from tests.patience import PATIENCE

PAUSE = 0.2
SUBMITTED = re.compile(r"Your job(?:-array)? (\d+)")
OPTIONS: Mapping[str, Any] = {
    "slots": 2,
    "login_shells": False,
    "complexes": (
        "lic lic INT <= YES YES 0 0",
        "feat feat BOOL == YES NO 0 0",
        "disk disk MEMORY <= YES YES 0 0",
        "solo solo BOOL EXCL YES YES 0 1000",
    ),
    "complex_values": "lic=1,disk=10G,solo=TRUE",
    "parallel_environments": {"smp": {}, "few": {"slots": "1"}, "nowhere": {}},
}
NO_LOADS = {"load_thresholds": "NONE", "suspend_thresholds": "NONE"}


class Site:
    """One of both kinds of cells.

    Args:
        cell: it runs.
        folder: where jobs run, open to everybody.

    Attributes:
        session: a session in it.
    """

    def __init__(self, cell: Cell | RealCell, folder: Path) -> None:
        self.cell = cell
        self.folder = folder
        self.session: drmaa_cli.JobSession | None = None
        self._undone: list[Callable[[], object]] = []

    @property
    def env(self) -> dict[str, str]:
        """What sends commands to the cell."""
        return {**self.cell.variables, "PATH": f"{self.cell.path}:{os.environ['PATH']}"}

    def run(self, *argv: str, check: bool = True) -> str:
        """One of the cell's commands: all that it printed."""
        done = subprocess.run(
            argv,
            env={
                **self.env,
                "PATH": f"{self.cell.path}:/usr/bin:/bin",
                "HOME": str(self.folder),
                "LC_ALL": "C",
            },
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        )
        text = done.stdout.decode("utf-8", "replace")
        assert not check or done.returncode == 0, (argv, text)
        return text

    def submit(self, *words: str) -> str:
        """Submit a command with the options before it; its number, also when a warning came with it."""
        return self.script("-b", "y", "-shell", "n", *words)

    def script(self, *words: str) -> str:
        """The same of a script."""
        options = ("-j", "y", "-wd", str(self.folder), "-o", "/dev/null")
        text = self.run("qsub", *options, *words, check=False)
        found = SUBMITTED.search(text)
        assert found is not None, text
        return found[1]

    def sleeper(self, *options: str) -> str:
        """A job that runs for long, and does."""
        job = self.submit(*options, "sleep", "900")
        self.wait_for(job, "r")
        return job

    def state(self, job: str) -> str:
        """The letters of a job's first row; '' when it is gone."""
        for line in self.run("qstat", "-u", "*").splitlines():
            words = line.split()
            if words and words[0] == job:
                return words[4]
        return ""

    def wait_for(self, job: str, letters: str) -> None:
        """Wait until a job is in a state."""
        self.wait_until(lambda: self.state(job) == letters, f"job {job} in {letters}")

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        until = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < until, f"not {what}: {self.run('qstat', '-u', '*')}"
            time.sleep(PAUSE)

    def silence_host(self) -> None:
        """Stop the execution daemon of a real cell until the qmaster counts its host as not heard of."""
        lines = self.run("qconf", "-sconf").splitlines()
        before = dict(line.split(None, 1) for line in lines if len(line.split()) > 1)
        (file,) = self.cell.directory.glob("spool/execd/*/execd.pid")
        pid = int(file.read_text())
        self.configure(max_unheard="0:0:2", load_report_time="0:0:2")
        os.kill(pid, signal.SIGSTOP)

        def undo() -> None:
            os.kill(pid, signal.SIGCONT)
            self.configure(**{name: before[name] for name in ("max_unheard", "load_report_time")})
            self.wait_until(lambda: not self._is_silent(), "the host heard of again")

        self.afterwards(undo)
        self.wait_until(self._is_silent, "the host not heard of")

    def _is_silent(self) -> bool:
        return any(
            "lx-amd64" in line and line.split()[-1] == "u" for line in self.run("qstat", "-f").splitlines()
        )

    # --- changes of the cell, taken back at the end --------------------------------------------------------

    def configure(self, **settings: Any) -> None:
        """Change the global configuration, queues (``queues=``) or the scheduler's (``scheduler=``)."""
        self.cell.configure(**settings)

    def queue(self, name: str = "all.q", **values: str) -> None:
        """Change a queue for this situation."""
        before = {line.split()[0]: line for line in self.run("qconf", "-sq", name).splitlines() if line}
        old = {key: " ".join(before[key].split()[1:]) for key in values}
        self.configure(queues={name: values})
        self.afterwards(lambda: self.configure(queues={name: old}))

    def add_queue(self, name: str, **values: str) -> None:
        """Have one more queue for this situation; a real cell only."""
        self.configure(queues={name: {**NO_LOADS, **values}})

        def undo() -> None:
            self._wait_idle()
            self.run("qconf", "-dq", name)

        self.afterwards(undo)

    def scheduler(self, **values: str) -> None:
        """Change the scheduler's configuration for this situation."""
        before = dict(line.split(None, 1) for line in self.run("qconf", "-ssconf").splitlines())
        self.configure(scheduler=values)
        self.afterwards(lambda: self.configure(scheduler={key: before[key] for key in values}))

    def set(self, *argv: str, undo: tuple[str, ...]) -> None:
        """Run a command, and another one at the end."""
        self.run(*argv)
        self.afterwards(lambda: self.run(*undo))

    def qconf(self, option: str, text: str, undo: tuple[str, ...]) -> None:
        """Add an object from a file; a real cell only."""
        file = self.folder / f"object{len(self._undone)}"
        file.write_text(text)
        self.set("qconf", option, str(file), undo=("qconf", *undo))

    def afterwards(self, do: Callable[[], object]) -> None:
        """Have something done at the end."""
        self._undone.append(do)

    def clean_up(self) -> None:
        """Be as before: no jobs, nothing changed."""
        self.run("qdel", "-u", "*", check=False)
        while self._undone:
            self._undone.pop()()
        self._wait_idle()

    def _wait_idle(self) -> None:
        self.wait_until(lambda: not self.run("qstat", "-u", "*").strip(), "idle")

    def why(self, *ids: str) -> list[drmaa_cli.Explanation]:
        """What is to be said."""
        assert self.session is not None
        return self.session.why(*ids)
