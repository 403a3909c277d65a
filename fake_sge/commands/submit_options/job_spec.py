"""From parsed options to a :class:`~fake_sge.model.JobSpec`: what the last -N, several -l or -clear mean."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Mapping
from typing import Any

from ...lighter import field, record
from ...model import NO_MAIL, HostPath, JobSpec, JobType, MailTo, Rerun, Resource
from ...model.interactive import TERMINAL
from ...model.requests import Request
from .option_values import EDISK, ENOIMP, ESEMANTIC, Variables, merge, merge_by_host
from .parsed import Option, ParserAnswer

_INHERITED = ("HOME", "LOGNAME", "PATH", "SHELL", "TZ", "MAIL")
PREFIX = "__SGE_PREFIX__"
_IGNORED = ("-hard", "-soft", "-terse", "-u", "-sync", "-pty", "-C", "-verify")


@record
class Submitted:
    """What the options say: the job, and what does not belong to it.

    ``given`` are the fields as -verify shows them: empty values are kept, and in ``context`` the operators
    (``+``, ``-``, ``=``) of -ac, -dc and -sc.
    """

    spec: JobSpec
    answers: list[ParserAnswer]
    verify: bool = False
    jsv: tuple[str, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    directive_prefix: str | None = None


def initial_environment(request: Request) -> Variables:
    """The ``__SGE_PREFIX__O_*`` variables of a new job and TERM, in Grid Engine's order."""
    known: list[tuple[str, str | None]] = [
        (f"{PREFIX}O_{name}", request.env[name]) for name in _INHERITED if request.env.get(name)
    ]
    if not request.flavour.is_ocs:
        known.append(("TERM", None))
    return (*known, (f"{PREFIX}O_HOST", request.host), (f"{PREFIX}O_WORKDIR", request.cwd))


def apply_clear(options: list[Option]) -> list[Option]:
    """Drop what stands before the last -clear, but words."""
    last = max((index for index, option in enumerate(options) if option.switch == "-clear"), default=-1)
    return [
        option for index, option in enumerate(options) if index > last or not option.switch.startswith("-")
    ]


def home_rooted(request: Request, home: str | None) -> str:
    """The working directory, below $HOME as $HOME spells it (-cwd)."""
    if home and os.path.isdir(home):  # noqa: PTH112 - a comparison of spellings, not of files
        real = os.path.realpath(home)
        if request.cwd.startswith(real):
            return home + request.cwd[len(real) :]
    return request.cwd


