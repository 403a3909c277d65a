"""The qmaster goes on when its execution daemon dies, and when something it has to do fails unexpectedly."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge import Cell
from fake_sge.layout import Layout
from fake_sge.model import JobSpec, JobType, Simulation
from fake_sge.options import CellOptions, make_config
from fake_sge.qmaster import execd as qmaster_execd
from fake_sge.qmaster.daemon import run
from fake_sge.qmaster.execd import Execd
from fake_sge.qmaster.qmaster import Qmaster
from fake_sge.qmaster.server import Server
from fake_sge.wire import connect, frame

from .kit import ended, execd_of, state, wait_for
from .kit import quick as submit
from .pure import PureCell


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[Cell]:
    with Cell(tmp_path / "cell") as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("next_command", ["qsub", "qdel", "none"])
def test_orders_in_the_pipe_of_a_killed_execd_are_given_again(
    cell: Cell, tmp_path: Path, next_command: str
) -> None:
    wait_for(lambda: execd_of(cell))
    pid = execd_of(cell)
    os.kill(pid, signal.SIGSTOP)
    lost = submit(cell, tmp_path, "sleep", "600" if next_command == "qdel" else "0")
    wait_for(lambda: state(cell, lost) == "t")
    os.kill(pid, signal.SIGKILL)
    if next_command == "qsub":
        assert ended(cell, submit(cell, tmp_path, "true"))[11:13] == ["0", "0"]
    elif next_command == "qdel":
        assert cell.run("qdel", str(lost)).returncode == 0
    assert ended(cell, lost)[11:13] == (["100", "137"] if next_command == "qdel" else ["0", "0"])
    wait_for(lambda: execd_of(cell) not in (0, pid))
    assert b"execd has died (exit code -9): it is started again" in cell.layout.log.read_bytes()


@pytest.mark.parametrize(
    ("words", "letters"),
    [(("qdel",), ""), (("qmod", "-sj"), "s"), (("qmod", "-sq", "all.q"), "S")],
    ids=["qdel", "qmod -sj", "qmod -sq"],
)
def test_what_is_asked_of_a_job_on_its_way_is_done_when_it_runs(
    cell: Cell, tmp_path: Path, words: tuple[str, ...], letters: str
) -> None:
    """However late its shepherd is."""
    wait_for(lambda: execd_of(cell))
    os.kill(execd_of(cell), signal.SIGSTOP)
    number = submit(cell, tmp_path, "sleep", "600")
    wait_for(lambda: state(cell, number) == "t")
    assert cell.run(*words, *([] if "all.q" in words else [str(number)])).returncode == 0
    os.kill(execd_of(cell), signal.SIGCONT)
    if letters:
        shepherd = cell.layout.active_job("localhost", number, 1) / "pid"
        wait_for(shepherd.exists)
        wait_for(lambda: _are_stopped(int(shepherd.read_text().split()[0])))
        assert state(cell, number) == letters
    else:
        assert ended(cell, number)[11:13] == ["100", "137"]


def _are_stopped(shepherd: int) -> bool:
    """Whether it has a job, whose processes are stopped."""
    jobs = Path(f"/proc/{shepherd}/task/{shepherd}/children").read_text().split()
    stats = [Path(f"/proc/{pid}/stat").read_text() for pid in jobs]
    return bool(stats) and all(stat.rpartition(")")[2].split()[0] == "T" for stat in stats)


@pytest.mark.slow
def test_tasks_that_run_when_execd_dies_go_on_once(cell: Cell, tmp_path: Path) -> None:
    number = submit(cell, tmp_path, "sh", "-c", "echo begun; while [ ! -e go ]; do sleep 0.02; done; exit 4")
    wait_for(lambda: state(cell, number) == "r")
    pid = execd_of(cell)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: execd_of(cell) not in (0, pid))
    (tmp_path / "go").touch()
    assert ended(cell, number)[11:13] == ["0", "4"]
    assert (tmp_path / "out").read_text() == "begun\n"


def test_an_execd_that_dies_before_it_reads_an_order_is_no_error_of_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = f"exec <&-; while [ ! -e {tmp_path}/end ]; do sleep 0.02; done"
    monkeypatch.setattr(qmaster_execd, "command", lambda *_: ["sh", "-c", deaf])
    layout = Layout(tmp_path)
    layout.make(os.getuid())
    options = CellOptions()
    config = make_config(options, str(layout.tmp), str(layout.execd), "root")
    execd = Execd(layout, options, "6444")
    job = PureCell(tmp_path / "pure").submit(1, "-b", "y", "true")
    execd.start()
    execd.orders_lost = False
    try:
        while not execd.orders_lost:  # until the process has closed its end
            execd.order(config, job, job.tasks[1])
    finally:
        (tmp_path / "end").touch()
        execd.stop()


@pytest.mark.slow
def test_what_fails_unexpectedly_is_told_and_done_when_it_can_be(cell: Cell, tmp_path: Path) -> None:
    assert cell.status().problem == ""
    away = cell.layout.reports.with_name("away")
    cell.layout.reports.rename(away)
    wait_for(lambda: cell.status().problem)
    assert cell.status().problem.startswith("look: FileNotFoundError: ")
    assert str(cell.layout.reports) in cell.status().problem
    away.rename(cell.layout.reports)
    wait_for(lambda: cell.status().problem == "")
    assert ended(cell, submit(cell, tmp_path, "true"))[11:13] == ["0", "0"]
    assert cell.layout.log.read_bytes().count(b"ERROR look: ") == 1


def test_a_scheduler_run_that_fails_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout(tmp_path)
    layout.make(os.getuid())
    qmaster = Qmaster(layout, CellOptions(), "6444")
    apply = qmaster.engine.apply
    runs = []

    def fails_once(name: str, now: float, *args: object) -> object:
        if name == "schedule":
            runs.append(now)
            if len(runs) == 1:
                raise ZeroDivisionError("injected")
        return apply(name, now, *args)

    monkeypatch.setattr(qmaster.engine, "apply", fails_once)
    simulated = Simulation(run_time=1e6)
    spec = JobSpec("j", "root", 0, "root", 0, "localhost", "true", job_type=JobType.BINARY)
    with qmaster.lock:
        assert qmaster.apply("submit", spec._replace(simulation=simulated)).number == 1
        while not runs:
            qmaster.tick()
            qmaster.changed.wait(0.01)
    assert qmaster.problems == {"tick": "tick: ZeroDivisionError: injected"}
    thread = threading.Thread(target=run, args=(qmaster,))
    thread.start()
    try:
        wait_for(lambda: len(runs) > 1 and not qmaster.problems)
        assert thread.is_alive()
    finally:
        with qmaster.lock:
            qmaster.stopping = True
            qmaster.changed.notify_all()
        thread.join()


@pytest.mark.slow
def test_a_client_waits_while_the_qmaster_can_open_no_more_files(cell: Cell) -> None:
    pid = cell.qmaster_pid
    assert pid is not None
    assert cell.run("qstat").returncode == 0  # what it needs is loaded
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))
    idle = connect(os.fsencode(cell.layout.socket.parent))  # takes what was set aside for the next one
    wait_for(lambda: b"cannot take a connection: Too many open files" in cell.layout.log.read_bytes())
    process = subprocess.Popen([cell.path / "qstat"], env=cell.env)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    assert process.wait() == 0
    idle.close()


def test_a_qmaster_that_has_come_to_its_end_gives_no_answer(tmp_path: Path) -> None:
    """A command that gets its turn after the journal was closed: as with a real one its connection ends."""
    layout = Layout(tmp_path)
    layout.make(os.getuid())
    qmaster = Qmaster(layout, CellOptions(), "6444")
    qmaster.store.close()
    server = Server(qmaster, lambda *_: None)
    server.listen()
    given = {"SGE_ROOT": str(layout.root), "SGE_CELL": "default", "SGE_QMASTER_PORT": "6444", "HOME": "/"}
    variables = [f"{name}={value}".encode() for name, value in given.items()]
    words = (b"qsub", b"-b", b"y", b"true")
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(layout.socket))
            line.sendall(frame(b"R", b"\0".join((b"/", b"18", b"0", b"%d" % len(words), *words, *variables))))
            assert line.recv(1000) == b""
    finally:
        server.close()
    assert qmaster.engine.state.jobs == {}
