"""Writing a report: whole or not at all."""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path

from drmaa_cli.cli import ends
from drmaa_cli.cli.files import write_whole
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.report.gather import ReportLimits, gather
from drmaa_cli.cli.report.page import page
from drmaa_cli.cli.screen import visible

STDOUT = "-"


def write_report(place: SessionPlace, output: str | None, failures: int, lines: int) -> int:
    """Write the report of a session, say where it is, and what could not be found out; the exit code.

    Raises:
        Failure: there is no such session.
        OSError: the page cannot be written.
    """
    found = gather(place, ReportLimits(failures, lines))
    style = resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    data = page(found, style).encode("utf-8")
    if output == STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
    else:
        path = Path(f"{place.path.name.rpartition('.')[0]}.html" if output is None else output)
        write_whole(path, data)
        print(visible(str(path)))
    for note in found.notes:
        ends.complain(note)
    return ends.FAILED if found.notes else ends.OK
