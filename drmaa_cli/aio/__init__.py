"""DRMAA for programs with an event loop: ``async with drmaa_cli.aio.open_session() as session``."""

from __future__ import annotations

import functools

import drmaa_cli
from drmaa_cli.typed import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from drmaa_cli.aio.session import AsyncSession
    from drmaa_cli.config import Settings
    from drmaa_cli.system.runner import Runner

__all__ = ["AsyncSession", "open_session"]


def open_session(
    contact: str | bytes | None = None,
    *,
    runner: Runner | None = None,
    ssh_answer: Callable[[str], str] | None = None,
    **settings: Unpack[Settings],
) -> AsyncSession:
    """A session for the running event loop: to be entered by ``async with``, or awaited.

    Args:
        contact: ``session=NAME`` to take up (or begin) the session of that name; see
            :func:`drmaa_cli.open_session`.
        runner: how Grid Engine's commands are run; on this host by default.
        ssh_answer: answers what a login asks, in a thread of the loop's default executor.
        **settings: see :class:`drmaa_cli.Config`.

    Raises:
        DrmaaException: as :func:`drmaa_cli.open_session`, when it is entered or awaited.
    """
    from drmaa_cli.aio.session import AsyncSession  # noqa: PLC0415  # as of drmaa_cli itself

    return AsyncSession(
        functools.partial(drmaa_cli.open_session, contact, runner=runner, ssh_answer=ssh_answer, **settings)
    )


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name != "AsyncSession":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from drmaa_cli.aio.session import AsyncSession  # noqa: PLC0415

        return globals().setdefault(name, AsyncSession)
