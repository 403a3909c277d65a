"""A job template as a qsub command: pure, so that every refusal comes before anything is run.

The command line was found equal, attribute by attribute, to what libdrmaa 8.1.9 submits (compared by
``qstat -j -xml``). Precedence from low to high: our defaults, the sge_request files, ``#$`` lines of a
script, the job category, the native specification, the attributes.
"""

from __future__ import annotations

from drmaa_cli import constants as c
from drmaa_cli.errors import (
    DeniedByDrmException,
    error,
)
from drmaa_cli.gridengine.native import Native
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.template.kept import to_bytes
from drmaa_cli.template.limits import check_text
from drmaa_cli.template.output import output_files
from drmaa_cli.template.paths import (
    check_paths,
    resolved_paths,
    working_directory,
)
from drmaa_cli.template.qsub_command import QsubCommand
from drmaa_cli.template.script_plan import JobPlace
from drmaa_cli.template.submission import UNMARKED, BuildContext, Marks, Submission, Values

NO_COMMAND_TEXT = 'job template must have "drmaa_remote_command" attribute set'


def build(
    template_values: Values,
    context: BuildContext,
    tasks: TaskRange | None = None,
    marks: Marks = UNMARKED,
) -> Submission:
    """The qsub command that submits a job of this template.

    Args:
        template_values: what is set in the template.
        context: what it is read with.
        tasks: the tasks of a bulk job, None for a single job.
        marks: what the job is marked with.

    Raises:
        DrmaaException: code 17, 4, 1 as libdrmaa, in its order when there are several faults; code 14 or 15,
            naming attribute and value, for what Grid Engine's commands cannot carry.
    """
    qsub = QsubCommand(template_values, context.environment, tasks, Native(), {})
    check_text(template_values)
    native = qsub.native_specification(context.include)
    directory = working_directory(qsub.value(c.WD) or "", context.environment.home, tasks is not None)
    check_paths(qsub.paths(), tasks is not None)
    start = qsub.start_time(context.localtime, context.mktime)
    command = command_of(template_values)
    qsub = qsub._replace(options=qsub.job_category(context.category, context.include).then(native))
    if not qsub.is_binary():
        command = qsub.script_path(command, directory)
        qsub = qsub.with_script(command, context.script)
    submission = qsub.submission(command, directory, start, marks)
    place = JobPlace(directory, resolved_paths(qsub.paths(), directory, qsub.given_names()))
    return submission._replace(files=(output_files(qsub, place),))


class Repeated:
    """Builds submissions, and that which was built last no second time: many a program submits one template.

    What is built depends on the template, the environment and what else is asked of the context: an option
    file, a script, a job category, the time of a start. That for which nothing else was asked is the same the
    next time, but for its token.
    """

    def __init__(self) -> None:
        nothing = Submission((), {}, None, None, "")
        self._last: tuple[tuple[object, ...], Submission, bytes] = ((), nothing, b"")

    def build(
        self, values: Values, context: BuildContext, tasks: TaskRange | None, marks: Marks
    ) -> tuple[Submission, bytes]:
        """As :func:`build`, and the template as it is kept (:func:`drmaa_cli.template.kept.to_bytes`)."""
        made_of = (values, context.environment._replace(now=0), tasks, marks.in_account)
        last, submission, template = self._last
        if made_of == last:
            return submission.marked(marks.token), template
        before = context.asked
        submission = build(values, context, tasks, marks)
        template = to_bytes([values])
        if context.asked == before:
            self._last = (made_of, submission, template)
        return submission, template


def prepare(common: Values, context: BuildContext) -> tuple[QsubCommand, str]:
    """What templates that agree in their options have in common, and their start time as qsub reads it.

    Raises:
        DrmaaException: as :func:`build`.
    """
    qsub = QsubCommand(common, context.environment, None, Native(), {})
    check_text(common)
    native = qsub.native_specification(context.include)
    start = qsub.start_time(context.localtime, context.mktime)
    return qsub._replace(options=qsub.job_category(context.category, context.include).then(native)), start


def command_of(values: Values) -> str:
    """The remote command.

    Raises:
        DeniedByDrmException: there is none.
    """
    command = values.get(c.REMOTE_COMMAND)
    if command is None:
        raise error(DeniedByDrmException, NO_COMMAND_TEXT)
    return command if isinstance(command, str) else " ".join(command)
