"""A job's output as it grows."""

from __future__ import annotations

import codecs
import re
import threading
from collections.abc import Callable

from drmaa_cli.cli import ends
from drmaa_cli.cli.follow import read_from, size_of
from drmaa_cli.cli.screen import visible
from drmaa_cli.cli.top.survey import Survey
from drmaa_cli.errors import DrmaaException

LOOK = 0.5  # seconds between two looks at a file
ROOM = 1 << 16  # bytes before its end that are shown first
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class Follower:
    """Reads a job's output as it grows, in a thread of its own, until it is stopped.

    Args:
        survey: has the sessions.
        session: the job's, by its name.
        job: its id.
        errors: whether standard error is meant, where it has a file of its own.
        tell: is given the file's name first, and then the texts; in this thread.
    """

    def __init__(
        self,
        survey: Survey,
        session: str,
        job: str,
        *,
        errors: bool,
        tell: Callable[[Follower, str, str], None],
    ) -> None:
        self._survey, self._session, self._job, self._errors = survey, session, job, errors
        self._tell = tell
        self._over = threading.Event()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Read no more; what is read at this moment is not told."""
        self._over.set()

    @property
    def stopped(self) -> bool:
        """Whether it has been stopped."""
        return self._over.is_set()

    def _run(self) -> None:
        try:
            self._follow()
        except DrmaaException as trouble:
            self._say("", f"{ends.one_line(trouble.text)}\n")
        except OSError as trouble:
            self._say("", f"it cannot be read: {ends.of_system(trouble)}\n")

    def _follow(self) -> None:
        if not self._session:
            return self._say("", "no session has this job: where its output goes is not known\n")
        session = self._survey.session(self._session)
        path = self._path()
        place: int | None = None
        while not self._over.is_set():
            size = size_of(session, path) if path else None
            if place is None and size is not None:
                place = max(size - ROOM, 0)
                self._say(path, "")
            while place is not None and not self._over.is_set():
                data, place = read_from(session, path, place, patient=False)
                if not data:
                    break
                self._say(path, plain(self._decoder.decode(data)))
            if place is None:
                self._say(path, "")
                path = self._path()
            self._over.wait(LOOK)
        return None

    def _path(self) -> str:
        job = self._survey.session(self._session).job(self._job)
        return job.stderr if self._errors else job.stdout

    def _say(self, path: str, text: str) -> None:
        if not self._over.is_set():
            self._tell(self, path, text)


def plain(text: str) -> str:
    """What a program has written, without what moves a cursor or changes colours."""
    text = ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(visible(line.replace("\t", "    ")) for line in text.split("\n"))
