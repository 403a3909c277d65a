"""Commands on a submit host over ssh: a runner as :mod:`drmaa_cli.system.runner` describes it."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator, Mapping

from drmaa_cli.errors import AuthorizationException, DrmsInitException, error
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.log import log
from drmaa_cli.system.runner import (
    AnswerFiles,
    Command,
    CommandNotFound,
    CommandTimeout,
    HostUnreachable,
    LocalRunner,
    make_answer,
)
from drmaa_cli.system.ssh.address import SshAddress
from drmaa_cli.system.ssh.kept import CommandFate, KeptAnswer, read_fate
from drmaa_cli.system.ssh.login import Ask, LoginFailed
from drmaa_cli.system.ssh.master import Master
from drmaa_cli.system.ssh.patience import FIRST_PAUSE, SESSION_REFUSED, Patience, said
from drmaa_cli.system.ssh.prompts import NoLogin, is_expired
from drmaa_cli.system.ssh.remote_processes import KILL
from drmaa_cli.system.ssh.remote_shell import (
    NOT_BEGUN,
    NOT_EXECUTABLE,
    NOT_FOUND,
    RemoteResult,
    Stdin,
    forestall_line,
    forget_line,
    loader,
    payload,
    read_answer,
    script_line,
)
from drmaa_cli.system.ssh.standing import StandingShells
from drmaa_cli.typed import Protocol

SSH_FAILED = 255
SESSIONS = 8  # at once over one connection: sshd's MaxSessions is 10 by default, and others share the master
QUERY_SECONDS = 30.0
BRIEF_SECONDS = 10.0
MOST_ATTEMPTS = 1000
LOOK_AGAIN = 0.5
REFUSED_SECONDS = 3.0  # for which a session is waited for that ends what runs on


class Rider(Protocol):
    """What travels with every query, for its answer costs no journey of its own."""

    def line(self) -> str:
        """A shell command, run after the query's; '' for none."""

    def take(self, printed: bytes) -> None:
        """What it printed on standard output."""


_REFUSALS = {
    NoLogin.REJECTED,
    NoLogin.NO_ANSWER,
    NoLogin.HOST_KEY_UNKNOWN,
    NoLogin.HOST_KEY_CHANGED,
}


