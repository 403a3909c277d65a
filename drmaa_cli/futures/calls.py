"""Calls on their way: from submit() to a task of an array job."""

from __future__ import annotations

import re
from collections.abc import Iterable

from drmaa_cli.futures.future import JobFuture
from drmaa_cli.futures.resources import Resources
from drmaa_cli.futures.spool import PickledCall
from drmaa_cli.template.job_name import KEYWORDS
from drmaa_cli.typed import Any, NamedTuple

MIXED_NAME = "calls"
LONGEST_NAME = 60
MOST_CALLS = 20_000  # in one bundle: a directory holds two files for each
MOST_BYTES = 2**30  # of pickles in memory that are not written yet, before a bundle is closed


class Common(NamedTuple):
    """What calls have in common that can be tasks of one array job.

    Attributes:
        resources: what each asks for.
        directory: the program's directory when it made the call.
        path: its module path.
        chunked: whether each call is a function and the argument lists of many calls of it.
        keyed: whether a later program may ask for them.
    """

    resources: Resources
    directory: str
    path: tuple[str, ...]
    chunked: bool = False
    keyed: bool = False


class Call(NamedTuple):
    """A call that is not submitted yet.

    Attributes:
        future: what it will come to.
        name: the function's name.
    """

    future: JobFuture[Any]
    pickled: PickledCall
    common: Common
    name: str


class BundledCall(NamedTuple):
    """A call of a bundle.

    Attributes:
        future: what it comes to.
        bundle: the name of its bundle.
        number: its number there, from 1.
    """

    future: JobFuture[Any]
    bundle: str
    number: int


def job_name(calls: Iterable[Call], given: str) -> str:
    """The name of an array job: the one given, else the functions', in characters that Grid Engine takes."""
    names = {call.name for call in calls}
    return given or acceptable_name(names.pop() if len(names) == 1 else MIXED_NAME)


def acceptable_name(text: str, before: str = "call_") -> str:
    """A text as a job name that Grid Engine takes.

    Args:
        text: what it is to be like.
        before: stands before what cannot be the beginning of a name.
    """
    name = re.sub(r"[^A-Za-z0-9_.+-]+", "_", text).strip("_")[:LONGEST_NAME]
    return name if name[:1].isalpha() and name.upper() not in KEYWORDS else f"{before}{name}"


def divide(calls: Iterable[Call], most_tasks: int) -> list[list[Call]]:
    """Bundles of calls that have all in common, in the order in which their first calls came.

    Args:
        calls: in the order in which they were made.
        most_tasks: the greatest number of tasks of an array job; 0 for no limit.
    """
    most = min(most_tasks or MOST_CALLS, MOST_CALLS)
    bundles: list[list[Call]] = []
    open_ones: dict[Common, tuple[list[Call], int]] = {}
    for call in calls:
        bundle, size = open_ones.get(call.common, ([], 0))
        if not bundle or len(bundle) >= most or size >= MOST_BYTES:
            bundle, size = [], 0
            bundles.append(bundle)
        bundle.append(call)
        open_ones[call.common] = (bundle, size + len(call.pickled.function) + len(call.pickled.arguments))
    return bundles
