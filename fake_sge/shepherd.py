"""One run of one task: the process that starts the job, watches it, and reports how it ended.

It is a child of the cell's execd, in a session of its own, and outlives both execd and qmaster. It
talks by files only: the ``order`` it reads, and the reports it leaves in the cell's spool directory
(complete files, moved into place), so that nothing is lost while no qmaster runs. A signal to it
is a wish: SIGTERM kill, SIGUSR1 suspend, SIGUSR2 resume.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import shutil
import signal
import socket
import time
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

PR_SET_CHILD_SUBREAPER = 36
FAILED_FILE, FAILED_SHELL, FAILED_CWD = 26, 27, 28
FAILED_LIMIT = 37
SAMPLE = 1.0  # seconds between looks at the job's processes, as execd does
GIGABYTE = 1024.0**3
_LIMITS = {
    "cpu": resource.RLIMIT_CPU,
    "vmem": resource.RLIMIT_AS,
    "fsize": resource.RLIMIT_FSIZE,
    "data": resource.RLIMIT_DATA,
    "stack": resource.RLIMIT_STACK,
    "core": resource.RLIMIT_CORE,
    "rss": resource.RLIMIT_RSS,
}


class StartFailure(Exception):
    """The job cannot be started: accounting code and error text."""

    def __init__(self, failed: int, text: str) -> None:
        super().__init__(text)
        self.failed = failed
        self.text = text


def report(order: dict[str, Any], kind: str, values: dict[str, Any]) -> None:
    """Leave a report for the qmaster, then wake it if it runs."""
    directory = Path(order["reports"])
    name = f"{order['job']}.{order['task']}.{order['run']}.{kind}"
    hidden = directory / f".{name}"
    while True:
        try:
            hidden.write_text(json.dumps(values))
            hidden.replace(directory / name)
            break
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            time.sleep(0.5)
    wake(order["socket"])


def wake(path: str) -> None:
    """Tell the qmaster to look at the reports; without a qmaster they wait."""
    directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)  # noqa: PTH120 paths are str here
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(1.0)
            line.connect(f"/proc/self/fd/{directory}/{os.path.basename(path)}")  # noqa: PTH119
            line.sendall(b"W\0\0\0\0")
    except OSError:
        return  # no qmaster: it reads the reports when it starts
    finally:
        os.close(directory)


# ---- the job's side of the fork --------------------------------------------------------------------
def _open_output(path: str) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        raise StartFailure(
            FAILED_FILE, f'error: can\'t open output file "{path}": {os.strerror(error.errno or 0)}'
        ) from error


def _become(order: dict[str, Any]) -> None:
    """The owner's identity, when the cell is run by root."""
    if os.geteuid() == 0 and order["uid"] != 0:
        os.initgroups(order["user"], order["gid"])
        os.setgid(order["gid"])
        os.setuid(order["uid"])


def _prepare(order: dict[str, Any]) -> None:
    """Working directory, files and limits, in the order in which Grid Engine fails on them."""
    shell = order["shell"]
    if shell is not None and not os.access(shell, os.X_OK):
        raise StartFailure(FAILED_SHELL, f'unable to find shell "{shell}"')
    try:
        os.chdir(order["cwd"])
    except OSError as error:
        text = os.strerror(error.errno or 0)
        raise StartFailure(FAILED_CWD, f"error: can't chdir to {order['cwd']}: {text}") from error
    try:
        stdin = os.open(order["stdin"], os.O_RDONLY)
    except OSError as error:
        raise StartFailure(FAILED_FILE, f"error: can't open {order['stdin']} as dummy input file") from error
    os.umask(order["umask"])
    stdout = _open_output(order["stdout"])
    stderr = stdout if order["merge"] else _open_output(order["stderr"])
    for source, target in ((stdin, 0), (stdout, 1), (stderr, 2)):
        os.dup2(source, target)
    os.closerange(3, 64)
    for name, (soft, hard) in order["limits"].items():
        _limit(_LIMITS[name], soft, hard)


def _limit(what: int, soft: int, hard: int) -> None:
    current_hard = resource.getrlimit(what)[1]
    if hard < 0 or (current_hard != resource.RLIM_INFINITY and hard > current_hard):
        hard = current_hard
    if soft < 0 or (hard != resource.RLIM_INFINITY and soft > hard):
        soft = hard
    resource.setrlimit(what, (soft, hard))


