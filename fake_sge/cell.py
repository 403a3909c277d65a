"""A fake Grid Engine cell from Python: start it, put it on PATH, break it, advance its clock."""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from . import kept, place
from .client.link import Link
from .ending import end_tasks
from .errors import CellError
from .execution.processes import start_ticks
from .faults import FaultKind
from .host import CellHost
from .install import install_commands, install_daemons, install_guard
from .launch import Guard, NotStarted, running_qmaster, starting_qmaster
from .layout import TOOLS, Layout
from .lighter import names_of
from .on_path import CommandsOnPath
from .options import CellOptions
from .reports import CellStatus, HostStatus, TaskGroup
from .settings import check_effect, near

PORT = "6444"


class Cell(CommandsOnPath):
    """A cell in a directory of its own.

    Args:
        directory: where the cell lives, a new or existing one; None makes a temporary one that is
            removed again.
        options: see :class:`fake_sge.options.CellOptions`; single options can be given as keywords
            (``Cell(slots=2)``). The cell that a directory holds already keeps its own, and is not
            started when other ones are asked for.

    Used as a context manager it is started and stopped; jobs that still run at the end are killed.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | None = None,
        options: CellOptions | None = None,
        **settings: Any,  # noqa: ANN401 the options of a cell
    ) -> None:
        if options is not None and settings:
            raise TypeError("give either options or keywords")
        unknown = sorted(set(settings) - set(names_of(CellOptions)))
        if unknown:
            hint = near(unknown[0], names_of(CellOptions))
            raise TypeError(f"a cell has no option {unknown[0]!r}{hint}")
        self.options = options or CellOptions(**settings)
        self._asked = settings if options is None else options.to_json()
        for kind, values in self.options.objects():
            check_effect(kind, values)
        self._temporary = directory is None
        self.layout = Layout(place.temporary("fake-sge-") if directory is None else place.chosen(directory))
        self._link = Link(self.layout)
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: Guard | None = None
        self._guarded = False

    # ---- life ------------------------------------------------------------------------------------
    @property
    def directory(self) -> Path:
        """Where the cell lives."""
        return self.layout.directory

    @property
    def variables(self) -> dict[str, str]:
        """Only the SGE_* variables."""
        return {
            "SGE_ROOT": str(self.layout.root),
            "SGE_CELL": "default",
            "SGE_ARCH": "lx-amd64",
            "SGE_QMASTER_PORT": PORT,
            "SGE_EXECD_PORT": str(int(PORT) + 1),
        }

    @property
    def path(self) -> Path:
        """The directory with qsub, qstat ..."""
        return self.layout.bin

    @property
    def accounting(self) -> Path:
        """The accounting file; it appears with the first record."""
        options = kept.options(self.layout.settings) or self.options
        return self.layout.common / options.accounting_name

    def create(self) -> None:
        """Make the cell's files unless they are there; :meth:`start` does it, too."""
        self._claim()
        install_daemons(self.layout, self.options)
        install_commands(self.layout)

    def _claim(self) -> None:
        place.claim(self.directory, place.FAKE, 0o700 if self._temporary else 0o777)
        existing = kept.options(self.layout.settings)
        if existing is not None:
            kept.check(existing, self._asked, self.directory)
            self.options = existing

    def start(self, guarded: bool = False) -> Cell:
        """Start the qmaster (and the execution host). Raises CellError with the reason when it cannot.

        ``guarded``: the cell ends when this process does, however it ends, with all its jobs; so it is as a
        context manager. Otherwise it runs until it is stopped.
        """
        self._claim()
        self._guarded |= guarded
        if self._guarded and self._guard is None and self.qmaster_pid is None:  # nobody else's
            install_guard(self.layout)
            self._guard = Guard(self.layout, self._temporary)
        install_daemons(self.layout, self.options)
        with self._starting():
            install_commands(self.layout)
        return self

    def start_qmaster(self) -> None:
        """Start the qmaster, e.g. after :meth:`stop_qmaster`. Raises CellError."""
        place.refuse_others(self.directory)
        with self._starting():
            pass

    @contextlib.contextmanager
    def _starting(self) -> Iterator[None]:
        """The qmaster starts meanwhile."""
        try:
            with starting_qmaster(self.layout) as self._process:
                yield
        except NotStarted as error:
            raise CellError(str(error)) from error

    def stop_qmaster(self) -> None:
        """End the qmaster alone: an outage. Running jobs go on. Does nothing when it does not run."""
        self._end(signal.SIGTERM)

    def kill_qmaster(self) -> None:
        """SIGKILL the qmaster: a crash. Running jobs go on."""
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        place.refuse_others(self.directory)
        self._link.close()
        child = self._process
        pid = self.qmaster_pid or (child.pid if child and child.poll() is None else None)  # after qconf -km
        if pid is None:
            return
        os.kill(pid, number)
        end = time.monotonic() + 10.0
        while not self._is_over(pid):
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.002)

    def _is_over(self, pid: int) -> bool:
        child = self._process
        return child.poll() is not None if child and child.pid == pid else not start_ticks(pid)

    @property
    def qmaster_pid(self) -> int | None:
        """The daemon's pid while it runs."""
        return running_qmaster(self.layout)

    def stop(self) -> None:
        """End the qmaster and kill what still runs."""
        self.stop_qmaster()
        end_tasks(self.layout)
        if not self._temporary:  # else it has to remove the directory where this process does not
            self._dismiss_guard()

    def _dismiss_guard(self) -> None:
        if self._guard is not None:
            self._guard.dismiss()
            self._guard = None

    def remove(self) -> None:
        """Delete the cell's files, and its directory unless something else is in it.

        Raises CellError where there is no cell.
        """
        place.remove(self.directory, self._temporary)
        self._dismiss_guard()

    def __enter__(self) -> Cell:
        try:
            return self.start(guarded=True)
        except BaseException as error:
            self._leave(runs=not isinstance(error, CellError))  # in its directory another's qmaster may run
            raise

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self, runs: bool = True) -> None:
        if runs:
            self.stop()
        if self._temporary:
            self.remove()
        self._dismiss_guard()

    # ---- talking to it ---------------------------------------------------------------------------
    def call(self, name: str, **values: Any) -> Any:  # noqa: ANN401 JSON
        """One control call. Raises CellError when no qmaster runs or it refuses."""
        try:
            answer = self._link.call({"call": name, **values})
        except OSError as error:
            place.refuse_others(self.directory)
            what = "qmaster runs" if self.layout.settings.exists() else "cell"
            raise CellError(f"no {what} in {self.directory} ({error.strerror})") from error
        if "error" in answer:
            raise CellError(answer["error"])
        return answer["ok"]

    def status(self) -> CellStatus:
        """Figures: the clock, how many jobs and tasks, the next job number."""
        return CellStatus(**self.call("status"))

    def jobs(self) -> list[TaskGroup]:
        """What the qmaster knows of jobs, one entry for each group of tasks in the same state."""
        found = self.call("jobs")
        return [
            TaskGroup(**{**item, "tasks": tuple(item["tasks"]), "errors": tuple(item["errors"])})
            for item in found
        ]

    def host(self, name: str) -> CellHost:
        """An execution host: ``cell.host("big").crash()``. Raises ValueError for a name that none has."""
        names = [item.name for item in self.hosts()]
        if name not in names:
            raise ValueError(f"there is no host {name!r}{near(name, names)}")
        return CellHost(name, self.call)

    def hosts(self) -> list[HostStatus]:
        """The execution hosts with what is known of them."""
        return [HostStatus(**item) for item in self.call("hosts")]

    @property
    def now(self) -> float:
        """The cell's clock, epoch seconds."""
        return self.status().now

    def advance(self, seconds: float) -> float:
        """Move the cell's clock forward (simulated jobs, -a, scheduler); the new time.

        Real processes do not notice.
        """
        return float(self.call("advance", seconds=seconds))

    def schedule(self) -> None:
        """Have the scheduler run now."""
        self.call("schedule")

    def wait_idle(self, timeout: float = 60.0) -> None:
        """Wait (real time) until no job is left and all records are written.

        Raises CellError after ``timeout`` seconds.
        """
        if not self.call("wait_idle", timeout=timeout):
            raise CellError(f"still busy after {timeout} s: {self.jobs()[:5]}")

    def submit_simulated(  # noqa: PLR0913 each is a way to end
        self,
        run_time: float = 0.0,
        *,
        count: int = 1,
        name: str = "simulated",
        exit_status: int = 0,
        signal: int = 0,
        failed: int = 0,
        error: str = "",
        usage: Mapping[str, float] | None = None,
        user: str | None = None,
        array: tuple[int, int, int] | None = None,
        resources: Mapping[str, str] | None = None,
        **spec: Any,  # noqa: ANN401 the fields of a job
    ) -> list[int]:
        """Submit jobs without processes; their numbers.

        Args:
            run_time: seconds of the cell's clock.
            count: how many such jobs.
            name: job name.
            exit_status: exit code.
            signal: POSIX signal that ended it, 0 for none.
            failed: accounting code; 26, 27 and 28 put the job in the error state.
            error: text of that error.
            usage: accounting values by name (``cpu``, ``ru_maxrss``, ``maxvmem`` ...).
            user: owner; the caller by default.
            array: ``(first, last, step)`` makes array jobs.
            resources: -l requests.
            spec: further :class:`fake_sge.model.JobSpec` fields (``user_hold=True``, ``hold_jid=("1",)``).
        """
        simulation = {
            "run_time": run_time,
            "exit_status": exit_status,
            "signal": signal,
            "failed": failed,
            "usage": dict(usage or {}),
            "error": error,
        }
        numbers: list[int] = self.call(
            "submit_simulated",
            count=count,
            spec={"name": name, **spec},
            simulation=simulation,
            user=user,
            array=list(array) if array else None,
            resources=dict(resources or {}),
        )
        return numbers

    # ---- trouble ---------------------------------------------------------------------------------
    def fault(
        self,
        kind: FaultKind | str,
        tool: str = "*",
        *,
        times: int | None = 1,
        out: bytes | str = b"",
        err: bytes | str = b"",
        **options: Any,  # noqa: ANN401 the options of a fault
    ) -> int:
        """Have something go wrong; the fault's number. See :class:`fake_sge.faults.Fault` for the options.

        Raises ValueError for a kind or a command that there is not.
        """
        kinds = [item.value for item in FaultKind]
        if not isinstance(kind, FaultKind) and kind not in kinds:
            raise ValueError(f"there is no fault {kind!r}{near(kind, kinds)}")
        if tool not in ("*", *TOOLS):
            raise ValueError(f"there is no command {tool!r}{near(tool, TOOLS)}")
        number: int = self.call(
            "add_fault",
            kind=FaultKind(kind).value,
            tool=tool,
            times=times,
            out=base64.b64encode(os.fsencode(out)).decode(),
            err=base64.b64encode(os.fsencode(err)).decode(),
            **options,
        )
        return number

    def clear_faults(self, number: int | None = None) -> int:
        """Remove one fault or all; how many there were. Raises CellError for one that is not in force."""
        return int(self.call("clear_faults", number=number))

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are still in force."""
        found: list[dict[str, Any]] = self.call("faults")
        return found

    def fail_job(self, job: int, task: int = 1, text: str = "[0:0]: fault") -> None:
        """Put a pending job in the error state (Eqw). Raises CellError when it is not pending."""
        if not self.call("fail_job", job=job, task=task, text=text):
            raise CellError(f"job {job} has no pending task {task}")

    def next_job_number(self, number: int) -> None:
        """Set the number of the next job."""
        self.call("next_number", number=number)

    def rotate_accounting(self) -> Path:
        """Move the accounting file away, as log rotation does; where to."""
        return Path(self.call("rotate"))

    def configure(
        self,
        *,
        queues: Mapping[str, Mapping[str, str]] | None = None,
        scheduler: Mapping[str, str] | None = None,
        max_job_number: int | None = None,
        **global_config: str | int,
    ) -> None:
        """Change the running cell's configuration: ``max_u_jobs=3``, ``queues={"all.q": {"slots": "1"}}``.

        Raises TypeError where a mapping belongs, CellError for what means nothing.
        """
        for changes in (queues, scheduler, *(queues.values() if isinstance(queues, Mapping) else ())):
            if changes is not None and not isinstance(changes, Mapping):
                raise TypeError(f"a mapping of names to what differs, not {changes!r}")
        self.call(
            "configure",
            queues={name: dict(values) for name, values in (queues or {}).items()},
            scheduler=dict(scheduler or {}),
            max_job_number=max_job_number,
            global_config={name: str(value) for name, value in global_config.items()},
        )
