"""A job template as a qsub command: pure, so that every refusal comes before anything is run.

The command line was found equal, attribute by attribute, to what libdrmaa 8.1.9 submits (compared by
``qstat -j -xml``). Precedence from low to high: our defaults, the sge_request files, ``#$`` lines of a
script, the job category, the native specification, the attributes.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Mapping, Sequence
from time import localtime, mktime
from typing import NamedTuple, Optional

from drmaa_cli import constants as c
from drmaa_cli.attributes import Text, pairs, shown
from drmaa_cli.errors import (
    ConflictingAttributeValuesException,
    DeniedByDrmException,
    UnsupportedAttributeException,
    error,
)
from drmaa_cli.gridengine.native import Include, Native, NativeError, analyse, split
from drmaa_cli.gridengine.ranges import format_range
from drmaa_cli.jobname import EMPTY_TEXT, check_job_name
from drmaa_cli.jobpaths import INCREMENT, LINE_END, check_paths, path_options, refused, working_directory
from drmaa_cli.jobpaths import OPTIONS as PATH_OPTIONS
from drmaa_cli.models import TaskRange
from drmaa_cli.starttime import LocalTime, MakeTime, parse_start_time

Category = Callable[[str], Optional[list[str]]]
Values = Mapping[bytes, Text]

OVERRIDDEN_BY = {c.JOB_NAME: "-N", c.JOIN_FILES: "-j", c.START_TIME: "-a"}

NO_COMMAND_TEXT = 'job template must have "drmaa_remote_command" attribute set'
NO_SCRIPT_TEXT = "job rejected: no script in your request"
SYNC_TEXT = "a default file (sge_request) sets -sync y, with which qsub waits for the end of every job"
UNKNOWN_CATEGORY_TEXT = "Unknown job category"
INCREMENT_SCRIPT_TEXT = (
    "The $drmaa_inc_ph$ placeholder is not allowed when the DRMAA_NATIVE_SPECIFICATION"
    ' attribute contains "-b n"\n'
)

LONGEST_STRING = (
    131071  # bytes of one argument or variable that Linux passes to a program (MAX_ARG_STRLEN - 1)
)
STRIPPED_PREFIX = "SGE_LONG_"
STRIPPED = frozenset(
    {"SGE_DEBUG_LEVEL", "SGE_DEBUG_TARGET", "SGE_ND"}
)  # they garble the tools' output (observed)
# Variables that would change what qsub itself does or where it finds its cell: never set for it by a job.
QSUBS_PREFIXES = ("SGE_", "LD_", "GLIBC_", "MALLOC_", "RES_")
QSUBS_OWN = frozenset({"GCONV_PATH", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH", "NLSPATH", "OPENSSL_CONF"})
# Variables that qsub records as SGE_O_* or prints by: set for it only when there is no other way.
QSUBS_PREFERENCES = frozenset(
    {"HOME", "LANG", "LANGUAGE", "LOGNAME", "MAIL", "PATH", "SHELL", "TMPDIR", "TZ", "USER"}
)


class Environment(NamedTuple):
    """What a submission depends on besides the template.

    Attributes:
        home: the user's home directory where the job will run (password database).
        cwd: the directory in which qsub will run; ``-cwd`` in a native specification means it.
        env: the caller's environment.
        now: the present in epoch seconds.
        default_options: see :func:`drmaa_cli.qtask.read_default_options`.
    """

    home: str
    cwd: str
    env: Mapping[str, str]
    now: float
    default_options: frozenset[str] = frozenset()


class Submission(NamedTuple):
    """A qsub command.

    Attributes:
        argv: its words, the program's name first.
        env: its complete environment.
        stdin: what it reads; None for nothing.
        tasks: the tasks of a bulk job.
        job_name: the job's name, as far as it can be told: a script or a JSV may name it otherwise.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    stdin: bytes | None
    tasks: TaskRange | None
    job_name: str


