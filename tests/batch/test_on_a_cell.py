"""runJobs() on a real cell: what the tasks see, how they end, and that control works on each."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.constants import JobControlAction
from drmaa_cli.jobs.job_end import JobInfo
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.templates import JobTemplate
from tests.patience import PATIENCE
from tests.real_cell import RealCell, wait_until

pytestmark = pytest.mark.real_cell

PROBE = """\
#!/usr/bin/python3
import json, os, sys
seen = {
    "argv": sys.argv[1:],
    "cwd": os.getcwd(),
    "env": dict(os.environ),
    "files": [os.readlink(f"/proc/self/fd/{number}") for number in (0, 1, 2)],
}
with open(os.environ["PROBE_OUT"] + ".new", "w") as out:
    json.dump(seen, out)
os.rename(os.environ["PROBE_OUT"] + ".new", os.environ["PROBE_OUT"])
"""
NASTY = [
    "",
    " ",
    "'",
    '"',
    "\n",
    "a\n\n#$ -q x\n",
    "$HOME `id` $(id)",
    "\\",
    "*",
    "\x01\x7f\r\t",
    "\udcff\udc80é",
    "-n",
]


@pytest.fixture
def session(real_environment: RealCell, tmp_path: Path) -> Iterator[JobSession]:
    tmp_path.parent.chmod(0o755)
    tmp_path.chmod(0o755)
    with JobSession(state_dir=str(tmp_path / "state"), accounting_margin=PATIENCE) as connection:
        yield connection
        connection.control("DRMAA_JOB_IDS_SESSION_ALL", JobControlAction.TERMINATE)


def shell(session: JobSession, script: str, *args: str, **attributes: Any) -> JobTemplate:
    quiet = {"outputPath": ":/dev/null", "joinFiles": True}
    return session.createJobTemplate(
        remoteCommand="/bin/sh", args=["-c", script, "sh", *args], **{**quiet, **attributes}
    )


def wait_for(session: JobSession, ids: list[str]) -> list[JobInfo]:
    session.synchronize(ids, PATIENCE)
    return [session.wait(job, 0) for job in ids]


# Around each number that means something: 99 (rescheduled) and 100 (put in error state) are no exit statuses.
CODES = sorted(
    {*range(4), *range(0, 98, 13), 98, 101, *range(124, 168, 3), *range(127, 131), 137, 192, 254, 255}
)


@pytest.mark.slow
def test_exit_statuses(session: JobSession) -> None:
    codes = CODES
    infos = wait_for(session, session.runJobs(shell(session, f"exit {code}") for code in codes))
    seen = {code: (info.hasExited, info.exitStatus, info.hasSignal) for code, info in zip(codes, infos)}
    below = {code: (True, code, False) for code in codes if code <= 128}
    assert {code: seen[code] for code in below} == below
    one_by_one = [session.runJob(shell(session, f"exit {code}")) for code in codes if code > 128][::3]
    alone = [(info.hasExited, info.exitStatus, info.hasSignal) for info in wait_for(session, one_by_one)]
    assert [seen[code] for code in codes if code > 128][::3] == alone


def test_signals(session: JobSession) -> None:
    numbers = [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGUSR1, signal.SIGXCPU, signal.SIGINT]
    infos = wait_for(
        session,
        session.runJobs(shell(session, f"ulimit -c 0; kill -{number.value} $$") for number in numbers),
    )
    assert [(info.hasSignal, info.terminatedSignal) for info in infos] == [
        (True, number.name) for number in numbers
    ]


def test_each_tasks_files(session: JobSession, tmp_path: Path) -> None:
    script = 'readlink "/proc/$$/fd/1"; readlink "/proc/$$/fd/2"'
    different = [
        {"outputPath": f":{tmp_path}/$JOB_ID.a", "errorPath": f":{tmp_path}/b.$TASK_ID"},
        {"workingDirectory": str(tmp_path), "outputPath": ":c", "joinFiles": True},
        {"workingDirectory": str(tmp_path), "outputPath": ":.", "errorPath": ":./d"},
    ]
    given = [{"joinFiles": False, **attributes} for attributes in different]
    infos = wait_for(session, session.runJobs([shell(session, script, **each) for each in given]))
    found = [[info.output_path, info.error_path] for info in infos]
    assert found == [Path(info.output_path).read_text().splitlines() for info in infos]
    assert {error for _, error in found} == {f"{tmp_path}/b.1", f"{tmp_path}/c", f"{tmp_path}/d"}


def test_usage_is_the_commands(session: JobSession) -> None:
    spin = "import time\nwhile time.process_time() < 0.8: pass"
    scripts = [["-c", spin], ["-c", "pass"]]
    ids = session.runJobs(
        session.createJobTemplate(
            remoteCommand="/usr/bin/python3", args=args, outputPath=":/dev/null", joinFiles=True
        )
        for args in scripts
    )
    busy, idle = (float((info.resourceUsage or {})["cpu"]) for info in wait_for(session, ids))
    assert 0.7 < busy < 3
    assert idle < 0.6


def test_what_tasks_see(session: JobSession, tmp_path: Path) -> None:
    probe = tmp_path / "probe"
    probe.write_text(PROBE)
    probe.chmod(0o755)
    rows = []
    for number in range(6):
        directory = tmp_path / f"d {number}\n'"
        directory.mkdir()
        (directory / "in").write_text("")
        rows.append(
            {
                "remoteCommand": str(probe),
                "args": [*NASTY[number:], str(number)],
                "workingDirectory": str(directory),
                "inputPath": ":in",
                "outputPath": f":o,{number} $JOB_ID.$TASK_ID",
                "errorPath": f":{directory}/e'\n",
                "jobEnvironment": {
                    "PROBE_OUT": str(tmp_path / f"seen{number}"),
                    "A": NASTY[number],
                    "B": NASTY[-number],
                    "a-b": "x\n",
                    "UID": "77",
                    "LONG": "v" * 50_000,
                },
            }
        )
    ids = session.runJobs(session.createJobTemplate(**row) for row in rows)
    number = ids[0].split(".")[0]
    wait_for(session, ids)
    for task, row in enumerate(rows):
        seen = json.loads((tmp_path / f"seen{task}").read_text())
        directory = str(row["workingDirectory"])
        assert seen["argv"] == row["args"]
        assert seen["cwd"] == directory
        assert seen["files"] == [
            f"{directory}/in", f"{directory}/o,{task} {number}.{task + 1}", f"{directory}/e'\n",
        ]  # fmt: skip
        assert {name: seen["env"].get(name) for name in row["jobEnvironment"]} == row["jobEnvironment"]
        assert seen["env"]["SGE_TASK_ID"] == str(task + 1)
        assert seen["env"]["SHELL"] != "/usr/bin/env"


def test_long_values_reach_single_jobs(session: JobSession, tmp_path: Path) -> None:
    report = tmp_path / "lengths"
    code = "import os, sys; print([len(a) for a in sys.argv[1:]] + [len(os.environ['V'])])"
    job = session.runJob(
        session.createJobTemplate(
            remoteCommand="/usr/bin/python3", args=["-c", code, "x" * 131_000, "é" * 60_000],
            jobEnvironment={"V": "v" * 120_000}, outputPath=f":{report}", joinFiles=True,
        )
    )  # fmt: skip
    wait_for(session, [job])
    assert report.read_text() == "[131000, 60000, 120000]\n"


def test_bulk_jobs_carry_lines_too(session: JobSession, tmp_path: Path) -> None:
    template = shell(
        session, 'printf %s "$1$SGE_TASK_ID"', "a\nb", outputPath=f":{tmp_path}/x,$drmaa_incr_ph$"
    )
    wait_for(session, session.runBulkJobs(template, 2, 4, 2))
    assert [(tmp_path / f"x,{task}").read_text() for task in (2, 4)] == ["a\nb2", "a\nb4"]


def test_default_files_of_tasks(session: JobSession, tmp_path: Path) -> None:
    directories = [tmp_path / "a", tmp_path / "b"]
    for directory in directories:
        directory.mkdir()
    ids = session.runJobs(
        session.createJobTemplate(
            remoteCommand="/bin/sh", args=["-c", "echo out; echo err >&2"], workingDirectory=str(directory)
        )
        for directory in directories
    )
    wait_for(session, ids)
    for job, directory in zip(ids, directories):
        assert {path.name: path.read_text() for path in directory.iterdir()} == {
            f"sh.o{job}": "out\n", f"sh.e{job}": "err\n",
        }  # fmt: skip


def test_what_cannot_be_started_is_aborted(session: JobSession, tmp_path: Path) -> None:
    quiet = {"outputPath": ":/dev/null", "joinFiles": True}
    rows: list[dict[str, Any]] = [
        {"remoteCommand": "/no/such", **quiet},
        {"remoteCommand": "no-such-command", **quiet},
        {"remoteCommand": str(tmp_path), **quiet},
        {"remoteCommand": "/bin/true", **quiet, "workingDirectory": "/no/such"},
        {"remoteCommand": "/bin/true", **quiet, "outputPath": ":/no/such/file"},
        {"remoteCommand": "/bin/true", **quiet, "inputPath": ":/no/such/file"},
        {"remoteCommand": "/bin/true", **quiet},
    ]
    ids = session.runJobs(session.createJobTemplate(**row) for row in rows)
    assert len({job.split(".")[0] for job in ids}) == 1
    infos = wait_for(session, ids)
    assert [info.wasAborted for info in infos] == [True] * 6 + [False]


def test_control_of_single_tasks(session: JobSession) -> None:
    ids = session.runJobs(shell(session, f"sleep 100; exit {number}") for number in range(4))
    wait_until(lambda: all(session.jobStatus(job) == "running" for job in ids), "tasks running", PATIENCE)
    session.control(ids[1], JobControlAction.SUSPEND)
    assert [session.jobStatus(job) for job in ids] == ["running", "user_suspended", "running", "running"]
    session.control(ids[1], JobControlAction.RESUME)
    session.control(ids[2], JobControlAction.TERMINATE)
    assert session.wait(ids[2], PATIENCE).wasAborted
    assert [session.jobStatus(ids[task]) for task in (0, 1, 3)] == ["running"] * 3


def test_held_tasks_are_released_one_by_one(session: JobSession) -> None:
    ids = session.runJobs(
        shell(session, f"exit {number}", jobSubmissionState="drmaa_hold") for number in (3, 4)
    )
    assert [session.jobStatus(job) for job in ids] == ["user_on_hold"] * 2
    session.control(ids[1], JobControlAction.RELEASE)
    assert session.wait(ids[1], PATIENCE).exitStatus == 4
    assert session.jobStatus(ids[0]) == "user_on_hold"


@pytest.mark.slow
def test_thousands_in_one_command(session: JobSession, tmp_path: Path) -> None:
    templates = [
        shell(session, 'printf %s "$1"; exit "$2"', f"task {number}", str(number % 7),
              outputPath=f":{tmp_path}/{number}", jobSubmissionState="drmaa_hold")
        for number in range(20_000)
    ]  # fmt: skip
    ids = session.runJobs(templates)
    assert session.commands["qsub"] == 1
    assert ids == [f"{ids[0].split('.')[0]}.{number + 1}" for number in range(20_000)]
    for chosen in (0, 777, 19_999):
        session.control(ids[chosen], JobControlAction.RELEASE)
    for chosen in (0, 777, 19_999):
        assert session.wait(ids[chosen], PATIENCE).exitStatus == chosen % 7
        assert (tmp_path / str(chosen)).read_text() == f"task {chosen}"


def test_a_queue_that_feeds_scripts_to_shells(session: JobSession, real_cell: RealCell) -> None:
    """With shell_start_mode script_from_stdin no script of ours can run; it must not seem to have run."""
    before = real_cell.run("qconf", "-sq", "all.q").stdout
    real_cell.run("qconf", "-mattr", "queue", "shell_start_mode", "script_from_stdin", "all.q")
    try:
        ids = session.runJobs(shell(session, f"exit {number}") for number in (0, 0))
        infos = wait_for(session, ids)
    finally:
        real_cell.run("qconf", "-mattr", "queue", "shell_start_mode", "posix_compliant", "all.q")
    assert "posix_compliant" in before
    assert [info.exitStatus for info in infos] != [0, 0]
