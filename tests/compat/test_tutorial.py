"""The tutorial's programs, each driven on a terminal as a person would, and the DRMAA module they import."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence

import pexpect
import pytest

from drmaa_cli.compat.tutorial import JobInfo, Session
from tests import forked
from tests.compat.client import ROOT, Client, Home
from tests.patience import PATIENCE

EXAMPLES = ROOT / "examples" / "tutorial"
NUMBER = r"(\d+)"
CONTACT = r"(session=[^.\s]+(?:\.[^.\s]+)*\.\d+\.\d+)"
GRID_ENGINE = r"\S*GE\S* \S+"


class Terminal:
    """A terminal in a directory with the tutorial's files.

    Args:
        client: the environment for programs, and the directory.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        for path in EXAMPLES.iterdir():
            shutil.copy(path, client.directory)

    def run(self, name: str, *lines: str, start: Sequence[str] = ()) -> list[str]:
        """Run an example, which must say exactly these lines and succeed; returns what groups matched.

        ``start``: the command line of a Python that is to run it, instead of one with the shim on its path.
        """
        child = self._started(name, start) if start else self._forked(name)
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

    def _forked(self, name: str) -> forked.Terminal:
        directory = self.client.directory
        return forked.Terminal([str(directory / name)], self.client.env, directory, 24, 80)

    def _started(self, name: str, start: Sequence[str]) -> pexpect.spawn[str]:
        return pexpect.spawn(
            start[0],
            [*start[1:], name],
            cwd=str(self.client.directory),
            env={**self.client.env, "PYTHONPATH": str(ROOT)},  # type: ignore[arg-type]  # os._Environ in the stubs
            encoding="utf-8",
            timeout=PATIENCE,
        )


@pytest.fixture
def terminal(client: Client, home: Home) -> Terminal:
    return Terminal(client)


def ended(client: Client, job: str) -> None:
    """Wait until a job that nobody waits for is gone, so that its output is there."""
    client.run("import subprocess, time, sys\nwhile not subprocess.run(['qstat', '-j', sys.argv[1]], "
               "capture_output=True).returncode: time.sleep(0.1)", job)  # fmt: skip


@pytest.mark.slow
def test_begin_and_end(terminal: Terminal) -> None:
    last = "ended; ending it again raises NoActiveSessionException"
    lines = ("before: ''", f"begun: {CONTACT}", last)
    terminal.run("begin_and_end.py", *lines)
    by_exec = [sys.executable, "-m", "drmaa_cli.cli", "exec", "--", sys.executable]
    terminal.run("begin_and_end.py", *lines, start=by_exec)


@pytest.mark.slow
def test_come_back(terminal: Terminal) -> None:
    job, _, same = terminal.run(
        "come_back.py",
        rf"job {NUMBER} is left alone in {CONTACT}",
        rf"job {NUMBER} came to exit status 4",
    )
    assert same == job


def test_submit_job(terminal: Terminal) -> None:
    (job,) = terminal.run("submit_job.py", rf"job {NUMBER} will write report\.txt")
    ended(terminal.client, job)
    written = (terminal.client.directory / "report.txt").read_text()
    assert written == "report, task undefined: 3 words: one two  blanks $HOME\n"


def test_submit_array(terminal: Terminal) -> None:
    jobs = terminal.run("submit_array.py", *[rf"submitted {NUMBER}\.{task}" for task in (2, 5, 8, 11, 14)])
    (job,) = set(jobs)
    ended(terminal.client, job)


@pytest.mark.slow
def test_wait_for_job(terminal: Terminal) -> None:
    job, waited = terminal.run(
        "wait_for_job.py",
        rf"job {NUMBER} has not ended yet",
        rf"getJobId: {NUMBER}",
        "hasExited: True",
        "getExitStatus: 23",
        "hasSignaled: False",
        "getTerminatingSignal: ",
        "wasAborted: False",
        r"it took \d+ s",
    )
    assert waited == job


@pytest.mark.slow
def test_wait_for_all(terminal: Terminal) -> None:
    terminal.run("wait_for_all.py", "all 4 have ended")


@pytest.mark.slow
def test_collect_tasks(terminal: Terminal) -> None:
    lines = [f"{number} tasks exited with {status}" for number, status in ((2, 0), (3, 1), (3, 2))]
    terminal.run("collect_tasks.py", *lines, "0 tasks were killed, deleted or never started")


@pytest.mark.slow
def test_delete_job(terminal: Terminal) -> None:
    job, same = terminal.run(
        "delete_job.py", rf"job {NUMBER} waits on hold: True", rf"job {NUMBER} has failed: True"
    )
    assert same == job


@pytest.mark.slow
def test_watch_state(terminal: Terminal) -> None:
    """What the program sees between hold and end depends on when it looks; the order does not."""
    between = "".join(
        rf"(?:job \d+: {state}\r\n)?"
        for state in (r"QUEUED_ACTIVE \(0x10\)", r"RUNNING \(0x20\)", r"UNDETERMINED \(0x0\)")
    )
    job, same = terminal.run(
        "watch_state.py",
        rf"job {NUMBER}: USER_ON_HOLD \(0x12\)",
        rf"{between}job {NUMBER}: DONE \(0x30\)",
    )
    assert same == job


