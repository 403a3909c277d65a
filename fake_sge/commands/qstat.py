"""qstat: jobs, queues, and everything about single jobs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Callable

from ..model import QueueInstance, QueueState
from ..model.flavours import Flavour
from ..model.requests import QmasterUnreachable, Reply, Request
from ..model.values import atof, atol
from ..render.detail_text_ocs import requested_details_ocs
from ..render.listing import DEFAULT_SHOW, Line, Scope, Selection, Show, parse_show
from ..render.listing_xml import JobListXml, document, summary_document
from ..render.offers import Offered, of_queue, shown_load
from ..render.queues import (
    QueueView,
    queue_heading,
    queue_resources,
    queue_text,
    queue_xml,
    summarize,
    summary_text,
    summary_xml_rows,
)
from ..render.table import Columns, JobTable, plain_table, requested_details, wide_table
from ..render.usage import OptionHelp, usage
from .interface.caller import read_as_caller
from .interface.environment import environment_error
from .interface.qmaster_interface import QmasterInterface
from .queries.qstat_details import show_jobs, show_messages, unreachable_reply
from .queries.queue_filter import BadState, NoQueues, QueueFilter, checked_states
from .queries.queue_reasons import queue_reasons
from .queries.switches import (
    ACCESS,
    ENVIRONMENTS,
    HELP,
    NCB,
    QUEUES,
    RESOURCES,
    STATES,
    Switches,
    parse_switches,
    refused,
)
from .times.local_time import qstat_clock

SWITCHES = (
    HELP,
    OptionHelp("-ext", "", "more columns: project, department, usage, tickets"),
    OptionHelp("-urg", "", "columns of the urgency that priorities are made of"),
    OptionHelp("-pri", "", "columns of all parts of the priority"),
    OptionHelp("-f", "", "every queue with the jobs that run in it, then the pending jobs"),
    OptionHelp("-F", "[NAMES]", "like -f, with the resources of each queue"),
    OptionHelp("-explain", "LETTERS", "why a queue is in state a, A, c or E"),
    OptionHelp("-ne", "", "leave out queues without jobs"),
    OptionHelp("-g", "LETTERS", "a line for each c cluster queue, d task, t slave task"),
    OptionHelp("-t", "", "slave tasks and their usage, as -g t"),
    OptionHelp("-r", "", "what the jobs have requested"),
    OptionHelp("-j", "[JOBS]", "all about some jobs; without a job why jobs do not run"),
    OptionHelp("-s", "LETTERS", "jobs that are p pending, r running, s suspended, z ended, h held, a any"),
    OptionHelp("-u", "USERS", "jobs of these users; * for all"),
    OptionHelp("-xml", "", "the answer as XML"),
    *(NCB, QUEUES, RESOURCES, STATES, ACCESS, ENVIRONMENTS),
)
_FURTHER = (
    OptionHelp("-ectx", "client|server", "where the answer is written"),
    OptionHelp("-fmt", "plain|json|xml", "the form of the answer; the fake has no JSON"),
)
_STATES_92 = OptionHelp(
    "-s", "{p|r|s|f|hu|ho|hs|hd|hj|ha|h|a}", "jobs in these states; f: ended and retained"
)


def switches_of(flavour: Flavour) -> tuple[OptionHelp, ...]:
    """The options; those of OCS 9.2 are its own (capture ``help.qstat``)."""
    if not flavour.retained:
        return SWITCHES
    return (*(_STATES_92 if option.switch == "-s" else option for option in SWITCHES), *_FURTHER)


_NEED_QUEUES = ("-f", "-explain", "-F", "-urg", "-qs", "-l", "-U", "-pe", "-q", "-g")
_HASHES = "#" * 76
_EXTENDED_HASHES = "#" * 110
_PENDING_TITLE = " - PENDING JOBS - PENDING JOBS - PENDING JOBS - PENDING JOBS - PENDING JOBS"
_FINISHED_TITLE = " --  FINISHED JOBS  -  FINISHED JOBS  -  FINISHED JOBS  -  FINISHED JOBS  --  "


class _Refused(Exception):
    """A command line that cannot be carried out; the reply says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def read_switches(request: Request) -> Switches:
    """The command line, with what the sge_qstat files add (captures ``defaults.*``)."""
    result = parse_switches(request.argv[1:], switches_of(request.flavour))
    for path in (f"{request.common_dir}/sge_qstat", f"{request.home}/.sge_qstat" if request.home else ""):
        if path:
            try:
                words = os.fsdecode(read_as_caller(request, path)).split()
            except (FileNotFoundError, NotADirectoryError, PermissionError):  # as if it were not there (real)
                continue
            result.add_defaults(parse_switches(words, switches_of(request.flavour)))
    return result


