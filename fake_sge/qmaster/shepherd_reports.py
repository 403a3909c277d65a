"""What the reports of shepherds mean."""

from __future__ import annotations

from ..engine.state import never_ran
from ..lighter import Any
from ..model import Exit


def report_order(name: str) -> tuple[str, bool]:
    """The start of a run before its end."""
    stem, _, kind = name.rpartition(".")
    return stem, kind != "started"


def exit_of(values: dict[str, Any]) -> Exit:
    """How a run ended, as its shepherd tells it."""
    if "end_time" not in values:
        return never_ran(values["failed"], values["error"], {})
    error = f"[0:{values['pid']}]: " if values["exit_status"] == 100 else ""
    return Exit(
        values["failed"],
        values["exit_status"],
        values["signal"],
        values["start_time"],
        values["end_time"],
        values["usage"],
        error,
    )
