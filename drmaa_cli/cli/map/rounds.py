"""Submitting the tasks of a ``map`` in rounds, following each to its end, trying failed ones again."""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from drmaa_cli.cli.ends import one_line
from drmaa_cli.cli.follow import read_from
from drmaa_cli.cli.map.joblog import EndedAttempt, Identity, JobLog, Round, identity
from drmaa_cli.cli.map.lines import Item
from drmaa_cli.cli.map.plan import (
    DELETED,
    ArrayTask,
    Rule,
    changed,
    changed_later,
    command_of,
    ends_of,
    of_exit,
    output_of,
    task_output_of,
)
from drmaa_cli.cli.request import Request
from drmaa_cli.cli.words import end_in_words
from drmaa_cli.errors import DrmaaException, ExitTimeoutException
from drmaa_cli.jobs.reason import ReasonKind
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_info import JobInfo
    from drmaa_cli.jobs.progress import Progress
    from drmaa_cli.session.job_session import JobSession
    from drmaa_cli.session.templates import JobTemplate

TURN = 5.0  # seconds between two looks at what is to be tried again
LATE = 5.0  # seconds for which a file of a bundle that has ended may still come
KINDS = {
    ReasonKind.OUT_OF_MEMORY: "memory",
    ReasonKind.TIME_LIMIT: "time",
    ReasonKind.SOFT_TIME_LIMIT: "time",
    ReasonKind.CPU_LIMIT: "time",
    ReasonKind.SIGNALLED: "signal",
    ReasonKind.LOST: "lost",
}
WANTED = (ReasonKind.DELETED, ReasonKind.DELETED_BY_SESSION)  # somebody does not want it to run


class Retry(NamedTuple):
    """When failed commands are tried again.

    Attributes:
        times: how often.
        rules: what they ask for then.
        request: what commands of an earlier run ask for that are not under way.
    """

    times: int
    rules: Sequence[Rule]
    request: Request


