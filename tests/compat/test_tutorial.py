"""The tutorial's programs, each driven on a terminal as a person would, and the DRMAA module they import."""

from __future__ import annotations

import re
import shutil
import sys

import pexpect
import pytest

from tests.compat.client import ROOT, Client, Home

EXAMPLES = ROOT / "examples" / "tutorial"
PATIENCE = 60
STARTED = ["Creating job template", r"Your job has been submitted with id (\d+)"]
STARTED_BULK = [STARTED[0], r"Your job has been submitted with id (\[.*\])"]
TASKS = range(1, 31, 2)
STATES = {
    "job is queued and active",
    "job is running",
    "job finished normally",
    "process status cannot be determined",  # for the moment between the job's end and its record
}


class Terminal:
    """A terminal in a directory with the tutorial's files.

    Args:
        client: the environment for programs, and the directory.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        for path in EXAMPLES.iterdir():
            shutil.copy(path, client.directory)

    def start(self, *argv: str) -> pexpect.spawn[str]:
        return pexpect.spawn(
            sys.executable,
            ["-m", "drmaa_cli.cli", "exec", "--", *argv],
            cwd=str(self.client.directory),
            env={**self.client.env, "PYTHONPATH": str(ROOT)},
            encoding="utf-8",
            timeout=PATIENCE,
        )

    def run(self, name: str, *lines: str) -> list[str]:
        """Run an example, which must say exactly these lines and succeed; returns what groups matched."""
        child = self.start(sys.executable, name)
        words: list[str] = []
        for line in lines:
            child.expect(rf"{line}\r\n")
            assert not child.before, child.before
            assert child.match
            words += child.match.groups()
        assert child.expect(pexpect.EOF) == 0
        assert not child.before
        child.close()
        assert child.exitstatus == 0
        return words


@pytest.fixture
def terminal(client: Client, home: Home) -> Terminal:
    return Terminal(client)


def ended(client: Client, job: str) -> None:
    """Wait until a job that nobody waits for is gone, so that its output is there."""
    for word in job.strip("[]").replace("'", "").split(", "):
        client.run("import subprocess, time, sys\nwhile not subprocess.run(['qstat', '-j', sys.argv[1]], "
                   "capture_output=True).returncode: time.sleep(0.1)", word.partition(".")[0])  # fmt: skip


def test_example1(terminal: Terminal) -> None:
    terminal.run("example1.py", "A DRMAA object was created", "A session was started successfully")


def test_example1_1(terminal: Terminal) -> None:
    (contact,) = terminal.run(
        "example1.1.py",
        "A session was started successfullly",
        r"getContact\(\) returns: (session=\S+)",
        "Exited from session",
        "Session was restarted successfullly",
    )
    assert re.fullmatch(r"session=[^.]+(\.[^.]+)*\.\d+\.\d+", contact)


def test_example2(terminal: Terminal, home: Home) -> None:
    (home.path / "tmp" / "DRMAA_JOB_OUT").unlink(missing_ok=True)  # jobs append
    (job,) = terminal.run("example2.py", *STARTED, "Cleaning up")
    ended(terminal.client, job)
    assert home.written("DRMAA_JOB_OUT") == "Hello World, the answer is 42\nSimon says: Bye world!\n"
    if home.asked:
        assert home.asked.read_text().splitlines()[-1] == "$HOME/tmp/DRMAA_JOB_OUT"


def test_example2_1(terminal: Terminal) -> None:
    (jobs,) = terminal.run("example2.1.py", *STARTED_BULK, "Cleaning up")
    numbers = re.findall(r"'(\d+)\.(\d+)'", jobs)
    assert len({number for number, _ in numbers}) == 1
    assert [int(task) for _, task in numbers] == list(TASKS)
    ended(terminal.client, jobs)


def test_example3(terminal: Terminal) -> None:
    job, waited = terminal.run("example3.py", *STARTED, r"Job: (\d+) finished with code 0", "Cleaning up")
    assert waited == job


def test_example3_1(terminal: Terminal) -> None:
    terminal.run("example3.1.py", *STARTED_BULK, "Cleaning up")


def test_example3_2(terminal: Terminal) -> None:
    collected = [
        line
        for task in TASKS
        for line in (rf"Collecting job (\d+\.{task})", rf"Job: (\d+\.{task}) finished with code 0")
    ]
    jobs, *each = terminal.run("example3.2.py", *STARTED_BULK, *collected, "Cleaning up")
    assert re.findall(r"'([\d.]+)'", jobs) == each[::2] == each[1::2]


def test_example4(terminal: Terminal, client: Client) -> None:
    """In a suspended queue: a deletion just while a job is started is lost (Grid Engine 8.1.9, observed)."""
    client.cell.run("qmod", "-sq", "all.q")
    try:
        (job,) = terminal.run("example4.py", *STARTED, "Cleaning up")
        ended(client, job)
    finally:
        client.cell.run("qmod", "-usq", "all.q")
    done = client.cell.run("qacct", "-j", job, check=False)
    assert done.returncode == 1  # it never ran


def test_example5(terminal: Terminal) -> None:
    """With a tenth of its sleeps, so that it takes 5 seconds instead of 50."""
    faster = "import runpy, time; sleep = time.sleep; time.sleep = lambda s: sleep(s / 10 if s == 5 else s); "
    child = terminal.start(
        sys.executable, "-c", f"{faster}runpy.run_path('example5.py', run_name='__main__')"
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    lines = str(child.before).splitlines()
    assert re.fullmatch(STARTED[1], lines[1])
    assert lines[2:-1:2] == [f"Checking {turn} of 10 times" for turn in range(10)]
    assert set(lines[3:-1:2]) <= STATES
    assert "job is running" in lines
    assert lines[-1] == "Cleaning up"


def test_example6(terminal: Terminal) -> None:
    grid_engine = [rf"Supported {what}: (\S*GE\S* \S+)" for what in ("DRM systems", "DRMAA implementations")]
    terminal.run(
        "example6.py",
        "A DRMAA object was created",
        "Supported contact strings: ",
        *grid_engine,
        "A session was started successfully",
        r"Supported contact strings: session=\S+",
        *grid_engine,
        r"Version 1\.0",
        "Exiting",
    )


def test_every_example_is_run_here() -> None:
    tests = {name for name in globals() if name.startswith("test_example")}
    examples = {f"test_{path.stem.replace('.', '_')}" for path in EXAMPLES.glob("*.py")}
    assert tests == examples
    assert len(examples) == 10


# --- what the programs of the tutorial do not show -------------------------------------------------------


def test_constants_are_the_c_bindings_numbers(client: Client) -> None:
    lines = client(
        """