class FieldBuilder:
    """Collects options into the fields of a JobSpec."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.fields: dict[str, Any] = {"env": initial_environment(request), "job_type": JobType.NONE}
        self.context: list[tuple[str, str | None]] = []
        self.unknown: list[Option] = []
        self.jsv: tuple[str, ...] = ()
        self.prefix: str | None = None

    def add(self, option: Option) -> None:
        """Take one option; the later one wins unless the option collects."""
        switch, value = option.switch, option.value
        simple = _SIMPLE.get(switch)
        special: dict[str, Callable[[Any], None]] = {
            "-c": self._checkpoint,
            "-m": self._mail_options,
            "-pe": self._parallel,
            "-wd": self._directory,
            "-t": self._tasks,
            "-b": lambda yes: self._type(JobType.BINARY, yes),
            "-shell": lambda yes: self._type(JobType.NO_SHELL, not yes),
            "-now": self._now,
        }
        if simple is not None:
            self.fields[simple] = value
        elif switch in special:
            special[switch](value)
        elif switch in _MERGED:
            name, join = _MERGED[switch]
            self.fields[name] = join(self.fields.get(name, ()), value)
        elif switch in _CONTEXT:
            self.context += [(_CONTEXT[switch], None), *value]  # type: ignore[misc]
        elif switch in ("-l", "-q"):
            self._requests(switch, option)
        else:
            self._rest(option)

    def _rest(self, option: Option) -> None:
        if option.switch == "-jsv":
            self.jsv = (*self.jsv, str(option.value))
        elif option.switch == "-C":
            self.prefix = str(option.value) or None
        elif option.switch not in (*_IGNORED, "-clear"):
            self.unknown.append(option)

    def _type(self, flag: JobType, on: bool) -> None:
        kind = self.fields["job_type"]
        self.fields["job_type"] = kind | flag if on else kind & ~flag

    def _now(self, yes: bool) -> None:
        self._type(JobType.IMMEDIATE, yes)
        self.fields["immediate"] = yes

    def _tasks(self, value: object) -> None:
        self.fields["array"] = value
        self._type(JobType.ARRAY, True)

    def _checkpoint(self, value: tuple[str, int]) -> None:
        self.fields["checkpoint_attr" if value[0] == "attr" else "checkpoint_interval"] = value[1]

    def _mail_options(self, bits: int) -> None:
        self.fields["mail_options"] = 0 if bits & NO_MAIL else self.fields.get("mail_options", 0) | bits

    def _parallel(self, value: tuple[str, Any]) -> None:
        self.fields["pe"], self.fields["pe_ranges"] = value

    def _directory(self, path: str | None) -> None:
        home = dict(self.fields["env"]).get(f"{PREFIX}O_HOME")
        self.fields["cwd"] = home_rooted(self.request, home) if path is None else path

    def _requests(self, switch: str, option: Option) -> None:
        what = "resources" if switch == "-l" else "queues"
        name = f"{'soft' if option.hardness == 2 else 'hard'}_{what}"
        earlier: tuple[Any, ...] = self.fields.get(name, ())
        value: Any = option.value
        if switch == "-l":
            value = {key: Resource(key, text if text is not None else "") for key, text in value}
            self.fields[name] = (*(item for item in earlier if item.name not in value), *value.values())
        else:
            self.fields[name] = (*earlier, *value)


_SIMPLE = {
    "-a": "execution_time",
    "-A": "account",
    "-ar": "advance_reservation",
    "-binding": "binding",
    "-ckpt": "checkpoint",
    "-dl": "deadline",
    "-j": "merge_stderr",
    "-js": "jobshare",
    "-N": "name",
    "-p": "priority",
    "-P": "project",
    "-R": "reserve",
    "-tc": "max_concurrent",
    "-w": "verify_suitable",
    "-r": "rerun",
    "-ot": "override_tickets",
}
_MERGED: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "-e": ("stderr_paths", merge_by_host),
    "-i": ("stdin_paths", merge_by_host),
    "-o": ("stdout_paths", merge_by_host),
    "-S": ("shells", merge_by_host),
    "-M": ("mail_to", merge_by_host),
    "-v": ("env", merge),
    "-hold_jid": ("hold_jid", operator.add),
    "-hold_jid_ad": ("hold_jid_ad", operator.add),
    "-masterq": ("master_queues", operator.add),
}
FIELDS: Mapping[str, tuple[str, ...]] = {  # by which fields of a job an option is kept
    **{switch: (name,) for switch, name in _SIMPLE.items()},
    **{switch: (name,) for switch, (name, _) in _MERGED.items()},
    "-c": ("checkpoint_attr", "checkpoint_interval"),
    "-m": ("mail_options",),
    "-pe": ("pe", "pe_ranges"),
}
_CONTEXT = {"-ac": "+", "-dc": "-", "-sc": "="}


def apply_context(old: Variables, operations: Variables) -> Variables:
    """Run -ac (``+``), -dc (``-``) and -sc (``=``) over a job's context."""
    result = dict(old)
    mode = "+"
    for name, value in operations:
        if value is None and name in ("+", "-", "="):
            mode = name
            if mode == "=":
                result.clear()
        elif mode == "-":
            result.pop(name, None)
        else:
            result[name] = value
    return tuple(result.items())


def without_empty(variables: Variables) -> Variables:
    """As the qmaster keeps them: an empty value is none."""
    return tuple((name, value or None) for name, value in variables)


