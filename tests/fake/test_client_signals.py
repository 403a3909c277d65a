"""Signals to the clients of the fake's commands, the compiled one and the one in Python: both do the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import fake_sge
from fake_sge.cell import Cell
from fake_sge.wire import frame

from .clients import StandIn, files_of_a_cell, stand_in  # noqa: F401  # the fixtures cell and qmaster


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", [("qsub", "-sync", "y"), ("qrsh", "true")], ids=" ".join)
def test_the_qmaster_is_told_of_the_first_signal_and_no_further_one_kills(
    cell: Cell, qmaster: StandIn, number: signal.Signals, words: tuple[str, ...]
) -> None:
    """Real cell: ``timeout 3 qsub -sync y ...`` sends two, and what comes is what comes after one."""
    with qmaster.start(*words) as command:
        qmaster.accept()
        _says_something(qmaster, command)
        command.send_signal(number)
        assert qmaster.receive() == (b"S", str(int(number)).encode())
        assert command.poll() is None
        command.send_signal(number)
        assert command.stdout is not None
        qmaster.send((b"o", b"ended"), (b"x", b"1 0"))
        assert command.stdout.read() == b"ended"
        assert command.wait() == 1


@pytest.mark.parametrize("words", [("qsub", "-sync", "y"), ("qrsh", "true")], ids=" ".join)
def test_a_signal_is_told_from_the_moment_on_when_the_qmaster_knows_of_the_call(
    cell: Cell, qmaster: StandIn, words: tuple[str, ...]
) -> None:
    """The job may run by then: if nobody were told, it would run on."""
    with qmaster.start(*words) as command:
        qmaster.accept()
        command.send_signal(signal.SIGINT)
        assert qmaster.receive() == (b"S", b"2")
        qmaster.send((b"x", b"1 0"))
        assert command.wait() == 1


UNINTERRUPTED = """
import signal, socket, sys, threading, time
from pathlib import Path
from fake_sge.client import client
from fake_sge.wire import frame

sys.argv[1:] = ["qsub"]
here, there = socket.socketpair()
there.settimeout(30)
state = Path(f"/proc/self/task/{threading.get_native_id()}/stat")

def qmaster():
    there.recv(100)
    while state.read_text().rpartition(") ")[2][0] != "S":
        time.sleep(0.01)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    try:
        print(there.recv(100))
    except OSError:
        print("not told")
    there.sendall(frame(b"x", b"1 0"))

threading.Thread(target=qmaster).start()
client._send(here, frame(b"R"), True)
print(client._converse(here, True))
"""


def test_a_signal_is_told_though_it_interrupts_no_waiting() -> None:
    """It came just before that, or, as here, another thread had it: rarely, it was told after the answer."""
    told = subprocess.run(
        [sys.executable, "-c", UNINTERRUPTED],
        env={**os.environ, "PYTHONPATH": str(Path(fake_sge.__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines() == [str(frame(b"S", b"2")), "(1, 0)"]


def test_a_signal_is_told_from_the_moment_on_when_the_qmaster_has_the_script(
    cell: Cell, qmaster: StandIn
) -> None:
    script = b"echo one\n" * 10_000
    with qmaster.start("qsub", "-sync", "y", stdin=subprocess.PIPE) as command:
        qmaster.accept()
        qmaster.send((b"i", b""))
        assert command.stdin is not None
        command.stdin.write(script)
        command.stdin.close()
        assert qmaster.receive() == (b"I", script)
        command.send_signal(signal.SIGINT)
        assert qmaster.receive() == (b"S", b"2")
        qmaster.send((b"x", b"1 0"))
        assert command.wait() == 1


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT])
def test_of_a_session_also_the_terminals_end_is_told(
    cell: Cell, qmaster: StandIn, number: signal.Signals
) -> None:
    with qmaster.start("qrsh", "true") as command:
        qmaster.accept()
        _says_something(qmaster, command)
        command.send_signal(number)
        assert qmaster.receive() == (b"S", str(int(number)).encode())
        qmaster.send((b"x", b"0 0"))
        assert command.wait() == 0


def test_qsub_waits_on_whatever_else_it_is_sent(cell: Cell, qmaster: StandIn) -> None:
    """As the real one: of each of them."""
    with qmaster.start("qsub", "-sync", "y", "true") as command:
        qmaster.accept()
        _says_something(qmaster, command)
        for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM):
            command.send_signal(number)
        qmaster.send((b"x", b"3 0"))
        assert command.wait() == 3


def _says_something(qmaster: StandIn, command: subprocess.Popen[bytes]) -> None:
    """Then it waits for the next word, and knows what to do with signals."""
    qmaster.send((b"o", b"."))
    assert command.stdout is not None
    assert os.read(command.stdout.fileno(), 1) == b"."


def test_the_qmaster_is_told_though_output_is_stuck(cell: Cell, qmaster: StandIn) -> None:
    with qmaster.start("qrsh", "yes") as command:
        qmaster.accept()
        _says_something(qmaster, command)
        qmaster.pour((b"o", b"y" * 400_000), (b"x", b"130 2"))
        command.send_signal(signal.SIGINT)
        assert qmaster.receive() == (b"S", b"2")
        assert command.communicate()[0] == b"y" * 400_000
        assert command.returncode == -signal.SIGINT


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_other_commands(cell: Cell, qmaster: StandIn, number: signal.Signals) -> None:
    with qmaster.start("qstat") as command:
        qmaster.accept()
        _says_something(qmaster, command)
        command.send_signal(number)
        assert command.wait() == -number


@pytest.mark.parametrize("words", [("qsub",), ("qsub", "-sync", "y")], ids=" ".join)
def test_a_signal_while_a_script_is_read_ends_it(
    cell: Cell, qmaster: StandIn, words: tuple[str, ...]
) -> None:
    reading, writing = os.pipe()
    with qmaster.start(*words, stdin=reading) as command:
        os.close(reading)
        qmaster.accept()
        qmaster.send((b"i", b""))
        os.write(writing, b"echo one\n" * 10_000)  # more than the pipe holds: it reads
        command.send_signal(signal.SIGINT)
        assert command.wait() == -signal.SIGINT
        os.close(writing)
        with pytest.raises(EOFError):
            qmaster.receive()
