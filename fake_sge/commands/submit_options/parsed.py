"""What parsing submit options needs to know, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Callable

from ...lighter import field, record
from ...model.flavours import SGE, Flavour


@record(frozen=True)
class ParseContext:
    """What parsing needs to know: the tool, the environment, the time, and how to read files.

    ``path`` makes a path absolute; ``read`` returns the bytes of a file or raises OSError.
    """

    tool: str
    env: Mapping[str, str]
    now: float
    path: Callable[[str], str]
    read: Callable[[str], bytes]
    flavour: Flavour = SGE

    @property
    def is_alter(self) -> bool:
        """qalter, qhold, qrls: positional words are job ids, -h takes a list."""
        return self.tool in ("qalter", "qhold", "qrls")


@record
class Option:
    """One parsed option. ``switch`` is "" for a stray word, ``script``, ``jobarg`` or ``jobid`` for words.

    ``shown`` is the argument as an "Unknown option" message repeats it (None: none);
    ``hardness`` 0 nothing said, 1 -hard, 2 -soft.
    """

    switch: str
    value: object = None
    shown: str | None = None
    hardness: int = 0


@record
class ParserAnswer:
    """One answer of the parser."""

    text: str
    status: int
    is_error: bool = True


@record
class Parsed:
    """The options found so far, the answers, and what went to stderr on the way."""

    options: list[Option] = field(default_factory=list)
    answers: list[ParserAnswer] = field(default_factory=list)
    stray: str = ""

    @property
    def failed(self) -> bool:
        """Whether any answer is an error."""
        return any(answer.is_error for answer in self.answers)
