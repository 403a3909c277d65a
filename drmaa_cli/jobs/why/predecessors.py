"""Why a job waits for others (``-hold_jid``, ``-hold_jid_ad``), and whether these will ever end.

Grid Engine does not ask how a job ended: one that failed has ended. Only one in its error state never does.
"""

from __future__ import annotations

from collections.abc import Sequence

from drmaa_cli.gridengine.records import JobRow
from drmaa_cli.gridengine.states import Letter, flags
from drmaa_cli.jobs.why.circumstances import Circumstances
from drmaa_cli.jobs.why.explanation import Finding, WaitKind
from drmaa_cli.jobs.why.words import FEW, names

STARTED = Letter.RUNNING | Letter.TRANSFERRING


def has_any(about: Circumstances) -> bool:
    """Whether it waits for others."""
    return about.job is not None and bool(about.job.predecessors or about.job.array_predecessors)


def explain(about: Circumstances) -> Finding:
    """For which jobs it waits, and what these do."""
    assert about.job is not None
    numbers = about.job.predecessors or about.job.array_predecessors
    by_task = not about.job.predecessors
    described = [(number, about.predecessors.get(number, ())) for number in numbers]
    stuck = [number for number, rows in described if any(_is_stuck(row) for row in rows)]
    shown = [
        _described(number, rows) for number, rows in sorted(described, key=lambda one: one[0] not in stuck)
    ]
    more = f" and {len(shown) - FEW} more" if len(shown) > FEW else ""
    what = "the same task of job" if by_task else "job"
    option = "-hold_jid_ad" if by_task else "-hold_jid"
    first = stuck[0] if stuck else numbers[0]
    advice = [f"see why that one does not end: drmaa-cli why {first}"]
    if stuck:
        advice.append(f"mend it and have it tried again (qmod -cj {first}), or delete it (qdel {first})")
    advice.append(f"or let it go without: qalter {option} '' {{id}}")
    return Finding(
        WaitKind.DEPENDENCY,
        f"waiting for {what} {', '.join(shown[:FEW])}{more} ({option})",
        True,
        (
            f"qstat -j: jid_predecessor_list {names(map(str, numbers))}"
            if not by_task
            else f"qstat -j: ja_ad_predecessor_list {names(map(str, numbers))}",
            *(
                f"qstat: job {row.job} in state {row.state}"
                for _, rows in described[:FEW]
                for row in rows[:FEW]
            ),
        ),
        tuple(advice),
    )


def _is_stuck(row: JobRow) -> bool:
    return bool(flags(row.state) & Letter.ERROR)


def _described(number: int, rows: Sequence[JobRow]) -> str:
    """``12 (first), which runs``."""
    if not rows:
        return f"{number}, which has just ended"
    called = f"{number} ({rows[0].name})"
    states = [flags(row.state) for row in rows]
    if any(_is_stuck(row) for row in rows):
        return f"{called}, which is in its error state and will not end by itself"
    if all(state & Letter.HELD for state in states):
        return f"{called}, which is held itself"
    if any(state & (Letter.SUSPENDED | Letter.QUEUE_SUSPENDED | Letter.THRESHOLD) for state in states):
        return f"{called}, which is suspended"
    if any(state & STARTED for state in states):
        return f"{called}, which runs" + (
            ", but not all of it yet" if not all(s & STARTED for s in states) else ""
        )
    return f"{called}, which waits itself"
