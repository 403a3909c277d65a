"""``drmaa-cli top``: the words on the command line."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Sequence

import click

from drmaa_cli.cli import ends
from drmaa_cli.cli.ends import Failure
from drmaa_cli.cli.parser import SECONDS, Command, session_options
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.screen import is_terminal
from drmaa_cli.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drmaa_cli.cli.top.web.serve import Listening

INTERVAL = 2.0
HERE = "127.0.0.1"
NEEDED = {"top": ["textual"], "web": ["textual", "aiohttp", "textual_serve"]}  # by the extra that has them


@click.command(
    "top",
    cls=Command,
    examples=[
        ("drmaa-cli top", "your jobs: those of all sessions, and those that no session has"),
        ("drmaa-cli top align failed", "those with these words; what is typed after / changes them"),
        ("drmaa-cli top -s nightly -n 10", "of one session, looked at every ten seconds at most"),
        ("drmaa-cli top --web", "the same as a page for a browser on this host, whose address is printed"),
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
@click.option("--read-only", is_flag=True, help="Only look: no job can be changed.")
@click.option("--web", is_flag=True, help="Serve it as a page, and print its address, which is secret.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="The port of the page; without it, or with 0, a free one.",
)
@click.option(
    "--listen",
    metavar="ADDRESS",
    help=f"The address of this host on which the page is served ({HERE}: for this host alone).",
)
@click.option(
    "--allow-remote", is_flag=True, help="Let that be one that others can reach. Nothing is encrypted then."
)
@click.option(
    "--host-name",
    "host_names",
    multiple=True,
    metavar="NAME",
    help="Another name by which browsers call the page, such as that of a proxy; may be repeated.",
)
@session_options
def command(
    words: Sequence[str],
    interval: float,
    read_only: bool,
    session: str | None,
    contact: str | None,
    web: bool,
    **page: Any,  # noqa: ANN401  # the options that are the page's
) -> int:
    """Watch your jobs: what they do, why they wait or failed, what they write; hold, release and kill them.

    One query shows all jobs of all sessions, and those that no session has. The key ? shows all keys.
    """
    if not web:
        for name, value in page.items():
            if value not in (None, False, ()):
                raise click.UsageError(f"--{name.rstrip('s').replace('_', '-')} is for --web")
    check(web=web)
    where = _listening(**page) if web else None
    place = SessionPlace.of(session, contact)
    if place.chosen and not place.exists:
        raise Failure(place.missing)
    from drmaa_cli.cli.top.survey import Survey  # noqa: PLC0415  # not for --help

    with contextlib.closing(Survey(place)) as survey:
        survey.begin()
        if where is not None:
            from drmaa_cli.cli.top.web.serve import serve  # noqa: PLC0415
            from drmaa_cli.cli.top.web.window import WindowRequest  # noqa: PLC0415

            return serve(where, WindowRequest(" ".join(words), interval, session, contact, read_only))
        from drmaa_cli.cli.top.app import Top  # noqa: PLC0415  # textual is loaded for this command only
        from drmaa_cli.cli.top.terminal import Terminal  # noqa: PLC0415
        from drmaa_cli.cli.top.view import Choice  # noqa: PLC0415

        choice = Choice(words=" ".join(words))
        app = Top(survey, interval, choice, read_only=read_only, driver_class=Terminal)
        code = app.run()
    return app.return_code or ends.FAILED if code is None else code


def _listening(
    port: int | None, listen: str | None, allow_remote: bool, host_names: Sequence[str]
) -> Listening:
    from drmaa_cli.cli.top.web.serve import Listening, address_of  # noqa: PLC0415  # for --web alone

    return Listening(address_of(listen or HERE, may_be_remote=allow_remote), port or 0, host_names)


def check(*, web: bool) -> None:
    """Whether there is what a live view needs.

    Raises:
        Failure: there is not.
    """
    if not web:
        if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
            raise Failure("top needs a terminal; 'drmaa-cli ps' prints the jobs")
        if os.environ.get("TERM", "dumb") in ("", "dumb"):
            raise Failure(
                "top needs a terminal that can move its cursor (TERM); 'drmaa-cli ps' prints the jobs"
            )
    what, extra = ("top --web", "web") if web else ("top", "top")
    for name in NEEDED[extra]:
        if importlib.util.find_spec(name) is None:
            raise Failure(f"{what} needs {name.replace('_', '-')}: pip install 'drmaa-cli[{extra}]'")
