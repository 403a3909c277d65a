"""A fake and a real cell side by side: the same command lines in both, and what each answered."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from ..comparison import CommandAnswer, Masker, differences, submitted

COMMAND_SECONDS = 240.0
BOTH_WAIT_SECONDS = 45.0  # a command that has not ended in either cell by then waits for something
COMMAND_KILOBYTES = 4_000_000
SETTLED_SECONDS = 90.0
FIGURES_SECONDS = 10.0  # a scheduler tells of what it has thought once a second
_INHERITED = ("USER", "LOGNAME", "SHELL", "TZ", "LD_LIBRARY_PATH")
_LIST_ALL = "qstat -u '*'"
_STATE = (  # all about all jobs, queues and hosts: whatever a command has changed is seen in it
    "qstat -j '*'; qstat -j '*' -xml; qstat -u '*' -r -urg -pri -ext; qstat -u '*' -s a -g d -xml;"
    " qstat -u '*' -s z | sed 's/ [01][.][0-9]* / /';"  # the priority an ended array keeps depends on moments
    " qstat -f -explain aAcE -u '*' -F; qhost -j -q -xml"
)
_RECORDS = "for job in {numbers}; do qacct -j $job 2>&1 | sort; done; ls -A"
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


class _Running:
    """A line for a shell that has been begun."""

    def __init__(self, line: str, env: Mapping[str, str], directory: Path) -> None:
        self._out = tempfile.TemporaryFile()  # noqa: SIM115 end() closes it
        self._err = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", f"ulimit -v {COMMAND_KILOBYTES}\n{line}"],
            env=env,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._err,
            start_new_session=True,
        )

    def ends(self, end: float) -> bool:
        """Whether it ends before a moment of the monotonic clock."""
        try:
            self._process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> _Ended:
        """What it has answered; it is killed with all that it started if it still runs."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        texts = []
        for file in (self._out, self._err):
            with file:
                file.seek(0)
                texts.append(os.fsdecode(file.read()))
        return _Ended(code, *texts)


class _Ended(NamedTuple):
    code: int
    out: str
    err: str


class Side:
    """One of the cells, with a directory for its command lines and the numbers of its jobs."""

    def __init__(self, cell: SomeCell, directory: Path, files: Mapping[str, str]) -> None:
        self.cell = cell
        self.directory = directory
        home = directory / "home"  # without options of its own: the real commands look in that of passwd
        home.mkdir(parents=True)
        for name, text in files.items():
            (directory / name).write_text(text)
        mine = {name: value for name, value in cell.env.items() if name in _INHERITED or name[:4] == "SGE_"}
        own = {"PATH": f"{cell.path}:/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C"}
        self._env = dict(sorted({**mine, **own}.items()))
        self.numbers: list[int] = []
        self._masker = Masker(
            {
                str(cell.directory): "CELL",
                str(directory): "DIRECTORY",
                self._env.get("USER", "root"): "USER",
                os.uname().nodename: "localhost",
            },
            priorities=True,  # see compare.cell_options
        )

    def run(self, line: str) -> CommandAnswer:
        """What the cell answers to a line for a shell, comparable."""
        return self.answer(line, self._ask(line))

    def begin(self, line: str) -> _Running:
        """Start a line for a shell.

        It gets no more than ``COMMAND_KILOBYTES`` of memory: the real qhold lists all tasks of ``-t 1--2``,
        four thousand millions.
        """
        return _Running(self._filled(line), self._env, self.directory)

    def answer(self, line: str, ended: _Ended) -> CommandAnswer:
        """What a line answered, comparable."""
        filled = self._filled(line)
        if "qsub" in line:
            self.numbers += submitted(f"{ended.out}\n{ended.err}")
        return self._masker.masked(CommandAnswer(filled, *ended))._replace(command=line)

    def _ask(self, line: str) -> _Ended:
        running = self.begin(line)
        running.ends(time.monotonic() + COMMAND_SECONDS)
        return running.end()

    def _filled(self, line: str) -> str:
        """``{2}`` is the number of the second submitted job, or of the last when there are fewer."""

        def number(found: re.Match[str]) -> str:
            known = self.numbers[: int(found.group(1))]
            return str(known[-1] if known else 1)

        return re.sub(r"\{(\d+)\}", number, line)

    def end_jobs(self) -> None:
        """Delete all jobs, those that run one after the other, so that their records have the same order.

        Raises:
            TimeoutError: one does not end.
        """
        self.run("qmod -d '*'")  # or what is freed would start others, not the same in both
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
        listed = self._ask(f"qstat -u '*' -s {states}").out.splitlines()[2:]
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

    def run(self, line: str) -> tuple[CommandAnswer, CommandAnswer]:
        """The real one's answer and the fake's, asked at the same time.

        What has not ended in the time that it gets is killed: less when it waits in both.
        """
        sides = (self.real, self.fake)
        running = [side.begin(line) for side in sides]
        begun = time.monotonic()
        waiting = [command for command in running if not command.ends(begun + BOTH_WAIT_SECONDS)]
        if len(waiting) == 1:
            waiting[0].ends(begun + COMMAND_SECONDS)
        ends = [command.end() for command in running]
        theirs, mine = (side.answer(line, ended) for side, ended in zip(sides, ends))
        return theirs, mine

    def settle(self) -> bool:
        """Wait until both list the same jobs in the same states; False when they do not get there.

        Nor is any on its way to its host then.
        """
        self._schedule()
        end = time.monotonic() + SETTLED_SECONDS
        while (listed := self.real.jobs()) != self.fake.jobs() or any(map(_ON_ITS_WAY.search, listed)):
            if time.monotonic() > end:
                return listed == self.fake.jobs()
            time.sleep(0.05)
        return True

    def state(self, known: str = "") -> str:
        """What differs in all that is told of the cells' state, once the schedulers have looked at it.

        Args:
            known: what differed before: nothing is waited for when it is the same.
        """
        return self._differs(_STATE, known)

    def records(self) -> str:
        """What differs in the accounting records of all jobs and in the names of the files that they left."""
        line = _RECORDS.replace("{numbers}", " ".join(map(str, sorted(set(self.real.numbers)))))
        return self._differs(line)

    def _differs(self, line: str, known: str = "") -> str:
        end = time.monotonic() + FIGURES_SECONDS
        while True:
            theirs, mine = self.run(line)
            found = differences([mine], [theirs], context=3)
            if found in ("", known) or time.monotonic() > end:
                return found
            self._schedule()
            time.sleep(0.2)

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


def told(answers: Iterable[CommandAnswer]) -> str:
    """Answers as text."""
    return "\n".join(line for answer in answers for line in answer.lines())
