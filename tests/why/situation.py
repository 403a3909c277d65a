"""What a situation in which a job waits is: how it is made, and what is to be said of it.

Placeholders in a sentence: ``{job}``, ``{other}`` are ids, ``{user}`` is who submits, ``<N>`` is a figure
that differs from run to run.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import NamedTuple

from tests.why.site import Site

USER = getpass.getuser()
NEVER = "cannot run anywhere in this cell: "


class Made(NamedTuple):
    """A situation that was made.

    Attributes:
        job: the id that is asked about.
        other: another one that the sentence names.
    """

    job: str
    other: str = ""


class Situation(NamedTuple):
    """One way to wait.

    Attributes:
        name: what it is called.
        kind: the kind to be told.
        sentence: the sentence to be told.
        make: makes it.
        on_fake: whether the fake cell has it.
        certain: whether it is to be told as certain.
        silent: whether it comes out without the scheduler's own words, too (``schedd_job_info false``).
    """

    name: str
    kind: str
    sentence: str
    make: Callable[[Site], Made]
    on_fake: bool
    certain: bool
    silent: bool


SITUATIONS: list[Situation] = []


def situation(
    kind: str, sentence: str, *, on_fake: bool = True, certain: bool = True, silent: bool = True
) -> Callable[[Callable[[Site], Made]], Callable[[Site], Made]]:
    """A row of the table."""

    def add(make: Callable[[Site], Made]) -> Callable[[Site], Made]:
        name = make.__name__
        SITUATIONS.append(Situation(name, kind, sentence, make, on_fake, certain, silent))
        return make

    return add
