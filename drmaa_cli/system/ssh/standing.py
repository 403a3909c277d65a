"""Shells that stay: one session of the connection carries one command after another.

A session of its own costs each command three journeys (ssh opens it, asks for the program, then sends what
the program reads) and a process at either end. Over a shell that is there already, a command is one journey.
A few are kept, and closed when nobody has used them for a while: sshd allows so many sessions on a
connection (MaxSessions), and other programs share it. Where a host has no setsid(1), there are none.
"""

from __future__ import annotations

import _thread
import os
import secrets
import select
import subprocess
import threading
import time
from collections.abc import Mapping

from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.background import BackgroundCall
from drmaa_cli.system.locks import Lock
from drmaa_cli.system.log import log
from drmaa_cli.system.runner import Command, CommandNotFound, CommandTimeout
from drmaa_cli.system.ssh.remote_shell import loader, payload, standing_line
from drmaa_cli.typed import IO, Callable

MOST = 2  # of one program
IDLE_SECONDS = 20.0  # longer than the pauses of a session that waits (poll_max)
SCARCITY_SECONDS = 1.0  # so often it is looked whether others need the sessions of idle ones
CHUNK = 1 << 16
LOOK_UP_SECONDS = 0.05  # so often it is looked whether to stop
LAST_WORDS_SECONDS = 1.0
KILLED = -9  # as :mod:`subprocess` has it


class Unfit(Exception):
    """The host lacks what a shell that stays needs; nothing was begun."""


