"""Files and directories to a submit host and back, this one or one behind a login: whole, or not at all."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from drmaa_cli.errors import DrmCommunicationException, InvalidArgumentException
from drmaa_cli.session import transfers
from drmaa_cli.system.host import Host, LocalHost
from drmaa_cli.system.runner import HostUnreachable
from drmaa_cli.system.ssh import transfer as over_ssh
from drmaa_cli.system.ssh.host import SshHost
from drmaa_cli.system.transfer import STAGE, Transferred
from tests.patience import PATIENCE
from tests.ssh.conftest import MakeRunner
from tests.ssh.relay import Relay, Way, relay_to
from tests.ssh.server import SshServer
from tests.tables import each_row

pytestmark = pytest.mark.slow

ODD_NAMES = [
    "with blank",
    "-rf",
    "two\nlines",
    "ends\n",
    "'$HOME\"`x`",
    "\udcff\udcfe",
    "*",
    "..x",
    "é" * 120,
]


@pytest.fixture
def ssh_host(server: SshServer, runner_of: MakeRunner) -> SshHost:
    return SshHost(runner_of(server), "", {})


@pytest.fixture(params=["here", "over ssh"])
def host(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """This host as a submit host, and one behind a login whose files are the same."""
    monkeypatch.chdir(tmp_path)
    if request.param == "here":
        yield LocalHost()
    else:
        yield SshHost(request.getfixturevalue("kept_runner"), "", {})
    assert list(tmp_path.rglob(f"{STAGE}*")) == []


def tree(top: Path) -> dict[str, tuple[object, ...]]:
    """What a directory holds: mode, time, and contents or where a link leads."""
    found: dict[str, tuple[object, ...]] = {}
    for path in [top, *top.rglob("*")]:
        about = path.lstat()
        what: object = None
        if path.is_symlink():
            found[str(path.relative_to(top))] = ("link", str(path.readlink()))
            continue
        if path.is_file():
            what = path.read_bytes()
        found[str(path.relative_to(top))] = (stat.S_IMODE(about.st_mode), int(about.st_mtime), what)
    return found


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A directory with all that a directory can have."""
    top = tmp_path / "sample"
    (top / "sub" / "deep").mkdir(parents=True)
    for name in ODD_NAMES:
        (top / "sub" / name).write_text(ascii(name))
    (top / "empty").touch()
    (top / "big").write_bytes(os.urandom(300_000))
    (top / "run.sh").write_text("#!/bin/sh\n")
    (top / "run.sh").chmod(0o755)
    (top / "link").symlink_to("big")
    (top / "dangling").symlink_to("/nowhere/else")
    (top / "to folder").symlink_to("sub")
    os.utime(top / "run.sh", (1e9, 1e9))
    (top / "sub" / "deep").chmod(0o555)
    os.utime(top / "sub", (1.1e9, 1.1e9))
    return top


def test_a_directory_there_and_back(host: Host, sample: Path, tmp_path: Path) -> None:
    transfers.put(host, sample, tmp_path / "there", None)
    assert tree(tmp_path / "there") == tree(sample)
    transfers.get(host, tmp_path / "there", tmp_path / "back", None)
    assert tree(tmp_path / "back") == tree(sample)


@each_row("name", ODD_NAMES)
def test_names(host: Host, tmp_path: Path, name: str) -> None:
    source = tmp_path / "from"
    source.mkdir()
    (source / name).write_bytes(b"\0what\xff")
    (tmp_path / "there").mkdir()
    transfers.put(host, source / name, f"{tmp_path}/there/", None)
    assert (tmp_path / "there" / name).read_bytes() == b"\0what\xff"
    transfers.get(host, tmp_path / "there" / name, f"{tmp_path}/", None)
    assert (tmp_path / name).read_bytes() == b"\0what\xff"


