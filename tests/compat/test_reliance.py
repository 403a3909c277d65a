"""What programs written for drmaa-python rely on without saying so, each as a program of its own."""

from __future__ import annotations

import pytest

from tests.compat.client import Client

# What every program below begins with: a session, and one job of its own making.
BEGIN = """
import os, sys, drmaa
from drmaa import Session, JobState, JobControlAction
Session.initialize()
def job(*words, **more):
    jt = Session.createJobTemplate()
    jt.remoteCommand, jt.args = words[0], list(words[1:])
    jt.outputPath, jt.joinFiles = ":/dev/null", True
    for name, value in more.items():
        setattr(jt, name, value)
    jobid = Session.runJob(jt)
    Session.deleteJobTemplate(jt)
    return jobid
"""


def test_states_are_plain_distinct_strings(client: Client) -> None:
    client(
        BEGIN
        + """
names = [name for name in vars(JobState) if name.isupper()]
states = [getattr(JobState, name) for name in names]
assert len(set(states)) == len(names) == 11 and all(type(state) is str for state in states)
status = Session.jobStatus(job("/bin/sleep", "60"))
assert type(status) is str and status in dict.fromkeys(states)
assert ("done" in (drmaa.JobState.DONE)) is True  # cgat-core's substring test
Session.control(drmaa.JOB_IDS_SESSION_ALL, JobControlAction.TERMINATE)
"""
    )


def test_a_job_info_is_a_named_tuple_of_plain_values(client: Client) -> None:
    client(
        BEGIN
        + """
jobid = job("/bin/sh", "-c", "exit 7")
info = Session.wait(jobid)
assert isinstance(info, tuple) and type(info).__name__ == "JobInfo"
assert info._fields == ("jobId", "hasExited", "hasSignal", "terminatedSignal", "hasCoreDump",
                        "wasAborted", "exitStatus", "resourceUsage")
assert info._asdict()["jobId"] == info[0] == jobid and type(info.jobId) is str
assert info.hasExited is True and info.hasSignal is False and info.wasAborted is False
assert info.hasCoreDump is False and info.terminatedSignal == "" and type(info.terminatedSignal) is str
assert type(info.exitStatus) is int and info.exitStatus == 7
usage = info.resourceUsage
assert type(usage) is dict and all(type(k) is type(v) is str for k, v in usage.items())
assert float(usage["ru_wallclock"]) >= 0 and float(usage["start_time"]) > 1.7e9
assert usage["exit_status"] == "7.0000" and {"cpu", "mem", "io", "iow", "maxvmem"} <= set(usage)
usage["hostname"] = "here"  # cgat-core puts its own values into it
assert info._replace(resourceUsage=usage).resourceUsage["hostname"] == "here"
"""
    )


def test_bytes_and_str_are_the_same_everywhere(client: Client) -> None:
    lines = client(
        BEGIN
        + """
jt = Session.createJobTemplate()
jt.remoteCommand, jt.args = b"/bin/sh", [b"-c", 'echo "$0 $A $B $1"', 5, "six"]
jt.jobEnvironment = {b"A": b"bytes", "B": "text"}
jt.nativeSpecification = b"-b y"
jt.outputPath = b":" + os.fsencode(os.getcwd()) + b"/out"
jt.joinFiles = True
jt.workingDirectory = drmaa.JobTemplate.HOME_DIRECTORY
jobid = Session.runJob(jt)
assert jt.remoteCommand == "/bin/sh" and jt.args[2] == "5"
assert jt.jobEnvironment == {"A": "bytes", "B": "text"}
Session.synchronize([jobid.encode()], drmaa.TIMEOUT_WAIT_FOREVER, False)
assert Session.jobStatus(jobid.encode()) == Session.jobStatus(jobid) == "done"
print(Session.wait(jobid.encode()).jobId == jobid, open("out").read().strip())
for every in (drmaa.JOB_IDS_SESSION_ALL, drmaa.JOB_IDS_SESSION_ALL.decode()):
    Session.synchronize([every], 0, True)
    Session.control(every, JobControlAction.TERMINATE)
for any_job in (drmaa.JOB_IDS_SESSION_ANY, drmaa.JOB_IDS_SESSION_ANY.decode()):
    try:
        Session.wait(any_job, 0)
    except drmaa.InvalidJobException as error:
        assert str(error).startswith("code 18")
"""
    )
    assert lines == ["True 5 bytes text six"]


