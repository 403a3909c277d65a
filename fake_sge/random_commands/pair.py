"""A fake and a real cell side by side: the same command lines in both, and what each answered."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from ..comparison import Answer, Masker, submitted

COMMAND_SECONDS = 240.0
COMMAND_KILOBYTES = 4_000_000
SETTLED_SECONDS = 90.0
FIGURES_SECONDS = 10.0  # a scheduler tells of what it has thought once a second
_INHERITED = ("USER", "LOGNAME", "SHELL", "TZ", "LD_LIBRARY_PATH")
_LIST_ALL = "qstat -u '*'"
_FIGURES = (
    "qstat -u '*' -urg; qstat -u '*' -pri -ext; qstat -j '*' | sed -n '/^job_number/p; /^scheduling/,/^===/p'"
)
_CLEAR = "qdel -u '*' >/dev/null; qmod -us '*' -e '*' -c '*' >/dev/null; qstat -u '*'"


_ON_ITS_WAY = re.compile(r" [a-zA-Z]*t TIME ")


class SomeCell(Protocol):
    """A cell of either kind."""

    @property
    def env(self) -> dict[str, str]:
        """An environment in which its commands are found."""

    @property
    def path(self) -> Path:
        """The directory of its commands."""

    @property
    def directory(self) -> Path:
        """Where it lies."""


class Side:
    """One of the cells, with a directory for its command lines and the numbers of its jobs."""

    def __init__(self, cell: SomeCell, directory: Path, files: Mapping[str, str]) -> None:
        self.cell = cell
        self.directory = directory
        directory.mkdir()
        for name, text in files.items():
            (directory / name).write_text(text)
        mine = {name: value for name, value in cell.env.items() if name in _INHERITED or name[:4] == "SGE_"}
        own = {"PATH": f"{cell.path}:/usr/local/bin:/usr/bin:/bin", "HOME": str(directory), "LC_ALL": "C"}
        self._env = dict(sorted({**mine, **own}.items()))
        self._numbers: list[int] = []
        self._masker = Masker(
            {
                str(cell.directory): "CELL",
                str(directory): "DIRECTORY",
                self._env.get("USER", "root"): "USER",
                os.uname().nodename: "localhost",
            },
            priorities=True,  # see compare.cell_options
        )

    def run(self, line: str) -> Answer:
        """What the cell answers to a line for a shell, comparable."""
        done = self._ask(self._filled(line))
        texts = (os.fsdecode(done.stdout), os.fsdecode(done.stderr))
        if "qsub" in line:
            self._numbers += submitted("\n".join(texts))
        answer = self._masker.masked(Answer(self._filled(line), done.returncode, *texts))
        return answer._replace(command=line)

    def _ask(self, line: str) -> subprocess.CompletedProcess[bytes]:
        """A line that does not end is killed with all that it started, as one that takes too much memory.

        The real qhold lists all tasks of ``-t 1--2``: four thousand millions.
        """
        command = ["/bin/sh", "-c", f"ulimit -v {COMMAND_KILOBYTES}\n{line}"]
        with subprocess.Popen(
            command,
            env=self._env,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(timeout=COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                out, err = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def _filled(self, line: str) -> str:
        """``{2}`` is the number of the second submitted job, or of the last when there are fewer."""

        def number(found: re.Match[str]) -> str:
            known = self._numbers[: int(found.group(1))]
            return str(known[-1] if known else 1)

        return re.sub(r"\{(\d+)\}", number, line)

    def end_jobs(self) -> None:
        """Delete all jobs, those that run one after the other, so that their records have the same order.

        Raises:
            TimeoutError: one does not end.
        """
        for number in self._numbers_in("p"):
            self.run(f"qdel {number}")
        for number in self._numbers_in("rs"):
            self.run(f"qdel {number}")
            end = time.monotonic() + COMMAND_SECONDS
            while number in self._numbers_in("rs"):  # a second qdel would leave no record
                self._kill(number)
                if time.monotonic() > end:
                    raise TimeoutError(f"job {number} stays in {self.cell.directory}")
                time.sleep(0.05)

    def _numbers_in(self, states: str) -> list[int]:
        listed = self._ask(f"qstat -u '*' -s {states}").stdout.splitlines()[2:]
        return sorted({int(line.split()[0]) for line in listed})

    def _kill(self, number: int) -> None:
        """Kill a job's processes: no qdel ends one with ``-pty y``."""
        marker = re.compile(
            rb"SGE_JOB_SPOOL_DIR=" + re.escape(os.fsencode(self.cell.directory)) + rb"/.*/%d\.\d+" % number
        )
        for entry in Path("/proc").glob("[0-9]*/environ"):
            try:
                if any(marker.fullmatch(item) for item in entry.read_bytes().split(b"\0")):
                    os.kill(int(entry.parent.name), signal.SIGKILL)
            except OSError:  # it has ended meanwhile, or is somebody else's
                continue

    def jobs(self) -> list[str]:
        """The listing of all jobs, in an order of its own."""
        return sorted(" ".join(line.split()) for line in self.run(_LIST_ALL).out.splitlines()[2:])


class Pair:
    """Both sides."""

    def __init__(self, real: Side, fake: Side) -> None:
        self.real = real
        self.fake = fake

    def run(self, line: str) -> tuple[Answer, Answer]:
        """The real one's answer and the fake's, asked at the same time."""
        with ThreadPoolExecutor(1) as other:
            theirs = other.submit(self.real.run, line)
            mine = self.fake.run(line)
            return theirs.result(), mine

    def settle(self) -> bool:
        """Wait until both list the same jobs in the same states; False when they do not get there.

        Nor is any on its way to its host then, and the schedulers have told of their figures and reasons, if
        they come to the same.
        """
        self._schedule()
        end = time.monotonic() + SETTLED_SECONDS
        while (listed := self.real.jobs()) != self.fake.jobs() or any(map(_ON_ITS_WAY.search, listed)):
            if time.monotonic() > end:
                return listed == self.fake.jobs()
            time.sleep(0.05)
        end = time.monotonic() + FIGURES_SECONDS
        while time.monotonic() < end:
            theirs, mine = self.run(_FIGURES)
            if theirs == mine:
                break
            self._schedule()
            time.sleep(0.2)
        return True

    def _schedule(self) -> None:
        for side in (self.real, self.fake):
            side.run("qconf -tsm")

    def deleting(self) -> bool:
        """Whether the real cell still has jobs that were deleted, and only they differ."""
        real = [line for line in self.real.jobs() if not re.search(r" d[rtRSsT]+ TIME", line)]
        return real == self.fake.jobs() != self.real.jobs()

    def prepare(self, line: str) -> None:
        """Run a line in both whose answers do not matter."""
        for side in (self.real, self.fake):
            side.run(line)

    def clear(self) -> None:
        """Delete all jobs, have all queues open. Raises TimeoutError when a cell keeps jobs."""
        for side in (self.real, self.fake):
            side.end_jobs()
            end = time.monotonic() + COMMAND_SECONDS
            while side.run(_CLEAR).out:
                if time.monotonic() > end:
                    raise TimeoutError(f"jobs stay in {side.cell.directory}")
                time.sleep(0.05)


def told(answers: Iterable[Answer]) -> str:
    """Answers as text."""
    return "\n".join(line for answer in answers for line in answer.lines())
