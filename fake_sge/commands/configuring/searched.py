"""Which objects have a value: -sobjl."""

from __future__ import annotations

from ...model.globs import glob_match
from ...model.host_values import split_value
from .change import ConfigChange

Rows = dict[str, dict[str, str]]  # attributes by the names of objects

_OF_HOSTS = ("load_scaling", "complex_values", "user_lists", "xuser_lists")  # the others are not looked at


def objects_with(change: ConfigChange, what: str, name: str, value: str) -> None:
    """``-sobjl queue slots 4``: queues and hosts only, by their value for all hosts (real cell)."""
    rows: Rows = {}
    if what == "queue":
        rows = {name: change.config.queues[name].attributes for name in change.config.queues_as_changed}
    elif what == "exechost":
        rows = {host: _host(change, host) for host in ("template", "global", *change.config.hosts)}
    for item, attributes in rows.items():
        text = attributes.get(name)
        if text is not None and name != "nsuspend" and glob_match(value, split_value(text)[0]):
            change.noted(item)


def _host(change: ConfigChange, name: str) -> dict[str, str]:
    host = change.config.host_with_values(name)
    loads = change.loads(name)
    own = host.attributes if host is not None else {}
    return {
        "hostname": name,
        "load_values": ",".join(f"{key}={text}" for key, text in loads.items()) or "NONE",
        "processors": loads.get("num_proc", "0"),
        **{row: own.get(row, "NONE") for row in _OF_HOSTS},
    }
