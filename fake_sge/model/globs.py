"""fnmatch(3) as Grid Engine uses it: ``*``, ``?``, ``[...]`` with ``!`` or ``^``, backslash escapes."""

from __future__ import annotations

import re
from functools import lru_cache
from re import Match, Pattern

_PIECE = re.compile(
    r"(?P<any>\*)|(?P<one>\?)|\[(?:(?P<no>[!^])|(?![!^]))(?P<of>.[^]]*)\]|\\?(?P<char>.)", re.DOTALL
)


def _expression(piece: Match[str]) -> str:
    """A piece of a pattern as a regular expression."""
    if piece["any"] or piece["one"]:
        return ".*" if piece["any"] else "."
    if piece["char"]:
        return re.escape(piece["char"])
    members = re.sub(r"([][^\\])", r"\\\1", piece["of"])
    return f"[{'^' if piece['no'] else ''}{members}]"


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Pattern[str]:
    return re.compile("".join(map(_expression, _PIECE.finditer(pattern))), re.DOTALL)


def glob_match(pattern: str, text: str) -> bool:
    """Whether the whole of ``text`` matches ``pattern``."""
    try:
        return _compiled(pattern).fullmatch(text) is not None
    except re.error:  # a class such as [z-a] matches nothing, as in libc
        return False
