"""What ``qstat -explain`` says about a queue instance."""

from __future__ import annotations

from collections.abc import Mapping

from ...model import CellConfig, QueueInstance, QueueState
from ...model.resources import complex_values


def _alarms(
    instance: QueueInstance, loads: Mapping[str, str], config: CellConfig, thresholds: str, title: str
) -> str:
    lines = []
    for name, limit in complex_values(instance.queue.attributes.get(thresholds, "NONE")).items():
        entry = config.complex_named(name)
        offered = loads.get(entry.name) if entry is not None else None
        if entry is not None and offered is None and instance.state & QueueState.UNKNOWN:
            lines.append(f'error: no value for "{entry.name}" because execd is in unknown state')
        if entry is not None and offered is not None:  # be it beyond the threshold or not (real cell)
            lines.append(f"alarm hl:{entry.name}={offered} {title}={limit}")
    return "\n\t".join(lines)


def queue_reasons(
    instance: QueueInstance, loads: Mapping[str, str], config: CellConfig, explain: str
) -> list[tuple[str, str]]:
    """XML tags and texts, in the order printed (w3.ex_*)."""
    rows: list[tuple[str, str]] = []
    if "a" in explain and instance.state & QueueState.ALARM:
        text = _alarms(instance, loads, config, "load_thresholds", "load-threshold")
        rows.append(("load-alarm-reason", text))
    if "A" in explain and instance.state & QueueState.SUSPEND_ALARM:
        text = _alarms(instance, loads, config, "suspend_thresholds", "suspend-threshold")
        rows.append(("suspend-alarm-reason", text))
    for letter, state in (("c", QueueState.AMBIGUOUS), ("E", QueueState.ERROR)):
        if letter in explain and instance.state & state:
            rows += [("message", text) for text in instance.errors]
    return [row for row in rows if row[1]]