def _run_job(order: dict[str, Any], pipe: int) -> NoReturn:
    """Become the job; a failure to do so goes through the pipe."""
    os.setsid()
    keep = 200
    os.dup2(pipe, keep, inheritable=False)
    try:
        _become(order)
        _prepare(order)
        for number in range(1, signal.NSIG):
            if number not in (signal.SIGKILL, signal.SIGSTOP) and signal.getsignal(number) is not None:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.environ.clear()
        environment = {os.fsencode(name): os.fsencode(value) for name, value in order["env"].items()}
        argv = [os.fsencode(word) for word in order["argv"]]
        try:
            _execute(order["program"], argv, environment)
        except OSError as error:
            shown = " ".join(f'"{word}"' for word in order["argv"])
            text = os.strerror(error.errno or 0)
            raise StartFailure(
                FAILED_SHELL, f"execvlp({order['program']}, {shown}) failed: {text}"
            ) from error
    except StartFailure as failure:
        os.write(
            keep, json.dumps([failure.failed, f"[{os.getuid()}:{os.getpid()}]: {failure.text}"]).encode()
        )
    except BaseException as error:  # noqa: BLE001 whatever it is has to be reported: this process ends here
        os.write(keep, json.dumps([1, f"[{os.getuid()}:{os.getpid()}]: {error!r}"]).encode())
    os._exit(127)


def _execute(program: str, argv: list[bytes], environment: dict[bytes, bytes]) -> None:
    """As execvp(3), which hands a script without ``#!`` to /bin/sh."""
    try:
        os.execvpe(os.fsencode(program), argv, environment)
    except OSError as error:
        path = os.fsdecode(environment.get(b"PATH", os.fsencode(os.defpath)))
        found = program if "/" in program else shutil.which(program, path=path)
        if error.errno != errno.ENOEXEC or found is None:
            raise
        os.execve("/bin/sh", [b"/bin/sh", os.fsencode(found), *argv[1:]], environment)


def descendants(pid: int) -> list[int]:
    """All living processes below a process."""
    found: list[int] = []
    stack = [pid]
    while stack:
        parent = stack.pop()
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:
            continue  # it has just ended
        found += map(int, children)
        stack += map(int, children)
    return found


