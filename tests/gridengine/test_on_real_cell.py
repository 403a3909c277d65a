"""The commands this layer builds are those that a real Grid Engine understands, and its replies are read."""

from __future__ import annotations

import getpass
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from drmaa_cli.gridengine import accounting, control, probe, qacct, qstat, qsub, states
from drmaa_cli.gridengine.records import AccountingRecord, CommandResult, Hold, JobId, TaskRange
from drmaa_cli.gridengine.replies import Outcome
from tests.patience import PATIENCE
from tests.real_cell import RealCell, wait_until

pytestmark = pytest.mark.real_cell

Run = Callable[[Sequence[str]], CommandResult]
USER = getpass.getuser()


@pytest.fixture
def run(real_cell: RealCell) -> Run:
    """Runs a command of the cell as the upper layers do: TZ=UTC, C locale, nothing on standard input."""
    environment = {
        "HOME": str(real_cell.directory),
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C",
        "TZ": "UTC",
        **real_cell.env,
    }

    def runner(argv: Sequence[str]) -> CommandResult:
        done = subprocess.run(
            [str(real_cell.bin_directory / argv[0]), *argv[1:]],
            env=environment,
            cwd=real_cell.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        return CommandResult(tuple(argv), done.returncode, done.stdout, done.stderr)

    return runner


@pytest.fixture
def submit(run: Run) -> Iterator[Callable[..., int]]:
    """Submits a command and removes the job in the end."""
    jobs: list[int] = []

    def submitter(*words: str) -> int:
        quiet = ["-o", "/dev/null", "-e", "/dev/null"]
        answer = qsub.parse_submission(run(["qsub", "-terse", "-b", "y", "-shell", "n", *quiet, *words]))
        assert isinstance(answer, qsub.Accepted), answer
        jobs.append(answer.job)
        return answer.job

    yield submitter
    if jobs:
        run(control.argv("terminate", [JobId(job) for job in jobs]))


def test_holds_and_details(run: Run, submit: Callable[..., int]) -> None:
    name = "a<b&c>'d\""
    user = submit("-h", "-N", name, "-ac", "token=x y<z>", "true")
    array = submit("-h", "-t", "1-10:3", "true")
    held = {
        user: Hold.USER,
        array: Hold.USER,
        submit("-hold_jid", str(user), "true"): Hold.DEPENDENCY,
        submit("-hold_jid_ad", str(array), "-t", "1-10:3", "true"): Hold.ARRAY_DEPENDENCY,
        submit("-a", "203701010000", "true"): Hold.START_TIME,
    }
    rows = qstat.parse_listing(run(qstat.listing_argv(USER)), set(held)).rows
    assert {row.job for row in rows} == set(held)
    assert all(states.is_pending(row.state) and row.listed_as == "pending" for row in rows)
    for kind in qstat.HOLD_FILTERS:
        found = qstat.parse_listing(run(qstat.listing_argv(USER, kind)), set(held)).rows
        assert {row.job for row in found} == {job for job, hold in held.items() if hold is kind}
    details = qstat.parse_details(run(qstat.details_argv([*held, 4000000])), [*held, 4000000])
    assert details.unknown == {4000000}
    by_number = {job.job: job for job in details.jobs}
    assert (by_number[user].name, by_number[user].context) == (name, {"token": "x y<z>"})
    assert (by_number[array].tasks, by_number[array].is_array) == (TaskRange(1, 10, 3), True)
    assert not by_number[user].is_array
    nothing = qstat.parse_details(run(qstat.details_argv([4000000])), [4000000])
    assert nothing.unknown == {4000000}


def test_records(run: Run, submit: Callable[..., int], real_cell: RealCell) -> None:
    before = time.time() - 2
    codes = {
        submit("/bin/sh", "-c", "exit 7"): (0, 7),
        submit("/bin/sh", "-c", "kill -9 $$"): (100, 137),
        submit("/no/such/program"): (27, 0),
    }

    def in_file() -> dict[int, AccountingRecord]:
        lines = real_cell.accounting.read_bytes().splitlines()
        wanted = [line for line in lines if (accounting.line_id(line) or (0, 0))[0] in codes]
        return {record.job: record for record in map(accounting.parse_line, wanted)}

    wait_until(lambda: len(in_file()) == len(codes), "three accounting records")
    exact = in_file()
    assert {job: (record.failed, record.exit_status) for job, record in exact.items()} == codes
    for job, record in exact.items():
        (shown,) = qacct.parse(run(qacct.argv(job)))
        assert shown[:13] == record[:13]
        assert shown.ru_maxrss == pytest.approx(record.ru_maxrss, rel=2e-3)
        assert (shown.category, shown.task, shown.slots) == (record.category, record.task, record.slots)
    started = {job for job, record in exact.items() if record.start_time}
    listed = {record.job for record in qacct.parse(run(qacct.argv_for_owner(USER, before)))}
    assert listed & set(codes) == started, "a job that never started is not among those started since"
    assert qacct.parse(run(qacct.argv(4000000))) == []
    assert qacct.parse(run(qacct.argv_for_owner(USER, time.time() + 1e6))) == []


def test_control(run: Run, submit: Callable[..., int]) -> None:
    job, array, held = submit("sleep", "60"), submit("-t", "1-2", "sleep", "60"), submit("-h", "true")

    def running() -> bool:
        rows = qstat.parse_listing(run(qstat.listing_argv(USER)), {job, array}).rows
        return [row.state for row in rows] == ["r"] * 3

    wait_until(running, "three running tasks")
    ids = [JobId(job), JobId(array, 2), JobId(array, 9), JobId(held), JobId(4000000)]

    def outcomes(action: str) -> list[str]:
        answers = control.parse(action, run(control.argv(action, ids)), ids)
        assert all(answer.outcome is not Outcome.ERROR for answer in answers), answers
        return [control.answers_about(job_id, answers)[0].outcome.name for job_id in ids]

    unknown, wrong = "UNKNOWN_JOB", "WRONG_STATE"
    assert outcomes("suspend") == ["DONE", "DONE", unknown, wrong, unknown]
    assert outcomes("suspend") == [wrong, wrong, unknown, wrong, unknown]
    assert outcomes("resume") == ["DONE", "DONE", unknown, wrong, unknown]
    assert outcomes("hold") == ["DONE", "DONE", "NOTHING_TO_DO", "NOTHING_TO_DO", unknown]
    assert outcomes("release") == ["DONE", "DONE", "NOTHING_TO_DO", "DONE", unknown]
    assert outcomes("terminate")[:3] == ["DONE", "DONE", unknown]


def test_refusals(run: Run) -> None:
    def refusal(*words: str) -> qsub.Refused:
        answer = qsub.parse_submission(run(["qsub", "-terse", "-b", "y", *words, "true"]))
        assert isinstance(answer, qsub.Refused)
        return answer

    assert refusal("-q", "nosuch.q").kind is qsub.Refusal.DENIED
    assert refusal("-zzz").kind is qsub.Refusal.SYNTAX
    assert refusal("-w", "v").kind is qsub.Refusal.VERIFIED_ONLY
    assert refusal("-verify").kind is qsub.Refusal.VERIFIED_ONLY
    assert refusal("-N", "a b").kind is qsub.Refusal.INTERNAL
    assert refusal("-help").certain


def test_the_cell(run: Run) -> None:
    assert probe.banner(run(probe.BANNER_ARGV)) == "SGE 8.1.9"
    configuration = probe.parse_sconf(run(probe.SCONF_ARGV))
    assert probe.max_aj_tasks(configuration) == 75000
    assert probe.accounting_flush_seconds(configuration) == 0
