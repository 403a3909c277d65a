"""Which lines a job listing has: the filters of qstat, applied to the model, before any formatting.

The rules are those of qstat 8.1.9 with its peculiarities: a job with a suspended task is left out of
``-s r`` as a whole, hold filters look at array tasks one by one, a finished task that waits for the
next scheduler run is in no list (captures ``hold_filter.*``, ``state.*``, ``qstat.array_*``).
"""

from __future__ import annotations

import enum
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Callable

from ..lighter import record
from ..model import (
    CellConfig,
    Granted,
    Hold,
    Job,
    QueueState,
    State,
    Status,
    Task,
    state_letters,
)
from ..model.globs import glob_match
from ..model.states import queues_of
from ..model.task_lists import TaskList
from ..model.urgency import slot_request


class Show(enum.IntFlag):
    """What ``-s`` selects."""

    NONE = 0
    PENDING = 1
    RUNNING = 2
    SUSPENDED = 4
    ZOMBIES = 8
    USER_HOLD = 16
    SYSTEM_HOLD = 32
    OPERATOR_HOLD = 64
    ARRAY_HOLD = 128
    JOB_HOLD = 256
    TIME_HOLD = 512


HOLDS = (
    Show.USER_HOLD | Show.SYSTEM_HOLD | Show.OPERATOR_HOLD | Show.ARRAY_HOLD | Show.JOB_HOLD | Show.TIME_HOLD
)
DEFAULT_SHOW = Show.PENDING | Show.RUNNING | Show.SUSPENDED

# In the order in which qstat tries them at each place of the argument of -s.
_LETTERS = (
    ("hu", Show.USER_HOLD | Show.PENDING),
    ("hs", Show.SYSTEM_HOLD | Show.PENDING),
    ("ho", Show.OPERATOR_HOLD | Show.PENDING),
    ("hd", Show.ARRAY_HOLD | Show.PENDING),
    ("hj", Show.JOB_HOLD | Show.PENDING),
    ("ha", Show.TIME_HOLD | Show.PENDING),
    ("h", HOLDS | Show.PENDING),
    ("p", Show.PENDING),
    ("r", Show.RUNNING),
    ("s", Show.SUSPENDED),
    ("z", Show.ZOMBIES),
    ("a", DEFAULT_SHOW),
)
_LETTERS_92 = (
    *(pair for pair in _LETTERS if pair[0] != "z"),
    ("z", Show.NONE),
    ("f", Show.NONE),
    ("o", Show.NONE),
)
_TASK_HOLDS = (
    (Show.USER_HOLD, Hold.USER),
    (Show.OPERATOR_HOLD, Hold.OPERATOR),
    (Show.SYSTEM_HOLD, Hold.SYSTEM),
    (Show.ARRAY_HOLD, Hold.ARRAY_DEPENDENCY),
)
# Plain numbers: testing flags of an enum takes too long for every job of a big cell.
_PENDING, _RUNNING, _SUSPENDED = int(Show.PENDING), int(Show.RUNNING), int(Show.SUSPENDED)
_TASK_SUSPENDED = int(State.SUSPENDED)
_ACTIVE = (Status.RUNNING, Status.TRANSFERRING)


def parse_show(word: str, retained: bool = False) -> Show | None:
    """The argument of ``-s``; None when it is wrong. After a match the later letters are tried at once.

    ``retained``: with f for retained finished jobs instead of z, and an o that says nothing (OCS 9.2,
    captures ``hold_filter.s_huo``, ``special.retained.*``).
    """
    letters = _LETTERS_92 if retained else _LETTERS
    show = Show.NONE
    index = 0
    while index < len(word):
        start = index
        for text, bits in letters:
            if word.startswith(text, index):
                show |= bits
                index += len(text)
        if index == start:
            return None
    return show


