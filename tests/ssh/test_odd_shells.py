"""Hosts whose shells are odd: noisy, restricted, none at all; setups that fail; a PATH without tools."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from drmaa_cli.errors import DrmsInitException
from drmaa_cli.system.runner import Command, HostUnreachable
from drmaa_cli.system.ssh import host
from drmaa_cli.system.ssh.host import SshHost
from drmaa_cli.system.ssh.runner import SshRunner
from tests.patience import PATIENCE
from tests.ssh.conftest import MakeRunner
from tests.ssh.server import SshServer, running_server

pytestmark = pytest.mark.slow

ORIGINAL = '"$SSH_ORIGINAL_COMMAND"'
SHELLS = [name for name in ("dash", "bash", "zsh", "tcsh", "fish", "rbash") if shutil.which(name)]
NOISE = "echo noise; echo '0123456789abcdef 1'; printf 'no line end'; echo warning >&2"

Reach = Callable[..., SshRunner]


@pytest.fixture
def reach(short_path: Path, runner_of: MakeRunner) -> Iterator[Reach]:
    """Makes runners for servers that run a script whatever they are asked to run, or have other options."""
    servers = []

    def new(script: str = "", options: str = "", rc: str = "") -> SshRunner:
        folder = short_path / "odd"
        folder.mkdir()
        if script:
            forced = folder / "forced"
            forced.write_text(f"#!/bin/sh\n{script}\n")
            forced.chmod(0o755)
            options += f"\nForceCommand {forced}"
        context = running_server(folder, options)
        server: SshServer = context.__enter__()
        servers.append(context)
        (server.home / ".profile").write_text(rc)
        return runner_of(server)

    yield new
    for context in servers:
        context.__exit__(None, None, None)


def echo(runner: SshRunner) -> bytes:
    runner.open()
    return runner.run(Command(("echo", "a b"), "/bin/echo", {"PATH": "/usr/bin:/bin"}, PATIENCE)).stdout


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exec /usr/sbin/nologin", "This account is currently not available"),
        ("echo 'fatal: unrecognized command' >&2; exit 128", "fatal: unrecognized command"),
        (f"PATH=/nowhere exec /bin/bash -r -c {ORIGINAL}", "restricted"),
        ("exit 0", r"/bin/sh did not start\)$"),
        ("echo 'no shell for you'; exit 1", "no shell for you"),
        ("exit 255", "lost again and again"),
        ("echo 'go away' >&2; kill -9 $$", "lost again and again.*go away"),
        (f"head -n 1 >/dev/null; exec /bin/sh -c {ORIGINAL}", "/bin/sh did not start"),  # rc that reads
    ],
)
def test_a_host_without_a_usable_shell(reach: Reach, script: str, said: str) -> None:
    with pytest.raises(HostUnreachable, match=rf"(?s)ssh://127\.0\.0\.1:\d+: .*{said}"):
        echo(reach(script))


def test_a_host_for_files_only(reach: Reach) -> None:
    with pytest.raises(HostUnreachable, match=r"ssh://127\.0\.0\.1:\d+: "):
        echo(reach(options="ForceCommand internal-sftp\nSubsystem sftp internal-sftp"))


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shell != "rbash"])  # which runs nothing
def test_noise_is_no_answer(reach: Reach, shell: str) -> None:
    program = shutil.which(shell)
    assert echo(reach(f"{NOISE}; exec {program} -c {ORIGINAL}")) == b"a b\n"


@pytest.mark.parametrize("path", ["", "/nowhere", "relative:"])
def test_a_login_whose_path_has_no_tools(reach: Reach, path: str) -> None:
    runner = reach(options="", script=f"PATH={path} exec /bin/sh -c {ORIGINAL}")
    host = SshHost(runner, ":", {})
    assert host.environ["PATH"] == path
    assert host.read_file("/etc/passwd", 5) == b"root:"
    assert host.which("sh", "/bin") == "/bin/sh"
    assert host.resolve("/proc/self/../self/..") == "/proc"
    assert not host.is_running("0123456789abcdef" * 2)


@pytest.mark.parametrize("more", ["", ";", " # why", "; set -eu", "; false", " && cd /"])
def test_setups(reach: Reach, more: str) -> None:
    assert SshHost(reach(), f"export FOUND='a b'{more}", {}).environ["FOUND"] == "a b"


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        (". /nowhere/settings.sh", "/nowhere/settings.sh"),
        ("exit 3", "it said nothing"),
        ("export 'A", "[Uu]nterminated|unexpected"),
        ("exec true", "it said nothing"),
    ],
)
def test_a_setup_that_ends_the_shell(reach: Reach, setup: str, said: str) -> None:
    with pytest.raises(DrmsInitException, match=rf"(?s)ended the shell of ssh://127\.0\.0\.1:\d+.*{said}"):
        SshHost(reach(), setup, {})


def test_a_setup_that_does_not_end(reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module system that waits for a licence server: what is to be mended is the setup, and it is named."""
    monkeypatch.setattr(host, "COMMAND_SECONDS", 2.0)
    with pytest.raises(DrmsInitException, match=r"did not end on ssh:.*waiting"):
        SshHost(reach(), "echo waiting >&2; sleep 600", {})


