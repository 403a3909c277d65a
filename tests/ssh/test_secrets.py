"""Answers of a login: where they come from, and that they are nowhere afterwards."""

from __future__ import annotations

import io
import logging
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType

import pexpect
import pytest
from rich.console import Console
from rich.traceback import Traceback

import drmaa_cli
from drmaa_cli.config import Config
from drmaa_cli.errors import AuthorizationException, DrmaaException
from drmaa_cli.session.reach import asker
from drmaa_cli.system.runner import HostUnreachable
from drmaa_cli.system.ssh import answers
from drmaa_cli.system.ssh.login import LoginFailed, log_in
from drmaa_cli.system.ssh.prompts import Prompt, PromptKind
from tests.ssh.away import ROOT
from tests.ssh.conftest import ENVIRONMENT, MakeRunner
from tests.ssh.server import SshServer
from tests.ssh.test_programs import SECRET, lock_key

pytestmark = pytest.mark.slow

SILENCE = 120.0
PASSWORD = Prompt(PromptKind.SERVERS, "Password: ")

# Asks with the terminal as it is, and says what the terminal says then.
ECHOING = """
import sys
sys.stdout.write("Password: ")
sys.stdout.flush()
sys.stdin.readline()
print("Permission denied.", flush=True)
sys.exit(255)
"""


def ask_once(answer: object, program: str = ECHOING) -> None:
    log_in([sys.executable, "-c", program], ENVIRONMENT, lambda _: answer, SILENCE, lambda: True)  # type: ignore[arg-type, return-value]


def frames(err: BaseException) -> Iterator[FrameType]:
    """All frames of an exception and of those before it, save those of tests."""
    seen: BaseException | None = err
    while seen is not None:
        step: TracebackType | None = seen.__traceback__
        while step is not None:
            if "/tests/" not in step.tb_frame.f_code.co_filename:
                yield step.tb_frame
            step = step.tb_next
        seen = seen.__cause__ or seen.__context__


def assert_hidden(err: BaseException, secret: str = SECRET) -> None:
    assert secret not in str(err)
    for frame in frames(err):
        assert secret not in repr(list(frame.f_locals.values())), frame


def test_an_echo_is_not_shown() -> None:
    with pytest.raises(LoginFailed, match="Permission denied") as failed:
        ask_once(SECRET)
    assert_hidden(failed.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (SECRET.encode(), "is of type bytes instead of str"),
        (17041704, "is of type int instead of str"),
        (SECRET + "\x03", "has a control character"),
        ("\x1b" + SECRET, "has a control character"),
        (SECRET + "\nmore", "has a control character"),
        (SECRET * 100, "is too long"),
    ],
)
def test_an_answer_that_cannot_be_typed(answer: object, words: str) -> None:
    with pytest.raises(LoginFailed, match=f"the answer to 'Password:' {words}") as failed:
        ask_once(answer)
    assert_hidden(failed.value)
    assert_hidden(failed.value, "17041704")


@pytest.mark.parametrize("answer", ["sch\u00f6n \u20ac\u00a0\U0001f511", SECRET + "\n", SECRET + "\r\n", ""])
def test_an_answer_is_typed_as_it_is(answer: str, tmp_path: Path) -> None:
    got = tmp_path / "got"
    reading = "getpass.getpass('Password: ')"
    program = f"import getpass, pathlib; pathlib.Path({str(got)!r}).write_text({reading}, 'utf-8')"
    env = {**ENVIRONMENT, "PYTHONUTF8": "1"}
    log_in([sys.executable, "-c", program], env, lambda _: answer, SILENCE, lambda: True)
    assert got.read_text("utf-8") == answer.rstrip("\r\n")


def test_an_answer_into_a_connection_that_has_ended() -> None:
    def late(prompt: Prompt) -> str:
        time.sleep(0.5)
        return SECRET

    program = "import sys; sys.stdout.write('Password: '); sys.stdout.flush(); sys.exit(255)"
    with pytest.raises(LoginFailed) as failed:
        log_in([sys.executable, "-c", program], ENVIRONMENT, late, SILENCE, lambda: True)
    assert_hidden(failed.value)


def test_no_core_file_holds_one() -> None:
    program = (
        "import resource, sys; from drmaa_cli.system.ssh.login import log_in;"
        "asking = [sys.executable, '-c', 'import getpass; getpass.getpass()'];"
        "log_in(asking, {}, lambda _: 'x', 60, lambda: True);"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0])"
    )
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)),
    )
    assert done.stdout == "0\n"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ('printf %s "$SAID"; exit 3', "ended with exit code 3 at 'Password: '"),
        ('printf %s "$SAID"; exec sleep 600', "did not end within 1 seconds"),
    ],
)
def test_a_command_that_fails_with_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    command = tmp_path / "askpass"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("SAID", SECRET)
    monkeypatch.setattr(answers, "ASKPASS_SECONDS", 1.0)
    with pytest.raises(AuthorizationException, match=words) as failed:
        asker(Config(ssh_askpass=str(command)), None)(PASSWORD)
    for frame in frames(failed.value):
        assert SECRET not in repr([value for name, value in frame.f_locals.items() if name != "env"])
    assert SECRET not in str(failed.value)


