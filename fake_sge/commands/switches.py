"""The first stage of option parsing of qstat, qselect and qhost: switches and the words after them."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence


class Arity(enum.Enum):
    """What may follow a switch; words go up to the next one that begins with ``-``."""

    NONE = "none"
    SOME = "some"  # one or more words
    OPTIONAL = "optional"  # any number of words


class Switches:
    """Switches in the order given, and what was wrong with them."""

    def __init__(self) -> None:
        self.given: list[tuple[str, list[str]]] = []
        self.errors: list[str] = []
        self.usage = False  # the usage text comes before the errors

    def __contains__(self, switch: str) -> bool:
        return any(name == switch for name, _ in self.given)

    def words(self, switch: str) -> list[str]:
        """All words given with a switch."""
        return [word for name, words in self.given if name == switch for word in words]

    def listed(self, switch: str) -> list[str]:
        """All words given with a switch, taken apart at commas."""
        return [item for word in self.words(switch) for item in word.split(",") if item]

    def add_defaults(self, other: Switches) -> None:
        """Append the switches of a default file that were not given on the command line."""
        mine = {name for name, _ in self.given}
        self.given += [(name, words) for name, words in other.given if name not in mine]
        self.errors = other.errors + self.errors
        self.usage = self.usage or other.usage


def parse_switches(words: Sequence[str], known: Mapping[str, Arity]) -> Switches:
    """Read a command line. An unknown word ends the parsing with an error."""
    result = Switches()
    index = 0
    while index < len(words):
        switch = words[index]
        index += 1
        arity = known.get(switch)
        if arity is None:
            result.errors.append(f'invalid option argument "{switch}"')
            result.usage = True
            break
        arguments: list[str] = []
        if arity is not Arity.NONE:
            while index < len(words) and not words[index].startswith("-"):
                arguments.append(words[index])
                index += 1
        if arity is Arity.SOME and not arguments:
            result.errors.append(f"{switch} option must have argument")
            continue
        result.given.append((switch, arguments))
    return result


def split_file(text: str) -> list[str]:
    """The words of a default file (blanks, tabs and newlines separate; there are no comments)."""
    return text.split()


def arities(flags: str, some: str, optional: str) -> dict[str, Arity]:
    """A table of switches from three blank-separated lists."""
    table = {}
    for names, arity in ((flags, Arity.NONE), (some, Arity.SOME), (optional, Arity.OPTIONAL)):
        table.update(dict.fromkeys(names.split(), arity))
    return table