@record(frozen=True)
class Line:
    """One line of a listing.

    ``task`` is the enrolled task shown, or None; ``granted`` where it runs; ``master`` MASTER, SLAVE or
    None; ``first`` False for the further lines of a task (``-t``), whose left half is blank.
    """

    job: Job
    state: str
    tasks: str
    slots: int
    task: Task | None = None
    granted: Granted | None = None
    master: str | None = None
    first: bool = True
    zombie: bool = False

    @property
    def running(self) -> bool:
        """Whether the start time is shown."""
        return self.task is not None and self.task.status in _ACTIVE

    @property
    def priority(self) -> float:
        """JAT_prio."""
        return self.job.priority if self.task is None else self.task.priority

    @property
    def tickets(self) -> float:
        """JAT_ntix."""
        return (self.task or self.job).normalised_tickets

    @property
    def granted_tickets(self) -> int:
        """JAT_tix; a parallel job that runs has them with its slave tasks, where nobody sees them."""
        if self.task is not None and self.task.granted_pe:
            return 0
        return (self.task or self.job).tickets

    @property
    def share(self) -> float:
        """JAT_share."""
        return (self.task or self.job).share


@record(frozen=True)
class Scope:
    """What to list.

    ``users`` are patterns ([]: everybody). ``by_slot`` is ``-g t``, ``by_task`` ``-g d``, ``full`` ``-f``.
    ``fits`` says whether a pending job could run in a selected queue (``-q``, ``-l`` ...).
    """

    show: Show = DEFAULT_SHOW
    users: Sequence[str] = ()
    by_slot: bool = False
    by_task: bool = False
    full: bool = False
    fits: Callable[[Job], bool] | None = None
    zombie_state: str = "z"


