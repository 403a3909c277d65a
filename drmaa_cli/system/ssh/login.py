"""Log in to a host as a person would: start ssh on a terminal of its own and answer what it asks.

ssh ignores SIGHUP: the end of the process that asked would take along the one it leaves in the background.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping, Sequence

from drmaa_cli.system.ssh import prompts
from drmaa_cli.system.ssh.prompts import NoLogin, Prompt, PromptKind
from drmaa_cli.typed import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    import pexpect

QUIET_SECONDS = 0.3  # an unknown question is taken for one after so long without another character
POLL_SECONDS = 0.05
LAST_LINES = 6
TRIES = 3  # to type yes or no: ssh itself asks without end
UP_SECONDS = 15.0
ANSWERED_SECONDS = 150.0  # sshd's LoginGraceTime is 120 by default
LONGEST_ANSWER = 1023  # bytes, with the line end, that ssh reads

Ask = Callable[[Prompt], "str | None"]
"""Answers a question; None when nobody can."""


class LoginFailed(Exception):
    """There is no login.

    Attributes:
        kind: why.
        text: the same for a person, with what ssh said and what can be done.
    """

    def __init__(self, kind: NoLogin, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


def log_in(
    argv: Sequence[str], env: Mapping[str, str], ask: Ask, silence: float, is_up: Callable[[], bool]
) -> None:
    """Run an ssh command that ends by itself once it is logged in (``ssh -f``), and answer what it asks.

    Args:
        argv: the command line, with ``LogLevel=DEBUG1``: what is said then tells a rejected answer.
        env: the environment of ssh.
        ask: answers the questions; it may take its time.
        silence: seconds within which ssh must say something; longer once it has had an answer, for a person
            may have to press a button somewhere.
        is_up: whether the connection answers, which it does a moment after the login.

    Raises:
        LoginFailed: it did not come to a login. No exception of this function contains an answer.
        Exception: whatever ``ask`` raises.
    """
    try:
        import pexpect  # noqa: PLC0415  # only logins need it
    except ImportError:
        raise LoginFailed(
            NoLogin.SSH_UNUSABLE,
            f"a login needs pexpect, which this Python lacks: {sys.executable} -m pip install pexpect",
        ) from None
    try:
        child: pexpect.spawn[bytes] = pexpect.spawn(
            argv[0], list(argv[1:]), env=dict(env), echo=False, ignore_sighup=True
        )
    except pexpect.ExceptionPexpect as err:
        raise LoginFailed(NoLogin.SSH_UNUSABLE, f"cannot run {argv[0]!r}: {err}") from None
    is_in = False
    try:
        _Dialogue(child, ask, silence).hold()
        is_in = True
        until = time.monotonic() + min(silence, UP_SECONDS)
        while not is_up():
            if time.monotonic() > until:
                raise LoginFailed(NoLogin.CLOSED, "the login succeeded, but the connection does not answer")
            time.sleep(POLL_SECONDS)
    finally:
        if (
            not is_in and child.pid is not None
        ):  # the ssh of each host on the way is a process of its own, and may wait for ever
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
        child.close(force=True)


def _write_no_core_files() -> None:
    """From now on this process writes none: what a secret leaves in memory cannot be erased in Python."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


