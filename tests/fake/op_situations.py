"""The situations of the recorded control calls: jobs in the state that a case's notes name."""

from __future__ import annotations

import re
from typing import Any

from fake_sge.engine.state import enroll
from fake_sge.model import Exit, Hold, Job, QueueState, Simulation, State, Status
from fake_sge.model.task_lists import HoldLists
from tests.fake.pure import PureCell

HELD_BEFORE = {"op.qrls.dr", "op.qrls.t"}  # a qhold of the same series came before
MISSING = {"999999", "999998", "867", "869"}
HOLDS = {"u": Hold.USER, "o": Hold.OPERATOR, "s": Hold.SYSTEM}


def _words(case: dict[str, Any]) -> list[str]:
    return [word for word in case["argv"][1:] if re.fullmatch(r"\d+(\.[\d:-]+)?", word)]


def _run(cell: PureCell, job: Job) -> None:
    """Make sure that it runs."""
    cell.qmaster.tick()
    assert all(task.status is Status.RUNNING for task in job.tasks.values())
    assert job.tasks


def _again(cell: PureCell, job: Job) -> None:
    """Requeued after a reschedule."""
    _run(cell, job)
    task = job.tasks[1]
    cell.qmaster.apply("exited", job.number, 1, task.run, Exit(25, 0, 0, cell.qmaster.now, cell.qmaster.now))
    cell.qmaster.engine.state.ready.clear()


def _error(job: Job, tasks: tuple[int, ...] = (1,)) -> None:
    for number in tasks:
        task = enroll(job, number)
        task.state |= State.ERROR
        task.errors.append("[1002:1]: error: can't chdir to /no/such: No such file or directory")
        task.error_times.append(1.0)


def put_in_state(cell: PureCell, number: int, state: str, user: str = "grid2") -> None:
    """One job in a state such as ``hqw_u``, ``dr``, ``Eqw``."""
    words = ["-q", "all.q", "-N", "j", "-b", "y", "sleep", "100"]
    if state.startswith("hqw") or state == "qw" or state.endswith(("Eqw", "cleared")):
        job = cell.submit(number, "-h", *words, user=user)
        kinds = state.partition("_")[2] or ("" if state != "hqw" else "u")
        hold = Hold.NONE
        for letter in kinds:
            hold |= {"u": Hold.USER, "o": Hold.OPERATOR, "s": Hold.SYSTEM}[letter]
        job.lists = HoldLists.full(job.spec.array, hold)
        if state in ("Eqw", "hEqw"):
            _error(job)
            job.tasks[1].hold = Hold.USER if state == "hEqw" else Hold.NONE
        if state == "cleared":
            enroll(job, 1)
        cell.qmaster.engine.state.ready.clear()
        return
    rerun = ["-r", "y"] if "R" in state or state == "r_rerunnable" else []
    job = cell.submit(number, *rerun, *words, user=user)
    _running_state(cell, job, state)


def _running_state(cell: PureCell, job: Job, state: str) -> None:
    if state in ("Rq", "hRq"):
        _again(cell, job)
        job.tasks[1].hold = Hold.USER if state == "hRq" else Hold.NONE
        return
    if state.startswith("finished"):
        _finish(cell, job, state)
        return
    _run(cell, job)
    task = job.tasks[1]
    letters = state.rstrip("2").replace("_rerunnable", "").replace("_not", "")
    task.restarts = int("R" in letters)
    task.hold = Hold.USER if "h" in letters else Hold.NONE
    if "s" in letters:
        task.state |= State.SUSPENDED
    if "T" in letters:
        task.state |= State.SUSPENDED_ON_THRESHOLD
    if "d" in letters:
        task.state |= State.DELETED
    if "t" in letters:
        task.status = Status.TRANSFERRING
    if "S" in letters:
        cell.qmaster.engine.state.instances["all.q@localhost"].state |= QueueState.SUSPENDED


def _finish(cell: PureCell, job: Job, state: str) -> None:
    number = job.number
    _run(cell, job)
    task = job.tasks[1]
    cell.qmaster.apply("exited", number, 1, task.run, Exit(0, 0, 0, cell.qmaster.now, cell.qmaster.now))
    if state == "finished_natural":
        cell.settle(1.0)
        assert number not in cell.qmaster.engine.state.jobs


def _array(cell: PureCell, number: int, tasks: str, *held: str) -> Job:
    return cell.submit(number, *held, "-q", "all.q", "-N", "a", "-t", tasks, "-b", "y", "sleep", "100")


def _limited(cell: PureCell, number: int, tasks: str, concurrent: int) -> Job:
    return cell.submit(
        number, "-q", "all.q", "-N", "a", "-t", tasks, "-tc", str(concurrent), "-b", "y", "sleep", "9"
    )


def _suspended(job: Job, *tasks: int) -> None:
    for number in tasks:
        job.tasks[number].state |= State.SUSPENDED


def _deleted(job: Job, *tasks: int) -> None:
    for number in tasks:
        job.tasks[number].state |= State.DELETED


def _without(cell: PureCell, number: int, tasks: str) -> None:
    cell.run(["qdel", f"{number}.{tasks}"])


