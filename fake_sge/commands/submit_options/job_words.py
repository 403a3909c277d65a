"""Jobs and tasks as qalter, qdel and qmod take them: ``ID``, ``ID.T``, ``ID.A-B:S``, names, ``-t RANGE``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...lighter import record
from ...model import Range
from .option_values import ESEMANTIC, OptionError
from .range_values import Undefined, compress, parse_ranges

LONELY = "found lonely '-t {}' option (The -t option needs a leading job name)."


@record(frozen=True)
class JobWord:
    """One word of such a list: an id or a name, with the tasks it is limited to (empty: all)."""

    word: str
    tasks: tuple[Range, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it is a job number rather than a name."""
        return self.word.isdigit()


def parse_job_word(word: str) -> JobWord:
    """One id or name. Raises OptionError: ``ERROR! "4a" is an invalid job-task identifier``."""
    if not word[:1].isdigit():
        return JobWord(word)
    match = re.fullmatch(r"([0-9]+)(?:\.([0-9].*))?", word)
    if match is None or int(match[1]) == 0:
        raise _invalid(word)
    if match[2] is None:
        return JobWord(match[1])
    try:
        ranges = parse_ranges(match[2], step_allowed=True, infinite=False)
    except (OptionError, Undefined):
        raise _invalid(word) from None
    return JobWord(str(int(match[1])), tuple(_normal(piece) for piece in compress(ranges)))


def _invalid(word: str) -> OptionError:
    return OptionError(f'ERROR! "{word}" is an invalid job-task identifier', status=ESEMANTIC)


def _normal(piece: Range) -> Range:
    """The last id is one that the step hits (1-6:2 is 1-5:2 here)."""
    ids = piece.ids()
    return Range(piece.first, ids[-1], piece.step) if ids else piece


def with_tasks(jobs: Sequence[JobWord], tasks: Range) -> list[JobWord]:
    """A -t RANGE behind a list: it belongs to the last job of the list, besides the tasks named there."""
    last = jobs[-1]
    return [*jobs[:-1], JobWord(last.word, tuple(compress([*last.tasks, _normal(tasks)])))]


def lonely(tasks: str) -> OptionError:
    """A -t without a job before it."""
    return OptionError(LONELY.format(tasks), status=ESEMANTIC)


def task_range(text: str | None) -> Range:
    """The argument of -t. Raises OptionError, without a text for an undefined range."""
    if text is None:
        raise OptionError("-t option must have a list of task id ranges")
    try:
        ranges = compress(parse_ranges(text, step_allowed=True, infinite=False))
    except Undefined:
        raise OptionError from None
    if len(ranges) > 1:
        raise OptionError("-t option only allows one range specification")
    return ranges[0]
