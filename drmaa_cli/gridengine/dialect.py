"""Which Grid Engine this is and what it can do: from what it shows, never from its version number.

What is looked at: the head and the option words of ``qstat -help``, the schema that a listing names, the
accounting file's name and lines, and the configuration. Sources: captures ``help.*``, ``state.*`` and
``qacct.*`` (``accounting_lines``) of five engines; the schemas of the others are those of the fixtures;
``gdi_request_limits`` is that of public documentation.

The readers take every form without being told which engine it is. Where something differs that no answer
shows by itself, it is a feature here, and whoever needs it asks the feature and not the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from drmaa_cli.gridengine.probe import banner
from drmaa_cli.gridengine.records import JSON_FILE, PLAIN_FILE, AccountingRecord, CommandResult
from drmaa_cli.typed import NamedTuple

__all__ = [
    "JSON_FILE",
    "PLAIN_FILE",
    "Features",
    "Flavour",
    "flavour",
    "is_parallel_success",
]


# The first word of the banner, where it is one engine's own.
_BANNERS = {
    "OCS": "Open Cluster Scheduler",
    "GCS": "Gridware Cluster Scheduler",
    "UGE": "Univa Grid Engine",
    "AGE": "Altair Grid Engine",
    "OGS/GE": "Open Grid Scheduler",
}
# A part of the address of qstat's schema: the engines that call themselves SGE or GE differ in it.
_SCHEMAS = {
    "hpc-gridware/clusterscheduler": "Open Cluster Scheduler",
    "univa.com": "Univa Grid Engine",
    "gridscheduler": "Open Grid Scheduler",
    "sunsource.net": "Sun Grid Engine",
    "arc.liv.ac.uk": "Son of Grid Engine",
    "github.com/gridengine": "Univa Grid Engine",
}
_REVISION = re.compile(r"r[0-9]*\.[0-9a-f]*")  # daimh/sge counts revisions: r. where it knows none
_REVISIONS_NAME = "Some Grid Engine"
_ANY_NAME = "Grid Engine"

_SCHEMA = re.compile(rb"\bxmlns:xsd\s*=\s*[\"']([^\"']*)")
_HEAD = 4096  # bytes: the root element's start tag lies within
_STATES = re.compile(r"\[-s \{([^}\n]*)\}")
_OPTION = re.compile(r"^\s*\[(-\w+)", re.MULTILINE)
_FRACTION = re.compile(rb"_time>[^<]*\.[0-9]{6}<")
_JSON_TIME = re.compile(rb'"end_time":[1-9][0-9]{15}')
_UNIVA_FIELDS = 52


class Features(NamedTuple):
    """What an engine can do beyond what all can.

    Attributes:
        json_accounting: accounting is one JSON object a line, in ``accounting.jsonl``.
        deleted_by: accounting records have been seen, or have a field, that say who deleted a job.
        retained_jobs: ``qstat -s f`` lists jobs that have ended, if the cell keeps them.
        microseconds: times have been seen to carry them.
        json_output: qstat has an option for JSON.
        request_limits: the cell limits how many requests it takes in a second.
        qmaster_zone: qstat's times are in the qmaster's time zone, whatever the client's is.
        exit_of_parallel_jobs: a parallel job's own exit status is in its record, always.
    """

    json_accounting: bool = False
    deleted_by: bool = False
    retained_jobs: bool = False
    microseconds: bool = False
    json_output: bool = False
    request_limits: bool = False
    qmaster_zone: bool = False
    exit_of_parallel_jobs: bool = True


class Flavour(NamedTuple):
    """One of the engines that descend from Grid Engine.

    Attributes:
        name: what its makers call it; ``Grid Engine`` when it does not show which one it is.
        version: as it prints it; not always a number (``r.``, ``9.2.0prealpha``).
        banner: the head of its help, ``SGE 8.1.9``.
        features: what it can do.
    """

    name: str
    version: str
    banner: str
    features: Features

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def flavour(
    help_text: CommandResult,
    listing: bytes = b"",
    accounting: Iterable[bytes] = (),
    files: Iterable[str] = (),
    configuration: Mapping[str, str] | None = None,
) -> Flavour:
    """Recognise an engine.

    Args:
        help_text: the finished ``qstat -help``.
        listing: what ``qstat -xml`` printed, b'' when it was not asked.
        accounting: some lines of the accounting file.
        files: the names of the accounting files that are there.
        configuration: the global configuration.

    Raises:
        QmasterUnreachable, CommandFailed, UnreadableReply: see :func:`drmaa_cli.gridengine.probe.banner`.
    """
    head = banner(help_text)
    short, _, version = head.partition(" ")
    schema = _schema(listing)
    said = help_text.out + help_text.err
    options = set(_OPTION.findall(said))
    lines = list(accounting)
    here = set(files)
    json_lines = JSON_FILE in here or any(line.startswith(b"{") for line in lines)
    qmaster_zone = "-ectx" in options
    features = Features(
        json_accounting=json_lines,
        deleted_by=any(map(_names_deleter, lines)),
        retained_jobs=any("f" in letters.split("|") for letters in _STATES.findall(said)),
        microseconds=bool(_FRACTION.search(listing)) or any(map(_JSON_TIME.search, lines)),
        json_output=bool(options & {"-fmt", "-json"}),
        request_limits=(configuration or {}).get("gdi_request_limits", "NONE").upper() != "NONE",
        qmaster_zone=qmaster_zone,
        # Of those that write JSON, only one that has this option was seen to record it (special.pe_exit3).
        exit_of_parallel_jobs=qmaster_zone or not json_lines,
    )
    return Flavour(_name(short, version, schema), version, head, features)


def is_parallel_success(record: AccountingRecord) -> bool:
    """Whether a record tells of a parallel job's exit status 0, which may stand for another one.

    Two engines record 0 for a job in a parallel environment with ``control_slaves`` that started no slave
    task, whatever its exit status was (capture ``special.pe_exit3``). Nothing else shows it.
    """
    return record.granted_pe not in ("", "NONE") and record.failed == record.exit_status == 0


def _schema(listing: bytes) -> str:
    found = _SCHEMA.search(listing[:_HEAD])
    return found.group(1).decode("utf-8", "replace") if found else ""


def _name(short: str, version: str, schema: str) -> str:
    if short in _BANNERS:
        return _BANNERS[short]
    if _REVISION.fullmatch(version):
        return _REVISIONS_NAME
    return next((name for part, name in _SCHEMAS.items() if part in schema), _ANY_NAME)


def _names_deleter(line: bytes) -> bool:
    if line.startswith(b"{"):
        return b'"deleted_by":' in line
    return not line.startswith(b"#") and line.count(b":") + 1 >= _UNIVA_FIELDS