class _Shell:
    """One shell. For one thread at a time."""

    def __init__(self, words: list[str], env: Mapping[str, str]) -> None:
        label, self._unfit = "standing", secrets.token_hex(16)
        try:
            self._child = subprocess.Popen(
                [*words, loader(label)],
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as err:
            raise CommandNotFound(words[0], err.strerror or str(err)) from err
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        assert self._child.stderr is not None
        self._stdin: IO[bytes] = self._child.stdin
        self._said: tuple[IO[bytes], IO[bytes]] = (self._child.stdout, self._child.stderr)
        os.set_blocking(self._stdin.fileno(), False)
        self._first = payload(label, standing_line(self._unfit))
        self.used = time.monotonic()

    def is_ready(self) -> bool:
        """Whether it can take a command: it has not ended, and nothing is left of the one before."""
        poll = select.poll()
        for stream in self._said:
            poll.register(stream, select.POLLIN)
        return not poll.poll(0)

    def run(
        self, label: str, given: bytes, seconds: float, aborted: Callable[[], bool]
    ) -> tuple[CommandResult, bool]:
        """Have what is given run.

        Returns:
            What was said, and whether it was all: else the shell has ended, with the exit code of ssh.

        Raises:
            CommandTimeout: the time is over, or it was told to stop: the shell is of no use any more.
            Unfit: the host lacks something.
        """
        began, end = time.monotonic(), secrets.token_hex(16)
        head = f"{label} {end} {len(given)}\n".encode()
        talk = _Talk(self._stdin, self._said, self._first + head + given + f"\n{end}\n".encode(), end)
        self._first = b""
        in_time = talk.until_end(began + seconds, aborted)
        out, said = talk.heard()
        code = 0 if talk.is_whole else self.close(LAST_WORDS_SECONDS if in_time else 0)
        self.used = time.monotonic()
        if not in_time:
            result = CommandResult(("ssh",), KILLED, out, said, self.used - began)
            raise CommandTimeout(result, self.used - began if aborted() else seconds)
        if self._unfit.encode() in out:
            raise Unfit
        return CommandResult(("ssh",), code, out, said, self.used - began), talk.is_whole

    def close(self, patience: float = 0) -> int:
        """End it.

        Args:
            patience: seconds in which it may end by itself.

        Returns:
            The exit status of ssh.
        """
        try:
            self._child.wait(patience)
        except subprocess.TimeoutExpired:
            self._child.kill()
        code = self._child.wait()
        for stream in (self._stdin, *self._said):
            try:
                stream.close()
            except BrokenPipeError:
                continue  # what it was to be told does not matter any more
        return code


class _Talk:
    """One exchange: feeds standard input and collects both streams until each has said that it is over."""

    def __init__(self, stdin: IO[bytes], said: tuple[IO[bytes], IO[bytes]], given: bytes, end: str) -> None:
        self._stdin, self._rest = stdin, memoryview(given)
        self._end = f"\n{end}\n".encode()
        self._heard = {stream.fileno(): bytearray() for stream in said}
        self._poll = select.poll()
        self._open = set(self._heard)
        for number in self._heard:
            self._poll.register(number, select.POLLIN)
        self._poll.register(stdin.fileno(), select.POLLOUT)

    @property
    def is_whole(self) -> bool:
        """Whether both streams have said that it is over."""
        return all(text.endswith(self._end) for text in self._heard.values())

    def heard(self) -> tuple[bytes, bytes]:
        """What was said on either stream."""
        out, said = (bytes(text).removesuffix(self._end) for text in self._heard.values())
        return out, said

    def until_end(self, deadline: float, aborted: Callable[[], bool]) -> bool:
        """Talk until it is over, or the streams end; False when the time is over first, or on demand."""
        while self._open and not self.is_whole:
            left = deadline - time.monotonic()
            if left <= 0 or aborted():
                return False
            for number, _ in self._poll.poll(min(left, LOOK_UP_SECONDS) * 1000):
                if number in self._heard:
                    self._hear(number)
                else:
                    self._feed(number)
        return True

    def _hear(self, number: int) -> None:
        data = os.read(number, CHUNK)
        self._heard[number] += data
        if not data:
            self._poll.unregister(number)
            self._open.discard(number)

    def _feed(self, number: int) -> None:
        try:
            self._rest = self._rest[os.write(number, self._rest[:CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._rest = self._rest[:0]  # its end is heard of
        if not self._rest:
            self._poll.unregister(number)


class StandingShells:
    """The shells of one program on one host. Threads may share them.

    Args:
        words: the words of an ssh command without what it is to run, when they are asked for.
        env: the environment of ssh.
        is_scarce: whether sessions of the connection are scarce: then none is kept.

    Attributes:
        opened: how many there have been.
        is_unfit: whether the host has been found to lack what they need.
    """

    def __init__(
        self, words: Callable[[], list[str]], env: Mapping[str, str], is_scarce: Callable[[], bool]
    ) -> None:
        self._words, self._env, self._is_scarce = words, env, is_scarce
        self._lock = Lock()
        self._idle: list[_Shell] = []
        self._busy = 0
        self._talking: dict[int, threading.Event] = {}
        self._has_reaper = False
        self.is_unfit = False
        self.opened = 0

    def run(self, label: str, command: Command) -> CommandResult | None:
        """Have the standard input of an ssh command run by a shell that stays; None when none is to be had.

        No signal handler may come between the start of a shell and its being known, nor between two halves
        of an exchange: so the main thread has another one do it.

        Raises:
            CommandNotFound: ssh cannot be run.
            CommandTimeout: it did not end in time, or was told to stop; it may run on there.
        """
        told = threading.Event()
        if threading.get_ident() != threading.main_thread().ident:
            return self._run(label, command, told)
        work = BackgroundCall(lambda: self._run(label, command, told))
        try:
            work.start()
            work.wait()
        except BaseException:
            told.set()
            work.wait(LAST_WORDS_SECONDS)
            raise
        return work.result()

    @property
    def idle(self) -> int:
        """How many wait for a command."""
        return len(self._idle)

    def abort(self, thread: int) -> None:
        """End the exchange that a thread (``threading.get_ident()``) is in, if any."""
        told = self._talking.get(thread)
        if told is not None:
            told.set()

    def make_room(self) -> None:
        """Close those that nobody uses: others need the sessions."""
        with self._lock:
            idle, self._idle = self._idle, []
        for shell in idle:
            shell.close()

    def _run(self, label: str, command: Command, told: threading.Event) -> CommandResult | None:
        shell = self._take()
        if shell is None:
            return None
        is_good = False
        me = threading.get_ident()
        self._talking[me] = told
        try:
            result, is_good = shell.run(label, command.stdin or b"", command.timeout, told.is_set)
        except Unfit:
            log.debug("the host has no setsid: each command has a session of its own")
            self.is_unfit = True
            return None
        finally:
            del self._talking[me]
            self._give_back(shell, is_good)
        return result

    def _take(self) -> _Shell | None:
        while True:
            with self._lock:
                if self.is_unfit:
                    return None
                shell = self._idle.pop() if self._idle else None
                if shell is None and self._busy >= MOST:
                    return None
                self._busy += 1
            if shell is None:
                break
            if shell.is_ready():
                return shell
            self._give_back(shell, is_good=False)
        try:
            shell = _Shell(self._words(), self._env)
        except BaseException:
            with self._lock:
                self._busy -= 1
            raise
        self.opened += 1
        return shell

    def _give_back(self, shell: _Shell, is_good: bool) -> None:
        is_good = is_good and not self._is_scarce()
        with self._lock:
            self._busy -= 1
            if is_good:
                self._idle.append(shell)
            needs_reaper = is_good and not self._has_reaper
            self._has_reaper = self._has_reaper or needs_reaper
        if not is_good:
            shell.close()
        elif needs_reaper:
            try:
                _thread.start_new_thread(self._reap, ())
            except RuntimeError:  # the interpreter ends, or the host is full
                self._has_reaper = False
                self.make_room()

    def _reap(self) -> None:
        """Close each shell that has been idle for long; end when there is none."""
        while True:
            now, kept = time.monotonic(), 0 if self._is_scarce() else IDLE_SECONDS
            with self._lock:
                old = [shell for shell in self._idle if now - shell.used >= kept]
                self._idle = [shell for shell in self._idle if shell not in old]
                next_time = min((shell.used for shell in self._idle), default=None)
                if next_time is None:
                    self._has_reaper = False
            for shell in old:
                shell.close()
            if next_time is None:
                return
            time.sleep(min(max(0.01, next_time + IDLE_SECONDS - now), SCARCITY_SECONDS))
