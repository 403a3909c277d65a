"""What a ``map`` says at its end."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from drmaa_cli.cli.follow import last_lines
from drmaa_cli.cli.map.joblog import EndedAttempt
from drmaa_cli.cli.map.lines import Item
from drmaa_cli.cli.screen import NARROWEST, UNLIMITED, paint, shorten, visible, width
from drmaa_cli.cli.words import number
from drmaa_cli.errors import InvalidJobException
from drmaa_cli.jobs.usage import duration
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.cli.map.command import Again
    from drmaa_cli.session.job_session import JobSession

LINES = 5  # of output of a failed command
SHOWN = 20  # failed commands that are shown to people; the job log has all
NO_END = "not known: it was not waited for"

Result = tuple[Item, "EndedAttempt | None"]


def print_summary(
    session: JobSession, results: Sequence[Result], seconds: float, job_log: str, again: Again
) -> None:
    """Tell people how many ended well, of each other its end and its last lines, and how to go on."""
    failed = [(item, end) for item, end in results if end is None or not end.well]
    done = len(results) - len(failed)
    commands = "1 command" if len(results) == 1 else f"{number(len(results))} commands"
    head = f"{commands}: {number(done)} done, {number(len(failed))} failed"
    print(paint(f"{head} in {duration(seconds)}", "red" if failed else "green", sys.stdout))
    room = width(sys.stdout)
    for item, end in failed[:SHOWN]:
        before, after = f"line {item.line}: ", "" if end is None else f" (job {end.id})"
        reason = _fit(NO_END if end is None else end.reason, room - len(before) - len(after))
        print(f"{before}{reason}{after}")
        print(_fit(f"  $ {item.text}", room))
        for line in [] if end is None else _last_lines(session, end):
            print(_fit(f"  | {line}", room))
        if end is not None:
            print(f"  {visible(end.output)}")
    if len(failed) > SHOWN:
        print(f"and {number(len(failed) - SHOWN)} more: {job_log}")
    first = next((end for _, end in failed if end is not None), None)
    if first is not None:
        print(f"why one failed: {again.about('why', first.id)}")
        if _is_alone(session, first):
            print(f"all its output: {again.about('logs', first.id)}")
    if failed:
        print(f"{'try them again:' if len(failed) > 1 else 'try it again:  '} {again.line}")


def _is_alone(session: JobSession, end: EndedAttempt) -> bool:
    """Whether the output of the job is that of the command: a bundle has several."""
    try:
        return session.job(end.id).stdout == end.output
    except InvalidJobException:  # it was removed from the session
        return False


def print_result(session: JobSession, results: Sequence[Result], job_log: str) -> None:
    """Tell a program: one line."""
    failed = [
        {
            "line": item.line,
            "command": item.text,
            "id": None if end is None else end.id,
            "exit": None if end is None else end.exit,
            "reason": NO_END if end is None else end.reason,
            "output": "" if end is None else "\n".join(_last_lines(session, end)),
            "file": None if end is None else end.output,
        }
        for item, end in results
        if end is None or not end.well
    ]
    print(json.dumps(_value(session, results, failed, job_log)))


def print_begun(session: JobSession, results: Sequence[Result], job_log: str, jobs: Sequence[str]) -> None:
    """Tell a program of a map that nobody waits for: none of its commands has failed yet."""
    print(json.dumps({**_value(session, results, [], job_log), "jobs": list(jobs)}))


def _value(
    session: JobSession, results: Sequence[Result], failed: Sequence[object], job_log: str
) -> dict[str, object]:
    return {
        "total": len(results),
        "done": sum(end is not None and end.well for _, end in results),
        "failed": failed,
        "session": session.name,
        "log": job_log,
    }


def _last_lines(session: JobSession, end: EndedAttempt) -> list[str]:
    try:
        return last_lines(session, end.output, LINES)
    except OSError as trouble:
        return [f"(its output cannot be read: {trouble.strerror})"]


def _fit(text: str, room: int) -> str:
    shown = visible(text)
    return shown if room > UNLIMITED // 2 else shorten(shown, max(room, NARROWEST), "...")