@pytest.mark.slow
def test_the_whole_environment_as_job_environment(client: Client) -> None:
    lines = client(
        BEGIN
        + """
os.environ["WITH_EQUALS"], os.environ["WITH_NEWLINE"] = "a=b=c", "two\\nlines"
show = "import os; print([os.environ[n] for n in ('WITH_EQUALS', 'WITH_NEWLINE')])"
jobid = job(sys.executable, "-c", show, jobEnvironment=os.environ, outputPath=":" + os.getcwd() + "/out")
print(Session.wait(jobid).exitStatus, open("out").read().strip())
"""
    )
    assert lines == ["0 ['a=b=c', 'two\\nlines']"]


def test_what_is_readable_without_a_session(client: Client) -> None:
    client(
        """
import drmaa
named = drmaa.Session("session=x"), drmaa.Session(contactString=None)
for session in (drmaa.Session, drmaa.Session(), *named):
    assert session.contact == "" and "GE" in session.drmsInfo and "GE" in session.drmaaImplementation
    assert session.version == (1, 0) and str(session.version) == "1.0" and session.version.major == 1
"""
    )


@pytest.mark.slow
def test_static_calls_without_an_instance(client: Client) -> None:
    client(
        BEGIN
        + """
with drmaa.JobTemplate(remoteCommand="/bin/sh", args=["-c", "exit 3"], outputPath=":/dev/null") as jt:
    jt.joinFiles = True
    assert {"remoteCommand", "jobEnvironment", "joinFiles"} <= set(dir(jt))
    ids = Session.runBulkJobs(jt, beginIndex=1, endIndex=3, step=2)
    again = Session.runJob(jobTemplate=jt)
assert [jobid.partition(".")[2] for jobid in ids] == ["1", "3"]
Session.synchronize(ids, timeout=300, dispose=False)
assert [Session.wait(jobId=jobid, timeout=300).exitStatus for jobid in [*ids, again]] == [3, 3, 3]
Session.exit()
"""
    )


def test_subclasses_and_context_managers(client: Client) -> None:
    lines = client(
        """
import drmaa
class Mine(drmaa.Session):
    def initialize(self, contact=None):
        print("mine", contact)
        super().initialize(contact)
    def runJob(self, jobTemplate):
        return "<%s>" % super().runJob(jobTemplate)
with Mine(contactString="session=ofmine") as session:
    print(session.contact, drmaa.Session.contact)
    with session.createJobTemplate() as jt:
        jt.remoteCommand, jt.outputPath, jt.joinFiles = "/bin/true", ":/dev/null", True
        jobid = session.runJob(jt)
    print(session.wait(jobid.strip("<>")).exitStatus)
print(repr(session.contact))
"""
    )
    assert lines == ["mine session=ofmine", "session=ofmine session=ofmine", "0", "''"]


def test_delete_job_template_takes_whatever_has_delete(client: Client) -> None:
    client(
        """
import drmaa
class Wrapper:
    deleted = False
    def delete(self):
        self.deleted = True
wrapper = Wrapper()
drmaa.Session.deleteJobTemplate(wrapper)
assert wrapper.deleted
"""
    )


@pytest.mark.slow
def test_synchronize_is_given_a_bare_string(client: Client) -> None:
    """The characters are the ids, all of them unknown: it returns at once, as drmaa-python's tests expect."""
    client(
        BEGIN
        + """
jobid = job("/bin/sleep", "60")
while len(jobid) == 1:  # a new cell begins with 1, whose one character is itself
    Session.control(jobid, JobControlAction.TERMINATE)
    jobid = job("/bin/sleep", "60")
assert Session.synchronize(jobid) is None
Session.control(jobid, JobControlAction.TERMINATE)
Session.synchronize(jobid, Session.TIMEOUT_WAIT_FOREVER, False)
try:
    Session.wait(jobid, Session.TIMEOUT_WAIT_FOREVER)
except Exception as error:
    assert not isinstance(error, drmaa.DrmaaException) and error.args[0].startswith("code 24")
"""
    )


