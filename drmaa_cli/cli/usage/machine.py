"""What ``usage`` prints for programs: JSON (docs/schemas/usage-1.json) and CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence

from drmaa_cli.cli.usage.rows import UsageRow
from drmaa_cli.jobs.advice import Advice, request_of, usage_advice
from drmaa_cli.jobs.usage_groups import Spread, UsageGroup, UsedJob, usage_groups

Groups = Sequence[tuple[UsageGroup, Sequence[UsageRow]]]
NO_ROW = UsageRow(None, None, "", "", "", UsedJob(""))
SPREADS = ("memory", "asked_memory", "time", "asked_time", "busy", "waited")


def json_shape(  # the parts of the answer
    sessions: Sequence[str],
    waiting: Mapping[str, int],
    groups: Groups,
    since: float | None,
    memory_name: str,
    *,
    each: bool,
) -> dict[str, object]:
    """All of it."""
    jobs = [job for group, _ in groups for job in group.jobs]
    shape: dict[str, object] = {
        "sessions": list(sessions),
        "since": since,
        "ended": len(jobs),
        "well": sum(job.well for job in jobs),
        "not_started": sum(not job.ran for job in jobs),
        "unfinished": dict(waiting),
        "groups": [_group(group, memory_name) for group, _ in groups],
    }
    if each:
        shape["jobs"] = [_job(group.name, row) for group, rows in groups for row in rows]
    return shape


def _group(group: UsageGroup, memory_name: str) -> dict[str, object]:
    advised = usage_advice(group, memory_name)
    return {
        "name": group.name,
        "slots": list(group.slots),
        "jobs": len(group.jobs),
        "well": group.well,
        "failed": group.failed,
        "not_started": group.not_started,
        **{name: _spread(getattr(group, name)) for name in SPREADS},
        "cpu_share": group.totals.cpu,
        "memory_share": group.totals.memory,
        "outliers": [one._asdict() for one in group.outliers],
        "advice": [_advice(one) for one in advised],
        "request": request_of(advised),
    }


def _spread(spread: Spread | None) -> dict[str, float] | None:
    return None if spread is None else spread._asdict()


def _advice(one: Advice) -> dict[str, object]:
    return {**one._asdict(), "verdict": one.verdict.value, "ids": list(one.ids)}


def _job(group: str, row: UsageRow) -> dict[str, object]:
    used = row.used
    return {
        "session": row.session,
        "id": used.id,
        "key": row.key,
        "name": row.name,
        "group": group,
        "well": used.well,
        "kind": used.reason.kind.value,
        "host": row.host or None,
        "queue": row.queue or None,
        "slots": used.slots if used.ran else None,
        "memory": used.memory,
        "asked_memory": used.asked.memory,
        "time": used.wallclock,
        "asked_time": used.asked.time,
        "cpu": used.cpu,
        "busy": used.busy,
        "waited": used.waited,
        "submitted": used.submitted or None,
        "started": used.started or None,
        "ended": used.ended or None,
    }


def write_csv(groups: Groups, memory_name: str, *, each: bool) -> None:
    """A table for spreadsheets: one row for each group, or for each job; its head in any case."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if each:
        writer.writerow(_job("", NO_ROW))
        rows = (_job(group.name, row) for group, some in groups for row in some)
        writer.writerows(row.values() for row in rows)
    else:
        (nothing,) = usage_groups([("", NO_ROW.used)])
        writer.writerow(dict(_flat(_group(nothing, ""))))
        writer.writerows(dict(_flat(_group(group, memory_name))).values() for group, _ in groups)


def _flat(shape: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """A group in cells: ``memory_median`` and so on."""
    for name, value in shape.items():
        if name in SPREADS:
            known = value if isinstance(value, dict) else {}
            yield from ((f"{name}_{field}", known.get(field)) for field in Spread._fields[1:])
        elif name == "slots" and isinstance(value, list):
            yield from zip(("slots_least", "slots_most"), value)
        elif name == "outliers" and isinstance(value, list):
            yield name, " ".join(dict.fromkeys(one["id"] for one in value))
        elif name == "advice" and isinstance(value, list):
            yield name, "; ".join(f"{one['resource']}: {one['verdict']}" for one in value)
        else:
            yield name, value