def test_a_name_relative_to_the_home_directory(ssh_host: SshHost, server: SshServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    transfers.put(ssh_host, tmp_path / "file", "-name", None)
    place = Path(ssh_host.directory, "-name")
    try:
        transfers.get(ssh_host, "-name", tmp_path / "back", None)
    finally:
        place.unlink()
    assert (tmp_path / "back").read_text() == "x"


def test_a_file_takes_the_place_of_another(host: Host, tmp_path: Path) -> None:
    for name in ("new", "old", "older"):
        (tmp_path / name).write_text(name)
    (tmp_path / "new").chmod(0o4751)
    transfers.put(host, tmp_path / "new", tmp_path / "old", None)
    assert (tmp_path / "old").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o751
    transfers.get(host, tmp_path / "new", tmp_path / "older", None)
    assert (tmp_path / "older").read_text() == "new"


def test_a_link_is_followed_where_it_is_named(host: Host, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    transfers.put(host, tmp_path / "link", tmp_path / "there", None)
    transfers.get(host, tmp_path / "link", tmp_path / "here", None)
    assert not (tmp_path / "there").is_symlink()
    assert not (tmp_path / "here").is_symlink()
    assert (tmp_path / "there").read_text() == (tmp_path / "here").read_text() == "x"


@each_row(
    "way, source, place, number, named",
    [
        (way, *row)
        for way in ("put", "get")
        for row in (
            ("missing", "x", errno.ENOENT, "missing"),
            ("file", "missing/x", errno.ENOENT, "missing"),
            ("file", "folder", errno.EISDIR, "folder"),
            ("folder", "folder", errno.EISDIR, "folder"),
            ("folder", "file", errno.ENOTDIR, "file"),
            ("file/x", "x", errno.ENOTDIR, "file/x"),
            ("fifo", "x", errno.EINVAL, "fifo"),
            ("file", "fifo", errno.EINVAL, "fifo"),
            ("folder", "fifo", errno.EINVAL, "fifo"),
        )
    ],
)
def test_what_cannot_be(
    host: Host, tmp_path: Path, way: str, source: str, place: str, number: int, named: str
) -> None:
    (tmp_path / "file").write_text("as it was")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_text("as it was")
    os.mkfifo(tmp_path / "fifo")
    before = tree(tmp_path)
    with pytest.raises(OSError) as failed:  # noqa: PT011  # its number is looked at
        getattr(transfers, way)(host, tmp_path / source, tmp_path / place, None)
    if (source, way) == ("file/x", "get") and not isinstance(host, LocalHost):
        number = errno.ENOENT  # its shell sees no more than that there is no such file
    assert failed.value.errno == number
    assert f"{tmp_path}/{named}" in str(failed.value)
    assert {name: what[2:] for name, what in tree(tmp_path).items()} == {
        name: what[2:] for name, what in before.items()
    }


@pytest.mark.parametrize("bad", ["", "a\0b", 7, None])
def test_no_paths(bad: object) -> None:
    with pytest.raises(InvalidArgumentException):
        transfers.put(LocalHost(), bad, "x", None)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentException):
        transfers.get(LocalHost(), "x", bad, None)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentException, match="has none"):
        transfers.get(LocalHost(), "/", "here/", None)
    with pytest.raises(InvalidArgumentException, match="progress"):
        transfers.put(LocalHost(), "x", "y", "yes")  # type: ignore[arg-type]


def test_progress(host: Host, sample: Path, tmp_path: Path) -> None:
    told: list[Transferred] = []
    size = sum(path.stat().st_size for path in sample.rglob("*") if path.is_file() and not path.is_symlink())
    transfers.put(host, sample, tmp_path / "there", told.append)
    first = len(told)
    transfers.get(host, sample, tmp_path / "back", told.append)
    for part in (told[:first], told[first:]):
        assert {one.total for one in part} == {size}
        assert [one.done for one in part] == sorted(one.done for one in part)
        assert part[-1].done == size
        assert {one.path.removeprefix("./") for one in part} >= {"big", "empty", "sub/-rf"}


def test_who_watches_may_stop_it(host: Host, sample: Path, tmp_path: Path) -> None:
    def stop(_: Transferred) -> None:
        raise KeyboardInterrupt

    for way in (transfers.put, transfers.get):
        with pytest.raises(KeyboardInterrupt):
            way(host, sample, tmp_path / "there", stop)
        assert not (tmp_path / "there").exists()
    until_clean(tmp_path)


def until_clean(folder: Path) -> None:
    """The other side sees the end a moment later."""
    limit = time.monotonic() + PATIENCE
    while list(folder.rglob(f"{STAGE}*")):
        assert time.monotonic() < limit
        time.sleep(0.02)


BAR = """
import sys
from drmaa_cli.session import transfers
from drmaa_cli.system.host import LocalHost
transfers.put(LocalHost(), sys.argv[1], sys.argv[2], True)
"""


def test_a_bar_on_a_terminal(tmp_path: Path) -> None:
    import subprocess  # noqa: PLC0415  # this test alone
    import sys  # noqa: PLC0415

    (tmp_path / "big [red]").write_bytes(bytes(10_000))
    words = ["-c", BAR, str(tmp_path / "big [red]"), str(tmp_path / "there")]
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    child = pexpect.spawn(sys.executable, words, env=env, timeout=PATIENCE, encoding="utf-8")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    assert "big [red]" in child.before
    assert "10.0/10.0 kB" in child.before
    done = subprocess.run([sys.executable, *words], env=env, capture_output=True, check=True)
    assert done.stdout + done.stderr == b""


# --- over ssh alone ----------------------------------------------------------------------------------------


@pytest.fixture
def between(server: SshServer) -> Iterator[Relay]:
    with relay_to(server.port) as made:
        server.config.write_text(server.config.read_text() + f"HostKeyAlias [127.0.0.1]:{server.port}\n")
        yield made


@pytest.fixture
def far_host(server: SshServer, between: Relay, runner_of: MakeRunner) -> SshHost:
    return SshHost(runner_of(server, contact=f"ssh://127.0.0.1:{between.port}"), "", {})