class _View:
    """The second stage: what the switches mean."""

    def __init__(self, request: Request, switches: Switches) -> None:
        self.switches = switches
        self.flavour = request.flavour
        self.show = DEFAULT_SHOW
        form = switches.words("-fmt")[-1:]
        if form == ["json"]:
            raise _Refused(Reply.of_text(1, "", "fake_sge has no JSON output of qstat\n"))
        self.xml = "-xml" in switches or form == ["xml"]
        self.users = [request.user if word == "$user" else word for word in switches.listed("-u")] or [
            request.user
        ]
        self.groups = self._groups()
        for word in switches.words("-s"):
            show = parse_show(word, request.flavour.retained)
            if show is None:
                text = (
                    usage(request.flavour, "qstat", switches_of(request.flavour))
                    + "ERROR! wrong argument to -s option\n"
                )
                raise _Refused(Reply.of_text(1, "", text))
            self.show = show
        self._check_states()
        last = switches.words("-F")[-1:]  # the others do not count
        names = [name.partition("=")[0] for word in last for name in word.split(",")]
        self.resources: list[str] | None = names if last else None
        self.full = any(name in switches for name in ("-f", "-explain", "-F"))
        self.need_queues = any(name in switches for name in _NEED_QUEUES)
        self.load_name = request.env.get("SGE_LOAD_AVG") or request.flavour.queue_load
        self.width = 30

    def _groups(self) -> str:
        letters = ""
        for word in self.switches.listed("-g"):
            for letter in word:
                if letter not in "cdt":
                    raise _Refused(Reply.of_text(1, "", f"wrong character '{letter}' for -g option\n"))
                letters += letter
        return letters

    def _check_states(self) -> None:
        for name in ("-explain", "-qs"):
            for word in self.switches.words(name):
                try:
                    checked_states(word)
                except BadState as error:
                    raise _Refused(Reply.of_text(1, "", f"error: {error}\n{error}\n")) from None

    def columns(self) -> Columns:
        has = self.switches.__contains__
        return Columns(
            extended=has("-ext"),
            urgency=has("-urg"),
            priority=has("-pri"),
            tasks=has("-t"),
            by_slot=has("-t") or "t" in self.groups,
            full=self.full,
            resources=has("-r"),
            binding="-ncb" not in self.switches,
            width=self.width,
            number=self.flavour.number_width,
        )

    def set_width(self, text: str | None, names: list[str]) -> None:
        """SGE_LONG_QNAMES: the width of the queue column; -1 fits the longest name (w1.longq*)."""
        if text is None:
            return
        self.width = atol(text)
        if self.width == -1:
            self.width = max([-1] + [len(name) for name in names])
        elif self.width < 10:
            self.width = 10


