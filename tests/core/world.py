"""A qmaster small enough to read, played by a runner: real shapes from the captures, time that the test owns.

Nothing is executed. Listings and details are recorded ones with numbers, names and times replaced; refusals
and outages are recorded ones as they are.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Callable

from drmaa_cli.gridengine.ranges import parse_range
from drmaa_cli.gridengine.records import CommandResult, TaskRange
from drmaa_cli.system.clock import Clock
from drmaa_cli.system.locks import Signal
from drmaa_cli.system.runner import Command, CommandTimeout
from tests.core import evidence
from tests.core.shapes import USER, Job, details, listing
from tests.gridengine import captured

START = evidence.SUBMITTED
EXIT = "qacct.j_exit0"
TICK = 0.2  # seconds between two looks at the accounting file: hours pass here
SHORT_WAIT = 1.5 * TICK  # the leader's pauses are at most this long: it alone makes time pass
HANG_GUARD = 180.0  # real seconds after which a test that lost a wake-up fails instead of hanging


class FakeClock(Clock):
    """Time passes when somebody waits for it to."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._lock = threading.RLock()
        self._events: list[tuple[float, Callable[[], None]]] = []
        self.waits = 0

    def monotonic(self) -> float:
        return self._now

    def time(self) -> float:
        return START + self._now - 1000.0

    def at(self, seconds: float, do: Callable[[], None]) -> None:
        """Do something when so many seconds have passed since the beginning."""
        with self._lock:
            self._events.append((1000.0 + seconds, do))
            self._events.sort(key=lambda event: event[0])

    def sleep(self, seconds: float) -> None:
        with self._lock:
            until = self._now + seconds
            while self._events and self._events[0][0] <= until:
                when, do = self._events.pop(0)
                self._now = max(self._now, when)
                do()
            self._now = until

    def wait(self, signal: Signal, seconds: float) -> None:
        self.waits += 1
        if seconds <= SHORT_WAIT or threading.active_count() == 1:
            self.sleep(min(seconds, 3600.0))
            signal.wait(0)
            if threading.active_count() > 1:
                time.sleep(0)  # let the others have the processor
            return
        until = self._now + seconds
        pause = HANG_GUARD if until > self._now + 10**6 else 0.005
        patience = HANG_GUARD
        while self._now < until and not signal.wait(pause):
            patience -= pause
            if patience <= 0:
                raise AssertionError("nobody woke a waiting thread")

    def wait_for_answer(self, signal: Signal, seconds: float) -> None:
        if not signal.wait(HANG_GUARD):
            raise AssertionError("a command woke nobody")


class Qmaster:
    """What a qmaster knows, and what becomes of it when its jobs end."""

    def __init__(self, clock: FakeClock, root: Path, flush: float = 0.0) -> None:
        self.clock = clock
        self.flush = flush
        self.common = root / "default" / "common"
        self.common.mkdir(parents=True)
        self.accounting = self.common / "accounting"
        self.accounting.write_bytes(b"# Version: 8.1.9\n")
        self.jobs: dict[int, Job] = {}
        self.next = 100
        self.made: list[int] = []

    def submit(self, name: str, tasks: TaskRange | None, token: str) -> Job:
        numbers = [0] if tasks is None else list(tasks.numbers())
        job = Job(self.next, name, tasks, int(self.clock.time()), token, dict.fromkeys(numbers, "qw"))
        self.jobs[job.number] = job
        self.made.append(job.number)
        self.next += 1
        return job

    def set(self, number: int, state: str, task: int = 0) -> None:
        self.jobs[number].states[task] = state

    def end(
        self, number: int, status: int = 0, task: int = 0, case: str = EXIT, *, window: bool = False
    ) -> None:
        """A task leaves; its line follows after the flush time."""
        job = self.jobs[number]
        del job.states[task]
        if window:
            job.window[task] = status
        if not job.states and not job.window:
            del self.jobs[number]
        failed = None if case != EXIT else 0
        line = evidence.line(
            case, job=number, task=task, name=job.name, owner=USER, submitted=job.submitted, failed=failed,
            status=status if case == EXIT else None, account=job.account,
        )  # fmt: skip
        if self.flush:
            self.clock.at(self.clock.monotonic() - 1000.0 + self.flush, lambda: self.write(line))
        else:
            self.write(line)

    def vanish(self, number: int, task: int = 0) -> None:
        """A task leaves without a record: somebody deleted it while it was pending."""
        job = self.jobs[number]
        del job.states[task]
        if not job.states:
            del self.jobs[number]

    def write(self, line: bytes) -> None:
        with self.accounting.open("ab") as file:
            file.write(line)


