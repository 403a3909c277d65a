"""A job template as a qsub command: pure, so that every refusal comes before anything is run.

The command line was found equal, attribute by attribute, to what libdrmaa 8.1.9 submits (compared by
``qstat -j -xml``). Precedence from low to high: our defaults, the sge_request files, ``#$`` lines of a
script, the job category, the native specification, the attributes.
"""

from __future__ import annotations

from time import localtime, mktime

from drmaa_cli import constants as c
from drmaa_cli.errors import (
    DeniedByDrmException,
    error,
)
from drmaa_cli.gridengine.native import Include, Native
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.template.limits import LONGEST_STRING, check_text
from drmaa_cli.template.paths import (
    check_paths,
    working_directory,
)
from drmaa_cli.template.qsub_command import (
    UNMARKED,
    Category,
    Environment,
    Marks,
    QsubCommand,
    Submission,
    Values,
)
from drmaa_cli.template.start_time import LocalTime, MakeTime

__all__ = ["LONGEST_STRING", "Environment", "Submission", "build", "command_of", "prepare"]

NO_COMMAND_TEXT = 'job template must have "drmaa_remote_command" attribute set'


def build(
    template_values: Values,
    environment: Environment,
    tasks: TaskRange | None = None,
    marks: Marks = UNMARKED,
    category: Category | None = None,
    *,
    include: Include | None = None,
    localtime: LocalTime = localtime,
    mktime: MakeTime = mktime,
) -> Submission:
    """The qsub command that submits a job of this template.

    Args:
        template_values: ``JobTemplate._values()``.
        environment: what the command line depends on.
        tasks: the tasks of a bulk job, None for a single job.
        marks: what the job is marked with.
        category: the option words of a job category by its name, None when there is no such category.
        include: the text of the file that ``-@`` names; see :func:`drmaa_cli.gridengine.native.analyse`.
        localtime: as :func:`time.localtime`, in the time zone of ``environment.env``.
        mktime: as :func:`time.mktime`, in the same time zone.

    Raises:
        DrmaaException: code 17, 4, 1 as libdrmaa, in its order when there are several faults; code 14 or 15,
            naming attribute and value, for what Grid Engine's commands cannot carry.
    """
    qsub = QsubCommand(template_values, environment, tasks, Native(), {})
    check_text(template_values)
    native = qsub.native_specification(include)
    directory = working_directory(qsub.value(c.WD) or "", environment.home, tasks is not None)
    check_paths(qsub.paths(), tasks is not None)
    start = qsub.start_time(localtime, mktime)
    command = command_of(template_values)
    qsub = qsub._replace(options=qsub.job_category(category, include).then(native))
    return qsub.submission(command, directory, start, marks)


def prepare(
    common: Values,
    environment: Environment,
    category: Category | None,
    include: Include | None,
    localtime: LocalTime,
    mktime: MakeTime,
) -> tuple[QsubCommand, str]:
    """What templates that agree in their options have in common, and their start time as qsub reads it.

    Raises:
        DrmaaException: as :func:`build`.
    """
    qsub = QsubCommand(common, environment, None, Native(), {})
    check_text(common)
    native = qsub.native_specification(include)
    start = qsub.start_time(localtime, mktime)
    return qsub._replace(options=qsub.job_category(category, include).then(native)), start


def command_of(values: Values) -> str:
    """The remote command.

    Raises:
        DeniedByDrmException: there is none.
    """
    command = values.get(c.REMOTE_COMMAND)
    if command is None:
        raise error(DeniedByDrmException, NO_COMMAND_TEXT)
    return command if isinstance(command, str) else " ".join(command)
