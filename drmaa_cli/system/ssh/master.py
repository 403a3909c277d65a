"""One login for each host: an OpenSSH master process that carries the commands of all the user's programs.

The master is found by a socket whose name is a hash of the address, in a directory of the user's own. A
program that finds a living one uses it; the first one logs in, under a lock, so that two programs that start
at once ask for one password. Every program holds a shared lock while it uses the master; the last to leave
ends it, and if that one is killed, the master ends by itself when it has been idle for a while.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import random
import stat
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.runner import CommandNotFound, CommandTimeout
from drmaa_cli.system.ssh.address import SshAddress
from drmaa_cli.system.ssh.login import Ask, LoginFailed, log_in
from drmaa_cli.system.ssh.prompts import NoLogin, Prompt
from drmaa_cli.typed import Callable, NamedTuple

IDLE_SECONDS = 300  # an unused master that nobody ended lives so long
CHECK_SECONDS = 20.0
CLOSE_SECONDS = 1.0
ALIVE_INTERVAL, ALIVE_COUNT = 15, 3  # a hung connection is given up after 45 s
LOCK_PAUSE = 0.1
ATTEMPTS, FIRST_PAUSE = 5, 0.2
SCARCE_SECONDS = 60.0  # for which all of the user's programs are sparing after one was refused a session
DROPPED_SECONDS = 5.0  # a busy server drops a connection at once; what takes longer is another trouble
NAME_LENGTH = 16
LONGEST_PATH = 90  # bytes: ssh adds 17 to it while it makes the socket, and the kernel takes 107

RunSsh = Callable[[list[str], float], CommandResult]


class SshOptions(NamedTuple):
    """How ssh is called.

    Attributes:
        program: the path of ssh.
        host_key: '' for what ssh_config says; ``ask``, ``accept-new`` or ``strict``.
        config_file: another ssh_config file; '' for the user's own.
        connect_timeout: seconds for a connection to be made, and within which ssh must say something.
    """

    program: str
    host_key: str
    config_file: str
    connect_timeout: float

    def words(self) -> list[str]:
        """The program and the options that hold for every call, whatever ssh_config says of them."""
        config = ["-F", self.config_file] if self.config_file else []
        return [
            self.program,
            *config,
            *("-o", "IgnoreUnknown=StdinNull,SessionType,ForkAfterAuthentication,RemoteCommand"),
            "-o",
            "ForwardX11=no",
            "-o",
            "ForwardAgent=no",
            "-o",
            "PermitLocalCommand=no",
            *("-o", "ClearAllForwardings=yes", "-o", "RemoteCommand=none", "-o", "Tunnel=no"),
        ]


class Master:
    """The master for one address.

    Args:
        address: the host.
        options: how ssh is called.
        directory: where sockets and locks lie; made with mode 0700.
        env: the environment of ssh.
        run: runs an ssh command that asks nothing, to its end, with a time limit in seconds.
    """

    def __init__(
        self, address: SshAddress, options: SshOptions, directory: Path, env: Mapping[str, str], run: RunSsh
    ) -> None:
        self.address, self._options, self._env, self._run = address, options, env, run
        self._directory = directory
        name = hashlib.sha256(repr((tuple(address), options.config_file)).encode()).hexdigest()[:NAME_LENGTH]
        self.socket = directory / name
        self._login_lock, self._use_lock = directory / f"{name}.lock", directory / f"{name}.use"
        self._scarce = directory / f"{name}.scarce"
        self._use: int | None = None
        self._ended = threading.Event()
        self._mutex = threading.Lock()

    def command(self) -> list[str]:
        """The words of an ssh command that goes over the master, or fails at once when there is none."""
        return [
            *self._options.words(),
            *(
                "-S",
                str(self.socket),
                "-o",
                "ControlMaster=no",
                "-o",
                "ProxyCommand=false",
                "-o",
                "ProxyJump=none",
            ),
            *("-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-T"),
            *("-o", "StdinNull=no", "-o", "SessionType=default", "-o", "ForkAfterAuthentication=no"),
            *self.address.words(),
        ]

    def is_alive(self) -> bool:
        """Whether a master answers at the socket."""
        try:
            return self._run(self._control("check"), CHECK_SECONDS).exit_code == 0
        except CommandTimeout:
            return False

    def open(self, ask: Ask) -> None:
        """Use the master there is, or log in.

        Raises:
            LoginFailed: there is no login, or the directory for the socket cannot be used.
            Exception: whatever ``ask`` raises.
        """
        with self._mutex:
            if self._ended.is_set():
                raise LoginFailed(NoLogin.CLOSED, "the session has ended")
            try:
                self._make_directory()
                if self._use is None:
                    self._use = _lock_file(self._use_lock)
                    fcntl.flock(self._use, fcntl.LOCK_SH)
                with self._locked():
                    if not self.is_alive():
                        self._log_in(ask)
            finally:
                if self._ended.is_set():  # meanwhile: close() does not wait for a person
                    self._leave()

    def note_scarcity(self) -> None:
        """Tell all programs that use the master that there are too few sessions for what is to be done."""
        with contextlib.suppress(OSError):
            self._scarce.touch()

    def is_scarce(self) -> bool:
        """Whether a program has said so of late."""
        try:
            return abs(time.time() - self._scarce.stat().st_mtime) < SCARCE_SECONDS
        except OSError:
            return False

    def drop(self) -> None:
        """End the connection, whoever uses it: it is made again when it is needed."""
        with contextlib.suppress(CommandNotFound, CommandTimeout):
            self._run(self._control("exit"), CHECK_SECONDS)

    def close(self) -> None:
        """Stop using the master for good, and end it if nobody else uses it."""
        self._ended.set()
        if self._mutex.acquire(timeout=CLOSE_SECONDS):
            try:
                self._leave()
            finally:
                self._mutex.release()

    def _leave(self) -> None:
        if self._use is None:
            return
        use, self._use = self._use, None
        try:
            if self._is_last(use):
                self.drop()  # if it does not obey, it ends by itself when idle
        finally:
            os.close(use)

    def _log_in(self, ask: Ask) -> None:
        """Log in; again where the server closed the connection before it asked anything (MaxStartups)."""
        answered: list[Prompt] = []

        def counted(prompt: Prompt) -> str | None:
            answered.append(prompt)
            return ask(prompt)

        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            began = time.monotonic()
            self._remove_socket()
            try:
                log_in(
                    self._login_command(), self._env, counted, self._options.connect_timeout, self.is_alive
                )
                return
            except LoginFailed as err:
                was_dropped = err.kind is NoLogin.CLOSED and time.monotonic() - began < DROPPED_SECONDS
                if not was_dropped or answered or attempt == ATTEMPTS:
                    raise
            time.sleep(pause * (1 + random.random()))  # not to come back all at once
            pause *= 2

    def _control(self, request: str) -> list[str]:
        return [*self._options.words(), "-S", str(self.socket), "-O", request, "--", self.address.host]

    def _login_command(self) -> list[str]:
        host_key = {"ask": "ask", "accept-new": "accept-new", "strict": "yes"}.get(self._options.host_key)
        policy = ["-o", f"StrictHostKeyChecking={host_key}"] if host_key else []
        return [
            *self._options.words(),
            *("-f", "-N", "-M", "-S", str(self.socket), "-o", f"ControlPersist={IDLE_SECONDS}"),
            *("-o", "LogLevel=DEBUG1", "-o", "BatchMode=no", "-o", "NumberOfPasswordPrompts=1", *policy),
            *("-o", f"ConnectTimeout={max(1, round(self._options.connect_timeout))}"),
            *("-o", f"ServerAliveInterval={ALIVE_INTERVAL}", "-o", f"ServerAliveCountMax={ALIVE_COUNT}"),
            *self.address.words(),
        ]

    def _make_directory(self) -> None:
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            about = self._directory.lstat()
        except OSError as err:
            raise LoginFailed(
                NoLogin.SSH_UNUSABLE, f"cannot make {self._directory} for ssh's sockets: {err.strerror}"
            ) from err
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & 0o077:
            raise LoginFailed(
                NoLogin.SSH_UNUSABLE,
                f"{self._directory} must be a directory of your own with mode 0700 (ssh's sockets lie there)",
            )
        if len(os.fsencode(self.socket)) > LONGEST_PATH:
            raise LoginFailed(
                NoLogin.SSH_UNUSABLE,
                f"the path {self.socket} is too long for ssh's socket ({LONGEST_PATH} bytes): set"
                " XDG_RUNTIME_DIR to a shorter directory",
            )

    def _remove_socket(self) -> None:
        self.socket.unlink(missing_ok=True)  # left by a master that was killed: ssh would not make its own

    def _is_last(self, use: int) -> bool:
        try:
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the login lock; who holds it may be waiting for a person, so this waits without a limit."""
        file = _lock_file(self._login_lock)
        try:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(LOCK_PAUSE)
            yield
        finally:
            os.close(file)


def _lock_file(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def socket_directory(env: Mapping[str, str]) -> Path:
    """Where the user's sockets lie: below XDG_RUNTIME_DIR, which no other user can enter, or below /tmp.

    The latter where the former is not the user's, or where ssh could not use a path in it.
    """
    runtime = Path(env.get("XDG_RUNTIME_DIR", ""), "drmaa_cli-ssh")
    if runtime.is_absolute() and len(os.fsencode(runtime)) + NAME_LENGTH < LONGEST_PATH:
        is_plain = not set("%$~") & set(str(runtime))  # which ssh would replace
        if is_plain and os.access(runtime.parent, os.W_OK | os.X_OK):
            return runtime
    return Path("/tmp", f"drmaa_cli-ssh-{os.geteuid()}")  # its owner and mode are checked
