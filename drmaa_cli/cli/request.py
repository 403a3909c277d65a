"""What a job asks for: options that ``run`` and ``map`` share, and the template they become."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from drmaa_cli.cli.completing import directories
from drmaa_cli.cli.ends import BadInput
from drmaa_cli.cli.parser import FloatType, Seconds
from drmaa_cli.typed import TYPE_CHECKING, Any, Callable, NamedTuple, TypeVar

if TYPE_CHECKING:
    from drmaa_cli.session.job_session import JobSession
    from drmaa_cli.session.templates import JobTemplate

Function = TypeVar("Function", bound=Callable[..., Any])

LONGEST_NAME = 60
GIGABYTE = 1024  # megabytes, as Grid Engine counts


class Minutes(Seconds):
    """A run time: a number of minutes, or with a unit (``90s``, ``2h``) or as ``HH:MM:SS``; seconds."""

    name = "minutes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """Read it."""
        text = str(value).strip()
        seconds = super().convert(f"{text}m" if re.fullmatch(r"[\d.]+", text) else text, param, ctx)
        if not seconds:
            self.fail("a job needs some time", param, ctx)
        return seconds


class Memory(FloatType):
    """An amount of memory: a number of GB, or with a unit (``512M``, ``2G``, ``1T``); megabytes."""

    name = "memory"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """Read it."""
        found = re.fullmatch(
            r"(\d+(?:\.\d+)?)\s*(?:([MGT])i?B?)?", str(value).strip(), re.ASCII | re.IGNORECASE
        )
        factors = {"M": 1, "G": GIGABYTE, "T": GIGABYTE * GIGABYTE}
        megabytes = float(found[1]) * factors[(found[2] or "G").upper()] if found else 0.0
        if megabytes < 1:
            self.fail(f"{value!r} is no amount of memory such as 4 (GB), 512M or 1.5G", param, ctx)
        return megabytes


class Request(NamedTuple):
    """What a job asks for.

    Attributes:
        seconds: run time; None for no limit of its own.
        megabytes: memory, for each slot as Grid Engine counts; None for none asked for.
        slots: how many slots; 1 asks for no parallel environment.
        memory_name: the resource that stands for memory in this cell.
        environment: the parallel environment that slots are asked from.
        native: options of qsub in its own words.
        name: the job's name; None for one that is made of the command.
        directory: where it runs; '' for the home directory of a submit host elsewhere.
        variables: what it gets in its environment.
        whole: whether it gets all of the environment here.
        held: whether it enters the queue on hold.
        after: the jobs that must have ended before.
    """

    seconds: float | None = None
    megabytes: float | None = None
    slots: int = 1
    memory_name: str = "h_vmem"
    environment: str = "smp"
    native: str = ""
    name: str | None = None
    directory: str = ""
    variables: Mapping[str, str] = {}
    whole: bool = False
    held: bool = False
    after: Sequence[str] = ()

    def native_words(self) -> str:
        """What stands in the native specification: the user's own words last, for the last one counts."""
        words = ["-V"] if self.whole else []
        if self.megabytes is not None:
            words.append(f"-l {self.memory_name}={self.megabytes:.0f}M")
        if self.slots > 1:
            words.append(f"-pe {self.environment} {self.slots}")
        if self.after:
            words.append(f"-hold_jid {','.join(self.after)}")
        return " ".join([*words, self.native]).strip()

    def template(self, session: JobSession, command: Sequence[str], name: str) -> JobTemplate:
        """A template of a session for a command, without its output files.

        Args:
            session: where it will be submitted.
            command: the program and its arguments.
            name: the job's name where none was asked for.

        Raises:
            DrmaaException: a value that no job can have.
        """
        template = session.createJobTemplate(
            remoteCommand=command[0], args=list(command[1:]), jobName=self.name or name
        )
        if self.directory:
            template.workingDirectory = self.directory
        if self.seconds is not None:
            template.hardWallclockTimeLimit = int(self.seconds)
        if self.variables:
            template.jobEnvironment = dict(self.variables)
        if self.held:
            template.jobSubmissionState = "drmaa_hold"
        native = self.native_words()
        if native:
            template.nativeSpecification = native
        return template


