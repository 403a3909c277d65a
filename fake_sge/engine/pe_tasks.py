"""Tasks that a parallel job starts on its hosts (``qrsh -inherit``), and their records.

A host takes as many at a time as the job has slots there, one less where the job's script is one of them, and
none without ``control_slaves``. One that it does not take uses up a number, too (real cell).
"""

from __future__ import annotations

from ..model import Exit, Status, failures
from .accounting import accounting_line
from .state import AccountingLine, CellState, PeTasks


def begin(state: CellState, now: float, number: int, task_number: int, host: str) -> int | None:
    """The number of a further one; None when the execution daemon of the host does not take it."""
    del now
    state.pe_tasks = {key: tasks for key, tasks in state.pe_tasks.items() if key[:2] in state.running}
    job = state.jobs.get(number)
    task = job.tasks.get(task_number) if job is not None else None
    if task is None or task.status is not Status.RUNNING:
        return None
    tasks = state.pe_tasks.setdefault((number, task_number, task.run), PeTasks())
    tasks.asked += 1
    environment = state.config.parallel_environments.get(task.granted_pe or "")
    if environment is None or environment.attributes["control_slaves"].upper() != "TRUE":
        return None
    slots = sum(piece.slots for piece in task.granted if piece.host == host)
    if host == task.granted[0].host and state.config.first_task_is_job(environment.name):
        slots -= 1
    if list(tasks.running.values()).count(host) >= slots:
        return None
    tasks.running[tasks.asked] = host
    return tasks.asked


def end(state: CellState, now: float, number: int, task_number: int, identifier: int, over: Exit) -> None:
    """One has ended: a record of its own, unless its usage is to stand in that of the job."""
    job = state.jobs.get(number)
    task = job.tasks.get(task_number) if job is not None else None
    if job is None or task is None:
        return
    tasks = state.pe_tasks.get((number, task_number, task.run))
    if tasks is None or identifier not in tasks.running:
        return
    host = tasks.running.pop(identifier)
    environment = state.config.parallel_environments.get(task.granted_pe or "")
    if environment is None or environment.attributes["accounting_summary"].upper() == "TRUE":
        return
    granted = next(piece for piece in task.granted if piece.host == host)
    line = accounting_line(job, task, over, granted, state.config, f"{identifier}.{host}")
    state.accounting.append(AccountingLine(line, now + state.timing.accounting_flush))


def judged(status: int, started: float, ended: float, usage: dict[str, float]) -> Exit:
    """How one ended; ``status`` is its exit status, 128 and the signal when it was signalled."""
    number = status - 128 if status > 128 else 0
    return Exit(failures.AFTER_JOB if number else 0, status, number, started, ended, usage)
