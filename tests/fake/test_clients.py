"""The clients of the fake's commands, the compiled one and the one in Python: both do the same.

What becomes of output that nobody reads, and of closed standard files, was seen with the commands of a real
8.1.9: they ignore SIGPIPE and go on (``qsub -h -b y true | true`` submits, and its exit code is 0).
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from fake_sge.wire import connect, frame, receive
from tests.tables import slow

from .clients import (
    StandIn,
    cells_have,
    client_of,
    environment,
    files_of_a_cell,  # noqa: F401  # the fixture cell
    stand_in,  # noqa: F401  # the fixture qmaster
    through_shell,
    variables_of,
    words_of,
)
from .kit import wait_for

UNREACHABLE = (
    b"error: commlib error: got select error (Connection refused)\n"
    b'error: unable to send message to qmaster using port 6444 on host "localhost": got send error\n'
)
RAW = [b"qsub", b"", b"a b", b"\xff\xfe\n", "ä".encode(), b"-b", b"*"]


@pytest.fixture(params=["compiled", slow("python")])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cell]:
    with cells_have(request.param), Cell(tmp_path / "cell", login_shells=False) as made:
        assert client_of(made) == request.param
        yield made


# ---- the call ------------------------------------------------------------------------------------
def test_words_and_variables_arrive_as_bytes(cell: Cell, qmaster: StandIn, tmp_path: Path) -> None:
    place = os.fsencode(tmp_path) + b"/\xe4"
    Path(os.fsdecode(place)).mkdir()
    given = {
        os.fsencode(name): os.fsencode(value) for name, value in environment(cell, {"EMPTY": ""}).items()
    }
    given[b"\xfcber"] = b"=\xff="
    with qmaster.start(*RAW, env=given, cwd=place) as command:
        call = qmaster.accept()
        qmaster.send((b"x", b"0 0"))
        assert command.wait() == 0
    assert call.split(b"\0")[0] == place
    assert words_of(call) == RAW
    assert variables_of(call) == given


@pytest.mark.parametrize("coerced", [{}, {"LC_CTYPE": "C.UTF-8"}, {"LC_ALL": "C"}, {"LC_CTYPE": "C"}])
def test_no_variable_is_added(cell: Cell, qmaster: StandIn, coerced: dict[str, str]) -> None:
    given = environment(cell, coerced)
    with qmaster.start("qstat", env=given) as command:
        call = qmaster.accept()
        qmaster.send((b"x", b"0 0"))
        command.wait()
    assert variables_of(call) == {os.fsencode(name): os.fsencode(value) for name, value in given.items()}


def test_umask_and_a_directory_that_is_gone(cell: Cell, qmaster: StandIn, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    text = 'umask 027; rmdir "$PWD"; exec "$0" -x'
    with subprocess.Popen(["/bin/bash", "-c", text, cell.path / "qstat"], cwd=gone, env=cell.env) as command:
        call = qmaster.accept()
        qmaster.send((b"x", b"3 0"))
        assert command.wait() == 3
    assert call.split(b"\0")[:4] == [b"", str(0o027).encode(), b"0", b"2"]


def test_a_terminal_is_told(cell: Cell, qmaster: StandIn) -> None:
    outer, inner = os.openpty()
    with qmaster.start("qstat", stdout=inner) as command:
        call = qmaster.accept()
        qmaster.send((b"o", b"line\n"), (b"x", b"0 0"))
        assert command.wait() == 0
    assert call.split(b"\0")[2] == b"1"
    assert os.read(outer, 100) == b"line\r\n"
    os.close(outer)
    os.close(inner)


def test_as_much_as_the_kernel_takes(cell: Cell, qmaster: StandIn) -> None:
    words = ["qsub", *(f"{number:0100000}" for number in range(8))]
    given = environment(cell, {f"V{number}": "x" * 100000 for number in range(8)})
    with qmaster.start(*words, env=given) as command:
        call = qmaster.accept()
        qmaster.send((b"x", b"0 0"))
        assert command.wait() == 0
    assert words_of(call) == [word.encode() for word in words]
    assert len(variables_of(call)) == len(given)


@pytest.mark.parametrize("name", ["short", "with a blank", "it's", "x" * 200, "häuser"])
def test_wherever_the_cell_lies(tmp_path: Path, name: str, cell: Cell) -> None:
    other = Cell(tmp_path / name / "cell")
    other.create()
    assert client_of(other) == client_of(cell)
    with StandIn(other) as qmaster, qmaster.start("qstat", "a  b", "") as command:
        assert words_of(qmaster.accept()) == [b"qstat", b"a  b", b""]
        qmaster.send((b"o", b"out"), (b"x", b"0 0"))
        assert command.communicate() == (b"out", b"")


@pytest.mark.parametrize("kind", ["copy", "link", "renamed"])
def test_a_command_is_what_was_installed_not_what_it_is_called(
    cell: Cell, qmaster: StandIn, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "mine"
    own = cell.path / "qselect"
    if kind == "copy":
        path.write_bytes(own.read_bytes())
        path.chmod(0o755)
    elif kind == "link":
        path.symlink_to(own)
    argv = ["qstat" if kind == "renamed" else str(path), "word"]
    executable = own if kind == "renamed" else path
    with subprocess.Popen(argv, executable=executable, env=cell.env) as command:
        assert words_of(qmaster.accept()) == [b"qselect", b"word"]
        qmaster.send((b"x", b"0 0"))
        assert command.wait() == 0


# ---- the answer ----------------------------------------------------------------------------------
def test_output_comes_out_as_it_comes_in(cell: Cell, qmaster: StandIn) -> None:
    big = os.urandom(3_000_000)
    with qmaster.start("qstat") as command:
        qmaster.accept()
        qmaster.pour(
            (b"o", b"one"), (b"e", b"\0err\xff"), (b"o", b""), (b"o", big), (b"e", b"more"), (b"x", b"255 0")
        )
        assert command.communicate() == (b"one" + big, b"\0err\xffmore")
        assert command.returncode == 255


def test_output_is_there_before_the_command_ends(cell: Cell, qmaster: StandIn) -> None:
    with qmaster.start("qrsh", "x") as command:
        qmaster.accept()
        qmaster.send((b"o", b"now"))
        assert command.stdout is not None
        assert os.read(command.stdout.fileno(), 10) == b"now"
        qmaster.send((b"x", b"0 0"))
        assert command.wait() == 0


def test_an_answer_in_pieces(cell: Cell, qmaster: StandIn) -> None:
    answer = b"o\0\0\0\x04text" + b"e\0\0\0\x02no" + b"x\0\0\0\x032 0"
    with qmaster.start("qstat") as command:
        qmaster.accept()
        for number in range(len(answer)):
            qmaster.send_raw(answer[number : number + 1])
        assert command.communicate() == (b"text", b"no")
        assert command.returncode == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("tool", ["qsub", "qrsh"])
def test_it_dies_of_the_signal_it_is_told(
    cell: Cell, qmaster: StandIn, number: signal.Signals, tool: str
) -> None:
    with qmaster.start(tool) as command:
        qmaster.accept()
        qmaster.send((b"o", b"text"), (b"x", b"%d %d" % (128 + number, number)))
        assert command.communicate() == (b"text", b"")
        assert command.returncode == -number


@pytest.mark.parametrize("out", ["| true", "> /dev/full", ">&-", "<&- >&- 2>&-"])
def test_output_that_nobody_takes_is_no_failure(
    cell: Cell, qmaster: StandIn, tmp_path: Path, out: str
) -> None:
    text = f'("{cell.path}/qsub"; echo $? > code) {out}'
    with subprocess.Popen(
        ["/bin/bash", "-c", text], cwd=tmp_path, env=cell.env, stderr=subprocess.PIPE
    ) as shell:
        qmaster.accept()
        qmaster.pour(*[(b"o", b"x" * 100_000)] * 3, (b"e", b""), (b"x", b"4 0"))
        _, err = shell.communicate()
    assert (tmp_path / "code").read_text() == "4\n"
    assert err == b""


def test_output_that_would_block_is_waited_for(cell: Cell, qmaster: StandIn) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with qmaster.start("qstat", stdout=writing) as command:
        os.close(writing)
        qmaster.accept()
        qmaster.pour((b"o", b"x" * 500_000), (b"x", b"0 0"))
        with os.fdopen(reading, "rb") as pipe:
            assert len(pipe.read()) == 500_000
        assert command.wait() == 0


# ---- standard input ------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_000])
@pytest.mark.parametrize("words", [("qsub",), ("qsub", "-sync", "y")], ids=" ".join)
def test_standard_input_is_sent_when_asked_for(
    cell: Cell, qmaster: StandIn, size: int, words: tuple[str, ...]
) -> None:
    script = os.urandom(size)
    with qmaster.start(*words, stdin=subprocess.PIPE) as command:
        qmaster.accept()
        qmaster.send((b"i", b""))
        assert command.stdin is not None
        command.stdin.write(script[: size // 2])
        command.stdin.flush()
        command.stdin.write(script[size // 2 :])
        command.stdin.close()
        assert qmaster.receive() == (b"I", script)
        qmaster.send((b"x", b"0 0"))
        assert command.wait() == 0


@pytest.mark.parametrize("closed", ["<&-", "0> written"])
def test_standard_input_that_cannot_be_read_is_empty(
    cell: Cell, qmaster: StandIn, tmp_path: Path, closed: str
) -> None:
    with subprocess.Popen(
        ["/bin/bash", "-c", f'"{cell.path}/qsub" {closed}'], cwd=tmp_path, env=cell.env
    ) as shell:
        qmaster.accept()
        qmaster.send((b"i", b""))
        assert qmaster.receive() == (b"I", b"")
        qmaster.send((b"x", b"0 0"))
        assert shell.wait() == 0


# ---- no qmaster ----------------------------------------------------------------------------------
def test_without_a_qmaster(cell: Cell) -> None:
    done = cell.run("qstat")
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", UNREACHABLE)
    assert cell.run("qstat", "-help").returncode == 0


@pytest.mark.parametrize("words", [("qstat",), ("qrsh", "x")], ids=" ".join)
@pytest.mark.parametrize("said", [b"", b"o", b"o\0\0\0\x05some", b"z\0\0\xff\0"], ids=repr)
def test_a_qmaster_that_dies_amid_its_answer(
    cell: Cell, qmaster: StandIn, said: bytes, words: tuple[str, ...]
) -> None:
    with qmaster.start(*words) as command:
        qmaster.accept()
        qmaster.send_raw(said)
        qmaster.hang_up()
        out, err = command.communicate()
    assert command.returncode == 1
    streams = client_of(cell) == "compiled"  # prints what comes as it comes
    assert out == (b"some" if streams and said.endswith(b"some") else b"")
    assert b"unable to send message to qmaster" in err


def test_the_reason_is_the_qmasters(cell: Cell, qmaster: StandIn) -> None:
    with qmaster.start("qstat", "-u", "\udcff") as command:
        qmaster.accept()
        qmaster.send((b"u", b"silent"))
        out, err = command.communicate()
    assert (command.returncode, out) == (1, b"")
    assert err == UNREACHABLE.partition(b"\n")[2]  # nobody refused the connection


def test_a_signal_ends_what_runs_alone(cell: Cell, tmp_path: Path) -> None:
    # without a qmaster the script is read first, as on the real cell
    reading, writing = os.pipe()
    with StandIn(cell) as qmaster, qmaster.start("qsub", "-sync", "y", stdin=reading) as command:
        os.close(reading)
        qmaster.accept()
        qmaster.send((b"u", b"refused"))
        os.write(writing, b"echo one\n" * 10_000)
        command.send_signal(signal.SIGTERM)
        assert command.wait() == -signal.SIGTERM
    os.close(writing)


# ---- a cell that runs ----------------------------------------------------------------------------
def test_a_pipe_that_breaks_does_not_stop_a_submission(running: Cell, tmp_path: Path) -> None:
    text = "(sleep 0.01; qsub -h -b y true; echo $? > code) | true; cat code; qstat -s h | tail -n +3 | wc -l"
    done = through_shell(running, text, tmp_path)
    assert (done.stdout.split(), done.stderr) == ([b"0", b"1"], b"")


def test_an_interrupted_sync_deletes_its_job(running: Cell, tmp_path: Path) -> None:
    command = subprocess.Popen(
        [running.path / "qsub", "-sync", "y", "-b", "y", "-o", "/dev/null", "-j", "y", "sleep", "600"],
        env=running.env,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for(lambda: [group.state for group in running.jobs()] == ["r"])
    command.send_signal(signal.SIGINT)
    command.communicate()
    wait_for(lambda: not running.jobs())


def test_of_two_variables_of_one_name_the_first_counts(running: Cell) -> None:
    # as for getenv(); what has no equals sign is no variable
    words = ["qsub", "-h", "-v", "TWICE", "-b", "y", "true"]
    variables = [f"{name}={value}" for name, value in running.env.items()]
    fields = ["/", "18", "0", str(len(words)), *words, "TWICE=first", "NONE", "TWICE=second", *variables]
    with contextlib.closing(connect(os.fsencode(running.layout.socket.parent))) as line:
        line.sendall(frame(b"R", "\0".join(fields).encode()))
        assert receive(line)[0] == b"o"
        assert receive(line) == (b"x", b"0 0")
    assert re.search(rb"env_list: .*\bTWICE=first\b", running.run("qstat", "-j", "1").stdout)
