"""The first stage of option parsing of qstat, qselect and qhost: switches and the words after them."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.flavours import Flavour
from ...model.requests import Reply
from ...render.usage import OptionHelp, usage

HELP = OptionHelp("-help", "", "print this text and end")
NCB = OptionHelp("-ncb", "", "leave out what is about core binding")
QUEUES = OptionHelp("-q", "QUEUES", "only these queues: names or patterns, with @HOST or @@GROUP")
RESOURCES = OptionHelp("-l", "NAME=VALUE,...", "only queues that offer these resources")
STATES = OptionHelp("-qs", "LETTERS", "only queues in one of these states")
ACCESS = OptionHelp("-U", "USERS", "only queues that these users may use")
ENVIRONMENTS = OptionHelp("-pe", "NAMES", "only queues with one of these parallel environments")


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


def parse_switches(words: Sequence[str], known: Sequence[OptionHelp], takes_empty: bool = False) -> Switches:
    """Read a command line: after a switch with an argument come words up to the next that begins with ``-``.

    The first of them is not empty where there has to be one, but with ``takes_empty`` (qquota): there a
    switch without its argument is left out, too.
    An unknown word ends the parsing with an error.
    """
    forms = {option.switch: option.argument for option in known}
    result = Switches()
    index = 0
    while index < len(words):
        switch = words[index]
        index += 1
        argument = forms.get(switch)
        if argument is None:
            result.errors.append(f'invalid option argument "{switch}"')
            result.usage = True
            break
        arguments: list[str] = []
        if argument:
            optional = argument.startswith("[")
            while index < len(words) and not words[index].startswith("-"):
                if not words[index] and not arguments and not optional and not takes_empty:
                    break
                arguments.append(words[index])
                index += 1
        if argument and not argument.startswith("[") and not arguments:
            if not takes_empty:
                result.errors.append(f"{switch} option must have argument")
            continue
        result.given.append((switch, arguments))
    return result


def refused(
    flavour: Flavour, tool: str, known: Sequence[OptionHelp], switches: Switches, prefix: str = ""
) -> Reply | None:
    """The reply to a command line with errors or -help; None when it can be carried out."""
    if switches.errors:
        lines = [usage(flavour, tool, known)] if switches.usage else []
        lines += [f"{prefix}{error}\n" for error in switches.errors]
        return Reply.of_text(1, "", "".join(lines))
    return Reply.of_text(0, usage(flavour, tool, known)) if "-help" in switches else None
