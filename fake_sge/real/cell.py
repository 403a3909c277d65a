"""A private, real Grid Engine of one host: the same interface as :class:`fake_sge.Cell`, the real daemons."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from .. import place
from ..errors import CellError
from ..on_path import CommandsOnPath
from ..options import CellOptions
from ..reports import CellStatus, TaskGroup
from . import daemons, guard, plan
from .installation import COMPLEXES, USERSETS, Installation, find
from .listing import task_groups
from .refusals import WithoutFaults

BOOT_ATTEMPTS = 4
STOCK_FLUSH_SECONDS = 16.0  # records of the profile stock are written every 15 s
ALL_USERS = ("-u", "*")
FIRST_JOB = (  # by which a new cell is tried
    *(
        "qsub",
        "-sync",
        "y",
        "-b",
        "y",
        "-shell",
        "n",
        "-N",
        "cellcheck",
        "-o",
        "/dev/null",
        "-j",
        "y",
        "true",
    ),
)


def is_real(directory: str | os.PathLike[str]) -> bool:
    """Whether a real cell was made in a directory."""
    return (Path(directory) / place.REAL).exists()


class RealCell(CommandsOnPath, WithoutFaults):
    """A qmaster, an execution daemon, queues and parallel environments on localhost, without root.

    Everything lives in one directory and on two free ports; the machine's own cell, if it has one, is not
    touched. Starting takes about five seconds. A guard process ends the cell when the program that
    started it is killed.

    Args:
        directory: an absolute path for the cell, new or empty; None makes a temporary one that is removed.
        options: as for :class:`fake_sge.Cell`, without what only a fake has. A first job tries the cell: its
            first_job_number is 2 at least.
        root: the SGE_ROOT whose programs are used; None: FAKE_SGE_REAL_ROOT, else Debian's or Ubuntu's.
        guarded: whether the cell ends with this program; False for one that is to outlive it.
        settings: single options, ``RealCell(slots=2)``.

    Raises:
        NotInstalledError: this machine has no Grid Engine.
        FakeOnlyError: a real cell cannot have these options.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | None = None,
        options: CellOptions | None = None,
        *,
        root: str | os.PathLike[str] | None = None,
        guarded: bool = True,
        **settings: Any,  # noqa: ANN401  # the options of a cell
    ) -> None:
        if options is not None and settings:
            raise TypeError("give either options or keywords")
        self.options = options or CellOptions(**settings)
        plan.check(self.options)
        self._temporary = directory is None
        path = place.temporary("real-sge-") if directory is None else place.chosen(directory)
        self.directory = path
        self._root = None if root is None else str(root)
        self._daemons = daemons.Daemons(path, find(root))
        self._guarded = guarded
        self._guard: subprocess.Popen[bytes] | None = None

    @classmethod
    def existing(cls, directory: str | os.PathLike[str]) -> RealCell:
        """The cell that was made in a directory and not guarded. Raises CellError when there is none."""
        try:
            made = json.loads((Path(directory) / place.REAL).read_text())
        except FileNotFoundError:
            raise CellError(f"no real cell in {directory}") from None
        cell = cls(directory, CellOptions.from_json(made["options"]), root=made["sge_root"], guarded=False)
        cell._daemons.ports = tuple(made["ports"])
        return cell

    # ---- where things are ------------------------------------------------------------------------
    @property
    def installation(self) -> Installation:
        """Whose programs the cell runs."""
        return self._daemons.installation

    @property
    def ports(self) -> tuple[int, int]:
        """The qmaster's and the execution daemon's."""
        return self._daemons.ports

    @property
    def variables(self) -> dict[str, str]:
        """Only the SGE_* variables."""
        return self._daemons.variables

    @property
    def path(self) -> Path:
        """The directory with qsub, qstat ..."""
        return self.directory / "bin"

    @property
    def common(self) -> Path:
        """The cell's common directory: accounting, sge_request ..."""
        return self.directory / "root" / "default" / "common"

    @property
    def accounting(self) -> Path:
        """The accounting file; it appears with the first record."""
        return self.common / "accounting"

    # ---- life ------------------------------------------------------------------------------------
    def start(self) -> RealCell:
        """Make the cell, start it, and wait until a job has run in it. Raises CellError when that fails."""
        place.claim(self.directory, place.REAL, 0o700 if self._temporary else 0o777)
        if self._guard is None:  # while it starts each cell has one
            self._guard = daemons.start_guard(self.directory, remove=self._temporary)
        for attempt in range(1, BOOT_ATTEMPTS + 1):
            try:
                self._boot()
            except BaseException as error:
                if not isinstance(error, CellError) or attempt == BOOT_ATTEMPTS:
                    self.stop()
                    raise
                self._end_processes()  # most often somebody took one of the ports first: others are tried
            else:
                break
        if not self._guarded:
            self._dismiss_guard()
        return self

    def stop(self) -> None:
        """End the daemons and all jobs."""
        self._end_processes()
        if not self._temporary:  # else it has to remove the directory where this process does not
            self._dismiss_guard()

    def _end_processes(self) -> None:
        place.refuse_others(self.directory)
        try:
            guard.end_processes(self.directory / "root")
        except TimeoutError as error:
            raise CellError(str(error)) from error

    def _dismiss_guard(self) -> None:
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None

    def remove(self) -> None:
        """Delete the cell's files, and its directory unless something else is in it.

        Raises CellError where there is no cell.
        """
        place.remove(self.directory, self._temporary)
        self._dismiss_guard()

    def __enter__(self) -> RealCell:
        try:
            return self.start()
        except BaseException:
            self._leave()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        self.stop()
        if self._temporary:
            self.remove()

    def start_qmaster(self) -> None:
        """Start the qmaster, e.g. after :meth:`stop_qmaster`, and wait until it answers."""
        self._daemons.launch_qmaster()
        self._daemons.relaunch_execd()

    def stop_qmaster(self) -> None:
        """End the qmaster alone: an outage. Running jobs go on. Takes up to ten seconds."""
        pid = self.qmaster_pid
        if pid is not None:
            self._daemons.end(pid, signal.SIGTERM)

    def kill_qmaster(self) -> None:
        """SIGKILL the qmaster: a crash. Running jobs go on.

        A real qmaster forgets the number of its last job then and would give it out again: it is kept here.
        """
        pid = self.qmaster_pid
        if pid is None:
            return
        number = self._daemons.manage("qsub", "-h", "-terse", "-b", "y", "true").strip()
        self._daemons.manage("qdel", number)
        self._daemons.end(pid, signal.SIGKILL)
        (self.directory / "spool" / "qmaster" / "jobseqnum").write_text(f"{int(number) + 1}\n")

    @property
    def qmaster_pid(self) -> int | None:
        """The daemon's pid while it runs. Raises CellError where the cell is another user's."""
        place.refuse_others(self.directory)
        return self._daemons.qmaster_pid

    # ---- talking to it ---------------------------------------------------------------------------
    def jobs(self) -> list[TaskGroup]:
        """The jobs of all users as ``qstat`` lists them; only pending ones have a time of submission."""
        return task_groups(self._daemons.manage("qstat", "-xml", *ALL_USERS))

    def status(self) -> CellStatus:
        """Figures. Raises CellError when no qmaster runs."""
        pid = self.qmaster_pid
        if pid is None:
            raise CellError(f"no qmaster in {self.directory}")
        groups = self.jobs()
        waiting = sum(len(group.tasks) for group in groups if not group.queue)
        return CellStatus(
            pid=pid,
            now=self.now,
            jobs=len({group.job for group in groups}),
            running=sum(len(group.tasks) for group in groups) - waiting,
            pending=waiting,
            zombies=len(task_groups(self._daemons.manage("qstat", "-s", "z", "-xml", *ALL_USERS))),
            next_job_number=int((self.directory / "spool" / "qmaster" / "jobseqnum").read_text()),
            faults=0,
        )

    @property
    def now(self) -> float:
        """The cell's clock, the machine's: epoch seconds."""
        return time.time()

    def wait_idle(self, timeout: float = 60.0) -> None:
        """Wait until no job is left and all records are written.

        With the profile ``stock`` that is a quarter of a minute after the last job left.

        Raises:
            CellError: not within ``timeout`` seconds.
        """
        end = time.monotonic() + timeout
        while self._daemons.manage("qstat", *ALL_USERS):
            if time.monotonic() > end:
                raise CellError(f"still busy after {timeout} s: {self.jobs()[:5]}")
            time.sleep(0.05)
        if self.options.profile == "stock":
            time.sleep(STOCK_FLUSH_SECONDS)

    def delete_jobs(self) -> None:
        """Delete all jobs and wait until they are gone."""
        self._daemons.manage("qdel", *ALL_USERS, check=False)  # it fails when there are none
        self.wait_idle()

    def configure(
        self,
        *,
        queues: Mapping[str, Mapping[str, str]] | None = None,
        scheduler: Mapping[str, str] | None = None,
        max_job_number: int | None = None,
        **global_config: str | int,
    ) -> None:
        """Change the running cell's configuration: ``max_u_jobs=3``, ``queues={"all.q": {"slots": "1"}}``."""
        if max_job_number is not None:
            self._only_a_fake("choose the highest job number")
        tell = self._daemons.manage
        for name, changes in (queues or {}).items():
            if name in tell("qconf", "-sql", check=False).split():
                self._daemons.configure("-Mq", plan.edited(tell("qconf", "-sq", name), changes))
            else:
                self._add_queues(replace(self.options, queues={name: changes}))
        if scheduler:
            self._daemons.configure("-Msconf", plan.edited(tell("qconf", "-ssconf"), scheduler))
        if global_config:
            values = {name: str(value) for name, value in global_config.items()}
            self._daemons.configure("-Mconf", plan.edited(tell("qconf", "-sconf"), values), "global")

    def rotate_accounting(self) -> Path:
        """Move the accounting file away, as log rotation does; where to."""
        target = self.accounting.with_suffix(f".{time.time_ns()}")
        try:
            self.accounting.rename(target)
        except FileNotFoundError:
            raise CellError("no job has ended yet: there is no accounting file") from None
        return target

    # ---- making it -------------------------------------------------------------------------------
    def _boot(self) -> None:
        self._daemons.ports = daemons.free_ports()
        self._lay_out()
        user = getpass.getuser()
        self._initialise_spool(user)
        self._daemons.launch_qmaster()
        self._set_up(user)
        self._daemons.launch("sge_execd")
        tool, *words = FIRST_JOB
        self._daemons.manage(tool, "-wd", str(self.directory), *words)

    def _lay_out(self) -> None:
        root, installation = self.directory / "root", self.installation
        for old in (root, self.directory / "spool", self.path):
            shutil.rmtree(old, ignore_errors=True)
        for folder in (
            "root/default/common",
            "spool/qmaster/job_scripts",
            "spool/execd",
            "spool/db",
            "tmp",
            "bin",
        ):
            (self.directory / folder).mkdir(parents=True, exist_ok=True)
        for name, target in (
            ("bin", installation.binaries),
            ("lib", installation.libraries),
            ("utilbin", installation.tools),
        ):
            (root / name).mkdir()
            (root / name / installation.arch).symlink_to(target)
        (root / "util").symlink_to(installation.util)
        for program in installation.binaries.glob("q*"):
            (self.path / program.name).symlink_to(program)
        (self.common / "bootstrap").write_text(plan.bootstrap(self.directory, getpass.getuser()))
        (self.common / "act_qmaster").write_text("localhost\n")
        known_as = self._daemons.manage("gethostname", "-name", check=False).strip()
        names = dict.fromkeys(name for name in ("localhost", known_as, socket.gethostname()) if name)
        (self.common / "host_aliases").write_text(" ".join(names) + "\n")

    def _initialise_spool(self, user: str) -> None:
        manage, util = self._daemons.manage, self.installation.util
        configuration = self.directory / "configuration"
        values = plan.configuration(self.options, self.directory, user).global_config
        configuration.write_text(plan.listing(values))
        manage("spoolinit", "berkeleydb", "libspoolb", str(self.directory / "spool" / "db"), "init")
        manage("spooldefaults", "configuration", str(configuration))
        manage("spooldefaults", "complexes", str(util.parent / COMPLEXES))
        manage("spooldefaults", "usersets", str(util.parent / USERSETS))
        last = max(0, self.options.first_job_number - 2)  # the next one is the job that tries the cell
        (self.directory / "spool" / "qmaster" / "jobseqnum").write_text(f"{last}\n")
        manage("spooldefaults", "managers", *dict.fromkeys([user, *self.options.managers]))

    def _add_queues(self, options: CellOptions) -> None:
        template = self._daemons.manage("qconf", "-sq")
        config = plan.configuration(options, self.directory, getpass.getuser())
        for queue in config.queues.values():
            self._daemons.configure("-Aq", plan.edited(template, queue.attributes))

    def _set_up(self, user: str) -> None:
        tell, hand = self._daemons.manage, self._daemons.configure
        config = plan.configuration(self.options, self.directory, user)
        tell("qconf", "-ah", "localhost", check=False)  # may be known already, by the name of this host
        tell("qconf", "-as", "localhost", check=False)
        hand("-Mc", plan.complex_table(tell("qconf", "-sc"), self.options.complexes))
        hand("-Ae", plan.exec_host(config))
        hand("-Ahgrp", "group_name @allhosts\nhostlist localhost\n")
        for project in self.options.projects:
            hand(
                "-Aprj",
                plan.listing({"name": project, "oticket": "0", "fshare": "0", "acl": "NONE", "xacl": "NONE"}),
            )
        for environment in config.parallel_environments.values():
            hand("-Ap", plan.listing(environment.attributes))
        self._add_queues(self.options)
        hand("-Msconf", plan.edited(tell("qconf", "-ssconf"), config.scheduler))
        (self.directory / place.REAL).write_text(
            json.dumps({"sge_root": self._root, "ports": self.ports, "options": self.options.to_json()})
        )
