"""The spool directory: calls on their way to the hosts, and results on their way back.

It is the one thing that program and hosts must share. Whatever appears in it appears whole: a bundle is a
directory that is renamed when it is complete, a result a file. It is the user's own: what is read from it is
unpickled.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pickle
import secrets
import shutil
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from drmaa_cli.futures import host
from drmaa_cli.futures.outcome import SpooledResult
from drmaa_cli.system.log import Log
from drmaa_cli.typed import IO, Any, NamedTuple

log = Log("drmaa_cli.futures")

MODULE = "drmaa_cli_host.py"
LOCK = "lock"
LASTING = "lasting"  # the mark of a spool that belongs to a session with a name
BUNDLE = "b-"
KEYS = "keys"
TOLD = ".told"  # a failure that the program was told of
LOG = ".log"
TAIL_BYTES = 8192
TAIL_LINES = 20
LARGE = 100 * 2**20  # bytes of a bundle, or a result, that are worth a word
SECONDS_PER_DAY = 86_400.0


class SpoolError(Exception):
    """The spool directory cannot be used; the text says why."""


class PickledCall(NamedTuple):
    """One call as it is sent.

    Attributes:
        function: the function's pickle.
        arguments: that of ``(args, kwargs)``.
        key: by which a later program knows the call; None: it will not.
    """

    function: bytes
    arguments: bytes
    key: str | None = None


class Spool:
    """The directory of one executor.

    Args:
        path: where it is.
        lasting: whether a later program will want what is in it.

    Raises:
        SpoolError: it cannot be made, is not the user's own, or another executor is at work in it.

    Attributes:
        places: bundle and number of the calls with a key.
        token: what a host must find in it.
    """

    def __init__(self, path: Path, *, lasting: bool) -> None:
        self.path, self.lasting = path, lasting
        self.places: dict[str, tuple[str, int]] = {}
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_owner(path)
            self._lock = _Claim(path / LOCK)
            self._prepare()
        except OSError as err:
            raise SpoolError(f"the spool directory {path} cannot be used: {err.strerror or err}") from err

    def _prepare(self) -> None:
        source = Path(host.__file__).read_bytes()
        module = self.path / MODULE
        if not module.exists() or module.read_bytes() != source:
            _put(module, source)
        token = self.path / host.TOKEN
        if not token.exists():
            _put(token, secrets.token_hex(16).encode())
        self.token = token.read_text()
        if self.lasting:
            (self.path / LASTING).touch()
            for bundle, keys in self.bundles():
                self._enter(bundle, keys)

    def _enter(self, bundle: str, keys: Sequence[str | None]) -> None:
        self.places.update((key, (bundle, number)) for number, key in enumerate(keys, 1) if key is not None)

    # --- bundles -------------------------------------------------------------------------------------------

    def write(self, calls: Sequence[PickledCall], setup: dict[str, Any]) -> str:
        """Write a bundle; its name.

        Raises:
            OSError: a full disk, a quota.
        """
        name = f"{BUNDLE}{secrets.token_hex(8)}"
        new = self.path / f"new-{name}"
        new.mkdir(mode=0o700)
        try:
            size = _write_calls(new, calls)
            (new / host.SETUP).write_bytes(pickle.dumps({**setup, "count": len(calls)}))
            if any(call.key is not None for call in calls):
                (new / KEYS).write_bytes(pickle.dumps([call.key for call in calls]))
                self._enter(name, [call.key for call in calls])
            new.rename(self.path / name)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        tell = log.info if size >= LARGE else log.debug
        tell("%d calls, %d bytes, in %s", len(calls), size, self.path / name)
        return name

    def bundles(self) -> Iterator[tuple[str, list[str | None]]]:
        """The bundles that are there, and the key of each of their calls."""
        for path in sorted(self.path.glob(f"{BUNDLE}*"), key=_age):
            try:
                keys = pickle.loads((path / KEYS).read_bytes())
            except FileNotFoundError:
                continue  # of no use to a later program
            yield path.name, keys

    def setup(self, bundle: str) -> dict[str, Any]:
        """What all calls of a bundle have in common.

        Raises:
            OSError: it is not there.
        """
        setup: dict[str, Any] = pickle.loads((self.path / bundle / host.SETUP).read_bytes())
        return setup

    def is_complete(self, bundle: str) -> bool:
        """Whether every call of a bundle has a result, or the program was told that it failed."""
        names = {path.name for path in (self.path / bundle).iterdir()}
        numbers = range(1, self.setup(bundle)["count"] + 1)
        return all(f"{number}{host.RESULT}" in names or f"{number}{TOLD}" in names for number in numbers)

    def remove(self, bundle: str) -> None:
        """Remove a bundle and all that belongs to it."""
        shutil.rmtree(self.path / bundle, ignore_errors=True)
        for key in [key for key, place in list(self.places.items()) if place[0] == bundle]:
            del self.places[key]

    # --- results -------------------------------------------------------------------------------------------

    def result(self, bundle: str, number: int) -> SpooledResult | None:
        """The result of a call, read straight from its file; None when there is none.

        Raises:
            OSError, SpoolError: it cannot be read.
        """
        try:
            with open(f"{self.path}/{bundle}/{number}{host.RESULT}", "rb") as file:  # noqa: PTH123  # 5 us
                return _read_result(file)
        except FileNotFoundError:
            return None

    def look(self, bundle: str) -> None:
        """Have a shared file system's client look again which files there are."""
        with contextlib.suppress(OSError), os.scandir(self.path / bundle) as entries:
            next(entries, None)

    def has_log(self, bundle: str, number: int) -> bool:
        """Whether the job's output reached the spool directory."""
        return self.log_path(bundle, number).exists()

    def log_path(self, bundle: str, number: int) -> Path:
        """Where the job of a call writes what it prints."""
        return self.path / bundle / f"{number}{LOG}"

    def tail(self, bundle: str, number: int) -> str:
        """The last lines that the job of a call printed."""
        try:
            with self.log_path(bundle, number).open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES))
                lines = file.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-TAIL_LINES:])

    def forget(self, bundle: str, number: int) -> None:
        """Remove the result of a call, and the file of what its job printed if that was nothing."""
        with contextlib.suppress(OSError):
            os.unlink(f"{self.path}/{bundle}/{number}{host.RESULT}")  # noqa: PTH108  # for every call
        with contextlib.suppress(OSError):
            log_path = f"{self.path}/{bundle}/{number}{LOG}"
            if os.stat(log_path).st_size == 0:  # noqa: PTH116
                os.unlink(log_path)  # noqa: PTH108

    def finish(self, bundle: str) -> None:
        """No call of a bundle will be asked for again: only what its jobs printed stays."""
        for name in (host.CALLS, host.PLACES, host.SETUP, KEYS):
            with contextlib.suppress(OSError):
                (self.path / bundle / name).unlink()
        with contextlib.suppress(OSError):
            (self.path / bundle).rmdir()

    def told(self, bundle: str, number: int) -> None:
        """The program was told that this call has failed: asked for again, it is to run again."""
        with contextlib.suppress(OSError):  # then it is told once more
            (self.path / bundle / f"{number}{TOLD}").touch()

    def was_told(self, bundle: str, number: int) -> bool:
        """Whether a program was told that this call has failed."""
        return (self.path / bundle / f"{number}{TOLD}").exists()

    # --- the end -------------------------------------------------------------------------------------------

    def close(self, kept: AbstractSet[tuple[str, int]]) -> None:
        """Let go of the directory. Unless a later program will want it, it goes, but for some logs.

        Args:
            kept: bundle and number of the calls whose logs the user was pointed to.
        """
        if not self.lasting and not kept:
            shutil.rmtree(self.path, ignore_errors=True)
        elif not self.lasting:
            logs = {self.log_path(*call) for call in kept}
            for path in sorted(self.path.rglob("*"), reverse=True):
                if path not in logs and path.name != LOCK:
                    with contextlib.suppress(OSError):
                        path.rmdir() if path.is_dir() else path.unlink()
            log.info("what failed calls have printed is kept in %s", self.path)
        self._lock.release()