class SshRunner:
    """Runs commands on a host over a :class:`~drmaa_cli.system.ssh.master.Master`.

    Args:
        master: the connection; opened when it is needed.
        ask: answers the questions of a login.
        env: the environment of ssh here.

    Attributes:
        trips: how many times something was sent to the host: what a distance costs.
        standing: the shells that stay there.
        noise: what was printed there before the last command began: output of rc files.
    """

    keeps_answers = stdin_is_file = is_shell = True

    def __init__(self, master: Master, ask: Ask, env: Mapping[str, str]) -> None:
        self._master, self._ask, self._env = master, ask, env
        self._local = LocalRunner()
        self.standing = StandingShells(master.command, env, master.is_scarce)
        self._sessions = threading.BoundedSemaphore(SESSIONS)
        self._login_environment: Mapping[str, str] = {}
        self._attempts: dict[str, int] = {}
        self._kept: dict[str, AnswerFiles] = {}  # answers that lie there, by their names
        self._rider: Rider | None = None
        self._running_on: list[str] = []  # what could not be ended for want of a session
        self._has_answered = self._has_left = False
        self.trips = 0
        self.noise = b""

    def open(self) -> None:
        """Connect, and log in where no other program of the user has.

        Raises:
            AuthorizationException: the login was refused, or nobody could answer what it asked.
            DrmsInitException: there is no usable ssh here.
            HostUnreachable: there is no connection.
        """
        if self._has_left:  # another thread has: nobody would end a connection that is made now
            raise HostUnreachable(f"{self.address}: the session has ended")
        try:
            self.log_in()
        except LoginFailed as err:
            text = f"{self.address}: {err.text}"
            if err.kind in _REFUSALS:
                raise error(AuthorizationException, text) from None
            if err.kind is NoLogin.SSH_UNUSABLE:
                raise error(DrmsInitException, text) from None
            raise HostUnreachable(text) from None

    def log_in(self) -> None:
        """The same; why there is no login is told as it is found. Raises LoginFailed."""
        self._master.open(self._ask)
        while self._running_on:
            if trouble := self._try_to_kill(self._running_on.pop()):
                log.warning("what runs on %s could not be ended: %s", self.address, trouble)

    def is_logged_in(self) -> bool:
        """Whether this or another program of the user has logged in."""
        return self._master.is_alive()

    def close(self) -> None:
        """Leave the connection, for good; the last one to leave ends it."""
        self._has_left = True
        settled = self._settled()
        self.standing.make_room()
        if settled and self._master.is_alive():
            if trouble := self._briefly(("true",), f"{forget_line(settled)} wait"):
                log.warning("answers kept on %s could not be removed: %s", self.address, trouble)
            self._kept.clear()
        self._master.close()

    @property
    def address(self) -> SshAddress:
        """The host."""
        return self._master.address

    @contextlib.contextmanager
    def channel(self, label: str) -> Iterator[tuple[list[str], Mapping[str, str]]]:
        """A conversation of one's own: the words of an ssh command, and its environment.

        Args:
            label: stands in the process list of the host.
        """
        self.trips += 1
        self.standing.make_room()
        with self._sessions:
            yield [*self._master.command(), loader(label)], self._env

    def know_environment(self, variables: Mapping[str, str]) -> None:
        """What variables a command has by itself, so that only what differs is sent with each."""
        self._login_environment = dict(variables)

    def carry(self, rider: Rider | None) -> None:
        """What is to travel with every query from now on."""
        self._rider = rider

    def abort(self, thread: int) -> None:
        """End the command that a thread runs."""
        self._local.abort(thread)
        self.standing.abort(thread)

    def run(self, command: Command, /) -> CommandResult:
        """Run a command on the host to its end.

        A connection that is lost is made again and the command is given again; one whose answer is kept only
        if it was never begun, else what became of it is looked up. A command without a kept answer must be
        one that may be given twice.

        Raises:
            CommandNotFound: it cannot be executed there, or its answer cannot be kept; nothing was begun.
            CommandTimeout: it did not end in its time; it was killed there.
            HostUnreachable: there is no connection, or none that carries the command. What became of a
                command with a kept answer is then to be looked up.
            AuthorizationException: the connection was lost, and a new login was refused.
        """
        began = time.monotonic()
        patience = Patience(self.address, began + command.timeout)
        kept_in = self._next_attempt(command.answer)
        while True:
            answer = self._attempt(command, kept_in, patience.until)
            if answer.exit_code is None:
                is_busy = SESSION_REFUSED in answer.before  # other programs use all that it may carry
                if not is_busy:
                    log.warning("the connection to %s was lost during %s", self.address, command.argv[0])
                patience.pause(answer, is_busy)
                if is_busy:
                    self.make_room()
                    continue
                self.open()
                if not kept_in:
                    continue
                found = self._fate(kept_in, patience.until)
                if found.fate is CommandFate.NEVER_BEGUN:
                    kept_in = self._next_attempt(command.answer)
                    continue
                answer = RemoteResult(found.exit_code, found.stdout, found.stderr)
            if command.answer is not None:
                self._kept[kept_in] = command.answer
            return self._result(command, answer, time.monotonic() - began)

    def look_up(self, answer: AnswerFiles) -> CommandResult | None:
        """What a command with a kept answer came to, also one of a program that has died; None: never begun.

        Whatever it was, it will not begin after this.

        Raises:
            CommandTimeout: it runs on.
            HostUnreachable: there is no connection.
        """
        found: CommandResult | None = None
        for attempt in range(1, MOST_ATTEMPTS + 1):
            kept = self._fate(_directory(answer, attempt), time.monotonic() + QUERY_SECONDS)
            if kept.fate is CommandFate.NEVER_BEGUN:
                break
            self._kept[_directory(answer, attempt)] = answer
            found = CommandResult(("qsub",), kept.exit_code, kept.stdout, kept.stderr)
        return found

    def _next_attempt(self, answer: AnswerFiles | None) -> str:
        """The directory of the host for a kept answer; another one for each time that a command is given."""
        if answer is None:
            return ""
        attempt = self._attempts.get(answer.out.name, 0) + 1
        self._attempts[answer.out.name] = attempt
        return _directory(answer, attempt)

    def _attempt(self, command: Command, kept_in: str, until: float) -> RemoteResult:
        """Give the command once; an answer without exit code where the connection did not carry it."""
        marker = secrets.token_hex(16)
        rider = None if kept_in else self._rider
        settled = self._settled()
        label = kept_in or marker
        line = script_line(
            (command.program, *command.argv[1:]),
            self._changes(command.env),
            marker,
            kept_in,
            "; ".join(filter(None, [rider.line() if rider is not None else "", forget_line(settled)])),
            None if command.stdin is None else Stdin(label, len(command.stdin)),
        )
        words, given = (*self._master.command(), loader(label)), payload(label, line, command.stdin or b"")
        seconds = max(until - time.monotonic(), LOOK_AGAIN)
        local = Command(words, words[0], self._env, seconds, given, command.answer)
        self.trips += 1
        try:
            with self._sessions:
                result = self._given(label, local)
        except CommandTimeout as late:
            is_over = self._kill(label)
            if not is_over:
                raise HostUnreachable(
                    f"{self.address} did not answer within {command.timeout:g} seconds"
                ) from None
            answer = read_answer(late.result.stdout, late.result.stderr, marker)
            printed = CommandResult(command.argv, -9, answer.stdout, answer.stderr, command.timeout)
            raise CommandTimeout(printed, command.timeout, str(self.address)) from None
        except CommandNotFound:
            raise
        except BaseException:
            self._kill(label)
            raise
        answer = read_answer(result.stdout, result.stderr, marker)
        self.noise = answer.before
        if answer.exit_code is None and result.exit_code != SSH_FAILED and answer.process_group is None:
            text = f"{self.address}: the login works, but commands do not run there"
            if is_expired(answer.before.decode("utf-8", "replace")):
                raise error(AuthorizationException, f"{text}: log in by hand once{said(answer)}")
            raise HostUnreachable(f"{text} (/bin/sh did not start){said(answer)}")
        if answer.exit_code is not None:
            self._has_answered = True
            for name in settled:
                self._kept.pop(name, None)
            if rider is not None:
                rider.take(answer.after)
        return answer

    def _given(self, label: str, local: Command) -> CommandResult:
        """Over a shell that stays, or by an ssh command of its own."""
        if local.answer is not None:
            make_answer(local.answer, local.program)
        # The first command shows whether any is run there: its input ends, and so nothing waits for more.
        result = self.standing.run(label, local) if self._has_answered else None
        return self._local.run(local) if result is None else result

    def _settled(self) -> list[str]:
        """The kept answers that are on record: their files here are gone, and what lies there can go, too."""
        return [name for name, files in list(self._kept.items()) if not files.out.exists()]

    def _changes(self, env: Mapping[str, str]) -> dict[str, str | None]:
        own = self._login_environment
        changes: dict[str, str | None] = {
            name: value for name, value in env.items() if own.get(name) != value
        }
        changes.update((name, None) for name in own if name not in env)
        return changes

    def _fate(self, kept_in: str, until: float) -> KeptAnswer:
        """What became of a command; one that runs on is waited for."""
        while True:
            query = Command(
                ("sh", "-c", forestall_line(kept_in)), "/bin/sh", self._login_environment, QUERY_SECONDS
            )
            result = self.run(query)
            if result.exit_code != 0:
                said = result.stderr.decode("utf-8", "replace").strip()
                raise HostUnreachable(f"{self.address} cannot tell what became of qsub: {said}")
            found = read_fate(RemoteResult(result.exit_code, result.stdout, result.stderr))
            if found.fate is not CommandFate.RUNNING:
                return found
            if time.monotonic() >= until:
                raise CommandTimeout(
                    result._replace(argv=("qsub",), exit_code=-9), QUERY_SECONDS, str(self.address)
                )
            time.sleep(LOOK_AGAIN)

    def make_room(self) -> None:
        """Other programs, or what is to be done here, need the sessions of the connection."""
        self._master.note_scarcity()
        self.standing.make_room()

    def _kill(self, label: str) -> bool:
        """End what a command left running on the host; whether that is certain.

        It may hold the last session that the server allows: then the connection is made anew, if nothing is
        asked for that, or it is ended when the connection is made again.
        """
        until = time.monotonic() + REFUSED_SECONDS
        while (trouble := self._try_to_kill(label)) and SESSION_REFUSED.decode() in trouble:
            self.make_room()
            if time.monotonic() < until:
                time.sleep(FIRST_PAUSE)
                continue
            self._running_on.append(label)
            self._master.drop()
            try:
                self._master.open(lambda _: None)
            except LoginFailed:
                break
            self._running_on.remove(label)
            until = float("inf")
        if trouble:
            log.warning("what runs on %s could not be ended: %s", self.address, trouble)
        return not trouble

    def _try_to_kill(self, label: str) -> str:
        return self._briefly(("/bin/sh", "-c", KILL, "sh", label))

    def _briefly(self, argv: tuple[str, ...], then: str = "") -> str:
        """Have a command run while nobody wants to wait; why it was not, '' if it was."""
        marker = secrets.token_hex(16)
        line = script_line(argv, {}, marker, then=then)
        words = (*self._master.command(), loader(marker))
        try:
            result = self._local.run(
                Command(words, words[0], self._env, BRIEF_SECONDS, payload(marker, line))
            )
        except (CommandNotFound, CommandTimeout) as err:
            return str(err)
        if read_answer(result.stdout, result.stderr, marker).exit_code == 0:
            return ""
        return result.stderr.decode("utf-8", "replace").strip() or f"exit code {result.exit_code}"

    def _result(self, command: Command, answer: RemoteResult, duration: float) -> CommandResult:
        assert answer.exit_code is not None
        if command.answer is not None and answer.exit_code == NOT_BEGUN and not answer.stdout:
            raise CommandNotFound(
                command.program, f"{self.address}: its answer cannot be kept there{said(answer)}"
            )
        if (
            answer.exit_code in (NOT_FOUND, NOT_EXECUTABLE)
            and not answer.stdout
            and command.program.encode() in answer.stderr
        ):
            raise CommandNotFound(command.program, answer.stderr.decode("utf-8", "replace").strip())
        return CommandResult(command.argv, answer.exit_code, answer.stdout, answer.stderr, duration)


def _directory(answer: AnswerFiles, attempt: int) -> str:
    return f"{answer.out.stem}.{attempt}"
