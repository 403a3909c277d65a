"""The table of submit options: what each takes, and what is said when that is missing or wrong.

One grammar serves qsub, qalter, qhold, qrls and qrsh, as in Grid Engine: an option that a tool has no
use for is parsed all the same and refused afterwards (``Unknown option -terse``). Texts: captures
``qsub.err_*`` and ``tests/fake/data/submit.jsonl``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import Callable

from ...lighter import record
from ...model.flavours import Flavour, Wording
from ...model.values import c_double, quantity, u_long32
from ...render.usage import OptionHelp, usage
from ..times.dates import BadDate, parse_date
from .option_values import (
    EJSV,
    ESEMANTIC,
    OptionError,
    Variables,
    parse_checkpoint,
    parse_mail,
    parse_mail_options,
    parse_paths,
    parse_resources,
    parse_strict_integer,
    parse_unsigned,
    parse_variables,
    split_list,
    yes_no,
)
from .parsed import ParseContext
from .range_values import compress, parse_ranges

HOLD_LETTERS = {"u": 1, "o": 2, "s": 4, "U": 1, "O": 2, "S": 4}
SUBTRACT, ADD = "subtract", "add"


Parser = Callable[[str, ParseContext], object]


@record(frozen=True)
class OptionType:
    """One option: its argument ("" for a flag), what it does, its parser (None: there is code of its own).

    ``tools`` are the tools whose help has it: s qsub, a qalter, r qrsh, h qhold and qrls; the others parse
    it all the same. ``warns``: a repetition is warned about; ``missing``: what is said without an argument.
    """

    argument: str
    text: str
    parse: Parser | None = None
    tools: str = "sar"
    warns: bool = False
    missing: str = "{} option must have argument"


TOOL_LETTERS = {"qsub": "s", "qalter": "a", "qrsh": "r", "qhold": "h", "qrls": "h"}


def help_text(flavour: Flavour, tool: str, without: Sequence[str] = ()) -> str:
    """The help of qsub, qalter, qhold, qrls or qrsh; ``without`` these options."""
    rows = [
        OptionHelp(switch, option.argument, option.text)
        for switch, option in OPTIONS.items()
        if TOOL_LETTERS[tool] in option.tools and switch not in without
    ]
    return usage(flavour, tool, rows)


def _text(word: str, _context: ParseContext) -> str:
    return word


def _checked(
    parse: Callable[[str], object], message: str | Callable[[Wording], str], status: int = 7
) -> Parser:
    """A parser that words a ValueError; ``{}`` in the message is the argument."""

    def checked(word: str, context: ParseContext) -> object:
        try:
            return parse(word)
        except ValueError:
            text = message if isinstance(message, str) else message(context.flavour.wording)
            raise OptionError(text.format(word), status=status) from None

    return checked


def _yn(switch: str) -> Parser:
    return _checked(yes_no, f'invalid option argument "{switch} {{}}"')


def _queues(switch: str) -> Parser:
    return _checked(_some_words, f'Wrong queue list format "{{}}" specified to {switch} option')


def _context(switch: str) -> Parser:
    return _checked(parse_variables, f'Wrong context list format {switch} "{{}}"')


def _date(switch: str) -> Parser:
    def date(word: str, context: ParseContext) -> object:
        try:
            return parse_date(word, context.now, context.env.get("TZ"))
        except BadDate as error:
            text = f'Wrong date/time format "{word}" specified to {switch} option'
            raise OptionError(text, stray=f"\n{error}\n") from None

    return date


def _duration(word: str) -> float:
    seconds = quantity(word)
    if seconds is None:
        raise ValueError(word)
    return seconds


def _some_words(word: str) -> tuple[str, ...]:
    words = tuple(split_list(word))
    if not words:
        raise ValueError(word)
    return words


def _priority(word: str) -> int:
    number = parse_strict_integer(word)
    if not -1023 <= number <= 1024:
        raise ValueError(word)
    return number


def _concurrency(word: str) -> int:
    number = parse_strict_integer(word)
    if number < 0:
        raise ValueError(word)
    return u_long32(number)


def _array_id(word: str) -> int:
    number, rest = c_double(word)
    if number is None or rest or number < 0 or not math.isfinite(number):
        raise ValueError(word)
    return int(number)


def _tickets(word: str) -> int:
    """As a C int: a number that does not fit is 2147483648 (real cell)."""
    number = quantity(word)
    if number is None or number < 0:
        raise ValueError(word)
    return int(number) if number < 2**31 else 2**31


def _resources(word: str, _context: ParseContext) -> Variables:
    try:
        return parse_resources(word)
    except ValueError:
        raise OptionError(
            f'Wrong resource list format "{word}" specified to -l option',
            stray='error: unknown resource ""\n',
        ) from None


def _environment(word: str, context: ParseContext) -> Variables:
    try:
        return parse_variables(word, context.env.get)
    except ValueError:
        raise OptionError(f'Wrong variable list format -v "{word}" or environment variable not set') from None


def _checkpoint(word: str, _context: ParseContext) -> object:
    return parse_checkpoint(word)


def _job_name(word: str, context: ParseContext) -> str:
    if not word and context.flavour.is_ocs:
        raise OptionError("empty string argument to -N option invalid", status=ESEMANTIC)
    if "/" in word:
        raise OptionError("argument to -N option must not contain / ", status=ESEMANTIC)
    return word


def _jsv(word: str, context: ParseContext) -> str:
    kind, colon, rest = word.rpartition(":") if ":" in word.split("/", maxsplit=1)[0] else ("", "", word)
    if colon and kind != "script":
        raise OptionError(f'type "{kind}" in JSV URL is invalid', status=EJSV)
    if "@" in rest.split("/")[0]:
        raise OptionError("specifying user is not allowed in client JSV URLs", status=EJSV)
    path = context.path(rest)
    if not (Path(path).is_file() and os.access(path, os.X_OK)):
        raise OptionError(context.flavour.wording.no_jsv.format(rest), status=EJSV)
    return path


def _task_range(word: str, _context: ParseContext) -> object:
    ranges = compress(parse_ranges(word, step_allowed=True, infinite=False))
    if len(ranges) > 1:
        raise OptionError("-t option only allows one range specification")
    return ranges[0]


def _verification(word: str, _context: ParseContext) -> int:
    level = {"n": 0, "w": 1, "e": 2, "v": 3, "p": 4}.get(word)
    if level is None:
        raise OptionError(f'invalid option argument "-w {word}"')
    return level


def _restart(word: str) -> int:
    return 1 if yes_no(word) else 2


def hold(word: str, context: ParseContext) -> object:
    """``(how, bits)`` of qalter's, qhold's and qrls' -h. Raises OptionError."""
    letters = "nusoUSO" if context.tool == "qalter" else "uso"
    bits, how = 0, SUBTRACT if context.tool == "qrls" else ADD
    for letter in word:
        after_removal = context.tool == "qalter" and how == SUBTRACT and letter in "uos"
        if letter not in letters or after_removal:
            raise OptionError(f'Unknown hold list "{word}" specified to -h option')
        if letter == "n":
            bits, how = 7, SUBTRACT
        else:
            bits |= HOLD_LETTERS[letter]
            how = SUBTRACT if letter.isupper() else how
    return how, bits


