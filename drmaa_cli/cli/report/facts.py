"""What a report tells, before it is a page."""

from __future__ import annotations

from collections.abc import Sequence

from drmaa_cli.jobs.usage_groups import UsageGroup, UsedJob
from drmaa_cli.typed import NamedTuple

SHOWN = 1000  # jobs that have a row of their own: those first that did not end well or have not ended


class ReportedJob(NamedTuple):
    """A job or task of the session.

    Attributes:
        id: its id; '' of a submission whose answer was lost.
        key: its key.
        name: its name.
        submitted: epoch seconds.
        state: in words: ``running``, ``exit 3: out of memory``.
        well: whether it ended well; None while it has not ended, or nobody knows.
        running: whether it runs now, or is suspended.
        waiting: whether it waits now to be started; neither, where that is not known.
        host: where it ran; '' when that is not known.
        command: what it was to run, as a line for a shell; '' when that is not on record, or not shown.
        used: its figures; None while it has not ended.
    """

    id: str
    key: str | None
    name: str
    submitted: float
    state: str
    well: bool | None
    running: bool = False
    waiting: bool = False
    host: str = ""
    command: str = ""
    used: UsedJob | None = None


class FailedJob(NamedTuple):
    """A job that did not end well.

    Attributes:
        job: the job.
        evidence: what its reason is concluded from.
        advice: what can be done.
        path: the file of its output; '' when that is not known.
        lines: the last lines of it.
        trouble: why there are none; '' otherwise.
    """

    job: ReportedJob
    evidence: Sequence[str]
    advice: Sequence[str]
    path: str
    lines: Sequence[str]
    trouble: str


def one_by_one(jobs: Sequence[ReportedJob]) -> list[ReportedJob]:
    """The jobs that have a row of their own."""
    return [*(job for job in jobs if job.well is not True), *(job for job in jobs if job.well is True)][
        :SHOWN
    ]


class Report(NamedTuple):
    """A session.

    Attributes:
        name: its name.
        host: the submit host as in a contact string; '' for the one on which the report is made.
        made: epoch seconds of the moment of which the report tells.
        zone: the name of the time zone in which its moments are.
        notes: what could not be found out.
        jobs: its jobs in the order of submission.
        failed: those that did not end well and are told of in detail.
        groups: what they used.
    """

    name: str
    host: str
    made: float
    zone: str
    notes: Sequence[str]
    jobs: Sequence[ReportedJob]
    failed: Sequence[FailedJob]
    groups: Sequence[UsageGroup]
