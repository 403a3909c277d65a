"""The qmaster's side of the execution daemon: its process, its orders, what is spooled for its tasks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from ..execution.job_files import AT_ONCE, remove_tree
from ..execution.orders import Account, make_order
from ..execution.processes import send_signal, start_ticks
from ..execution.users import home_and_shell
from ..launch import command
from ..layout import Layout
from ..lighter import Any, replace
from ..model import CellConfig, Job, JobSpec, Task
from ..options import CellOptions
from .log import log


class Execd:
    """The process that forks the shepherds of all hosts, and the spool directories of their tasks.

    Attributes:
        orders_lost: orders may have been lost since this was last set to False: with an earlier qmaster, or
            with a process that died. Whoever gave them gives them again for tasks without a shepherd.
    """

    def __init__(self, layout: Layout, options: CellOptions, port: str) -> None:
        self.layout = layout
        self.orders_lost = True
        self._options = options
        self._ports = (port, str(int(port) + 1))
        self._accounts: dict[str, Account] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._has_orders = False

    # ---- the process -----------------------------------------------------------------------------
    def start(self) -> None:
        """Start the process, unless it runs. Raises OSError."""
        if self._process is not None and self._process.poll() is None:
            return
        log_file = str(self.layout.qmaster / "execd.messages")
        self._process = subprocess.Popen(
            command(self.layout, "fake-execd", log_file),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )
        self._has_orders = False

    def restart(self) -> None:
        """Start it again where it has died, which loses the orders it had not read."""
        if self._process is not None and self._process.poll() is not None:
            log.error("execd has died (exit code %d): it is started again", self._process.returncode)
            self.orders_lost = True
            try:
                self.start()
            except OSError as error:
                log.error("execd cannot be started: %s", error.strerror)

    def stop(self) -> None:
        """End it, when it has carried out its orders; shepherds go on."""
        if self._process is not None and self._process.stdin is not None:
            if not self._has_orders:
                self._process.kill()  # it may still be on its way
            self._process.stdin.close()
            self._process.wait()
            self._process = None

    # ---- orders ----------------------------------------------------------------------------------
    def order(self, config: CellConfig, job: Job, task: Task, again: bool = False) -> None:
        """Have a task started. Raises OSError when its files cannot be spooled.

        ``again``: the order may have been given before; then the first shepherd to take it has it.
        """
        account = self._account(job.owner)
        order = make_order(self.layout, config, job, task, account, self._ports, self._options.kill_grace)
        spool = self.spool(job.number, task)
        spool.mkdir(parents=True, exist_ok=True)
        if not again:
            (spool / "pid").unlink(missing_ok=True)
            (spool / "suspended").unlink(missing_ok=True)
        if job.spec.script is not None:
            self._spool_script(task.granted[0].host, job.number, job.spec.script)
        if task.granted_pe:
            lines = [f"{item.host} {item.slots} {item.instance} UNDEFINED\n" for item in task.granted]
            (spool / "pe_hostfile").write_text("".join(lines))
        _write_privately(spool / "order", json.dumps(order))
        self._send(spool / "order")

    def pe_task_order(
        self, config: CellConfig, job: Job, task: Task, spec: JobSpec, host: str, identifier: int
    ) -> dict[str, Any]:
        """What runs as a task that a parallel job has started, and where; ``spec`` is the command's."""
        first = next(piece for piece in task.granted if piece.host == host)
        there = replace(task, granted=(first, *(piece for piece in task.granted if piece is not first)))
        owner = replace(job, spec=spec)
        order = make_order(self.layout, config, owner, there, self._account(job.owner), self._ports, None)
        spool = f"{self.spool(job.number, task)}/{identifier}.{host}"
        env = {**order["env"], "SGE_JOB_SPOOL_DIR": spool}
        env.pop("PE_HOSTFILE", None)
        return {**{name: order[name] for name in ("program", "argv", "cwd")}, "env": env}

    def _account(self, user: str) -> Account:
        """The password entry of a user; a user unknown here gets / and /bin/sh."""
        if user not in self._accounts:
            home, shell = home_and_shell(user)
            self._accounts[user] = Account(user, self._options.home or home, shell)
        return self._accounts[user]

    def _spool_script(self, host: str, number: int, script: bytes) -> None:
        path = self.layout.job_script(host, number)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(script)
            path.chmod(0o755)

    def _send(self, order: Path) -> None:
        try:
            self.restart()
            self.start()
            assert self._process is not None
            assert self._process.stdin is not None
            self._has_orders = True
            self._process.stdin.write(os.fsencode(order) + b"\n")
        except OSError as error:  # it cannot be started, or dies in this moment
            log.error("execd has not got the order %s: %s", order, error.strerror)
            self.orders_lost = True

    # ---- tasks -----------------------------------------------------------------------------------
    def spool(self, number: int, task: Task) -> Path:
        """The spool directory of a task that has a host."""
        return self.layout.active_job(task.granted[0].host, number, task.number)

    def is_taken(self, number: int, task: Task) -> bool:
        """Whether a shepherd has taken the order for a task, alive or not."""
        return (self.spool(number, task) / "pid").exists()

    def shepherd_pid(self, number: int, task: Task) -> int | None:
        """The pid of a task's live shepherd."""
        return _live_shepherd(self.spool(number, task))

    def signal(self, number: int, task: Task, action: str) -> None:
        """Ask the shepherd of a task that runs to ``kill``, ``suspend`` or ``resume``."""
        pid = self.shepherd_pid(number, task)
        if pid is None:
            return
        wish = self.spool(number, task) / "suspended"
        if action == "suspend":
            wish.touch()
        elif action == "resume":
            wish.unlink(missing_ok=True)
        send_signal(pid, signal.SIGTERM if action == "kill" else signal.SIGUSR1)

    def is_suspended(self, number: int, task: Task) -> bool:
        """Whether the shepherd of a task was last asked to suspend it."""
        return (self.spool(number, task) / "suspended").exists()

    def spools(self, hosts: Iterable[str]) -> Iterator[tuple[str, int, int, Path]]:
        """What is spooled for tasks: host, job, task and the directory."""
        for host in hosts:
            for spool in (self.layout.execd / host / "active_jobs").glob("*.*"):
                number, _, task = spool.name.partition(".")
                yield host, int(number), int(task), spool

    def end_at_once(self, spool: Path) -> None:
        """End a task without a warning; what is left of one that nobody watches is removed."""
        try:
            (spool / "pid").touch(exist_ok=False)  # no shepherd takes it any more
        except FileExistsError:
            pid = _live_shepherd(spool)
            if pid is not None:
                (spool / AT_ONCE).touch()
                send_signal(pid, signal.SIGTERM)
                return
            self.note_orphans()
        try:
            tmpdir = json.loads((spool / "order").read_text())["tmpdir"]
        except FileNotFoundError:
            log.info("%s has no order", spool)
        else:
            remove_tree(tmpdir)
        shutil.rmtree(spool)

    def note_orphans(self) -> None:
        """A shepherd has died: the cell's end has to look for what its job may have left."""
        try:
            self.layout.orphans.touch()
        except OSError as error:  # a full disk
            log.error("%s: %s", self.layout.orphans, error.strerror)

    def remove_spool(self, hosts: Iterable[str], number: int, task: int) -> None:
        """Forget what was spooled for a task."""
        for host in hosts:
            spool = self.layout.active_job(host, number, task)
            if spool.is_dir():
                for item in spool.iterdir():
                    item.unlink(missing_ok=True)
                spool.rmdir()

    def remove_script(self, hosts: Iterable[str], number: int) -> None:
        """Forget the script of a job that is gone."""
        for host in hosts:
            self.layout.job_script(host, number).unlink(missing_ok=True)

    def remove_scripts_but(self, jobs: Container[int]) -> None:
        """Forget the scripts of all jobs besides these: when numbers begin again, others have them."""
        for script in self.layout.execd.glob("*/job_scripts/*"):
            if int(script.name) not in jobs:
                script.unlink()


def _live_shepherd(spool: Path) -> int | None:
    try:
        pid, ticks = (spool / "pid").read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if start_ticks(int(pid)) == ticks else None


def _write_privately(path: Path, text: str) -> None:
    """Write a file that nobody else may read, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    with open(fresh, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:  # an opener
        file.write(text)
    fresh.replace(path)