@pytest.mark.parametrize("call", ["exit()", "control(drmaa.JOB_IDS_SESSION_ALL, 'terminate')"])
@pytest.mark.slow
def test_calls_after_the_end_say_so_and_no_more(client: Client, call: str) -> None:
    lines = client(
        f"""
import atexit, drmaa
def last():
    try:
        drmaa.Session.{call}
    except drmaa.NoActiveSessionException as error:
        print(str(error).startswith("code 5:"))
class Pool:
    def __init__(self):
        self.session = drmaa.Session()
        self.session.initialize()
    def __del__(self):
        last()
atexit.register(last)
pool = Pool()
pool.session.exit()
del pool
print("end")
"""
    )
    assert lines == ["True", "end", "True"]


@pytest.mark.slow
def test_a_session_nobody_ends_does_not_disturb_the_end_of_the_program(client: Client) -> None:
    assert client(BEGIN + 'job("/bin/true"); print("end")') == ["end"]


def test_jobs_of_other_sessions_and_of_plain_qsub(client: Client) -> None:
    foreign = client.cell.run(
        "qsub", "-terse", "-h", "-b", "y", "-o", "/dev/null", "-j", "y", "sleep", "60"
    ).stdout.strip()
    lines = client(
        BEGIN
        + """
assert Session.jobStatus(sys.argv[1]) == JobState.USER_ON_HOLD
Session.control(sys.argv[1], JobControlAction.TERMINATE)
for jobid in ("99999999", sys.argv[1] + ".9"):
    try:
        Session.jobStatus(jobid)
    except drmaa.InvalidJobException as error:
        print(error)
for jobid in ("None", "abc", ""):
    try:
        Session.jobStatus(jobid)
    except drmaa.errors.InvalidArgumentException as error:
        print(error)
""",
        foreign,
    )
    unknown = "code 18: The job specified by the 'jobid' does not exist."
    assert lines[:2] == [unknown] * 2
    assert lines[2:] == [f'code 4: Job id, "{name}", is not a valid job id' for name in ("None", "abc", "")]


@pytest.mark.slow
def test_a_script_without_a_shebang_runs(client: Client) -> None:
    """cosmos-wfm writes such scripts: execvp(3) hands them to /bin/sh."""
    lines = client(
        BEGIN
        + """
with open("script", "w") as script:
    script.write("echo $0 $#; exit 4")
os.chmod("script", 0o755)
path = os.path.abspath("script")
info = Session.wait(job(path, "a b", outputPath=":" + os.path.abspath("out")))
print(info.hasExited, info.exitStatus, open("out").read().strip() == path + " 1")
"""
    )
    assert lines == ["True 4 True"]


def test_exceptions_are_reached_by_every_road(client: Client) -> None:
    client(
        """
import drmaa, drmaa.errors, drmaa.const, drmaa.session
from drmaa.const import JobControlAction
from drmaa.session import Session
assert drmaa.InvalidJobException is drmaa.errors.InvalidJobException
assert issubclass(drmaa.InternalException, drmaa.errors.DrmaaException)
assert "DrmaaException" not in drmaa.__all__ and drmaa.DrmaaException is drmaa.errors.DrmaaException
assert JobControlAction.TERMINATE == drmaa.JobControlAction.TERMINATE and Session is drmaa.Session
"""
    )


@pytest.mark.slow
def test_a_patched_attribute_of_the_template_class(client: Client) -> None:
    """As jerdra/drmaa_executor_plugin does: a limit with a converter of its own."""
    lines = client(
        BEGIN
        + """
from drmaa import JobTemplate
from drmaa.helpers import Attribute, IntConverter
class Hours:
    @staticmethod
    def to_drmaa(value):
        return str(int(value) * 3600).encode()
    @staticmethod
    def from_drmaa(value):
        return int(value) // 3600
JobTemplate.hardWallclockTimeLimit = Attribute(b"drmaa_wct_hlimit", type_converter=Hours)
JobTemplate.softWallclockTimeLimit = Attribute("drmaa_wct_slimit", type_converter=IntConverter)
jt = JobTemplate()
jt.hardWallclockTimeLimit, jt.softWallclockTimeLimit = 2, 60
assert (jt.hardWallclockTimeLimit, jt.softWallclockTimeLimit) == (2, 60)
jt.remoteCommand, jt.jobSubmissionState = "/bin/true", "drmaa_hold"
print(Session.runJob(jt))
"""
    )
    listed = client.cell.run("qstat", "-j", lines[0]).stdout
    client.cell.run("qdel", lines[0])
    requested = next(line for line in listed.splitlines() if line.startswith("hard resource_list"))
    assert {"h_rt=7200", "s_rt=60"} <= set(requested.split()[-1].split(","))