class ScriptedRunner:
    """Answers Grid Engine's commands out of a :class:`Qmaster`, or as the test says.

    Attributes:
        calls: the argument vectors, in order.
        cost: seconds that a command takes.
        outage: the name of an outage in OUTAGES, or None.
        scripted: answers for the next calls of a tool; each is called with argv and the ordinary answer.
    """

    def __init__(self, qmaster: Qmaster, cost: float = 0.01) -> None:
        self.qmaster = qmaster
        self.cost = cost
        self.calls: list[list[str]] = []
        self.outage: str | None = None
        self.scripted: dict[str, list[Callable[[Sequence[str]], CommandResult | None]]] = {}
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.RLock()

    def count(self, *words: str) -> int:
        """How many commands began with these words."""
        return sum(call[: len(words)] == list(words) for call in self.calls)

    def next(self, tool: str, *answers: Callable[[Sequence[str]], CommandResult | None]) -> None:
        """Script the next calls of a tool; an answer of None gives way to the ordinary one."""
        self.scripted.setdefault(tool, []).extend(answers)

    keeps_answers = True

    def run(self, command: Command, /) -> CommandResult:
        """Answer a command, into the files of its answer as well."""
        if command.answer is None:
            return self._result(command)
        for path in command.answer:
            path.touch(0o600)
        result = self._result(command)
        for path, data in zip(command.answer, (result.stdout, result.stderr)):
            path.write_bytes(data)
        return result

    def _result(self, command: Command) -> CommandResult:
        argv = command.argv
        assert command.env["SGE_ROOT"]
        with self.lock:
            self.calls.append(list(argv))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            scripted = self.scripted.get(argv[0])
            if scripted:
                result = scripted.pop(0)(argv)
                if result is not None:
                    return result._replace(argv=argv)
            self.qmaster.clock.sleep(self.cost)
            if self.outage is not None:
                return OUTAGES[self.outage](self, argv, command.timeout)
            with self.lock:
                return self.answer(argv)
        finally:
            with self.lock:
                self.at_once -= 1

    def answer(self, argv: Sequence[str]) -> CommandResult:
        """The ordinary answer."""
        handler = {
            "qsub": self._qsub, "qstat": self._qstat, "qdel": self._qdel, "qacct": self._qacct,
            "qhold": self._qhold, "qrls": self._qrls, "qmod": self._qmod,
            "qconf": lambda _: captured.case("qconf.sconf").result,
        }[argv[0]]  # fmt: skip
        return handler(argv)._replace(argv=tuple(argv))

    def _qsub(self, argv: Sequence[str]) -> CommandResult:
        words = list(argv)
        name = words[words.index("-N") + 1] if "-N" in words else "true"  # qsub(1): the command's own name
        tasks = None
        if "-t" in words:
            tasks = parse_range(words[words.index("-t") + 1])
        context = next(word for word in words if word.startswith("drmaa_cli="))
        job = self.qmaster.submit(name, tasks, context.partition("=")[2])
        job.account = words[words.index("-A") + 1] if "-A" in words else "sge"
        suffix = "" if tasks is None else f".{tasks.first}-{tasks.last}:{tasks.step}"
        return captured.result(f"{job.number}{suffix}\n")  # as in captures qsub.terse_*

    def _qstat(self, argv: Sequence[str]) -> CommandResult:
        jobs = list(self.qmaster.jobs.values())
        if "-j" in argv:
            numbers = [int(word) for word in argv[argv.index("-j") + 1].split(",")]
            found = [job for job in jobs if job.number in numbers]
            return captured.result(details(found)) if found else captured.case("qstat.j_unknown_xml").result
        if "-help" in argv:
            return captured.case("help.qstat").result
        letter = argv[argv.index("-s") + 1]
        if letter.startswith("h"):
            jobs = [job for job in jobs if letter[1] in job.holds]
        return captured.result(listing(jobs))

    def _qdel(self, argv: Sequence[str]) -> CommandResult:
        return self._each(argv[1:], self._delete)

    def _delete(self, job: Job, tasks: TaskRange | None) -> list[str]:
        """As a real 8.1.9 answers for a job, for a task and for a range of tasks."""
        chosen = [number for number in job.states if tasks is None or job.tasks is None or number in tasks]
        pending = [number for number in chosen if "w" in job.states[number]]
        lines = []
        for number in chosen:
            word = f"job-array task {job.number}.{number}" if job.tasks is not None else f"job {job.number}"
            if number not in pending:
                job.states[number] = "dr"
                lines.append(f"{USER} has registered the {word} for deletion")
        if pending and (tasks is None or job.tasks is None):
            lines.append(f"{USER} has deleted job {job.number}")
        elif len(pending) == 1:
            lines.append(f"{USER} has deleted job-array task {job.number}.{pending[0]}")
        elif pending:
            lines.append(
                f"{USER} has deleted job-array tasks {','.join(map(str, pending))} of job {job.number}"
            )
        for number in pending:
            self.qmaster.vanish(job.number, number)
        return lines

    def _qhold(self, argv: Sequence[str]) -> CommandResult:
        def hold(job: Job, _: TaskRange | None) -> list[str]:
            job.holds = "u"
            for number in job.states:
                job.states[number] = "hqw"
            return [f"modified hold of job {job.number}"]

        return self._each(argv[1:], hold)

    def _qrls(self, argv: Sequence[str]) -> CommandResult:
        def release(job: Job, _: TaskRange | None) -> list[str]:
            job.holds = ""
            for number in job.states:
                job.states[number] = "qw"
            return [f"modified hold of job {job.number}"]

        return self._each(argv[1:], release)

    def _qmod(self, argv: Sequence[str]) -> CommandResult:
        return self._each(argv[2:], lambda job, _: [f"{USER} - suspended job {job.number}"])

    def _each(self, ids: Sequence[str], act: Callable[[Job, TaskRange | None], list[str]]) -> CommandResult:
        lines, code = [], 0
        for word in ids:
            number, _, task = word.partition(".")
            job = self.qmaster.jobs.get(int(number))
            if job is None:
                lines.append(f'denied: job "{number}" does not exist')
                code = 1
            else:
                lines += act(job, parse_range(task) if task else None)
        return captured.result("".join(f"{line}\n" for line in lines), "", code)

    def _qacct(self, argv: Sequence[str]) -> CommandResult:
        return captured.case("qacct.f_unreadable").result


