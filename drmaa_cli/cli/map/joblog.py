"""The job log of a ``map``: what is about to be submitted, and how each command ended, as lines of JSON.

It is written before anything is submitted, so that a ``map`` that was killed can be gone on with: a round of
tasks is submitted under a key that stands here, and a key is submitted once (docs/sessions.md).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from drmaa_cli.cli.ends import BadInput, Failure
from drmaa_cli.cli.map import plan
from drmaa_cli.cli.map.lines import Item
from drmaa_cli.cli.map.plan import ArrayTask, request_of_json
from drmaa_cli.cli.request import Request
from drmaa_cli.typed import NamedTuple

VERSION = 1
NAME = "jobs.jsonl"

Identity = tuple[str, int]


class EndedAttempt(NamedTuple):
    """How one attempt at a command ended.

    Attributes:
        item: the command.
        attempt: which attempt.
        id: the job or task it was.
        exit: its exit status; None when it did not end by itself.
        well: whether it certainly ran to its end and exited with 0.
        reason: why it did not, in words.
        output: the file of its output.
        seconds: how long it ran, where that is known.
        kinds: for what reasons it failed, in the words of the rules of ``--retry-with``.
    """

    item: Item
    attempt: int
    id: str
    exit: int | None
    well: bool
    reason: str
    output: str
    seconds: float | None
    kinds: tuple[str, ...] = ()


class Round(NamedTuple):
    """Tasks that are submitted at once.

    Attributes:
        number: from 1.
        key: the key they are submitted with.
        shell: what reads the commands.
        base: the beginning of the paths of their files.
        tasks: the tasks, in order.
    """

    number: int
    key: str
    shell: str
    base: str
    tasks: tuple[ArrayTask, ...]


class History(NamedTuple):
    """What a job log tells.

    Attributes:
        source: the file of commands, or the words.
        contact: the session that has the jobs.
        run: the run's own name.
        rounds: what was submitted, or about to be.
        submitted: the keys of the rounds that certainly were.
        stopped: the keys of those that were ended on purpose.
        ends: the last known end of each command.
        attempts: how many attempts of each have ended.
    """

    source: str
    contact: str
    run: str
    rounds: list[Round]
    submitted: set[str]
    stopped: set[str]
    ends: dict[Identity, EndedAttempt]
    attempts: dict[Identity, int]

    @classmethod
    def new(cls, source: str, contact: str, run: str) -> History:
        """That of a run in which nothing has happened yet."""
        return cls(source, contact, run, [], set(), set(), {}, {})

    def open_tasks(self, round_: Round) -> list[ArrayTask]:
        """The tasks of a round of which an end is missing."""
        return [
            task
            for task in round_.tasks
            if any(self.attempts.get(identity(item), 0) < task.attempt for item in task.items)
        ]

    def requests(self) -> dict[Identity, Request]:
        """What each command asked for the last time."""
        tasks = [task for round_ in self.rounds for task in round_.tasks]
        return {identity(item): task.request for task in tasks for item in task.items}

    @property
    def unfinished(self) -> int:
        """How many commands were submitted, or about to be, and have no end."""
        return sum(len(task.items) for round_ in self.rounds for task in self.open_tasks(round_))


def identity(item: Item) -> Identity:
    """By what a command is known again when its file has changed."""
    return item.text, item.nth


class JobLog:
    """The job log of a directory, held by one process at a time.

    One in which no round of tasks was ever submitted is taken back when it is closed: what was there before
    is there again.

    Args:
        directory: where it is; made when it is missing.

    Raises:
        OSError: it cannot be made or written.
        Failure: another process holds it.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / NAME
        self._made = [path for path in (directory, *directory.parents) if not path.exists()]
        self._aside: Path | None = None
        self._is_own = False  # begun by this process
        self._rounds: set[str] = set()  # the keys that this process has written, but for those struck out
        self._file: TextIO | None = None
        self._held: list[int] = []
        directory.mkdir(parents=True, exist_ok=True)
        self._hold()

    def _hold(self) -> None:
        held = os.open(self.directory, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            raise Failure(f"another map is at work with {self.directory}") from None
        self._held.append(held)

    @property
    def is_void(self) -> bool:
        """Whether it was begun by this process, and no round was submitted since."""
        return self._is_own and not self._rounds

    def close(self) -> None:
        """Write what is left, and let go of it.

        Raises:
            OSError: it cannot be written.
        """
        with contextlib.ExitStack() as stack:
            while self._held:
                stack.callback(os.close, self._held.pop())
            if self.is_void or self._file is None:
                stack.callback(self._take_back)
            if self._file is not None:
                with self._named():
                    self._file.close()

    def _take_back(self) -> None:
        """Leave everything as it was before."""
        if self._is_own:
            self.path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # somebody else has put something there
            if self._aside is not None:
                self._aside.rename(self.directory)
            for path in self._made:
                path.rmdir()

    def set_aside(self) -> None:
        """Keep the directory under another name, and have an empty one in its place.

        Raises:
            OSError: that cannot be done.
        """
        self._aside = _free_name(self.directory)
        self.directory.rename(self._aside)
        self.directory.mkdir()
        self._hold()

    def read(self) -> History | None:
        """What it tells; None where there is none yet.

        Raises:
            BadInput: it is no job log.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        whole, newline, _ = data.rpartition(b"\n")  # the last line may be cut off: its process was killed
        if not newline:
            return None
        try:
            return _history(json.loads(line) for line in whole.decode("utf-8", "surrogateescape").split("\n"))
        except (ValueError, KeyError, TypeError, IndexError) as trouble:
            raise BadInput(f"{self.path} is no job log of drmaa-cli map: {trouble!r}") from None

    def begin(self, source: str, contact: str, run: str) -> None:
        """Begin it.

        Raises:
            OSError: it cannot be written.
        """
        self._is_own = True
        self._write({"map": VERSION, "source": source, "contact": contact, "run": run}, lasting=True)

    def round(self, round_: Round) -> None:
        """Write down what is about to be submitted; it is on the disk when this returns.

        Raises:
            OSError: it cannot be written.
        """
        requests: dict[str, int] = {}
        tasks = []
        for task in round_.tasks:
            request = requests.setdefault(json.dumps(task.request._asdict()), len(requests))
            tasks.append([task.attempt, request, [list(item) for item in task.items]])
        values = [json.loads(text) for text in requests]
        record = {"round": round_.number, "key": round_.key, "shell": round_.shell, "base": round_.base}
        self._write({**record, "requests": values, "tasks": tasks}, lasting=True)
        self._rounds.add(round_.key)

    def submitted(self, key: str) -> None:
        """A round was certainly submitted."""
        self._write({"submitted": key}, lasting=True)

    def stopped(self, key: str) -> None:
        """A round is being ended on purpose; what is missing of it may be run again later."""
        self._write({"stopped": key}, lasting=True)

    def void(self, key: str) -> None:
        """A round was certainly not submitted."""
        self._rounds.discard(key)
        self._write({"void": key}, lasting=True)

    def ended(self, end: EndedAttempt) -> None:
        """A command has ended."""
        values = end._asdict()
        values["item"] = list(end.item)
        self._write({"ended": values})

    def flush(self) -> None:
        """Hand over to the system what was written."""
        if self._file is not None:
            with self._named():
                self._file.flush()

    def _write(self, record: dict[str, Any], *, lasting: bool = False) -> None:
        with self._named():
            if self._file is None:
                handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                _cut_half_line(handle)
                self._file = os.fdopen(handle, "a", encoding="utf-8")
            self._file.write(json.dumps(record, separators=(",", ":")) + "\n")
            if lasting:
                self._file.flush()
                os.fsync(self._file.fileno())

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Have errors name the file: those of writing do not."""
        try:
            yield
        except OSError as trouble:
            trouble.filename = trouble.filename or str(self.path)
            raise


def _free_name(directory: Path) -> Path:
    count = 1
    while (aside := directory.with_name(f"{directory.name}.{count}")).exists():
        count += 1
    return aside


def _cut_half_line(handle: int) -> None:
    """Take away what a process that was killed has left behind the last whole line, and go to the end."""
    with os.fdopen(os.dup(handle), "rb") as file:
        data = file.read()
    end = data.rfind(b"\n") + 1
    if end != len(data):
        os.ftruncate(handle, end)
    os.lseek(handle, 0, os.SEEK_END)


def _history(records: Iterator[dict[str, Any]]) -> History:
    head = next(records)
    if head["map"] != VERSION:
        raise ValueError(f"of version {head['map']}")
    found = History.new(head["source"], head["contact"], head["run"])
    for record in records:
        if "round" in record:
            requests = [request_of_json(values) for values in record["requests"]]
            tasks = tuple(
                ArrayTask(tuple(Item(*item) for item in items), attempt, requests[at])
                for attempt, at, items in record["tasks"]
            )
            found.rounds.append(Round(record["round"], record["key"], record["shell"], record["base"], tasks))
        elif "submitted" in record:
            found.submitted.add(record["submitted"])
        elif "stopped" in record:
            found.stopped.add(record["stopped"])
        elif "void" in record:
            found.rounds[:] = [each for each in found.rounds if each.key != record["void"]]
        elif "ended" in record:
            _note(found, record["ended"])
    return found


def _note(found: History, values: dict[str, Any]) -> None:
    code = values["exit"]
    kinds = tuple(values.get("kinds", () if code is None else plan.of_exit(code)))
    end = EndedAttempt(**{**values, "item": Item(*values["item"]), "kinds": kinds})
    name = identity(end.item)
    if end.attempt >= found.attempts.get(name, 0):
        found.ends[name] = end
        found.attempts[name] = end.attempt


def wanted(items: Sequence[Item], history: History) -> list[Item]:
    """The commands that have not ended well, and are not under way either."""
    tasks = [task for round_ in history.rounds for task in history.open_tasks(round_)]
    under_way = {identity(item) for task in tasks for item in task.items}
    return [
        item
        for item in items
        if identity(item) not in under_way
        and not (identity(item) in history.ends and history.ends[identity(item)].well)
    ]
