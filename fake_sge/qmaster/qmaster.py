"""The qmaster without its socket: engine, journal, clock, execution host, accounting file."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator

from ..engine.delivery import is_away, repeat_signals, run_is_away, signal
from ..engine.engine import Engine
from ..engine.scheduling import set_priorities
from ..engine.state import JobGone, SignalTask, StartTask, TaskEnded, never_ran
from ..execution.users import user_name
from ..faults import FaultKind, FaultList
from ..layout import Layout
from ..lighter import Any
from ..model import Task, failures
from ..model.accounting import HEADER
from ..model.operations import Finished
from ..options import CellOptions, make_config, make_timing
from .accounting import AccountingFile
from .execd import Execd
from .journal import Store, StoreError
from .log import log
from .shepherd_reports import exit_of, report_order

MAX_EVENT_CLIENTS = 950


class Qmaster:
    """Everything a cell's daemon does, under one lock. ``changed`` is notified after every operation."""

    def __init__(self, layout: Layout, options: CellOptions, port: str) -> None:
        self.layout = layout
        self.options = options
        self.port = port
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.faults = FaultList()
        self.store = Store(layout.qmaster)
        header = "" if options.accounting_name.endswith(".jsonl") else HEADER
        path = layout.common / options.accounting_name
        self.accounting = AccountingFile(path, self.faults, header, lambda: self.now)
        self.execd = Execd(layout, options, port)
        self.watched: dict[int, list[Finished]] = {}
        self.clients: dict[int, tuple[str, int]] = {}
        self.last_client = 10
        self.engine = self._load()
        self.priorities_at = -1.0
        self.usage_at = 0.0
        self.cost = 0.0
        self.no_run_before = 0.0
        self.stopping = False
        self.problems: dict[str, str] = {}
        if self.engine.state.scheduler_off:  # a qmaster starts with a scheduler (real cell)
            with self.lock:
                self.apply("switch_scheduler", True)

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

    def apply(self, name: str, *args: object) -> Any:
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
                self._start(effect)
            elif isinstance(effect, SignalTask):
                self._signal(effect)
            elif isinstance(effect, TaskEnded):
                if effect.job in self.watched:
                    self.watched[effect.job].append(effect.finished)
            elif isinstance(effect, JobGone):
                self.execd.remove_script(self.engine.state.config.hosts, effect.job)

    def tick(self) -> None:
        """What is due: see :meth:`attempt`."""
        self.attempt("tick", self._tick)

    def attempt(self, name: str, what: Callable[[], None]) -> None:
        """Do what is due; what fails stays due, and the log and the cell's status tell why, once."""
        try:
            what()
        except Exception as error:  # noqa: BLE001 told in the log
            expected = isinstance(error, StoreError)
            text = str(error) if expected else f"{name}: {type(error).__name__}: {error}"
            self.no_run_before = time.monotonic() + 0.5
            if self.problems.get(name) != text:
                self.problems[name] = text
                log.error("%s", text, exc_info=not expected)
        else:
            self.problems.pop(name, None)

    def _tick(self) -> None:
        """Scheduler run, ended simulations, accounting lines, a snapshot."""
        state = self.engine.state
        now = self.now
        if self.engine.next_event() <= now and time.monotonic() >= self.no_run_before:
            begun = time.monotonic()
            self.apply("schedule")
            self.cost = time.monotonic() - begun
            self.no_run_before = time.monotonic() + (5 * self.cost if self.cost > 0.002 else 0.0)
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
        return max(0.0, min(waits), min(2.0, self.no_run_before - time.monotonic()))

    def fresh_priorities(self) -> None:
        """Have priorities as of the last scheduler run for display."""
        state = self.engine.state
        if self.priorities_at != self.store.records or (state.begun and self.now >= state.schedule_at):
            self.priorities_at = self.store.records
            set_priorities(state, self.now)

    # ---- execution -------------------------------------------------------------------------------
    def _start(self, effect: StartTask) -> None:
        hit = self.faults.take((FaultKind.ERROR_STATE,))
        if not hit:
            self._order(effect, effect.again)
            return
        text = os.fsdecode(hit[0].out) or "[0:0]: fault: the task cannot start"
        failed = hit[0].code if hit[0].code in failures.NEVER_STARTED else failures.FILE
        self.apply("exited", effect.job, effect.task, effect.run, never_ran(failed, text, {}))

    def _order(self, effect: StartTask, again: bool) -> None:
        """``again``: the order may have been given before."""
        state = self.engine.state
        job = state.jobs[effect.job]
        try:
            self.execd.order(state.config, job, job.tasks[effect.task], again)
        except OSError as error:
            text = f"[0:0]: cannot spool the job: {error.strerror}"
            end = never_ran(failures.EXECUTING_SHEPHERD, text, {})
            self.apply("exited", effect.job, effect.task, effect.run, end)

    def _signal(self, effect: SignalTask) -> None:
        job = self.engine.state.jobs.get(effect.job)
        if job is not None and effect.task in job.tasks:
            self.execd.signal(effect.job, job.tasks[effect.task], effect.action)
        else:
            self._end_forgotten()

    def _ordered(self) -> Iterator[tuple[int, Task]]:
        """Job numbers and tasks that execd has or had orders for: not simulated, on hosts that are there."""
        state = self.engine.state
        for job, task in state.running_tasks():
            is_running = (job.number, task.number) in state.running  # also after what was done for the others
            if is_running and job.spec.simulation is None and not is_away(state, task):
                yield job.number, task

    def _replace_lost_orders(self) -> None:
        """After the death of an execd: start one; give it the orders again that no shepherd has taken."""
        self.execd.restart()
        if self.execd.orders_lost:
            self.execd.orders_lost = False
            for number, task in self._ordered():
                if not self.execd.is_taken(number, task):
                    self._order(StartTask(number, task.number, task.run), again=True)

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
                if (int(number), int(task)) not in self.engine.state.running:
                    self._end_forgotten()
            else:
                end = self.faults.changed_end(int(number), exit_of(values))
                self.apply("exited", int(number), int(task), int(run), end)
                self.execd.remove_spool(self.engine.state.config.hosts, int(number), int(task))
            path.unlink()

    def fresh_usage(self) -> None:
        """Take over what shepherds have seen of running jobs; for display only, so not recorded."""
        if time.monotonic() < self.usage_at:
            return
        self.usage_at = time.monotonic() + 1.0
        for job, task in self.engine.state.running_tasks():
            if job.spec.simulation is None:
                with contextlib.suppress(FileNotFoundError):
                    task.usage = json.loads((self.execd.spool(job.number, task) / "usage").read_text())

    def recover(self) -> None:
        """After a start: take in what happened while no qmaster ran."""
        self.accounting.skip_written([line.text for line in self.engine.state.accounting], self.apply)
        self.look()
        self._repeat_signals()
        self.execd.remove_scripts_but(self.engine.state.jobs)

    def _repeat_signals(self) -> None:
        """What the qmaster before this one had on record, and may not have come to tell."""
        state = self.engine.state
        for number, task in self._ordered():
            repeat_signals(state, state.jobs[number], task)
            if not state.effects and self.execd.is_suspended(number, task):
                signal(state, state.jobs[number], task, "resume")
            self._effects()

    def _end_forgotten(self) -> None:
        """End what runs of tasks that the qmaster does not have any more: they were deleted by force."""
        state = self.engine.state
        here = {
            (task.granted[0].host, job.number, task.number)
            for job, task in state.running_tasks()
            if job.spec.simulation is None
        }
        for host, number, task, spool in self.execd.spools(state.config.hosts):
            if host not in state.away and (host, number, task) not in here:
                self.execd.end_at_once(spool)

    def look(self) -> None:
        """Take in reports, start what was lost on its way to a shepherd, end what died without a report."""
        self.read_reports()
        self._end_forgotten()
        self._replace_lost_orders()
        for number, task in self._ordered():
            if self.execd.is_taken(number, task) and self.execd.shepherd_pid(number, task) is None:
                run = task.run
                self.read_reports()
                self.execd.note_orphans()
                text = "[0:0]: shepherd died before writing exit_status"
                end = never_ran(failures.NO_EXIT_STATUS, text, {})
                self.apply("exited", number, task.number, run, end)

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