class _Listing:
    """One run of the table or its XML form."""

    def __init__(self, request: Request, qmaster: QmasterInterface, view: _View) -> None:
        self._qmaster = qmaster
        self._view = view
        self._clock = qstat_clock(request)
        self._config = qmaster.config
        self._filter = QueueFilter(view.switches, qmaster)
        self._instances = self._filter.selected() if view.need_queues else []
        if view.need_queues or "SGE_LONG_QNAMES" in request.env:
            names = [item.name for item in qmaster.queue_instances()] if view.need_queues else []
            view.set_width(request.env.get("SGE_LONG_QNAMES"), names)
        self._columns = view.columns()
        self._selection = self._selected_jobs()

    def _selected_jobs(self) -> Selection:
        view = self._view
        scope = Scope(
            view.show,
            view.users,
            self._columns.by_slot,
            "d" in view.groups,
            view.full,
            self._filter.job_filter(self._instances),
            view.flavour.zombie_state,
        )
        states: dict[str, QueueState] = {item.name: item.state for item in self._qmaster.queue_instances()}
        return Selection(
            self._qmaster.jobs(),
            scope,
            states,
            self._config,
        )

    def _shown_queues(self) -> list[QueueInstance]:
        if "-ne" in self._view.switches:
            return [item for item in self._instances if item.used]
        return self._instances

    def _pending(self) -> Iterator[Line]:
        listed = {item.name for item in self._shown_queues()} if self._view.need_queues else None
        return self._selection.pending(listed)

    def _queue_view(self, instance: QueueInstance) -> QueueView:
        view = self._view
        loads = self._qmaster.load_values(instance.host)
        value = shown_load(self._config, instance, loads, view.load_name)
        resources = (
            queue_resources(self._offered(instance, loads), self._config, view.resources, view.flavour)
            if "-F" in view.switches
            else ()
        )
        explain = "".join(view.switches.words("-explain")[-1:])
        reasons = queue_reasons(instance, loads, self._config, explain)
        return QueueView(
            instance,
            None if value is None else atof(value),
            shown_load(self._config, instance, loads, "arch"),
            resources,
            reasons,
        )

    def _offered(self, instance: QueueInstance, loads: Mapping[str, str]) -> list[Offered]:
        host = self._qmaster.used_of(f"host:{instance.host}")
        return of_queue(
            self._config,
            instance,
            loads,
            host,
            self._qmaster.used_of(f"queue:{instance.name}"),
            self._qmaster.used_of("host:global"),
            self._view.flavour,
        )

    def _zombies(self) -> list[Line]:
        if not self._view.show & Show.ZOMBIES:
            return []
        return list(self._selection.zombies(self._qmaster.zombies()))

    # ---- text -------------------------------------------------------------------------------------
    def text(self) -> Reply:
        columns = self._columns
        table = self._table()
        out: list[str] = []
        if columns.full:
            for index, instance in enumerate(self._shown_queues()):
                if index == 0:
                    out.append(queue_heading(self._view.flavour, self._view.load_name, columns.width))
                out.append(
                    queue_text(
                        self._view.flavour, self._queue_view(instance), columns.width, columns.extended
                    )
                )
                out += table.rows(self._selection.running(instance.name))
            out += self._section(_PENDING_TITLE, table.rows(self._pending()))
            out += self._section(_FINISHED_TITLE, table.rows(self._zombies()))
        else:
            for name in [item.name for item in self._shown_queues()] if self._view.need_queues else [None]:
                out += table.rows(self._selection.running(name))
            out += table.rows(self._pending())
            out += table.rows(self._zombies())
            if out:
                out.insert(0, table.header())
        return Reply.of_text(0, "".join(out))

    def _table(self) -> JobTable:
        details = self._details() if self._columns.resources else None
        if self._view.flavour.columns:
            return wide_table(self._columns, self._clock, details)
        return plain_table(self._columns, self._clock, details=details)

    def _section(self, title: str, rows: list[str]) -> list[str]:
        if not rows:
            return []
        rule = _HASHES + (_EXTENDED_HASHES if self._columns.extended else "")
        return [f"\n{rule}\n{title}\n{rule}\n", *rows]

    def _details(self) -> Callable[[Line], str]:
        flavour = self._view.flavour
        choices = flavour.details
        if choices is not None:
            return lambda line: requested_details_ocs(line, flavour.columns, choices.element_binding)
        return lambda line: requested_details(line, self._columns.binding, self._config)

    # ---- XML --------------------------------------------------------------------------------------
    def xml(self) -> Reply:
        writer = JobListXml(self._view.flavour, self._columns, self._clock, self._config)
        queues: list[str] = []
        if self._columns.full:
            for instance in self._shown_queues():
                rows = writer.rows(self._selection.running(instance.name), "running", 3)
                head = queue_xml(self._view.flavour, self._queue_view(instance))
                queues.append(f"    <Queue-List>\n{head}{''.join(rows)}    </Queue-List>\n")
        else:
            for name in [item.name for item in self._shown_queues()] if self._view.need_queues else [None]:
                queues += writer.rows(self._selection.running(name), "running")
        jobs = writer.rows(self._pending(), "pending") + writer.rows(self._zombies(), "zombie")
        return Reply.of_text(0, document(self._view.flavour, "".join(queues), "".join(jobs)))


def _cluster_summary(request: Request, qmaster: QmasterInterface, view: _View) -> Reply:
    instances = QueueFilter(view.switches, qmaster).selected()
    names = sorted(qmaster.config.queues)
    view.set_width(request.env.get("SGE_LONG_QNAMES"), names)
    by_queue: dict[str, list[QueueInstance]] = {}
    for item in instances:
        by_queue.setdefault(item.queue.name, []).append(item)

    def load_of(host: str) -> float | None:
        value = qmaster.load_values(host).get("np_load_avg")
        return None if value is None else atof(value)

    summaries = [summarize(name, by_queue[name], load_of) for name in names if name in by_queue]
    extended = "-ext" in view.switches
    if view.xml:
        return Reply.of_text(
            0,
            summary_document(
                request.flavour, "".join(summary_xml_rows(item, extended) for item in summaries)
            ),
        )
    return Reply.of_text(0, summary_text(request.flavour, summaries, view.width, extended))


def _run(request: Request, qmaster: QmasterInterface, switches: Switches) -> Reply:
    view = _View(request, switches)
    if "-j" in switches:
        words = _last_words(switches)
        clock = qstat_clock(request)
        if words:
            return show_jobs(words, request, qmaster, clock, view.xml, view.columns().binding)
        return show_messages(request, qmaster, view.xml)
    try:
        if "c" in view.groups:
            return _cluster_summary(request, qmaster, view)
        listing = _Listing(request, qmaster, view)
        return listing.xml() if view.xml else listing.text()
    except NoQueues as error:
        if request.flavour.server_times:
            return Reply.of_text(0, "", error.text)
        return Reply.of_text(error.qstat_code, "", error.text)
    except QmasterUnreachable as error:
        return unreachable_reply(request, error)


def _last_words(switches: Switches) -> list[str]:
    """``-j A B`` asks for B only; commas separate."""
    words = switches.words("-j")
    return [word for word in words[-1].split(",") if word] if words else []


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qstat."""
    problem = environment_error(request)
    if problem is not None:
        return problem
    switches = read_switches(request)
    problem = refused(request.flavour, "qstat", switches_of(request.flavour), switches)
    if problem is not None:
        return problem
    try:
        return _run(request, qmaster, switches)
    except _Refused as error:
        return error.reply
