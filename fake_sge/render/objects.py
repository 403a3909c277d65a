"""Configuration objects as qconf prints them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..model import ComplexEntry
from ..model.flavours import Flavour

_LINE = 79
_COMPLEX_END = "# >#< starts a comment but comments are not saved across edits --------\n"
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


def complex_table(entries: Sequence[ComplexEntry], flavour: Flavour) -> str:
    """``qconf -sc``."""
    width, rule = (11, 89) if flavour.is_ocs else (9, 87)
    title = f"#name               shortcut   {'type':<{width}} relop requestable consumable default  urgency "
    rows = [
        f"{item.name:<19} {item.shortcut:<10} {item.type:<{width}} {item.relop:<5} {item.requestable:<11} "
        f"{item.consumable:<10} {item.default:<8} {item.urgency}\n"
        for item in entries
    ]
    return f"{title}\n{'#':-<{rule}}\n" + "".join(rows) + _COMPLEX_END


def event_client_table(clients: Sequence[tuple[int, str, str]]) -> str:
    """``qconf -secl``."""
    return _CLIENT_TITLE + "".join(f"{number:8d} {name:<15} {host:<25}\n" for number, name, host in clients)
