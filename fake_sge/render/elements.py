"""Elements of ``qstat -xml``: lines of text, indented by two blanks for each level."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model import HostPath, Job, MailTo, Range
from ..model.flavours import Flavour
from .formats import xml_escape

HEAD = "<?xml version='1.0'?>\n"

Rows = list[str]
Entries = tuple[str, list[Rows]]  # of a list: the tag of each, and its rows


def opening(flavour: Flavour, tag: str, schema: str) -> str:
    """The XML declaration and the start of the root element."""
    return f'{HEAD}<{tag}  xmlns:xsd="{flavour.schema.format(schema)}">\n'


def leaf(depth: int, tag: str, value: object) -> str:
    """An element with a text."""
    text = xml_escape(value) if isinstance(value, str) else str(value)
    return f"{'  ' * depth}<{tag}>{text}</{tag}>\n"


def flag(depth: int, tag: str, value: bool) -> str:
    """An element with true or false."""
    return leaf(depth, tag, "true" if value else "false")


def block(depth: int, tag: str, rows: Iterable[str]) -> str:
    """An element with children; nothing without children."""
    body = "".join(rows)
    return f"{'  ' * depth}<{tag}>\n{body}{'  ' * depth}</{tag}>\n" if body else ""


def list_of(tag: str, item: str, entries: Iterable[Rows]) -> str:
    """A list of a job: each entry is an element with its rows."""
    return block(3, tag, [f"        <{item}>\n{''.join(rows)}        </{item}>\n" for rows in entries])


def member(tag: str, value: object) -> str:
    """A member of a job: a list, a single value, or nothing for None."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return list_of(tag, *value)
    return flag(3, tag, value) if isinstance(value, bool) else leaf(3, tag, value)


def paths(found: Sequence[HostPath]) -> Entries:
    """Paths with their hosts."""
    rows = [
        [
            leaf(5, "PN_path", piece.path),
            leaf(5, "PN_host", piece.host or ""),
            leaf(5, "PN_file_host", ""),
            flag(5, "PN_file_staging", False),
        ]
        for piece in found
    ]
    return "path_list", rows


def addresses(job: Job) -> Entries:
    """Addresses of -M are in ``mail_list`` elements, the default one in an ``element``."""
    spec = job.spec
    default = spec.mail_to == (MailTo(spec.owner, spec.submit_host),)
    rows = [[leaf(5, "MR_user", user), leaf(5, "MR_host", host or "")] for user, host in spec.mail_to]
    return "element" if default else "mail_list", rows


def variables(item: str, found: Iterable[tuple[str, str | None]]) -> Entries:
    """Variables; one without a value has no VA_value."""
    rows = [
        [leaf(5, "VA_variable", name), leaf(5, "VA_value", value) if value is not None else ""]
        for name, value in found
    ]
    return item, rows


def queues(names: Sequence[str]) -> Entries:
    """Requested queues."""
    return "destin_ident_list", [[leaf(5, "QR_name", name)] for name in names]


def jobs(item: str, numbers: Sequence[int]) -> Entries:
    """Numbers of jobs."""
    return item, [[leaf(5, "JRE_job_number", number)] for number in numbers]


def names_of_jobs(words: Sequence[str]) -> Entries:
    """Jobs as they were named."""
    return "element", [[leaf(5, "JRE_job_number", 0), leaf(5, "JRE_job_name", word)] for word in words]


def ranges(item: str, found: Sequence[Range]) -> Entries:
    """Ranges of tasks or slots."""
    names = ("RN_min", "RN_max", "RN_step")
    return item, [[leaf(5, *pair) for pair in zip(names, piece)] for piece in found]


def arguments(words: Sequence[str], ids: bool) -> Entries:
    """Arguments of a job; an empty one has no ST_name. ``ids``: each has an ST_id."""
    return "element", [
        [leaf(5, "ST_name", word) if word else "", leaf(5, "ST_id", 0) if ids else ""] for word in words
    ]
