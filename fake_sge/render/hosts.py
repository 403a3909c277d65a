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
from .offers import Offered
from .queues import state_letters
from .table import Columns, plain_table

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
_WIDE = (4, 4, 4, 4, 5, 6, 6, 6, 6)
_NUMBER = re.compile(r"([-+.\d]+)(.*)")


@record(frozen=True)
class HostView:
    """A host: ``values`` in the order of the columns, and what was asked for besides."""

    name: str
    values: Mapping[str, str]
    resources: Sequence[Offered] = ()
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

    def __init__(self, flavour: Flavour, clock: Clock, topology: bool, queues: bool, selected: bool) -> None:
        self._wide = flavour.wide_hosts
        self._columns = flavour.columns  # each has its blank, the last one, too
        self._topology = topology
        self._queues = queues
        self._selected = selected  # -F with names
        self._table = plain_table(Columns(by_slot=True, full=queues, width=10), clock, "   ")

    def text(self, hosts: Sequence[HostView]) -> str:
        """Everything; nothing at all without a host."""
        if not hosts:
            return ""
        title = self._row(_TITLES[0], _TITLES[1:])
        if self._columns:
            title = title.rstrip() + "\n"
        out = [title, "-" * (len(title) - 1) + "\n"]
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
            for index, (cell, width) in enumerate(zip(cells[1:], _WIDE if self._wide else _WIDTHS))
            if self._topology or index not in (1, 2, 3)
        ]
        blank = " " if self._columns else ""
        numbers = ("  " if self._wide else " ").join(f"{cell[:w]:>{w}}" for cell, w in pairs)
        return f"{name:<23} {fixed(cells[0], 13)}{blank}{numbers}{blank}\n"


def _queue_row(instance: QueueInstance) -> str:
    slots = f"{instance.reserved}/{instance.used}/{instance.slots} "
    return (
        f"   {instance.queue.name:<20} {fixed(instance.queue.qtype, 5)} {fixed(slots, 14)}"
        f"{state_letters(instance.state)}\n"
    )


class HostXml:
    """``qhost -xml``; of jobs in a nested document (OCS 9.2) nothing is recorded."""

    def __init__(self, flavour: Flavour, topology: bool, queues: bool) -> None:
        self._flavour = flavour
        self._topology = topology
        self._queues = queues
        self._nested = flavour.nested_hosts

    def _value(self, depth: int, tag: str, attributes: str, text: str) -> str:
        return f"{'   ' * (depth if self._nested else 1)}<{tag} {attributes}>{text}</{tag}>\n"

    def _inside(self, depth: int, tag: str, name: str, rows: Sequence[str]) -> list[str]:
        indent = "   " * depth if self._nested else " "
        return [f"{indent}<{tag} name='{name}'>\n", *rows, f"{indent}</{tag}>\n"]

    def document(self, hosts: Sequence[HostView]) -> str:
        """The whole document."""
        rows = "".join(self._host(host) for host in hosts)
        schema = self._flavour.hosts_schema
        return finished(self._flavour, f'{HEAD}<qhost xmlns:xsd="{schema}">\n{rows}</qhost>\n')

    def _host(self, host: HostView) -> str:
        rows = [
            self._value(2, "hostvalue", f"name='{name}'", xml_escape(host.values[name]))
            for name in _VALUES
            if self._topology or name not in _TOPOLOGY
        ]
        rows += [
            self._value(
                2,
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
        return "".join(self._inside(1, "host", xml_escape(host.name), rows))

    def _queue(self, instance: QueueInstance) -> list[str]:
        name = xml_escape(instance.queue.name)
        reserved = ("slots_resv", str(instance.reserved))
        values = [
            ("qtype_string", instance.queue.qtype),
            ("slots_used", str(instance.used)),
            ("slots", str(instance.slots)),
            ("state_string", state_letters(instance.state)),
        ]
        values.insert(1 if self._nested else 3, reserved)
        rows = [self._value(3, "queuevalue", f"qname='{name}' name='{key}'", value) for key, value in values]
        return self._inside(2, "queue", name, rows)

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
            self._value(3, "jobvalue", f"jobid='{job.number}' name='{key}'", value)
            for key, value in values
            if value is not None
        ]
        return self._inside(2, "job", str(job.number), rows)
