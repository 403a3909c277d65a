"""What is done to the lists of objects, and what a real qconf notes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ADD, MODIFY, DELETE, REPLACE = "-aattr", "-mattr", "-dattr", "-rattr"
UNREAD = 'error reading file: "/tmp/pid-1-XXXXXX"'  # the real one passes the value on in a file of its own


def invalid(name: str, value: str) -> str:
    """What is said of an attribute that there is not, or that cannot have the value."""
    return f'The attribute name ("{name}") and/or value ("{value}") is invalid'


def notes(how: str, where: str, there: Sequence[str], given: Iterable[str]) -> list[str]:
    """What is noted of elements that are there or are not; where ADD has a note, nothing is added."""
    if how == ADD:
        known = [key for key in given if key in there]
        return [f'No modification because "{known[0]}" already exists in {where}'] if known else []
    missing = [key for key in given if key not in there]
    if how == DELETE:
        return [f'"{key}" does not exist in {where}' for key in missing]
    if how == MODIFY and not there:
        return [f"{where} is empty - Adding new element(s)."]
    return [f'Unable to find "{key}" in {where} - Adding new element.' for key in missing if how == MODIFY]
