"""What ``qstat -explain`` says about a queue instance."""

from __future__ import annotations

from collections.abc import Mapping

from ..model import CellConfig, QueueInstance


def queue_reasons(instance: QueueInstance, loads: Mapping[str, str], config: CellConfig,
                  explain: str) -> list[tuple[str, str]]:
    """XML tags and texts, in the order printed."""
    rows: list[tuple[str, str]] = []
    if set(explain) & {"E", "c"}:
        rows += [("message", text) for text in instance.errors]
    return rows
