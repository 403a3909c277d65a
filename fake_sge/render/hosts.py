"""qhost: hosts, their queues and jobs, as a table or XML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..lighter import record
from ..model import QueueInstance
from ..model.flavours import Flavour
from .elements import HEAD
from .formats import Clock, finished, fixed, xml_escape
from .listing import Line
from .offers import Resource
from .queues import state_letters
from .table import Columns, plain_table

_SCHEMA = "http://arc.liv.ac.uk/repos/darcs/sge/source/dist/util/resources/schemas/qhost/qhost.xsd"
_TOPOLOGY = ("m_socket", "m_core", "m_thread")
_TITLES = ("HOSTNAME", "ARCH", "NCPU", "NSOC", "NCOR", "NTHR", "LOAD", "MEMTOT", "MEMUSE", "SWAPTO", "SWAPUS")
_VALUES = (
    "arch_string",
    "num_proc",
    *_TOPOLOGY,
    "load_avg",
    "mem_total",
    "mem_used",
    "swap_total",
    "swap_used",
)
_WIDTHS = (4, 4, 4, 4, 5, 7, 7, 7, 7)
_NUMBER = re.compile(r"([-+.\d]+)(.*)")


@record(frozen=True)
class HostView:
    """A host: ``values`` in the order of the columns, and what was asked for besides."""

    name: str
    values: Mapping[str, str]
    resources: Sequence[Resource] = ()
    queues: Sequence[tuple[QueueInstance, Sequence[Line]]] = ()


def host_values(loads: Mapping[str, str], printed: Mapping[str, str]) -> Mapping[str, str]:
    """The columns of a host. ``printed``: load values as ``-F`` prints them; "-" where there is none."""
    result = {}
    for name in _VALUES:
        source = "arch" if name == "arch_string" else name
        text = printed[source] if source in loads else "-"
        if source in loads and name not in ("arch_string", "num_proc", *_TOPOLOGY):
            text = _shortened(text, 2 if name == "load_avg" else 1)
        result[name] = text
    return result


def _shortened(text: str, digits: int) -> str:
    """``23.541G`` with fewer digits."""
    found = _NUMBER.fullmatch(text)
    return f"{float(found.group(1)):.{digits}f}{found.group(2)}" if found else text


class HostTable:
    """``qhost [-q] [-j] [-F] [-ncb]``."""

    def __init__(self, clock: Clock, topology: bool, queues: bool, selected: bool) -> None:
        self._topology = topology
        self._queues = queues
        self._selected = selected  # -F with names
        self._table = plain_table(Columns(by_slot=True, full=queues, width=10), clock, "   ")

    def text(self, hosts: Sequence[HostView]) -> str:
        """Everything; nothing at all without a host."""
        if not hosts:
            return ""
        out = [self._row(_TITLES[0], _TITLES[1:]), "-" * (94 if self._topology else 79) + "\n"]
        headed = self._queues
        named = not self._selected
        for host in hosts:
            out.append(self._row(host.name, [host.values[name] for name in _VALUES]))
            for item in host.resources:
                out.append(
                    ("" if named else "    Host Resource(s):   ") + f"   {item.dominance}:{item.name}="
                    f"{item.value}\n"
                )
                named = True
            for instance, lines in host.queues:
                if self._queues:
                    out.append(_queue_row(instance))
                if lines and not headed:
                    out.append(self._table.header())
                    headed = True
                out += self._table.rows(lines)
            named = not self._selected
        return "".join(out)

    def _row(self, name: str, cells: Sequence[str]) -> str:
        pairs = [
            (cell, width)
            for index, (cell, width) in enumerate(zip(cells[1:], _WIDTHS))
            if self._topology or index not in (1, 2, 3)
        ]
        return f"{name:<23} {fixed(cells[0], 13)}" + " ".join(f"{cell[:w]:>{w}}" for cell, w in pairs) + "\n"


def _queue_row(instance: QueueInstance) -> str:
    slots = f"{instance.reserved}/{instance.used}/{instance.slots} "
    return (
        f"   {instance.queue.name:<20} {fixed(instance.queue.qtype, 5)} {fixed(slots, 14)}"
        f"{state_letters(instance.state)}\n"
    )


def _value(tag: str, attributes: str, text: str) -> str:
    return f"   <{tag} {attributes}>{text}</{tag}>\n"


class HostXml:
    """``qhost -xml``."""

    def __init__(self, flavour: Flavour, topology: bool, queues: bool) -> None:
        self._flavour = flavour
        self._topology = topology
        self._queues = queues

    def document(self, hosts: Sequence[HostView]) -> str:
        """The whole document."""
        rows = "".join(self._host(host) for host in hosts)
        return finished(self._flavour, f'{HEAD}<qhost xmlns:xsd="{_SCHEMA}">\n{rows}</qhost>\n')

    def _host(self, host: HostView) -> str:
        rows = [f" <host name='{xml_escape(host.name)}'>\n"]
        rows += [
            _value("hostvalue", f"name='{name}'", xml_escape(host.values[name]))
            for name in _VALUES
            if self._topology or name not in _TOPOLOGY
        ]
        rows += [
            _value(
                "resourcevalue",
                f"name='{xml_escape(item.name)}' dominance='{item.dominance}'",
                xml_escape(item.value),
            )
            for item in host.resources
        ]
        for instance, lines in host.queues:
            if self._queues:
                rows += self._queue(instance)
            for line in lines:
                rows += self._job(line)
        return "".join(rows) + " </host>\n"

    @staticmethod
    def _queue(instance: QueueInstance) -> list[str]:
        name = xml_escape(instance.queue.name)
        values = (
            ("qtype_string", instance.queue.qtype),
            ("slots_used", str(instance.used)),
            ("slots", str(instance.slots)),
            ("slots_resv", str(instance.reserved)),
            ("state_string", state_letters(instance.state)),
        )
        rows = [_value("queuevalue", f"qname='{name}' name='{key}'", value) for key, value in values]
        return [f" <queue name='{name}'>\n", *rows, " </queue>\n"]

    def _job(self, line: Line) -> list[str]:
        job = line.job
        place = line.granted.instance if line.granted is not None else ""
        values: list[tuple[str, str | None]] = [
            ("priority", f"'{line.priority:f}'"),
            ("qinstance_name", xml_escape(place)),
            ("job_name", xml_escape(job.spec.name)),
            ("job_owner", xml_escape(job.spec.owner)),
            ("job_state", line.state),
            ("start_time", str(int(line.task.start_time if line.task else 0))),
            ("queue_name", None if self._queues else xml_escape(place)),
            ("pe_master", line.master or ""),
            ("taskid", line.tasks if job.spec.is_array else None),
        ]
        rows = [
            _value("jobvalue", f"jobid='{job.number}' name='{key}'", value)
            for key, value in values
            if value is not None
        ]
        return [f" <job name='{job.number}'>\n", *rows, " </job>\n"]