def test_a_setup_that_prints_and_reads(reach: Reach) -> None:
    host = SshHost(reach(), "echo noise; cat; export FOUND=x", {})
    assert host.environ["FOUND"] == "x"


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shell != "rbash"])
def test_what_a_login_shell_sets_is_found(reach: Reach, short_path: Path, shell: str) -> None:
    program, tools = shutil.which(shell), short_path / "tools"
    tools.mkdir()
    (tools / "qsub").write_text("#!/bin/sh\n")
    (tools / "qsub").chmod(0o755)
    runner = reach(f"PATH=/nowhere SHELL={program} exec {program} -c {ORIGINAL}")
    home = short_path / "odd" / "home"
    sh = f'echo noise; export PATH="$PATH:{tools}" TWO="a\nb"\n'
    for name in (".profile", ".zprofile", ".bash_profile"):
        (home / name).write_text(sh)
    (home / ".login").write_text(f'echo noise\nsetenv PATH "$PATH":{tools}\nsetenv TWO "a\\\nb"\n')
    (home / ".config" / "fish").mkdir(parents=True)
    (home / ".config" / "fish" / "config.fish").write_text(
        f'echo noise\nif status is-login\nset -x PATH $PATH {tools}\nset -x TWO "a\nb"\nend\n'
    )
    host = SshHost(runner, "", {})
    assert host.found_by == "what a login shell sets"
    assert str(tools) in host.environ["PATH"].split(":")
    assert host.environ["TWO"] == "a\nb"


@pytest.mark.parametrize("kind", ["a binary", "the wrapper of Debian"])
def test_commands_without_a_cell_are_not_enough(reach: Reach, short_path: Path, kind: str) -> None:
    """qsub is on PATH, but SGE_ROOT is what a login shell sets."""
    tools, root = short_path / "tools", short_path / "root"
    tools.mkdir()
    (root / "default" / "common").mkdir(parents=True)
    (root / "default" / "common" / "act_qmaster").write_text("\n")
    binary = tools / "binary" / "qsub"
    binary.parent.mkdir()
    binary.write_bytes(b"\x7fELF")
    binary.chmod(0o755)
    if kind == "a binary":
        (tools / "qsub").symlink_to(binary)
    else:
        (tools / "qsub").write_text(
            f"#!/bin/sh\n# SGE Wrapper script\nDEFAULT_SGE_ROOT={root}\nDEFAULT_SGE_CELL=default\n"
            f'CONFIG_PATH={root}/none\nexec {binary.parent}/${{PROG}} "$@"\n'
        )
        (tools / "qsub").chmod(0o755)
    home = short_path / "odd" / "home"
    start = f"PATH={tools}:/bin:/usr/bin SHELL=/bin/sh exec /bin/sh -c {ORIGINAL}"
    cell = short_path / "cell" / "two" / "common"
    cell.mkdir(parents=True)
    (cell / "act_qmaster").write_text("host\n")
    runner = reach(start)

    def again() -> SshHost:
        runner.know_environment({})
        return SshHost(runner, "", {})

    assert again().found_by == ""
    (home / ".profile").write_text(f"export SGE_ROOT={short_path}/cell SGE_CELL=two PATH={tools}:$PATH\n")
    found = again()
    assert found.found_by == "what a login shell sets"
    assert (found.environ["SGE_ROOT"], found.environ["SGE_CELL"]) == (f"{short_path}/cell", "two")
    (root / "default" / "common" / "act_qmaster").write_text("host\n")
    assert (again().found_by == "") == (kind != "a binary")


def test_files_that_are_read_together(reach: Reach, short_path: Path) -> None:
    host = SshHost(reach(NOISE + "; exec /bin/sh -c " + ORIGINAL), "", {})
    texts = {"plain": b"-l a=1\n", "open end": b"x", "empty": b"", "odd\nname": b"\n\xff 0\n\n"}
    for name, text in texts.items():
        (short_path / name).write_bytes(text)
    paths = [str(short_path / name) for name in [*texts, "missing", "odd"]]
    trips = host.runner.trips
    host.foresee(paths)
    assert {name: host.read_file(str(short_path / name)) for name in texts} == texts
    with pytest.raises(FileNotFoundError):
        host.read_file(str(short_path / "missing"))
    with pytest.raises(IsADirectoryError):
        host.read_file(str(short_path / "odd"))
    host.foresee(paths)
    assert host.runner.trips - trips == 1
    (short_path / "other").write_text("new")
    host.foresee([*paths, str(short_path / "other")])
    assert host.read_file(str(short_path / "other")) == b"new"
    assert host.runner.trips - trips == 2
