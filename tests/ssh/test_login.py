"""Logins by dialogue, over a real sshd or a script that asks as servers do; secrets stay where they are."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from drmaa_cli.errors import AuthorizationException, DrmsInitException
from drmaa_cli.system.runner import Command, HostUnreachable
from drmaa_cli.system.ssh.login import LoginFailed, log_in
from drmaa_cli.system.ssh.prompts import NoLogin, Prompt, PromptKind
from tests.ssh.conftest import ENVIRONMENT, MakeRunner
from tests.ssh.server import SshServer
from tests.ssh.test_runner import until
from tests.tables import slow

pytestmark = pytest.mark.slow

SECRET = "Tr0ub4dor & 3"
DIGEST = hashlib.sha256(SECRET.encode()).hexdigest()
SILENCE = 120.0

# Asks its arguments in turn on the terminal, echo off, save those that begin with "say "; each wants SECRET.
# Ends with 0 when all were answered right, as `ssh -f` does.
ASKER = f"""
import getpass, hashlib, sys
for text in sys.argv[1:]:
    if text.startswith("say "):
        print(text[4:], flush=True)
    elif hashlib.sha256(getpass.getpass(text).encode()).hexdigest() != "{DIGEST}":
        print("Permission denied, please try again.", flush=True)
        getpass.getpass(text)
        sys.exit(255)
"""


def converse(*texts: str, answers: dict[str, str] | None = None) -> list[str]:
    """Log in to the asker; the questions that were asked."""
    asked = []

    def ask(prompt: Prompt) -> str | None:
        asked.append(prompt.text)
        return SECRET if answers is None else answers.get(prompt.text)

    log_in([sys.executable, "-c", ASKER, *texts], ENVIRONMENT, ask, SILENCE, lambda: True)
    return asked


def test_several_questions_in_a_row() -> None:
    texts = ("(anna@submit) Password: ", "(anna@submit) Verification code: ")
    assert converse("say Welcome:", texts[0], "say Duo push sent?", texts[1]) == list(texts)


def test_an_unknown_question_is_asked_as_it_stands() -> None:
    assert converse("Gib den Code ein: ") == ["Gib den Code ein: "]


def test_a_rejected_answer_is_given_once() -> None:
    given = {"(anna@submit) Password: ": "wrong"}
    with pytest.raises(LoginFailed, match="was rejected") as failed:
        converse("(anna@submit) Password: ", answers=given)
    assert failed.value.kind is NoLogin.REJECTED


def test_nobody_to_answer() -> None:
    with pytest.raises(LoginFailed, match="nobody is here to answer 'Token:'") as failed:
        converse("Token: ", answers={})
    assert failed.value.kind is NoLogin.NO_ANSWER


def test_a_new_password_is_wanted() -> None:
    with pytest.raises(LoginFailed, match="log in by hand"):
        converse("(anna@submit) Current password: ")


def test_no_program() -> None:
    with pytest.raises(LoginFailed) as failed:
        log_in(["/nowhere/ssh"], ENVIRONMENT, lambda _: None, SILENCE, lambda: True)
    assert failed.value.kind is NoLogin.SSH_UNUSABLE


def test_no_pexpect(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program with a Python of its own, through drmaa-cli exec."""
    monkeypatch.setitem(sys.modules, "pexpect", None)
    with pytest.raises(LoginFailed, match=f"{sys.executable} -m pip install pexpect") as failed:
        converse("Password: ")
    assert failed.value.kind is NoLogin.SSH_UNUSABLE


def test_no_process_of_a_host_on_the_way_is_left(server: SshServer, runner_of: MakeRunner) -> None:
    """A gateway that says nothing: the process that waits for it outlived the ssh that had started it."""
    waiting = f"sleep {86000 + os.getpid() % 1000}.25"
    with server.config.open("a") as config:
        config.write(f"ProxyCommand {waiting}\n")
    runner = runner_of(server, connect_timeout=2.0)
    with pytest.raises(HostUnreachable, match="by way of its ProxyCommand") as failed:
        runner.open()
    assert waiting not in str(failed.value)  # it may hold a secret
    words = "\0".join(waiting.split()).encode()
    until("the process to end", lambda: not any(words in line for line in command_lines()))


def command_lines() -> list[bytes]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended
            found.append(file.read_bytes())
    return found