class _Dialogue:
    """One run of ssh until its end."""

    def __init__(self, child: pexpect.spawn[bytes], ask: Ask, silence: float) -> None:
        self._child, self._ask, self._silence = child, ask, silence
        self._said = ""
        self._since_answer = ""
        self._answered: Prompt | None = None
        self._mistyped = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def hold(self) -> None:
        heard = time.monotonic()
        while True:
            text = self._hear()
            if text is None:
                break
            now = time.monotonic()
            if text:
                heard = now
                self._check_host_key()
            asked = prompts.question(self._since_answer, is_quiet=now - heard > QUIET_SECONDS)
            if asked is not None:
                self._answer(asked)
                heard = time.monotonic()
            elif now - heard > self._silence:
                way = prompts.way(self._said)
                text = f"ssh said nothing for {self._silence:g} seconds{f', by way of {way}' if way else ''}"
                raise LoginFailed(NoLogin.CLOSED, self._with_words(text))
        self._child.wait()
        if self._child.exitstatus != 0:
            raise self._failed()

    def _hear(self) -> str | None:
        import pexpect  # noqa: PLC0415  # loaded by log_in()

        try:
            heard = self._decoder.decode(self._child.read_nonblocking(4096, POLL_SECONDS))
        except pexpect.TIMEOUT:
            return ""
        except pexpect.EOF:
            return None
        text = "".join(filter(_is_shown, heard))  # nothing that a terminal would obey
        self._said += text
        self._since_answer += text
        return text

    def _check_host_key(self) -> None:
        """A changed host key ends the matter, whatever ssh_config says."""
        if prompts.failure(self._said) is NoLogin.HOST_KEY_CHANGED and prompts.offending_line(self._said):
            raise self._failed()

    def _answer(self, asked: Prompt) -> None:
        if asked.kind is PromptKind.NEW_PASSWORD:
            raise LoginFailed(
                NoLogin.REJECTED,
                f"the server wants a new password ({asked.text.strip()!r}): log in by hand once",
            )
        if prompts.is_rejection(self._answered, asked, self._since_answer):
            assert self._answered is not None
            raise LoginFailed(NoLogin.REJECTED, f"the answer to {self._answered.text.strip()!r} was rejected")
        if prompts.is_mistyped(self._answered, asked):
            self._mistyped += 1
            if self._mistyped == TRIES:
                text = "the answers about the host's key were none of 'yes', 'no' and its fingerprint"
                raise LoginFailed(NoLogin.REJECTED, text)
        answer = self._ask(asked)
        if answer is None:
            raise LoginFailed(NoLogin.NO_ANSWER, f"nobody is here to answer {asked.text.strip()!r}")
        if asked.kind is not PromptKind.HOST_KEY:
            _write_no_core_files()
        self._answered, self._since_answer = asked, ""
        self._silence = max(self._silence, ANSWERED_SECONDS)
        trouble = _type(self._child.child_fd, answer)
        del answer
        if trouble:
            raise LoginFailed(NoLogin.NO_ANSWER, f"the answer to {asked.text.strip()!r} {trouble}")

    def _failed(self) -> LoginFailed:
        kind = prompts.failure(self._said)
        if kind is NoLogin.HOST_KEY_CHANGED:
            where = prompts.offending_line(self._said)
            line = "" if where is None else f" (the key on record is in {where[0]}, line {where[1]})"
            return LoginFailed(
                kind,
                f"the host's key has changed{line}: somebody may be listening; if the host was set up anew,"
                " remove that line and log in by hand once",
            )
        if kind is NoLogin.HOST_KEY_UNKNOWN:
            return LoginFailed(
                kind,
                self._with_words(
                    "the host's key is not known: log in by hand once and compare it, or set ssh_host_key"
                ),
            )
        way = prompts.way(self._said)  # ssh keeps to itself what is said there
        by = f" by way of {way}, of which logging in by hand may tell more" if way else ""
        return LoginFailed(kind, self._with_words(f"ssh could not log in{by}"))

    def _with_words(self, text: str) -> str:
        lines = [line.strip() for line in prompts.without_log(self._said).split("\n") if line.strip()]
        return f"{text}: {'; '.join(lines[-LAST_LINES:])}" if lines else text


def _is_shown(character: str) -> bool:
    return character.isprintable() or character in "\n\t"


def _type(terminal: int, answer: object) -> str:
    """Type an answer and the end of its line; what is wrong with the answer, if it cannot be typed.

    Nothing here raises with the answer in a frame: tracebacks may show what variables hold.
    """
    if not isinstance(answer, str):
        return f"is of type {type(answer).__name__} instead of str"
    line = answer.rstrip("\r\n")
    if any(character < " " or character == "\x7f" for character in line):
        return "has a control character"
    data = line.encode("utf-8", "surrogateescape") + b"\n"
    if len(data) > LONGEST_ANSWER:
        return "is too long"
    with contextlib.suppress(OSError):  # ssh has ended, and will be found to have
        os.write(terminal, data)
    return ""