@pytest.mark.parametrize("count", [3_000, 40_000, 150_000, 290_000])
def test_a_connection_that_is_cut(
    far_host: SshHost, between: Relay, sample: Path, tmp_path: Path, count: int
) -> None:
    (sample / "sub" / "deep").chmod(0o755)
    between.cut_after(Way.TO_SERVER, count)
    transfers.put(far_host, sample, tmp_path / "there", None)
    assert tree(tmp_path / "there") == tree(sample)
    between.cut_after(Way.TO_CLIENT, count)
    transfers.get(far_host, sample, tmp_path / "back", None)
    assert tree(tmp_path / "back") == tree(sample)
    between.cut_after(Way.TO_CLIENT, count)
    transfers.get(far_host, sample / "big", tmp_path / "file", None)
    assert (tmp_path / "file").read_bytes() == (sample / "big").read_bytes()
    until_clean(tmp_path)


def test_a_server_that_goes_away(
    far_host: SshHost, between: Relay, server: SshServer, sample: Path, tmp_path: Path
) -> None:
    stopped = threading.Event()

    def stop(_: Transferred) -> None:
        if not stopped.is_set():
            stopped.set()
            server.stop()

    with pytest.raises(HostUnreachable, match=r"127\.0\.0\.1"):
        far_host.put(sample, str(tmp_path / "there"), stop)
    assert not (tmp_path / "there").exists()
    until_clean(tmp_path)


def with_tool(server: SshServer, name: str, text: str) -> None:
    """A tool of the host that does something else."""
    folder = server.home / "bin"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def odd_host(
    server: SshServer, ssh_host: SshHost, monkeypatch: pytest.MonkeyPatch
) -> tuple[SshServer, SshHost]:
    """A host on whose PATH tools of the test come first."""
    for name in ("_PUT", "_GET"):
        script = getattr(over_ssh, name)
        monkeypatch.setattr(over_ssh, name, f'PATH="{server.home}/bin:$PATH"; {script}')
    return server, ssh_host


@each_row(
    "said, number",
    [
        # GNU tar 1.34; the first on a tmpfs of 64 kB
        ("tar: big: Wrote only 4608 of 10240 bytes", errno.ENOSPC),
        ("tar: x: Cannot write: No space left on device", errno.ENOSPC),
        ("tar: x: Cannot mkdir: Permission denied", errno.EACCES),
        ("tar: x: Cannot open: Disk quota exceeded", errno.EDQUOT),
        ("tar: x: Cannot open: Read-only file system", errno.EROFS),
        ("tar: something nobody has heard of", errno.EIO),
    ],
)
def test_what_the_host_says(
    odd_host: tuple[SshServer, SshHost], sample: Path, tmp_path: Path, said: str, number: int
) -> None:
    server, there = odd_host
    with_tool(server, "tar", f"cat >/dev/null; printf '%s\\n' '{said}' >&2; exit 2")
    with pytest.raises(OSError) as failed:  # noqa: PT011  # its number is looked at
        transfers.put(there, sample, tmp_path / "there", None)
    assert failed.value.errno == number
    assert "there on 127.0.0.1" in str(failed.value).replace("ssh://", "")
    if number == errno.EIO:
        assert said in str(failed.value)
    assert not (tmp_path / "there").exists()


def test_an_archive_that_ends_early(
    odd_host: tuple[SshServer, SshHost], sample: Path, tmp_path: Path
) -> None:
    server, there = odd_host
    with_tool(server, "tar", 'head -c 5000 | /usr/bin/tar "$@" 2>/dev/null; cat >/dev/null; exit 0')
    with pytest.raises(DrmCommunicationException, match="again and again"):
        transfers.put(there, sample, tmp_path / "there", None)
    with_tool(server, "tar", '/usr/bin/tar "$@" | head -c 20000')
    with pytest.raises(OSError, match="cut off"):
        transfers.get(there, sample, tmp_path / "there", None)
    assert not (tmp_path / "there").exists()


def test_files_that_change_meanwhile(
    odd_host: tuple[SshServer, SshHost], sample: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server, there = odd_host
    with_tool(server, "tar", '/usr/bin/tar "$@"; echo "tar: ./big: file changed as we read it" >&2; exit 1')
    transfers.get(there, sample, tmp_path / "there", None)
    assert tree(tmp_path / "there") == tree(sample)
    assert "file changed as we read it" in caplog.text


def test_a_noisy_login_shell(server: SshServer, runner_of: MakeRunner, sample: Path, tmp_path: Path) -> None:
    (server.home / ".bashrc").write_text("echo 'quota: 97 percent'; echo warned >&2\n")
    there = SshHost(runner_of(server), "", {})
    transfers.put(there, sample, tmp_path / "there", None)
    transfers.get(there, sample / "big", tmp_path / "big", None)
    assert tree(tmp_path / "there") == tree(sample)
    assert (tmp_path / "big").read_bytes() == (sample / "big").read_bytes()


def test_all_sessions_of_the_connection_are_in_use(
    short_path: Path, runner_of: MakeRunner, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.ssh.server import running_server  # noqa: PLC0415  # with options of its own

    with running_server(short_path / "few", "MaxSessions 1") as server:
        there = SshHost(runner_of(server), "", {})
        crew = [
            threading.Thread(target=there.put, args=(sample / "big", str(tmp_path / str(number)), None))
            for number in range(4)
        ]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join(PATIENCE)
    assert [(tmp_path / str(number)).stat().st_size for number in range(4)] == [300_000] * 4