def test_no_secret_in_what_a_failure_shows(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(LoginFailed) as failed:
        converse(
            "say first", "(anna@submit) Password: ", "Token: ", answers={"(anna@submit) Password: ": SECRET}
        )
    shown = "".join(traceback.format_exception(failed.type, failed.value, failed.tb))
    assert SECRET not in shown
    assert SECRET not in caplog.text
    frame = failed.tb
    while frame is not None:
        if frame.tb_frame.f_code.co_filename != __file__:
            assert SECRET not in repr(list(frame.tb_frame.f_locals.values()))
        frame = frame.tb_next


@pytest.fixture
def locked_key(server: SshServer) -> SshServer:
    """The user's key has a passphrase."""
    subprocess.run(
        ["ssh-keygen", "-q", "-p", "-P", "", "-N", SECRET, "-f", server.folder / "user_key"], check=True
    )
    return server


def test_a_passphrase(locked_key: SshServer, runner_of: MakeRunner) -> None:
    asked: list[Prompt] = []

    def ask(prompt: Prompt) -> str:
        asked.append(prompt)
        return SECRET

    runner = runner_of(locked_key, ask)
    runner.open()
    assert runner.run(Command(("echo", "in"), "/bin/echo", {}, SILENCE)).stdout == b"in\n"
    assert [prompt.kind for prompt in asked] == [PromptKind.PASSPHRASE]


def test_a_wrong_passphrase(locked_key: SshServer, runner_of: MakeRunner) -> None:
    asked: list[Prompt] = []

    def ask(prompt: Prompt) -> str:
        asked.append(prompt)
        return "wrong"

    with pytest.raises(AuthorizationException, match="Permission denied"):
        runner_of(locked_key, ask).open()
    assert len(asked) == 1


@pytest.mark.parametrize(("answers", "asked"), [slow("y", 3), slow("", 1), ("yy?yes", 3), slow("yno", 2)])
def test_answers_about_a_host_key_that_ssh_does_not_take(
    server: SshServer, runner_of: MakeRunner, answers: str, asked: int
) -> None:
    """ssh asks without end: a function that always says the same would be asked for ever."""
    (server.folder / "known_hosts").write_text("")
    given = {"y": ["y"] * 9, "": [""], "yy?yes": ["y", "what?", "yes"], "yno": ["y", "no"]}[answers]
    questions: list[Prompt] = []

    def answer(prompt: Prompt) -> str:
        questions.append(prompt)
        return given[len(questions) - 1]

    runner = runner_of(server, answer, host_key="ask")
    if given[-1] == "yes":
        runner.open()
    else:
        said = "none of 'yes', 'no' and its fingerprint" if answers == "y" else "key is not known"
        with pytest.raises(AuthorizationException, match=said):
            runner.open()
    assert len(questions) == asked


def test_an_unknown_host_key(server: SshServer, runner_of: MakeRunner) -> None:
    known = server.folder / "known_hosts"
    key = known.read_text()
    known.write_text("")
    with pytest.raises(AuthorizationException, match="Host key verification failed"):
        runner_of(server, lambda _: "no").open()
    with pytest.raises(AuthorizationException, match="verification failed"):
        runner_of(server, host_key="strict").open()
    runner_of(server, host_key="accept-new").open()
    assert key.split()[-1] in known.read_text()


@pytest.mark.parametrize("policy", ["", slow("ask"), slow("accept-new"), slow("strict")])
def test_a_changed_host_key_is_refused_whatever_is_set(
    server: SshServer, runner_of: MakeRunner, policy: str
) -> None:
    known = server.folder / "known_hosts"
    other = (server.folder / "user_key.pub").read_text().split()[:2]
    known.write_text(f"[127.0.0.1]:{server.port} {' '.join(other)}\n")
    with server.config.open("a") as config:
        config.write("StrictHostKeyChecking no\n")
    with pytest.raises(AuthorizationException, match=rf"{known}, line 1"):
        runner_of(server, lambda _: "yes", host_key=policy).open()


def test_a_path_too_long_for_a_socket(
    server: SshServer, runner_of: MakeRunner, short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from drmaa_cli.system.ssh import master  # noqa: PLC0415  # for its limit

    monkeypatch.setattr(master, "LONGEST_PATH", len(str(short_path)))
    with pytest.raises(DrmsInitException, match="XDG_RUNTIME_DIR"):
        runner_of(server).open()


def test_a_directory_that_others_can_enter(
    server: SshServer, runner_of: MakeRunner, short_path: Path
) -> None:
    (short_path / "m").mkdir(mode=0o755)
    with pytest.raises(DrmsInitException, match="0700"):
        runner_of(server).open()
