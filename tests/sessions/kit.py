"""What the tests of sessions share: programs run in a cell, killed, run again; what must have come of it."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Callable

from drmaa_cli import JobSession, JobState
from drmaa_cli.session.templates import JobTemplate
from tests import forked
from tests.forked import Forked
from tests.patience import PATIENCE
from tests.sessions.program import SINGLE_CODES, TASK_CODES

PROGRAM = Path(__file__).with_name("program.py")
ROOT = Path(__file__).resolve().parent.parent.parent


def wait_for(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.01)


def job(session: Any, command: str, **attributes: object) -> JobTemplate:
    """A template of a session for a shell command that leaves nothing behind."""
    found: JobTemplate = session.createJobTemplate()
    values = {"remoteCommand": "/bin/sh", "args": ["-c", command], "outputPath": ":/dev/null"}
    for name, value in {**values, "joinFiles": True, **attributes}.items():
        setattr(found, name, value)
    return found


DYING_QSUB = """\
#!/bin/sh
# The real qsub; but the {count}th one ends, at the moment {moment}, together with the program that called it.
echo >> {calls}
[ $(wc -l < {calls}) -eq {count} ] || exec {qsub} "$@"
case {moment} in
    before-request) ;;
    before-answer) {qsub} "$@" > /dev/null 2>&1 ;;
    half-answered) {qsub} "$@" | head -c 2 ;;
    answered) {qsub} "$@" ;;
esac
kill -9 $PPID $$
"""
MOMENTS_OF_QSUB = ("before-request", "before-answer", "half-answered", "answered")


class Campaign:
    """One session of the program: run, kill, run again until it is done.

    Args:
        directory: where the tasks write; a new one.
        env: the environment of a cell; may name a state directory.
        singles, tasks: how many single jobs, and tasks of one array.
    """

    def __init__(self, directory: Path, env: Mapping[str, str], singles: int = 50, tasks: int = 50) -> None:
        directory.mkdir(mode=0o755)
        self.directory, self.singles, self.tasks = directory, singles, tasks
        self.env = {
            **forked.usual(env),
            "DRMAA_CLI_ACCOUNTING_MARGIN": "1",
            "DRMAA_CLI_POLL_MIN": "0.1",
            "DRMAA_CLI_DUTY_CYCLE": "0.5",
        }
        self.state = Path(self.env.setdefault("DRMAA_CLI_STATE_DIR", str(directory / "state")))
        self.kills = 0

    @contextlib.contextmanager
    def running(self, kill_at: str = "") -> Iterator[Forked]:
        argv = [str(PROGRAM), str(self.directory), f"session={self.directory.name}"]
        words = [*argv, str(self.singles), str(self.tasks)]
        process = Forked(words, {**self.env, "KILL_AT": kill_at}, self.directory)
        try:
            yield process
        finally:
            process.close()

    def finish(self) -> dict[str, Any]:
        """Run to the end; what the program says of each job."""
        with self.running() as process:
            out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
        return found

    def run_until(self, kill_at: str) -> bool:
        """Run until the program kills itself; False when it came to its end instead."""
        with self.running(kill_at) as process:
            _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode in (0, -signal.SIGKILL), err
        self.kills += process.returncode != 0
        return process.returncode != 0

    def run_until_qsub(self, moment: str, count: int) -> bool:
        """Run until the program and its count-th qsub are killed together, at a moment of the qsub's life."""
        tools, calls = self.directory / "tools", self.directory / "calls"
        tools.mkdir(exist_ok=True)
        calls.unlink(missing_ok=True)
        words = {"qsub": shutil.which("qsub", path=self.env["PATH"]), "calls": calls}
        quoted = {name: shlex.quote(str(word)) for name, word in words.items()}
        dying = tools / "qsub"
        dying.write_text(DYING_QSUB.format(moment=moment, count=count, **quoted))
        dying.chmod(0o755)
        usual = self.env["PATH"]
        self.env["PATH"] = f"{tools}:{usual}"
        try:
            return self.run_until("")
        finally:
            self.env["PATH"] = usual

    def check(self, found: Mapping[str, Any]) -> None:
        """Every task ran exactly once, and what the program was told of each is true."""
        names = [f"single-{index}" for index in range(self.singles)]
        names += [f"task-{number}" for number in range(1, self.tasks + 1)]
        assert sorted(found) == sorted(names)
        for name in names:
            kind, _, number = name.partition("-")
            ran = (self.directory / name).read_text().split()
            told = found[name]
            assert len(ran) == 1, f"{name} ran {len(ran)} times: jobs {ran}; told {told}"
            job = ran[0] if kind == "single" else f"{ran[0]}.{number}"
            code = int(number) % (SINGLE_CODES if kind == "single" else TASK_CODES)
            assert told["id"] == job
            assert (told["exited"], told["signaled"], told["aborted"]) == (True, False, False), told
            assert told["status"] == code
            assert 0 < float(told["start"]) <= float(told["end"])
        kept = [path.name for path in self.state.glob(f"{self.directory.name}.session.*")]
        assert not kept


def start(session: JobSession, fifo: Path, code: int = 3) -> str:
    """A job that runs until somebody writes into a pipe."""
    os.mkfifo(fifo)
    number = session.runJob(job(session, f"read line < {fifo}; exit {code}"))
    wait_for(lambda: session.jobStatus(number) == JobState.RUNNING, "start of the job")
    return number
