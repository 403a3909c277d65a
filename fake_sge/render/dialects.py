"""What other Grid Engines print instead of 8.1.9, for a cell with another ``flavour``.

Their XML is made from that of 8.1.9: other namespaces, times, tags and wrappers (``tests/data/flavours``).
Of what qstat prints as text only the version line and the accounting blocks differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable

from ..model import Job, Status, Task
from ..model.accounting import RUSAGE, Record
from .detail_xml import SCHEMAS
from .formats import Clock, memory, xml_escape
from .qacct_text import FAILED_TEXTS
from .usage import BANNER

_OCS = "https://github.com/hpc-gridware/clusterscheduler/raw/master/source/dist/util/resources/schemas/qstat/qstat.xsd"
_SUN = (
    "http://gridengine.sunsource.net/source/browse/*checkout*/gridengine/source/dist/util/resources/schemas/"
    "qstat/qstat.xsd?revision=1.11"
)
_UNIVA = (
    'http://www.univa.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation='
    '"file:///opt/uge/util/resources/schemas/8.6.6/qstat/qstat.xsd'
)


@dataclass(frozen=True)
class Dialect:
    """``digits`` of fractions of seconds; ``malformed``: unknown jobs are in an element without a name."""

    name: str
    banner: str
    namespace: str
    digits: int = 0
    submission_tag: str = "JB_submission_time"
    malformed: bool = False
    flat: bool = False  # lists of qstat -j without a wrapper for each item
    request_sets: bool = False  # requests of qstat -j in JB_request_set_list
    communication: str = "comunication_error"


DIALECTS = {
    item.name: item
    for item in (
        Dialect("sge-8.1.9", BANNER, f"{SCHEMAS}/qstat.xsd"),
        Dialect("sge-6.2u5", "GE 6.2u5", _SUN, malformed=True),
        Dialect("uge-8.6", "UGE 8.6.6", _UNIVA, digits=3, flat=True),
        Dialect(
            "ocs-9.0",
            "OCS 9.0.10",
            _OCS,
            digits=6,
            submission_tag="JAT_submission_time",
            malformed=True,
            request_sets=True,
            communication="communication_error",
        ),
    )
}
DEFAULT = DIALECTS["sge-8.1.9"]

Jobs = Callable[[int], "Job | None"]


def dialect_of(flavour: str) -> Dialect:
    """Raises ValueError for a flavour that the fake does not speak."""
    found = DIALECTS.get(flavour)
    if found is None:
        raise ValueError(f"unknown flavour {flavour!r}: one of {', '.join(DIALECTS)}")
    return found


def translate(text: str, dialect: Dialect, jobs: Jobs, clock: Clock) -> str:
    """What the dialect prints where 8.1.9 prints ``text``. ``jobs`` finds a job by its number."""
    if dialect is DEFAULT:
        return text
    if text.startswith(BANNER):
        return dialect.banner + text[len(BANNER) :]
    if "<unknown_jobs >" in text:
        return _unknown_jobs(text, dialect)
    text = text.replace("comunication_error", dialect.communication)
    for name in ("qstat", "detailed_job_info", "message"):
        text = text.replace(f'"{SCHEMAS}/{name}.xsd"', f'"{dialect.namespace}"')
    if "<job_info " in text:
        text = re.sub(r"(?m)^ +<load_avg>.*\n", "", text)
        text = text.replace("JB_submission_time", dialect.submission_tag)
        if dialect.flat:
            text = re.sub(r"(?m)^( +)<queue_name>.*\n", r"\g<0>\1<jclass_name></jclass_name>\n", text)
        return _with_fractions(text, dialect, jobs)
    if "<detailed_job_info " in text:
        return _Details(dialect, jobs, clock).translate(text)
    return text


def _unknown_jobs(text: str, dialect: Dialect) -> str:
    text = text.replace("<unknown_jobs >", f'<unknown_jobs  xmlns:xsd="{dialect.namespace}">')
    if dialect.malformed:
        text = re.sub(r"(?m)^    (<ST_name>.*)\n", r"  <>\n    \1\n  </>\n", text)
    return text


def _fraction(seconds: float, digits: int) -> str:
    return f"{seconds % 1:.{digits}f}"[1:] if digits else ""


_LISTED = re.compile(r"(?s)(<job_list .*?<JB_job_number>(\d+)<.*?)(</job_list>)")
_TIME = re.compile(r"<(JAT_start_time|J\w+_submission_time|JB_deadline)>([^<]*)<")


def _with_fractions(text: str, dialect: Dialect, jobs: Jobs) -> str:
    if not dialect.digits:
        return text

    def one(found: re.Match[str]) -> str:
        body, job = found.group(1), jobs(int(found.group(2)))
        number = re.search(r"<tasks>(\d+)</tasks>", body)
        task = job.tasks.get(int(number.group(1)) if number else 1) if job is not None else None

        def stamp(match: re.Match[str]) -> str:
            exact = job.submission_time if job is not None else 0.0
            if match.group(1) == "JAT_start_time":
                exact = task.start_time if task is not None else 0.0
            return f"<{match.group(1)}>{match.group(2)}{_fraction(exact, dialect.digits)}<"

        return _TIME.sub(stamp, body) + found.group(3)

    return _LISTED.sub(one, text)


def _take(text: str, tag: str) -> tuple[str, str]:
    """A top-level element of a job, and the text without it."""
    found = re.search(rf"(?ms)^      <{tag}>\n.*?^      </{tag}>\n", text)
    return (found.group(), text[: found.start()] + text[found.end() :]) if found else ("", text)


def _indent(text: str, by: str = "    ") -> str:
    return re.sub("(?m)^(?=.)", by, text)


class _Details:
    """``qstat -j -xml``."""

    def __init__(self, dialect: Dialect, jobs: Jobs, clock: Clock) -> None:
        self._dialect = dialect
        self._jobs = jobs
        self._clock = clock

    def translate(self, text: str) -> str:
        text = re.sub(
            r"(?ms)^    <element>\n      <JB_job_number>(\d+)<.*?^    </element>\n", self._job, text
        )
        if not self._dialect.flat:
            return text
        text = re.sub(r"(?s)  <messages>\n    <element>\n(.*?)    </element>\n  </messages>\n", r"\1", text)
        return re.sub(r"(?m)^    <(/?)element>\n", "", text)

    def _job(self, found: re.Match[str]) -> str:
        job = self._jobs(int(found.group(1)))
        body = re.sub(
            r"(?ms)^        <ulong_sublist>\n          <JAT_status>.*?^        </ulong_sublist>\n",
            lambda task: self._task(task.group(), job),
            found.group(),
        )
        if self._dialect.name == "sge-6.2u5":
            return re.sub(r"(?m)^      <JB_nurg>.*\n", "", body)
        if job is not None:
            body = re.sub(
                r"<JB_submission_time>\d+<", f"<JB_submission_time>{self._time(job.submission_time)}<", body
            )
        return self._in_request_set(body) if self._dialect.request_sets else self._flattened(body)

    def _time(self, seconds: float) -> str:
        if not seconds:
            return "0"
        if self._dialect.flat:
            return str(int(seconds * 1000))
        return self._clock.iso(seconds) + _fraction(seconds, self._dialect.digits)

    def _task(self, text: str, job: Job | None) -> str:
        if self._dialect.name == "sge-6.2u5":
            return re.sub(r"(?m)^          <JAT_(?:start_time|ntix)>.*\n", "", text)
        number = re.search(r"<JAT_task_number>(\d+)<", text)
        task = job.tasks.get(int(number.group(1))) if job is not None and number is not None else None
        if task is None:
            return text
        return self._task_rows(text, task)

    def _task_rows(self, text: str, task: Task) -> str:
        running = int(task.status) if task.status in (Status.RUNNING, Status.TRANSFERRING) else 0
        rows = [
            ("JAT_state", int(task.state) | running),
            ("JAT_status", int(task.status)),
            ("JAT_hold", int(task.hold)),
            ("JAT_task_number", task.number),
            ("JAT_job_restarted", int(task.restarts > 0)),
            ("JAT_start_time", self._time(task.start_time)),
        ]
        out = "".join(f"          <{tag}>{value}</{tag}>\n" for tag, value in rows)
        for tag in ("JAT_scaled_usage_list", "JAT_message_list"):
            found = re.search(rf"(?ms)^          <{tag}>.*?^          </{tag}>\n", text)
            out += found.group() if found else ""
        places = "".join(
            f"            <element>\n              <JG_qname>{xml_escape(place.instance)}</JG_qname>\n"
            f"              <JG_qversion>0</JG_qversion>\n"
            f"              <JG_qhostname>{xml_escape(place.host)}</JG_qhostname>\n"
            f"              <JG_slots>{place.slots}</JG_slots>\n            </element>\n"
            for place in task.granted
        )
        tag = "JAT_granted_destin_identifier_list"
        if places:
            out += f"          <{tag}>\n{places}          </{tag}>\n"
        return f"        <element>\n{out}        </element>\n"

    @staticmethod
    def _in_request_set(body: str) -> str:
        rows = ""
        for tag in ("hard_resource_list", "soft_resource_list", "hard_queue_list", "soft_queue_list"):
            found, body = _take(body, f"JB_{tag}")
            rows += _indent(found.replace(f"JB_{tag}", f"JRS_{tag}"))
        master, body = _take(body, "JB_master_hard_queue_list")
        sets = [(0, rows)] if rows else []
        if master:
            sets.append((1, _indent(master.replace("JB_master_hard_queue_list", "JRS_hard_queue_list"))))
        listed = "".join(
            f"        <ulong_sublist>\n          <JRS_scope>{scope}</JRS_scope>\n{text}"
            "          <JRS_ignore_slave_requests_on_master_host>false"
            "</JRS_ignore_slave_requests_on_master_host>\n        </ulong_sublist>\n"
            for scope, text in sets
        )
        if not listed:
            return body
        after = re.search(r"(?m)^      <JB_jobshare>.*\n", body)
        place = after.end() if after else 0
        return (
            f"{body[:place]}      <JB_request_set_list>\n{listed}      </JB_request_set_list>\n{body[place:]}"
        )

    @staticmethod
    def _flattened(body: str) -> str:
        keep = ("job_sublist", "task_id_range")
        return re.sub(
            r"(?m)^(?: {8}| {12})<(/?)(\w+)>\n",
            lambda found: found.group() if found.group(2) in keep else "",
            body,
        )


# ---- qacct -----------------------------------------------------------------------------------------
def _time_text(clock: Clock, seconds: float, dialect: Dialect) -> str:
    if not seconds:
        return "-/-"
    if dialect.name == "sge-6.2u5":
        return clock.ctime(seconds)
    day = clock.table(seconds) if dialect.flat else clock.iso(seconds).replace("T", " ")
    return day + _fraction(seconds, dialect.digits)


def accounting_rows(record: Record, clock: Clock, dialect: Dialect, failed: str) -> list[tuple[str, object]]:
    """Labels and values of ``qacct -j``. What a 45-field record lacks is in ``extra``, or NONE."""
    extra, modern = record.extra, dialect.name != "sge-6.2u5"
    rows: list[tuple[str, object]] = [
        ("qname", record.qname),
        ("hostname", record.hostname),
        ("group", record.group),
        ("owner", record.owner),
        ("project", record.project),
        ("department", record.department),
        ("jobname", record.job_name),
        ("jobnumber", record.job_number),
        ("taskid", record.task_number or "undefined"),
    ]
    if modern:
        rows.append(("pe_taskid", record.pe_taskid))
    rows += [("account", record.account), ("priority", record.priority)]
    if dialect.flat:
        rows += [(name, extra.get(name, "NONE")) for name in ("cwd", "submit_host", "submit_cmd")]
    rows.append(("qsub_time", _time_text(clock, record.submission_time, dialect)))
    if dialect.request_sets:
        rows.append(("submit_cmd_line", extra.get("submit_cmd_line", "NONE")))
    rows += [
        ("start_time", _time_text(clock, record.start_time, dialect)),
        ("end_time", _time_text(clock, record.end_time, dialect)),
        ("granted_pe", record.granted_pe),
        ("slots", record.slots),
        ("failed", failed),
    ]
    if dialect.flat:
        rows.append(("deleted_by", extra.get("deleted_by", "NONE")))
    wall = f"{record.ru_wallclock:.3f}" if dialect.flat else f"{record.ru_wallclock:.0f}"
    rows += [
        ("exit_status", record.exit_status),
        ("ru_wallclock", wall),
        ("ru_utime", f"{record.ru_utime:.3f}"),
        ("ru_stime", f"{record.ru_stime:.3f}"),
    ]
    rows += [(name, int(getattr(record, name))) for name in RUSAGE[2:]]
    if modern:
        rows.append(("wallclock", extra.get("wallclock", f"{record.ru_wallclock:.3f}")))
    rows += [(name, f"{getattr(record, name):.3f}") for name in ("cpu", "mem", "io", "iow")]
    return rows + _last_rows(record, dialect)


def _last_rows(record: Record, dialect: Dialect) -> list[tuple[str, object]]:
    extra = record.extra
    peak: object = int(record.maxvmem) if dialect.request_sets else memory(record.maxvmem)
    rows: list[tuple[str, object]] = [("ioops", extra.get("ioops", "0"))] if dialect.flat else []
    rows.append(("maxvmem", peak))
    if dialect.name != "sge-6.2u5":
        rows.append(("maxrss", extra.get("maxrss", "0.000" if dialect.flat else "0")))
    if dialect.flat:
        rows.append(("maxpss", extra.get("maxpss", "0.000")))
    rows.append(("arid", record.arid or "undefined"))
    if dialect.flat:
        rows += [("jc_name", extra.get("jc_name", "NONE")), ("bound_cores", extra.get("bound_cores", "NONE"))]
    return rows


def failed_text(record: Record, dialect: Dialect) -> str:
    """The value of ``failed``: only a number when nothing failed."""
    if not record.failed:
        return f"{record.failed:<5}" if dialect.name == "sge-6.2u5" else "0"
    return f"{record.failed:<3} : {FAILED_TEXTS.get(record.failed, 'invalid execution state')}"


def accounting_block(rows: Sequence[tuple[str, object]], dialect: Dialect) -> str:
    """The block of a record: the line of equal signs, then labels and values."""
    width = 35 if dialect.request_sets else 13
    return "=" * 62 + "\n" + "".join(f"{label[: width - 1]:<{width}}{value!s:<20}\n" for label, value in rows)
