"""Accounts of the tests' own, and an sshd that asks PAM: only where a variable says that users may be added.

The system's sshd, its keys and its PAM service are not touched: the server runs under another name, and PAM
knows it by that name.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MAY_ADD_USERS
from tests.patience import PATIENCE
from tests.ssh.server import SSHD, SshServer

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = "/usr/bin/python3"  # the tests' own may lie where other users cannot go
AUTHENTICATOR = "pam_google_authenticator.so"
NEEDED = ("useradd", "userdel", "usermod", "chpasswd", "chage")
LOCK = Path(tempfile.gettempdir(), "drmaa-test-accounts.lock")
SERVICES = Path("/etc/pam.d")
_ACCOUNT = re.compile(r"drmaa(\d+)x[0-9a-f]{4}")
_SERVICE = re.compile(r"sshd-(\d+)-[0-9a-f]{4}")


def require_accounts() -> None:
    """Skip the test where no users may be added; where they may, what is missing is a failure."""
    if os.environ.get(MAY_ADD_USERS) != "1":
        pytest.skip(f"adds users: only in a container of its own, with {MAY_ADD_USERS}=1")
    lacking = [name for name in NEEDED if shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") is None]
    lacking += [] if os.geteuid() == 0 else ["the rights of root"]
    lacking += [] if list(Path("/").glob(f"lib*/**/security/{AUTHENTICATOR}")) else [AUTHENTICATOR]
    lacking += [] if Path(PYTHON).exists() else [PYTHON]
    if lacking or SSHD is None:
        pytest.fail(f"accounts cannot be tested here: no {', '.join(lacking) or 'sshd'}")


def _run(*words: str, given: str = "") -> None:
    """Change the accounts, one process at a time."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(
            words,
            input=given,
            text=True,
            check=True,
            capture_output=True,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        )


class Account:
    """A user of this host.

    Attributes:
        name, password: by which the user logs in.
        home: the home directory; who makes the account removes it.
    """

    def __init__(self, home: Path, shell: str = "/bin/bash") -> None:
        self.name = f"drmaa{os.getpid()}x{secrets.token_hex(2)}"
        self.password = f"Tr0ub4dor & {secrets.token_hex(4)}"
        self.home = home
        _run("useradd", "--create-home", "--home-dir", str(home), "--shell", shell, self.name)
        _run("chpasswd", given=f"{self.name}:{self.password}\n")

    def change(self, *words: str) -> None:
        """usermod or chage with the account."""
        _run(*words, self.name)

    def run(self, *words: str) -> str:
        """Run a command as this user, and return what it prints."""
        done = subprocess.run(
            words,
            user=self.name,
            group=pwd.getpwnam(self.name).pw_gid,
            extra_groups=[],
            cwd=self.home,
            env={
                "HOME": str(self.home),
                "PATH": "/usr/bin:/bin",
                "LC_ALL": "C",
                "PYTHONPATH": str(self.home.parent),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def remove(self) -> None:
        """End the user's processes, which the tests have started, and the account."""
        _remove(self.name)


def _remove(name: str) -> None:
    number = pwd.getpwnam(name).pw_uid
    until = time.monotonic() + PATIENCE
    while found := _processes_of(number):
        assert time.monotonic() < until, found
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    _run("userdel", "--force", name)


def sweep() -> None:
    """Remove the accounts and services of test runs that were killed; their names tell whose they are."""
    for account in pwd.getpwall():
        if (found := _ACCOUNT.fullmatch(account.pw_name)) and not Path("/proc", found[1]).exists():
            _remove(account.pw_name)
    for service in SERVICES.glob("sshd-*-*"):
        if (found := _SERVICE.fullmatch(service.name)) and not Path("/proc", found[1]).exists():
            service.unlink(missing_ok=True)


def _processes_of(number: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it has ended
                is_over = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
                if entry.stat().st_uid == number and not is_over:
                    found.append(int(entry.name))
    return found


@contextlib.contextmanager
def common_folder() -> Iterator[Path]:
    """A directory into which all users can look, with a copy of fake_sge."""
    sweep()
    with tempfile.TemporaryDirectory(prefix="acc") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(ROOT / "fake_sge", folder / "fake_sge", ignore=shutil.ignore_patterns("__pycache__"))
        yield folder


@contextlib.contextmanager
def accounts(folder: Path) -> Iterator[list[Account]]:
    """A list of accounts; those in it at the end are removed."""
    made: list[Account] = []
    try:
        yield made
    finally:
        for account in made:
            account.remove()


class PamServer(SshServer):
    """An sshd that lets in by password, or as its PAM service asks.

    Args:
        folder: for its files; other users can enter it.
        auth: the ``auth`` lines of its PAM service.
        options: more of sshd_config.
    """

    def __init__(self, folder: Path, auth: str = "auth required pam_unix.so", options: str = "") -> None:
        super().__init__(folder, options)
        self.service = f"sshd-{os.getpid()}-{secrets.token_hex(2)}"
        (folder / self.service).symlink_to(SSHD or "sshd")
        (folder / "motd").write_text("Maintenance on Monday: password: no\n")
        (folder / "banner").write_text("Authorised use only.\nPassword: is asked below\n")
        self.pam = SERVICES / self.service
        self.pam.write_text(
            f"{auth}\naccount required pam_unix.so\npassword required pam_unix.so\n"
            f"session required pam_unix.so\nsession optional pam_motd.so motd={folder}/motd\n"
        )

    def program(self) -> str:
        """Under a name of its own, which is that of its PAM service."""
        return str(self.folder / self.service)

    def logins(self) -> str:
        """All users, as PAM says."""
        return (
            "UsePAM yes\nPasswordAuthentication yes\nKbdInteractiveAuthentication yes\nPrintMotd yes\n"
            f"Banner {self.folder}/banner\nMaxStartups 100"
        )


@contextlib.contextmanager
def pam_server(folder: Path, **options: str) -> Iterator[PamServer]:
    """Such a server while the block runs."""
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    server = PamServer(folder, **options)
    try:
        server.start()
        with server.config.open("a") as config:
            config.write("PubkeyAuthentication no\n")
        yield server
    finally:
        server.stop()
        server.pam.unlink()
