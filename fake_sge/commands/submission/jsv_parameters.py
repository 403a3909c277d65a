"""What a JSV is told of a job: the PARAM lines, in Grid Engine's order."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import JobSpec, JobType, Rerun, Resource
from ...model.requests import Request
from ...render.detail_resources import (
    addresses_as_given,
    checkpoint_letters,
    mail_option_letters,
    paths_as_given,
)
from ..times.local_time import localtime


def _yes(flag: object) -> str:
    return "y" if flag else ""


def _requests(entries: tuple[Resource, ...]) -> str:
    return ",".join(f"{name}={value}" for name, value in entries)


def _date(seconds: float, zone: str | None) -> str:
    """The month is one too low, as Grid Engine sends it."""
    when = localtime(seconds, zone)
    return (
        f"{when.tm_year:04d}{when.tm_mon - 1:02d}{when.tm_mday:02d}{when.tm_hour:02d}{when.tm_min:02d}"
        f".{when.tm_sec:02d}"
    )


def parameters(spec: JobSpec, request: Request, number: int | None = None) -> Iterator[tuple[str, str]]:
    """All PARAM lines of a job, in Grid Engine's order; ``number`` of one that has reached the server."""
    yield from (
        ("VERSION", "1.0"),
        ("CONTEXT", "client" if number is None else "server"),
        ("CLIENT", request.argv[0] if number is None else "qmaster"),
        ("USER", spec.owner),
        ("GROUP", spec.group),
        *(() if number is None else (("JOB_ID", str(number)),)),
        ("CMDNAME", spec.command),
        ("CMDARGS", str(len(spec.args))),
    )
    yield from ((f"CMDARG{index}", arg) for index, arg in enumerate(spec.args))
    yield from (
        (name, value) for name, value in (*_first_half(spec, request, number), *_second_half(spec)) if value
    )


def _first_half(spec: JobSpec, request: Request, number: int | None) -> Iterator[tuple[str, str]]:
    yield "a", _date(spec.execution_time, request.env.get("TZ")) if spec.execution_time else ""
    yield "ac", ",".join(name if value is None else f"{name}={value}" for name, value in spec.context)
    yield "A", spec.account if spec.account != "sge" or number is not None else ""
    yield "b", _yes(spec.job_type & JobType.BINARY)
    yield "c", checkpoint_letters(spec.checkpoint_attr)
    yield "ckpt", spec.checkpoint or ""
    yield "cwd", spec.cwd or ""
    yield "e", paths_as_given(spec.stderr_paths)
    yield "hold_jid", ",".join(spec.hold_jid)
    yield "hold_jid_ad", ",".join(spec.hold_jid_ad)
    yield "h", "u" if spec.user_hold else ""
    yield "i", paths_as_given(spec.stdin_paths)
    yield "j", _yes(spec.merge_stderr)
    yield "js", str(spec.jobshare) if spec.jobshare else ""
    yield "l_hard", _requests(spec.hard_resources)
    yield "l_soft", _requests(spec.soft_resources)


def _second_half(spec: JobSpec) -> Iterator[tuple[str, str]]:
    yield "m", mail_option_letters(spec.mail_options, "beas")
    yield "M", addresses_as_given(spec.mail_to)
    yield "notify", _yes(spec.notify)
    yield "N", spec.name
    yield "o", paths_as_given(spec.stdout_paths)
    yield "p", str(spec.priority) if spec.priority else ""
    yield "tc", str(spec.max_concurrent) if spec.max_concurrent else ""
    if spec.pe is not None and spec.pe_ranges:
        yield "pe_name", spec.pe
        yield "pe_min", str(spec.pe_ranges[0].first)
        yield "pe_max", str(spec.pe_ranges[-1].last)
    yield "P", spec.project or ""
    yield "q_hard", ",".join(spec.hard_queues)
    yield "q_soft", ",".join(spec.soft_queues)
    yield "R", _yes(spec.reserve)
    yield "r", {Rerun.QUEUE: "", Rerun.YES: "y", Rerun.NO: "n"}[spec.rerun]
    yield "shell", "n" if spec.job_type & JobType.NO_SHELL else ""
    yield "S", paths_as_given(spec.shells)
    if spec.is_array:
        yield "t_min", str(spec.array.first)
        yield "t_max", str(spec.array.last)
        yield "t_step", str(spec.array.step)
    yield "w", {0: "", 1: "w", 2: "e", 3: "v", 4: "p"}[spec.verify_suitable]
