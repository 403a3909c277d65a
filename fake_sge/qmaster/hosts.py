"""Hosts that fail and come back: the processes of their jobs, and what the qmaster is told."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from ..engine.hosts import tasks_on
from ..execution.processes import descendants, send_signal, start_ticks
from ..lighter import Any
from ..model import Host, Status
from ..settings import near
from .qmaster import Qmaster


def host_named(qmaster: Qmaster, name: str) -> Host:
    """An execution host. Raises ValueError with the name that was probably meant."""
    hosts = qmaster.engine.state.config.hosts
    if name not in hosts:
        raise ValueError(f"there is no host {name!r}{near(name, hosts)}")
    return hosts[name]


def host_down(qmaster: Qmaster, host: str, noticed: bool, crashed: bool) -> None:
    """A host is gone; ``crashed``: with all that runs there."""
    host_named(qmaster, host)
    qmaster.read_reports()
    if crashed:
        _overtake_orders(qmaster, host)
    _note_started(qmaster, host)
    qmaster.apply("host_down", host, noticed, crashed)
    if crashed:
        for spool in _spools(qmaster, host):
            _end_all(spool)


def _overtake_orders(qmaster: Qmaster, host: str) -> None:
    """No shepherd takes an order that the crash meets on its way: that job is lost, too."""
    for spool in _spools(qmaster, host):
        if (spool / "order").exists():
            with contextlib.suppress(FileExistsError), (spool / "pid").open("x") as claimed:
                claimed.write("0 0\n")


def _note_started(qmaster: Qmaster, host: str) -> None:
    """What a shepherd has taken runs, though it may not have reported that yet: a crash must end it, too."""
    for job, task in tasks_on(qmaster.engine.state, host):
        if task.status is Status.TRANSFERRING and qmaster.execd.is_taken(job.number, task):
            qmaster.apply("started", job.number, task.number, task.run)


def host_up(qmaster: Qmaster, host: str) -> None:
    """A host is back; jobs that the qmaster has forgotten meanwhile, or reruns elsewhere, are ended."""
    lost = {(job, task) for job, task, _ in host_named(qmaster, host).lost}
    for spool in _spools(qmaster, host):
        number, task = map(int, spool.name.split("."))
        if (number, task) in lost or not _runs_here(qmaster, host, number, task):
            _end_all(spool)
            with contextlib.suppress(OSError, ValueError):
                shutil.rmtree(json.loads((spool / "order").read_text())["tmpdir"])
            shutil.rmtree(spool)
            for report in qmaster.layout.reports.glob(f"{number}.{task}.*"):
                report.unlink()
    _note_started(qmaster, host)
    qmaster.apply("host_up", host)
    qmaster.read_reports()


def host_load(qmaster: Qmaster, host: str, values: Mapping[str, Any]) -> None:
    """A host reports other load values."""
    known = host_named(qmaster, host).load_values
    for value in values:
        if value not in known and qmaster.engine.state.config.complex_named(value) is None:
            raise ValueError(f"a host reports no {value!r}{near(value, known)}")
    qmaster.apply("host_load", host, dict(values))


def _runs_here(qmaster: Qmaster, name: str, number: int, task: int) -> bool:
    found = tasks_on(qmaster.engine.state, name)
    return (number, task) in [(job.number, item.number) for job, item in found]


def _spools(qmaster: Qmaster, name: str) -> list[Path]:
    return sorted((qmaster.layout.execd / name / "active_jobs").glob("*.*"))


def _end_all(spool: Path) -> None:
    """End a shepherd and its job at once and without a word, as when the power fails."""
    try:
        pid, ticks = (spool / "pid").read_text().split()
    except (OSError, ValueError):
        return
    shepherd = int(pid)
    if start_ticks(shepherd) != ticks:
        return
    send_signal(shepherd, signal.SIGSTOP)  # it must not report the ends
    while found := [one for one in descendants(shepherd) if start_ticks(one)]:
        for one in found:
            send_signal(one, signal.SIGKILL)
    send_signal(shepherd, signal.SIGKILL)