def test_a_command_that_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(AuthorizationException, match=r"nowhere' cannot be run \(No such file"):
        asker(Config(ssh_askpass=f"{tmp_path}/nowhere"), None)(PASSWORD)


def test_the_order(tmp_path: Path) -> None:
    command = tmp_path / "askpass"
    command.write_text('#!/bin/sh\necho "told by a command: $1"\necho another line\n')
    command.chmod(0o755)
    config = Config(ssh_askpass=str(command))
    assert asker(config, lambda question: f"told by the program: {question}")(PASSWORD) == (
        "told by the program: Password: "
    )
    assert asker(config, None)(PASSWORD) == "told by a command: Password: "
    assert asker(config, lambda question: None)(PASSWORD) == "told by a command: Password: "  # type: ignore[arg-type, return-value]


def test_nothing_in_what_a_program_shows_of_a_refusal(
    at_home: dict[str, str], server: SshServer, caplog: pytest.LogCaptureFixture
) -> None:
    lock_key(server)
    caplog.set_level(logging.DEBUG)
    wrong = "wr0ng & secret"
    with pytest.raises(DrmaaException) as failed:
        drmaa_cli.open_session(ssh_answer=lambda question: "".join(["wr0ng", " & ", "secret"]))
    shown = io.StringIO()
    trace = Traceback.from_exception(failed.type, failed.value, failed.tb, show_locals=True)
    Console(file=shown, width=200).print(trace)
    assert "drmaa_cli" in shown.getvalue()
    assert_hidden(failed.value, wrong)
    assert wrong not in caplog.text


def test_whoever_is_asked_for_a_host_key_sees_it(server: SshServer, runner_of: MakeRunner) -> None:
    (server.folder / "known_hosts").write_text("")
    fingerprint = subprocess.run(
        ["ssh-keygen", "-lf", server.folder / "host_key.pub"], capture_output=True, text=True, check=True
    ).stdout.split()[1]
    asked: list[Prompt] = []

    def ask(prompt: Prompt) -> str:
        asked.append(prompt)
        return "yes"

    runner_of(server, ask, host_key="ask").open()
    assert [prompt.kind for prompt in asked] == [PromptKind.HOST_KEY]
    assert f"[127.0.0.1]:{server.port}" in asked[0].text
    assert fingerprint in asked[0].text


# A program that is asked for a secret in a thread, and ends meanwhile.
LEAVING = """
import os, sys, threading, time
from drmaa_cli.system.ssh.answers import first_answer, sources
threading.Thread(target=lambda: first_answer(sources(None, "", {}), "Password: "), daemon=True).start()
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
"""


def test_the_terminal_echoes_again_after_a_program_that_left_its_question(tmp_path: Path) -> None:
    child = pexpect.spawn(
        "/bin/sh",
        ["-c", f'"{sys.executable}" -c "$0" "$1"; stty -a', LEAVING, str(tmp_path / "go")],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        encoding="utf-8",
        timeout=SILENCE,
    )
    child.expect("Password: ")
    assert child.waitnoecho()
    (tmp_path / "go").touch()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert " echo " in child.before


def test_ctrl_d_is_no_answer() -> None:
    program = (
        "from drmaa_cli.system.ssh.answers import first_answer, sources;"
        "print(first_answer(sources(None, '', {}), 'Password: '))"
    )
    child = pexpect.spawn(
        sys.executable, ["-c", program], env={"PYTHONPATH": str(ROOT)}, encoding="utf-8", timeout=SILENCE
    )
    child.expect("Password: ")
    child.waitnoecho()
    child.sendeof()
    child.expect("None")
    child.close()


def test_a_session_ends_although_somebody_is_being_asked(server: SshServer, runner_of: MakeRunner) -> None:
    lock_key(server)
    asked, go = threading.Event(), threading.Event()

    def ask(prompt: Prompt) -> str:
        asked.set()
        assert go.wait(SILENCE)
        return SECRET

    runner = runner_of(server, ask)
    failed: list[BaseException] = []

    def open_it() -> None:
        try:
            runner.open()
        except BaseException as err:  # noqa: BLE001  # looked at below
            failed.append(err)

    thread = threading.Thread(target=open_it)
    thread.start()
    assert asked.wait(SILENCE)
    runner.close()
    go.set()  # or who is asked fails: nobody waited for the answer
    thread.join(SILENCE)
    assert failed == []  # it was let in; and nothing of it is left
    assert not runner.is_logged_in()
    with pytest.raises(HostUnreachable, match="the session has ended"):
        runner.open()
