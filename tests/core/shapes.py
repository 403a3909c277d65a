"""Recorded listings and details of qstat with other jobs in them."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from drmaa_cli.gridengine.records import TaskRange
from tests.gridengine import captured

USER = pwd.getpwuid(os.geteuid()).pw_name


@dataclass
class Job:
    """One job of the small qmaster: ``states`` holds the tasks that it still has."""

    number: int
    name: str
    tasks: TaskRange | None
    submitted: int
    token: str
    states: dict[int, str] = field(default_factory=dict)
    window: dict[int, int] = field(default_factory=dict)  # finished tasks that qstat -j still shows
    holds: str = ""
    account: str = "sge"


_LISTING = captured.case("state.r.xml").out


_HEAD, _REST = _LISTING.split("    <job_list", 1)


_RUNNING, _FOOT = _REST.split("  </queue_info>\n  <job_info>\n", 1)


_ROW = "    <job_list" + _RUNNING


_PENDING_ROW = "    <job_list" + _FOOT.split("    <job_list", 2)[1]


_DETAILS = captured.case("state.qw.j_xml").out


_D_HEAD, _D_REST = _DETAILS.split("    <element>\n", 1)


_D_JOB, _D_FOOT = _D_REST.split("  </djob_info>", 1)


_FINISHED = captured.case("state.finished_window.j_xml").out


_WINDOW = re.search(r"      <JB_ja_tasks>\n(.*?)      </JB_ja_tasks>\n", _FINISHED, re.DOTALL)


_CONTEXT = re.search(
    r"      <JB_context>\n.*?      </JB_context>\n", captured.case("qstat.j_xml_ac").out, re.DOTALL
)


def put(text: str, tag: str, value: object) -> str:
    """Replace the text of the first element of this name."""
    assert f"<{tag}>" in text, tag
    return re.sub(f"<{tag}>[^<]*</{tag}>", lambda _: f"<{tag}>{value}</{tag}>", text, count=1)


def listing(jobs: Sequence[Job]) -> bytes:
    """``qstat -xml`` of these jobs."""
    running, pending = "", ""
    for job in jobs:
        by_state: dict[str, list[int]] = {}
        for task, state in job.states.items():
            if "w" in state:
                by_state.setdefault(state, []).append(task)
        running_now = [(state, [task]) for task, state in job.states.items() if "w" not in state]
        for state, tasks in [*running_now, *by_state.items()]:  # as in capture state.array_mix.xml
            row = _PENDING_ROW if "w" in state else _ROW
            row = put(put(put(row, "JB_job_number", job.number), "JB_name", job.name), "JB_owner", USER)
            row = put(row, "state", state)
            shown = datetime.fromtimestamp(job.submitted, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
            row = put(row, "JB_submission_time" if "w" in state else "JAT_start_time", shown)
            if job.tasks is not None:
                words = ",".join(map(str, sorted(tasks)))
                row = row.replace("    </job_list>", f"      <tasks>{words}</tasks>\n    </job_list>")
            if "w" in state:
                pending += row
            else:
                running += row
    return f"{_HEAD}{running}  </queue_info>\n  <job_info>\n{pending}  </job_info>\n</job_info>\n".encode()


def details(jobs: Sequence[Job]) -> bytes:
    """``qstat -j IDS -xml`` of these jobs."""
    return f"{_D_HEAD}{''.join(map(_detail, jobs))}  </djob_info>{_D_FOOT}".encode()


def _detail(job: Job) -> str:
    assert _WINDOW is not None
    assert _CONTEXT is not None
    text = "    <element>\n" + _D_JOB
    text = put(put(text, "JB_job_number", job.number), "JB_job_name", job.name)
    text = put(put(text, "JB_owner", USER), "JB_submission_time", job.submitted)
    context = put(put(_CONTEXT.group(0), "VA_variable", "drmaa_cli"), "VA_value", job.token)
    started = ""
    for task, state in job.states.items():
        if "w" not in state:
            started += _task(task, 128, 0, job.submitted)
    for task, status in job.window.items():
        started += _task(task, 65536, status, job.submitted)
    if started:
        context += f"      <JB_ja_tasks>\n{started}      </JB_ja_tasks>\n"
    text = text.replace("      <JB_deadline>", context + "      <JB_deadline>")
    if job.tasks is not None:
        text = put(put(text, "RN_min", job.tasks.first), "RN_max", job.tasks.last)
        text = put(put(text, "RN_step", job.tasks.step), "JB_type", 192)
    return text


def _task(task: int, status: int, exit_status: int, submitted: int) -> str:
    assert _WINDOW is not None
    text = put(put(_WINDOW.group(1), "JAT_status", status), "JAT_task_number", task or 1)
    text = text.replace("<UA_value>7.000000</UA_value>", f"<UA_value>{exit_status}.000000</UA_value>")
    return text.replace("1795426338.000000", f"{submitted}.000000")
