"""The guard of conftest.py is tested too: a test cannot reach the user's home, tools or network."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import fake_sge
from tests import homes
from tests.conftest import CACHE, GUARD_EXIT, GUARDED_TOOLS, longest_first
from tests.tables import each_row


def test_home_is_not_the_users() -> None:
    users_home = pwd.getpwuid(os.getuid()).pw_dir
    assert Path.home() != Path(users_home)
    assert not list(Path.home().iterdir())
    for name, value in os.environ.items():
        if name.startswith("XDG_"):
            assert value.startswith((str(Path.home()), os.environ[CACHE])), name
            assert not value.startswith(users_home), name


@each_row("tool", GUARDED_TOOLS)
def test_tools_on_path_refuse(tool: str) -> None:
    result = subprocess.run([tool, "x"], capture_output=True, text=True, check=False)
    assert result.returncode == GUARD_EXIT
    assert f"machine's own {tool}" in result.stderr


def test_no_cell_in_the_environment() -> None:
    assert not [name for name in os.environ if name.startswith("SGE_")]


def test_network_is_refused() -> None:
    with socket.socket() as client, pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        client.connect(("192.0.2.1", 80))


def test_local_sockets_work() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())
        accepted, _ = server.accept()
        accepted.close()


def test_jobs_of_a_fake_cell_do_not_write_to_the_users_home() -> None:
    with fake_sge.Cell(login_shells=False) as cell:
        script = b'[ "$PWD" = "$HOME" ] && touch guarded'
        done = cell.run("qsub", "-sync", "y", cwd="/", stdin=script)
        assert done.returncode == 0, done.stderr
    assert not (homes.users_home() / "guarded").exists()


def test_what_appears_in_the_users_home_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "there.before").touch()
    watch = homes.nothing_appears(tmp_path)
    next(watch)
    (tmp_path / "there.before").unlink()
    (tmp_path / "sleep.o1").touch()
    with pytest.raises(pytest.fail.Exception, match=rf"{tmp_path} got sleep\.o1: give its jobs -o"):
        next(watch)
    watch = homes.nothing_appears(tmp_path)
    next(watch)
    with pytest.raises(StopIteration):
        next(watch)


class Item(NamedTuple):
    """As much of a test as its place depends on."""

    name: str

    def get_closest_marker(self, name: str) -> bool:
        return self.name.startswith(name)


@each_row("workers", [1, 2, 3, 4, 7])
def test_every_worker_begins_with_its_share_of_the_longest(workers: int) -> None:
    items: list[Any] = [Item(f"{'long' if at % 10 == 7 else 'short'} {at}") for at in range(53)]
    ordered = [item.name for item in longest_first(items, workers)]
    assert sorted(ordered) == sorted(item.name for item in items)
    assert [name for name in ordered if name < "m"] == [
        f"long {at}" for worker in range(workers) for at in range(7, 53, 10)[worker::workers]
    ]
    at = 0
    for worker in range(workers):  # as pytest-xdist's worksteal deals them out
        size = (len(items) - at) // (workers - worker)
        begun_with = [name for name in ordered[at : at + size] if name < "m"]
        assert ordered[at : at + len(begun_with)] == begun_with
        assert len(begun_with) == len(range(worker, 5, workers))
        at += size
