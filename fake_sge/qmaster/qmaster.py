"""The qmaster without its socket: engine, journal, clock, execution host, accounting file."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..engine.delivery import is_away, run_is_away
from ..engine.engine import Engine
from ..engine.scheduling import set_priorities
from ..engine.state import JobGone, SignalTask, StartTask, TaskEnded, never_ran
from ..execution.orders import Account, make_order
from ..execution.processes import start_ticks
from ..execution.users import home_and_shell, user_name
from ..faults import FaultBook, FaultKind
from ..launch import command
from ..layout import Layout
from ..model import Status, failures
from ..model.accounting import HEADER
from ..model.operations import Finished
from ..options import CellOptions, make_config, make_timing
from .accounting import AccountingFile
from .journal import Store, StoreError
from .shepherd_reports import exit_of, report_order

log = logging.getLogger("fake_sge")
_SIGNALS = {"kill": signal.SIGTERM, "suspend": signal.SIGUSR1, "resume": signal.SIGUSR2}
MAX_EVENT_CLIENTS = 950


class Qmaster:
    """Everything a cell's daemon does, under one lock. ``changed`` is notified after every operation."""

    def __init__(self, layout: Layout, options: CellOptions, port: str) -> None:
        self.layout = layout
        self.options = options
        self.port = port
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.faults = FaultBook()
        self.store = Store(layout.qmaster)
        header = "" if options.accounting_name.endswith(".jsonl") else HEADER
        path = layout.common / options.accounting_name
        self.accounting = AccountingFile(path, self.faults, header, lambda: self.now)
        self.watched: dict[int, list[Finished]] = {}
        self.clients: dict[int, tuple[str, int]] = {}
        self.last_client = 10
        self.engine = self._load()
        self.priorities_at = -1.0
        self.usage_at = 0.0
        self.cost = 0.0
        self.rested_until = 0.0
        self.stopping = False
        self.complaint = ""
        self._execd: subprocess.Popen[bytes] | None = None
        self._has_orders = False
        self._accounts: dict[str, Account] = {}

    # ---- state -----------------------------------------------------------------------------------
    def _load(self) -> Engine:
        state = self.store.load()
        if state is None:
            me = user_name(os.getuid())
            config = make_config(self.options, str(self.layout.tmp), str(self.layout.execd), me)
            engine = Engine.fresh(config, make_timing(self.options))
            engine.state.next_number = self.options.first_job_number
        else:
            engine = Engine(state)
        for name, now, args in self.store.replay():
            engine.apply(name, now, *args)
        engine.state.take_effects()
        self.store.open()
        return engine

    @property
    def now(self) -> float:
        """The cell's clock."""
        return time.time() + self.engine.state.clock_offset

    def apply(self, name: str, *args: object) -> Any:  # noqa: ANN401
        """Record and carry out an operation, with its effects.

        Raises StoreError when it cannot be recorded; nothing is done then.
        """
        now = self.now
        self.store.append(name, now, args)
        result = self.engine.apply(name, now, *args)
        self._effects()
        self.changed.notify_all()
        return result

    def _effects(self) -> None:
        for effect in self.engine.state.take_effects():
            if isinstance(effect, StartTask):
                self._start(effect, effect.again)
            elif isinstance(effect, SignalTask):
                self._signal(effect)
            elif isinstance(effect, TaskEnded):
                if effect.job in self.watched:
                    self.watched[effect.job].append(effect.finished)
            elif isinstance(effect, JobGone):
                self._forget(effect.job)

    def tick(self) -> None:
        """What is due; when the disk is full it stays due, and the log says so once."""
        try:
            self._tick()
            self.complaint = ""
        except StoreError as error:
            self.rested_until = time.monotonic() + 0.5
            if str(error) != self.complaint:
                self.complaint = str(error)
                log.error("%s", error)

    def _tick(self) -> None:
        """Scheduler run, ended simulations, accounting lines, a snapshot."""
        state = self.engine.state
        now = self.now
        if self.engine.next_event() <= now and time.monotonic() >= self.rested_until:
            begun = time.monotonic()
            self.apply("schedule")
            self.cost = time.monotonic() - begun
            self.rested_until = time.monotonic() + (5 * self.cost if self.cost > 0.002 else 0.0)
        due = 0
        for line in state.accounting:
            if line.due > now:
                break
            due += 1
        if due and self.accounting.write([line.text for line in state.accounting[:due]]):
            try:
                self.apply("written", due)
            except StoreError:
                del state.accounting[:due]  # after a restart the file itself tells that they are written
                raise
        self.accounting.write_late()
        if self.store.wants_snapshot:
            self.snapshot()

    def snapshot(self) -> None:
        """Shorten the journal; a failure leaves it as it is."""
        try:
            self.store.snapshot(self.engine.state)
        except StoreError as error:
            log.error("%s", error)

    def pause(self) -> float:
        """Seconds until :meth:`tick` has something to do, at most 2."""
        now = self.now
        waits = [2.0, self.engine.next_event() - now, self.accounting.next_late() - now]
        if self.engine.state.accounting:
            waits.append(max(0.05, self.engine.state.accounting[0].due - now))
        return max(0.0, min(waits), min(2.0, self.rested_until - time.monotonic()))

    def fresh_priorities(self) -> None:
        """Have priorities as of the last scheduler run for display."""
        state = self.engine.state
        if self.priorities_at != self.store.records:
            self.priorities_at = self.store.records
            set_priorities(state, self.now)

    # ---- execution host --------------------------------------------------------------------------
    def account(self, user: str) -> Account:
        """The password entry of a user; a user unknown here gets / and /bin/sh."""
        if user not in self._accounts:
            home, shell = home_and_shell(user)
            self._accounts[user] = Account(user, self.options.home or home, shell)
        return self._accounts[user]

    def start_execd(self) -> None:
        """Start the process that forks shepherds, unless it runs."""
        if self._execd is not None and self._execd.poll() is None:
            return
        log_file = str(self.layout.qmaster / "execd.messages")
        self._execd = subprocess.Popen(
            command(self.layout, "fake-execd", log_file),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._has_orders = False

    def stop_execd(self) -> None:
        """End it, when it has carried out its orders; shepherds go on."""
        if self._execd is not None and self._execd.stdin is not None:
            if not self._has_orders:
                self._execd.kill()  # it may still be on its way
            self._execd.stdin.close()
            self._execd.wait()
            self._execd = None

    def _start(self, effect: StartTask, again: bool = False) -> None:
        """``again``: the order may have been sent before; then the first shepherd to take it has it."""
        job = self.engine.state.jobs[effect.job]
        task = job.tasks[effect.task]
        hit = self.faults.take((FaultKind.ERROR_STATE,))
        if hit:
            text = os.fsdecode(hit[0].out) or "[0:0]: fault: the task cannot start"
            failed = hit[0].code if hit[0].code in failures.NEVER_STARTED else failures.FILE
            self.apply("exited", effect.job, effect.task, effect.run, never_ran(failed, text, {}))
            return
        ports = (self.port, str(int(self.port) + 1))
        order = make_order(
            self.layout,
            self.engine.state.config,
            job,
            task,
            self.account(job.owner),
            ports,
            self.options.kill_grace,
        )
        spool = Path(order["spool"])
        try:
            spool.mkdir(parents=True, exist_ok=True)
            if not again:
                (spool / "pid").unlink(missing_ok=True)
            host = task.granted[0].host
            if job.spec.script is not None:
                self._spool_script(host, effect.job, job.spec.script)
            if task.granted_pe:
                lines = [f"{item.host} {item.slots} {item.instance} UNDEFINED\n" for item in task.granted]
                (spool / "pe_hostfile").write_text("".join(lines))
            _write_privately(spool / "order", json.dumps(order))
        except OSError as error:
            text = f"[0:0]: cannot spool the job: {error.strerror}"
            self.apply(
                "exited",
                effect.job,
                effect.task,
                effect.run,
                never_ran(failures.EXECUTING_SHEPHERD, text, {}),
            )
            return
        self._send(str(spool / "order"))

    def _spool_script(self, host: str, number: int, script: bytes) -> None:
        path = self.layout.job_script(host, number)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(script)
            path.chmod(0o755)

    def _send(self, path: str) -> None:
        self.start_execd()
        assert self._execd is not None
        assert self._execd.stdin is not None
        self._has_orders = True
        self._execd.stdin.write(os.fsencode(path) + b"\n")
        self._execd.stdin.flush()

    def _shepherd_pid(self, number: int, task_number: int) -> int | None:
        """The pid of a task's live shepherd."""
        task = self.engine.state.jobs[number].tasks[task_number]
        spool = self.layout.active_job(task.granted[0].host, number, task_number)
        try:
            pid, ticks = (spool / "pid").read_text().split()
        except (OSError, ValueError):
            return None
        return int(pid) if start_ticks(int(pid)) == ticks else None

    def _signal(self, effect: SignalTask) -> None:
        job = self.engine.state.jobs.get(effect.job)
        if job is None or effect.task not in job.tasks:
            return
        deadline = time.monotonic() + 5.0
        pid = self._shepherd_pid(effect.job, effect.task)
        while (
            pid is None
            and job.tasks[effect.task].status is Status.TRANSFERRING
            and time.monotonic() < deadline
        ):
            time.sleep(0.005)
            pid = self._shepherd_pid(effect.job, effect.task)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, _SIGNALS[effect.action])

    def _forget(self, number: int) -> None:
        for host in self.engine.state.config.hosts:
            self.layout.job_script(host, number).unlink(missing_ok=True)

    # ---- reports ---------------------------------------------------------------------------------
    def read_reports(self) -> None:
        """Take in what shepherds have left; a report goes away when it is recorded. Raises StoreError."""
        directory = self.layout.reports
        for name in sorted(os.listdir(directory), key=report_order):  # noqa: PTH208 names are all we need
            if name.startswith("."):
                continue
            path = directory / name
            number, task, run, kind = name.split(".")
            if run_is_away(self.engine.state, int(number), int(task)):
                continue  # it is told when the host is back
            values = json.loads(path.read_text())
            if kind == "started":
                self.apply("started", int(number), int(task), int(run))
            else:
                end = self.faults.shepherds_word(int(number), exit_of(values))
                self.apply("exited", int(number), int(task), int(run), end)
                self.remove_spool(int(number), int(task))
            path.unlink()

    def fresh_usage(self) -> None:
        """Take over what shepherds have seen of running jobs; for display only, so not recorded."""
        if time.monotonic() < self.usage_at:
            return
        self.usage_at = time.monotonic() + 1.0
        state = self.engine.state
        for number, task_number in state.running:
            job = state.jobs[number]
            task = job.tasks[task_number]
            if job.spec.simulation is None:
                spool = self.layout.active_job(task.granted[0].host, number, task_number)
                with contextlib.suppress(FileNotFoundError):
                    task.usage = json.loads((spool / "usage").read_text())

    def remove_spool(self, number: int, task: int) -> None:
        """Forget what the execution daemon had of a task."""
        for host in self.engine.state.config.hosts:
            spool = self.layout.active_job(host, number, task)
            if spool.is_dir():
                for item in spool.iterdir():
                    item.unlink()
                spool.rmdir()

    def recover(self) -> None:
        """After a start: take in reports, start what was lost on its way, end what died unseen."""
        self.accounting.skip_written([line.text for line in self.engine.state.accounting], self.apply)
        self.read_reports()
        state = self.engine.state
        for number, task_number in list(state.running):
            job = state.jobs[number]
            task = job.tasks[task_number]
            spool = self.layout.active_job(task.granted[0].host, number, task_number)
            absent = job.spec.simulation is not None or is_away(state, task)
            if not absent and not (spool / "pid").exists():
                self._start(StartTask(number, task_number, task.run), again=True)
        self.check_shepherds()

    def check_shepherds(self) -> None:
        """End what died without a report."""
        self.read_reports()
        for number, task_number in list(self.engine.state.running):
            job = self.engine.state.jobs[number]
            task = job.tasks[task_number]
            spool = self.layout.active_job(task.granted[0].host, number, task_number)
            absent = job.spec.simulation is not None or is_away(self.engine.state, task)
            if absent or not (spool / "pid").exists():
                continue
            if self._shepherd_pid(number, task_number) is None:
                self.read_reports()
                text = "[0:0]: shepherd died before writing exit_status"
                end = never_ran(failures.NO_EXIT_STATUS, text, {})
                self.apply("exited", number, task_number, task.run, end)

    # ---- watching --------------------------------------------------------------------------------
    def watch(self, number: int, client: str) -> int:
        """Record the ends of a job's tasks."""
        self.watched.setdefault(number, [])
        self.last_client += 1
        self.clients[self.last_client] = (client, number)
        return self.last_client

    def unwatch(self, client_id: int) -> None:
        """Stop it."""
        _, number = self.clients.pop(client_id)
        if all(item[1] != number for item in self.clients.values()):
            self.watched.pop(number, None)

    @contextlib.contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let go of the lock, which is held exactly once."""
        self.lock.release()
        try:
            yield
        finally:
            self.lock.acquire()


def _write_privately(path: Path, text: str) -> None:
    """Write a file that nobody else may read."""
    with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:  # an opener
        file.write(text)
