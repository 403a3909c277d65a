"""The commands of ``map``: lines of a file, or one for each of some values; all judged before any runs."""

from __future__ import annotations

import os
import posixpath
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator, Sequence

from drmaa_cli.cli.ends import BadInput, one_line
from drmaa_cli.cli.screen import shorten, visible
from drmaa_cli.typed import NamedTuple

LONGEST_LINE = 100_000  # bytes; Linux takes 131,071 as one argument
CHECKED = ("sh", "dash", "bash", "ksh", "mksh", "zsh", "ash", "busybox")  # shells that know -n
CHECK_SECONDS = 120.0
BACKSLASH = "a backslash at the end of the line"
VALUES = ":::"  # between a command and its values, as in GNU parallel
_PLACE = re.compile(r"\{(|\.|/|//|/\.|#)\}")


class Item(NamedTuple):
    """A command.

    Attributes:
        line: the number of its line, from 1; of a value its place among the values.
        text: the command, for the shell.
        nth: which of several equal commands it is, from 1: with the text that is its identity.
    """

    line: int
    text: str
    nth: int


def read_lines(data: bytes, source: str) -> list[Item]:
    """The commands of a file, without its empty lines and comments.

    Raises:
        BadInput: there are none, or a line cannot be a command: it is named.
    """
    texts = enumerate(os.fsdecode(data).split("\n"), 1)
    found = [(number, text.strip(" \t\r")) for number, text in texts]
    return _items([(number, text) for number, text in found if text and text[0] != "#"], source)


def of_values(command: Sequence[str], values: Iterable[str], source: str) -> list[Item]:
    """A command for each value, which takes the place of ``{}`` as one argument, or is the last one.

    ``{.}`` is the value without its extension, ``{/}`` its base name, ``{//}`` its directory, ``{/.}`` the
    base name without extension, ``{#}`` its number.

    Raises:
        BadInput: there are no values, or one cannot be in a command.
    """
    words = list(command) if any(_PLACE.search(word) for word in command) else [*command, "{}"]
    found = []
    for number, value in enumerate(values, 1):
        texts = {
            "": value,
            ".": posixpath.splitext(value)[0],
            "/": posixpath.basename(value),
            "//": posixpath.dirname(value) or ".",
            "/.": posixpath.splitext(posixpath.basename(value))[0],
            "#": str(number),
        }
        filled = [_PLACE.sub(lambda place: texts[place[1]], word) for word in words]  # noqa: B023  # at once
        found.append((number, shlex.join(filled)))
    return _items(found, source)


def _items(found: Sequence[tuple[int, str]], source: str) -> list[Item]:
    seen: dict[str, int] = {}
    items = []
    for number, text in found:
        if "\0" in text:
            raise BadInput(f"{source}, line {number}: a NUL byte cannot be in a command")
        if len(text) * 4 > LONGEST_LINE and len(os.fsencode(text)) > LONGEST_LINE:
            raise BadInput(
                f"{source}, line {number}: longer than {LONGEST_LINE:,} bytes; put it into a script"
            )
        seen[text] = seen.get(text, 0) + 1
        items.append(Item(number, text, seen[text]))
    if not items:
        raise BadInput(f"{source}: there are no commands")
    return items


def check_syntax(items: Sequence[Item], shell: str, source: str) -> None:
    """Have the shell read every command without carrying it out.

    Raises:
        BadInput: one is no command of this shell: it is named, with what the shell says.
    """
    if posixpath.basename(shell) not in CHECKED:
        return
    for item in items:
        fault = _unfinished(item.text)
        if fault and (fault is BACKSLASH or _read([item], shell) is not None):
            raise _bad(item, source, fault)
    bad = _first_bad(items, shell)
    if bad is not None:
        raise _bad(items[bad[0]], source, bad[1])


def _bad(item: Item, source: str, fault: str) -> BadInput:
    return BadInput(f"{source}, line {item.line}: {fault}: {shorten(visible(item.text), 120, '...')}")


def _unfinished(text: str) -> str:
    """What a line seems to leave open, so that the shell would read on: a quotation, a backslash at its end.

    Quotations in substitutions in quotations are not understood: the shell has the last word.
    """
    if not any(character in text for character in "'\"\\`"):
        return ""
    quote, before = "", " "
    characters = iter(text)
    for character in characters:
        if character == "#" and not quote and before in " \t;&|(":
            return ""  # a comment
        before = character
        if character == "\\" and quote != "'":
            if next(characters, None) is None:
                return BACKSLASH
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
    return f"a quotation that does not end ({quote})" if quote else ""


def _first_bad(items: Sequence[Item], shell: str) -> tuple[int, str] | None:
    """The place of the first command that the shell cannot read, and what it says; by halving."""
    said = _read(items, shell)
    if said is None:
        return None
    low, high = 0, len(items)  # the first bad one is in items[low:high]
    while high - low > 1:
        middle = (low + high) // 2
        first_half = _read(items[low:middle], shell)
        if first_half is None:
            low = middle
        else:
            high, said = middle, first_half
    said = _read(items[low:high], shell) or said
    return low, said


def _read(items: Sequence[Item], shell: str) -> str | None:
    """What the shell says against some commands, each in parentheses of its own; None for nothing."""
    script = "".join(f"(\n{item.text}\n)\n" for item in items)
    try:
        done = subprocess.run(
            [shell, "-n"],
            input=os.fsencode(script),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=CHECK_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise BadInput(f"there is no shell {shell} here") from None
    except (OSError, subprocess.TimeoutExpired) as trouble:
        raise BadInput(f"{shell} cannot check the commands: {trouble}") from None
    if done.returncode == 0:
        return None
    lines = done.stderr.decode(errors="replace").splitlines()
    text = (
        re.sub(r"^.*?(?:line )?\d+: ", "", lines[0]) if lines else f"{shell} -n ended with {done.returncode}"
    )
    return one_line(text)


def split_values(words: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """A command, and the values behind ``:::``; None where there is no ``:::``."""
    if VALUES not in words:
        return list(words), None
    at = list(words).index(VALUES)
    return list(words[:at]), list(words[at + 1 :])


def values_of(data: bytes) -> Iterator[str]:
    """Values from standard input, one a line, empty lines left out."""
    return (text for text in os.fsdecode(data).split("\n") if text)
