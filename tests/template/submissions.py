"""Building submissions for tests: a fixed home, clock and environment, some job categories."""

from __future__ import annotations

import calendar
import time
from collections.abc import Mapping
from typing import Any

import pytest

from drmaa_cli.errors import (
    DrmaaException,
)
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.session.arguments import values_of
from drmaa_cli.template.attributes import Text
from drmaa_cli.template.build import build
from drmaa_cli.template.job_template import TemplateAttributes
from drmaa_cli.template.submission import UNMARKED, BuildContext, Environment, Submission

HOME = "/home/u"
NOW = float(calendar.timegm((2026, 11, 23, 9, 18, 44)))
TASKS = TaskRange(1, 5, 2)
GARBLED = "code 1: Error reading answer list from qmaster"
CATEGORIES = {
    "c": ["-N", "cat", "-q", "a.q"],
    "soft": ["-soft", "-q", "b.q"],
    "bad": ["-zzz"],
    "script": ["-b", "n"],
}


def template(**attributes: object) -> TemplateAttributes:
    """A template that no session can end."""
    return TemplateAttributes(lambda: None, attributes)


def values(**attributes: object) -> Mapping[bytes, Text]:
    """What is set in a template."""
    return values_of(template(**attributes))


def submission(
    attributes: Mapping[str, object],
    tasks: TaskRange | None = None,
    env: Mapping[str, str] = {"SGE_ROOT": "/sge", "TZ": "UTC"},
    defaults: frozenset[str] = frozenset(),
    **how: Any,
) -> Submission:
    given_attributes = {"remoteCommand": "/bin/true", **attributes}
    if given_attributes["remoteCommand"] is None:
        del given_attributes["remoteCommand"]
    machine = {
        name: how.pop(name, name == "stdin_is_file") for name in ("stdin_is_file", "is_begun_by_shell")
    }
    environment = Environment(HOME, "/work", env, NOW, defaults, **machine)
    how |= {"localtime": time.gmtime, "mktime": lambda fields: float(calendar.timegm(fields))}
    marks = how.pop("marks", UNMARKED)
    context = BuildContext(environment, CATEGORIES.get, **how)
    return build(values(**given_attributes), context, tasks, marks)


def words(attributes: Mapping[str, object], tasks: TaskRange | None = None, **how: Any) -> str:
    """The words between the defaults and -terse."""
    argv = " ".join(submission(attributes, tasks, **how).argv)
    start, end = "qsub -b y -shell n -w e", " -terse"
    assert argv.startswith(start)
    return argv[len(start) : argv.index(end)].strip()


def refusal(attributes: Mapping[str, object], tasks: TaskRange | None = None, **how: Any) -> DrmaaException:
    with pytest.raises(DrmaaException) as caught:
        submission(attributes, tasks, **how)
    return caught.value
