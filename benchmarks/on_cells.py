"""What is measured on a real cell beside bare qsub and libdrmaa."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from benchmarks.report import Row, at_most, faster, median, milliseconds
from benchmarks.sides import BARE, OURS, PEERS, Sides

SUBMISSIONS, LIBDRMAA_SAMPLE = 500, 1000


def submission(fast: Sides) -> Iterator[Row]:
    ours, floor = fast.in_turn(OURS, BARE, "submit", SUBMISSIONS)
    own = (median(ours) - median(floor)) / SUBMISSIONS
    yield at_most(f"runJob, {SUBMISSIONS} jobs, beside a loop of bare qsub", ours, floor, 1.15)
    yield Row(
        "our own cost of one runJob",
        milliseconds(own),
        "-",
        "-",
        "<= 2 ms",
        own <= 0.002,
        "above the bare qsub process",
    )
    ours, floor = fast.in_turn(OURS, BARE, "submit", SUBMISSIONS, 4)
    yield at_most("the same from 4 threads", ours, floor, 1.15)


def many(fast: Sides) -> Iterator[Row]:
    theirs = [float(fast.run(PEERS, "different", LIBDRMAA_SAMPLE)["seconds"]) for _ in range(3)]
    for count, factor in ((1000, 50), (20_000, 300)):
        ours = [float(fast.run(OURS, "different", count)["seconds"]) for _ in range(3)]
        note = (
            ""
            if count == LIBDRMAA_SAMPLE
            else f"libdrmaa's figure is that of {LIBDRMAA_SAMPLE} jobs times 20"
        )
        scaled = [seconds * count / LIBDRMAA_SAMPLE for seconds in theirs]
        yield faster(
            f"{count:,} different jobs: runJobs beside libdrmaa's runJob loop", ours, scaled, factor, note
        )
    ours, peers = fast.in_turn(OURS, PEERS, "bulk", 10_000, rounds=5)
    yield at_most("runBulkJobs 1..10,000 beside libdrmaa", ours, peers, 1)


def states(fast: Sides, jobs: int = 5000) -> Iterator[Row]:
    fast.empty()
    listing = fast.directory / "ids"
    ids: list[str] = []
    crew = [threading.Thread(target=_hold_some, args=(fast, jobs // 4, ids)) for _ in range(4)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    listing.write_text(" ".join(ids))
    keep, fast.empty = fast.empty, lambda: None  # type: ignore[method-assign]  # the jobs must stay for both sides
    ours, theirs = fast.in_turn(OURS, PEERS, "status", listing)
    fast.empty = keep  # type: ignore[method-assign]
    yield faster(f"jobStatus of {jobs:,} single jobs, one sweep, beside libdrmaa", ours, theirs, 10)


def _hold_some(fast: Sides, count: int, ids: list[str]) -> None:
    ids += [
        fast.cell.run("qsub", "-terse", "-h", "-b", "y", "-N", "bench", "/bin/true").stdout.strip()
        for _ in range(count)
    ]


def end_of_job(cell: Sides, profile: str, limit: float, count: int) -> Row:
    """Both sides at once, so that they meet the same moments of the scheduler."""
    lags: dict[str, list[float]] = {}

    def measure(side: str) -> None:
        result: dict[str, Any] = cell.run(side, "latency", cell.directory, count)
        lags[side] = result["seconds"]

    keep, cell.empty = cell.empty, lambda: None  # type: ignore[method-assign]  # neither may delete the other's jobs
    crew = [threading.Thread(target=measure, args=(side,)) for side in (OURS, PEERS)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    cell.empty = keep  # type: ignore[method-assign]
    floor = cell.run(OURS, "floor", cell.directory, count)["seconds"]
    what = f"from a job's end to wait() returning, {profile} cell, beside libdrmaa"
    spread = "; ".join(f"{side} {min(lags[side]):.2f}-{max(lags[side]):.2f} s" for side in (OURS, PEERS))
    note = (
        f"{count} jobs each; {spread}; the job's line is in the accounting file after {median(floor):.2f} s"
    )
    return at_most(what, lags[OURS], lags[PEERS], limit, note)


def short_jobs(fast: Sides, count: int = 1000) -> Iterator[Row]:
    result = fast.run(OURS, "short_jobs", count)
    cpu, rate = float(result["cpu"]), float(result["commands"]) / float(result["elapsed"])
    note = f"{result['elapsed']:.1f} s, {result['commands']:.0f} commands"
    yield Row(
        f"synchronize of {count:,} short jobs: our processor time",
        f"{cpu:.2f} s",
        "-",
        "-",
        "< 2 s",
        cpu < 2,
        note,
    )
    yield Row("the same: commands run", f"{rate:.2f} a second", "-", "-", "< 1 a second", rate < 1)
