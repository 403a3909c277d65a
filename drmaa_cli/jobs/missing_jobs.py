"""What `qstat -j` says of jobs that have left the listing, or are in their error state."""

from __future__ import annotations

import re

from drmaa_cli.gridengine.records import Details
from drmaa_cli.jobs.lifecycle import STATUS_FINISHED
from drmaa_cli.jobs.tracked_job import NO_TASK, TrackedJob

_STAMP = r"[0-9/]{8,10} [0-9:]{8} (?:\[[0-9]+:[0-9]+\]: )?"


def back_again(known: TrackedJob, details: Details) -> set[int]:
    """Missing tasks that the qmaster still has after all: the listing was wrong, or the job was rerun."""
    found = set()
    for job in details.jobs:
        if job.job != known.number:
            continue
        for task in job.details:
            number = NO_TASK if known.tasks is None else task.task
            if number in known.missing and task.status != STATUS_FINISHED:
                found.add(number)
        if known.tasks is None and not job.details and NO_TASK in known.missing:
            found.add(NO_TASK)
    return found


def note_reasons(known: TrackedJob, details: Details) -> None:
    """Why the tasks in error state are there, '' of those of which `qstat -j` says nothing."""
    known.reasons.put_all(known.faulty.tasks(), "")
    for job in details.jobs:
        tasks = job.details if job.job == known.number else ()
        told = {NO_TASK if known.tasks is None else task.task: task.messages for task in tasks}
        for number in filter(known.faulty.__contains__, told):
            known.reasons.put(number, "; ".join(map(_plain, told[number])))


def _plain(message: str) -> str:
    """An error reason without its date and process: ``11/27/2026 20:15:38 [0:18036]: can't chdir to ...``."""
    return re.sub(_STAMP, "", message.strip()).removeprefix("error: ")
