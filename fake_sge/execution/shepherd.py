"""One run of one task: the process that starts the job, watches it, and reports how it ended.

It is a child of the cell's execd, in a session of its own, and outlives both execd and qmaster. It
talks by files only: the ``order`` it reads, and the reports it leaves in the cell's spool directory
(complete files, moved into place), so that nothing is lost while no qmaster runs. A signal to it
is a request: SIGTERM to kill, SIGUSR1 to see whether the job is to be suspended: whether the file
``suspended`` is there. Of two signals in one moment nobody knows the order (a real cell under load leaves
a job stopped that was suspended and resumed so: 6 of 66).
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import time
from pathlib import Path

from ..lighter import Any
from ..model import failures
from ..wire import connect, frame
from .job_files import AT_ONCE, make_directory, remove_tree
from .job_process import run_job
from .processes import GIGABYTE, call_process, descendants, send_signal, start_ticks, used_by
from .terminal import Terminal

PR_SET_CHILD_SUBREAPER = 36
SAMPLE = 1.0  # seconds between looks at the job's processes, as execd does
RESEND = 91.0  # seconds after a signal for s_rt in which execd sends none for s_rt or h_rt (real cell)
_SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1)


def report(order: dict[str, Any], kind: str, values: dict[str, Any]) -> None:
    """Leave a report for the qmaster, then wake it if it runs."""
    directory = Path(order["reports"])
    name = f"{order['job']}.{order['task']}.{order['run']}.{kind}"
    hidden = directory / f".{name}"
    _write(hidden, json.dumps(values))
    hidden.replace(directory / name)
    wake(order["socket_directory"])


def _write(path: Path, text: str) -> None:
    """Write a file as soon as there is room for it on the disk."""
    while True:
        try:
            path.write_text(text)
            return
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            time.sleep(0.5)


def wake(directory: str) -> None:
    """Tell the qmaster to look at the reports; without a qmaster they wait."""
    try:
        line = connect(os.fsencode(directory), timeout=1.0)
        try:
            line.sendall(frame(b"W"))
        finally:
            line.close()
    except OSError:
        return  # no qmaster: it reads the reports when it starts


class JobWatch:
    """Waits for the job, enforces run-time limits, and carries out kill, suspend and resume."""

    def __init__(self, order: dict[str, Any], pid: int) -> None:
        self.order = order
        self.pid = pid
        self.started = time.monotonic()
        self.timers: list[tuple[float, str]] = []
        self.limit_hit = False
        self.suspended = False
        self.sample_at = self.started + SAMPLE
        self.seen = {"cpu": 0.0, "mem": 0.0, "io": 0.0, "iow": 0.0, "vmem": 0.0, "maxvmem": 0.0}
        for name, action in (("s_rt", "soft"), ("h_rt", "hard")):
            if order[name] is not None:
                self.timers.append((self.started + order[name], action))

    def descendants(self) -> list[int]:
        """The job's processes, also those left to us by dead parents."""
        return list(dict.fromkeys([self.pid, *descendants(os.getpid())]))

    def send(self, number: int) -> None:
        """Signal all of the job's processes."""
        for pid in self.descendants():
            send_signal(pid, number)

    def take_signal(self, number: int) -> None:
        """A signal to the shepherd itself."""
        if number == signal.SIGTERM:
            if Path(self.order["spool"], AT_ONCE).exists():
                self.act("kill")
            elif "kill" not in [waiting for _, waiting in self.timers]:  # a new qmaster asks once more
                self.warn(signal.SIGUSR2, "kill")
            return
        wanted = Path(self.order["spool"], "suspended").exists()
        if wanted and not self.suspended:
            self.warn(signal.SIGUSR1, "stop")
        elif not wanted:
            self.timers = [item for item in self.timers if item[1] != "stop"]
            self.send(signal.SIGCONT)
        self.suspended = wanted

    def warn(self, warning: int, action: str) -> None:
        """Carry out an action; with -notify after the job was warned and had its time."""
        notify = self.order["notify"]
        if notify is None:
            self.act(action)
        else:
            self.send(warning)
            self.timers.append((time.monotonic() + notify, action))

    def act(self, action: str) -> None:
        """Carry out a timer's action."""
        if action == "soft":
            self.send(signal.SIGUSR1)
            self._remind()
        elif action == "stop":
            self.send(signal.SIGSTOP)
        elif action == "hard":
            self.limit_hit = True
            if "kill" not in [waiting for _, waiting in self.timers]:  # one warning, however often it is over
                self.warn(signal.SIGUSR2, "kill")
        else:
            self.send(signal.SIGKILL)

    def _remind(self) -> None:
        """After a warning h_rt has to wait, too; while it is not over, the warning is repeated."""
        again = time.monotonic() + RESEND
        hard = [due for due, action in self.timers if action == "hard"]
        if hard and hard[0] <= again:
            self.timers = [(due, action) for due, action in self.timers if action != "hard"]
            self.timers.append((again, "hard"))
        else:
            self.timers.append((again, "soft"))

    def wait(self) -> tuple[int, resource.struct_rusage]:
        """The job's wait status and usage."""
        while True:
            while True:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
                if pid == self.pid:
                    return status, usage
                if pid == 0:
                    break
            now = time.monotonic()
            due = [item for item in self.timers if item[0] <= now]
            for item in due:
                self.timers.remove(item)
                self.act(item[1])
            self.look()
            pause = min([item[0] - now for item in self.timers] + [self.sample_at - now])
            info = signal.sigtimedwait(_SIGNALS, max(0.0, pause))
            if info is not None and info.si_signo != signal.SIGCHLD:
                self.take_signal(info.si_signo)

    def look(self) -> None:
        """Look at the job's processes when it is time."""
        now = time.monotonic()
        if self.sample_at <= now:
            self.sample_at = now + SAMPLE
            self.sample()
            if not self.order["terminal"]:
                self.enforce()

    def sample(self) -> None:
        """See what the job's processes use; leave what was seen for the qmaster to show."""
        cpu, vmem, io = used_by(self.descendants())
        seen = self.seen
        seen["mem"] += max(0.0, cpu - seen["cpu"]) * vmem / GIGABYTE
        seen.update(cpu=cpu, vmem=vmem, maxvmem=max(vmem, seen["maxvmem"]), io=max(io, seen["io"]))
        path = Path(self.order["spool"], "usage.new")
        try:
            path.write_text(json.dumps(seen))
            path.replace(path.with_name("usage"))
        except OSError:
            return  # only for show: a full disk must not end the watch

    def enforce(self) -> None:
        """Warn or kill a job whose processes together use more than it may, as execd does (real cell)."""
        over = [
            [0 <= limit < self.seen[name] for limit in self.order["limits"][name]] for name in ("cpu", "vmem")
        ]
        if any(hard for _, hard in over):
            self.act("hard")
        elif any(soft for soft, _ in over):  # at each look (real cell)
            self.send(signal.SIGXCPU)

    def usage(self, rusage: resource.struct_rusage, seconds: float) -> dict[str, float]:
        """The figures of the accounting file; memory and io as they were seen from time to time."""
        values = {name: float(getattr(rusage, name)) for name in dir(rusage) if name.startswith("ru_")}
        cpu = max(rusage.ru_utime + rusage.ru_stime, self.seen["cpu"])
        seen = {name: self.seen[name] for name in ("mem", "io", "maxvmem")}
        return {**values, **seen, "ru_ismrss": 0.0, "cpu": cpu, "ru_wallclock": seconds}

    def clean_up(self) -> None:
        """Kill what the job left behind."""
        for _ in range(50):
            left = [pid for pid in self.descendants() if pid != self.pid]
            if not left:
                return
            for pid in left:
                send_signal(pid, signal.SIGKILL)
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    continue
            except ChildProcessError:
                return
            time.sleep(0.005)


