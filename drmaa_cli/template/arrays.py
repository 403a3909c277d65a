"""Many different jobs as few qsub commands: templates that agree in their options are tasks of one array job.

What differs from task to task (command, arguments, variables, directory, files) stands in the array's script;
what all agree in stands on the command line, as for a single job. Pure, so that every refusal comes before
anything is submitted.
"""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Iterator, Sequence

from drmaa_cli import constants as c
from drmaa_cli.errors import DrmaaException, error
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.template import job_script
from drmaa_cli.template.attributes import Text, pairs
from drmaa_cli.template.build import build, command_of, prepare
from drmaa_cli.template.job_name import check_job_name
from drmaa_cli.template.limits import check_command, check_shell_variables, check_text, is_short_and_plain
from drmaa_cli.template.output import at_place, of_tasks, without_place
from drmaa_cli.template.paths import OPTIONS, check_paths, resolved_paths, working_directory
from drmaa_cli.template.qsub_command import QsubCommand, Script
from drmaa_cli.template.script_plan import (
    GRID_ENGINES_OWN,
    JobPlace,
    ScriptPlan,
    is_dropped,
    length,
    plan_script,
    variable_fits,
)
from drmaa_cli.template.script_plan import task as task_of
from drmaa_cli.template.submission import UNMARKED, BuildContext, Marks, Submission, Values
from drmaa_cli.template.variables import is_qsubs
from drmaa_cli.typed import Callable, NamedTuple

LARGEST_SCRIPT = 16 * 2**20  # bytes; tasks with a script of 40 MB were no slower on a real cell, qsub was
MIXED_NAME = "runJobs"  # the name of an array of different commands without a job name
PLACES = (c.WD, *OPTIONS)
VARYING = frozenset((c.REMOTE_COMMAND, c.V_ARGV, c.V_ENV, *PLACES))


class ArrayPart(NamedTuple):
    """One qsub command of several.

    Attributes:
        positions: which templates it submits.
        tasks: task N is the template of the Nth position; None for a single job.
        build: the command, given what to mark it with.
    """

    positions: Sequence[int]
    tasks: TaskRange | None
    build: Callable[[Marks], Submission]


class _Job(NamedTuple):
    """What is a job's own among the tasks of an array."""

    command: str
    arguments: tuple[str, ...]
    environment: tuple[str, ...]
    place: JobPlace


def divide(templates: Sequence[Values], build_context: BuildContext, most_tasks: int) -> list[ArrayPart]:
    """The qsub commands that submit these templates, each with as many of them as possible.

    A template with which no other agrees, or that is no program to be started directly (``-b n``,
    ``-shell y``), becomes a single job.

    Args:
        templates: what is set in each.
        build_context: what they are read with.
        most_tasks: the greatest number of tasks of an array; 0 for no limit.

    Raises:
        DrmaaException: as :func:`drmaa_cli.template.build.build`, with the template's position.
    """
    parts: list[ArrayPart] = []
    for positions in _groups(templates):
        group = _Group(templates, positions, build_context)
        if len(positions) > 1 and group.qsub.is_direct():
            parts += group.parts(most_tasks or len(positions))
        else:
            parts += (group.single(position) for position in positions)
    return sorted(parts, key=lambda part: part.positions[0])


def _groups(templates: Sequence[Values]) -> list[list[int]]:
    """The positions of templates that agree in their options, and in variables that only ``-v`` can set."""
    groups: dict[tuple[object, ...], list[int]] = {}
    natives: dict[tuple[str, ...], tuple[str, ...]] = {}
    names = sorted({name for values in templates for name in values} - VARYING)
    for position, values in enumerate(templates):
        vector = _vector(values, c.V_ENV)
        native = natives.get(vector) if vector else ()
        if native is None:
            native = natives[vector] = tuple(item for item in vector if _is_native(item.partition("=")[0]))
        groups.setdefault((*map(values.get, names), native), []).append(position)
    return list(groups.values())


