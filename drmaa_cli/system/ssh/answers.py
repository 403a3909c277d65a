"""Who answers what a login asks: the program's own function, a command, the person at the terminal."""

from __future__ import annotations

import atexit
import contextlib
import getpass
import os
import subprocess
import termios
import threading
from collections.abc import Mapping, Sequence

from drmaa_cli.typed import Any, Callable, Optional

AskPerson = Callable[[str], str]
"""Given a question, returns the answer; raises whatever it likes when it has none."""

AnswerSource = Callable[[str], Optional[str]]
"""The same; None when this source cannot be asked, and the next one is."""

ASKPASS_SECONDS = 300.0

_waiting: list[list[Any]] = []  # what the terminal was like before the question that waits for its answer
_one_question = threading.Lock()  # at the terminal; several sessions may be logging in


class AskpassFailed(Exception):
    """The command that was to answer a question failed."""


def sources(own: AskPerson | None, askpass: str, env: Mapping[str, str]) -> list[AnswerSource]:
    """The sources of answers that there are.

    Args:
        own: the program's function.
        askpass: path of a command that prints the answer to the question in its argument; '' for none.
        env: the environment for that command.
    """
    found: list[AnswerSource] = []
    if own is not None:
        found.append(own)
    if askpass:
        found.append(lambda question: _ask_command(askpass, question, env))
    found.append(_ask_terminal)
    return found


def first_answer(asked: Sequence[AnswerSource], question: str) -> str | None:
    """The answer of the first source that can be asked; None when there is none.

    Raises:
        AskpassFailed: the command failed.
        Exception: whatever the program's own function raises.
    """
    for source in asked:
        answer = source(question)
        if answer is not None:
            return answer
    return None


def _ask_command(path: str, question: str, env: Mapping[str, str]) -> str:
    code, printed = _run([path, question], env)
    answer = os.fsdecode(printed).partition("\n")[0].rstrip("\r") if code == 0 else ""
    del printed  # tracebacks may show what variables hold
    if code != 0:
        raise AskpassFailed(f"the command {path!r} {code} at {question!r}")
    return answer


def _run(argv: list[str], env: Mapping[str, str]) -> tuple[int | str, bytes]:
    """Exit status 0, or what happened instead, and what was printed."""
    try:
        done = subprocess.run(
            argv,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=ASKPASS_SECONDS,
            check=False,
        )
    except OSError as err:
        return f"cannot be run ({err.strerror})", b""
    except subprocess.TimeoutExpired:
        return f"did not end within {ASKPASS_SECONDS:g} seconds", b""
    return 0 if done.returncode == 0 else f"ended with exit code {done.returncode}", done.stdout


def _ask_terminal(question: str) -> str | None:
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        with _one_question, contextlib.suppress(EOFError):  # the latter: ctrl-D
            _waiting[:] = [termios.tcgetattr(terminal)]
            try:
                return getpass.getpass(question)
            finally:
                _waiting.clear()
    finally:
        os.close(terminal)
    return None


@atexit.register
def _restore_terminal() -> None:
    """Where the program ends while another thread of it asks: bring the echo back."""
    for attributes in _waiting:
        with contextlib.suppress(OSError, termios.error):
            terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
            termios.tcsetattr(terminal, termios.TCSANOW, attributes)
            os.close(terminal)
