"""Execution hosts: -Ae, -Me, -me, -de, and the daemons that -ke, -kej and -km end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model import Host, Job, Range, Task, defaults
from ...model.cluster import GLOBAL_HOST, TEMPLATE_HOST
from ...model.operations import JobOperation
from ...model.requests import actor_of
from ...model.values import listed
from . import files, references, shown
from .change import ConfigChange
from .names import NO_HOST_NAME
from .refusal import ChangeRefused
from .words import parts_of, words_of

_ROWS = ("hostname", *(name for name in defaults.HOST if name != "processors"))
HOST_ROWS = _ROWS[1:]
_FIXED = "fake_sge: a cell gets its execution hosts when it is started"
_KILL_SECONDS = 20.0  # how long a host waits for the ends of the jobs it has killed


def from_file(adding: bool, change: ConfigChange, file: str) -> None:
    """``-Ae FILE`` and ``-Me FILE``."""
    try:
        rows = files.read(change.request, file, _ROWS, "e")
    except ChangeRefused as refused:
        raise ChangeRefused(*refused.lines, "invalid format", stops=True) from None
    change.manager()
    name = rows.pop("hostname")
    host = change.exec_host(name)
    if adding and host is not None:
        raise ChangeRefused(f'exechost "{host.name}" already exists')
    if adding:
        raise ChangeRefused(_FIXED)
    if host is None:
        raise ChangeRefused(f'denied: exechost "{name}" does not exist')
    _keep(change, host, rows)


def edit_new(change: ConfigChange, word: str = TEMPLATE_HOST) -> None:
    """``-ae [HOST]``: the editor has what this host has; no host is added."""
    change.manager()
    host = Host(TEMPLATE_HOST, attributes=defaults.HOST) if word == TEMPLATE_HOST else change.exec_host(word)
    if host is None:
        raise ChangeRefused(f"{word} is not an exec host")
    left = change.edit(
        shown.host({"hostname": host.name, **{key: host.attributes[key] for key in HOST_ROWS}})
    )
    if not left.changed:
        raise ChangeRefused("file unchanged")
    name = files.parse(left.text, left.file, _ROWS, "e")["hostname"]
    if name == TEMPLATE_HOST or change.exec_host(name) is not None:
        raise ChangeRefused(f'exechost "{name}" already exists')
    raise ChangeRefused(_FIXED)


def edit(change: ConfigChange, word: str) -> None:
    """``-me HOST``."""
    change.manager()
    host = change.exec_host(word)
    if host is None:
        raise ChangeRefused(f"{change.config.host_named(word)} is not an execution host")
    rows = {"hostname": host.name, **{key: host.attributes[key] for key in HOST_ROWS}}
    left = change.edit(shown.host(rows))
    try:
        given = files.parse(left.text, left.file, _ROWS, "e")
    except ChangeRefused as refused:
        raise ChangeRefused(*refused.lines, code=0) from None
    if not left.changed:
        raise ChangeRefused("file unchanged")
    named = change.exec_host(given.pop("hostname"))
    if named is None:
        raise ChangeRefused(f'denied: exechost "{word}" does not exist')
    _keep(change, named, given)


def _keep(change: ConfigChange, host: Host, rows: dict[str, str]) -> None:
    host.attributes.update(references.checked(change.config, "e", host.name, rows))
    change.done(f'{change.who} modified "{host.name}" in exechost list')


def delete(change: ConfigChange, words: str) -> None:
    """``-de HOSTS``; the first host is the qmaster's, and stays."""
    change.manager()
    config = change.config
    if not parts_of(words):
        raise ChangeRefused(NO_HOST_NAME)
    for word in parts_of(words):
        try:
            if word == GLOBAL_HOST:
                raise ChangeRefused('denied: pseudo host "global" may not be deleted')
            if word == TEMPLATE_HOST:
                raise ChangeRefused("fake_sge: the template of execution hosts stays as it is")
            name = change.host(word)
            if name not in config.hosts:
                raise ChangeRefused(f'denied: execution host "{name}" does not exist')
            _refuse_used(change, name)
        except ChangeRefused as refused:
            change.failed(*refused.lines)
            continue
        del config.hosts[name]
        change.done(f'{change.who} removed "{name}" from execution host list')


def _refuse_used(change: ConfigChange, name: str) -> None:
    """Raises ChangeRefused for a host that queues or groups have, and for the only one that must be there."""
    config = change.config
    for queue in (config.queues[item] for item in config.queues_as_changed):
        places = listed(queue.attributes["hostlist"])
        if any(place == name or name in config.hosts_in(place) for place in places):
            raise ChangeRefused(f'Host object "{name}" is still referenced in cluster queue "{queue.name}".')
    for group, hosts in config.host_groups.items():
        if name in hosts:
            raise ChangeRefused(f'Host object "{name}" is still referenced in host group "{group}".')
    if name == next(iter(config.hosts)):
        raise ChangeRefused("fake_sge: the qmaster's host is always an execution host")


def stop_daemons(change: ConfigChange, *words: str) -> None:
    """``-ke HOSTS``: their jobs go on; ``all`` is all of them."""
    _stop(change, words, False)


def stop_with_jobs(change: ConfigChange, *words: str) -> None:
    """``-kej HOSTS``: their jobs are killed, too, and mostly reported before the daemon ends (real cell)."""
    _stop(change, words, True)


def _stop(change: ConfigChange, words: Sequence[str], with_jobs: bool) -> None:
    if not words:
        raise ChangeRefused('Need a hostname or the keyword "all"')
    if not change.config.is_manager(change.request.user):
        raise ChangeRefused("shutting down execd requires manager privileges")
    kind = "shutdown and kill notification" if with_jobs else "shutdown notification"
    every = words[0] == "all" or not words_of(words[0])
    for word in change.config.hosts if every else words_of(words[0]):
        try:
            name = change.host(word)
            if name not in change.config.hosts:
                raise ChangeRefused(f'denied: execution host "{name}" does not exist')
        except ChangeRefused as refused:
            change.failed(*refused.lines)
            continue
        if not change.qmaster.config.hosts[name].up:
            unknown = f"failed sending {kind} to unknown execd host {name}"
            change.failed(f"no execd known on host {name}" if words[0] == "all" else unknown)
            continue
        if with_jobs:
            _end_jobs(change, name)
        change.qmaster.stop_host(name)
        change.said(f"sent {kind} to  execd host {name}")


def _end_jobs(change: ConfigChange, host: str) -> None:
    for job, task in list(_tasks_on(change, host)):
        only = [Range(task.number, task.number)]
        change.qmaster.operate(JobOperation.DELETE, job.number, only, actor_of(change.request), False)
    change.qmaster.wait_until(lambda: not list(_tasks_on(change, host)), _KILL_SECONDS)


def _tasks_on(change: ConfigChange, host: str) -> Iterator[tuple[Job, Task]]:
    for job in change.qmaster.jobs():
        for task in job.tasks.values():
            if task.granted and task.granted[0].host == host and task.finish is None:
                yield job, task


def stop_qmaster(change: ConfigChange) -> None:
    """``-km``."""
    if not change.config.is_manager(change.request.user):
        raise ChangeRefused("shutting down qmaster requires manager privileges")
    change.said(f"{change.who} kills qmaster")
    change.qmaster.stop()
