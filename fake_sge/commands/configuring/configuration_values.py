"""What the values of the cell's configuration may be (real cell)."""

from __future__ import annotations

from collections.abc import Mapping

from ...model import CellConfig
from ...model.values import listed

_LEVELS = ("log_debug", "log_crit", "log_err", "log_warning", "log_notice", "log_info")
_PROGRAMS = ("mailer", "xterm")
_USERSETS = ("user_lists", "xuser_lists")


def fault(config: CellConfig, rows: Mapping[str, str]) -> str:
    """What is wrong first with a new configuration; "" when nothing is."""
    for name in _PROGRAMS:
        program = rows.get(name, "/")
        if not program.startswith("/") and (name, program.lower()) != ("mailer", "none"):
            return f'denied: the path given for "{name}" must start with a "/"'
    level = rows.get("loglevel", _LEVELS[0])
    if level.lower() not in _LEVELS:
        return f'denied: got invalid value "{level}" for loglevel'
    for name in _USERSETS:
        for word in listed(rows.get(name, "none")):
            if word.lower() != "none" and word not in config.usersets:
                return f'Userset "{word}" does not exist'
    return ""
