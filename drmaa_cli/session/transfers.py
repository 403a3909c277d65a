"""Files to and from the submit host: what session.put() and session.get() mean by their arguments."""

from __future__ import annotations

import contextlib
import os
import posixpath
from collections.abc import Iterator
from pathlib import Path

from drmaa_cli.errors import InvalidArgumentException, error
from drmaa_cli.session.reach import told
from drmaa_cli.system.host import Host
from drmaa_cli.system.transfer import Progress, Transferred
from drmaa_cli.typed import TYPE_CHECKING, Callable, Union

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

Name = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
Watch = Union[bool, Callable[[Transferred], None], None]


def put(host: Host, local: Name, remote: Name, watch: Watch) -> None:
    """See :meth:`drmaa_cli.session.job_session.JobSession.put`."""
    source, place = _text(local, "local"), _text(remote, "remote")
    if place.endswith("/"):
        place += Path(source).resolve().name
    with told(), _watched(watch, Path(source).name) as progress:
        host.put(Path(source), place, progress)


def get(host: Host, remote: Name, local: Name, watch: Watch) -> None:
    """See :meth:`drmaa_cli.session.job_session.JobSession.get`."""
    source, place = _text(remote, "remote"), _text(local, "local")
    name = posixpath.basename(posixpath.normpath(source))
    if place.endswith("/"):
        if name in ("", ".", ".."):
            raise error(InvalidArgumentException, f"local must be a name: {source!r} has none to be taken")
        place += name
    with told(), _watched(watch, name) as progress:
        host.get(source, Path(place), progress)


def _text(name: object, which: str) -> str:
    try:
        text = os.fsdecode(name)  # type: ignore[arg-type]  # whatever a program gives
    except TypeError:
        raise error(InvalidArgumentException, f"{which} is a path, not {name!r}") from None
    if not text or "\0" in text:
        raise error(InvalidArgumentException, f"{which} is no path: {text!r}")
    return text


@contextlib.contextmanager
def _watched(watch: Watch, name: str) -> Iterator[Progress | None]:
    """Who is told of the progress: a function; with True a bar on standard error, if that is a terminal."""
    if watch is True:
        with _bars() as bars:
            yield _bar(bars, name)
    elif watch is None or watch is False:
        yield None
    elif callable(watch):
        yield watch
    else:
        raise error(InvalidArgumentException, f"progress is a function or True, not {watch!r}")


def _bars() -> Bars:
    from rich.console import Console  # noqa: PLC0415  # most programs never need it
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _bar(bars: Bars, name: str) -> Progress:
    bar = bars.add_task(ascii(name)[1:-1], total=None)

    def show(how_far: Transferred) -> None:
        bars.update(bar, completed=how_far.done, total=how_far.total)

    return show