def shepherd(path: str) -> None:
    """Run the task described by an ``order`` file to its end.

    Nothing is done where another has taken the order, or where it is gone: its host has crashed meanwhile.
    """
    try:
        order = json.loads(Path(path).read_text())
    except FileNotFoundError:
        return
    os.setsid()
    call_process(f"fake-shep-{order['job']}")
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if not claim(Path(order["spool"])):
        return
    if trouble := make_directory(order["tmpdir"], order["uid"], order["gid"]):
        report(order, "exit", {"failed": failures.EXECUTING_SHEPHERD, "error": trouble})
        return
    terminal = Terminal() if order["terminal"] else None
    begun = time.time()
    pid, failure = _fork_job(order, terminal)
    if failure:
        os.waitpid(pid, 0)
        failed, text = json.loads(failure)
        end = {"failed": failed, "error": text}
    else:
        report(order, "started", {"time": begun, "pid": pid})
        end = _watch_job(order, pid, begun, terminal)
    remove_tree(order["tmpdir"])
    report(order, "exit", end)


def _fork_job(order: dict[str, Any], terminal: Terminal | None) -> tuple[int, bytes]:
    """The pid of the job, and why it could not be started (JSON), empty when it was."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        run_job(order, writing, terminal)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        return pid, pipe.read()


def _watch_job(order: dict[str, Any], pid: int, begun: float, terminal: Terminal | None) -> dict[str, Any]:
    """How the job ended, when it has."""
    watch = JobWatch(order, pid)
    status, usage = watch.wait() if terminal is None else terminal.serve(order, pid, watch.look)
    ended = time.time()
    watch.clean_up()
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return {
        "failed": failures.LIMIT if watch.limit_hit else 0,
        "exit_status": 128 + killed if killed else os.WEXITSTATUS(status),
        "signal": killed,
        "start_time": begun,
        "end_time": ended,
        "usage": watch.usage(usage, ended - begun),
        "error": "",
        "pid": pid,
    }


def claim(spool: Path) -> bool:
    """Become the one shepherd of a run: a qmaster that was killed may have sent the same order before."""
    mine = spool / f"pid.{os.getpid()}"
    try:
        _write(mine, f"{os.getpid()} {start_ticks(os.getpid())}\n")
        os.link(mine, spool / "pid")
    except (FileExistsError, FileNotFoundError):
        return False
    finally:
        mine.unlink(missing_ok=True)
    return True