def unknown_option_answers(options: list[Option]) -> list[ParserAnswer]:
    """``Unknown option -x ARG`` for each."""
    return [
        ParserAnswer(
            f"Unknown option {option.switch}" + ("" if option.shown is None else f" {option.shown}") + "\n",
            ENOIMP,
        )
        for option in options
    ]


def base_name(path: str) -> str:
    """What stands after the last slash."""
    return path.rpartition("/")[2]


def build(options: list[Option], request: Request) -> Submitted:
    """The job that a merged list of options describes.

    ``name`` is "" when there is none; resource names are as given (the qmaster resolves them).
    """
    kept = apply_clear(options)
    builder = FieldBuilder(request)
    fields = builder.fields
    if any(option.switch == "-ar" for option in options):
        fields["verify_suitable"] = 2  # as -w e (real cell)
    skipped = ("script", "jobarg", "-h", "-notify", "-help", *request.flavour.further_options)
    for option in kept:
        if option.switch == "-ot":
            builder.unknown.append(option)
        elif option.switch not in skipped:
            builder.add(option)
    if any(option.switch == "-help" for option in kept):
        return Submitted(_bare(request), [ParserAnswer("-help not allowed in this context", ENOIMP)])
    answers = unknown_option_answers(builder.unknown)
    if fields.get("cwd") == "" and not request.cwd:
        answers.append(ParserAnswer("getcwd() failed", EDISK))
    scripts = [str(option.value) for option in kept if option.switch == "script"]
    command = scripts[0] if scripts and scripts[0] != "-" else ""
    if not scripts or scripts[0] == "-":
        if fields["job_type"] & JobType.BINARY:
            answers.append(ParserAnswer("command required for a binary job", ESEMANTIC))
        command = "STDIN"
    given = {**fields, "context": tuple(builder.context)}
    _finish(fields, command, request)
    extra = [] if builder.prefix is None else [("directive_prefix", builder.prefix)]
    if [option.value for option in kept if option.switch == "-pty"][-1:] == [True]:
        extra.append((TERMINAL, "y"))
    fields["extra"] = tuple(extra)
    spec = _bare(request)._replace(
        **fields,
        command=command,
        home=request.home or "/",
        args=tuple(str(option.value) for option in kept if option.switch == "jobarg"),
        user_hold=sum(option.switch == "-h" for option in kept) == 1,  # a second -h takes it away again
        notify=any(option.switch == "-notify" for option in kept),
        context=without_empty(apply_context((), tuple(builder.context))),
    )
    verify = any(option.switch == "-verify" for option in kept)
    return Submitted(spec, answers, verify, builder.jsv, given, builder.prefix)


def _finish(fields: dict[str, Any], command: str, request: Request) -> None:
    if "name" not in fields:
        fields["name"] = base_name(command)
    if not fields.get("mail_to"):
        fields["mail_to"] = (MailTo(request.user, request.host),)
    fields["env"] = without_empty(fields["env"])
    for name in ("project", "checkpoint", "pe", "cwd"):
        if fields.get(name) == "":
            fields[name] = None
    fields["account"] = fields.get("account") or "sge"
    fields["requested"] = tuple(name for name in ("hard_resources", "soft_resources") if name in fields)
    _set_types(fields)


def described(request: Request, fields: Mapping[str, Any]) -> JobSpec:
    """What some fields say, whatever else a job is."""
    typed = dict(fields)
    _set_types(typed)
    return _bare(request)._replace(**typed)


def _set_types(fields: dict[str, Any]) -> None:
    if "rerun" in fields:
        fields["rerun"] = Rerun(fields["rerun"])
    for name in ("stdin_paths", "stdout_paths", "stderr_paths", "shells"):
        if name in fields:
            fields[name] = tuple(HostPath(*entry) for entry in fields[name])
    for name in ("execution_time", "deadline"):
        if name in fields:
            fields[name] = float(fields[name])


def _bare(request: Request) -> JobSpec:
    return JobSpec(
        name="",
        owner=request.user,
        uid=request.uid,
        group=request.group,
        gid=request.gid,
        submit_host=request.host,
        umask=request.umask,
    )
