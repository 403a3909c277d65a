"""Elements of ``qstat -xml``: lines of text, indented by two blanks for each level."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model import HostPath, Job, MailTo, Range
from ..model.flavours import Flavour
from .formats import xml_escape

HEAD = "<?xml version='1.0'?>\n"

Rows = list[str]


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
    return block(3, tag, [block(4, item, rows) for rows in entries])


def path_list(tag: str, paths: Sequence[HostPath]) -> str:
    """Paths with their hosts."""
    return list_of(
        tag,
        "path_list",
        (
            [
                leaf(5, "PN_path", piece.path),
                leaf(5, "PN_host", piece.host or ""),
                leaf(5, "PN_file_host", ""),
                flag(5, "PN_file_staging", False),
            ]
            for piece in paths
        ),
    )


def mail_list(job: Job, addresses: Sequence[MailTo]) -> str:
    """Addresses of -M are in ``mail_list`` elements, the default one in an ``element``."""
    default = tuple(addresses) == (MailTo(job.spec.owner, job.spec.submit_host),)
    rows = ([leaf(5, "MR_user", user), leaf(5, "MR_host", host or "")] for user, host in addresses)
    return list_of("JB_mail_list", "element" if default else "mail_list", rows)


def pair_list(tag: str, item: str, pairs: Iterable[tuple[str, str | None]]) -> str:
    """Variables; one without a value has no VA_value."""
    return list_of(
        tag,
        item,
        (
            [leaf(5, "VA_variable", name), leaf(5, "VA_value", value) if value is not None else ""]
            for name, value in pairs
        ),
    )


def queue_list(tag: str, names: Sequence[str]) -> str:
    """Requested queues."""
    return list_of(tag, "destin_ident_list", ([leaf(5, "QR_name", name)] for name in names))


def number_list(tag: str, item: str, numbers: Sequence[int]) -> str:
    """Numbers of jobs."""
    return list_of(tag, item, ([leaf(5, "JRE_job_number", number)] for number in numbers))


def range_list(tag: str, item: str, ranges: Sequence[Range]) -> str:
    """Ranges of tasks or slots."""
    names = ("RN_min", "RN_max", "RN_step")
    return list_of(tag, item, ([leaf(5, *pair) for pair in zip(names, piece)] for piece in ranges))


def argument_list(words: Sequence[str], ids: bool) -> str:
    """Arguments of a job; an empty one has no ST_name. ``ids``: each has an ST_id."""
    rows = [
        f"        <element>\n{leaf(5, 'ST_name', word) if word else ''}{leaf(5, 'ST_id', 0) if ids else ''}"
        "        </element>\n"
        for word in words
    ]
    return block(3, "JB_job_args", rows)
