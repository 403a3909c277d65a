"""qacct: reads the accounting file itself; asks the qmaster only for ``-l`` and queue domains."""

from __future__ import annotations

import bisect
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from ..model import CellConfig
from ..model.accounting import Check, Record, Unwanted, parse_line
from ..model.accounting_json import parse_json
from ..model.globs import glob_match
from ..model.requests import QmasterUnreachable, Reply, Request
from ..render.qacct_text import Column, Group, Totals, job_block, summary
from ..render.qacct_text_ocs import job_block_ocs
from ..render.usage import usage
from .interface.caller import read_as_caller
from .interface.environment import environment_error, unreachable_text
from .interface.qmaster_interface import QmasterInterface
from .queries.qacct_options import (
    COLUMN_ORDER,
    KEYS,
    OPTIONS,
    SORT_FIELDS,
    Options,
    Parser,
    Stop,
    usage_error,
)
from .queries.resource_requests import (
    Pair,
    ResourceRequest,
    UnknownResource,
    matches_host_and_queue,
    request_of,
    split_requests,
)
from .times.local_time import clock_for

NOTHING_YET = "no jobs running since startup\n"
NO_QUEUES = "No queues remaining after -q queue selection\n"


def _period(options: Options, now: Callable[[], float]) -> tuple[float | None, float | None]:
    """Begin and end with ``-d`` worked in; None is open."""
    begin, end = options.begin, options.end
    if options.days is not None:
        span = options.days * 86400
        if end is None and begin is not None:
            end = begin + span
        elif begin is None:
            begin = (end if end is not None else now()) - span
    return begin, end


def _checks(options: Options, queues: list[str], now: Callable[[], float]) -> dict[str, Check]:
    """What a record must satisfy, by the field at which qacct looks at it."""
    checks: dict[str, Check] = {}
    for name, value in options.values.items():
        checks[name] = lambda record, name=name, value=value: getattr(record, name) == value  # type: ignore[misc]
    host = options.values.get("hostname")

    def at_host(record: Record) -> bool:
        if host is not None and record.hostname.lower() != str(host).lower():
            return False
        return not queues or any(glob_match(q, f"{record.qname}@{record.hostname}") for q in queues)

    def is_job(record: Record) -> bool:
        if options.all_jobs or not options.one_job or record.job_number == options.job_number:
            return True
        return options.job_name is not None and glob_match(options.job_name, record.job_name)

    begin, end = _period(options, now)

    def in_time(record: Record) -> bool:
        when = record.end_time if options.by_end else record.start_time
        return (begin is None or when >= int(begin)) and (end is None or when <= int(end))

    def is_task(record: Record) -> bool:
        tasks = options.tasks
        if options.all_jobs or tasks is None or not tasks.first:
            return True
        return record.task_number in tasks.ids()

    checks["hostname"] = at_host
    checks["job_number"] = is_job
    checks["end_time"] = in_time
    checks["task_number"] = is_task
    if options.requests is not None:
        checks["start_time"] = lambda record: record.start_time != 0
    if options.master_only:
        checks["pe_taskid"] = lambda record: record.pe_taskid == "NONE"
    return checks


def _lines(path: str, request: Request) -> Iterator[str]:
    """The lines with their newlines, without comments and empty ones; ``-`` is standard input."""
    data = request.read_stdin() if path == "-" else read_as_caller(request, path)
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        if line and not line.startswith("#"):
            yield line + "\n"


class _Summary:
    """Totals, and usage by group when a key was given without a value."""

    def __init__(self, options: Options) -> None:
        self.total = Totals()
        self._flags = [name for name in COLUMN_ORDER if name in options.flags]
        self._groups: dict[tuple[object, ...], Totals] = {}
        self._order: list[tuple[tuple[object, ...], tuple[object, ...]]] = []

    def add(self, record: Record) -> None:
        self.total.add(record)
        if not self._flags:
            return
        key = tuple(getattr(record, name) for name in self._flags)
        if key not in self._groups:
            self._groups[key] = Totals()
            rank = tuple(getattr(record, name) for name in self._flags if name in SORT_FIELDS)
            # a new group goes before those that sort equal (real cell: -A lists accounts in reverse)
            self._order.insert(bisect.bisect_left([item[0] for item in self._order], rank), (rank, key))
        self._groups[key].add(record)

    def groups(self) -> list[Group] | None:
        if not self._flags:
            return None
        return [(dict(zip(self._flags, key)), self._groups[key]) for _, key in self._order]


