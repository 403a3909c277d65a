"""A command without a qmaster: the same code, in the client's process."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from ..commands.dispatch import dispatch
from ..commands.pe_tasks import PE_TASK
from ..execution.users import group_name, user_name
from ..model.requests import QmasterUnreachable, Request, Unreachable
from . import pe_task


class NoQmaster:
    """Stands for a qmaster: every member raises :class:`QmasterUnreachable`."""

    def __init__(self, kind: Unreachable, host: str, port: str) -> None:
        self._problem = (kind, host, port)

    def __getattr__(self, name: str) -> NoReturn:
        raise QmasterUnreachable(*self._problem)


def own_request(
    argv: list[str], read_stdin: Callable[[], bytes], write: Callable[[int, bytes], None]
) -> Request:
    """This process as a request."""
    uid, gid = os.getuid(), os.getgid()
    user, group = user_name(uid), group_name(gid)
    umask = os.umask(0o022)
    os.umask(umask)

    def emit(out: bytes, err: bytes) -> None:
        write(1, out)
        write(2, err)

    cwd = os.getcwd()  # noqa: PTH109 Request.cwd is text
    return Request(
        argv,
        dict(os.environ),
        cwd,
        user,
        uid,
        group,
        gid,
        umask=umask,
        read_stdin=read_stdin,
        emit=emit,
    )


def run(
    argv: list[str], why: str, read_stdin: Callable[[], bytes], write: Callable[[int, bytes], None]
) -> tuple[int, int]:
    """Run a command without a qmaster, print its output; exit code and signal."""
    if why == PE_TASK:
        return pe_task.run(argv, write)
    request = own_request(argv, read_stdin, write)
    try:
        host = Path(request.common_dir, "act_qmaster").read_text().strip()
    except OSError:
        host = "localhost"
    port = request.env.get("SGE_QMASTER_PORT", "6444")
    reply = dispatch(request, NoQmaster(Unreachable(why), host, port))
    write(1, reply.out)
    write(2, reply.err)
    return reply.code, reply.signal
