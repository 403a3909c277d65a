"""wait() and what it returns, as observed of libdrmaa."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest

from tests.contract.harness import NO_SUCH_JOB, NO_USAGE, WAIT_TIMEOUT, World
from tests.patience import PATIENCE
from tests.tables import each_row

SHORT_KEYS = (
    "submission_time priority exit_status signal start_time end_time ru_wallclock ru_utime ru_stime "
    "ru_maxrss ru_ixrss ru_ismrss ru_idrss "
    "ru_isrss ru_minflt ru_majflt ru_nswap ru_inblock ru_oublock ru_msgsnd "
    "ru_msgrcv ru_nsignals ru_nvcsw ru_nivcsw acct_cpu acct_mem acct_io acct_iow "
    "acct_maxvmem cpu mem io iow maxvmem"
).split()
SAMPLED = ["io", "iow", "mem", "cpu", "vmem", "maxvmem"]
NEVER_STARTED = ["submission_time", "priority"]
SIGNALS = {
    1: ("SIGHUP", 901),
    2: ("SIGINT", 902),
    3: ("SIGQUIT", 903),
    4: ("SIGILL", 904),
    6: ("SIGABRT", 906),
    8: ("SIGFPE", 909),
    9: ("SIGKILL", 910),
    7: ("SIGBUS", 911),
    11: ("SIGSEGV", 912),
    13: ("SIGPIPE", 914),
    14: ("SIGALRM", 915),
    15: ("SIGTERM", 916),
    24: ("SIGXCPU", 925),
    25: ("SIGXFSZ", 926),
    10: ("SIGUSR1", 931),
    12: ("SIGUSR2", 932),
    30: ("SIGunknown signal", 30),
    31: ("SIGunknown signal", 31),
    34: ("SIGunknown signal", 34),
    64: ("SIGunknown signal", 64),
}


DIE = """
import os, resource, signal, sys
number = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
if number not in (signal.SIGKILL, signal.SIGSTOP):
    signal.signal(number, signal.SIG_DFL)