class Rounds:
    """The tasks of a map that are under way.

    Args:
        session: where they are submitted.
        log: where that is written down.
        run: the run's own name, of which keys are made.
        name: the jobs' name.
        retry: what becomes of failed ones.
        told: told of each command's end that is final.
        shown: told how many tasks run and wait.
    """

    def __init__(
        self,
        session: JobSession,
        log: JobLog,
        run: str,
        name: str,
        retry: Retry,
        told: Callable[[EndedAttempt], None],
        shown: Callable[[Progress | None], None],
    ) -> None:
        self._session, self._log, self._run, self._name, self._retry = session, log, run, name, retry
        self._told, self._shown = told, shown
        self._under_way: dict[str, tuple[ArrayTask, Round]] = {}
        self._left: dict[str, int] = {}  # job number -> how many of its tasks are under way
        self._again: dict[tuple[str, str], list[ArrayTask]] = {}  # by shell and directory of files
        self._first: dict[Identity, int] = {}  # the first attempt of this process at a command
        self._stopped: set[str] = set()  # keys of rounds that the person before has ended with ctrl-C
        self._number = 0

    @property
    def numbers(self) -> list[str]:
        """The numbers of the jobs that are under way."""
        return list(self._left)

    @property
    def keys(self) -> list[str]:
        """The keys of the rounds that are under way."""
        return list({round_.key: None for _, round_ in self._under_way.values()})

    def submit(self, round_: Round) -> list[str]:
        """Write a round down, and submit it.

        Raises:
            DrmaaException: it was refused; some of its arrays may have been accepted before.
            OSError: it could not be written down, and nothing was submitted.
        """
        self._log.round(round_)
        try:
            return self.attach(round_, round_.tasks)
        except DrmaaException:
            self._strike_out(round_)
            raise

    def _strike_out(self, round_: Round) -> None:
        """Write down that a round was not submitted, if that is certain; else it stays in doubt."""
        with contextlib.suppress(DrmaaException):
            if round_.key not in {job.key for job in self._session.jobs()}:
                self._log.void(round_.key)

    def attach(self, round_: Round, open_tasks: Sequence[ArrayTask], *, stopped: bool = False) -> list[str]:
        """Submit what is written down unless it was submitted before, and follow its open tasks.

        Args:
            round_: what is written down.
            open_tasks: those of its tasks that are followed.
            stopped: whether they were ended on purpose, and are to run again now.

        Raises:
            DrmaaException: as :meth:`submit`.
        """
        self._number = max(self._number, round_.number)
        if stopped:
            self._stopped.add(round_.key)
        templates = list(self._templates(round_))
        ids = self._session.runJobs(templates, key=round_.key)
        self._log.submitted(round_.key)
        follow = set(map(id, open_tasks))
        for job, task in zip(ids, round_.tasks):
            if id(task) in follow:
                self._under_way[job] = (task, round_)
                number = job.partition(".")[0]
                self._left[number] = self._left.get(number, 0) + 1
                for item in task.items:
                    self._first.setdefault(identity(item), task.attempt)
        return ids

    def _templates(self, round_: Round) -> Iterator[JobTemplate]:
        """What is submitted; tasks that ask for the same share a model, which is checked once."""
        models: dict[int, JobTemplate] = {}
        for task in round_.tasks:
            first, *rest = command_of(task, round_.shell, round_.base)
            model = models.get(id(task.request))
            if model is None:
                model = task.request.template(self._session, [first], self._name)
                model.joinFiles = True
                models[id(task.request)] = model
            template = copy.copy(model)
            template.remoteCommand, template.args = first, rest
            template.outputPath = f":{task_output_of(round_.base, task)}".replace("$", "$$")
            yield template

    def follow(self) -> None:
        """Follow all tasks until none is left, those that are tried again included.

        Raises:
            DrmaaException: Grid Engine could not be asked for too long, or refuses a round.
        """
        while self._under_way:
            self._turn(TURN)

    def catch_up(self) -> None:
        """Take in what has ended before now, and try again what did not end well.

        Raises:
            DrmaaException: as :meth:`follow`.
        """
        if self._under_way:
            self._turn(0.0, before=True)

    def _turn(self, seconds: float, *, before: bool = False) -> None:
        events = self._session.as_completed(list(self._left), seconds, progress=self._shown)
        try:
            for info in events:
                self._ended(info, before=before)
        except ExitTimeoutException:
            pass
        finally:
            events.close()
            self._log.flush()
        self._shown(None)
        self._try_again()

    def _ended(self, info: JobInfo, *, before: bool) -> None:
        found = self._under_way.pop(info.jobId, None)
        if found is None:
            return  # known from the job log
        task, round_ = found
        number = info.jobId.partition(".")[0]
        self._left[number] -= 1
        if not self._left[number]:
            del self._left[number]
        if len(task.items) == 1:
            ends = [_end(task.items[0], task, info, round_.base)]
        else:
            ends = self._of_bundle(task, info, round_)
        for end in ends:
            self._log.ended(end)
            if end.well or not (before or self._is_tried_again(end, task, round_, info)):
                self._told(end)
            else:
                if before or round_.key in self._stopped:
                    self._first[identity(end.item)] = task.attempt + 1
                again = ArrayTask((end.item,), task.attempt + 1, self._request(task, end, before=before))
                self._again.setdefault((round_.shell, round_.base), []).append(again)

    def _request(self, task: ArrayTask, end: EndedAttempt, *, before: bool) -> Request:
        """What a command asks for that is tried again."""
        rules = self._retry.rules
        if before:
            return changed_later(self._retry.request, task.request, rules, end.kinds)
        return changed(task.request, rules, end.kinds)

    def _is_tried_again(self, end: EndedAttempt, task: ArrayTask, round_: Round, info: JobInfo) -> bool:
        if info.reason.kind in WANTED:
            return round_.key in self._stopped
        return task.attempt - self._first[identity(end.item)] < self._retry.times

    def _try_again(self) -> None:
        for (shell, base), tasks in self._again.items():
            number = self._number + 1
            directory = base.rpartition("/")[0]
            key = f"map-{self._run}-{number}"
            self.submit(Round(number, key, shell, f"{directory}/{number}-", tuple(tasks)))
        self._again = {}

    def _of_bundle(self, task: ArrayTask, info: JobInfo, round_: Round) -> list[EndedAttempt]:
        """How each command of a bundle ended, by the file in which each has said so."""
        codes = self._codes(ends_of(round_.base, task), len(task.items), wait=info.hasExited)
        found = []
        for item in task.items:
            output = output_of(round_.base, item)
            code = codes.get(output)
            if code is None:
                why, kinds = f"its task ended first: {end_in_words(info)}", reasons_of(info)
            elif code == 0:
                why, kinds = "", ()
            else:
                why, kinds = f"exit {code}", (*of_exit(code), *(["signal"] if code > 128 else []))
            found.append(
                EndedAttempt(item, task.attempt, info.jobId, code, code == 0, why, output, None, kinds)
            )
        return found

    def _codes(self, path: str, count: int, *, wait: bool) -> Mapping[str, int]:
        until = time.monotonic() + LATE
        while True:
            lines = read_from(self._session, path, 0).data.decode("utf-8", "surrogateescape").splitlines()
            codes = {}
            for line in lines:
                code, blank, output = line.partition(" ")
                if blank and code.isdigit():
                    codes[output] = int(code)
            if len(codes) == count or not wait or time.monotonic() >= until:
                return codes
            time.sleep(0.2)  # the file server is behind


def _end(item: Item, task: ArrayTask, info: JobInfo, base: str) -> EndedAttempt:
    code = info.exitStatus if info.hasExited else None
    why, kinds = ("", ()) if info.succeeded else (one_line(end_in_words(info)), reasons_of(info))
    output = output_of(base, item)
    return EndedAttempt(
        item, task.attempt, info.jobId, code, info.succeeded, why, output, info.wallclock, kinds
    )


def reasons_of(info: JobInfo) -> tuple[str, ...]:
    """For what reasons a job failed, in the words of the rules."""
    if info.reason.kind in WANTED:
        return (DELETED,)
    kind = KINDS.get(info.reason.kind)
    found: tuple[str, ...] = () if kind is None else (kind,)
    if info.hasExited:
        found += of_exit(info.exitStatus)
    return tuple(dict.fromkeys((*found, "signal") if info.hasSignal else found))


def of_items(
    ends: Mapping[Identity, EndedAttempt], items: Iterable[Item]
) -> list[tuple[Item, EndedAttempt | None]]:
    """The last end of each command."""
    return [(item, ends.get(identity(item))) for item in items]
