"""The situations of some recorded submissions and control calls on four other Grid Engines."""

from __future__ import annotations

import re
from typing import Any

from fake_sge.model import QueueState

from .op_situations import put_in_state
from .pure import PureCell


def noted_settings(case: dict[str, Any]) -> dict[str, str]:
    """The configuration that the notes of a case name."""
    notes = case.get("notes") or ""
    found = re.match(r"(max_u_jobs|max_jobs|max_aj_tasks|enforce_project)=(\w+)", notes)
    settings = {found[1]: found[2]} if found else {}
    if notes.startswith("xuser_lists"):
        settings["xuser_lists"] = "denied"
    return settings


def prepare_engine_case(cell: PureCell, case: dict[str, Any]) -> None:
    """The jobs that fill a limit, and the state of queues."""
    name = case["case"]
    found = re.search(r"max_(?:u_)?jobs=(\d+)(?:, submission (\d+))?", case.get("notes") or "")
    if found:
        number = cell.qmaster.engine.state.next_number
        for index in range(int(found[2]) - 1 if found[2] else int(found[1])):
            cell.qmaster.engine.state.next_number = 9000 + index
            cell.run(["qsub", "-terse", "-h", "-b", "y", "true"], case["user"])
        cell.qmaster.engine.state.next_number = number
    if name == "special.queue_usq.qmod":
        cell.qmaster.engine.state.instances["all.q@localhost"].state |= QueueState.SUSPENDED
    if name == "special.queue_usq.qmod_usj":
        put_in_state(cell, 52, "s")