def _hold(job: Job, *tasks: int) -> None:
    lists = HoldLists.full(job.spec.array, Hold.NONE)
    lists = lists.without(task for task in job.spec.array.ids() if task not in job.waiting)
    job.lists = lists.moved(dict.fromkeys(tasks, Hold.USER))


def _special_qdel(cell: PureCell, name: str) -> bool:
    """qdel's cases about arrays and several jobs; False when the case is not one of them."""
    if name == "op.qdel.array_whole":
        _array(cell, 809, "1-3", "-h")
    elif name == "op.qdel.array_whole_running":
        _run(cell, _array(cell, 810, "1-3"))
    elif name == "op.qdel.dash_u":
        _deleted(_limited(cell, 696, "1-2", 2), 1, 2)
        _array(cell, 697, "1-20", "-h")
        cell.submit(699, "-h", "-b", "y", "true")
    elif name == "op.qdel.multi_mixed":
        _array(cell, 698, "1-3", "-h")
    elif name == "op.qdel.t_range_two":
        _array(cell, 697, "1-20", "-h")
        _without(cell, 697, "4")
    elif name in ("op.qdel.task_range_dot", "op.qdel.task_running_dot"):
        _limited(cell, 696, "1-9:2", 2)
    else:
        return False
    return True


def _special(cell: PureCell, name: str) -> bool:
    """Cases about arrays and several jobs; False when the case is not one of them."""
    if _special_qdel(cell, name):
        return True
    if name == "op.qmod_sj.task_range":
        _suspended(_limited(cell, 696, "1-9:2", 2), 1)
    elif name in ("op.qmod_sj.multi_mixed", "op.qmod_sj.task_running"):
        _limited(cell, 696, "1-9:2", 2)
    elif name in ("op.qmod_usj.all", "op.qmod_usj.multi_mixed"):
        _suspended(_limited(cell, 696, "1-9:2", 2), 1, 3)
    elif name == "op.qmod_cj.Eqw.2":
        job = _array(cell, 695, "1-3", "-h")
        job.lists = HoldLists.full(job.spec.array, Hold.NONE)
        _error(job, (1, 2, 3))
    elif name in ("op.qhold_task_range.pending", "op.qhold_task_range_step.pending"):
        job = _array(cell, 697, "1-20", "-h")
        job.lists = HoldLists.full(job.spec.array, Hold.NONE)
        cell.qmaster.engine.state.ready.clear()
    elif "697" in name or "unknown_task" in name or "task_dot" in name:
        _array(cell, 697, "1-20", "-h")
    elif name.endswith("multi_mixed"):
        _mixed(cell, name)
    else:
        return False
    return True


def _mixed(cell: PureCell, name: str) -> None:
    """697 as it was then: tasks 1, 2, 4 and 6 were gone, some of the others held."""
    job = _array(cell, 697, "1-20", "-h")
    for task in (1, 2, 4, 6):
        _without(cell, 697, str(task))
    if name == "op.qhold.multi_mixed":
        _hold(job, 9, 11, 12, 13, 15, 17, 19)


def build_situation(cell: PureCell, case: dict[str, Any]) -> None:
    """Make the jobs that a recorded call was made on."""
    cell.submit(3, "-h", "-b", "y", "true", user="grid")
    name = case["case"]
    if _special(cell, name):
        return
    match = re.search(r"job state: (\S+)", case.get("notes") or "")
    numbers = [word.split(".")[0] for word in _words(case)]
    for number in numbers:
        if number in MISSING or number == "3" or int(number) in cell.qmaster.engine.state.jobs:
            continue
        owner = "ge" if case.get("user") == "ge" else "grid2"
        put_in_state(cell, int(number), _state_of(name, match.group(1) if match else ""), owner)
        if name == "op.qmod_rj.Rr":  # the reschedule before this one was not over
            cell.qmaster.engine.state.jobs[int(number)].tasks[1].reschedule_requested = True
        if name in HELD_BEFORE:
            cell.qmaster.engine.state.jobs[int(number)].tasks[1].hold = Hold.USER
    if name == "op.qmod_usq.asroot":
        cell.qmaster.engine.state.instances["cap.q@localhost"].state |= QueueState.SUSPENDED


def _state_of(name: str, noted: str) -> str:
    suffix = name.split(".", 2)[-1]
    known = {
        "r_not_rerunnable": "r",
        "hold_then": "Rr_rerunnable",
        "asroot": "",
        "t_asroot": "dr",
        "dt": "t",
        "Rr": "Rr_rerunnable",
    }
    if name == "op.qdel_f.dt":
        return "dt"
    if noted:
        repeated = {
            "op.qhold.qw.2": "hqw_u",
            "op.qrls.qw.2": "hqw_u",
            "op.qalter_h_n.qw": "hqw_u",
            "op.qmod_usj.t": "st",  # op.qmod_sj.t came before
            "op.qdel.t": "qw",
        }  # by then the qmaster had taken the undeliverable job back
        return repeated.get(name, noted)
    if suffix == "asroot":
        kinds = name.split(".")[1].partition("_")[2]
        return f"hqw_{kinds}" if name.startswith("op.qrls") else "qw"
    return known.get(suffix, "r")


__all__ = ["HOLDS", "Simulation", "build_situation", "put_in_state"]
