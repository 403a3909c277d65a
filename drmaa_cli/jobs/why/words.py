"""Words for what is said of jobs: lists, numbers, moments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

FEW = 3  # so many names are said, of more there is a count


def moment(instant: float) -> str:
    """A point in time, as people here write it."""
    return datetime.fromtimestamp(instant).strftime("%Y-%m-%d %H:%M:%S")


def names(words: Iterable[str], what: str = "others") -> str:
    """``a``, ``a and b``, ``a, b and c``, ``a, b, c and 5 others``."""
    found = sorted(dict.fromkeys(words))
    if len(found) > FEW + 1:
        return f"{', '.join(found[:FEW])} and {len(found) - FEW} {what}"
    if len(found) < 2:  # one
        return "".join(found)
    return f"{', '.join(found[:-1])} and {found[-1]}"


def number(text: str) -> str:
    """A figure without the digits that say nothing: ``0.000000``, ``10.000G``."""
    digits = text.rstrip("kKmMgGtT")
    if "." not in digits or not digits.replace(".", "").lstrip("-").isdigit():
        return text
    return (digits.rstrip("0").rstrip(".") or "0") + text[len(digits) :]


def plural(count: int, one: str, many: str) -> str:
    """The word for so many."""
    return one if count == 1 else many


def task_numbers(tasks: Iterable[int]) -> str:
    """Task numbers as Grid Engine writes them, neighbours together: ``1-9,12``."""
    parts: list[list[int]] = []
    for task in sorted(tasks):
        if parts and task == parts[-1][1] + 1:
            parts[-1][1] = task
        else:
            parts.append([task, task])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)