os.kill(os.getpid(), number)
"""


class Ending(NamedTuple):
    """A job and its end: hasExited, hasSignal, wasAborted, exitStatus, terminatedSignal; the status."""

    name: str
    command: list[str]
    attributes: dict[str, Any]
    info: tuple[bool, bool, bool, int, str]
    status: str = "done"


def exits(status: int) -> Ending:
    return Ending(f"exit {status}", ["/bin/sh", "-c", f"exit {status}"], {}, (True, False, False, status, ""))


def aborted(name: str, *command: str, **attributes: Any) -> Ending:
    return Ending(name, list(command), attributes, (False, False, True, 0, ""), "failed")


def limited(name: str, native: str, signal: str, command: str = "sleep 300") -> Ending:
    words = {"nativeSpecification": native}
    return Ending(name, ["/bin/sh", "-c", f"exec {command}"], words, (False, True, False, 0, signal))


ENDINGS = [
    *(exits(status) for status in (0, 1, 137)),  # more: test_exit_statuses_arrive
    aborted("exit 100", "/bin/sh", "-c", "exit 100"),
    aborted("no program", "/no/such/program"),
    aborted("not executable", "/etc/passwd"),
    aborted("program is a directory", "/tmp"),
    aborted("no directory", "/bin/true", workingDirectory="/no/such/directory"),
    aborted("no input", "/bin/true", inputPath=":/no/such/file"),
    aborted("no output", "/bin/true", outputPath=":/no/such/directory/file"),
    aborted("no error file", "/bin/true", errorPath=":/no/such/directory/file", joinFiles=False),
    Ending(
        "shell without program",
        ["/no/such/program"],
        {"nativeSpecification": "-shell y"},
        (True, False, False, 127, ""),
    ),
    Ending(
        "shell, not executable",
        ["/etc/passwd"],
        {"nativeSpecification": "-shell y"},
        (True, False, False, 126, ""),
    ),
    Ending(
        "child killed", ["/bin/sh", "-c", "sh -c 'kill -9 $$'; exit 139"], {}, (True, False, False, 139, "")
    ),
    limited("h_rt", "-l h_rt=1", "SIGKILL"),
    limited("s_rt", "-l s_rt=1", "SIGUSR1"),
]


def brief(info: Any) -> tuple[bool, bool, bool, int, str]:
    return (info.hasExited, info.hasSignal, info.wasAborted, info.exitStatus, info.terminatedSignal)


@pytest.mark.slow
def test_endings(session: World) -> None:
    jobs = {row.name: session.run(*row.command, **row.attributes) for row in ENDINGS}
    seen, statuses = {}, {}
    for row in ENDINGS:
        session.session.synchronize([jobs[row.name]], PATIENCE, False)
        statuses[row.name] = session.status(jobs[row.name])
        seen[row.name] = brief(session.session.wait(jobs[row.name], PATIENCE))
    assert seen == {row.name: row.info for row in ENDINGS}
    assert statuses == {row.name: row.status for row in ENDINGS}


@pytest.mark.slow
def test_signals(session: World) -> None:
    numbers = sorted(SIGNALS)
    here = str(session.directory)
    session.file("die.py").write_text(DIE)
    script = f"{here}/die.py"
    jobs = {n: session.run("/usr/bin/python3", "-S", script, str(n), workingDirectory=here) for n in numbers}
    infos = {number: session.session.wait(job, PATIENCE) for number, job in jobs.items()}
    assert {number: brief(info) for number, info in infos.items()} == {
        number: (False, True, False, 0, name) for number, (name, _) in SIGNALS.items()
    }
    assert {number: float(info.resourceUsage["signal"]) for number, info in infos.items()} == {
        number: own for number, (_, own) in SIGNALS.items()
    }
    assert {number: float(info.resourceUsage["exit_status"]) for number, info in infos.items()} == {
        number: 128 + number for number in numbers
    }


def test_a_script_without_an_interpreter_line(session: World) -> None:
    script = session.file("bare")
    script.write_text("exit 7\n")
    script.chmod(0o755)
    info = session.session.wait(session.run(str(script)), PATIENCE)
    assert brief(info) == (True, False, False, 7, "")


@pytest.mark.slow
def test_a_bad_interpreter(session: World) -> None:
    script = session.file("bad")
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    info = session.session.wait(session.run(str(script)), PATIENCE)
    assert brief(info) == (False, False, True, 0, "")


@pytest.mark.slow
def test_deleted_while_running(session: World) -> None:
    by_us, by_qdel, suspended = session.sleeper(), session.sleeper(), session.sleeper()
    session.session.control(suspended, "suspend")
    session.until(suspended, "user_suspended")
    session.session.control(by_us, "terminate")
    session.session.control(suspended, "terminate")
    for job in (by_us, suspended):
        assert brief(session.session.wait(job, PATIENCE)) == (False, False, True, 0, "")
    session.tool("qdel", by_qdel)
    session.until_letters(by_qdel, "")
    # A foreign qdel that no listing has shown leaves the same record as kill -9, but on engines that note who
    # deleted a job; libdrmaa's own connection to the qmaster sees it.
    seen = session.is_oracle or session.is_ocs
    expected = (False, False, True, 0, "") if seen else (False, True, False, 0, "SIGKILL")
    assert brief(session.session.wait(by_qdel, PATIENCE)) == expected


@pytest.mark.slow
def test_deleted_with_notification(session: World) -> None:
    job = session.sleeper(nativeSpecification="-notify")
    session.session.control(job, "terminate")
    assert brief(session.session.wait(job, PATIENCE)) == (False, False, True, 0, "")


def test_deleted_while_pending(session: World) -> None:
    job = session.held()
    session.session.control(job, "terminate")
    with session.refuses("NoResourceUsageException", NO_USAGE):
        session.session.wait(job, PATIENCE)
    with session.refuses("InvalidJobException", NO_SUCH_JOB):
        session.session.wait(job, 0)


@pytest.mark.slow
def test_rescheduled_job(session: World) -> None:
    path = session.file("second")
    script = f"test -e {path} && exit 5; touch {path}; sleep 300"
    job = session.run("/bin/sh", "-c", script, nativeSpecification="-r y")
    session.until(job, "running")
    session.eventually(path.exists, bool)
    session.tool("qmod", "-rj", job, check=True)
    assert brief(session.session.wait(job, PATIENCE)) == (True, False, False, 5, "")


def test_job_info(session: World) -> None:
    job = session.run("/bin/sh", "-c", "exit 3")
    info = session.session.wait(job, PATIENCE)
    assert info._fields == (
        "jobId",
        "hasExited",
        "hasSignal",
        "terminatedSignal",
        "hasCoreDump",
        "wasAborted",
        "exitStatus",
        "resourceUsage",
    )
    assert tuple(map(type, info)) == (str, bool, bool, str, bool, bool, int, dict)
    assert info[:7] == (job, True, False, "", False, False, 3)


def test_resource_usage(session: World) -> None:
    info = session.session.wait(session.run("/bin/sh", "-c", "exit 3"), PATIENCE)
    usage = info.resourceUsage
    others = [name for name in SHORT_KEYS if name not in SAMPLED]
    assert [name for name in usage if name not in SAMPLED] == others
    if not session.is_oracle:  # there by chance: whether execd took a sample, which stands first then
        assert list(usage) == [*SAMPLED, *others]
        assert usage["vmem"] == "0.0000"
    assert {name: value for name, value in usage.items() if not re.fullmatch(r"-?\d+\.\d{4}", value)} == {}
    assert usage["exit_status"] == "3.0000"
    assert usage["signal"] == "0.0000"
    assert usage["priority"] == "0.0000"
    assert float(usage["submission_time"]) <= float(usage["start_time"]) <= float(usage["end_time"])


@pytest.mark.slow
def test_usage_of_a_job_that_never_started(session: World) -> None:
    info = session.session.wait(session.run("/no/such/program"), PATIENCE)
    names = list(info.resourceUsage)
    assert [name for name in names if name not in SAMPLED] == NEVER_STARTED
    if not session.is_oracle:  # there by chance: whether execd took a sample
        assert names == [*SAMPLED, *NEVER_STARTED]


@pytest.mark.parametrize("job", ["999999", "999999.1"])
def test_unknown_job(session: World, job: str) -> None:
    for timeout in (0, -1, 5):
        with session.refuses("InvalidJobException", NO_SUCH_JOB):
            session.session.wait(job, timeout)


def test_reaped_job(session: World) -> None:
    job = session.run()
    session.session.wait(job, PATIENCE)
    with session.refuses("InvalidJobException", NO_SUCH_JOB):
        session.session.wait(job, -1)
    session.session.synchronize([job], 0, False)


def test_time_out(session: World) -> None:
    job = session.held()
    for timeout in (0, 1):
        with session.refuses("ExitTimeoutException", WAIT_TIMEOUT):
            session.session.wait(job, timeout)
    session.session.control(job, "release")
    assert session.session.wait(job, PATIENCE).hasExited


@pytest.mark.parametrize("timeout", ["1", None], ids=repr)
def test_time_out_of_a_wrong_type(session: World, timeout: object) -> None:
    with session.refuses_type(timeout):
        session.session.wait(session.held(), timeout)


@pytest.mark.only_on("cli-real", "cli-fake")  # drmaa-python documents floats and refuses them
def test_time_out_as_a_float(session: World) -> None:
    with session.refuses("ExitTimeoutException", WAIT_TIMEOUT):
        session.session.wait(session.held(), 0.3)


@each_row("job", ["abc", "", "DRMAA_JOB_IDS_SESSION_ALL"])
def test_malformed_id(session: World, job: str) -> None:
    with session.refuses("InvalidArgumentException", f'code 4: Job id, "{job}", is not a valid job id'):
        session.session.wait(job, 0)


def test_a_bulk_job_as_a_whole_is_its_first_task(session: World) -> None:
    first, second = session.bulk(1, 2, 1)
    info = session.session.wait(first.partition(".")[0], PATIENCE)
    assert info.jobId == first
    with session.refuses("InvalidJobException", NO_SUCH_JOB):
        session.session.wait(first, 0)
    assert session.session.wait(second, PATIENCE).jobId == second


def test_task_one_of_a_single_job(session: World) -> None:
    job = session.run()
    with session.refuses("InvalidJobException", NO_SUCH_JOB):
        session.session.wait(f"{job}.2", 0)
    assert session.session.wait(f"{job}.1", PATIENCE).hasExited


def test_any(fresh: World) -> None:
    anyone = fresh.anyone
    jobs = [fresh.run() for _ in range(3)]
    fresh.session.synchronize(jobs, PATIENCE, False)
    assert [fresh.session.wait(anyone, PATIENCE).jobId for _ in jobs] == jobs
    with fresh.refuses("InvalidJobException", NO_SUCH_JOB):
        fresh.session.wait(anyone, -1)


def test_any_with_a_job_deleted_while_pending(fresh: World) -> None:
    fresh.session.control(fresh.held(), "terminate")
    with fresh.refuses("NoResourceUsageException", NO_USAGE):
        fresh.session.wait(fresh.anyone, PATIENCE)
