"""What of a job goes on qsub's command line, and what has to go into a script that runs it.

The command line is preferred: with it Grid Engine itself opens the job's files and says why it could not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from drmaa_cli import constants as c
from drmaa_cli.template.job_script import ScriptTask
from drmaa_cli.template.paths import OPTIONS, is_carriable
from drmaa_cli.typed import NamedTuple

LONGEST_ARGUMENT = 99_900  # bytes; the shepherd cuts at 99,990 less its own name for it (observed)
LONGEST_VARIABLE = 9_900  # bytes of NAME=VALUE; the shepherd cuts at 9,999 (observed)
LONGEST_COMMAND_LINE = (
    1_000_000  # bytes of all arguments; Linux gives a program 2 MB for them and its variables
)
_OWN = """
    ARC CKPT_DIR CKPT_ENV ENVIRONMENT HOME HOSTNAME JOB_ID JOB_NAME JOB_SCRIPT LOGNAME NHOSTS NQUEUES NSLOTS
    PE PE_HOSTFILE PWD QUEUE REQNAME REQUEST RESTARTED SHELL TMP TMPDIR USER
"""
GRID_ENGINES_OWN = frozenset(_OWN.split())
_DROPPED_BEGINNINGS = """
    BASH_ENV ENV GCONV_PATH GETCONF_DIR HOSTALIASES IFS JAVA_TOOL_OPTIONS KRB5_CONFIG KRB5_KTNAME LD_
    LOCALDOMAIN LOCPATH MALLOC_TRACE NIS_PATH NLSPATH PATH_LOCALE PS4 RESOLV_HOST_CONF RES_OPTIONS SHELLOPTS
    TERMCAP TERMINFO TERMPATH TZDIR _RLD_
"""
_DROPPED = tuple(_DROPPED_BEGINNINGS.split())
_LOCALES = ("LANG", "LC_", "LINGUAS")
_LOCALE = r"[A-Za-z][-A-Za-z0-9_,+@.=]*"
HERE = "."  # as an output path: a file of Grid Engine's usual name in the directory the job is started in


class JobPlace(NamedTuple):
    """Where a job runs and which files it has, as Grid Engine's options take them.

    Attributes:
        directory: '' for none.
        paths: see :func:`drmaa_cli.template.paths.resolved_paths`.
    """

    directory: str
    paths: Mapping[bytes, str]


class ScriptPlan(NamedTuple):
    """Which of its places a script sees to.

    Attributes:
        place: what goes on the command line.
        directory: whether the script changes the directory.
        paths: the attributes whose files the script opens.
    """

    place: JobPlace
    directory: bool
    paths: frozenset[bytes]

    @property
    def is_needed(self) -> bool:
        """Whether there is anything that the command line cannot carry."""
        return self.directory or bool(self.paths)


def plan_script(places: Sequence[JobPlace], given: frozenset[str], *, joined: bool) -> ScriptPlan:
    """What the command line can carry for all the jobs that share it.

    Args:
        places: of each job.
        given: options that are given elsewhere.
        joined: whether standard error goes where standard output goes.
    """
    first = places[0]
    in_script = "\n" in first.directory or any(place.directory != first.directory for place in places)
    scripted = set()
    for name, option in OPTIONS.items():
        path = first.paths.get(name)
        agreed = (path is None or is_carriable(path)) and all(
            place.paths.get(name) == path for place in places
        )
        if (in_script and not (path is None and agreed and option in given)) or not agreed:
            scripted.add(name)
    if joined:
        scripted.discard(c.ERROR_PATH)
    native = {name: path for name, path in first.paths.items() if name not in scripted}
    for name in scripted - {c.INPUT_PATH}:
        if OPTIONS[name] not in given or all(name in place.paths for place in places):
            native[name] = "/dev/null"
    if joined:
        native.pop(c.ERROR_PATH, None)
    return ScriptPlan(JobPlace("" if in_script else first.directory, native), in_script, frozenset(scripted))


def task(
    command: str,
    arguments: Sequence[str],
    variables: Mapping[str, str],
    place: JobPlace,
    plan: ScriptPlan,
    given: frozenset[str],
    *,
    joined: bool,
) -> ScriptTask:
    """One job of those that were arranged, as the script runs it."""

    def opened(name: bytes) -> str | None:
        if name not in plan.paths:
            return None
        default = None if name == c.INPUT_PATH or OPTIONS[name] in given else HERE
        return place.paths.get(name, default)

    return ScriptTask(
        command,
        arguments,
        variables,
        place.directory if plan.directory else "",
        opened(c.INPUT_PATH),
        opened(c.OUTPUT_PATH),
        opened(c.ERROR_PATH),
        joined and c.OUTPUT_PATH in plan.paths,
    )


def fits(command: str, arguments: Sequence[str]) -> bool:
    """Whether a command and its arguments reach a job whole by qsub's command line."""
    total = 0
    for word in (command, *arguments):
        if "\n" in word:
            return False
        size = length(word)
        if size > LONGEST_ARGUMENT:
            return False
        total += size
    return total <= LONGEST_COMMAND_LINE


def variable_fits(name: str, value: str) -> bool:
    """Whether a variable reaches a job whole by ``-v``; a line end takes two bytes."""
    size = len(name) + len(value)
    return size < LONGEST_VARIABLE // 6 or length(name) + length(value) + value.count("\n") < LONGEST_VARIABLE


def is_replaced(name: str) -> bool:
    """Whether Grid Engine sets a variable itself in every job, whatever ``-v`` says (observed)."""
    return name in GRID_ENGINES_OWN or name.startswith("SGE_")


def is_dropped(name: str, value: str) -> bool:
    """Whether Grid Engine's shepherd takes a variable out of every job's environment, whatever ``-v`` says.

    Observed on 8.1.9: all whose names *begin* with one of some words (``ENV`` takes ``ENV_TYPE`` along), and
    those that choose a locale when the value is not of a plain locale's form (``LANGUAGE=de:en``, an empty
    ``LC_ALL``).
    """
    if name.startswith(_LOCALES):
        return re.fullmatch(_LOCALE, value) is None
    return name.startswith(_DROPPED) and not is_replaced(name)


def length(text: str) -> int:
    """The bytes of a text in UTF-8, no fewer than in any other encoding of a locale."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
