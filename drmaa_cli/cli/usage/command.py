"""``drmaa-cli usage``: what jobs used of what they had asked for, and what to ask for the next time."""

from __future__ import annotations

import importlib
import re
import sys
import time
from collections.abc import Mapping, Sequence
from types import ModuleType

import click

from drmaa_cli.cli import ends
from drmaa_cli.cli.completing import files
from drmaa_cli.cli.ends import BadInput
from drmaa_cli.cli.parser import Command, json_option, session_options
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.screen import print_json
from drmaa_cli.cli.usage.rows import BY, grouped, of_accounting, of_sessions, states
from drmaa_cli.cli.words import number
from drmaa_cli.typed import TYPE_CHECKING, Any

RESOURCE = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)

if TYPE_CHECKING:
    from drmaa_cli.cli.parser import FloatType
else:
    FloatType = click.ParamType  # click 8.1 has no generic one


class Since(FloatType):
    """A moment in the past; becomes epoch seconds."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """Read it."""
        from drmaa_cli.cli.usage.moments import since  # noqa: PLC0415  # not for --help

        try:
            return since(str(value), time.time())
        except ValueError as err:
            self.fail(str(err), param, ctx)


@click.command(
    "usage",
    cls=Command,
    examples=[
        ("drmaa-cli usage", "the jobs of this directory, by their names without numbers"),
        ("drmaa-cli usage nightly", "those of a session; 42 or 'align-*': of these jobs"),
        ("drmaa-cli usage --since 2d", "all your jobs of two days, by accounting"),
        ("drmaa-cli usage -g 'align-*' --histogram", "more of one group"),
        ("drmaa-cli usage --csv --each > jobs.csv", "a table of the jobs"),
        ("drmaa-cli usage --plot usage.svg", "when they ran, and memory against what was asked for"),
    ],
)
@click.argument("words", metavar="[SESSION|JOB ...]", nargs=-1)
@click.option(
    "--all", "everything", is_flag=True, help="All jobs of the session, or without -s of all sessions."
)
@click.option(
    "--since", type=Since(), metavar="WHEN", help="From accounting: 2d, 12h, 2026-11-25, yesterday."
)
@click.option("--by", type=click.Choice(BY), default="name", show_default=True, help="What makes a group.")
@click.option(
    "-g", "--group", "groups", multiple=True, metavar="PATTERN", help="Only these groups, in detail."
)
@click.option("--each", is_flag=True, help="A line for each job.")
@click.option("--histogram", "full", is_flag=True, help="Histograms with a line for each part.")
@click.option("--memory-name", default="", metavar="NAME", help="What memory is asked for by, if not h_vmem.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for spreadsheets.")
@click.option(
    "--plot",
    metavar="FILE",
    shell_complete=files,
    help="Draw it, too: FILE.png or FILE.svg (needs matplotlib).",
)
@session_options
@json_option
def command(
    words: Sequence[str],
    since: float | None,
    everything: bool,
    as_json: bool,
    as_csv: bool,
    **options: Any,  # noqa: ANN401  # click's
) -> int:
    """Show what jobs used of what they had asked for, and what to ask for the next time.

    Jobs of one name, numbers apart, and of one request of slots are a group. JOB is an id (42, 42.7, 42.1-9),
    a key or a name. Less is advised only after ten jobs that ended well, and never less than what any used;
    more where jobs came to a limit.
    """
    if as_csv and as_json:
        raise BadInput("--csv and --json: say one of both")
    if options["memory_name"] and not RESOURCE.fullmatch(options["memory_name"]):
        raise BadInput(f"--memory-name takes the name of a resource, not {options['memory_name']!r}")
    if options["plot"] is not None:
        _plot().check(options["plot"])
    place = SessionPlace.of(options["session"], options["contact"])
    memory_name, each = options["memory_name"], options["each"]
    if since is not None and options["session"] is None and not everything:
        found = of_accounting(words, place, since, memory_name)
    else:
        found = of_sessions(words, place, everything=everything, since=since, memory_name=memory_name)
    groups = grouped(found.rows, options["by"], options["groups"])
    waiting = states(found, options["by"], options["groups"])
    plot = options["plot"]
    drawn = plot is None or _plot().write([group for group, _ in groups], plot)
    if as_json or as_csv:
        from drmaa_cli.cli.usage import machine  # noqa: PLC0415  # for programs

        if as_json:
            print_json(machine.json_shape(found.sessions, waiting, groups, since, memory_name, each=each))
        else:
            machine.write_csv(groups, memory_name, each=each)
    elif groups:
        from drmaa_cli.cli.usage.text import TextOptions, print_usage  # noqa: PLC0415  # for people

        chosen = bool(options["groups"])
        print_usage(
            found.sessions, waiting, groups, TextOptions(since, memory_name, chosen, options["full"], each)
        )
    else:
        _say_why_not(found.sessions, waiting, place, since, everything=everything)
    return ends.OK if drawn else ends.complain(f"none of the jobs ran: {plot} is not written")


def _plot() -> ModuleType:
    """What draws; for those who want a picture."""
    return importlib.import_module("drmaa_cli.cli.usage.plot")


def _say_why_not(
    sessions: Sequence[str],
    waiting: Mapping[str, int],
    place: SessionPlace,
    since: float | None,
    *,
    everything: bool,
) -> None:
    if waiting:
        listed = ", ".join(f"{number(count)} {state}" for state, count in waiting.items())
        text = f"none of the jobs has ended yet: {listed}"
        if sum(waiting.values()) == 1:
            text = f"the job has not ended yet: its state is {next(iter(waiting))}"
    elif since is not None:
        text = "no job of yours that began to run since then has ended, by accounting"
    elif sessions:
        text = "no jobs"
    elif everything and not place.chosen:
        text = "there is no session of this cell"
    else:
        text = place.missing
    print(f"drmaa-cli: {text}", file=sys.stderr)
