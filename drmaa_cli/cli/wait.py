"""``drmaa-cli wait``: until jobs have ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import click

from drmaa_cli.cli import ends
from drmaa_cli.cli.chosen import chosen, jobs_argument
from drmaa_cli.cli.completed import as_they_end
from drmaa_cli.cli.parser import SECONDS, Command, json_option, session_options
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.screen import paint, print_json
from drmaa_cli.cli.shapes import job_shape
from drmaa_cli.cli.words import end_in_words, number
from drmaa_cli.errors import ExitTimeoutException


@click.command(
    "wait",
    cls=Command,
    examples=[
        ("drmaa-cli wait 42", "0 when it ended well, 1 when it did not"),
        ("drmaa-cli wait --timeout 2h 'align-*'", "for two hours at most; 124 when that was not enough"),
        ("drmaa-cli wait", "for all jobs of this directory"),
    ],
)
@jobs_argument
@click.option("--timeout", "seconds", type=SECONDS, metavar="TIME", help="Give up after this: 90, 5m, 2h.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of each job.")
@session_options
@json_option
def command(
    words: Sequence[str],
    everything: bool,
    seconds: float | None,
    quiet: bool,
    session: str | None,
    contact: str | None,
    as_json: bool,
) -> int:
    """Wait until jobs have ended, and print how each did.

    JOB is an id (42, 42.7, 42.1-9; 42 of an array is all of its tasks), a key or a name; the latter may have
    *, ? and [...]. The exit code is 0 when all ended well, 1 when one did not, 124 when the time was over
    first. What was waited for stays in the session.
    """
    place = SessionPlace.of(session, contact)
    until = None if seconds is None else time.monotonic() + seconds
    shapes, failed, left = [], 0, 0
    with chosen(words, place, everything=everything) as found:
        if not any(part.jobs for part in found) and not quiet:
            print("drmaa-cli: there are no jobs to wait for", file=sys.stderr)
        for part in found:
            names = {job.id: job for job in part.jobs}
            waited = 0
            try:
                rest = None if until is None else max(until - time.monotonic(), 0.0)
                for job, info in as_they_end(part.session, list(names), rest):
                    waited += 1
                    failed += not info.succeeded
                    known = names[job]
                    shapes.append(
                        job_shape(part.session.name, job, key=known.key, name=known.name, info=info)
                    )
                    if not quiet and not as_json:
                        line = f"job {job}: {end_in_words(info)}"
                        print(paint(line, "" if info.succeeded else "red", sys.stdout), flush=True)
            except ExitTimeoutException:
                left += len(names) - waited
    if as_json:
        print_json({"jobs": shapes, "unfinished": left})
    if left:
        jobs = "1 job has" if left == 1 else f"{number(left)} jobs have"
        return ends.complain(f"the time is over, and {jobs} not ended", ends.TIME_OVER)
    return ends.FAILED if failed else ends.OK
