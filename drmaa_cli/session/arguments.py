"""The arguments of the verbs that submit, checked before anything that submits is loaded."""

from __future__ import annotations

import math
from collections.abc import Mapping

from drmaa_cli.constants import TIMEOUT_WAIT_FOREVER
from drmaa_cli.errors import INVALID_ARGUMENT_TEXT, DeniedByDrmException, InvalidArgumentException, error
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.system.clock import Clock
from drmaa_cli.template.attributes import Text
from drmaa_cli.template.job_template import TemplateAttributes, values_in

LARGEST_TASK = 2**31 - 1  # qsub -t reads larger numbers as others (observed)
END_OF_TIME = 253402300800  # the year 10000, which no date of qacct's reaches


def values_of(template: object) -> Mapping[bytes, Text]:
    """What is set in a template.

    Raises:
        InvalidArgumentException: it is none, or was deleted.
    """
    if template is None:
        raise error(InvalidArgumentException, INVALID_ARGUMENT_TEXT)
    if not isinstance(template, TemplateAttributes):
        raise error(InvalidArgumentException, f"a JobTemplate is needed, not {template!r}")
    return values_in(template)


def check_timeout(timeout: object) -> float:
    """A timeout of DRMAA's in seconds, TIMEOUT_WAIT_FOREVER as infinite.

    Raises:
        InvalidArgumentException: it is no number, or a negative one that has no meaning.
    """
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or math.isnan(timeout):
        raise error(InvalidArgumentException, f"timeout must be a number of seconds, not {timeout!r}")
    if timeout == TIMEOUT_WAIT_FOREVER:
        return float("inf")
    if timeout < 0:
        raise error(
            InvalidArgumentException,
            f"timeout must be TIMEOUT_WAIT_FOREVER (-1) or at least 0, not {timeout!r}",
        )
    return timeout


def deadline_of(timeout: object, clock: Clock) -> float:
    """When a timeout that begins now is over, by the monotonic clock; errors as of :func:`check_timeout`."""
    return check_timeout(timeout) + clock.monotonic()


def check_key(key: object) -> None:
    """Refuse what cannot be a key (InvalidArgumentException)."""
    if key is None:
        return
    if not (isinstance(key, str) and key):
        raise error(InvalidArgumentException, f"a key is a non-empty str, not {key!r}")
    try:
        key.encode()
    except UnicodeEncodeError as err:
        raise error(InvalidArgumentException, f"a key is a text of Unicode, which {key!r} is not") from err


def check_moment(since: object) -> float:
    """A moment in epoch seconds, which accounting can be asked about.

    Raises:
        InvalidArgumentException: it is none.
    """
    if isinstance(since, bool) or not isinstance(since, (int, float)) or not 0 <= since < END_OF_TIME:
        raise error(InvalidArgumentException, f"a moment is a number of seconds since 1970, not {since!r}")
    return float(since)


def bulk_range(begin: object, end: object, step: object) -> TaskRange:
    """The tasks of runBulkJobs(begin, end, step); ``end`` as it was given: jobs see it as SGE_TASK_LAST.

    Raises:
        DeniedByDrmException: begin and end are negative.
        InvalidArgumentException: not whole numbers, or not 1 <= begin <= end with a step of at least 1.
    """
    for name, value in (("beginIndex", begin), ("endIndex", end), ("step", step)):
        if not isinstance(value, int):
            raise error(InvalidArgumentException, f"{name} must be an int, not {value!r}")
    assert isinstance(begin, int)
    assert isinstance(end, int)
    assert isinstance(step, int)
    begin, end, step = int(begin), int(end), int(step)
    if begin <= end < 0 and step >= 1:
        trailer = f"{-begin}-{end}:{step}"
        raise error(DeniedByDrmException, f'Range specifier "-{trailer}" has unknown trailer "{trailer}"\n')
    if not 1 <= begin <= end <= LARGEST_TASK or step < 1:
        raise error(InvalidArgumentException, INVALID_ARGUMENT_TEXT)
    return TaskRange(begin, end, step)
