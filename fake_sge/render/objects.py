"""Configuration objects as qconf prints them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..model import ComplexEntry

_LINE = 79
_COMPLEX_END = "# >#< starts a comment but comments are not saved across edits --------\n"
_COMPLEX_TITLES = ("#name", "shortcut", "type", "relop", "requestable", "consumable", "default", "urgency")
_CLIENT_TITLE = f"{'ID':>8} {'NAME':<15} {'HOST':<25}\n{'-' * 50}\n"


def folded(key: str, value: str, width: int) -> str:
    """One line of an object; long lists go on in further lines after a backslash."""
    words = re.findall(r"[^, ]*(?:[, ]|$)", value)
    words = [word for word in words if word]
    lines: list[str] = []
    current = ""
    for index, word in enumerate(words):
        last = index == len(words) - 1
        if current and width + len(current) + len(word if last else word.rstrip(" ") + " ") > _LINE:
            lines.append(current)
            current = ""
        current += word
    lines.append(current)
    pad = " \\\n" + " " * width
    return f"{key:<{width - 1}} " + pad.join(line.rstrip(" ") for line in lines) + "\n"


def attributes(pairs: Iterable[tuple[str, str]], width: int) -> str:
    """``key value`` lines, values in one column."""
    return "".join(folded(key, value, width) for key, value in pairs)


def complex_table(entries: Sequence[ComplexEntry]) -> str:
    """``qconf -sc``: each column is as wide as its longest value asks for."""
    columns = list(zip(*(_COMPLEX_TITLES, *entries)))
    widths = [max(len(title) + 1, *(len(value) + 4 for value in column)) for title, *column in columns]
    title, *lines = ("".join(map(str.ljust, row, widths)) for row in zip(*columns))
    return (
        f"{title}\n{'#':-<{sum(widths)}}\n" + "".join(f"{line.rstrip()}\n" for line in lines) + _COMPLEX_END
    )


def event_client_table(clients: Sequence[tuple[int, str, str]]) -> str:
    """``qconf -secl``."""
    return _CLIENT_TITLE + "".join(f"{number:8d} {name:<15} {host:<25}\n" for number, name, host in clients)
