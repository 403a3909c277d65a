"""The Grid Engine that is there already, for tests that are to run on the site's own cell."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from ..comparison import submitted
from ..errors import CellError, FakeOnlyError
from ..layout import TOOLS
from ..on_path import CommandsOnPath
from ..options import CellOptions
from ..reports import TaskGroup
from .installation import NotInstalledError
from .listing import task_groups
from .refusals import WithoutFaults

# Standard output goes through tee(1) into the record of submissions; the exit code is qsub's own.
QSUB = """#!/bin/sh
# Made by fake_sge: submits with what the tests were told to ask for, and notes the job.
{{ code=$( {{ {{ {qsub} {request} "$@" 3>&- 4>&-; echo $? >&3; }} | tee -a {record} >&4; }} 3>&1 ); }} 4>&1
exit "$code"
"""


class SiteCell(CommandsOnPath, WithoutFaults):
    """The Grid Engine of this environment, with the interface of the fake one where that makes sense.

    Its configuration and daemons are not touched; of its jobs only those are looked at and deleted that were
    submitted by this object's ``qsub``, which is the first on the PATH of :attr:`env`.

    Args:
        request: options of qsub for every job: ``["-q", "test.q", "-l", "h_rt=60"]``.
        options: those of a test's cell; only the defaults are possible.

    Raises:
        NotInstalledError: there is no qsub on PATH.
        FakeOnlyError: the site cannot be set up as the options say.
    """

    def __init__(self, request: Sequence[str] = (), options: CellOptions | None = None) -> None:
        if options is not None and options != CellOptions():
            raise FakeOnlyError("the site's own cell has no options")
        found = {name: shutil.which(name) for name in TOOLS}
        if not found["qsub"] or not found["qstat"]:
            raise NotInstalledError("there is no Grid Engine on PATH: no qsub and qstat")
        self.directory = Path(tempfile.mkdtemp(prefix="site-sge-"))
        self._record = self.directory / "submitted"
        self._record.touch()
        self.path.mkdir()
        for name, path in found.items():
            if path and name != "qsub":
                (self.path / name).symlink_to(path)
        words = {
            "qsub": shlex.quote(str(found["qsub"])),
            "request": shlex.join(request),
            "record": shlex.quote(str(self._record)),
        }
        (self.path / "qsub").write_text(QSUB.format(**words))
        (self.path / "qsub").chmod(0o755)

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
        self.delete_jobs()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> SiteCell:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ---- talking to it ---------------------------------------------------------------------------
    def jobs(self) -> list[TaskGroup]:
        """What qstat lists of the jobs that were submitted here. Raises CellError when it fails."""
        ours = submitted(self._record.read_text())
        done = self.run("qstat", "-xml")
        if done.returncode != 0:
            raise CellError(f"qstat ended with {done.returncode}: {os.fsdecode(done.stderr)}")
        return [group for group in task_groups(done.stdout.decode()) if group.job in ours]

    def wait_idle(self, timeout: float = 600.0) -> None:
        """Wait until no job that was submitted here is listed. Raises CellError after ``timeout`` s."""
        end = time.monotonic() + timeout
        while self.jobs():
            if time.monotonic() > end:
                raise CellError(f"still busy after {timeout} s: {self.jobs()[:5]}")
            time.sleep(1.0)

    def delete_jobs(self) -> None:
        """Delete the jobs that were submitted here, and wait until they are gone."""
        left = sorted({str(group.job) for group in self.jobs()})
        if left:
            self.run("qdel", *left)
            self.wait_idle()

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
