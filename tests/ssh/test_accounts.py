"""Logins as real users: PAM, passwords, one-time codes, login shells; and a whole job as such a user."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

import drmaa_cli
from drmaa_cli.diagnosis import Status, check
from drmaa_cli.errors import AuthorizationException, DrmaaException
from tests.patience import PATIENCE
from tests.ssh.accounts import (
    AUTHENTICATOR,
    PYTHON,
    ROOT,
    SERVICES,
    Account,
    PamServer,
    accounts,
    common_folder,
    pam_server,
    require_accounts,
    sweep,
)
from tests.ssh.server import SSH

SHELLS = ["/bin/sh", "/bin/bash", "/usr/bin/tcsh", "/bin/csh", "/usr/bin/zsh", "/usr/bin/fish"]
METHODS = ["password", "keyboard-interactive"]
REFUSALS = ["Failed password for ", "PAM: Authentication failure for "]  # sshd's log, of either method
Patch = pytest.MonkeyPatch


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    require_accounts()
    with common_folder() as made:
        yield made


@pytest.fixture(scope="module")
def user(folder: Path) -> Iterator[Account]:
    """A user with a cell of their own."""
    with accounts(folder) as made:
        made.append(Account(folder / "home"))
        yield made[0]


@pytest.fixture(scope="module")
def setup(user: Account) -> Iterator[str]:
    """What puts the user's cell on PATH."""
    words = (PYTHON, "-m", "fake_sge.cli")
    user.run(*words, "start", "cell", "--no-login-shells")
    yield "; ".join(user.run(*words, "env", "cell").splitlines())
    user.run(*words, "stop", "cell")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[PamServer]:
    with pam_server(folder / "server") as running:
        yield running


@pytest.fixture
def here(server: PamServer, monkeypatch: Patch) -> Iterator[Path]:
    """This process is on a host without Grid Engine."""
    with tempfile.TemporaryDirectory(prefix="ssh") as name:
        place = Path(name)
        (place / "bin").mkdir()
        (place / "bin" / "ssh").symlink_to(SSH or "ssh")
        for variable, value in {
            "DRMAA_CLI_SSH_CONFIG": str(server.config),
            "XDG_RUNTIME_DIR": name,
            "XDG_STATE_HOME": f"{name}/state",
            "PATH": f"{name}/bin:/usr/bin:/bin",
        }.items():
            monkeypatch.setenv(variable, value)
        yield place


@pytest.fixture
def contact(here: Path, server: PamServer, user: Account, setup: str, monkeypatch: Patch) -> str:
    """The user's login, where the cell is."""
    monkeypatch.setenv("DRMAA_CLI_SSH_SETUP", setup)
    return to(server, user)


def to(server: PamServer, account: Account) -> str:
    return f"ssh://{account.name}@127.0.0.1:{server.port}"


def methods(server: PamServer, here: Path, monkeypatch: Patch, *names: str) -> None:
    """Have ssh log in by these methods alone."""
    config = here / "config"
    config.write_text(f"{server.config.read_text()}PreferredAuthentications {','.join(names)}\n")
    monkeypatch.setenv("DRMAA_CLI_SSH_CONFIG", str(config))


class Answers:
    """Answers by a word of the question; each that was asked is kept."""

    def __init__(self, **answers: str) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def __call__(self, question: str) -> str:
        self.asked.append(question)
        return next(answer for word, answer in self._answers.items() if word in question.lower())


def failures(server: PamServer, account: Account) -> int:
    """How many passwords of the user the server has refused."""
    log = (server.folder / "log").read_text()
    return sum(log.count(words + account.name) for words in REFUSALS)


def run_job(session: drmaa_cli.JobSession, home: Path) -> str:
    """A whole job; what it printed."""
    (home / "job.out").unlink(missing_ok=True)
    template = session.createJobTemplate(
        remoteCommand="/bin/sh",
        args=["-c", 'id -un; echo "$GREETING"; exit 3'],
        jobEnvironment={"GREETING": 'it\'s "all" well'},
        outputPath=f":{home}/job.out",
        joinFiles=True,
    )
    info = session.wait(session.runJob(template), PATIENCE)
    assert info.exitStatus == 3
    return (home / "job.out").read_text()


@pytest.mark.parametrize("method", METHODS)
def test_a_password(
    contact: str, here: Path, server: PamServer, user: Account, monkeypatch: Patch, method: str
) -> None:
    methods(server, here, monkeypatch, method)
    answers = Answers(password=user.password)
    with drmaa_cli.open_session(contact, ssh_answer=answers) as session:
        assert run_job(session, user.home) == f'{user.name}\nit\'s "all" well\n'
    assert len(answers.asked) == 1
    assert user.name in answers.asked[0]


