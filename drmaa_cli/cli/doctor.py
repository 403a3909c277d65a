"""``drmaa-cli doctor``: is everything all right between here and a job?"""

from __future__ import annotations

import sys

import click

from drmaa_cli.cli import ends
from drmaa_cli.cli.parser import SECONDS, Command, json_option
from drmaa_cli.cli.screen import UNLIMITED, paint, print_json, visible, width
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.diagnosis import Check

WORDS = {"ok": "ok", "warning": "WARNING", "problem": "PROBLEM", "skipped": "skipped"}
COLOURS = {"ok": "green", "warning": "yellow", "problem": "red", "skipped": ""}
NAMES = 23  # columns of the longest name
STATES = 7
LEAST = 20  # columns for texts beside the names
SLOW = 0.05  # seconds from which on a step's time is shown


@click.command(
    "doctor",
    cls=Command,
    examples=[
        ("drmaa-cli doctor", "each step from the commands on PATH to the accounting file"),
        ("drmaa-cli doctor --submit", "and a job of one second, with the time of each of its steps"),
        ("drmaa-cli doctor ssh://anna@submit.example.org", "the same on a host behind a login"),
        (
            "drmaa-cli doctor --report site.jsonl",
            "and a file for an issue, without names of people and hosts",
        ),
    ],
)
@click.argument("contact", required=False, metavar="[CONTACT]")
@click.option("--submit", is_flag=True, help="Run a job of one second, too, and time its steps.")
@click.option(
    "--timeout",
    type=SECONDS,
    default=300.0,
    metavar="DURATION",
    help="How long that job may take before it is deleted (default 5m).",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write what this site's commands answered, anonymised: for an issue, and for the test suite.",
)
@json_option
def command(contact: str | None, submit: bool, timeout: float, report: str | None, as_json: bool) -> int:
    """Try each step between a program and its jobs, and say what is wrong and what to do.

    Nothing is changed on the way. CONTACT is a submit host, ssh://[USER@]HOST[:PORT]; the default is
    DRMAA_CLI_CONTACT, or this host. The exit code is 1 when there is a problem.
    """
    from drmaa_cli.diagnosis import check  # noqa: PLC0415  # not for --help

    checks: list[Check] = []
    for made in check(contact, submit=submit, report=report, job_seconds=timeout):
        checks.append(made)
        if not as_json:
            print(_line(made), flush=True)  # a login or a job takes its time
    failed = [made.name for made in checks if made.status == "problem"]
    if as_json:
        print_json({"healthy": not failed, "checks": [made._asdict() for made in checks]})
    else:
        print(_verdict(checks, failed))
    return ends.FAILED if failed else ends.OK


def _line(made: Check) -> str:
    """A step, with the text at most as wide as the terminal, and its advice below."""
    state = paint(f"{WORDS[made.status]:<{STATES}}", COLOURS[made.status], sys.stdout)
    head = f"{made.name:<{NAMES}} {state} "
    indent = " " * (NAMES + STATES + 2)
    if width(sys.stdout) < len(indent) + LEAST:  # the text stands below the name
        head, indent = f"{head.rstrip()}\n    ", " " * 4
    time = f" ({made.seconds:.2f} s)" if made.seconds >= SLOW else ""
    lines = _folded(visible(ends.one_line(made.text)) + time, len(indent))
    if made.advice:
        advice = _folded(visible(ends.one_line(made.advice)), len(indent) + 3)
        lines += [f"-> {advice[0]}", *(f"   {line}" for line in advice[1:])]
    return "\n".join([head + lines[0], *(indent + line for line in lines[1:])]).rstrip()


def _folded(text: str, used: int) -> list[str]:
    import textwrap  # noqa: PLC0415  # not for --help

    room = width(sys.stdout)
    if room == UNLIMITED:
        return [text]
    return textwrap.wrap(text, room - used, break_on_hyphens=False) or [""]


def _verdict(checks: list[Check], failed: list[str]) -> str:
    if failed:
        return f"{len(failed)} {'problem' if len(failed) == 1 else 'problems'}: {', '.join(failed)}"
    warned = [made.name for made in checks if made.status == "warning"]
    return f"jobs can be run; to be known: {', '.join(warned)}" if warned else "all is well"
