"""The commands on the pure engine, in this process: no daemon, no files, no real jobs, a clock of its own."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from fake_sge.commands.interface.qmaster_interface import QmasterInterface
from fake_sge.engine.engine import Engine
from fake_sge.engine.scheduling import set_priorities
from fake_sge.engine.state import JobGone, StartTask, TaskEnded, Timing
from fake_sge.faults import Fault
from fake_sge.model import Job, JobSpec, Simulation
from fake_sge.model.operations import Finished
from fake_sge.model.requests import ClientSignal, Reply, Request
from fake_sge.options import CellOptions, make_config
from fake_sge.qmaster.view import Client, CommandView

UIDS = {"root": 0, "grid": 1001, "grid1": 1001, "grid2": 1002, "ge": 1004}


def _ge() -> int:
    """A function in place of another: making a Mock takes as long as most commands."""
    return UIDS["ge"]


class _Changed:
    """Waiting moves the clock to what happens next."""

    def __init__(self, qmaster: PureQmaster) -> None:
        self.qmaster = qmaster

    def wait(self, seconds: float) -> None:
        self.qmaster.pass_time(seconds)


class PureQmaster:
    """Stands in for the daemon's Qmaster: jobs are simulated and run as ``simulation`` says."""

    def __init__(self, options: CellOptions, manager: str = "root", tmpdir: str = "/tmp") -> None:
        self.engine = Engine.fresh(make_config(options, tmpdir, "/var/spool", manager), Timing())
        self.engine.state.next_number = options.first_job_number
        self.now = 1795000000.0
        self.port = "6444"
        self.clients: dict[int, tuple[str, int]] = {}
        self.watched: dict[int, list[Finished]] = {}
        self.changed = _Changed(self)
        self.stopping = False
        self.simulation: Simulation | dict[str, Simulation] = Simulation(run_time=1e6)
        self.started: list[StartTask] = []
        self.interrupt: Client | None = None
        self.interrupt_at = float("inf")
        self.interrupt_signal = 15
        self.on_wait: list[Any] = []

    def apply(self, name: str, *args: Any) -> Any:
        if name == "submit":
            spec: JobSpec = args[0]
            plan = self.simulation
            found = plan.get(spec.name, Simulation(run_time=1e6)) if isinstance(plan, dict) else plan
            args = (spec._replace(simulation=spec.simulation or found), *args[1:])
        result = self.engine.apply(name, self.now, *args)
        for effect in self.engine.state.take_effects():
            if isinstance(effect, StartTask):
                self.started.append(effect)
            elif isinstance(effect, TaskEnded) and effect.job in self.watched:
                self.watched[effect.job].append(effect.finished)
            elif isinstance(effect, JobGone):
                continue
        return result

    def tick(self) -> None:
        while self.engine.next_event() <= self.now:
            self.apply("schedule")

    def pass_time(self, seconds: float) -> None:
        if self.on_wait:
            self.on_wait.pop(0)()
        due = self.engine.next_event()
        self.now = min(self.now + seconds, max(self.now, due)) if due > self.now else self.now + seconds
        if self.interrupt is not None and self.now >= self.interrupt_at:
            self.interrupt.signal = self.interrupt_signal
        self.tick()

    def fresh_priorities(self) -> None:
        set_priorities(self.engine.state, self.now)

    def fresh_usage(self) -> None:
        """Simulated jobs have no usage while they run."""

    def watch(self, number: int, client: str) -> int:
        self.watched.setdefault(number, [])
        identifier = 11 + len(self.clients)
        self.clients[identifier] = (client, number)
        return identifier

    def unwatch(self, client_id: int) -> None:
        self.clients.pop(client_id, None)

    @contextlib.contextmanager
    def unlocked(self) -> Iterator[None]:
        yield


class QuietClient(Client):
    """A client that is there; it listens to nothing."""

    def listen(self) -> None:
        return


class PureCell:
    """A cell for tests: ``run(argv, ...)`` calls a command's main."""

    def __init__(self, directory: Path, manager: str = "root", tmpdir: str = "/tmp", **options: Any) -> None:
        self.qmaster = PureQmaster(CellOptions(**options), manager, tmpdir)
        self.directory = directory
        self.root = directory / "root"
        self.common = self.root / "default" / "common"
        self.common.mkdir(parents=True)
        self.home = directory / "home"
        self.home.mkdir()
        self.emitted: list[tuple[bytes, bytes]] = []
        self.client = QuietClient()
        self.faults: list[Fault] = []

    @property
    def view(self) -> QmasterInterface:
        return CommandView(self.qmaster, self.faults, self.client)  # type: ignore[arg-type]

    def request(
        self,
        argv: list[str],
        user: str = "grid2",
        env: dict[str, str | None] | None = None,
        stdin: bytes = b"",
        cwd: Path | None = None,
    ) -> Request:
        base: dict[str, str | None] = {
            "HOME": str(self.home),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "USER": user,
            "LOGNAME": user,
            "SGE_ROOT": str(self.root),
            "SGE_CELL": "default",
            **(env or {}),
        }
        return Request(
            argv=argv,
            env={name: value for name, value in base.items() if value is not None},
            cwd=str(cwd or self.home),
            user=user,
            uid=UIDS.get(user, 1099),
            group=user,
            gid=UIDS.get(user, 1099),
            read_stdin=lambda: stdin,
            emit=lambda out, err: self.emitted.append((out, err)),
            flavour=self.qmaster.engine.state.config.flavour,
        )

    def run(
        self, argv: list[str], user: str = "grid2", qmaster: Any = None, **others: Any
    ) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of one call."""
        self.emitted.clear()
        module = importlib.import_module(f"fake_sge.commands.{Path(argv[0]).name}")
        request = self.request(argv, user, **others)
        try:
            with mock.patch("os.geteuid", _ge):  # root could run things as made-up users
                reply: Reply = module.main(request, qmaster or self.view)
        except ClientSignal as caught:
            return -caught.signal, "", ""
        out = b"".join(part for part, _ in self.emitted) + reply.out
        err = b"".join(part for _, part in self.emitted) + reply.err
        return (
            -reply.signal or reply.code,
            out.decode("utf-8", "surrogateescape"),
            err.decode("utf-8", "surrogateescape"),
        )

    # ---- situations ------------------------------------------------------------------------------
    def submit(
        self, number: int, *words: str, user: str = "grid2", simulation: Simulation | None = None
    ) -> Job:
        """Submit a job that gets this number, and let the scheduler run."""
        self.qmaster.engine.state.next_number = number
        before = self.qmaster.simulation
        if simulation is not None:
            self.qmaster.simulation = simulation
        code, out, err = self.run(["qsub", "-terse", *words], user)
        self.qmaster.simulation = before
        assert code == 0, (out, err)
        assert out.split(".")[0].strip() == str(number)
        self.qmaster.tick()
        return self.qmaster.engine.state.jobs[number]

    def settle(self, seconds: float = 0.0) -> None:
        """Let time pass and the scheduler run."""
        self.qmaster.now += seconds
        self.qmaster.tick()


def does(cell: PureCell, line: str) -> str:
    """What a command line of root's prints, after a run of the scheduler."""
    _, out, err = cell.run(line.split(), "root")
    cell.qmaster.now += 1.0
    cell.qmaster.tick()
    return out + err