def slot_ranges(word: str) -> object:
    """The range of -pe. Raises OptionError, Undefined."""
    return tuple(compress(parse_ranges(word, step_allowed=False, infinite=True)))


_NEEDS = "{{}} option must have {} argument"
_PATHS = 'Wrong {}path list format "{{}}" specified to {} option'
_SHELLS = 'Wrong shell list format "{}" specified to -S option'
_HOLDS = 'Wrong jid_hold{} list format "{{}}" specified to -hold_jid{} option'
_MAIL = 'Wrong mail options list format "{}" specified to -m option'
_MAIL_TO = 'Wrong mail list format "{}" specified to -M option'
_TIME = 'Wrong time format "{}" specified to -d option'
_NOT_AR = "invalid advance reservation id, must be an unsigned integer"
_NOT_SHARE = "invalid jobshare, must be an unsigned integer"
_NOT_TICKETS = "invalid override tickets, must be an unsigned integer"
_NOT_RESTART = 'invalid option argument "-r {}"'
_PRIORITY = attrgetter("bad_priority")
_CONCURRENCY = attrgetter("bad_concurrency")

IGNORED = OptionType("WORD", "")  # known to the flavour, without meaning here
OPTIONS: dict[str, OptionType] = {
    "-a": OptionType("DATE", "do not start the job before this time", _date("-a"), "sa", warns=True),
    "-A": OptionType("ACCOUNT", "a word for the accounting record", _text, warns=True),
    "-ar": OptionType("NUMBER", "run in this advance reservation", _checked(_array_id, _NOT_AR, ESEMANTIC)),
    "-ac": OptionType(
        "PAIRS", "add to the job's context", _context("-ac"), missing=_NEEDS.format("a context_list list")
    ),
    "-b": OptionType(
        "y|n", "the command is a program, not a script to be copied", _yn("-b"), "sr", warns=True
    ),
    "-binding": OptionType("[set|env|pe] STRATEGY", "bind the job to processor cores"),
    "-c": OptionType("LETTERS|SECONDS", "when to write checkpoints", _checkpoint),
    "-cat": OptionType("WORD", "", _text, ""),
    "-cell": OptionType("NAME", "", _text, ""),
    "-ckpt": OptionType("NAME", "use this checkpointing environment", _text),
    "-clear": OptionType("", "forget the options before this one", tools="sr"),
    "-explain": OptionType("", "", tools=""),
    "-xml": OptionType("", "", tools=""),
    "-cwd": OptionType("", "run in the present working directory"),
    "-C": OptionType(
        "PREFIX", "lines of the script that begin with this have options", _text, "s", warns=True
    ),
    "-d": OptionType("TIME", "", _checked(_duration, _TIME), "", warns=True),
    "-dc": OptionType(
        "NAMES",
        "take away from the job's context",
        _context("-dc"),
        missing=_NEEDS.format("a simple_context_list list"),
    ),
    "-display": OptionType("DISPLAY", "", _text, "", warns=True),
    "-dl": OptionType("DATE", "the job's deadline", _date("-dl"), "sa", warns=True),
    "-e": OptionType(
        "PATHS", "where standard error goes", _checked(parse_paths, _PATHS.format("", "-e")), "sa"
    ),
    "-i": OptionType(
        "PATHS", "where standard input comes from", _checked(parse_paths, _PATHS.format("", "-e")), "sa"
    ),
    "-hard": OptionType("", "the requests that follow must be met"),
    "-soft": OptionType("", "the requests that follow need not be met"),
    "-help": OptionType("", "print this text and end", tools="sarh"),
    "-notify": OptionType("", "warn the job by a signal before it is stopped or killed"),
    "-terse": OptionType("", "print the job's number only", tools="s"),
    "-verify": OptionType("", "show the job instead of submitting it"),
    "-verbose": OptionType("", "say what happens", tools="r"),
    "-inherit": OptionType("", "run on another host of the parallel job", tools="r"),
    "-nostdin": OptionType("", "give the command no input", tools="r"),
    "-noshell": OptionType("", "run the command without a shell", tools="r"),
    "-uall": OptionType("", "", tools=""),
    "-h": OptionType("[LETTERS]", "hold the job; u, o, s: who can release it", tools="sah"),
    "-he": OptionType("y|n", "", _yn("-he"), "", warns=True),
    "-hold_jid": OptionType(
        "JOBS", "start after these jobs have ended", _checked(_some_words, _HOLDS.format("", ""))
    ),
    "-hold_jid_ad": OptionType(
        "JOBS", "the same, task by task", _checked(_some_words, _HOLDS.format("_ad", "_ad"))
    ),
    "-j": OptionType("y|n", "standard error goes where standard output goes", _yn("-j"), "sa", warns=True),
    "-js": OptionType("NUMBER", "the job's share", _checked(parse_unsigned, _NOT_SHARE, ESEMANTIC)),
    "-jsv": OptionType("FILE", "a program that judges the job first", _jsv, "sr"),
    "-l": OptionType("NAME=VALUE,...", "request resources", _resources),
    "-m": OptionType(
        "LETTERS",
        "mail at the b begin, e end, when a aborted, s suspended; n never",
        _checked(parse_mail_options, _MAIL),
    ),
    "-masterq": OptionType(
        "QUEUES",
        "queues for the first task of a parallel job",
        _queues("-masterq"),
        missing=_NEEDS.format("queue list"),
    ),
    "-M": OptionType("USERS", "who gets mail", _checked(parse_mail, _MAIL_TO)),
    "-N": OptionType("NAME", "the job's name", _job_name, warns=True),
    "-now": OptionType("y|n", "start at once or not at all", _yn("-now"), "sr", warns=True),
    "-o": OptionType(
        "PATHS", "where standard output goes", _checked(parse_paths, _PATHS.format("stdout ", "-o")), "sa"
    ),
    "-ot": OptionType("NUMBER", "override tickets", _checked(_tickets, _NOT_TICKETS, ESEMANTIC), "a"),
    "-p": OptionType("-1023...1024", "the job's priority", _checked(_priority, _PRIORITY)),
    "-P": OptionType("PROJECT", "the job's project", _text, warns=True),
    "-pe": OptionType("NAME RANGES", "a parallel environment and how many slots"),
    "-pty": OptionType("y|n", "give the command a terminal", _yn("-pty"), "r"),
    "-q": OptionType(
        "QUEUES", "run in one of these queues", _queues("-q"), missing=_NEEDS.format("queue list")
    ),
    "-r": OptionType(
        "y|n", "whether the job may run a second time", _checked(_restart, _NOT_RESTART), warns=True
    ),
    "-R": OptionType("y|n", "reserve resources for the job", _yn("-R"), warns=True),
    "-sc": OptionType(
        "PAIRS", "set the job's context", _context("-sc"), missing=_NEEDS.format("context list")
    ),
    "-shell": OptionType("y|n", "start the command through a shell", _yn("-shell"), "s", warns=True),
    "-sync": OptionType(
        "y|n", "wait for the job's end; its exit code becomes that of qsub", _yn("-sync"), "s", warns=True
    ),
    "-S": OptionType(
        "PATHS",
        "the shell that runs the script",
        _checked(parse_paths, _SHELLS),
        "sa",
        missing=_NEEDS.format("path_name"),
    ),
    "-t": OptionType(
        "FIRST-LAST:STEP",
        "the tasks of an array",
        _task_range,
        "sah",
        missing="{} option must have a list of task id ranges",
    ),
    "-tc": OptionType(
        "NUMBER", "how many tasks may run at a time", _checked(_concurrency, _CONCURRENCY), "sa"
    ),
    "-u": OptionType(
        "USERS",
        "all jobs of these users",
        _checked(split_list, ""),
        "ah",
        missing="{} option must have a list usernames",
    ),
    "-v": OptionType(
        "PAIRS", "environment variables of the job", _environment, missing=_NEEDS.format("variable list")
    ),
    "-V": OptionType("", "all environment variables of this shell"),
    "-w": OptionType(
        "e|w|n|v|p", "whether a job that fits nowhere is an error", _verification, "sa", warns=True
    ),
    "-wd": OptionType("DIRECTORY", "run in this directory", _text),
    "-@": OptionType("FILE", "take options from a file"),
}
