"""An ssh server of the tests' own: a real sshd with its own keys, configuration and port."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REQUIRE_REAL_CELL

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
SSH = shutil.which("ssh", path="/usr/bin:/usr/local/bin")  # PATH has a guard in its place
START_SECONDS = 60.0
PRIVILEGES = Path("/run/sshd")
"""What root's sshd of Debian wants to be there; the service makes it, and there may never have been one."""
QUICK = "curve25519-sha256"
"""Their first choice, which no quantum computer is to break, would take most of a login's time."""
PORT_TAKEN = "Address already in use"


class SshServer:
    """A running sshd that lets this user in with one key.

    Attributes:
        port: where it listens on 127.0.0.1.
        config: an ssh_config file under which ssh knows its key and the user's.
        folder: where all its files are.
        home: the home directory of those who log in.
    """

    def __init__(self, folder: Path, options: str = "", home: Path | None = None) -> None:
        self.folder, self.options = folder, options
        self.port = 0
        self.config = folder / "ssh_config"
        self.home = folder / "home"  # of the logins: no file of the user's home is touched
        self.home.mkdir()
        self._process: subprocess.Popen[bytes] | None = None
        for name, content in _keys().items():
            (folder / name).touch(0o600)
            (folder / name).write_bytes(content)
        shutil.copy(folder / "user_key.pub", folder / "authorized_keys")

    @property
    def contact(self) -> str:
        return f"ssh://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, at a port that is free, and the same one after a stop."""
        if os.geteuid() == 0:
            PRIVILEGES.mkdir(mode=0o755, exist_ok=True)
        until = time.monotonic() + START_SECONDS
        while True:
            port = self.port or _free_port()
            self._process = self._listening_at(port)
            if self._process is not None:
                break
            said = (self.folder / "log").read_text()
            assert PORT_TAKEN in said, said
            assert time.monotonic() < until, said
        self.port = port
        host_key = (self.folder / "host_key.pub").read_text().split()[:2]
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {' '.join(host_key)}\n")
        self.config.write_text(
            f"UserKnownHostsFile {self.folder}/known_hosts\nGlobalKnownHostsFile none\n"
            f"IdentityFile {self.folder}/user_key\nIdentitiesOnly yes\nIdentityAgent none\n"
        )

    def reached_at(self, port: int, host: str = "127.0.0.1") -> str:
        """The contact by which ssh reaches it at another port of this host, where a relay listens."""
        host_key = (self.folder / "host_key.pub").read_text().split()[:2]
        with (self.folder / "known_hosts").open("a") as known:
            known.write(f"[{host}]:{port} {' '.join(host_key)}\n")
        return f"ssh://{f'[{host}]' if ':' in host else host}:{port}"

    def stop(self) -> None:
        """End the server and all its connections."""
        if self._process is None:
            return
        for child in _children(self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._process = None

    def cut_connections(self) -> None:
        """End the connections that there are; the server goes on."""
        assert self._process is not None
        for child in _children(self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def program(self) -> str:
        """The sshd that is run."""
        return SSHD or "sshd"

    def logins(self) -> str:
        """Who is let in, in the words of sshd_config: this user, with a key, in another home."""
        return (
            f"UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nSetEnv HOME={self.home}"
        )

    def _listening_at(self, port: int) -> subprocess.Popen[bytes] | None:
        config = self.folder / "sshd_config"
        config.write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host_key\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nPidFile none\nStrictModes no\n"
            f"KexAlgorithms {QUICK}\n{self.logins()}\n{self.options}\n"
        )
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen([self.program(), "-D", "-e", "-f", config], stderr=log)
        until = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as connection:
                if connection.recv(4) == b"SSH-":
                    return process
            time.sleep(0.02)
        process.kill()
        process.wait()
        return None


@functools.lru_cache(1)
def _keys() -> dict[str, bytes]:
    """The server's and the user's, private and public, by their files' names; one pair for a process."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("host_key", "user_key"):
            path = Path(folder, name)
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):  # it ended just now
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(word) for word in (task / "children").read_text().split()]
    found = [child for child in found if _name(child).startswith("sshd")]  # what they run goes on
    return [*found, *(below for child in found for below in _children(child))]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def require_sshd() -> None:
    """Skip the test where there is no sshd; in CI its absence is a failure."""
    if SSHD is None or SSH is None:
        if os.environ.get(REQUIRE_REAL_CELL):
            pytest.fail("sshd is not installed: apt-get install openssh-server")
        pytest.skip("no sshd here: apt-get install openssh-server")


@contextlib.contextmanager
def running_server(folder: Path, options: str = "", home: Path | None = None) -> Iterator[SshServer]:
    """A server while the block runs."""
    folder.mkdir(parents=True, exist_ok=True)
    server = SshServer(folder, options, home)
    server.start()
    try:
        yield server
    finally:
        server.stop()
