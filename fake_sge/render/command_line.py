"""The command line that an Open Cluster Scheduler makes of a job: with every option that took effect."""

from __future__ import annotations

from ..model import Job, JobType, Rerun
from ..model.categories import request_set
from ..model.task_lists import written
from .detail_resources import (
    addresses_as_given,
    binding_text,
    checkpoint_letters,
    mail_option_letters,
    paths_as_given,
    visible_env,
)
from .formats import Clock


def _date(clock: Clock, seconds: float) -> str:
    t = clock.broken_down(seconds)
    return f"{t.tm_year:04d}{t.tm_mon:02d}{t.tm_mday:02d}{t.tm_hour:02d}{t.tm_min:02d}.{t.tm_sec:02d}"


def _options(job: Job, clock: Clock, binding: bool) -> list[tuple[str, str]]:
    spec = job.spec
    environment = ",".join(f"{name}={value or ''}" for name, value in visible_env(job))
    context = ",".join(f"{name}={value or ''}" for name, value in spec.context)
    return [
        ("-A", spec.account),
        ("-a", _date(clock, spec.execution_time) if spec.execution_time else ""),
        ("-b", "yes" if spec.job_type & JobType.BINARY else ""),
        ("-binding", binding_text(spec.binding) if binding else ""),
        ("-c", checkpoint_letters(spec.checkpoint_attr)),
        ("-ckpt", spec.checkpoint or ""),
        ("-dl", _date(clock, spec.deadline) if spec.deadline else ""),
        ("-e", paths_as_given(spec.stderr_paths)),
        ("-o", paths_as_given(spec.stdout_paths)),
        ("-hold_jid", ",".join(spec.hold_jid)),
        ("-hold_jid_ad", ",".join(spec.hold_jid_ad)),
        ("-i", paths_as_given(spec.stdin_paths)),
        ("-j", "yes" if spec.merge_stderr else ""),
        ("-m", mail_option_letters(spec.mail_options)),
        ("-M", addresses_as_given(spec.mail_to)),
        ("-N", spec.name),
        ("-notify", "yes" if spec.notify else ""),
        ("-p", str(spec.priority) if spec.priority else ""),
        ("-P", spec.project or ""),
        ("-pe", f"{spec.pe} {written(spec.pe_ranges, steps=False)}" if spec.pe is not None else ""),
        ("-pty", "no"),
        ("-R", "yes" if spec.reserve else ""),
        ("-r", "no" if spec.rerun is Rerun.NO else "yes"),
        ("-shell", paths_as_given(spec.shells)),
        ("-sc", context),
        ("-t", str(spec.array) if spec.is_array else ""),
        ("-tc", str(spec.max_concurrent) if spec.max_concurrent else ""),
        ("-v", environment),
        ("-wd", spec.cwd or ""),
    ]


def effective_command_line(job: Job, clock: Clock, binding: bool) -> str:
    """The qsub call with every option that took effect, in Grid Engine's order (``binding``: OCS 9.0)."""
    spec = job.spec
    tool = spec.command_line.partition(" ")[0]
    options = [f"{switch} {value}" for switch, value in _options(job, clock, binding) if value]
    requests = request_set(spec)
    program = [spec.command, *(quoted(word) for word in spec.args)]
    return " ".join([tool, *options, *([requests] if requests else []), *program])


def quoted(word: str) -> str:
    """A word with a blank is in single quotes."""
    return f"'{word}'" if " " in word else word
