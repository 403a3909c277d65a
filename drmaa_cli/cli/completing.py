"""What a shell completes: files, directories, sessions. It imports little, for it is always loaded."""

from __future__ import annotations

from collections.abc import Iterable

import click

from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def files(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The shell completes names of files."""
    return _items([incomplete], "file")


def directories(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The shell completes names of directories."""
    return _items([incomplete], "dir")


def sessions(context: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The sessions that are kept, of the submit host that the command line names; none where that fails."""
    from drmaa_cli.cli.place import SessionPlace  # noqa: PLC0415  # for shells only
    from drmaa_cli.errors import DrmaaException  # noqa: PLC0415
    from drmaa_cli.store.expiry import read_all  # noqa: PLC0415

    above = context.parent
    contact = context.params.get("contact") or (above.params.get("contact") if above is not None else None)
    try:
        found = [summary.name for summary in read_all(SessionPlace.of("any", contact).directory)]
    except (DrmaaException, click.ClickException, OSError):  # whoever types on is told by the command itself
        found = []
    return _items([name for name in found if name.startswith(incomplete)], "plain")


def _items(values: Iterable[str], kind: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem  # noqa: PLC0415  # for shells only

    return [CompletionItem(value, type=kind) for value in values]
