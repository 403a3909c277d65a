"""What needs no Grid Engine: reading, start-up, and 100,000 tasks on the fake cell."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fake_sge
from benchmarks.report import Row, at_most, faster, median, milliseconds
from drmaa_cli.gridengine.qstat import parse_listing
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.accounting_log import AccountingFile
from tests.real_cell import RealCell

LINE = (
    "all.q:localhost:users:user:bench:{}:sge:0:1795426024:1795426026:1795426030:0:0:4:0.008128:0.003276"
    ":4896.000000:0:0:0:0:548:1:0:8.000000:8:0:0:0:5:8:NONE:defaultdepartment:NONE:1:0:0.011404:0.000000"
    ":0.000037:-l h_rt=60:0.000000:NONE:1871872.000000:0:0\n"
)
ENTRY = """    <job_list state="pending">
      <JB_job_number>{}</JB_job_number>
      <JAT_prio>0.50000</JAT_prio>
      <JB_name>bench</JB_name>
      <JB_owner>user</JB_owner>
      <state>qw</state>
      <JB_submission_time>2026-11-23T09:13:51</JB_submission_time>
      <queue_name></queue_name>
      <slots>1</slots>
    </job_list>
"""


def timed(call: Callable[[], object], rounds: int = 5) -> list[float]:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return times


def start_up() -> Iterator[Row]:
    ours, base = [], []
    for _ in range(11):
        ours.append(_import_seconds("drmaa_cli"))
        base.append(_import_seconds("lxml.etree, sqlite3"))
    yield at_most("import drmaa_cli, beside import lxml.etree, sqlite3", ours, base, 1.5)
    rest = [_import_seconds("drmaa_cli.session.job_session") for _ in range(5)]
    note = "loaded by the first initialize() or open_session()"
    yield Row("the rest of drmaa_cli", milliseconds(median(rest)), "-", "-", "-", None, note)


def _import_seconds(names: str) -> float:
    code = f"import time; t = time.perf_counter(); import {names}; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def listing(jobs: int = 5000) -> Iterator[Row]:
    entries = "".join(ENTRY.format(number) for number in range(1, jobs + 1))
    head = "<?xml version='1.0'?>\n<job_info>\n  <queue_info>\n  </queue_info>\n  <job_info>\n"
    xml = f"{head}{entries}  </job_info>\n</job_info>\n"
    result = CommandResult(("qstat",), 0, xml.encode(), b"")
    times = timed(lambda: parse_listing(result))
    yield Row(
        f"reading a listing of {jobs:,} jobs",
        milliseconds(median(times)),
        "-",
        "-",
        "< 100 ms",
        median(times) < 0.1,
    )


def accounting(cell: RealCell, sizes: tuple[int, ...] = (10**5, 10**6, 10**7)) -> Iterator[Row]:
    found: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="drmaa-bench-") as name:
        path = Path(name, "accounting")
        for size in sizes:
            _write_lines(path, size)
            found[size] = median(_lookups(path, size))
            if size == 10**6:
                times = _lookups(path, size + 5)
                theirs = timed(lambda: cell.run("qacct", "-f", str(path), "-j", str(10**6)))
                yield faster(
                    "finding an ended job's record among 10^6 lines, beside qacct -j", times, theirs, 100
                )
    growth = found[sizes[-1]] / found[sizes[0]]
    yield Row(
        "the same, 10^7 lines beside 10^5",
        f"{found[sizes[-1]] * 1e6:.0f} us",
        f"{found[sizes[0]] * 1e6:.0f} us",
        f"{growth:.2f}",
        "flat",
        growth < 3,
    )


def _lookups(path: Path, size: int) -> list[float]:
    """Seconds to find each of some records that are appended to a file of so many lines."""
    reader = AccountingFile(str(path))
    reader.open()
    times = []
    for number in range(size + 1, size + 6):
        with path.open("a", encoding="ascii") as file:
            file.write(LINE.format(number))
        began = time.perf_counter()
        _look(reader, number)
        times.append(time.perf_counter() - began)
    reader.close()
    return times


def _look(reader: AccountingFile, wanted: int) -> None:
    assert reader.changed()
    assert [record.job for record in reader.read_new(lambda number: number == wanted)] == [wanted]


def _write_lines(path: Path, count: int) -> None:
    with path.open("w", encoding="ascii") as file:
        for start in range(1, count + 1, 10_000):
            file.write(
                "".join(LINE.format(number) for number in range(start, min(start + 10_000, count + 1)))
            )


HUNDRED_THOUSAND = """
import json, resource, time
import drmaa_cli
connection = drmaa_cli.open_session()
template = connection.createJobTemplate(remoteCommand="/bin/true", jobSubmissionState="drmaa_hold")
jobs = []
for part in range(2):
    jobs += connection.runBulkJobs(template, 1, 50_000, 1)
polls = []
for job in (jobs[-1], jobs[0], jobs[60_000], jobs[10]):
    before = connection.commands.get("qstat", 0)
    began = time.perf_counter()
    state = connection.jobStatus(job)
    polls.append(time.perf_counter() - began)
    assert state == "user_on_hold"
    assert connection.commands.get("qstat", 0) > before
    time.sleep(max(2.0, 60 * polls[-1]))  # longer than an answer may be old
print(json.dumps([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, max(polls)]))
"""


def scale() -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="drmaa-bench-") as state, fake_sge.Cell() as cell:
        env = {**cell.env, "XDG_STATE_HOME": state}
        done = subprocess.run(
            [sys.executable, "-c", HUNDRED_THOUSAND], env=env, capture_output=True, text=True, check=True
        )
    megabytes, poll = json.loads(done.stdout)
    what = "a session of 100,000 tasks on the fake cell"
    yield Row(f"{what}: memory", f"{megabytes:.0f} MB", "-", "-", "< 300 MB", megabytes < 300)
    yield Row(f"{what}: longest jobStatus that polls", milliseconds(poll), "-", "-", "< 2 s", poll < 2)
