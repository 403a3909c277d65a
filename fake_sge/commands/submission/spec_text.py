"""``qsub -verify``: the job as the client would send it (capture ``qsub.verify`` and the real cell)."""

from __future__ import annotations

import os
from dataclasses import replace

from ...model import CHECKPOINT_BITS, JobSpec
from ...model.requests import Request
from ...render.detail_text import (
    given,
    job_type,
    line,
    pairs,
    parallel_environment,
    requests,
    submit_lines,
)
from ..submit_options.job_spec import PREFIX, Submitted
from ..times.local_time import clock_for


def _date(seconds: float, request: Request) -> str:
    return clock_for(request).long(seconds)


def show_spec(submitted: Submitted, request: Request) -> str:
    """All lines of ``qsub -verify``."""
    spec = submitted.spec
    lines = [line("job_number", "unassigned")]
    if spec.deadline:
        lines.append(line("deadline", _date(spec.deadline, request)))
    lines += [line("owner", ""), line("uid", "0"), line("group", ""), line("gid", "0")]
    lines += submit_lines(spec)
    if spec.execution_time:
        lines.append(line("execution_time", _date(spec.execution_time, request)))
    letters = "".join(
        letter if spec.checkpoint_attr & bit else " " for letter, bit in CHECKPOINT_BITS.items()
    )
    lines += given(
        ("account", spec.account if spec.account != "sge" else ""),
        ("checkpoint_object", spec.checkpoint),
        ("checkpoint_attr", letters if spec.checkpoint_attr else ""),
        ("cwd", spec.cwd),
    )
    return "".join([*lines, *requests(replace(spec, verify=True)), *_program(spec), *_rest(spec, submitted)])


def _program(spec: JobSpec) -> list[str]:
    own = [
        name if (name, value) == ("TERM", None) else f"{name}={'NONE' if value is None else value}"
        for name, value in spec.env
        if not name.startswith(PREFIX)
    ]
    script = spec.script
    lines = [
        line("env_list", ",".join(own)),
        *given(
            ("job_args", ",".join(spec.args)),
            ("master hard queue_list", ",".join(spec.master_queues)),
            ("script_size", str(len(script)) if script else ""),
        ),
        line("script_file", spec.command),
    ]
    return [*lines, f"script_ptr:            \n{os.fsdecode(script)}\n"] if script else lines


def _rest(spec: JobSpec, submitted: Submitted) -> list[str]:
    ad = ",".join(spec.hold_jid_ad)
    return [
        *parallel_environment(spec),
        *given(("jid_predecessor_list (req)", ",".join(spec.hold_jid))),
        *([f"ja_ad_predecessor_list (req): {ad}\n"] if ad else []),
        *given(
            ("verify_suitable_queues", spec.verify_suitable),
            ("project", spec.project),
            ("job-array tasks", spec.array if spec.is_array else None),
            ("maximum concurrency", spec.max_concurrent),
            ("context", pairs(submitted.context)),
            ("job_type", job_type(spec)),
        ),
    ]
