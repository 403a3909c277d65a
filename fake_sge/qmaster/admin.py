"""What can be asked of a running cell besides Grid Engine's commands: the calls behind the Python API."""

from __future__ import annotations

import base64
import contextlib
import copy
import os
import pwd
import re
import signal
import time
from collections.abc import Callable, Iterable
from typing import Any

from ..execution.users import home_and_shell, user_name
from ..faults import Fault, FaultKind
from ..lighter import replace
from ..model import (
    Hold,
    Job,
    JobSpec,
    JobType,
    QueueState,
    Range,
    Resource,
    Simulation,
    Task,
    failures,
    state_letters,
)
from ..model.operations import Actor, QueueAction, SubmissionReply
from ..model.resources import known_loads
from ..model.states import queues_of
from ..options import changed_timing
from ..render.queues import state_letters as queue_letters
from ..reports import CellStatus, HostStatus, TaskGroup
from ..settings import check, check_effect, check_places, near
from . import hosts
from .qmaster import Qmaster

LAST_MOMENT = 253402300799.0  # the last that a date of four digits can tell


def handle(qmaster: Qmaster, call: dict[str, Any]) -> Any:  # noqa: ANN401 JSON in, JSON out
    """One control call; raises ValueError, KeyError or TypeError for bad ones."""
    return _CALLS[call.pop("call")](qmaster, **call)


def _status(qmaster: Qmaster) -> dict[str, Any]:
    state = qmaster.engine.state
    pending = sum(
        len(job.waiting) + sum(task.is_pending for task in job.tasks.values()) for job in state.jobs.values()
    )
    status = CellStatus(
        pid=os.getpid(),
        now=qmaster.now,
        jobs=len(state.jobs),
        running=len(state.running),
        pending=pending,
        zombies=len(state.zombies),
        next_job_number=state.next_number,
        faults=len(qmaster.faults.faults),
        problem="; ".join(qmaster.problems.values()),
    )
    return vars(status)


def _advance(qmaster: Qmaster, seconds: float) -> float:
    if not seconds >= 0:
        raise ValueError("a cell's clock only goes forward")
    goal = qmaster.now + seconds
    if goal > LAST_MOMENT:
        raise ValueError("a cell's clock ends with the year 9999")
    while True:
        step = min(goal, max(qmaster.now, qmaster.engine.next_event()))
        qmaster.apply("advance", max(0.0, step - qmaster.now))
        qmaster.no_run_before = 0.0
        qmaster.tick()
        if step >= goal:
            break
    qmaster.tick()
    return qmaster.now


def _check_simulated(count: int, user: str | None, simulation: dict[str, Any]) -> None:
    run_time, status, number = (simulation[name] for name in ("run_time", "exit_status", "signal"))
    if count < 1:
        raise ValueError(f"at least one job is submitted, not {count}")
    if not 0 <= run_time <= LAST_MOMENT:
        raise ValueError(f"run_time is in seconds, not {run_time}")
    if not 0 <= status <= 255:
        raise ValueError(f"an exit status lies between 0 and 255, not {status}")
    if number not in (0, *signal.valid_signals()):
        raise ValueError(f"there is no signal {number}")
    if simulation["failed"] not in failures.KNOWN:
        raise ValueError(f"{simulation['failed']} is no value of failed in a record")
    if user is not None and not re.fullmatch(r"[^\s:]+", user):
        raise ValueError(f"{user!r} cannot be the name of a user")


def _submit_simulated(
    qmaster: Qmaster,
    count: int,
    spec: dict[str, Any],
    simulation: dict[str, Any],
    user: str | None,
    array: list[int] | None,
    resources: dict[str, str],
) -> list[int]:
    _check_simulated(count, user, simulation)
    me = user_name(os.getuid())
    home, _ = home_and_shell(me)
    host = next(iter(qmaster.engine.state.config.hosts))
    uid, gid = os.getuid(), os.getgid()
    if user is not None:
        with contextlib.suppress(KeyError):
            uid, gid = pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid
    owner = user or me
    made = JobSpec(
        owner=owner,
        uid=uid,
        group=owner,
        gid=gid,
        submit_host=host,
        command="simulated",
        job_type=JobType.BINARY | (JobType.ARRAY if array else JobType.NONE),
        home=home,
        simulation=Simulation(**simulation),
        array=Range(*array) if array else Range(1, 1, 1),
        hard_resources=tuple(Resource(name, value) for name, value in resources.items()),
        **_tuples(spec),
    )
    answers: list[SubmissionReply] = qmaster.apply("submit_many", made, count)
    numbers = []
    for answer in answers:
        if answer.number is None:
            raise ValueError(f"the job was refused: {' '.join(answer.refusal)}")
        numbers.append(answer.number)
    return numbers


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _group(
    qmaster: Qmaster, job: Job, numbers: Iterable[int], task: Task | None = None, hold: Hold = Hold.NONE
) -> TaskGroup:
    states = {
        piece.instance: instance.state
        for piece in (task.granted if task is not None else ())
        if (instance := qmaster.engine.state.instances.get(piece.instance))
    }
    letters = state_letters(job, task, hold, queues_of(task, states) if task else QueueState.NONE)
    ended = task.finish if task is not None else None
    group = TaskGroup(
        job=job.number,
        tasks=tuple(numbers),
        name=job.name,
        owner=job.owner,
        array=job.spec.is_array,
        submission_time=job.submission_time,
        state="" if ended else letters,
        exit_status=ended.exit_status if ended else None,
        failed=ended.failed if ended else None,
    )
    if task is None:
        return group
    return replace(
        group,
        start_time=task.start_time,
        queue=task.granted[0].instance if task.granted else "",
        slots=task.slots,
        errors=tuple(task.errors),
        restarts=task.restarts,
    )


