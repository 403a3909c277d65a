"""A submission while it is put together: qsub's options in their order of precedence, and the refusals."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from os import fsencode
from time import gmtime

from drmaa_cli import constants as c
from drmaa_cli.errors import (
    ConflictingAttributeValuesException,
    DeniedByDrmException,
    error,
)
from drmaa_cli.gridengine.native import YES, Include, Native, NativeError, analyse, embedded_options, split
from drmaa_cli.gridengine.ranges import format_range
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.template import job_script
from drmaa_cli.template.attributes import pairs
from drmaa_cli.template.job_name import check_job_name
from drmaa_cli.template.job_script import is_plain_name
from drmaa_cli.template.limits import check_command, check_shell_variables
from drmaa_cli.template.paths import (
    INCREMENT,
    LINE_END,
    path_options,
    refused,
    resolved_paths,
)
from drmaa_cli.template.paths import OPTIONS as PATH_OPTIONS
from drmaa_cli.template.script_plan import (
    GRID_ENGINES_OWN,
    JobPlace,
    ScriptPlan,
    fits,
    is_dropped,
    plan_script,
    task,
    variable_fits,
)
from drmaa_cli.template.submission import (
    ACCOUNT_PREFIX,
    CONTEXT_PREFIX,
    Category,
    Environment,
    LocalTime,
    MakeTime,
    Marks,
    Submission,
    Values,
)
from drmaa_cli.template.variables import Qsub, environment_of_qsub, is_qsubs, variable_options
from drmaa_cli.typed import NamedTuple

UTC = "UTC0"  # a time zone of POSIX
STANDARD_INPUT = "/dev/stdin"

OVERRIDDEN_BY = {c.JOB_NAME: "-N", c.JOIN_FILES: "-j", c.START_TIME: "-a"}

NO_SCRIPT_TEXT = "job rejected: no script in your request"
SYNC_TEXT = "a default file (sge_request) sets -sync y, with which qsub waits for the end of every job"
VERIFY_TEXT = "{} sets -verify, with which qsub submits nothing: take it out"
SCRIPT_SYNC_TEXT = "the script sets -sync y, with which qsub waits for the end of every job; take it out"
DEFAULT_TASKS_TEXT = "a default file (sge_request) sets {}, which makes an array of every job"
SCRIPT_TASKS_TEXT = "the script sets {}, which makes an array of the job: take it out, or use runBulkJobs"
UNKNOWN_CATEGORY_TEXT = "Unknown job category"
INCREMENT_SCRIPT_TEXT = (
    "The $drmaa_inc_ph$ placeholder is not allowed when the DRMAA_NATIVE_SPECIFICATION"
    ' attribute contains "-b n"\n'
)


class Script(NamedTuple):
    """A job's script and what it takes from the command line.

    Attributes:
        plan: directories and files.
        variables: those it sets.
        text: '' when there is none.
    """

    plan: ScriptPlan
    variables: frozenset[str]
    text: str


class QsubCommand(NamedTuple):
    """The parts of a submission while it is being put together."""

    values: Values
    environment: Environment
    tasks: TaskRange | None
    options: Native
    variables: dict[str, str]
    embedded: Native = Native()

    def value(self, name: bytes) -> str | None:
        """A scalar attribute; None when unset."""
        value = self.values.get(name)
        return value if value is None or isinstance(value, str) else " ".join(value)

    def vector(self, name: bytes) -> tuple[str, ...]:
        """A vector attribute; empty when unset."""
        value = self.values.get(name, ())
        return (value,) if isinstance(value, str) else value

    def native_specification(self, include: Include) -> Native:
        """The options of the native specification."""
        return _analysed(split(self.value(c.NATIVE_SPECIFICATION) or ""), include)

    def job_category(self, category: Category, include: Include) -> Native:
        """The options of the job category."""
        name = self.value(c.JOB_CATEGORY)
        if name is None:
            return Native()
        words = category(name)
        if words is None:
            raise error(DeniedByDrmException, UNKNOWN_CATEGORY_TEXT)
        return _analysed(words, include)

    def paths(self) -> dict[bytes, str | None]:
        """The attributes that are paths."""
        return {name: self.value(name) for name in PATH_OPTIONS}

    def given_names(self) -> frozenset[str]:
        """What the options before the attributes set, those of default files included."""
        given = frozenset(name for name, _ in self.options.options)
        return given if self.options.cleared else given | self.environment.default_options

    def with_script(self, command: str, read: Include) -> QsubCommand:
        """The same, with the options that the job's script brings along, if they can be read here."""
        prefix = self.options.last("-C")
        if prefix is None and not self.options.cleared:
            prefix = self.default("-C")
        text = read(command)
        found = Native() if text is None else embedded_options(text, "#$" if prefix is None else prefix, read)
        return self._replace(embedded=found)

    def default(self, name: str) -> str | None:
        """The value that default files give to an option; None when they do not."""
        start = f"{name} "
        words = self.environment.default_options
        return next((word[len(start) :] for word in words if word.startswith(start)), None)

    def check_shape(self) -> None:
        """Refuse what would make qsub wait, submit nothing, or make an array of a single job.

        Options that only the default files or a script can bring: those of a template are passed over. No
        option of the command line takes them back (observed of ``-sync``).
        """
        if ("-verify", ()) in self.embedded.ignored:
            raise error(DeniedByDrmException, VERIFY_TEXT.format("the script"))
        if "-verify" in self.environment.default_options and not self.options.cleared:
            raise error(DeniedByDrmException, VERIFY_TEXT.format("a default file (sge_request)"))
        tasks, sync = self.default("-t"), self.default("-sync")
        if sync in YES:
            raise error(DeniedByDrmException, SYNC_TEXT)
        if (self.embedded.last_ignored("-sync") or "n").lower() in YES:
            raise error(DeniedByDrmException, SCRIPT_SYNC_TEXT)
        if self.tasks is None and tasks is not None:
            raise error(DeniedByDrmException, DEFAULT_TASKS_TEXT.format(f"-t {tasks}"))
        own = self.embedded.last_ignored("-t")
        if self.tasks is None and own is not None:
            raise error(DeniedByDrmException, SCRIPT_TASKS_TEXT.format(f"-t {own}"))

    def gives(self, name: str) -> bool:
        """Whether an option is given somewhere below the attributes: also by the job's script."""
        return name in self.given_names() or self.embedded.has(name)

    def start_time(self, localtime: LocalTime, mktime: MakeTime) -> str:
        """The start time as qsub reads it, in its local time; '' for none.

        In an hour that a clock change repeats, local time does not say which pass is meant, and what qsub
        takes it for depends on the C library: it is told the time in UTC then, and gets a time zone to match.
        """
        value = self.value(c.START_TIME)
        if value is None:
            return ""
        from drmaa_cli.template.start_time import is_repeated, parse_start_time  # noqa: PLC0415  # rarely given

        when = parse_start_time(value, self.environment.now, localtime, mktime)
        if when is None:
            return ""
        local = localtime(when)
        if is_repeated(when, localtime):
            self.variables["TZ"] = UTC
            local = gmtime(when)
        year, month, day, hour, minute, second = local[:6]
        return f"{year:04}{month:02}{day:02}{hour:02}{minute:02}.{second:02}"

    def submission(self, command: str, directory: str, start: str, marks: Marks) -> Submission:
        """The qsub command of one job, or of an array that runs the same in all its tasks."""
        self.check_shape()
        check_command(command)
        place = JobPlace(directory, resolved_paths(self.paths(), directory, self.given_names()))
        script = self.own_script(command, place) if self.is_direct() else None
        if script is None:
            self.check_carriable(command, directory)
            script = Script(ScriptPlan(place, False, frozenset()), frozenset(), "")
        return self.assemble(command, script, start, marks)

    def script_path(self, command: str, directory: str) -> str:
        """The path of the script that Grid Engine is to copy."""
        if INCREMENT in (self.value(c.WD) or ""):
            raise error(DeniedByDrmException, INCREMENT_SCRIPT_TEXT)
        return posixpath.join(directory or self.environment.home, command)

    def own_script(self, command: str, place: JobPlace) -> Script | None:
        """The script of a job that qsub's command line cannot carry; None for one that it can."""
        arguments, variables = self.arguments(), pairs(self.vector(c.V_ENV))
        plan = plan_script([place], self.given_names(), joined=self.is_joined())
        qsub = self.qsub(is_script=False)
        unfit = {
            name
            for name, value in variables.items()
            if not variable_fits(name, value) or is_dropped(name, value) or qsub.shows(name, value)
        }
        if not (plan.is_needed or unfit.difference(GRID_ENGINES_OWN) or not fits(command, arguments)):
            return None
        lost = {name for name in variables if is_qsubs(name) or not is_plain_name(name)} - GRID_ENGINES_OWN
        chosen = {name: variables[name] for name in variables if name in lost or name in unfit}
        check_shell_variables(command, chosen)
        given = self.given_names()
        one = task(command, arguments, chosen, place, plan, given, joined=self.is_joined())
        return Script(plan, frozenset(chosen), job_script.one(one, is_array=self.tasks is not None))

    def assemble(self, command: str, script: Script, start: str, marks: Marks) -> Submission:
        """The whole command line, and the script when there is one."""
        is_script = bool(script.text)
        if self.variables.get("TZ") == UTC and self.gives("-V") and "TZ" not in pairs(self.vector(c.V_ENV)):
            text = f"-V excludes {self.value(c.START_TIME)!r}, a start time in an hour that comes twice"
            raise error(ConflictingAttributeValuesException, text)
        place = script.plan.place
        argv = ["qsub", *self.defaults(is_script), *self.given_options(is_script)]
        argv += path_options(place.paths)
        argv += ["-wd", place.directory] if place.directory else []
        argv += ["-a", start] if start else []
        has_start_time = bool(start) or self.gives("-a")
        by_name = variable_options(self.vector(c.V_ENV), script.variables, self.qsub(is_script=is_script))
        argv += self.simple_attributes() + self.mail() + by_name.options
        argv += ["-@", STANDARD_INPUT] if by_name.lines else []
        in_account = bool(marks.token) and marks.in_account and not self.gives("-A")
        argv += ["-ac", CONTEXT_PREFIX + marks.token] if marks.token else []
        argv += ["-A", ACCOUNT_PREFIX + marks.token] if in_account else []
        argv += ["-terse"] + (["-t", format_range(self.tasks)] if self.tasks else [])
        arguments = self.arguments()
        named = self.given_job_name()
        name = self.job_name(command) if named is None else named
        env = environment_of_qsub(self.environment.env, {**self.variables, **by_name.values})
        stdin = fsencode("\n".join([*by_name.lines, ""])) if by_name.lines else None
        if is_script:
            argv += [*job_script.OPTIONS, *(["-N", name] if named is None else [])]
            stdin = fsencode(script.text)
        else:
            argv += [command, *arguments]
        made = Submission(tuple(argv), env, stdin, self.tasks, name, has_start_time, marks.token, in_account)
        return made._replace(shown=tuple(by_name.shown))

    def qsub(self, *, is_script: bool) -> Qsub:
        """What there is of qsub for variables; of a script of ours there is no option file besides."""
        environment = self.environment
        return Qsub(
            environment.env,
            c.START_TIME in self.values or self.options.has("-a"),
            environment.stdin_is_file and not is_script,
            environment.is_begun_by_shell,
        )

    def is_direct(self) -> bool:
        """Whether the command is started without a shell in between (``-b y -shell n``)."""
        word = self.options.last("-shell")
        if word is None and not self.options.cleared:
            defaults = self.environment.default_options
            word = next((text[7:] for text in defaults if text.startswith("-shell ")), "n")
        return self.is_binary() and (word or "y").lower() not in ("y", "yes")

    def is_joined(self) -> bool:
        """Whether standard error goes where standard output goes."""
        word = self.value(c.JOIN_FILES) or self.options.last("-j")
        if word is None and not self.options.cleared:
            word = next(
                (text[3:] for text in self.environment.default_options if text.startswith("-j ")), None
            )
        return (word or "n").lower() in ("y", "yes")

    def check_carriable(self, command: str, directory: str) -> None:
        """Refuse what cannot be written on a command line where no script can take its place."""
        for name, text in ((c.REMOTE_COMMAND, command), (c.WD, directory)):
            if "\n" in text:
                raise refused(name, text, LINE_END)
        for index, argument in enumerate(self.vector(c.V_ARGV)):
            if "\n" in argument:
                raise refused(f"drmaa_v_argv[{index}]".encode(), argument, LINE_END)

    def is_binary(self) -> bool:
        """Whether the command is a program, and not a script for Grid Engine to copy (``-b``)."""
        given = self.options.binary
        if given is not None:
            return given
        if self.options.cleared:
            raise error(DeniedByDrmException, NO_SCRIPT_TEXT)
        return not any(word.lower() in ("-b n", "-b no") for word in self.environment.default_options)

    def defaults(self, is_script: bool) -> list[str]:
        """``-b y -shell n -w e``, each unless something of higher precedence says otherwise."""
        if self.options.cleared:
            return []
        already = self.environment.default_options
        words: list[str] = []
        for name, value in (("-b", "y"), ("-shell", "n"), ("-w", "e")):
            # A default file's -w v or -w p would turn every submission into a mere verification.
            verifies = name == "-w" and not already.isdisjoint({"-w v", "-w p"})
            replaced = is_script and name in job_script.REPLACED
            if not replaced and not self.options.has(name) and (name not in already or verifies):
                words += [name, value]
        return words

    def given_options(self, is_script: bool) -> list[str]:
        """The words of category and native specification, less what an attribute overrides.

        Of two options that override each other qsub takes the last, with a warning on its standard output, or
        fails (two ``-b``): only the last is passed on.
        """
        options = self.options.last_of_each()
        for attribute, option in OVERRIDDEN_BY.items():
            if attribute in self.values:
                options = options.without(option)
        for option in job_script.REPLACED if is_script else ():
            options = options.without(option)
        return options.words()

    def simple_attributes(self) -> list[str]:
        """The options of attributes that are options by themselves."""
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
        return words

    def mail(self) -> list[str]:
        """``-M`` and ``-m``."""
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

    def arguments(self) -> tuple[str, ...]:
        """The job's arguments: those after ``--`` in the native specification come first."""
        return self.options.leading + self.vector(c.V_ARGV)

    def given_job_name(self) -> str | None:
        """The name that options or the attribute give; None for none."""
        explicit = self.value(c.JOB_NAME)
        name = self.options.last("-N") if explicit is None else explicit
        if name is not None:
            check_job_name(name)
            return name
        if self.embedded.has("-N"):
            return self.embedded.last("-N")
        defaults = self.environment.default_options
        if "-N" in defaults and not (self.options.cleared or self.embedded.cleared):
            return self.default("-N") or ""
        return None

    def job_name(self, command: str) -> str:
        """The name after the command, checked when it is certain that the job will have it."""
        name = posixpath.basename(command)
        if self.is_binary():
            check_job_name(name)
        return name


def _analysed(words: Sequence[str], include: Include) -> Native:
    try:
        return analyse(words, include)
    except NativeError as reason:
        raise error(DeniedByDrmException, str(reason)) from reason
