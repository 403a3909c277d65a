"""What runs in the process behind a page: ``top``, drawn into a pipe."""

from __future__ import annotations

import json
import os
import sys

from drmaa_cli.typed import NamedTuple

# A variable: other users can read a command line, and a contact may have a password.
REQUEST_VARIABLE = "DRMAA_CLI_TOP"
# Modules are found where the server has found its own: not in the current directory, as -c and -m have it.
BEGIN = (
    f"import os, sys; sys.path[:] = os.environ['{REQUEST_VARIABLE}'].partition('\\n')[0].split(os.pathsep);"
    " from drmaa_cli.cli.top.web.window import main; sys.exit(main())"
)


class WindowRequest(NamedTuple):
    """What is to be shown.

    Attributes:
        words: the filter.
        interval: seconds between two looks, at least.
        session, contact: of the command line.
        read_only: whether jobs may only be looked at.
    """

    words: str
    interval: float
    session: str | None
    contact: str | None
    read_only: bool

    @property
    def text(self) -> str:
        """It as a text, with where modules are found in its first line."""
        return f"{os.pathsep.join(path for path in sys.path if path)}\n{json.dumps(self)}"


def main() -> int:
    """Run it; the exit code."""
    from textual.drivers.web_driver import WebDriver  # noqa: PLC0415  # this module is the server's, too
    from textual.messages import ExitApp  # noqa: PLC0415

    from drmaa_cli.cli import ends  # noqa: PLC0415
    from drmaa_cli.cli.place import SessionPlace  # noqa: PLC0415
    from drmaa_cli.cli.top.app import Top  # noqa: PLC0415
    from drmaa_cli.cli.top.survey import Survey  # noqa: PLC0415
    from drmaa_cli.cli.top.view import Choice  # noqa: PLC0415

    class Pipe(WebDriver):
        """Ends with its server."""

        def run_input_thread(self) -> None:
            """Read what the page says, until nobody is there to say anything."""
            super().run_input_thread()
            self._app.post_message(ExitApp())

    request = WindowRequest(*json.loads(os.environ.pop(REQUEST_VARIABLE).partition("\n")[2]))
    place = SessionPlace.of(request.session, request.contact)
    app = Top(
        Survey(place),
        request.interval,
        Choice(words=request.words),
        read_only=request.read_only,
        driver_class=Pipe,
    )
    app.run()
    return app.return_code or ends.OK
