"""Signals while a program waits: ctrl-C and SIGTERM act at once, the jobs and the session are unharmed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from drmaa_cli.session.job_session import JobSession
from fake_sge.cell import Cell
from tests.sessions.kit import PATIENCE, ROOT, wait_for

WAITS = """
import sys, threading, time
from drmaa_cli.session.job_session import JobSession
from tests.sessions.kit import job

session = JobSession("session=signals")
number = session.runJob(job(session, "sleep " + sys.argv[2]))
if sys.argv[1] == "follower":
    threading.Thread(target=session.wait, args=[number], daemon=True).start()
    while not session.commands.get("qstat"):  # then the other thread is the one that asks
        time.sleep(0.01)
print("waiting", number, flush=True)
try:
    if sys.argv[1] == "synchronize":
        session.synchronize([number])
    else:
        session.wait(number)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    print(session.jobStatus(number), flush=True)
    session.exit()
"""

pytestmark = pytest.mark.usefixtures("own")


@pytest.fixture
def program(request: pytest.FixtureRequest) -> Iterator[pexpect.spawn]:
    how, seconds = request.param
    child = pexpect.spawn(
        sys.executable,
        ["-c", WAITS, how, seconds],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        encoding="utf-8",
        timeout=PATIENCE,
        echo=False,
    )
    try:
        yield child
    finally:
        child.close(force=True)


@pytest.mark.parametrize(
    "program",
    [
        ("wait", "1000"),
        pytest.param(("synchronize", "1000"), marks=pytest.mark.slow),
        pytest.param(("follower", "1000"), marks=pytest.mark.slow),
    ],
    indirect=True,
)
def test_ctrl_c_interrupts_at_once(program: pexpect.spawn, own: Cell) -> None:
    program.expect(r"waiting (\d+)")
    number = int(program.match.group(1))
    wait_for(lambda: own.jobs()[0].state == "r", "start of the job")
    program.sendintr()
    program.expect_exact("interrupted")
    program.expect_exact("running")  # the session goes on, and the job was not deleted
    program.expect(pexpect.EOF)
    assert [entry.job for entry in own.jobs()] == [number]


@pytest.mark.slow
@pytest.mark.parametrize("program", [("wait", "1000")], indirect=True)
def test_sigterm_ends_the_program_and_not_the_job(program: pexpect.spawn, own: Cell) -> None:
    program.expect(r"waiting (\d+)")
    number = program.match.group(1)
    wait_for(lambda: own.jobs()[0].state == "r", "start of the job")
    program.kill(signal.SIGTERM)
    program.expect(pexpect.EOF)
    program.close()
    assert program.signalstatus == signal.SIGTERM
    with JobSession("session=signals") as session:
        assert session.jobStatus(number) == "running"
        session.control(number, "terminate")
        assert session.wait(number, PATIENCE).wasAborted


@pytest.mark.slow
def test_ctrl_c_during_a_submission(own: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the qmaster is slow: qsub is interrupted half way, and nobody knows what became of it
    own.fault("slow", "qsub", seconds=20)
    code = (
        "import sys\nfrom drmaa_cli import JobSession\nfrom tests.sessions.kit import job\n"
        "session = JobSession('session=signals')\n"
        "found = job(session, f'echo x >> {sys.argv[1]}; exit 3')\n"
        "print('submitting', flush=True)\n"
        "try:\n    session.runJob(found, key='a')\n"
        "except KeyboardInterrupt:\n    print('interrupted', flush=True)\n"
        "print('then', session.wait(session.runJob(found, key='a')).exitStatus, flush=True)\n"
    )
    ran = tmp_path / "ran"
    child = pexpect.spawn(
        sys.executable,
        ["-c", code, str(ran)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        encoding="utf-8",
        timeout=PATIENCE,
    )
    child.expect_exact("submitting")
    wait_for(lambda: not own.faults(), "qsub at work")
    child.sendintr()
    child.expect_exact("interrupted")
    child.expect_exact("then 3")
    child.expect(pexpect.EOF)
    child.close()
    assert ran.read_text() == "x\n"


@pytest.mark.slow
def test_interrupts_into_ten_busy_threads_leave_none_stuck(own: Cell) -> None:
    interrupts = 800
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/sessions/interrupted.py"), str(interrupts), "10"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["caught"] > interrupts // 2
    assert (told["stuck"], told["idle"], told["aborted"]) == (0, 0, True)
    assert done.stderr == ""
