"""Watching one job to its end: its states, its output as it grows, ctrl-C."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from drmaa_cli.cli import ends
from drmaa_cli.cli.follow import is_here, read_from
from drmaa_cli.cli.screen import paint, print_json
from drmaa_cli.cli.shapes import job_shape
from drmaa_cli.cli.words import COLOURS, STATES, end_in_words, exit_code
from drmaa_cli.constants import JobControlAction, JobState
from drmaa_cli.errors import (
    DrmaaException,
    DrmCommunicationException,
    ExitTimeoutException,
    InvalidJobException,
    NoResourceUsageException,
)
from drmaa_cli.jobs.usage import duration

if TYPE_CHECKING:
    from drmaa_cli.jobs.job_info import JobInfo
    from drmaa_cli.session.job_session import JobSession

LOOK = 0.2  # seconds between two looks at the output
ASK = 1.0  # seconds between two questions about the state
LATE = 5.0  # seconds after the end for which a file that ought to be there may still come


class WatchedJob:
    """One job that is watched.

    Args:
        session: its session.
        job: its id.
        output, error: where its output grows; '' for none of its own.
        options: ``quiet``, ``as_json``, ``on_interrupt``, as :mod:`drmaa_cli.cli.run` has them.
    """

    def __init__(
        self, session: JobSession, job: str, output: str, error: str, options: Mapping[str, Any]
    ) -> None:
        self._session, self._job = session, job
        self._quiet, self._as_json = options["quiet"], options["as_json"]
        self._on_interrupt = options["on_interrupt"]
        self._streams = [
            _Stream(session, path, out)
            for path, out in ((output, sys.stdout), (error, sys.stderr))
            if path and not self._as_json
        ]
        self._state = ""
        self._has_ended = False
        self._next_question = 0.0

    def to_the_end(self) -> int:
        """Watch it until it has ended, or nobody wants to any more; the exit code.

        Raises:
            DrmaaException: the job is lost from sight.
        """
        self._tell(STATES[JobState.QUEUED_ACTIVE])
        while True:
            try:
                return self._finish(self._wait())
            except KeyboardInterrupt:
                if not self._goes_on():
                    return ends.INTERRUPTED
            except NoResourceUsageException:
                return self._never_ran()
            except (OSError, DrmCommunicationException):
                if not self._has_ended:
                    self._left()
                raise

    def _wait(self) -> JobInfo:
        while True:
            try:
                return self._session.wait(self._job, LOOK)
            except ExitTimeoutException:
                pass
            except InvalidJobException:  # another program has reaped it: what it was told is on record
                found = self._session.ends([self._job]).get(self._job)
                if found is None:
                    raise
                return found
            for stream in self._streams:
                stream.pour()
            self._look()

    def _look(self) -> None:
        """Ask for the state now and then; the qmaster is asked only as often as the session allows."""
        if self._quiet or time.monotonic() < self._next_question:
            return
        try:
            state = self._session.jobStatus(self._job)
        except InvalidJobException:  # it has ended just now
            return
        self._next_question = time.monotonic() + ASK
        if state not in (JobState.DONE, JobState.FAILED, JobState.UNDETERMINED):
            self._tell(STATES[state])

    def _tell(self, state: str) -> None:
        if not self._quiet and state != self._state:
            self._state = state
            line = f"job {self._job}: {state}"
            print(
                paint(line, COLOURS.get(state.split(maxsplit=1)[0], "cyan"), sys.stderr),
                file=sys.stderr,
                flush=True,
            )

    def _finish(self, info: JobInfo) -> int:
        self._has_ended = True
        late = time.monotonic() + (LATE if info.hasExited or info.hasSignal else 0)
        for stream in self._streams:
            stream.drain(late)
        code = exit_code(info)
        how = end_in_words(info, _circumstances(info))
        if self._quiet and info.wasAborted:
            ends.complain(f"job {self._job}: {how}")
        self._tell(how)
        if self._as_json:
            self._print(job_shape(self._session.name, self._job, info=info))
        return code

    def _never_ran(self) -> int:
        text = f"job {self._job} was deleted before it ran"
        if self._as_json:
            self._print(job_shape(self._session.name, self._job, state=JobState.FAILED))
        return ends.complain(text, ends.ABORTED)

    def _print(self, shape: Mapping[str, Any]) -> None:
        with ends.writing(sys.stdout):
            print_json(shape)

    def _goes_on(self) -> bool:
        """Ask what ctrl-C meant; False when the watching is over."""
        answer = self._on_interrupt
        try:
            if answer == "ask":
                answer = ask(f"job {self._job}")
            if answer == "watch":
                self._state, self._next_question = "", 0.0  # to be told again
                return True
            if answer == "end":
                self._end()
                return False
        except KeyboardInterrupt:  # impatient: whatever is to become of the job, it is on record
            pass
        self._left()
        return False

    def _left(self) -> None:
        name = self._session.name
        print(f"job {self._job} goes on: drmaa-cli wait -s {name} {self._job}", file=sys.stderr)

    def _end(self) -> None:
        try:
            self._session.control(self._job, JobControlAction.TERMINATE)
            print(f"job {self._job} is being ended", file=sys.stderr)
        except InvalidJobException:
            print(f"job {self._job} has ended already", file=sys.stderr)
        except DrmaaException as trouble:
            ends.complain(f"job {self._job} could not be ended: {trouble.text}")


def _circumstances(info: JobInfo) -> str:
    after = "" if info.wallclock is None else f" after {duration(info.wallclock)}"
    return f"{after} on {info.host}" if info.host else after


def ask(what: str) -> str:
    """Ask the person at the terminal what is to become of some jobs: ``end``, ``leave`` or ``watch``.

    Where there is no terminal the answer is ``end``.
    """
    with contextlib.ExitStack() as stack:
        if sys.stdin.isatty() and sys.stderr.isatty():
            reading, writing = sys.stdin, sys.stderr
        else:
            try:
                reading, writing = (
                    stack.enter_context(open("/dev/tty", mode, encoding="utf-8"))  # noqa: PTH123  # a device
                    for mode in "rw"
                )
            except OSError:
                return "end"
        while True:
            print(f"\n{what}: (e)nd, (l)eave alone, or go on (w)atching? ", end="", file=writing, flush=True)
            answer = reading.readline()
            if not answer:
                return "leave"
            for word in ("end", "leave", "watch"):
                if answer.strip() and word.startswith(answer.strip().lower()):
                    return word


class _Stream:
    """A file of the job's that is shown as it grows."""

    def __init__(self, session: JobSession, path: str, out: TextIO) -> None:
        self._session, self._path, self._out = session, path, out
        self._offset = 0
        self._is_there = True

    def pour(self) -> bool:
        """Show what is new; whether there was anything."""
        if not self._is_there:
            return False
        try:
            piece = read_from(self._session, self._path, self._offset)
        except OSError as trouble:
            self._is_there = False
            ends.complain(f"its output cannot be shown: {ends.of_system(trouble)}")
            return False
        self._offset = piece.end
        if piece.data:
            write(piece.data, self._out)
        return bool(piece.data)

    def drain(self, late: float) -> None:
        """Show all that is left; wait for a file that was not seen yet until it is too late."""
        while self.pour() or (self._is_there and not self._offset and self._may_come(late)):
            pass

    def _may_come(self, late: float) -> bool:
        if not is_here(self._session) or Path(self._path).exists() or time.monotonic() >= late:
            return False
        time.sleep(LOOK)
        return True


def write(data: bytes, out: TextIO) -> None:
    """Write a job's bytes as they are."""
    binary: BinaryIO | None = getattr(out, "buffer", None)
    with ends.writing(out):
        out.flush()
        if binary is None:
            out.write(data.decode(errors="replace"))
        else:
            left = memoryview(data)
            while left:  # without a buffer (PYTHONUNBUFFERED) a part of it may be all that is taken
                left = left[binary.write(left) :]