@pytest.mark.parametrize("method", METHODS)
def test_a_wrong_password_is_given_once(
    contact: str, here: Path, server: PamServer, user: Account, monkeypatch: Patch, method: str
) -> None:
    methods(server, here, monkeypatch, method)
    before, answers = failures(server, user), Answers(password="wrong")
    with pytest.raises(AuthorizationException, match="Permission denied") as failed:
        drmaa_cli.open_session(contact, ssh_answer=answers)
    assert len(answers.asked) == 1
    assert failures(server, user) == before + 1
    assert user.password not in str(failed.value)


@pytest.mark.parametrize("shell", SHELLS)
def test_login_shells(contact: str, user: Account, shell: str) -> None:
    if not Path(shell).exists():
        pytest.fail(f"no {shell}: apt-get install tcsh zsh fish")
    user.change("usermod", "--shell", shell)
    for name in (".bashrc", ".profile", ".cshrc", ".tcshrc", ".zshenv", ".config/fish/config.fish"):
        (user.home / name).parent.mkdir(parents=True, exist_ok=True)
        (user.home / name).write_text("echo quota: 97 percent of the disk\n")
    try:
        with drmaa_cli.open_session(contact, ssh_answer=Answers(password=user.password)) as session:
            assert run_job(session, user.home).startswith(f"{user.name}\n")
    finally:
        user.change("usermod", "--shell", "/bin/bash")


def test_typed_at_a_terminal(contact: str, user: Account, here: Path) -> None:
    (user.home / "report.sh").write_text((ROOT / "examples" / "tutorial" / "report.sh").read_text())
    (user.home / "report.sh").chmod(0o755)
    program = ROOT / "examples" / "tutorial" / "wait_for_job.py"
    (here / "work").mkdir()
    child = pexpect.spawn(
        sys.executable,
        ["-m", "drmaa_cli.cli", "exec", "--", sys.executable, str(program)],
        cwd=str(user.home),
        env={**os.environ, "PYTHONPATH": str(ROOT), "DRMAA_CLI_CONTACT": contact},
        encoding="utf-8",
        timeout=PATIENCE,
    )
    child.expect(f"{user.name}@127.0.0.1.*assword: ")
    child.waitnoecho()
    child.sendline(user.password)
    child.expect(pexpect.EOF)
    child.close()
    assert user.password not in child.before
    assert child.exitstatus == 0, child.before


def test_all_is_well(contact: str, user: Account) -> None:
    found = {
        made.name: made for made in check(contact, ssh_answer=Answers(password=user.password), submit=True)
    }
    assert {made.status for made in found.values()} == {Status.OK}
    assert user.name in found["environment"].text


def test_a_wrong_password_is_found_at_its_step(contact: str) -> None:
    found = {made.name: made for made in check(contact, ssh_answer=Answers(password="wrong"))}
    assert [name for name, made in found.items() if made.status == Status.PROBLEM] == ["login"]
    assert found["host key"].status == Status.OK


# --- several things in a row -------------------------------------------------------------------------------

ONE_TIME = f"auth required pam_unix.so\nauth required {AUTHENTICATOR}"
SCRATCH = ["87654321", "11223344"]


@pytest.fixture
def careful(folder: Path, here: Path, monkeypatch: Patch) -> Iterator[PamServer]:
    """A server that asks for a password and a one-time code."""
    with tempfile.TemporaryDirectory(prefix="srv", dir=folder) as place:
        Path(place).chmod(0o755)
        with pam_server(Path(place, "s"), auth=ONE_TIME) as running:
            methods(running, here, monkeypatch, "keyboard-interactive")
            yield running


@pytest.fixture
def codes(user: Account) -> Iterator[Path]:
    """The user's one-time codes, each good for once."""
    path = user.home / ".google_authenticator"
    path.write_text("\n".join(["JBSWY3DPEHPK3PXP", '" TOTP_AUTH', *SCRATCH, ""]))
    path.chmod(0o400)
    shutil.chown(path, user.name)
    yield path
    path.unlink()


def test_a_password_and_a_one_time_code(contact: str, careful: PamServer, user: Account, codes: Path) -> None:
    answers = Answers(password=user.password, verification=SCRATCH[0])
    with drmaa_cli.open_session(to(careful, user), ssh_answer=answers) as session:
        assert run_job(session, user.home).startswith(user.name)
    assert [question.rpartition(") ")[2] for question in answers.asked] == [
        "Password: ",
        "Verification code: ",
    ]
    assert SCRATCH[0] not in codes.read_text()