from DRMAA import Session, JobTemplate
print(Session.SUSPEND, Session.RESUME, Session.HOLD, Session.RELEASE, Session.TERMINATE)
states = [getattr(Session, name) for name in (
    "UNDETERMINED", "QUEUED_ACTIVE", "SYSTEM_ON_HOLD", "USER_ON_HOLD", "USER_SYSTEM_ON_HOLD", "RUNNING",
    "SYSTEM_SUSPENDED", "USER_SUSPENDED", "USER_SYSTEM_SUSPENDED", "DONE", "FAILED")]
print(*map(hex, states))
print(Session.TIMEOUT_WAIT_FOREVER, Session.TIMEOUT_NO_WAIT)
print(Session.JOB_IDS_SESSION_ANY, Session.JOB_IDS_SESSION_ALL)
print(JobTemplate.HOME_DIRECTORY, JobTemplate.WORKING_DIRECTORY, JobTemplate.PARAMETRIC_INDEX)
"""
    )
    assert lines == [
        "0 1 2 3 4",
        "0x0 0x10 0x11 0x12 0x13 0x20 0x21 0x22 0x23 0x30 0x40",
        "-1 0",
        "DRMAA_JOB_IDS_SESSION_ANY DRMAA_JOB_IDS_SESSION_ALL",
        "$drmaa_hd_ph$ $drmaa_wd_ph$ $drmaa_incr_ph$",
    ]


def test_how_jobs_end(client: Client) -> None:
    lines = client(
        """
import DRMAA
s = DRMAA.Session()
s.init()
def run(*words):
    jt = s.createJobTemplate()
    jt.remoteCommand, jt.args, jt.outputPath, jt.joinFiles = "/bin/sh", ["-c", *words], ":/dev/null", True
    try:
        return s.runJob(jt)
    finally:
        s.deleteJobTemplate(jt)
def show(info):
    print(info.hasExited(), info.getExitStatus(), info.hasSignaled(), repr(info.getTerminatingSignal()),
          info.hasCoreDump(), info.wasAborted(), info.getResourceUsage()["exit_status"])
jobs = [run("exit 5"), run("kill -9 $$"), run("sleep 60")]
while s.getJobProgramStatus(jobs[2]) != s.RUNNING:
    pass
s.control(jobs[2], s.TERMINATE)
s.synchronize([s.JOB_IDS_SESSION_ALL], 60, False)
for job in jobs:
    info = s.wait(job, s.TIMEOUT_NO_WAIT)
    assert info.getJobId() == job and "jobId" in repr(info)
    show(info)
try:
    s.wait(jobs[0], s.TIMEOUT_NO_WAIT)
except DRMAA.InvalidJobException as error:
    print(error)
s.exit()
"""
    )
    assert lines == [
        "True 5 False '' False False 5.0000",
        "False 0 True 'SIGKILL' False False 137.0000",
        "False 0 False '' False True 137.0000",
        "code 18: The job specified by the 'jobid' does not exist.",
    ]


def test_control_takes_its_constants_or_drmaas_words(client: Client) -> None:
    lines = client(
        """
import DRMAA
s = DRMAA.Session()
s.init()
jt = s.createJobTemplate()
jt.remoteCommand, jt.args, jt.outputPath, jt.joinFiles = "/bin/sleep", ["60"], ":/dev/null", True
jt.jobSubmissionState = "drmaa_hold"
job = s.runJob(jt)
assert s.getJobProgramStatus(job) == s.USER_ON_HOLD
s.control(job, "release")
while s.getJobProgramStatus(job) != s.RUNNING:
    pass
s.control(job, s.SUSPEND)
while s.getJobProgramStatus(job) != s.USER_SUSPENDED:
    pass
s.control(job, s.RESUME)
for wrong in (5, -1, True, None, "Terminate", 1.0):
    try:
        s.control(job, wrong)
    except DRMAA.InvalidArgumentException as error:
        print(error)
s.control(job, s.TERMINATE)
"""
    )
    wrong = ("5", "-1", "True", "None", "'Terminate'", "1.0")
    assert lines == [f"code 4: no control operation: {word}" for word in wrong]
