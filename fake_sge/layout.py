"""Where the files of a cell lie. Everything is below the cell's directory."""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path

from .wire import SOCKET_NAME

TOOLS = (
    *("qsub", "qstat", "qacct", "qdel", "qhold", "qrls", "qalter", "qmod", "qconf", "qhost", "qselect"),
    *("qrsh", "qquota"),
)
NOT_SIMULATED = (
    *("qresub", "qping", "qlogin", "qsh", "qtcsh", "qmake", "qrstat", "qrsub", "qrdel", "qevent"),
    *("qmon", "qsched", "qstatus"),
)
CELL_NAME = "default"
ARCHITECTURE = "lx-amd64"


class Layout:
    """The paths of a cell in ``directory`` (absolute).

    Attributes:
        root: SGE_ROOT.
        common: ``$SGE_ROOT/default/common``.
        bin: the commands, to be put on PATH.
        library: what the commands and daemons run.
        client: what every command runs, compiled.
        python_client: the same in Python.
        socket: the qmaster's socket; clients find it from SGE_ROOT.
        qmaster: state, log and lock of the qmaster.
        execd: ``execd_spool_dir``.
        reports: what shepherds report to the qmaster.
        orphans: is there when a shepherd has died before its job.
        tmp: where tasks get their TMPDIR.
        settings: the cell's options, JSON.
        log: what the daemon says.
        lock: held by the running daemon; contains its pid.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.root = directory / "root"
        self.common = self.root / CELL_NAME / "common"
        self.bin = directory / "bin"
        self.library = directory / "lib"
        self.client = self.library / "fake-client"
        self.python_client = self.library / "python-client"
        self.socket = self.root / CELL_NAME / SOCKET_NAME
        self.qmaster = directory / "spool" / "qmaster"
        self.execd = directory / "spool" / "execd"
        self.reports = directory / "spool" / "reports"
        self.orphans = directory / "spool" / "orphans"
        self.tmp = directory / "tmp"
        self.settings = directory / "cell.json"
        self.log = self.qmaster / "messages"
        self.lock = self.qmaster / "lock"

    def active_job(self, host: str, job: int, task: int) -> Path:
        """SGE_JOB_SPOOL_DIR of a task."""
        return self.execd / host / "active_jobs" / f"{job}.{task}"

    def job_script(self, host: str, job: int) -> Path:
        """The spooled script of a job."""
        return self.execd / host / "job_scripts" / str(job)

    def make(self, owner: int) -> None:
        """Create the directories: only root's cell, which serves others, can be entered by them.

        Args:
            owner: the user id of who makes the cell.
        """
        open_ = 0o755 if owner == 0 else 0o700
        private = {self.qmaster, self.reports}  # journal and snapshot have the values of jobs' variables
        for path in (self.common, self.bin, self.library, self.qmaster, self.execd, self.reports, self.tmp):
            for folder in reversed([path, *path.parents]):
                if not folder.exists():
                    folder.mkdir(mode=0o700 if folder in private else open_, exist_ok=True)
        for folder in private:
            folder.chmod(0o700)

    def protect(self, owner: int) -> None:
        """Whatever the umask, let no other user write to the files, or read those of an ordinary user's cell.

        Args:
            owner: the user id of who made the cell.
        """
        theirs = 0o022 if owner == 0 else 0o077
        beneath = (path for top in (self.root, self.bin, self.library) for path in top.rglob("*"))
        for path in (self.settings, *beneath):
            with contextlib.suppress(FileNotFoundError):  # the qmaster has just replaced it
                mode = path.lstat().st_mode
                if (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and mode & theirs:
                    path.chmod(stat.S_IMODE(mode) & ~theirs)
