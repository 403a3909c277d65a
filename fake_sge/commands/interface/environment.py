"""A bad environment and a missing qmaster, as the commands word them (captures ``env.*``)."""

from __future__ import annotations

from pathlib import Path

from ...model.requests import QmasterUnreachable, Reply, Request, Unreachable
from .qmaster_interface import QmasterInterface

NO_ENVIRONMENT = "\nUnable to initialize environment because of error: {}\nExiting.\n"
_UNSET = "Please set the environment variable SGE_ROOT."
_REFUSED = "error: commlib error: got select error (Connection refused)\n"
_CAUSES = {
    Unreachable.REFUSED: "got send error",
    Unreachable.UNRESOLVABLE: "can't resolve host name",
    Unreachable.SILENT: "got send error",
}


def environment_text(request: Request) -> str:
    """What is wrong with SGE_ROOT or SGE_CELL, without a prefix; "" when they are good."""
    root = request.sge_root
    if not root:
        return _UNSET
    if not Path(root).is_dir():
        return f'SGE_ROOT directory "{root}" doesn\'t exist'
    cell = f"{root}/{request.env.get('SGE_CELL') or 'default'}"
    return "" if Path(cell).is_dir() else f'cell directory "{cell}" doesn\'t exist'


def environment_error(request: Request) -> Reply | None:
    """The reply when SGE_ROOT or SGE_CELL is bad; None when they are good."""
    text = environment_text(request)
    if text == _UNSET:
        return Reply.of_text(1, "", f"critical error: {text}\n")
    return Reply.of_text(1, "", request.flavour.absence.bad_environment.format(text)) if text else None


def environment_refusal(request: Request) -> Reply | None:
    """The same for qsub and qrsh."""
    text = environment_text(request)
    form = NO_ENVIRONMENT if text == _UNSET else request.flavour.absence.bad_environment_of_qsub
    return Reply.of_text(1, "", form.format(text)) if text else None


def commlib_line(error: QmasterUnreachable) -> str:
    """The line that the communication library prints by itself, "" if it prints none."""
    return _REFUSED if error.kind is Unreachable.REFUSED else ""


def send_error(error: QmasterUnreachable) -> str:
    """``unable to send message to qmaster ...`` without prefix and newline."""
    place = f'using port {error.port} on host "{error.host}"'
    return f"unable to send message to qmaster {place}: {_CAUSES[error.kind]}"


def unreachable_text(error: QmasterUnreachable, prefix: str = "error: ") -> str:
    """What goes to stderr when there is no qmaster; qconf and qrsh print it without the prefix."""
    return f"{commlib_line(error)}{prefix}{send_error(error)}\n"


def on_stdout(error: QmasterUnreachable, code: int, silent: str = "got send error") -> Reply:
    """How qdel, qmod, qalter, qhold and qrls report a missing qmaster: the text goes to stdout.

    ``silent`` is the cause that the tool prints for a qmaster that accepts and never answers.
    """
    text = send_error(error)
    if error.kind is Unreachable.SILENT:
        text = text.replace("got send error", silent)
    return Reply.of_text(code, text + "\n", commlib_line(error))


def refused_host(request: Request, qmaster: QmasterInterface) -> str | None:
    """What is said to a host that may not submit or change jobs; None when it may."""
    if request.host in qmaster.config.submit_hosts:
        return None
    return request.flavour.wording.no_submit_host.format(request.host) + "\n"
