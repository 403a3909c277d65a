"""Where the files of a cell lie. Everything is below the cell's directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .wire import SOCKET_NAME

TOOLS = (
    "qsub",
    "qstat",
    "qacct",
    "qdel",
    "qhold",
    "qrls",
    "qalter",
    "qmod",
    "qconf",
    "qhost",
    "qselect",
    "qrsh",
)
CELL_NAME = "default"


@dataclass(frozen=True)
class Layout:
    """The paths of a cell in ``directory`` (absolute)."""

    directory: Path

    @property
    def root(self) -> Path:
        """SGE_ROOT."""
        return self.directory / "root"

    @property
    def common(self) -> Path:
        """``$SGE_ROOT/default/common``."""
        return self.root / CELL_NAME / "common"

    @property
    def bin(self) -> Path:
        """The commands, to be put on PATH."""
        return self.directory / "bin"

    @property
    def library(self) -> Path:
        """The compiled client."""
        return self.directory / "lib"

    @property
    def socket(self) -> Path:
        """The qmaster's socket; clients find it from SGE_ROOT."""
        return self.root / CELL_NAME / SOCKET_NAME

    @property
    def qmaster(self) -> Path:
        """State, log and lock of the qmaster."""
        return self.directory / "spool" / "qmaster"

    @property
    def execd(self) -> Path:
        """``execd_spool_dir``."""
        return self.directory / "spool" / "execd"

    @property
    def reports(self) -> Path:
        """What shepherds report to the qmaster."""
        return self.directory / "spool" / "reports"

    @property
    def tmp(self) -> Path:
        """Where tasks get their TMPDIR."""
        return self.directory / "tmp"

    @property
    def settings(self) -> Path:
        """The cell's options, JSON."""
        return self.directory / "cell.json"

    @property
    def log(self) -> Path:
        """What the daemon says."""
        return self.qmaster / "messages"

    @property
    def lock(self) -> Path:
        """Held by the running daemon; contains its pid."""
        return self.qmaster / "lock"

    def active_job(self, host: str, job: int, task: int) -> Path:
        """SGE_JOB_SPOOL_DIR of a task."""
        return self.execd / host / "active_jobs" / f"{job}.{task}"

    def job_script(self, host: str, job: int) -> Path:
        """The spooled script of a job."""
        return self.execd / host / "job_scripts" / str(job)

    def make(self) -> None:
        """Create the directories."""
        for path in (self.common, self.bin, self.library, self.qmaster, self.execd, self.reports, self.tmp):
            path.mkdir(parents=True, exist_ok=True)