class _Run:
    def __init__(self, request: Request, qmaster: QmasterInterface) -> None:
        self._request = request
        self._qmaster = qmaster
        self._clock = clock_for(request)
        self.out: list[str] = []
        self.err: list[str] = []

    def _now(self) -> float:
        try:
            return self._qmaster.now
        except QmasterUnreachable:
            return time.time()  # no cell, no cell's clock

    def _reply(self, code: int) -> Reply:
        return Reply.of_text(code, "".join(self.out), "".join(self.err))

    def run(self) -> Reply:
        options = Parser(self._request, self._now).parse()
        form = self._request.flavour.accounting
        path = options.file or f"{self._request.common_dir}/{form.file_name}"
        where = path if path == "-" else self._request.resolve(path)
        if path != "-" and not Path(where).exists():
            if form.json:
                return Reply.of_text(0, NOTHING_YET)
            self.err.append(f"{path}: {os.strerror(errno.ENOENT)}\n")
            return Reply.of_text(1, NOTHING_YET, "".join(self.err))
        selects = self._selector(options)
        checks = _checks(options, self._queue_patterns(options), self._now)
        table = _Summary(options)
        try:
            found, ignored = self._read(where, options, checks, selects, table)
        except OSError:
            self.err.append(f"error: {'error ' if form.json else ''}unable to open {path}\n")
            return Reply.of_text(1, NOTHING_YET, "".join(self.err))
        if ignored:
            self.err.append(f"{ignored} jobs ignored for accounting. Jobs' master queue no longer exists.\n")
            self.out.append("\n")
        return self._finish(options, found, table)

    def _read(
        self,
        path: str,
        options: Options,
        checks: dict[str, Check],
        selects: Callable[[Record], bool | None] | None,
        table: _Summary,
    ) -> tuple[bool, int]:
        found = False
        ignored = 0
        show = options.all_jobs or options.one_job
        parse = parse_json if self._request.flavour.accounting.json else parse_line
        for number, line in enumerate(_lines(path, self._request), 1):
            record: Record | str = parse(line, checks)
            if not isinstance(record, Record):
                if record == Unwanted.INVALID:
                    self.err.append(f"error: ignoring invalid entry in line {number}\n")
                continue
            found = True
            if selects is not None:
                selected = selects(record)
                ignored += selected is None
                if not selected:
                    continue
            if show:
                self.out.append(self._block(record))
            table.add(record)
        return found, ignored

    def _block(self, record: Record) -> str:
        form = self._request.flavour.accounting
        if form.json:
            return job_block_ocs(record, self._clock, form, self._now())
        return job_block(record, self._clock)

    def _finish(self, options: Options, found: bool, table: _Summary) -> Reply:
        tasks = options.tasks if options.tasks and options.tasks.first else None
        if options.one_job:
            if found:
                return self._reply(0)
            job = str(options.job_number) if options.job_number else options.job_name
            if tasks:
                name = job if options.job_number else f'"{job}"'
                self.err.append(f"error: Job-array tasks {name}.{tasks} not found\n")
            else:
                self.err.append(f"error: job {'id' if options.job_number else 'name'} {job} not found\n")
            return self._reply(1)
        if tasks:
            self.err.append(
                "error: -t option requires -j option with an argument\n"
                + usage(self._request.flavour, "qacct", OPTIONS)
            )
            return self._reply(1)
        self.out.append(summary(self._columns(options), table.groups(), table.total))
        return self._reply(0)

    @staticmethod
    def _columns(options: Options) -> list[Column]:
        titles = {key.field: key.title for key in KEYS.values()}
        return [
            Column(name, titles[name], options.values.get(name))
            for name in COLUMN_ORDER
            if name in options.flags or name in options.values
        ]

    def _queue_patterns(self, options: Options) -> list[str]:
        """Patterns for QUEUE@HOST; names with a host group are resolved by the qmaster."""
        if not any("@@" in word for word in options.queues):
            return [word if "@" in word[:-1] else word.rstrip("@") + "@*" for word in options.queues]
        self.err.append("error: Invalid sge_strtok_r call, last is NULL\n")
        try:
            names = [
                instance.name for word in options.queues for instance in self._qmaster.match_queues(word)
            ]
        except QmasterUnreachable as error:
            raise Stop(Reply.of_text(1, "", "".join(self.err) + unreachable_text(error))) from None
        if not names:
            raise Stop(Reply.of_text(1, "", "".join(self.err) + NO_QUEUES))
        return names

    def _selector(self, options: Options) -> Callable[[Record], bool | None] | None:
        """For ``-l``: whether a record's queue instance satisfies the requests; None: the queue is gone."""
        if options.requests is None:
            return None
        try:
            config = self._qmaster.config
            instances = {instance.name: instance for instance in self._qmaster.queue_instances()}
            pairs = split_requests(options.requests, config, bare=False)
        except QmasterUnreachable as error:
            raise Stop(Reply.of_text(1, "", unreachable_text(error))) from None
        except UnknownResource as error:
            raise usage_error(self._request.flavour, f"error: {error}\n") from None
        requests: list[ResourceRequest] = []

        def selects(record: Record) -> bool | None:
            instance = instances.get(f"{record.qname}@{record.hostname}")
            if instance is None:
                return None
            if not requests:
                requests.extend(_checked(pair, config) for pair in pairs)
            loads = self._qmaster.load_values(instance.host)
            return matches_host_and_queue(requests, instance, loads, config, self._qmaster.used_of)

        return selects


def _checked(pair: Pair, config: CellConfig) -> ResourceRequest:
    """One request. Raises Stop for a wrong one: the real qacct looks when it compares a record."""
    try:
        entry, value = request_of(pair, config)
    except UnknownResource as error:
        raise Stop(Reply.of_text(1, "", f"error: {error}\n")) from None
    is_pattern = any(letter in value for letter in "*?[!&|")
    if entry.type == "HOST" and not is_pattern and value not in (*config.known_hosts, *config.other_hosts):
        raise Stop(Reply.of_text(1, "", f'error: can\'t resolve hostname "{value}"\n'))
    return ResourceRequest(entry, value)


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qacct."""
    problem = environment_error(request)
    if problem is not None:
        return problem
    try:
        return _Run(request, qmaster).run()
    except Stop as stop:
        return stop.reply