def build(
    template_values: Values,
    environment: Environment,
    tasks: TaskRange | None = None,
    context: Mapping[str, str] = {},
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
        context: context variables to mark the job with (``-ac``); no commas or line ends in them.
        category: the option words of a job category by its name, None when there is no such category.
        include: the text of the file that ``-@`` names; see :func:`drmaa_cli.gridengine.native.analyse`.
        localtime: as :func:`time.localtime`, in the time zone of ``environment.env``.
        mktime: as :func:`time.mktime`, in the same time zone.

    Raises:
        DrmaaException: code 17, 4, 1 as libdrmaa, in its order when there are several faults; code 14 or 15,
            naming attribute and value, for what Grid Engine's commands cannot carry.
    """
    draft = _Draft(template_values, environment, tasks, Native(), {})
    draft.check_text()
    native = draft.native_specification(include)
    directory = working_directory(draft.value(c.WD) or "", environment.home, tasks is not None)
    check_paths(draft.paths(), tasks is not None)
    start = draft.start_time(localtime, mktime)
    command = draft.value(c.REMOTE_COMMAND)
    if command is None:
        raise error(DeniedByDrmException, NO_COMMAND_TEXT)
    draft = draft._replace(options=draft.job_category(category, include).then(native))
    return draft.submission(command, directory, start, context)


class _Draft(NamedTuple):
    """The parts of a submission while it is being put together."""

    values: Values
    environment: Environment
    tasks: TaskRange | None
    options: Native
    variables: dict[str, str]

    def value(self, name: bytes) -> str | None:
        value = self.values.get(name)
        return value if value is None or isinstance(value, str) else " ".join(value)

    def vector(self, name: bytes) -> tuple[str, ...]:
        value = self.values.get(name, ())
        return (value,) if isinstance(value, str) else value

    def check_text(self) -> None:
        """Refuse what no program can be given: NUL bytes, text without bytes, and too long text."""
        for name, value in self.values.items():
            for item in (value,) if isinstance(value, str) else value:
                if "\0" in item:
                    raise refused(name, item, "a NUL byte ends every text")
                try:
                    size = len(os.fsencode(item))
                except UnicodeEncodeError as reason:
                    raise refused(name, item, f"it cannot be encoded in {reason.encoding}") from reason
                if size > LONGEST_STRING:
                    raise refused(
                        name, item, f"a program can be given {LONGEST_STRING} bytes at a time, not {size}"
                    )

    def native_specification(self, include: Include | None) -> Native:
        return _analysed(split(self.value(c.NATIVE_SPECIFICATION) or ""), include)

    def job_category(self, category: Category | None, include: Include | None) -> Native:
        name = self.value(c.JOB_CATEGORY)
        if name is None:
            return Native()
        words = None if category is None else category(name)
        if words is None:
            raise error(DeniedByDrmException, UNKNOWN_CATEGORY_TEXT)
        return _analysed(words, include)

    def paths(self) -> dict[bytes, str | None]:
        return {name: self.value(name) for name in PATH_OPTIONS}

    def given_names(self) -> frozenset[str]:
        """What the options before the attributes set, those of default files included."""
        given = frozenset(name for name, _ in self.options.options)
        return given if self.options.cleared else given | self.environment.default_options

    def start_time(self, localtime: LocalTime, mktime: MakeTime) -> str:
        """The start time as qsub reads it, in its local time; '' for none."""
        value = self.value(c.START_TIME)
        when = None if value is None else parse_start_time(value, self.environment.now, localtime, mktime)
        if when is None:
            return ""
        year, month, day, hour, minute, second = localtime(when)[:6]
        return f"{year:04}{month:02}{day:02}{hour:02}{minute:02}.{second:02}"

    def submission(self, command: str, directory: str, start: str, context: Mapping[str, str]) -> Submission:
        if not self.environment.default_options.isdisjoint({"-sync y", "-sync yes"}):
            raise error(DeniedByDrmException, SYNC_TEXT)
        binary = self.is_binary()
        if not binary:
            if INCREMENT in (self.value(c.WD) or ""):
                raise error(DeniedByDrmException, INCREMENT_SCRIPT_TEXT)
            command = posixpath.join(directory or self.environment.home, command)
        self.check_command(command)
        argv = ["qsub", *self.defaults(), *self.given_options()]
        argv += path_options(self.paths(), directory, self.given_names())
        argv += ["-wd", directory] if directory else []
        argv += ["-a", start] if start else []
        argv += self.simple_attributes() + self.mail() + self.job_environment(bool(start))
        for name, value in context.items():
            argv += ["-ac", f"{name}={value}"]
        argv += ["-terse"] + (["-t", format_range(self.tasks)] if self.tasks else [])
        arguments = self.arguments()
        name = self.job_name(command, binary)
        unset = {key for key in self.environment.env if key in STRIPPED or key.startswith(STRIPPED_PREFIX)}
        env = {key: value for key, value in self.environment.env.items() if key not in unset}
        return Submission((*argv, command, *arguments), {**env, **self.variables}, None, self.tasks, name)

    def is_binary(self) -> bool:
        given = self.options.binary
        if given is not None:
            return given
        if self.options.cleared:
            raise error(DeniedByDrmException, NO_SCRIPT_TEXT)
        return not any(word.lower() in ("-b n", "-b no") for word in self.environment.default_options)

    def defaults(self) -> list[str]:
        """``-b y -shell n -w e``, each unless something of higher precedence says otherwise."""
        if self.options.cleared:
            return []
        already = self.environment.default_options
        words: list[str] = []
        for name, value in (("-b", "y"), ("-shell", "n"), ("-w", "e")):
            # A default file's -w v or -w p would turn every submission into a mere verification.
            verifies = name == "-w" and not already.isdisjoint({"-w v", "-w p"})
            if not self.options.has(name) and (name not in already or verifies):
                words += [name, value]
        return words

    def given_options(self) -> list[str]:
        """The words of category and native specification, less what an attribute overrides.

        Of two options that override each other qsub takes the last, with a warning on its standard output, or
        fails (two ``-b``): only the last is passed on.
        """
        options = self.options.last_of_each()
        for attribute, option in OVERRIDDEN_BY.items():
            if attribute in self.values:
                options = options.without(option)
        return options.words()

    def simple_attributes(self) -> list[str]:
        words: list[str] = []
        name = self.value(c.JOB_NAME)
        words += [] if name is None else ["-N", name]
        held = self.value(c.JS_STATE) == c.SUBMISSION_STATE_HOLD and not self.options.hold
        words += ["-h"] if held else []
        join = self.value(c.JOIN_FILES)
        words += [] if join is None else ["-j", join]
        limits = ((c.WCT_HLIMIT, "h_rt"), (c.WCT_SLIMIT, "s_rt"))
        requests = ",".join(f"{resource}={self.value(key)}" for key, resource in limits if key in self.values)
        words += ["-hard", "-l", requests] if requests else []
        files = self.value(c.TRANSFER_FILES)
        if files:
            text = f"drmaa_transfer_files cannot be {shown(files)}: qsub has no option for it"
            raise UnsupportedAttributeException(text)
        return words

    def mail(self) -> list[str]:
        addresses = [address for address in self.vector(c.V_EMAIL) if address]
        for address in addresses:
            if "\n" in address:
                raise refused(c.V_EMAIL, address, LINE_END)
        words = ["-M", ",".join(addresses)] if addresses else []
        block = self.value(c.BLOCK_EMAIL)
        if block == "1":
            words += ["-m", "n"]
        elif (
            block == "0"
            and self.options.last("-m") in (None, "n")
            and "-m" not in self.environment.default_options
        ):
            words += ["-m", "e"]
        return words

    def job_environment(self, has_start_time: bool) -> list[str]:
        """``-v NAME`` with the value in qsub's own environment: so every value arrives byte for byte."""
        words: list[str] = []
        for name, value in pairs(self.vector(c.V_ENV)).items():
            if not name or "," in name or "\n" in name:
                raise refused(c.V_ENV, {name: value}, "Grid Engine knows no variable of this name")
            qsubs_own = name in QSUBS_OWN or name.startswith(QSUBS_PREFIXES)
            preference = name in QSUBS_PREFERENCES or name.startswith("LC_")
            if not (qsubs_own or preference):
                self.variables[name] = value
                words += ["-v", name]
            elif "," not in value:
                words += ["-v", f"{name}={value}"]
            elif qsubs_own:
                raise refused(
                    c.V_ENV, {name: value}, "qsub needs this variable itself and cannot pass on a comma"
                )
            elif name == "TZ" and (has_start_time or self.options.has("-a")):
                text = f"a start time and {name}={value} with a comma in drmaa_v_env exclude each other"
                raise error(ConflictingAttributeValuesException, text)
            else:
                self.variables[name] = value
                words += ["-v", name]
        return words

    def arguments(self) -> tuple[str, ...]:
        arguments = self.vector(c.V_ARGV)
        for index, argument in enumerate(arguments):
            if "\n" in argument:
                where = f"drmaa_v_argv[{index}]".encode()
                raise refused(where, argument, LINE_END)
        return self.options.leading + arguments

    def check_command(self, command: str) -> None:
        if not command:
            raise error(DeniedByDrmException, EMPTY_TEXT)
        if command.startswith("-"):
            raise refused(c.REMOTE_COMMAND, command, "qsub takes it for an option; give its path, as in ./-x")
        if "\n" in command:
            raise refused(c.REMOTE_COMMAND, command, LINE_END)

    def job_name(self, command: str, binary: bool) -> str:
        """The name, checked when it is certain that the job will have it."""
        explicit = self.value(c.JOB_NAME)
        name = self.options.last("-N") if explicit is None else explicit
        if name is not None:
            check_job_name(name)
            return name
        defaults = self.environment.default_options
        if "-N" in defaults and not self.options.cleared:
            return next((word[3:] for word in defaults if word.startswith("-N ")), "")
        name = posixpath.basename(command)
        if binary:
            check_job_name(name)
        return name


def _analysed(words: Sequence[str], include: Include | None) -> Native:
    try:
        return analyse(words, include)
    except NativeError as reason:
        raise error(DeniedByDrmException, str(reason)) from reason
