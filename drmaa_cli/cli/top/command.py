"""``drmaa-cli top``: the words on the command line."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence

import click

from drmaa_cli.cli.ends import Failure
from drmaa_cli.cli.parser import SECONDS, Command, session_options
from drmaa_cli.cli.place import Place
from drmaa_cli.cli.screen import is_terminal

INTERVAL = 2.0


@click.command(
    "top",
    cls=Command,
    examples=[
        ("drmaa-cli top", "your jobs: those of all sessions, and those that no session has"),
        ("drmaa-cli top align failed", "those with these words; what is typed after / changes them"),
        ("drmaa-cli top -s nightly -n 10", "of one session, looked at every ten seconds at most"),
    ],
)
@click.argument("words", metavar="[WORD ...]", nargs=-1)
@click.option(
    "-n",
    "--interval",
    type=SECONDS,
    default=INTERVAL,
    metavar="SECONDS",
    help="The shortest time between two looks (2); they are fewer where the qmaster answers slowly.",
)
@session_options
def command(words: Sequence[str], interval: float, session: str | None, contact: str | None) -> int:
    """Watch your jobs: what they do, why they wait or failed, what they write; hold, release and kill them.

    One query shows all jobs of all sessions, and those that no session has. The key ? shows all keys.
    """
    check()
    place = Place.of(session, contact)
    if place.chosen and not place.exists:
        raise Failure(place.missing)
    from drmaa_cli.cli.top.app import Top  # noqa: PLC0415  # textual is loaded for this command only
    from drmaa_cli.cli.top.survey import Survey  # noqa: PLC0415
    from drmaa_cli.cli.top.view import Choice  # noqa: PLC0415

    app = Top(Survey(place), interval, Choice(words=" ".join(words)))
    code = app.run()
    return app.return_code or 1 if code is None else code


def check() -> None:
    """Whether there is what a live view needs.

    Raises:
        Failure: there is not.
    """
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        raise Failure("top needs a terminal; 'drmaa-cli ps' prints the jobs")
    if os.environ.get("TERM", "dumb") in ("", "dumb"):
        raise Failure("top needs a terminal that can move its cursor (TERM); 'drmaa-cli ps' prints the jobs")
    if importlib.util.find_spec("textual") is None:
        raise Failure("top needs textual: pip install 'drmaa-cli[top]'")
