"""A bad environment and a missing qmaster, as the submit and control tools word them (captures ``env.*``)."""

from __future__ import annotations

from ..model.requests import QmasterUnreachable, Reply, Request, Unreachable
from ..render.values import encode
from .environment import EnvProblem, check
from .environment_errors import commlib_line, send_error


def environment_text(request: Request) -> str | None:
    """What is wrong with SGE_ROOT or SGE_CELL, without a prefix; None when they are good."""
    bad = check(request)
    if bad is None:
        return None
    if bad.problem is EnvProblem.ROOT_UNSET:
        return "Please set the environment variable SGE_ROOT."
    kind = "SGE_ROOT" if bad.problem is EnvProblem.ROOT_MISSING else "cell"
    return f'{kind} directory "{bad.path}" doesn\'t exist'


def on_stdout(error: QmasterUnreachable, code: int, silent: str = "got send error") -> Reply:
    """How qdel, qmod, qalter, qhold and qrls report a missing qmaster: the text goes to stdout.

    ``silent`` is the cause that the tool prints for a qmaster that accepts and never answers.
    """
    text = send_error(error)
    if error.kind is Unreachable.SILENT:
        text = text.replace("got send error", silent)
    return Reply(code, encode(text + "\n"), encode(commlib_line(error)))
