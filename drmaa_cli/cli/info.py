"""``drmaa-cli info``: all that is known of a job."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click

from drmaa_cli.cli import ends
from drmaa_cli.cli.chosen import Chosen, chosen, jobs_argument
from drmaa_cli.cli.parser import Command, json_option, session_options
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.screen import paint, print_json, visible
from drmaa_cli.cli.shapes import job_shape, live_shape
from drmaa_cli.cli.words import STATES, end_in_words, moment
from drmaa_cli.errors import DrmaaException
from drmaa_cli.jobs.usage import duration, size
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_info import JobInfo
    from drmaa_cli.session.entries import SessionJob
    from drmaa_cli.session.live import LiveJob


@click.command(
    "info",
    cls=Command,
    examples=[
        ("drmaa-cli info 42", "its end, where it ran, what it used and what it had asked for"),
        ("drmaa-cli info --json 42.1-9", "the same of nine tasks, for a program"),
    ],
)
@jobs_argument
@session_options
@json_option
def command(
    words: Sequence[str], everything: bool, session: str | None, contact: str | None, as_json: bool
) -> int:
    """Show what is known of jobs: state, end, reason, host, files, and what they used of what they asked for.

    Of a job that runs it is what it has used so far, as Grid Engine measures it now and then. JOB is an id
    (42, 42.7, 42.1-9), a key or a name; the latter may have *, ? and [...].
    """
    place = SessionPlace.of(session, contact)
    try:
        with chosen(words, place, everything=everything, needed=True) as found:
            known = [one for part in found for one in _known(part)]
    except DrmaaException as trouble:
        from drmaa_cli.cli.recorded import on_record  # noqa: PLC0415  # seldom needed

        jobs = on_record(words, place, trouble, everything=everything)
        known = [_Known(job.session, job.job, job.info, None, (job.output, job.error)) for job in jobs]
    if as_json:
        print_json({"jobs": [_shape(one) for one in known]})
        return ends.OK
    for at, one in enumerate(known):
        if at:
            print()
        _print(one)
    return ends.OK


class _Known(NamedTuple):
    """What is known of a job.

    Attributes:
        session: the name of its session.
        job: the job.
        info: its end, if it has ended.
        live: what Grid Engine tells of it, if it is there.
        files: those of its output and its errors, if it has not ended.
    """

    session: str
    job: SessionJob
    info: JobInfo | None
    live: LiveJob | None
    files: tuple[str, str]


def _known(part: Chosen) -> Iterator[_Known]:
    infos = part.session.ends(job.id for job in part.jobs)
    live = part.session.live([job.id for job in part.jobs if job.id not in infos])
    for job in part.jobs:
        info, files = infos.get(job.id), ("", "")
        if info is None:
            one = part.session.job(job.id)
            files = (one.stdout, one.stderr)
        yield _Known(part.session.name, job, info, live.get(job.id), files)


def _shape(one: _Known) -> dict[str, object]:
    job = one.job
    shape = job_shape(one.session, job.id, key=job.key, name=job.name, state=job.state, info=one.info)
    return {**shape, "live": None if one.live is None else live_shape(one.live)}


def _print(one: _Known) -> None:
    session, job, info, live, files = one
    state = STATES[job.state] if info is None else end_in_words(info)
    colour = "" if info is None else ("green" if info.succeeded else "red")
    print(paint(f"job {job.id} ({visible(job.name)}): {visible(state)}", colour, sys.stdout))
    lines = [("session", session), ("key", job.key or "")]
    if info is not None:
        lines += lines_of(info)
    else:
        lines += [] if live is None else lines_of_live(live)
        lines += [("output", files[0]), ("errors", "" if files[1] == files[0] else files[1])]
    before = ""
    for name, text in lines:
        if text:
            print(f"  {'' if name == before else name + ':':<11} {visible(text)}")
            before = name


def lines_of(info: JobInfo) -> Iterator[tuple[str, str]]:
    """What is known of an end: names and texts, of which those are empty that are not known."""
    usage = {name: float(value) for name, value in info.resourceUsage.items()}
    asked, share = info.requested, info.efficiency
    where = f"{info.host}, queue {info.queue}" if info.host and info.queue else info.host
    yield "ran on", f"{where}, {info.slots} slots" if where and info.slots > 1 else where
    yield "asked for", info.requests
    yield "submitted", _moment(usage.get("submission_time", 0.0))
    yield "started", _moment(usage.get("start_time", 0.0))
    yield "ended", _moment(usage.get("end_time", 0.0))
    if info.wallclock is not None:
        yield "run time", _of(duration(info.wallclock), asked.time and duration(asked.time), share.time)
    if info.cpu is not None:
        yield "CPU time", _of(duration(info.cpu), share.cpu and _time_of(info.slots), share.cpu)
    if info.max_memory is not None:
        yield "memory", _of(size(info.max_memory), asked.memory and size(asked.memory), share.memory)
    yield "output", info.output_path
    yield "errors", "" if info.error_path == info.output_path else info.error_path
    for sentence in info.reason.evidence if info.reason else ():
        yield "evidence", sentence


def lines_of_live(live: LiveJob) -> Iterator[tuple[str, str]]:
    """The same of a job that is in the qmaster."""
    asked, share = live.requested, live.efficiency
    yield "qstat", live.letters
    if live.queue:
        slots = f", {live.slots} slots" if live.slots > 1 else ""
        yield "runs on", f"{live.host}, queue {live.queue}{slots}"
    yield "asked for", live.requests
    yield "submitted", _moment(live.submitted)
    yield "started", _moment(live.started)
    if live.wallclock is not None:
        yield "run time", _so_far(duration(live.wallclock), asked.time and duration(asked.time), share.time)
    if live.cpu is not None:
        yield "CPU time", _so_far(duration(live.cpu), share.cpu and _time_of(live.slots), share.cpu)
    if live.memory is not None:
        yield "memory", f"{size(live.memory)} now"
    if live.max_memory is not None:
        yield "memory", _so_far(size(live.max_memory), asked.memory and size(asked.memory), share.memory)


def _time_of(slots: int) -> str:
    """What the time on processors is a share of."""
    return f"the time of its {slots} slots" if slots > 1 else "its run time"


def _so_far(used: str, whole: str | float | None, share: float | None) -> str:
    return f"{used} so far{_of('', whole, share)}"


def _of(used: str, whole: str | float | None, share: float | None) -> str:
    """What was used, of how much of it."""
    return used if not whole or share is None else f"{used} of {whole} ({share:.0%})"


def _moment(seconds: float) -> str:
    return "" if seconds <= 0 else moment(seconds)