# How commands fail while the qmaster is away: recorded, by tool where tools differ.
_REFUSED = {
    "qstat": "env.dead_port.qstat", "qsub": "env.dead_port.qsub", "qdel": "env.dead_port.qdel",
    "qconf": "env.dead_port.qconf_sconf", "qhold": "env.dead_port.qhold", "qmod": "env.dead_port.qmod_sj",
}  # fmt: skip


def _refused(runner: ScriptedRunner, argv: Sequence[str], timeout: float) -> CommandResult:
    if argv[0] not in _REFUSED:
        return runner.answer(argv)
    name = "env.dead_port.qstat_j_xml" if "-j" in argv else _REFUSED[argv[0]]
    return captured.case(name).result._replace(argv=tuple(argv))


def _hanging(runner: ScriptedRunner, argv: Sequence[str], timeout: float) -> CommandResult:
    runner.qmaster.clock.sleep(timeout)
    raise CommandTimeout(CommandResult(tuple(argv), -9, b"", b"", timeout), timeout)


def _cut(runner: ScriptedRunner, argv: Sequence[str], timeout: float) -> CommandResult:
    if argv[0] == "qsub":
        return _refused(runner, argv, timeout)
    result = runner.answer(argv)
    return result._replace(stdout=result.stdout[: len(result.stdout) // 2])


def _garbled(runner: ScriptedRunner, argv: Sequence[str], timeout: float) -> CommandResult:
    if argv[0] == "qsub":
        return _refused(runner, argv, timeout)
    return captured.result(b"\x00\xff<html>proxy error</html>", "", 0)


def _empty(runner: ScriptedRunner, argv: Sequence[str], timeout: float) -> CommandResult:
    if argv[0] == "qsub":
        return _refused(runner, argv, timeout)
    return captured.result("", "", 0)


OUTAGES: dict[str, Callable[[ScriptedRunner, Sequence[str], float], CommandResult]] = {
    "refused": _refused,
    "hanging": _hanging,
    "truncated": _cut,
    "garbled": _garbled,
    "empty": _empty,
}