@pytest.mark.slow
def test_the_helpers_without_ctypes(client: Client) -> None:
    client(
        BEGIN
        + """
from drmaa import helpers, errors
jt = Session.createJobTemplate()
helpers.attribute_setter(jt, "drmaa_wd")("/tmp")
assert helpers.attribute_getter(jt, "drmaa_wd")() == b"/tmp" and jt.workingDirectory == "/tmp"
jt.args = ["a", "b"]
assert list(helpers.vector_attribute_iterator(jt, b"drmaa_v_argv")) == ["a", "b"]
assert "drmaa_wd" in list(helpers.attribute_names_iterator())
assert list(helpers.vector_attribute_names_iterator()) == ["drmaa_v_argv", "drmaa_v_env", "drmaa_v_email"]
assert helpers.adapt_rusage(["cpu=1.0000", "x=a=b"]) == {"cpu": "1.0000", "x": "a=b"}
assert helpers.string_vector(["a", b"b", 3]) == [b"a", b"b", b"3", None]
jt.remoteCommand, jt.outputPath, jt.joinFiles = "/bin/true", ":/dev/null", True
jt.workingDirectory = "/"
assert [one.partition(".")[2] for one in helpers.run_bulk_job(jt, 1, 2)] == ["1", "2"]
class Holder:
    text = helpers.SessionStringAttribute(lambda: "said")
    version = helpers.SessionVersionAttribute()
assert Holder().text == Holder.text == "said" and str(Holder.version) == "1.0"
errors.error_buffer.value = b"told"
kinds = {1: errors.InternalException, 24: errors.NoResourceUsageException, 25: StopIteration}
kinds[26] = errors.DrmaaException
for code, kind in kinds.items():
    try:
        errors.error_check(code)
    except Exception as error:
        assert type(error) is kind and str(error) == "code %d: told" % code, error
    else:
        raise AssertionError(code)
assert errors.error_check(0) is None
"""
    )


@pytest.mark.slow
@pytest.mark.parametrize(("strict", "states"), [("0", "done done"), ("1", "failed failed")])
def test_strict_states_in_both_apis(client: Client, strict: str, states: str) -> None:
    lines = client(
        BEGIN
        + """
import DRMAA
bad, killed, good = job("/bin/sh", "-c", "exit 7"), job("/bin/sh", "-c", "kill -9 $$"), job("/bin/true")
Session.synchronize([bad, killed, good], 180, False)
print(Session.jobStatus(bad), Session.jobStatus(killed))
old, words = DRMAA.Session(), {DRMAA.Session.DONE: "done", DRMAA.Session.FAILED: "failed"}
print(words[old.getJobProgramStatus(bad)], words[old.getJobProgramStatus(killed)])
print(Session.jobStatus(good), Session.wait(bad).exitStatus, Session.wait(killed).terminatedSignal)
""",
        DRMAA_CLI_STRICT_STATES=strict,
    )
    assert lines == [states, states, "done 7 SIGKILL"]


@pytest.mark.slow
def test_strict_states_by_keyword(client: Client) -> None:
    lines = client(
        """
import drmaa_cli
for strict in (False, True):
    with drmaa_cli.open_session(strict_states=strict) as session, session.createJobTemplate() as jt:
        jt.remoteCommand, jt.args = "/bin/sh", ["-c", "exit 1"]
        jt.outputPath, jt.joinFiles = ":/dev/null", True
        jobid = session.runJob(jt)
        session.synchronize([jobid], 180)
        print(session.jobStatus(jobid))
"""
    )
    assert lines == ["done", "failed"]
