"""What programs pass to control() as an action."""

from __future__ import annotations

from drmaa_cli.constants import JobControlAction
from drmaa_cli.errors import InvalidActionException, error, meant

ACTIONS = (
    JobControlAction.SUSPEND,
    JobControlAction.RESUME,
    JobControlAction.HOLD,
    JobControlAction.RELEASE,
    JobControlAction.TERMINATE,
)
_MEANT = {  # what people write for what DRMAA calls otherwise
    "kill": JobControlAction.TERMINATE,
    "delete": JobControlAction.TERMINATE,
    "cancel": JobControlAction.TERMINATE,
    "stop": JobControlAction.TERMINATE,
    "abort": JobControlAction.TERMINATE,
    "pause": JobControlAction.SUSPEND,
    "continue": JobControlAction.RESUME,
    "unsuspend": JobControlAction.RESUME,
    "unhold": JobControlAction.RELEASE,
}


def check_action(operation: object) -> None:
    """Refuse what is no JobControlAction, and name the one that was probably meant.

    Raises:
        InvalidActionException: it is none; also a ValueError, as in drmaa-python.
    """
    if operation in ACTIONS:
        return
    name = operation if isinstance(operation, str) else ""
    near = f"; did you mean {_MEANT[name]!r}?" if name in _MEANT else meant(name, ACTIONS)
    text = f"{operation!r} is not in list: control() knows {', '.join(map(repr, ACTIONS))}{near}"
    raise error(InvalidActionException, text)
