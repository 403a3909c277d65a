"""Recorded help texts end after their usage line: the descriptions of the options are not compared."""

from __future__ import annotations

import re

_BODY = re.compile(r"(?m)^(\S+ \S+\nusage: .*\n)((?:\n|[ \t].*\n|\S+ {2,}.*\n)*)")


def cut_help(text: str) -> str:
    """A tool's output without the lines of a usage text that describe options and operands.

    What follows a usage text, such as a complaint about an option, stays: it never looks like a description,
    which is indented or has at least two blanks after its first word.
    """
    return _BODY.sub(r"\1", text)
