"""fnmatch(3) as Grid Engine uses it: ``*``, ``?``, ``[...]`` with ``!`` or ``^``, backslash escapes."""

from __future__ import annotations

import re
from functools import lru_cache
from re import Pattern


def _bracket(pattern: str, start: int) -> tuple[str, int]:
    r"""The regular expression of the class that opens at ``start``, and the index after it."""
    end = start + 1
    if pattern[end : end + 1] in ("!", "^"):
        end += 1
    if pattern[end : end + 1] == "]":
        end += 1
    end = pattern.find("]", end)
    if end < 0:
        return r"\[", start + 1
    body = pattern[start + 1 : end]
    negated = body[:1] in ("!", "^")
    text = (body[1:] if negated else body).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return f"[{'^' if negated else ''}{text.replace('^', chr(92) + '^')}]", end + 1


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Pattern[str]:
    parts = []
    index = 0
    while index < len(pattern):
        char = pattern[index]
        index += 1
        if char == "*":
            parts.append(".*")
        elif char == "?":
            parts.append(".")
        elif char == "[":
            text, index = _bracket(pattern, index - 1)
            parts.append(text)
        elif char == "\\" and index < len(pattern):
            parts.append(re.escape(pattern[index]))
            index += 1
        else:
            parts.append(re.escape(char))
    return re.compile("".join(parts), re.DOTALL)


def glob_match(pattern: str, text: str) -> bool:
    """Whether the whole of ``text`` matches ``pattern``."""
    try:
        return _compiled(pattern).fullmatch(text) is not None
    except re.error:  # a class such as [z-a] matches nothing, as in libc
        return False