def _jobs(qmaster: Qmaster) -> list[dict[str, Any]]:
    groups: list[TaskGroup] = []
    for job in qmaster.engine.state.jobs.values():
        groups += [_group(qmaster, job, [number], job.tasks[number]) for number in sorted(job.tasks)]
        waiting = sorted(job.lists.groups(), key=lambda group: (group[0] != Hold.NONE, next(iter(group[1]))))
        groups += [_group(qmaster, job, members, hold=hold) for hold, members in waiting]
    return [vars(group) for group in groups]


def _add_fault(qmaster: Qmaster, **values: Any) -> int:  # noqa: ANN401 JSON
    for name in ("out", "err"):
        values[name] = base64.b64decode(values.get(name, ""))
    return qmaster.faults.add(Fault(FaultKind(values.pop("kind")), **values))


def _clear_faults(qmaster: Qmaster, number: int | None = None) -> int:
    cleared = qmaster.faults.clear(number)
    if number is not None and not cleared:
        raise ValueError(f"there is no fault {number} in force")
    return cleared


def _next_number(qmaster: Qmaster, number: int) -> None:
    if not 1 <= number <= qmaster.engine.state.config.max_job_number:
        raise ValueError(f"job numbers lie between 1 and {qmaster.engine.state.config.max_job_number}")
    qmaster.apply("number_next", number)


def _configure(
    qmaster: Qmaster,
    global_config: dict[str, str],
    scheduler: dict[str, str],
    queues: dict[str, dict[str, str]],
    max_job_number: object,
) -> None:
    config = copy.deepcopy(qmaster.engine.state.config)
    changes = [("global configuration", global_config), ("scheduler", scheduler)]
    for kind, values in [*changes, *(("queue", values) for values in queues.values())]:
        check(kind, values)
        check_effect(kind, values)
    for name, attributes in queues.items():
        if name not in config.queues:
            raise ValueError(f"there is no queue {name!r}{near(name, config.queues)}")
        check_places(attributes, config.hosts, config.host_groups)
    config.global_config.update(global_config)
    config.scheduler.update(scheduler)
    for name, attributes in queues.items():
        config.queues[name].attributes.update(attributes)
        config.queues[name] = config.queues.pop(name)  # the last that was changed is listed last (real cell)
        config.note_change(name)
    if max_job_number is not None:
        if not isinstance(max_job_number, int) or max_job_number < 1:
            raise ValueError(f"max_job_number is a whole number above 0, not {max_job_number!r}")
        config.max_job_number = max_job_number
    timing = changed_timing(qmaster.engine.state.timing, global_config, scheduler)
    qmaster.apply("configure", config, timing)


def _rotate(qmaster: Qmaster) -> str:
    path = qmaster.accounting.path
    if not path.exists():
        raise ValueError("there is no accounting file yet: no job has ended")
    target = path.with_name(f"{path.name}.{int(qmaster.now)}")
    count = 0
    while target.exists():
        count += 1
        target = path.with_name(f"{path.name}.{int(qmaster.now)}.{count}")
    path.replace(target)
    return str(target)


def _wait_idle(qmaster: Qmaster, timeout: float) -> bool:
    def idle() -> bool:
        state = qmaster.engine.state
        return not state.jobs and not state.accounting and not state.running

    end = time.monotonic() + timeout
    while not idle():
        left = end - time.monotonic()
        if left <= 0:
            return False
        qmaster.changed.wait(min(left, qmaster.pause() + 0.001))
        qmaster.tick()
    return True


def _hosts(qmaster: Qmaster) -> list[dict[str, Any]]:
    state = qmaster.engine.state
    found = []
    for name, host in state.config.hosts.items():
        mine = [item for item in state.instances.values() if item.host == name]
        status = HostStatus(
            name=name,
            up=host.up,
            unheard=host.unheard,
            slots=sum(item.slots for item in mine),
            used=sum(item.used for item in mine),
            queues={item.name: queue_letters(item.state) for item in mine},
            load=known_loads(host),
        )
        found.append(vars(status))
    return found


def _host_queues(qmaster: Qmaster, host: str, action: str) -> None:
    """What qmod does to all queues of a host."""
    hosts.host_named(qmaster, host)
    me = user_name(os.getuid())
    actor = Actor(me, os.getuid(), me, os.getgid(), next(iter(qmaster.engine.state.config.hosts)))
    for item in list(qmaster.engine.state.instances.values()):
        if item.host == host:
            qmaster.apply("change_queue", item.name, QueueAction(action), actor)


def _stop(qmaster: Qmaster) -> None:
    del qmaster
    os.kill(os.getpid(), signal.SIGTERM)


_CALLS: dict[str, Callable[..., Any]] = {
    "status": _status,
    "advance": _advance,
    "submit_simulated": _submit_simulated,
    "jobs": _jobs,
    "add_fault": _add_fault,
    "clear_faults": _clear_faults,
    "faults": lambda qmaster: [fault.to_json() for fault in qmaster.faults.faults],
    "fail_job": lambda qmaster, job, task, text: qmaster.apply("fail", job, task, text),
    "next_number": _next_number,
    "configure": _configure,
    "rotate": _rotate,
    "schedule": lambda qmaster: qmaster.apply("schedule"),
    "wait_idle": _wait_idle,
    "hosts": _hosts,
    "host_down": hosts.host_down,
    "host_up": hosts.host_up,
    "host_load": hosts.host_load,
    "host_queues": _host_queues,
    "stop": _stop,
}