# ---- the watching side -----------------------------------------------------------------------------
class Watch:
    """Waits for the job, enforces run-time limits, and carries out kill, suspend and resume."""

    def __init__(self, order: dict[str, Any], pid: int) -> None:
        self.order = order
        self.pid = pid
        self.started = time.monotonic()
        self.timers: list[tuple[float, str]] = []
        self.limit_hit = False
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
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue  # it has just ended

    def wish(self, number: int, frame: FrameType | None = None) -> None:
        """A signal to the shepherd itself."""
        del frame
        notify = self.order["notify"]
        action, warning = {
            signal.SIGTERM: ("kill", signal.SIGUSR2),
            signal.SIGUSR1: ("stop", signal.SIGUSR1),
        }.get(signal.Signals(number), ("cont", None))
        if action == "cont":
            self.timers = [item for item in self.timers if item[1] != "stop"]
            self.send(signal.SIGCONT)
        elif notify is not None and warning is not None:
            self.send(warning)
            self.timers.append((time.monotonic() + notify, action))
        else:
            self.act(action)

    def act(self, action: str) -> None:
        """Carry out a timer's action."""
        if action == "soft":
            self.send(signal.SIGUSR1)
        elif action == "stop":
            self.send(signal.SIGSTOP)
        else:
            self.limit_hit = self.limit_hit or action == "hard"
            self.send(signal.SIGKILL)

    def wait(self) -> tuple[int, resource.struct_rusage]:
        """The job's wait status and usage."""
        signals = (signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
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
            if self.sample_at <= now:
                self.sample_at = now + SAMPLE
                self.sample()
            pause = min([item[0] - now for item in self.timers] + [self.sample_at - now])
            info = signal.sigtimedwait(signals, max(0.0, pause))
            if info is not None and info.si_signo != signal.SIGCHLD:
                self.wish(info.si_signo)

    def sample(self) -> None:
        """Look at the job's processes; leave what was seen for the qmaster to show."""
        ticks = os.sysconf("SC_CLK_TCK")
        cpu = vmem = io = 0.0
        for pid in self.descendants():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                moved = Path(f"/proc/{pid}/io").read_text().split()
            except OSError:
                continue  # it has just ended
            cpu += sum(int(fields[index]) for index in (11, 12, 13, 14)) / ticks
            vmem += float(fields[20])
            io += (int(moved[1]) + int(moved[3])) / GIGABYTE
        seen = self.seen
        seen["mem"] += max(0.0, cpu - seen["cpu"]) * vmem / GIGABYTE
        seen.update(cpu=cpu, vmem=vmem, maxvmem=max(vmem, seen["maxvmem"]), io=max(io, seen["io"]))
        path = Path(self.order["spool"], "usage.new")
        try:
            path.write_text(json.dumps(seen))
            path.replace(path.with_name("usage"))
        except OSError:
            return  # only for show: a full disk must not end the watch

    def clean_up(self) -> None:
        """Kill what the job left behind."""
        for _ in range(50):
            left = [pid for pid in self.descendants() if pid != self.pid]
            if not left:
                return
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue  # it has just ended
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    continue
            except ChildProcessError:
                return
            time.sleep(0.005)


def usage_values(usage: resource.struct_rusage, seconds: float) -> dict[str, float]:
    """The figures of the accounting file."""
    values = {
        name: float(getattr(usage, name))
        for name in (
            "ru_utime",
            "ru_stime",
            "ru_maxrss",
            "ru_ixrss",
            "ru_idrss",
            "ru_isrss",
            "ru_minflt",
            "ru_majflt",
            "ru_nswap",
            "ru_inblock",
            "ru_oublock",
            "ru_msgsnd",
            "ru_msgrcv",
            "ru_nsignals",
            "ru_nvcsw",
            "ru_nivcsw",
        )
    }
    cpu = usage.ru_utime + usage.ru_stime
    return {**values, "ru_ismrss": 0.0, "cpu": cpu, "ru_wallclock": seconds}


def shepherd(path: str) -> None:
    """Run the task described by an ``order`` file to its end."""
    order = json.loads(Path(path).read_text())
    os.setsid()
    signals = {signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if not _claim(Path(order["spool"])):
        return
    Path(order["tmpdir"]).mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(order["tmpdir"], order["uid"], order["gid"])
    reading, writing = os.pipe()
    begun = time.time()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _run_job(order, writing)
    os.close(writing)
    failure = b""
    while chunk := os.read(reading, 65536):
        failure += chunk
    os.close(reading)
    if failure:
        os.waitpid(pid, 0)
        failed, text = json.loads(failure)
        _remove_tree(order["tmpdir"])
        report(order, "exit", {"failed": failed, "error": text})
        return
    report(order, "started", {"time": begun, "pid": pid})
    watch = Watch(order, pid)
    status, usage = watch.wait()
    ended = time.time()
    watch.clean_up()
    _remove_tree(order["tmpdir"])
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    report(
        order,
        "exit",
        {
            "failed": FAILED_LIMIT if watch.limit_hit and killed == signal.SIGKILL else 0,
            "exit_status": 128 + killed if killed else os.WEXITSTATUS(status),
            "signal": killed,
            "start_time": begun,
            "end_time": ended,
            "usage": usage_values(usage, ended - begun),
            "error": "",
            "pid": pid,
        },
    )


def _claim(spool: Path) -> bool:
    """Become the one shepherd of a run: a qmaster that was killed may have sent the same order before."""
    mine = spool / f"pid.{os.getpid()}"
    mine.write_text(f"{os.getpid()} {start_ticks(os.getpid())}\n")
    try:
        os.link(mine, spool / "pid")
    except FileExistsError:
        return False
    finally:
        mine.unlink()
    return True


def start_ticks(pid: int) -> str:
    """When a process started, in clock ticks since boot: tells a reused pid apart; "" when it is over."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def _remove_tree(path: str) -> None:
    for root, directories, files in os.walk(path, topdown=False):
        for name in files:
            Path(root, name).unlink(missing_ok=True)
        for name in directories:
            item = Path(root, name)
            if item.is_symlink():
                item.unlink(missing_ok=True)
            else:
                item.rmdir()
    Path(path).rmdir()