def request_options(function: Function) -> Function:
    """The options of a :class:`Request`; :func:`request_of` reads them."""
    options = (
        click.option("-T", "--time", "seconds", type=Minutes(), metavar="MINUTES", help="Run time (h_rt)."),
        click.option(
            "-R", "--memory", "megabytes", type=Memory(), metavar="GB", help="Memory for each slot (h_vmem)."
        ),
        click.option(
            "-c", "--slots", type=click.IntRange(1), default=1, metavar="N", help="Slots on one host."
        ),
        click.option("--memory-name", default="h_vmem", metavar="NAME", help="The cell's resource for -R."),
        click.option(
            "--pe", "environment", default="smp", metavar="NAME", help="The parallel environment for -c."
        ),
        click.option("--native", default="", metavar="OPTIONS", help="Options of qsub in its own words."),
        click.option("-N", "--name", metavar="NAME", help="The job's name."),
        click.option(
            "-d",
            "--cwd",
            "directory",
            metavar="DIR",
            shell_complete=directories,
            help="Where it runs; the default is the current directory.",
        ),
        click.option(
            "--env",
            "variables",
            multiple=True,
            metavar="NAME[=VALUE]",
            help="A variable of its environment; without =VALUE that of here.",
        ),
        click.option("-V", "--whole-env", "whole", is_flag=True, help="Give it all of the environment here."),
        click.option("--hold", "held", is_flag=True, help="Submit it on hold."),
        click.option("--after", multiple=True, metavar="ID", help="Start when this job has ended."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def request_of(values: Mapping[str, Any], *, is_here: bool) -> Request:
    """The request of a command line.

    Args:
        values: the values of :func:`request_options`.
        is_here: whether the submit host is this one: then the current directory and PATH mean something.

    Raises:
        BadInput: a directory that is not there, a variable that is not set, a name that cannot be one.
    """
    directory = values["directory"] or ""
    variables = dict(map(_variable, values["variables"]))
    if is_here:
        directory = os.path.abspath(directory or os.getcwd())  # noqa: PTH100, PTH109  # as it is written
        if not Path(directory).is_dir():
            raise BadInput(f"there is no directory {directory}")
        if "PATH" in os.environ:
            variables.setdefault("PATH", os.environ["PATH"])
    for job in values["after"]:
        if not re.fullmatch(r"\d+(\.\d+)?", job, re.ASCII):
            raise BadInput(f"--after takes a job id, not {job!r}")
    return Request(
        **{
            **{name: values[name] for name in Request._fields},
            "directory": directory,
            "variables": variables,
        }
    )


def _variable(text: str) -> tuple[str, str]:
    name, is_given, value = text.partition("=")
    if not name:
        raise BadInput(f"--env takes NAME or NAME=VALUE, not {text!r}")
    if is_given:
        return name, value
    if name not in os.environ:
        raise BadInput(f"--env {name}: there is no such variable here")
    return name, os.environ[name]


def words_of(command: Sequence[str]) -> list[str]:
    """A command as it is run: one word with blanks in it is a line for /bin/sh.

    Raises:
        BadInput: there is nothing to run.
    """
    if not command or not command[0].strip():
        raise BadInput("there is no command: drmaa-cli run [OPTIONS] -- COMMAND [ARGUMENT ...]")
    if len(command) == 1 and re.search(r"\s", command[0].strip()):
        return ["/bin/sh", "-c", command[0]]
    return list(command)


def name_of(command: str) -> str:
    """A job's name made of its command's first word, in letters that Grid Engine allows."""
    first = command.split(maxsplit=1)[0].rpartition("/")[2] if command.split() else ""
    name = re.sub(r"[^A-Za-z0-9._+-]+", "_", first)[:LONGEST_NAME].strip("_")
    if not name or name[0].isdigit() or name.upper() in ("NONE", "ALL", "TEMPLATE"):
        return f"job_{name}".rstrip("_")
    return name
