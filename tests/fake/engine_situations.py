"""The situations of the control calls that were recorded, in one script, on four other Grid Engines."""

from __future__ import annotations

import re
from typing import Any

from fake_sge.engine.state import enroll
from fake_sge.model import Hold, QueueState, Rerun, State

from .op_situations import put_in_state
from .pure import PureCell

GONE = ("just_gone", "unknown", "unknown_multi", "badid", "nosuchname", "noargs", "dash_u_none", "qw.2")
STATES = {  # by the last part of a case's name, where that is not the state itself
    "asroot": "qw",
    "held_multi": "hqw_u",
    "others_job": "r",
    "unknown_task_of_single": "r",
    "mixed": "r",
    "S": "S",
    "r_notify": "r",
    "r_by_root": "r",
    "r.2": "r",
    "r_rerunnable.2": "r_rerunnable",
    "r_not_rerunnable": "r",
    "hr": "hr",
    "Eqw.2": "Eqw",
}
CASES = {  # by the whole name
    "op.qhold.qw.2": "hqw_u",
    "op.qrls.qw": "hqw_u",
    "op.qmod_usj.mixed": "s",
    "op.qrls.mixed": "hr",
    "op.qmod_sj.S": "S",
    "op.qhold.r": "r",
    "op.qmod_usj.s": "s",
    "op.qhold.s": "s",
    "op.qmod_usj.sS": "Ss",
}


def build_engine_situation(cell: PureCell, case: dict[str, Any]) -> None:
    """Make the jobs that a recorded call was made on."""
    name = case["case"]
    if not name.startswith("op."):
        return
    numbers = [int(word.split(".")[0]) for word in case["argv"][1:] if re.fullmatch(r"\d+(\.[\d:-]+)?", word)]
    state = CASES.get(name) or STATES.get(name.split(".", 2)[2]) or _noted(case) or name.split(".", 2)[2]
    if name.split(".", 2)[2] in GONE and name not in CASES:
        return
    for number in dict.fromkeys(numbers):
        if number >= 999998:
            continue
        if not _array(cell, name, number):
            _single(cell, name, number, state)


def _noted(case: dict[str, Any]) -> str:
    found = re.search(r"job state: (\S+)", case.get("notes") or "")
    return found.group(1) if found else ""


def _single(cell: PureCell, name: str, number: int, state: str) -> None:
    if state in ("hqw_jid", "hqw_a"):
        words = ["-hold_jid", "1"] if state == "hqw_jid" else ["-a", "203012312359"]
        cell.submit(1, "-h", "-b", "y", "sleep", "100")
        cell.submit(number, *words, "-b", "y", "true")
        return
    put_in_state(cell, number, state)
    job = cell.qmaster.engine.state.jobs[number]
    if name.startswith("op.qmod_rj") and "r_rerunnable" not in name:
        job.spec = job.spec._replace(rerun=Rerun.NO)
    if state == "qw":
        job.user_hold = job.user_hold.empty()
    cell.qmaster.engine.state.ready.clear()


def _array(cell: PureCell, name: str, number: int) -> bool:
    """The arrays: 171 and 172 are 1-4 and pending, 184 is 1-3 in error, 185 is 1-20 with four running."""
    if number in (171, 172):
        job = cell.submit(number, "-h", "-t", "1-4", "-b", "y", "true")
        job.user_hold = job.user_hold.empty()
    elif number == 184:
        job = cell.submit(number, "-h", "-t", "1-3", "-b", "y", "true")
        put_tasks_in_error(cell, number, (1, 2, 3))
    elif number == 185:
        _large(cell, name)
    elif number in (186, 187):
        cell.submit(number, "-h", "-t", "1-9:2" if number == 186 else "1-1", "-b", "y", "sleep", "9")
    else:
        return False
    cell.qmaster.engine.state.ready.clear()
    return True


def put_tasks_in_error(cell: PureCell, number: int, tasks: tuple[int, ...]) -> None:
    job = cell.qmaster.engine.state.jobs[number]
    for task in tasks:
        one = enroll(job, task)
        one.state |= State.ERROR
        one.hold = Hold.NONE
    job.user_hold = job.user_hold.empty()


def _large(cell: PureCell, name: str) -> None:
    """Job 185 as it was then: four slots, some tasks gone, some held."""
    cell.qmaster.engine.state.config.queues["cap.q"].attributes["slots"] = "4"
    job = cell.submit(185, "-q", "cap.q", "-t", "1-20", "-b", "y", "sleep", "600")
    cell.qmaster.tick()
    assert sorted(job.tasks) == [1, 2, 3, 4]
    if name in ("op.qdel.task_running_dot", "op.qdel_t.pending_range"):
        return
    cell.run(["qdel", "185", "-t", "5-7"])
    if name not in ("op.qhold.array_whole", "op.qrls.array_whole", "op.qmod_usj.multi_mixed"):
        return
    for task in ("8", "10"):
        cell.run(["qdel", f"185.{task}"])
    cell.run(["qdel", "-f", "185.2"], "root")
    cell.settle(1.0)
    assert sorted(job.tasks) == [1, 3, 4, 9]
    cell.run(["qhold", "185.11-13"])
    cell.run(["qhold", "185.15-19:2"])
    cell.run(["qhold", "185.3"])
    if name == "op.qmod_usj.multi_mixed":
        for task in job.tasks.values():
            task.state |= State.SUSPENDED
    if name == "op.qrls.array_whole":
        cell.run(["qhold", "185"])


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


__all__ = ["build_engine_situation", "noted_settings", "prepare_engine_case"]
