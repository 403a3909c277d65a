"""The job's side of the fork: how a shepherd's child becomes the job."""

from __future__ import annotations

import errno
import json
import math
import os
import resource
import signal

from ..lighter import Any, NoReturn
from ..model import failures
from .terminal import Terminal

_LIMITS = {
    "cpu": resource.RLIMIT_CPU,
    "vmem": resource.RLIMIT_AS,
    "fsize": resource.RLIMIT_FSIZE,
    "data": resource.RLIMIT_DATA,
    "stack": resource.RLIMIT_STACK,
    "core": resource.RLIMIT_CORE,
    "rss": resource.RLIMIT_RSS,
}

# The shepherd of a qrsh has a thread, and qrsh_starter libraries, for which there is no room below these
# (real cell: -l h_data, s_data, h_vmem and s_vmem in steps, with and without -noshell, -wd and -pe).
_DATA_OF_SESSION = 21 << 19
_MEMORY_OF_SESSION = 17 << 20
_MEMORY_OF_STARTER = 11 << 20
_NO_CONFIGURATION = (
    "qrsh_starter: cannot read job configuration from file {}/config\n"
    + 'can\'t get configuration value for "qrsh_tmpdir"\n' * 3
)


class StartFailure(Exception):
    """The job cannot be started: accounting code and error text."""

    def __init__(self, failed: int, text: str) -> None:
        super().__init__(text)
        self.failed = failed
        self.text = text


def _open_output(path: str) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        raise StartFailure(
            failures.FILE, f'error: can\'t open output file "{path}": {os.strerror(error.errno or 0)}'
        ) from error


def _end_session(order: dict[str, Any], text: str) -> NoReturn:
    """How the command of a qrsh ends that could not be started (real cell)."""
    os.write(_open_output(order["stderr"]), os.fsencode(text))
    os._exit(1)


def _begin_session(order: dict[str, Any]) -> None:
    """End the process of a qrsh that has too little memory, as if it were hung up."""

    def least(name: str) -> float:
        return min((limit for limit in order["process_limits"][name] if limit >= 0), default=math.inf)

    enough = least("data") >= _DATA_OF_SESSION
    memory = least("vmem")
    if enough and memory >= _MEMORY_OF_SESSION:
        return
    if enough and memory < _MEMORY_OF_STARTER:
        os.write(_open_output(order["stderr"]), os.fsencode(_NO_CONFIGURATION.format(order["spool"])))
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])
    os.kill(os.getpid(), signal.SIGHUP)


def _become(order: dict[str, Any]) -> None:
    """The owner's identity, when the cell is run by root."""
    if os.geteuid() == 0 and order["uid"] != 0:
        os.initgroups(order["user"], order["gid"])
        os.setgid(order["gid"])
        os.setuid(order["uid"])


def _prepare(order: dict[str, Any], terminal: Terminal | None) -> None:
    """Working directory and files, in the order in which Grid Engine fails on them."""
    if order["session"]:
        _begin_session(order)
    shell = order["shell"]
    if shell is not None and not os.access(shell, os.X_OK):
        raise StartFailure(failures.SHELL, f'unable to find shell "{shell}"')
    try:
        os.chdir(os.path.join(order["spool"], order["cwd"]))  # noqa: PTH118 only of one that is not absolute
    except OSError as error:
        text = os.strerror(error.errno or 0)
        if order["session"]:
            _end_session(order, f"qrsh_starter: cannot change to directory {order['cwd']}: {text}\n")
        raise StartFailure(failures.DIRECTORY, f"error: can't chdir to {order['cwd']}: {text}") from error
    if os.path.isdir(order["stdin"]):  # noqa: PTH112
        raise StartFailure(failures.FILE, f'"{order["stdin"]}" is a directory not a file')
    try:
        stdin = os.open(order["stdin"], os.O_RDONLY)
    except OSError as error:
        raise StartFailure(
            failures.FILE, f"error: can't open {order['stdin']} as dummy input file"
        ) from error
    os.umask(order["umask"])
    stdout = _open_output(order["stdout"])
    stderr = stdout if order["merge"] else _open_output(order["stderr"])
    if terminal is not None:
        stdin = stdout = stderr = terminal.take()
    for source, target in ((stdin, 0), (stdout, 1), (stderr, 2)):
        os.dup2(source, target)
    os.closerange(3, 64)


def _limit(what: int, soft: int, hard: int) -> None:
    current_hard = resource.getrlimit(what)[1]
    if hard < 0 or (current_hard != resource.RLIM_INFINITY and hard > current_hard):
        hard = current_hard
    if soft < 0 or (hard != resource.RLIM_INFINITY and soft > hard):
        soft = hard
    resource.setrlimit(what, (soft, hard))


def run_job(order: dict[str, Any], pipe: int, terminal: Terminal | None) -> NoReturn:
    """Become the job; a failure to do so goes through the pipe."""
    os.setsid()
    keep = 200
    os.dup2(pipe, keep, inheritable=False)
    try:
        _become(order)
        _prepare(order, terminal)
        for number in range(1, signal.NSIG):
            if number not in (signal.SIGKILL, signal.SIGSTOP) and signal.getsignal(number) is not None:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.environ.clear()
        environment = {os.fsencode(name): os.fsencode(value) for name, value in order["env"].items()}
        argv = [os.fsencode(word) for word in order["argv"]]
        places = _places(os.fsencode(order["program"]), environment)
        for name, (soft, hard) in order["process_limits"].items():  # last: Python needs memory, too
            _limit(_LIMITS[name], soft, hard)
        try:
            _execute(places, argv, environment)
        except OSError as error:
            shown = " ".join(f'"{word}"' for word in order["argv"])
            text = os.strerror(error.errno or 0)
            if "starter" in order:
                said = f"{order['starter']}: executing child process {order['program']} failed: {text}\n"
                os.write(2, os.fsencode(said))
                os._exit(1)
            raise StartFailure(
                failures.SHELL, f"execvlp({order['program']}, {shown}) failed: {text}"
            ) from error
    except StartFailure as failure:
        os.write(
            keep, json.dumps([failure.failed, f"[{os.getuid()}:{os.getpid()}]: {failure.text}"]).encode()
        )
    except BaseException as error:  # noqa: BLE001 whatever it is has to be reported: this process ends here
        os.write(keep, json.dumps([1, f"[{os.getuid()}:{os.getpid()}]: {error!r}"]).encode())
    os._exit(127)


def _places(program: bytes, environment: dict[bytes, bytes]) -> list[bytes]:
    """Where a program may lie."""
    if b"/" in program:
        return [program]
    path = environment.get(b"PATH", os.fsencode(os.defpath))
    return [os.path.join(directory, program) for directory in path.split(b":")]  # noqa: PTH118 it may be relative


def _execute(places: list[bytes], argv: list[bytes], environment: dict[bytes, bytes]) -> None:
    """As execvp(3), which hands a script without ``#!`` to /bin/sh; os.execvp() loads modules first."""
    absent, refused = OSError(errno.ENOENT, os.strerror(errno.ENOENT)), None
    for place in places:
        try:
            os.execve(place, argv, environment)
        except (FileNotFoundError, NotADirectoryError) as error:
            absent = error
        except OSError as error:
            if error.errno == errno.ENOEXEC:
                os.execve("/bin/sh", [b"/bin/sh", place, *argv[1:]], environment)
            refused = refused or error
    raise refused or absent
