"""Lists of names in one argument of qconf (real cell)."""

from __future__ import annotations

import re


def words_of(text: str) -> list[str]:
    """Names between commas and blanks, each once."""
    return list(dict.fromkeys(word for word in re.split(r"[, \t\n]", text) if word))


def parts_of(text: str) -> list[str]:
    """Names between commas, as often as they are given: of hosts, configurations and user sets."""
    return [word for word in text.split(",") if word]
