"""A bad environment and a missing qmaster, as the query tools word them (captures ``env.*``)."""

from __future__ import annotations

from ..model.requests import QmasterUnreachable, Reply, Request, Unreachable
from ..render.values import encode
from .environment import EnvProblem, check

REFUSED = "error: commlib error: got select error (Connection refused)\n"
_CAUSES = {
    Unreachable.REFUSED: "got send error",
    Unreachable.UNRESOLVABLE: "can't resolve host name",
    Unreachable.SILENT: "got send error",
}


def environment_error(request: Request) -> Reply | None:
    """The reply when SGE_ROOT or SGE_CELL is bad; None when they are good."""
    bad = check(request)
    if bad is None:
        return None
    if bad.problem is EnvProblem.ROOT_UNSET:
        text = "critical error: Please set the environment variable SGE_ROOT.\n"
    elif bad.problem is EnvProblem.ROOT_MISSING:
        text = f'error: SGE_ROOT directory "{bad.path}" doesn\'t exist\n'
    else:
        text = f'error: cell directory "{bad.path}" doesn\'t exist\n'
    return Reply(1, b"", encode(text))


def commlib_line(error: QmasterUnreachable) -> str:
    """The line that the communication library prints by itself, "" if it prints none."""
    return REFUSED if error.kind is Unreachable.REFUSED else ""


def send_error(error: QmasterUnreachable) -> str:
    """``unable to send message to qmaster ...`` without prefix and newline."""
    return (
        f'unable to send message to qmaster using port {error.port} on host "{error.host}": '
        f"{_CAUSES[error.kind]}"
    )


def unreachable_text(error: QmasterUnreachable) -> bytes:
    """What goes to stderr when there is no qmaster, in the form of qstat, qhost, qselect and qacct."""
    return encode(f"{commlib_line(error)}error: {send_error(error)}\n")
