"""``qsub -verify``: the job as the client would send it (capture ``qsub.verify`` and the real cell)."""

from __future__ import annotations

import os
import time

from ..model import CHECKPOINT_BITS, MAIL_BITS, HostPath, JobSpec, JobType, Rerun
from ..model.requests import Request
from .submit_options.job_spec import PREFIX, Submitted
from .submit_options.values import Variables
from .values.local_time import localtime

_SUBMITTED_FROM = (
    ("HOME", "home"),
    ("LOGNAME", "log_name"),
    ("PATH", "path"),
    ("SHELL", "shell"),
    ("TZ", "tz"),
    ("WORKDIR", "workdir"),
    ("HOST", "host"),
)


def _line(label: str, value: str) -> str:
    return f"{label + ':':<28}{value}\n"


def _pairs(values: Variables) -> str:
    return ",".join(f"{name}={'NONE' if value is None else value}" for name, value in values)


def _paths(paths: tuple[HostPath, ...]) -> str:
    return ",".join(f"{entry.host or 'NONE'}:NONE:{entry.path}" for entry in paths)


def _date(seconds: float, zone: str | None) -> str:
    return time.asctime(localtime(seconds, zone))


def _letters(bits: int, order: str, table: dict[str, int]) -> str:
    return "".join(letter for letter in order if bits & table[letter])


def show_spec(submitted: Submitted, request: Request) -> str:
    """All lines of ``qsub -verify``."""
    spec, zone = submitted.spec, request.env.get("TZ")
    lines = [_line("job_number", "unassigned")]
    if spec.deadline:
        lines.append(_line("deadline", _date(spec.deadline, zone)))
    lines += [_line("owner", ""), _line("uid", "0"), _line("group", ""), _line("gid", "0")]
    inherited = {name: value for name, value in spec.env if name.startswith(PREFIX)}
    for name, label in _SUBMITTED_FROM:
        value = inherited.get(f"{PREFIX}O_{name}")
        if value is not None:
            lines.append(_line(f"sge_o_{label}", value))
    if spec.execution_time:
        lines.append(_line("execution_time", _date(spec.execution_time, zone)))
    return "".join(lines) + _attributes(spec, submitted) + _requests(spec, submitted)


def _attributes(spec: JobSpec, submitted: Submitted) -> str:
    optional: tuple[tuple[str, str], ...] = (
        ("account", spec.account if spec.account != "sge" else ""),
        ("checkpoint_object", spec.checkpoint or ""),
        ("checkpoint_attr", _checkpoint(spec)),
        ("cwd", spec.cwd or ""),
        ("directive_prefix", submitted.directive_prefix or ""),
        ("stderr_path_list", _paths(spec.stderr_paths)),
        ("reserve", "y" if spec.reserve else ""),
        ("merge", "y" if spec.merge_stderr else ""),
        ("hard resource_list", _pairs(tuple(spec.hard_resources))),
        ("soft resource_list", _pairs(tuple(spec.soft_resources))),
        ("mail_options", _letters(spec.mail_options, "beas", MAIL_BITS)),
    )
    text = "".join(_line(label, value) for label, value in optional if value)
    text += _line("mail_list", ",".join(f"{user}@{host or 'NONE'}" for user, host in spec.mail_to))
    text += _line("notify", "TRUE" if spec.notify else "FALSE") + _line("job_name", spec.name)
    optional = (
        ("stdout_path_list", _paths(spec.stdout_paths)),
        ("stdin_path_list", _paths(spec.stdin_paths)),
        ("priority", str(spec.priority) if spec.priority else ""),
    )
    return text + "".join(_line(label, value) for label, value in optional if value)


def _checkpoint(spec: JobSpec) -> str:
    letters = "".join(
        letter if spec.checkpoint_attr & bit else " " for letter, bit in CHECKPOINT_BITS.items()
    )
    return letters if spec.checkpoint_attr else ""


def _requests(spec: JobSpec, submitted: Submitted) -> str:
    text = _line("jobshare", str(spec.jobshare))
    restart = {Rerun.QUEUE: "", Rerun.YES: "y", Rerun.NO: "n"}[spec.rerun]
    optional: tuple[tuple[str, str], ...] = (
        ("hard_queue_list", ",".join(spec.hard_queues)),
        ("soft_queue_list", ",".join(spec.soft_queues)),
        ("restart", restart),
        ("shell_list", ",".join(f"{entry.host or 'NONE'}:{entry.path}" for entry in spec.shells)),
    )
    text += "".join(_line(label, value) for label, value in optional if value)
    own = [(name, value) for name, value in spec.env if not name.startswith(PREFIX)]
    text += _line("verify", "-verify") + _line(
        "env_list",
        ",".join(
            "TERM" if (name, value) == ("TERM", None) else f"{name}={'NONE' if value is None else value}"
            for name, value in own
        ),
    )
    script = spec.script
    optional = (
        ("job_args", ",".join(spec.args)),
        ("master hard queue_list", ",".join(spec.master_queues)),
        ("script_size", str(len(script)) if script else ""),
    )
    text += "".join(_line(label, value) for label, value in optional if value)
    text += _line("script_file", spec.command)
    if script:
        text += f"script_ptr:            \n{os.fsdecode(script)}\n"
    return text + _rest(spec, submitted)


def _rest(spec: JobSpec, submitted: Submitted) -> str:
    text = ""
    if spec.pe is not None:
        ranges = ",".join(
            str(piece.first) if piece.first == piece.last else f"{piece.first}-{piece.last}"
            for piece in spec.pe_ranges
        )
        text = f"parallel environment:  {spec.pe} range: {ranges}\n"
    kinds = [
        word
        for flag, word in (
            (JobType.BINARY, "binary"),
            (JobType.ARRAY, ""),
            (JobType.IMMEDIATE, "immediate"),
            (JobType.NO_SHELL, "noshell"),
        )
        if spec.job_type & flag and word
    ]
    optional = (
        ("jid_predecessor_list (req)", ",".join(spec.hold_jid)),
        ("ja_ad_predecessor_list (req)", ",".join(spec.hold_jid_ad)),
        ("verify_suitable_queues", str(spec.verify_suitable) if spec.verify_suitable else ""),
        ("project", spec.project or ""),
        ("job-array tasks", str(spec.array) if spec.is_array else ""),
        ("maximum concurrency", str(spec.max_concurrent) if spec.max_concurrent else ""),
        ("context", _pairs(submitted.context)),
        ("job_type", ",".join(kinds) or "NONE"),
    )
    for label, value in optional:
        if value:
            text += f"{label}: {value}\n" if len(label) > 26 else _line(label, value)
    return text
