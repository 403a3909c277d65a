"""Grid Engine's almost-XML made readable, without ever guessing an end that was not printed.

The defects (captures ``qstat.j_xml_*``, ``qstat.xml_special_names``; fixtures ``sge-6.2u5_*``):

* ``<`` in a text is written ``%lt;`` by every release before Open Cluster Scheduler 9, which writes ``&lt;``;
* control characters and bytes that are not UTF-8 are copied as they are, and no encoding is declared;
* a list's name becomes a tag even when it has a blank in it (``<job ids>``, ``</mail list>``) or is empty
(``<>``);
* a task that a qmaster has read from its spool when it was started stands in ``<JATASK:     111.>`` (8.1.9,
fixture ``sge-8.1.9_qstat_j_restored.xml``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

from drmaa_cli.gridengine.replies import UnreadableReply
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lxml import etree

__all__ = [
    "Document",
    "prepare",
    "repair_tags",
    "stream",
    "text_of",
    "tree",
]

# XML 1.0, production 2: below the blank only tab, newline and carriage return are characters.
_FORBIDDEN = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D))
_NONCHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE and U+FFFF, which XML forbids
_NAMESPACE = re.compile(rb'(\sxmlns:\w+=)"[^"]*"')
_HEAD = 4096  # bytes: the root element's start tag lies within
_BLANK_IN_TAG = re.compile(rb"<(/?[A-Za-z_][\w.:-]*(?: [A-Za-z_][\w.:-]*)+) ?>")
_LABEL_AS_TAG = re.compile(rb"<(/?)([A-Za-z_]\w*): +[\w.]*>")
_NAMELESS_TAG = re.compile(rb"</?\s*/?>")


class Document(NamedTuple):
    """Bytes that a strict XML parser may read.

    Attributes:
        data: the document, from its declaration on.
        encoding: ``utf-8``, or ``iso-8859-1`` when the bytes are not UTF-8.
        noise: what stood before the document (a banner of the shell or the cell's wrapper), decoded. What
            stands after it is left out, too.
    """

    data: bytes
    encoding: str
    noise: str


def prepare(stdout: bytes) -> Document:
    """Find the document in a command's output and replace what no parser can read.

    Raises:
        UnreadableReply: there is no XML document in it.
    """
    start = stdout.find(b"<?xml")
    if start < 0:
        start = len(stdout) - len(stdout.lstrip())
        if not stdout.startswith(b"<", start):
            shown = stdout[:200].decode("utf-8", "replace").strip()
            raise UnreadableReply(f"not XML: {shown!r}" if shown else "no XML: empty output")
    noise = stdout[:start].decode("utf-8", "replace").strip()
    # A wrapper's last words. What a cut has left of a tag or of a text goes too: the root is open without it.
    stdout = stdout[: stdout.rfind(b">") + 1]
    # No tag has a prefix, but an address that is no URI (6.2u5's, wrapped) would stop the parser.
    head = _NAMESPACE.sub(rb'\1"ge"', stdout[start : start + _HEAD])
    data = (head + stdout[start + _HEAD :]).translate(None, _FORBIDDEN)
    if b"%lt;" in data and b"&lt;" not in data:
        data = data.replace(b"%lt;", b"&lt;")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return Document(data, "iso-8859-1", noise)
    for forbidden in _NONCHARACTERS:
        data = data.replace(forbidden, b"\xef\xbf\xbd")
    return Document(data, "utf-8", noise)


def repair_tags(data: bytes) -> bytes:
    """Join the words of tags that have blanks in them, cut labels to their word, drop tags without a name."""
    data = _LABEL_AS_TAG.sub(rb"<\1\2>", data)
    data = _BLANK_IN_TAG.sub(lambda tag: b"<" + tag.group(1).replace(b" ", b"_") + b">", data)
    return _NAMELESS_TAG.sub(b"", data)


def stream(document: Document, tags: tuple[str, ...]) -> Iterator[etree._Element]:
    """The elements with these tags as they are completed; nothing else is kept.

    The caller must exhaust the iterator: only the end of the document tells whether it was complete.

    Yields:
        Each element; the root comes last.

    Raises:
        UnreadableReply: the document is not well formed or not complete.
    """
    from lxml import etree  # noqa: PLC0415 a submission needs none, and it takes twice Python's own start

    try:
        # No entities of the document's own, no network, no recovery: a document is whole or refused.
        events = etree.iterparse(
            BytesIO(document.data),
            events=("end",),
            tag=tags,
            encoding=document.encoding,
            resolve_entities=False,
            no_network=True,
            huge_tree=True,
        )
        for _, element in events:
            yield element
            element.clear(keep_tail=False)
            previous = element.getprevious()
            parent = element.getparent()
            if previous is not None and parent is not None and previous.tag == element.tag:
                parent.remove(previous)
        root = events.root
    except (etree.LxmlError, UnicodeError) as error:
        raise UnreadableReply(f"XML broken or cut off: {error}") from error
    assert root is not None  # else it was no document, and that has been said
    yield root


def tree(document: Document) -> etree._Element:
    """The whole document.

    Raises:
        UnreadableReply: the document is not well formed or not complete, even with its tags repaired.
    """
    from lxml import etree  # noqa: PLC0415

    parser = etree.XMLParser(
        encoding=document.encoding, resolve_entities=False, no_network=True, huge_tree=True
    )
    try:
        return etree.fromstring(document.data, parser)
    except etree.LxmlError:
        pass  # a tag with a blank, most likely: one more attempt
    try:
        return etree.fromstring(repair_tags(document.data), parser)
    except etree.LxmlError as error:
        raise UnreadableReply(f"XML broken or cut off: {error}") from error


def text_of(element: etree._Element, tag: str) -> str | None:
    """The text of a direct child, '' when it is empty, None when there is no such child."""
    child = element.find(tag)
    return None if child is None else (child.text or "")