@pytest.mark.slow
def test_about_drm(terminal: Terminal) -> None:
    said = [f"  DRM system      {GRID_ENGINE}", f"  implementation  {GRID_ENGINE}"]
    terminal.run(
        "about_drm.py",
        "without a session:", "  contact         -", *said,
        "in a session:", f"  contact         {CONTACT}", *said,
        r"DRMAA 1\.0",
    )  # fmt: skip


def test_every_example_is_run_here() -> None:
    examples = {f"test_{path.stem}" for path in EXAMPLES.glob("*.py")}
    assert len(examples) == 10
    assert examples <= set(globals())


# --- programs of users: written for Python 2, and still Python ------------------------------------------

OLD = """#!/usr/bin/env python
import DRMAA, os, sys
from DRMAA import Session

SCRIPT = 'echo "%s of $JOB_NAME"; exit %d'

class Batch(object):
\tdef __init__(self, words, **attributes):
\t\tself.words = words; self.attributes = attributes

\tdef template(self, session):
\t\tjt = session.createJobTemplate()
\t\tjt.remoteCommand = '/bin/sh'
\t\tjt.args=['-c'] + list(self.words)
\t\tjt.joinFiles=True
\t\tjt.outputPath=":"+DRMAA.JobTemplate.HOME_DIRECTORY+'/tmp/OLD_STYLE'
\t\tfor name in self.attributes.keys():
\t\t\tsetattr(jt, name, self.attributes[name])
\t\treturn jt

def main(argv):
\ts=Session()
\tfirst=s.getDRMSInfo(), s.getDRMAAImplementation(), str(s.getVersion())
\tprint('%s/%s/%s' % first)
\ts.init()
\tjt=Batch([SCRIPT % (u'first', 3)], jobName='old').template(s)
\tid=s.runJob(jt)
\tcontact=s.getContact()
\ts.deleteJobTemplate(jt); s.exit(); s.init(contact)
\tinfo = s.wait(id)
\twhose=info.getJobId()==id and 'it' or 'another'
\tprint("exit %s of %s: %s" % (info.getExitStatus(), whose, info.hasExited()))
\tjt=Batch([ 'exit $SGE_TASK_ID' ], outputPath=':/dev/null', jobSubmissionState='drmaa_hold').template(s)
\tids=s.runBulkJobs(jt, 1, 3, 2)
\tstatus = dict([(i, s.getJobProgramStatus(i)) for i in ids])
\tprint(str([status[i]==s.USER_ON_HOLD for i in ids]) + ' ' + ', '.join([i.split('.')[1] for i in ids]))
\tfor id in ids: s.control(id, Session.RELEASE)
\ts.synchronize(ids)
\tfor id in ids:
\t\tinfo=s.wait(id, DRMAA.Session.TIMEOUT_NO_WAIT)
\t\tsignal=(info.hasSignaled(), info.getTerminatingSignal(), info.wasAborted(), info.hasCoreDump())
\t\tprint(repr(info.getExitStatus()) + repr(signal))
\t\tusage = info.getResourceUsage()
\t\tif not 'ru_wallclock' in usage: raise RuntimeError('no usage')
\ttry:
\t\ts.wait(ids[0])
\texcept DRMAA.InvalidJobException as e:
\t\tprint(e.__class__.__name__)
\ts.exit()
\treturn 0

if __name__=='__main__':
\tsys.exit(main(sys.argv))
"""


@pytest.mark.slow
def test_a_program_of_python_2s_time(client: Client, home: Home) -> None:
    """Tabs, %, old ways with strings and dicts; and the job's output in the home directory."""
    (home.path / "tmp" / "OLD_STYLE").unlink(missing_ok=True)  # jobs append
    about, *lines = client(OLD)
    assert re.fullmatch(rf"{GRID_ENGINE}/{GRID_ENGINE}/1\.0", about)
    assert lines == [
        "exit 3 of it: True",
        "[True, True] 1, 3",
        "1(False, '', False, False)",
        "3(False, '', False, False)",
        "InvalidJobException",
    ]
    assert home.written("OLD_STYLE") == "first of old\n"
    if home.asked:
        assert "$HOME/tmp/OLD_STYLE" in home.asked.read_text().splitlines()


def test_every_call_of_the_old_interface_is_made_in_it() -> None:
    calls = {name for kind in (Session, JobInfo) for name, value in vars(kind).items() if callable(value)}
    public = {name for name in calls if not name.startswith("_")}
    assert len(public) == 22
    assert {name for name in public if f".{name}(" not in OLD} == set()


# --- what these programs do not show --------------------------------------------------------------------


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


@pytest.mark.slow
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
s.synchronize([s.JOB_IDS_SESSION_ALL], 180, False)
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


@pytest.mark.slow
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