def sweep(directory: Path, days: float) -> None:
    """Remove what executors without a name left behind that were killed so many days ago; 0: never."""
    if not days:
        return
    for path in directory.glob("*"):
        with contextlib.suppress(OSError, SpoolError):
            old = time.time() - (path / LOCK).stat().st_mtime > days * SECONDS_PER_DAY
            if old and not (path / LASTING).exists():
                claim = _Claim(path / LOCK)
                shutil.rmtree(path, ignore_errors=True)
                claim.release()


class _Claim:
    """A lock file that one executor holds at a time, on all hosts; free when its process has ended."""

    _held: set[str] = set()  # noqa: RUF012  # a process's own second claim would succeed
    _guard = threading.Lock()

    def __init__(self, path: Path) -> None:
        self._name = os.path.realpath(path)
        with self._guard:
            if self._name in self._held:
                raise SpoolError(f"{path.parent} is in use by another executor of this program")
            self._held.add(self._name)
        self._file: IO[str] | None = None
        try:
            self._file = path.open("a")
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            if err.errno in (errno.EACCES, errno.EAGAIN) and self._file is not None:
                self.release()
                raise SpoolError(f"{path.parent} is in use by another program") from err
            if self._file is None:
                self.release()
                raise
            log.warning("%s cannot be locked: %s; see that one program uses it at a time", path, err)
        os.utime(path)

    def release(self) -> None:
        """Let others have it."""
        if self._file is not None:
            self._file.close()
        self._held.discard(self._name)


def _check_owner(path: Path) -> None:
    found = path.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise SpoolError(f"{path} is not a directory of this user")
    if found.st_mode & 0o022:
        raise SpoolError(f"others may write to {path}, and what is in it is executed: chmod go-w {path}")


def _age(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name


def _put(path: Path, data: bytes) -> None:
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    beside.write_bytes(data)
    beside.replace(path)


def _write_calls(directory: Path, calls: Sequence[PickledCall]) -> int:
    """Write pickles one behind another, equal functions once; the bytes in all."""
    places = bytearray()
    functions: dict[bytes, int] = {}
    position = 0
    with (directory / host.CALLS).open("wb") as file:
        for function, arguments, _ in calls:
            at = functions.get(function)
            if at is None:
                at = functions[function] = position
                position += file.write(function)
            places += host.PLACE.pack(at, len(function), position, len(arguments))
            position += file.write(arguments)
    (directory / host.PLACES).write_bytes(places)
    return position


def _read_result(file: IO[bytes]) -> SpooledResult:
    size = os.fstat(file.fileno()).st_size
    if size >= LARGE:
        log.info("a result of %d bytes in %s", size, file.name)
    try:
        head = pickle.load(file)
    except Exception as err:
        raise SpoolError(f"{file.name} is damaged: {type(err).__name__}: {err}") from err
    value, trouble = None, None
    try:
        if head["kind"] == host.RETURNED or file.tell() < size:
            value = pickle.load(file)
    except Exception as err:  # noqa: BLE001  # code of the value's class
        trouble = err
    return SpooledResult(head, value, trouble)