@pytest.mark.parametrize(
    ("answers", "count"),
    [({"password": "wrong", "verification": SCRATCH[0]}, 2), ({"verification": "00000000"}, 2)],
    ids=["password", "code"],
)
def test_one_of_them_is_wrong(
    contact: str, careful: PamServer, user: Account, codes: Path, answers: dict[str, str], count: int
) -> None:
    given = Answers(**{"password": user.password, **answers})
    with pytest.raises(AuthorizationException, match="Permission denied"):
        drmaa_cli.open_session(to(careful, user), ssh_answer=given)
    assert len(given.asked) <= count
    assert len(set(given.asked)) == len(given.asked)


def test_a_key_and_a_password(
    folder: Path, contact: str, user: Account, here: Path, monkeypatch: Patch
) -> None:
    with tempfile.TemporaryDirectory(prefix="srv", dir=folder) as place:
        Path(place).chmod(0o755)
        with pam_server(Path(place, "s"), options="AuthenticationMethods publickey,password") as running:
            (running.folder / "authorized_keys").chmod(0o644)
            running.config.write_text(running.config.read_text().replace("PubkeyAuthentication no", ""))
            monkeypatch.setenv("DRMAA_CLI_SSH_CONFIG", str(running.config))
            answers = Answers(password=user.password)
            with drmaa_cli.open_session(to(running, user), ssh_answer=answers) as session:
                assert run_job(session, user.home).startswith(user.name)
            assert len(answers.asked) == 1
            assert "partial" not in (running.folder / "log").read_text().lower()


# --- accounts that cannot be used --------------------------------------------------------------------------

Change = Callable[[Account], None]


@pytest.fixture
def other(folder: Path) -> Iterator[Account]:
    with tempfile.TemporaryDirectory(prefix="acc", dir=folder) as place, accounts(folder) as made:
        Path(place).chmod(0o755)
        made.append(Account(Path(place, "home")))
        yield made[0]


@pytest.mark.parametrize("method", METHODS)
def test_an_expired_password(
    here: Path, server: PamServer, other: Account, monkeypatch: Patch, method: str
) -> None:
    methods(server, here, monkeypatch, method)
    other.change("chage", "-d", "0")
    answers = Answers(password=other.password)
    with pytest.raises(AuthorizationException, match="log in by hand") as failed:
        drmaa_cli.open_session(to(server, other), ssh_answer=answers)
    assert other.password not in str(failed.value)
    assert len(answers.asked) == 1


def test_an_expired_account(here: Path, server: PamServer, other: Account) -> None:
    other.change("chage", "-E", "0")
    with pytest.raises(AuthorizationException):
        drmaa_cli.open_session(to(server, other), ssh_answer=Answers(password=other.password))


@pytest.mark.parametrize("shell", ["/usr/sbin/nologin", "/bin/false"])
def test_an_account_without_a_shell(here: Path, server: PamServer, other: Account, shell: str) -> None:
    other.change("usermod", "--shell", shell)
    with pytest.raises(DrmaaException, match="commands do not run there"):
        drmaa_cli.open_session(to(server, other), ssh_answer=Answers(password=other.password))


def test_an_unknown_user(here: Path, server: PamServer) -> None:
    answers = Answers(password="x")
    with pytest.raises(AuthorizationException, match="was rejected"):  # ssh asks for another method's
        drmaa_cli.open_session(f"ssh://nobodyknows@127.0.0.1:{server.port}", ssh_answer=answers)
    assert len(answers.asked) == 1


# --- files as a user without special rights ----------------------------------------------------------------


def test_files_that_are_refused(contact: str, user: Account, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    (user.home / "closed").mkdir()
    (user.home / "closed" / "inside").touch()
    (user.home / "closed").chmod(0)
    (user.home / "secret").write_text("x")
    (user.home / "secret").chmod(0)
    shutil.chown(user.home / "closed", user.name)
    with drmaa_cli.open_session(contact, ssh_answer=Answers(password=user.password)) as session:
        for source in ("file", "folder"):
            for place in ("/usr/x", "closed/x", "/etc/passwd"):
                with pytest.raises(PermissionError):
                    session.put(tmp_path / source, place)
        for source in ("secret", "closed/inside", "/etc/shadow"):
            with pytest.raises(PermissionError):
                session.get(source, tmp_path / "got")
        with pytest.raises(OSError, match="closed") as failed:
            session.get("closed", tmp_path / "got")
        assert failed.value.errno == errno.EACCES
        session.put(tmp_path / "file", "mine")
        assert (user.home / "mine").owner() == user.name
        session.get("mine", tmp_path / "back")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "file", "folder"]


def test_what_a_killed_run_left_behind_is_removed(folder: Path) -> None:
    gone = 2**22 + 1  # beyond the largest number of a process
    left = [SERVICES / f"sshd-{number}-00ff" for number in (gone, os.getpid())]
    for path in left:
        path.write_text("auth required pam_deny.so\n")
    sweep()
    assert [path.exists() for path in left] == [False, True]
    left[1].unlink()