class _Group:
    """Templates that agree in everything that an array's tasks have in common."""

    def __init__(
        self, templates: Sequence[Values], positions: Sequence[int], build_context: BuildContext
    ) -> None:
        self._templates, self._positions, self._build_context = templates, positions, build_context
        first = templates[positions[0]]
        self._common = {name: value for name, value in first.items() if name not in VARYING}
        with _Naming(positions[0]):
            self.qsub, self._start = prepare(self._common, build_context)
        self._variables = dict(self.qsub.variables)  # that the start time needs
        self._given = self.qsub.given_names()

    def single(self, position: int) -> ArrayPart:
        """A template as a job of its own."""
        make = functools.partial(build, self._templates[position], self._build_context, None)
        with _Naming(position):
            make(UNMARKED)
        return ArrayPart((position,), None, make)

    def parts(self, most_tasks: int) -> Iterator[ArrayPart]:
        """The templates as arrays of at most so many tasks."""
        jobs = self._jobs()
        joined = self.qsub.is_joined()
        places = {id(job.place): job.place for job in jobs}  # few: equal ones are one object
        plan = plan_script(list(places.values()), self._given, joined=joined)
        native = self._native_variables(jobs)
        qsub = self.qsub._replace(values={**self._common, c.V_ENV: native})
        name = _name([job.command for job in jobs])
        with _Naming(self._positions[0]):
            qsub.assemble(name, Script(plan, frozenset(), "#"), self._start, UNMARKED)  # for its refusals
        lines: list[str] = []
        size = begin = 0
        for count, line in enumerate(self._lines(jobs, plan, frozenset(native), joined=joined)):
            room = length(line) + 1
            if lines and (len(lines) == most_tasks or size + room > LARGEST_SCRIPT):
                yield self._part(qsub, name, plan, jobs[begin:count], begin, lines)
                lines, size, begin = [], 0, count
            lines.append(line)
            size += room
        yield self._part(qsub, name, plan, jobs[begin:], begin, lines)

    def _part(
        self,
        qsub: QsubCommand,
        name: str,
        plan: ScriptPlan,
        jobs: Sequence[_Job],
        begin: int,
        lines: Sequence[str],
    ) -> ArrayPart:
        tasks = TaskRange(1, len(lines))
        base = without_place(qsub)
        places = {id(job.place): job.place for job in jobs}
        at = {name: at_place(base, place) for name, place in places.items()}
        files = of_tasks([at[id(job.place)] for job in jobs])

        def submission(marks: Marks) -> Submission:
            script = Script(plan, frozenset(), job_script.many(lines))
            own = qsub._replace(tasks=tasks, variables=dict(self._variables))
            return own.assemble(name, script, self._start, marks)._replace(files=files)

        return ArrayPart(self._positions[begin : begin + len(lines)], tasks, submission)

    def _jobs(self) -> list[_Job]:
        """Each template's own part, checked as :func:`drmaa_cli.template.build.build` does."""
        jobs = []
        leading, home = self.qsub.options.leading, self.qsub.environment.home
        places: dict[tuple[Text | None, ...], JobPlace] = {}  # what differs in nothing is looked at once
        commands: set[str] = set()
        directory = ""
        paths: dict[bytes, str | None] = {}
        with _Naming() as naming:
            for naming.position in self._positions:
                values = self._templates[naming.position]
                arguments, environment = _vector(values, c.V_ARGV), _vector(values, c.V_ENV)
                own = (_scalar(values.get(c.REMOTE_COMMAND, "")), *arguments, *environment)
                wanted = tuple(map(values.get, PLACES))
                place = places.get(wanted)
                if place is None or not is_short_and_plain("".join(own)):  # all else has been checked
                    check_text(values)
                if place is None:
                    directory = working_directory(_scalar(values.get(c.WD, "")), home, False)
                    paths = {name: _scalar(values[name]) for name in OPTIONS if name in values}
                    check_paths(paths, False)
                command = own[0]
                if command not in commands:
                    command = command_of(values)
                    check_command(command)
                    commands.add(command)
                if place is None:
                    place = places[wanted] = JobPlace(
                        directory, resolved_paths(paths, directory, self._given)
                    )
                jobs.append(_Job(command, leading + arguments, environment, place))
        return jobs

    def _lines(
        self, jobs: Sequence[_Job], plan: ScriptPlan, native: frozenset[str], *, joined: bool
    ) -> Iterator[str]:
        """The script's line for each job; ``native`` variables are set by ``-v``."""
        with _Naming() as naming:
            for naming.position, job in zip(self._positions, jobs):
                if not (job.environment or plan.is_needed):
                    yield job_script.plain_line(job.command, job.arguments)
                    continue
                variables = pairs(item for item in job.environment if item not in native)
                if variables:
                    check_shell_variables(job.command, variables)
                task = task_of(
                    job.command, job.arguments, variables, job.place, plan, self._given, joined=joined
                )
                yield job_script.line(task)

    def _native_variables(self, jobs: Sequence[_Job]) -> tuple[str, ...]:
        """What ``-v`` sets for all of them: everything when they agree, else what only ``-v`` can set."""
        first = jobs[0].environment
        if all(job.environment == first for job in jobs):
            return tuple(
                item
                for item in first
                if _is_native(item.partition("=")[0]) or _is_for_all(*item.partition("=")[::2])
            )
        return tuple(item for item in first if _is_native(item.partition("=")[0]))


def _scalar(value: Text) -> str:
    return value if isinstance(value, str) else " ".join(value)


def _vector(values: Values, name: bytes) -> tuple[str, ...]:
    value = values.get(name, ())
    return (value,) if isinstance(value, str) else value


def _is_native(name: str) -> bool:
    """Whether a variable is Grid Engine's to set, so that no script may."""
    return name in GRID_ENGINES_OWN


def _is_for_all(name: str, value: str) -> bool:
    """Whether ``-v`` brings a variable through the script's shell."""
    kept = job_script.is_plain_name(name) and variable_fits(name, value) and not is_dropped(name, value)
    return kept and not is_qsubs(name)  # else its value would stand on the command line


def _name(commands: Sequence[str]) -> str:
    """The name of an array that was given none."""
    names = {posixpath.basename(command) for command in set(commands)}
    if len(names) == 1:
        name = names.pop()
        try:
            check_job_name(name)
        except DrmaaException:
            return MIXED_NAME  # a single job of this name would be refused; here the command can still be run
        return name
    return MIXED_NAME


class _Naming:
    """Adds to a refusal which of the templates is meant."""

    def __init__(self, position: int = 0) -> None:
        self.position = position

    def __enter__(self) -> _Naming:
        return self

    def __exit__(self, kind: object, refusal: BaseException | None, _: object) -> None:
        if isinstance(refusal, DrmaaException):
            raise error(type(refusal), f"{refusal.text.rstrip()} (template {self.position})") from refusal
