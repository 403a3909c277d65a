"""The -binding option: its strategies, and what is said about malformed ones (real cell)."""

from __future__ import annotations

from ...model.values import c_long
from .values import ESEMANTIC, OptionError

INSTANCES = ("set", "env", "pe")


def check(words: list[str]) -> str:
    """``[instance] strategy`` as text, when it is well formed. Raises OptionError."""
    if len(words) == 1 and words[0].partition(" ")[0] in INSTANCES:
        words = words[0].split(" ", 1)
    strategy = words[-1]
    name, _, rest = strategy.partition(":")
    if name == "linear":
        _linear(rest, ":" in strategy)
    elif name == "striding":
        _striding(rest)
    elif name == "explicit":
        _explicit(strategy)
    else:
        raise _error("couldn't parse binding parameter (no strategy found)")
    return " ".join(words)


def _error(text: str) -> OptionError:
    return OptionError(f"-binding option contains errors: {text}", status=ESEMANTIC)


def _is_number(text: str) -> bool:
    number, rest = c_long(text)
    return number is not None and number >= 0 and not rest


def _start(parts: list[str], kind: str) -> None:
    for part in parts:
        socket, comma, core = part.partition(",")
        if not _is_number(socket):
            raise _error(f"couldn't parse amount ({kind})")
        if not comma:
            raise _error(f"couldn't parse core number ({kind})")
        if not _is_number(core):
            raise _error(f"couldn't parse amount ({kind})")


def _linear(rest: str, colon: bool) -> None:
    if not colon:
        return
    amount, *start = rest.split(":")
    if amount != "slots" and not _is_number(amount):
        raise _error("couldn't parse amount (linear)")
    _start(start, "linear")


def _striding(rest: str) -> None:
    parts = rest.split(":")
    if len(parts) < 2 or not all(_is_number(part) for part in parts[:2]):
        raise _error("couldn't parse amount (striding)")
    _start(parts[2:], "striding")


def _explicit(strategy: str) -> None:
    if not strategy.startswith("explicit:"):
        raise _error("'explicit:' not found in string!")
    pairs = [pair for pair in strategy.split(":")[1:] if pair]
    if not pairs:
        raise _error("No <socket,core> pair given!")
    for index, pair in enumerate(pairs):
        which = "First" if index == 0 else "Next"
        socket, comma, core = pair.partition(",")
        if not _is_number(socket):
            raise _error(f"{which} socket is not a number!")
        if not comma:
            raise _error("Missing first core number!" if index == 0 else "Missing core number!")
        if not _is_number(core):
            raise _error(f"{which} core is not a number!")
    if len(set(pairs)) < len(pairs):
        raise _error("<socket,core> pairs are not unique!")
