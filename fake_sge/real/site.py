"""The Grid Engine that is there already, for tests that are to run on the site's own cell."""

from __future__ import annotations

import getpass
import os
import pwd
import shlex
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from ..errors import CellError, FakeOnlyError
from ..layout import TOOLS
from ..lighter import replace
from ..on_path import CommandsOnPath
from ..options import CellOptions
from ..reports import TaskGroup
from .installation import NotInstalledError
from .listing import details, task_groups
from .refusals import WithoutFaults

# The command itself takes the script's place: signals, its exit code and its output are its own.
MARKED = """#!/bin/sh
# Made by fake_sge: submits with what the tests were told to ask for, and marks the job as theirs.
case $1 in
-inherit) exec {command} "$@" ;;
esac
exec {command} -ac {mark} {request} "$@"
"""
SUBMITTING = ("qsub", "qrsh", "qlogin", "qsh")
MARK = "fake_sge_site"  # a variable of a job's context: qresub keeps it, and no listing shows it
STATES = ("-s", "prs")  # all but ended ones, whatever a file sge_qstat says
ASKED_AT_ONCE = 100  # jobs of one qstat -j
NONE_LEFT = "Following jobs do not exist"  # qstat -j, when all have ended
DELETED_WITHIN = 600.0  # seconds


class SiteCell(CommandsOnPath, WithoutFaults):
    """The Grid Engine of this environment, with the interface of the fake one where that makes sense.

    Its configuration and daemons are not touched; of its jobs only those are looked at and deleted that were
    submitted by this object's ``qsub`` or ``qrsh``, which are the first on the PATH of :attr:`env`, or made
    of such jobs by ``qresub``. They are known by a variable of their context, from the moment the qmaster
    has them, whatever becomes of the command; ``-sc`` and ``-clear`` take it away.

    Args:
        request: options of qsub and qrsh for every job: ``["-q", "test.q", "-l", "h_rt=60"]``.
        options: those of a test's cell; only the defaults are possible, and ``login_shells``, which changes
            nothing: the site's shells are what they are.

    Raises:
        NotInstalledError: there is no qsub on PATH.
        FakeOnlyError: the site cannot be set up as the options say.
    """

    def __init__(self, request: Sequence[str] = (), options: CellOptions | None = None) -> None:
        if options is not None and replace(options, login_shells=True) != CellOptions():
            raise FakeOnlyError("the site's own cell has no options")
        found = {name: shutil.which(name) for name in TOOLS}
        if not found["qsub"] or not found["qstat"]:
            raise NotInstalledError("there is no Grid Engine on PATH: no qsub and qstat")
        self.directory = Path(tempfile.mkdtemp(prefix="site-sge-"))
        self._mark = f"{MARK}={self.directory.name}"
        self._told: dict[int, bool] = {}  # of jobs that qstat -j was asked for: are they ours
        self.path.mkdir()
        for name, path in found.items():
            if path and name not in SUBMITTING:
                (self.path / name).symlink_to(path)
        for name in SUBMITTING:
            command = shutil.which(name)
            if command:
                words = {"command": shlex.quote(command), "mark": self._mark, "request": shlex.join(request)}
                (self.path / name).write_text(MARKED.format(**words))
                (self.path / name).chmod(0o755)

    # ---- where things are ------------------------------------------------------------------------
    @property
    def path(self) -> Path:
        """The directory with qsub, qstat ..."""
        return self.directory / "bin"

    @property
    def variables(self) -> dict[str, str]:
        """The SGE_* variables."""
        return {name: value for name, value in os.environ.items() if name.startswith("SGE_")}

    @property
    def accounting(self) -> Path:
        """The site's accounting file, if it is there at all. Raises CellError when SGE_ROOT is not set."""
        root = os.environ.get("SGE_ROOT")
        if not root:
            raise CellError("SGE_ROOT is not set: where the accounting file is cannot be told")
        return Path(root, os.environ.get("SGE_CELL", "default"), "common", "accounting")

    # ---- life ------------------------------------------------------------------------------------
    def start(self) -> SiteCell:
        """Nothing is to be started."""
        return self

    def stop(self) -> None:
        """Delete the jobs that were submitted here and have not ended."""
        try:
            self.delete_jobs()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def remove(self) -> None:
        """As :meth:`stop`: nothing of it stays."""
        self.stop()

    def __enter__(self) -> SiteCell:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ---- talking to it ---------------------------------------------------------------------------
    def jobs(self) -> list[TaskGroup]:
        """What qstat lists of the jobs that were submitted here. Raises CellError when it fails."""
        listed = task_groups(self._ask("qstat", "-xml", *STATES, "-u", _user()))
        self._learn(sorted({group.job for group in listed} - self._told.keys()))
        return [group for group in listed if self._told.get(group.job)]

    def _learn(self, jobs: Sequence[int]) -> None:
        """Ask which jobs are ours. One that has ended meanwhile is not told of."""
        for first in range(0, len(jobs), ASKED_AT_ONCE):
            numbers = ",".join(map(str, jobs[first : first + ASKED_AT_ONCE]))
            told = self._ask("qstat", "-j", numbers, unless=NONE_LEFT)
            for job, block in details(told).items():
                self._told[job] = self._mark in block.get("context", "").split(",")

    def _ask(self, *argv: str, unless: str = "") -> str:
        done = self.run(*argv, text=True)
        if done.returncode != 0 and not (unless and unless in done.stderr):
            raise CellError(f"{argv[0]} ended with {done.returncode}: {done.stderr}")
        return str(done.stdout)

    def wait_idle(self, timeout: float = 600.0) -> None:
        """Wait until no job that was submitted here is listed. Raises CellError after ``timeout`` s."""
        end = time.monotonic() + timeout
        while self.jobs():
            if time.monotonic() > end:
                raise CellError(f"still busy after {timeout} s: {self.jobs()[:5]}")
            time.sleep(1.0)

    def delete_jobs(self) -> None:
        """Delete the jobs that were submitted here, also meanwhile, and wait until they are gone.

        Raises:
            CellError: they are not gone after ten minutes, or a command failed.
        """
        end = time.monotonic() + DELETED_WITHIN
        asked: set[str] = set()
        while True:
            left = {str(group.job) for group in self.jobs()}
            if not left:
                return
            if left - asked:
                self.run("qdel", *sorted(left - asked))
                asked |= left
            if time.monotonic() > end:
                raise CellError(f"not deleted after {DELETED_WITHIN:g} s: {', '.join(sorted(left))}")
            time.sleep(1.0)

    @property
    def now(self) -> float:
        """The machine's clock: epoch seconds."""
        return time.time()

    def status(self) -> NoReturn:
        """Raises FakeOnlyError."""
        self._refuse()

    @property
    def qmaster_pid(self) -> NoReturn:
        """Raises FakeOnlyError."""
        self._refuse()

    def configure(self, **changes: object) -> NoReturn:  # noqa: ARG002
        """Raises FakeOnlyError, as do all that change the site's daemons."""
        self._refuse()

    def start_qmaster(self) -> NoReturn:
        """Raises FakeOnlyError."""
        self._refuse()

    def stop_qmaster(self) -> NoReturn:
        """Raises FakeOnlyError."""
        self._refuse()

    def kill_qmaster(self) -> NoReturn:
        """Raises FakeOnlyError."""
        self._refuse()

    def rotate_accounting(self) -> NoReturn:
        """Raises FakeOnlyError."""
        self._refuse()

    @staticmethod
    def _refuse() -> NoReturn:
        raise FakeOnlyError("the site's own cell is used, not changed")


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # not in the password file
        return getpass.getuser()
