"""Functions that tests have run as jobs; hosts import this module, so it needs little."""

from __future__ import annotations

import os
import pathlib
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any


def add(*numbers: Any, **named: Any) -> Any:
    """The sum of the arguments."""
    return sum([*numbers, *named.values()])


def environment(name: str) -> str | None:
    return os.environ.get(name)


def directory() -> str:
    return str(pathlib.Path.cwd())


def say(text: str) -> str:
    print(text)
    print("to stderr", file=sys.stderr)
    return text


def fail(text: str) -> None:
    raise ValueError(text)


def say_and_fail(text: str) -> None:
    say(text)
    fail(text)


class Unpicklable(Exception):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")
        self.hold = threading.Lock()


class Unreadable(Exception):
    """It can be pickled, and its pickle cannot be read: Exception keeps one argument, and it needs two."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first)
        self.second = second


def raise_unpicklable() -> None:
    raise Unpicklable("this", "that")


def raise_unreadable() -> None:
    raise Unreadable("this", "that")


def raise_interrupt() -> None:
    raise KeyboardInterrupt


class Moody:
    """Can be pickled on the host and not be read here."""

    def __init__(self, where: int) -> None:
        self.where = where

    def __reduce__(self) -> Any:
        return read_moody, (os.getpid(),)


def read_moody(where: int) -> Moody:
    if where != os.getpid():
        raise LookupError("not in this mood")
    return Moody(where)


def moody() -> Moody:
    return Moody(0)


def generator() -> Iterator[int]:
    yield 1


def leave(status: int) -> None:
    print("about to leave")
    sys.stdout.flush()
    os._exit(status)


def leave_by_exception(status: object) -> None:
    sys.exit(status)  # type: ignore[arg-type]


def die(number: int) -> None:
    print("about to die")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), number)
    time.sleep(300)


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def wait_for(path: str) -> str:
    """Run until a file is there."""
    while not pathlib.Path(path).exists():
        time.sleep(0.02)
    return path


def note(path: str, value: object) -> object:
    """Leave a line behind, and return the value."""
    with pathlib.Path(path).open("a") as file:
        file.write(f"{value}\n")
    return value


def note_and_wait(path: str, gate: str, value: object) -> object:
    note(path, value)
    wait_for(gate)
    return value


def note_and_fail(path: str, value: object) -> None:
    note(path, value)
    raise ValueError(value)


def note_wait_and_fail(path: str, gate: str, value: object) -> None:
    note_and_wait(path, gate, value)
    raise ValueError(value)


def with_small_files(size: int, result: int) -> bytes:
    """Return so many bytes where no file may be larger than a size."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return bytes(result)


def fork_and_return() -> str:
    """The child returns from the function, too."""
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return "parent"
    return "child"


def killed_while_writing() -> Killer:
    return Killer()


class Killer:
    """Kills the process that pickles it, when some of it is written."""

    def __reduce__(self) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(300)
        return Killer, ()


def large(size: int) -> bytes:
    return bytes(size)


def peak_memory() -> int:
    """Kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def sum_in_jobs(numbers: list[int], spool: str) -> int:
    """A job that has jobs of its own."""
    from drmaa_cli.futures import JobExecutor  # noqa: PLC0415

    with JobExecutor(spool) as executor:
        return sum(executor.map(add, numbers, chunksize=2))
