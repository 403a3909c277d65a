"""The -binding option: which strategies are well formed."""

from __future__ import annotations

import re

from .option_values import ESEMANTIC, OptionError

INSTANCES = ("set", "env", "pe")
_STRATEGY = re.compile(
    r"linear(:(slots|\d+)(:\d+,\d+)*)?|striding:\d+:\d+(:\d+,\d+)*|explicit:(\d+,\d+)(:\d+,\d+)*:?"
)


def check(words: list[str]) -> str:
    """``[instance] strategy`` as text, when it is well formed. Raises OptionError.

    Grid Engine has a dozen texts for what can be wrong; the fake has the first of them (real cell).
    """
    if len(words) == 1 and words[0].partition(" ")[0] in INSTANCES:
        words = words[0].split(" ", 1)
    pairs = words[-1].rstrip(":").split(":")[1:] if words[-1].startswith("explicit") else []
    if _STRATEGY.fullmatch(words[-1]) is None or len(set(pairs)) < len(pairs):
        text = "-binding option contains errors: couldn't parse binding parameter (no strategy found)"
        raise OptionError(text, status=ESEMANTIC)
    return " ".join(words)
