"""``fake-sge``: as a program of its own where that matters, else in this process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fake_sge as package
from fake_sge.cli import main
from tests.processes import is_running

from .kit import fake_sge_program, wait_for

COMMAND = (sys.executable, "-m", "fake_sge.cli")


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package need not be installed."""
    monkeypatch.setenv("PYTHONPATH", str(Path(package.__file__).parent.parent))


def program(*words: str | Path, code: int = 0, env: dict[str, str] | None = None) -> str:
    """Run the command as a program; its stdout, or stderr when it is to fail."""
    done = fake_sge_program(*words, env=env)
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def fake_sge(*words: str | Path, code: int = 0) -> str:
    """Run the command here; its stdout, or stderr when it is to fail."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            found = main([str(word) for word in words])
        except SystemExit as end:  # argparse's
            found = end.code
    assert found == code, err.getvalue()
    return err.getvalue() if code else out.getvalue()


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """A started cell's directory."""
    path = tmp_path / "cell"
    program("start", path)
    yield path
    if path.exists():
        fake_sge("stop", path)


def test_start_env_status_stop(tmp_path: Path) -> None:
    directory = tmp_path / "cell"
    program("start", directory)
    script = f'eval "$({sys.executable} -m fake_sge.cli env {directory})"; '
    script += "qsub -terse -h -b y true; qstat | tail -1"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("1\n")
    assert " hqw " in done.stdout
    status = json.loads(program("status", directory))
    assert (status["jobs"], status["pending"]) == (1, 1)
    program("stop", "--remove", directory)
    assert not directory.exists()


@pytest.mark.slow
def test_run_gives_the_exit_code_and_leaves_nothing(tmp_path: Path) -> None:
    env = {"TMPDIR": str(tmp_path)}
    program(
        "run",
        "--",
        "sh",
        "-c",
        "qsub -sync y -b y -cwd -shell n -o /dev/null -j y sh -c 'exit 7'",
        code=7,
        env=env,
    )
    program("run", "--slots", "2", "sh", "-c", "qstat && kill -TERM $$", code=143, env=env)
    assert "No such file" in program("run", "--", "/no/such/command", code=127, env=env)
    assert "needs a command" in program("run", code=2, env=env)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_run_in_a_program_leaves_its_handlers_of_signals() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    fake_sge("run", "--", "sh", "-c", "exit 3", code=3)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_cleans_up(tmp_path: Path, number: signal.Signals) -> None:
    marker = tmp_path / "marker"
    (tmp_path / "tmp").mkdir()
    job = f"echo $$ > {marker}; exec sleep 300"
    process = subprocess.Popen(
        [
            *COMMAND,
            "run",
            "--no-login-shells",
            "--",
            "sh",
            "-c",
            f"qsub -b y -cwd -shell n -o /dev/null -j y sh -c '{job}'; exec sleep 300",
        ],
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    wait_for(lambda: marker.exists() and marker.read_text())
    if number is signal.SIGINT:
        os.killpg(process.pid, number)  # ctrl-C reaches the whole foreground group
    else:
        process.send_signal(number)
    assert process.wait() == 128 + number
    assert list((tmp_path / "tmp").iterdir()) == []
    wait_for(lambda: not is_running(int(marker.read_text())))


@pytest.mark.slow
def test_faults_and_clock(directory: Path) -> None:
    number = fake_sge("fault", directory, "exit", "--tool", "qstat", "--code", "9", "--times", "0").strip()
    assert json.loads(fake_sge("faults", directory))["kind"] == "exit"
    assert (
        subprocess.run(
            [directory / "bin" / "qstat"],
            env={**os.environ, "SGE_ROOT": str(directory / "root")},
            check=False,
        ).returncode
        == 9
    )
    fake_sge("clear", directory, number)
    assert fake_sge("faults", directory) == ""
    assert fake_sge("simulate", directory, "--count", "2", "--run-time", "60") == "1\n2\n"
    fake_sge("advance", directory, "61")
    assert json.loads(fake_sge("status", directory))["zombies"] == 2
    fake_sge("next-id", directory, "500")
    fake_sge("set", directory, "max_u_jobs=1")
    assert fake_sge("simulate", directory, "--run-time", "60") == "500\n"
    assert "jobs are allowed per user" in fake_sge("simulate", directory, code=1)
    assert Path(fake_sge("rotate", directory).strip()).exists()


@pytest.mark.slow
def test_outages(directory: Path) -> None:
    fake_sge("qmaster", directory, "kill")
    assert "no qmaster" in fake_sge("status", directory, code=1)
    program("qmaster", directory, "start")
    assert json.loads(fake_sge("status", directory))["jobs"] == 0


@pytest.mark.slow
def test_clear_messages(tmp_path: Path) -> None:
    assert "no cell in" in fake_sge("env", tmp_path, code=1)
    assert "no cell in" in fake_sge("stop", tmp_path, code=1)
    assert "no cell in" in fake_sge("status", tmp_path, code=1)
    assert "'x' is not NAME=VALUE" in fake_sge("start", tmp_path / "c", "--set", "x", code=1)
    assert "invalid choice" in fake_sge("start", tmp_path / "c", "--profile", "x", code=2)


@pytest.mark.slow
def test_hosts(tmp_path: Path) -> None:
    place = tmp_path / "cell"
    program("start", place, "--host", "big:slots=8,mem=64G", "--host", "small:2")
    try:
        fake_sge("host", place, "small", "down")
        fake_sge("host", place, "big", "load", "load_avg=3")
        big, small = map(json.loads, fake_sge("hosts", place).splitlines())
        assert (big["slots"], big["load"]["load_avg"]) == (8, "3.000000")
        assert big["load"]["mem_total"] == "65536.000000M"
        assert (small["unheard"], small["queues"]) == (True, {"all.q@small": "u"})
        assert "did you mean 'small'?" in fake_sge("host", place, "smal", "up", code=1)
        assert "belongs to load" in fake_sge("host", place, "big", "up", "load_avg=3", code=1)
        assert "belongs to load" in fake_sge("host", place, "big", "load", code=1)
        assert "did you mean 'load_avg'?" in fake_sge("host", place, "big", "load", "load_av=3", code=1)
        assert "did you mean 'slots'?" in fake_sge("start", tmp_path / "b", "--host", "b:slotz=8", code=1)
    finally:
        fake_sge("stop", place)


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_outputs_are_no_error(closed: str) -> None:
    program = f"'{sys.executable}' -m fake_sge.cli list {closed}"
    assert subprocess.run(["sh", "-c", program], capture_output=True, check=False).returncode == 0
