"""The table of submit options: what each takes, and what is said when that is missing or wrong.

One grammar serves qsub, qalter, qhold, qrls and qrsh, as in Grid Engine: an option that a tool has no
use for is parsed all the same and refused afterwards (``Unknown option -terse``). Texts: captures
``qsub.err_*`` and ``tests/fake/data/submit.jsonl``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from . import binding as binding_values
from .range_values import compress, parse_ranges
from .values import (
    EJSV,
    ESEMANTIC,
    OptionError,
    Variables,
    c_double,
    parse_checkpoint,
    parse_date,
    parse_mail,
    parse_mail_options,
    parse_paths,
    parse_resources,
    parse_strict_integer,
    parse_unsigned,
    parse_variables,
    split_list,
    time_seconds,
    u_long32,
    yes_no,
)

HOLD_LETTERS = {"u": 1, "o": 2, "s": 4, "U": 1, "O": 2, "S": 4}
SUBTRACT, ADD, SET = "subtract", "add", "set"


@dataclass(frozen=True)
class ParseContext:
    """What parsing needs to know: the tool, the environment, the time, and how to read files.

    ``path`` makes a path absolute; ``read`` returns the bytes of a file or raises OSError.
    """

    tool: str
    env: Mapping[str, str]
    now: float
    path: Callable[[str], str]
    read: Callable[[str], bytes]

    @property
    def is_alter(self) -> bool:
        """qalter, qhold, qrls: positional words are job ids, -h takes a list."""
        return self.tool in ("qalter", "qhold", "qrls")


Parser = Callable[[str, ParseContext], object]


@dataclass(frozen=True)
class OptionType:
    """One option. ``parse`` None: a flag. ``warns``: a repetition is warned about."""

    parse: Parser | None = None
    warns: bool = False
    missing: str = "{} option must have argument"
    submit_only: bool = False


def _text(word: str, _context: ParseContext) -> str:
    return word


def _checked(parse: Callable[[str], object], message: str, status: int = 7) -> Parser:
    """A parser that words a ValueError; ``{}`` in the message is the argument."""

    def checked(word: str, _context: ParseContext) -> object:
        try:
            return parse(word)
        except ValueError:
            raise OptionError(message.format(word), status=status) from None

    return checked


def _yn(switch: str) -> Parser:
    return _checked(yes_no, f'invalid option argument "{switch} {{}}"')


def _date(switch: str) -> Parser:
    def date(word: str, context: ParseContext) -> object:
        try:
            return parse_date(word, context.now, context.env.get("TZ"))
        except OptionError as error:
            raise OptionError(
                f'Wrong date/time format "{word}" specified to {switch} option', stray=error.stray
            ) from None

    return date


def _duration(word: str) -> float:
    seconds = time_seconds(word)
    if seconds is None:
        raise ValueError(word)
    return seconds


def _jobs(word: str) -> tuple[str, ...]:
    words = tuple(split_list(word))
    if not words:
        raise ValueError(word)
    return words


def _queues(word: str) -> tuple[str, ...]:
    words = tuple(split_list(word))
    if not words:
        raise ValueError(word)
    return words


def _names(word: str) -> tuple[str, ...]:
    return tuple(split_list(word))


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
    if number is None or rest or number < 0:
        raise ValueError(word)
    return int(number)


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
        return parse_variables(word, lambda name: context.env.get(name) or None)
    except ValueError:
        raise OptionError(f'Wrong variable list format -v "{word}" or environment variable not set') from None


def _checkpoint(word: str, _context: ParseContext) -> object:
    return parse_checkpoint(word)


def _job_name(word: str, _context: ParseContext) -> str:
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
        raise OptionError(f'JSV "{rest}" is either not a file or not executable', status=EJSV)
    return path


def _task_range(word: str, _context: ParseContext) -> object:
    ranges = compress(parse_ranges(word, step_allowed=True, infinite=False))
    if len(ranges) > 1:
        raise OptionError("-t option only allows one range specification")
    return ranges[0]


def _hold(word: str, context: ParseContext) -> object:
    if not context.is_alter:
        raise ValueError(word)
    letters = "nusoUSO" if context.tool == "qalter" else "uso"
    bits, how = 0, SUBTRACT if context.tool == "qrls" else ADD
    for letter in word:
        if letter not in letters:
            raise OptionError(f'Unknown hold list "{word}" specified to -h option')
        if letter == "n":
            bits, how = 7, SUBTRACT
        else:
            bits |= HOLD_LETTERS[letter]
            how = SUBTRACT if letter.isupper() else how
    return how, bits


def _verification(word: str, _context: ParseContext) -> int:
    level = {"n": 0, "w": 1, "e": 2, "v": 3, "p": 4}.get(word)
    if level is None:
        raise OptionError(f'invalid option argument "-w {word}"')
    return level


def _restart(word: str) -> int:
    return 1 if yes_no(word) else 2


_LIST = "{} option must have {}"
_CONTEXT = 'Wrong context list format {} "{{}}"'
_PATHS = 'Wrong {}path list format "{{}}" specified to {} option'
_QUEUE = 'Wrong queue list format "{{}}" specified to {} option'
_HOLDS = 'Wrong jid_hold{} list format "{{}}" specified to -hold_jid{} option'
FLAG = OptionType()
TEXT = OptionType(_text)

OPTIONS: dict[str, OptionType] = {
    "-a": OptionType(_date("-a"), warns=True),
    "-A": OptionType(_text, warns=True),
    "-ar": OptionType(
        _checked(_array_id, "invalid advance reservation id, must be an unsigned integer", ESEMANTIC)
    ),
    "-ac": OptionType(
        _checked(parse_variables, _CONTEXT.format("-ac")),
        missing="{} option must have a context_list list argument",
    ),
    "-b": OptionType(_yn("-b"), warns=True, submit_only=True),
    "-c": OptionType(_checkpoint),
    "-cat": TEXT,
    "-cell": TEXT,
    "-ckpt": TEXT,
    "-clear": FLAG,
    "-explain": FLAG,
    "-xml": FLAG,
    "-cwd": FLAG,
    "-C": OptionType(_text, warns=True),
    "-d": OptionType(_checked(_duration, 'Wrong time format "{}" specified to -d option'), warns=True),
    "-dc": OptionType(
        _checked(parse_variables, _CONTEXT.format("-dc")),
        missing="{} option must have a simple_context_list list argument",
    ),
    "-display": OptionType(_text, warns=True),
    "-dl": OptionType(_date("-dl"), warns=True),
    "-e": OptionType(_checked(parse_paths, _PATHS.format("", "-e"))),
    "-i": OptionType(_checked(parse_paths, _PATHS.format("", "-e"))),
    "-hard": FLAG,
    "-soft": FLAG,
    "-help": FLAG,
    "-notify": FLAG,
    "-terse": FLAG,
    "-verify": FLAG,
    "-verbose": FLAG,
    "-inherit": FLAG,
    "-nostdin": FLAG,
    "-noshell": FLAG,
    "-uall": FLAG,
    "-he": OptionType(_yn("-he"), warns=True),
    "-hold_jid": OptionType(_checked(_jobs, _HOLDS.format("", ""))),
    "-hold_jid_ad": OptionType(_checked(_jobs, _HOLDS.format("_ad", "_ad"))),
    "-j": OptionType(_yn("-j"), warns=True),
    "-js": OptionType(_checked(parse_unsigned, "invalid jobshare, must be an unsigned integer", ESEMANTIC)),
    "-jsv": OptionType(_jsv),
    "-l": OptionType(_resources),
    "-m": OptionType(
        _checked(parse_mail_options, 'Wrong mail options list format "{}" specified to -m option')
    ),
    "-masterq": OptionType(
        _checked(_queues, _QUEUE.format("-masterq")), missing="{} option must have queue list argument"
    ),
    "-M": OptionType(_checked(parse_mail, 'Wrong mail list format "{}" specified to -M option')),
    "-N": OptionType(_job_name, warns=True),
    "-now": OptionType(_yn("-now"), warns=True),
    "-o": OptionType(_checked(parse_paths, _PATHS.format("stdout ", "-o"))),
    "-ot": OptionType(
        _checked(parse_unsigned, "invalid override tickets, must be an unsigned integer", ESEMANTIC)
    ),
    "-p": OptionType(_checked(_priority, 'invalid priority "{}".  Must be an integer from -1023 to 1024')),
    "-P": OptionType(_text, warns=True),
    "-pty": OptionType(_yn("-pty")),
    "-q": OptionType(
        _checked(_queues, _QUEUE.format("-q")), missing="{} option must have queue list argument"
    ),
    "-r": OptionType(_checked(_restart, 'invalid option argument "-r {}"'), warns=True),
    "-R": OptionType(_yn("-R"), warns=True),
    "-sc": OptionType(
        _checked(parse_variables, _CONTEXT.format("-sc")), missing="{} option must have context list argument"
    ),
    "-shell": OptionType(_yn("-shell"), warns=True, submit_only=True),
    "-sync": OptionType(_yn("-sync"), warns=True),
    "-S": OptionType(
        _checked(parse_paths, 'Wrong shell list format "{}" specified to -S option'),
        missing="{} option must have path_name argument",
    ),
    "-t": OptionType(_task_range, missing="{} option must have a list of task id ranges"),
    "-tc": OptionType(
        _checked(
            _concurrency, 'invalid task concurrency number "{}". Must be an integer greater or equal to 0.'
        )
    ),
    "-u": OptionType(_checked(_names, ""), missing="{} option must have a list usernames"),
    "-v": OptionType(_environment, missing="{} option must have variable list argument"),
    "-w": OptionType(_verification, warns=True),
    "-wd": TEXT,
}
"""All options that take one argument or none; -h, -pe, -binding, -V and -@ have code of their own."""


@dataclass
class Option:
    """One parsed option. ``switch`` is "" for a stray word, ``script``, ``jobarg`` or ``jobid`` for words.

    ``shown`` is the argument as an "Unknown option" message repeats it (None: none);
    ``hardness`` 0 nothing said, 1 -hard, 2 -soft.
    """

    switch: str
    value: object = None
    shown: str | None = None
    hardness: int = 0


@dataclass
class Answer:
    """One answer of the parser."""

    text: str
    status: int
    is_error: bool = True


@dataclass
class Parsed:
    """The options found so far, the answers, and what went to stderr on the way."""

    options: list[Option] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    stray: str = ""

    @property
    def failed(self) -> bool:
        """Whether any answer is an error."""
        return any(answer.is_error for answer in self.answers)


def slot_ranges(word: str) -> object:
    """The range of -pe. Raises OptionError, Undefined."""
    return tuple(compress(parse_ranges(word, step_allowed=False, infinite=True)))


def binding(words: list[str]) -> str:
    """The value of -binding. Raises OptionError."""
    return binding_values.check(words)


def hold(word: str, context: ParseContext) -> object:
    """``(how, bits)`` of qalter's, qhold's and qrls' -h. Raises OptionError."""
    return _hold(word, context)
