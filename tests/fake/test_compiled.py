"""The compiled client: by whom it is made, where it is kept, and whom it is believed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fake_sge import compiled
from fake_sge.cell import Cell
from fake_sge.layout import TOOLS
from tests import tables
from tests.conftest import CACHE

from .clients import MAGIC, client_of, require_compiler
from .kit import wait_for

STRICT = ("-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror", "-pedantic")
SLOW = """#!/bin/sh
[ -e {begun} ] || {{ : > {begun}; read word < {go}; }}
{compiling}
"""
COUNTING = """#!/bin/sh
echo call >> {calls}
{compiling}
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; what fake_sge keeps in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "fake_sge"


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A line for each call of the compiler."""
    path = tmp_path / "calls"
    compiler(tmp_path, monkeypatch, COUNTING.format(calls=path, compiling=copying()))
    return path


def copying() -> str:
    """What makes the client as a compiler does, of the one that this test run has made at its begin."""
    require_compiler()
    return f'exec cp {Path(os.environ[CACHE], "fake_sge", compiled.place().name)} "$3"'


class Slow:
    """A compiler of which the first call waits until it may go on."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.pipe = tmp_path / "begun", tmp_path / "go"
        os.mkfifo(self.pipe)
        text = SLOW.format(begun=self.begun, go=self.pipe, compiling=copying())
        compiler(tmp_path, monkeypatch, text)

    def wait(self) -> None:
        """Until it was called."""
        wait_for(self.begun.exists)

    def go(self) -> None:
        """Let it go on."""
        self.pipe.write_text("on\n")


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slow:
    return Slow(tmp_path, monkeypatch)