class Selection:
    """The jobs of a listing. ``queue_states`` are the states of queue instances by name (for S and T)."""

    def __init__(
        self,
        jobs: Iterable[Job],
        scope: Scope,
        queue_states: Mapping[str, QueueState],
        config: CellConfig,
    ) -> None:
        self._scope = scope
        self._show = int(scope.show)
        self._holds = scope.show & HOLDS
        self._queue_states = queue_states
        self._config = config
        self._wanted_users: dict[str, bool] = {}
        self.jobs: list[Job] = [
            job for job in jobs if self._owner_wanted(job.spec.owner) and self._fetched(job)
        ]

    def _owner_wanted(self, owner: str) -> bool:
        if not self._scope.users:
            return True
        wanted = self._wanted_users.get(owner)
        if wanted is None:
            wanted = any(glob_match(pattern, owner) for pattern in self._scope.users)
            self._wanted_users[owner] = wanted
        return wanted

    def _fetched(self, job: Job) -> bool:
        """Whether qstat would get the job from the qmaster: a coarse choice by ``-s``, per job."""
        show = self._show
        if show & _PENDING and self._pending_fetched(job):
            return True
        tasks = job.tasks.values()
        active = any(task.status in _ACTIVE for task in tasks)
        suspended = any(int(task.state) & _TASK_SUSPENDED for task in tasks)
        if show & _RUNNING and active and not suspended:
            return True
        return bool(show & _SUSPENDED) and (active or suspended)

    def _pending_fetched(self, job: Job) -> bool:
        holds = self._holds
        tasks = job.tasks.values()
        if not holds or holds == HOLDS:
            if job.lists or not any(task.status is Status.RUNNING for task in tasks):
                return True
            return bool(holds) and any(task.hold for task in tasks)
        for (flag, bit), (_, members) in zip(_TASK_HOLDS, job.holds):
            if holds & flag and (members or any(task.hold & bit for task in tasks)):
                return True
        return bool(holds & Show.TIME_HOLD and job.spec.execution_time) or bool(
            holds & Show.JOB_HOLD and job.predecessors
        )

    # ---- running ------------------------------------------------------------------------------------
    def running(self, queue: str | None = None) -> Iterator[Line]:
        """Lines of running and suspended tasks, those of one queue instance if given."""
        scope = self._scope
        for job in self.jobs:
            for task in job.tasks.values():
                if task.status not in _ACTIVE:
                    continue
                letters = self._letters(job, task)
                if not self._running_wanted(letters, task):
                    continue
                for index, granted in enumerate(task.granted):
                    if queue is not None and granted.instance != queue:
                        continue
                    if index and not scope.by_slot and not scope.full:
                        continue
                    yield from self._granted_lines(job, task, letters, granted, index == 0)

    def _granted_lines(
        self, job: Job, task: Task, letters: str, granted: Granted, master: bool
    ) -> Iterator[Line]:
        scope = self._scope
        slots = granted.slots if scope.full else task.slots
        count = 1
        if scope.by_slot:
            extra = (
                master and task.granted_pe is not None and not self._config.first_task_is_job(task.granted_pe)
            )
            count = granted.slots + int(extra)
            slots = 1
        for index in range(count):
            yield Line(
                job,
                letters,
                str(task.number),
                slots,
                task,
                granted,
                "MASTER" if master and index == 0 else "SLAVE",
                index == 0,
            )

    def _letters(self, job: Job, task: Task) -> str:
        return state_letters(job, task, queue=queues_of(task, self._queue_states))

    def _running_wanted(self, letters: str, task: Task) -> bool:
        suspended = "s" in letters or "S" in letters or "T" in letters
        if self._show & (_SUSPENDED if suspended else _RUNNING):
            return True
        show = self._scope.show
        return any(show & flag and task.hold & bit for flag, bit in _TASK_HOLDS)

    # ---- pending ------------------------------------------------------------------------------------
    def pending(self, queues: Container[str] | None = None) -> Iterator[Line]:
        """Lines of pending tasks, by priority, then job number.

        The priority of a job is that of its first enrolled task, unless that runs in one of the ``queues``
        that were listed (None: all; w1.qs_d).
        """
        if not self._show & _PENDING:
            return
        keyed: list[tuple[float, int, Job]] = []
        for job in self.jobs:
            enrolled = None
            idle = False
            for task in job.tasks.values():
                active = task.status in _ACTIVE
                idle = idle or not active
                if enrolled is None and (
                    not active
                    or (queues is not None and task.granted and task.granted[0].instance not in queues)
                ):
                    enrolled = task
            if job.lists or idle:
                keyed.append((-(job.priority if enrolled is None else enrolled.priority), job.number, job))
        keyed.sort(key=lambda item: item[:2])
        for _, _, job in keyed:
            if self._scope.fits is not None and not self._scope.fits(job):
                continue
            if job.tasks:
                yield from self._enrolled_lines(job)
            if job.lists:
                yield from self._waiting_lines(job)

    def _enrolled_lines(self, job: Job) -> Iterator[Line]:
        groups: dict[tuple[State, Hold], list[Task]] = {}
        slots = slot_request(job.spec, self._config)
        for task in job.tasks.values():
            if task.status is Status.IDLE:
                if not self._hold_wanted(job, task.hold):
                    break  # as qstat does: the tasks after it are not looked at
                if self._scope.by_task:
                    yield Line(job, self._letters(job, task), str(task.number), slots, task)
                groups.setdefault((task.state, task.hold), []).append(task)
        if self._scope.by_task:
            return
        for members in groups.values():
            alike = TaskList.collected(task.number for task in members)
            yield Line(job, self._letters(job, members[0]), str(alike), slots, members[0])

    def _hold_wanted(self, job: Job, hold: Hold) -> bool:
        holds = self._holds
        if not holds:
            return True
        if any(holds & flag and hold & bit for flag, bit in _TASK_HOLDS):
            return True
        return bool(holds & Show.JOB_HOLD and job.predecessors) or bool(
            holds & Show.TIME_HOLD and job.spec.execution_time
        )

    def _waiting_lines(self, job: Job) -> Iterator[Line]:
        slots = slot_request(job.spec, self._config)
        for hold, members in job.lists.groups():
            if not self._hold_wanted(job, hold):
                continue
            letters = state_letters(job, None, hold)
            if self._scope.by_task:
                for task in members:
                    yield Line(job, letters, str(task), slots)
            elif not job.spec.is_array:
                yield Line(job, letters, "1", slots)
            else:
                yield Line(job, letters, str(members), slots)

    # ---- finished -----------------------------------------------------------------------------------
    def zombies(self, jobs: Iterable[Job]) -> Iterator[Line]:
        """Lines of ended jobs (``-s z``)."""
        if not self._scope.show & Show.ZOMBIES:
            return
        for job in jobs:
            if job.zombies and self._owner_wanted(job.owner):
                slots = slot_request(job.spec, self._config)
                yield Line(job, self._scope.zombie_state, str(job.zombies), slots, zombie=True)
