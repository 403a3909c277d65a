"""Default options of qstat (sge_qstat(5)) that leave jobs out of a listing, and what takes them back.

Every option was tried in a real 8.1.9 cell's ``sge_qstat``, with every option that might take it back on the
command line. ``-u`` and ``-s`` of the command line win anyhow. What follows ``-g``, ``-l`` and ``-q`` there
replaces what the files say, so that ``-g d``, ``-l h=*`` and ``-q *`` give the listing that there is without
them. Nothing takes back ``-j``, ``-pe`` and ``-qs``. Other options change what is shown of a job, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from drmaa_cli.typed import NamedTuple

__all__ = ["DefaultFilter", "filters", "undoing"]

UNDONE_BY = {"-g": ("-g", "d"), "-l": ("-l", "h=*"), "-q": ("-q", "*")}
NOT_UNDONE = frozenset({"-j", "-pe", "-qs"})
NO_LISTING = "c"  # of -g: the cluster queues instead of the jobs


class DefaultFilter(NamedTuple):
    """A default option that leaves jobs out.

    Attributes:
        line: its line in the file, counted from 1.
        option: as it stands there.
        undone_by: the words of qstat's command line that take it back; empty if nothing does.
    """

    line: int
    option: str
    undone_by: tuple[str, ...]


def filters(text: str) -> list[DefaultFilter]:
    """The options of an sge_qstat file that leave jobs out of a listing, in their order."""
    words = [
        (number, word)
        for number, line in enumerate(text.splitlines(), 1)
        if not line.lstrip().startswith("#")
        for word in line.split()
    ]
    found = []
    for (number, word), (_, following) in zip(words, [*words[1:], (0, "")]):
        if (word in UNDONE_BY or word in NOT_UNDONE) and (word != "-g" or NO_LISTING in following):
            found.append(DefaultFilter(number, f"{word} {following}".strip(), UNDONE_BY.get(word, ())))
    return found


def undoing(found: Iterable[DefaultFilter]) -> list[str]:
    """The words of a command line that take these back, each once."""
    return [word for words in dict.fromkeys(each.undone_by for each in found) for word in words]