def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Have a script in place of the C compiler."""
    program = tmp_path / "compilers" / "cc"
    program.parent.mkdir()
    program.write_text(text)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


def test_the_source_compiles_without_a_warning(tmp_path: Path) -> None:
    command = [
        require_compiler(),
        *STRICT,
        *compiled.FLAGS,
        "-o",
        str(tmp_path / "client"),
        str(compiled.SOURCE),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    alone = subprocess.run([tmp_path / "client"], capture_output=True, check=False)
    assert alone.returncode == compiled.WORKS


def test_it_is_made_once(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = tmp_path / "calls"
    compiling = f'exec {require_compiler()} "$@"'
    compiler(tmp_path, monkeypatch, COUNTING.format(calls=calls, compiling=compiling))
    assert compiled.found() is None
    assert compiled.is_wanted()
    path = compiled.make()
    assert path is not None
    assert path == compiled.make() == compiled.found()
    assert path.read_bytes()[:4] == MAGIC
    assert sorted(item.name for item in cache.iterdir()) == sorted([path.name, "lock"])
    assert calls.read_text() == "call\n"


@pytest.mark.slow
def test_several_processes_make_it_once(cache: Path, calls: Path) -> None:
    program = "from fake_sge import compiled; assert compiled.make() == compiled.found() != None"
    crew = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(6)]
    assert [process.wait() for process in crew] == [0] * 6
    assert calls.read_text() == "call\n"
    assert len(list(cache.iterdir())) == 2


def test_what_a_killed_compiler_left_is_no_obstacle(cache: Path, calls: Path) -> None:
    part = cache / f"{compiled.place().name}.part"
    cache.mkdir(parents=True)
    part.write_text("half")
    assert compiled.make() == compiled.found() is not None
    assert not part.exists()


def test_a_compiler_that_outlives_its_maker_keeps_the_others_waiting(cache: Path, slow: Slow) -> None:
    maker = subprocess.Popen([sys.executable, "-c", "from fake_sge import compiled; compiled.make()"])
    slow.wait()
    maker.kill()
    maker.wait()
    other = threading.Thread(target=compiled.make)
    other.start()
    other.join(0.2)
    assert other.is_alive()
    slow.go()
    other.join(120)
    assert compiled.found() is not None


@pytest.mark.parametrize("what", ["folder", tables.slow("file")])
@pytest.mark.parametrize("mode", [0o775, tables.slow(0o757)])
def test_what_others_can_change_is_not_believed(cache: Path, calls: Path, what: str, mode: int) -> None:
    path = compiled.make()
    assert path is not None
    (path if what == "file" else cache).chmod(mode)
    assert compiled.found() is None
    if what == "file":
        assert compiled.make() == compiled.found() is not None  # another in its place
    else:
        assert not compiled.is_wanted()
        with pytest.raises(compiled.NoCache, match="in this user's hands"):
            compiled.make()


def test_what_others_have_put_there_is_not_believed(
    cache: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compiled.make() == compiled.found() is not None
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert compiled.found() is None
    assert not compiled.is_wanted()


def test_root_makes_no_folder_in_the_home_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: Path
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert compiled.is_wanted()
    assert compiled.place().parent == tmp_path / ".cache" / "fake_sge"
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert not compiled.is_wanted()


def test_a_link_is_not_believed(cache: Path, calls: Path, tmp_path: Path) -> None:
    path = compiled.make()
    assert path is not None
    elsewhere = tmp_path / "elsewhere"
    path.replace(elsewhere)
    path.symlink_to(elsewhere)
    assert compiled.found() is None


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("#!/bin/sh\necho no header files\nexit 1\n", "exit code 1\nno header files\n"),
        ("#!/bin/sh\nprintf '#!/bin/sh\\nexit 0\\n' > $3\nchmod +x $3\n", ".part: exit code 0\n"),
        ("#!/bin/sh\nprintf 'not a program' > $3\nchmod +x $3\n", "Exec format error"),
        ("#!/bin/sh\n: > $3\n", "Permission denied"),
        ("#!/nosuch/sh\n", "No such file or directory"),
    ],
    ids=["fails", "makes something else", "for another machine", "no right to run it", "is broken"],
)
def test_a_compiler_that_fails_is_asked_once(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: str
) -> None:
    compiler(tmp_path, monkeypatch, script)
    assert compiled.make() is None
    assert compiled.found() is None
    (failure,) = cache.glob("*.failed")
    assert why in failure.read_text()
    assert not list(cache.glob("*.part"))
    assert not compiled.is_wanted()
    os.utime(failure, (time.time() - 4000, time.time() - 4000))
    assert compiled.is_wanted()
    made = Cell(tmp_path / "cell")
    made.create()
    assert client_of(made) == "python"


@pytest.mark.parametrize(
    "variables",
    [
        {"HOME": ""},
        {"HOME": "relative"},
        {"HOME": "/dev/null"},
        {"HOME": "/proc"},
        {"XDG_CACHE_HOME": "/dev/null"},
    ],
    ids=str,
)
@pytest.mark.slow
def test_without_a_place_the_client_stays_in_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with Cell(tmp_path / "cell") as made:
        assert made.run("qstat").returncode == 0
        assert client_of(made) == "python"


def test_without_a_compiler_nothing_is_made(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Cell(tmp_path / "cell") as made:
        assert made.run("qstat").returncode == 0
        assert client_of(made) == "python"
    assert not cache.exists()


@pytest.mark.slow
def test_a_cell_that_runs_gets_it_amid_its_commands(cache: Path, slow: Slow, tmp_path: Path) -> None:
    with Cell(tmp_path / "cell") as made:
        slow.wait()
        assert client_of(made) == "python"
        assert made.run("qselect").stdout == b"all.q@localhost\n"
        slow.go()
        while client_of(made) == "python":
            done = made.run("qselect")
            assert (done.returncode, done.stdout, done.stderr) == (0, b"all.q@localhost\n", b"")
        assert [made.run(tool, "-help").returncode for tool in TOOLS] == [0] * len(TOOLS)
    with Cell(tmp_path / "second") as made:
        assert client_of(made) == "compiled"


@pytest.mark.slow
def test_a_cell_that_is_soon_gone_leaves_it_for_the_next(cache: Path, slow: Slow) -> None:
    with Cell() as made:
        slow.wait()
    assert not made.directory.exists()
    assert compiled.found() is None
    slow.go()
    wait_for(compiled.found)
    assert not made.directory.exists()


def test_it_is_copied_where_it_cannot_be_linked(
    cache: Path, calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = compiled.make()
    assert path is not None

    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "program"
    target.write_text("#!/bin/sh\nexit 3\n")
    compiled.put(path, target)
    assert subprocess.run([target], capture_output=True, check=False).returncode == compiled.WORKS
    assert os.access(target, os.X_OK)
    assert {item.name for item in tmp_path.iterdir()} >= {"program", "cache"}
    assert not list(tmp_path.glob(".program*"))
    with pytest.raises(OSError, match="cp"):
        compiled.put(tmp_path / "nosuch", target)
    assert not list(tmp_path.glob(".program*"))


def test_it_is_put_in_its_own_place(cache: Path, calls: Path, tmp_path: Path) -> None:
    path = compiled.make()
    assert path is not None
    for _ in range(2):
        compiled.put(path, tmp_path / "program")  # the second time it is there already
    assert not list(tmp_path.glob(".program*"))
    assert path.stat().st_nlink == 2
