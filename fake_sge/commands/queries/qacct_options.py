"""The command line of qacct."""

from __future__ import annotations

import grp
import re
from typing import Callable, NamedTuple

from ...lighter import field, record
from ...model import Range
from ...model.flavours import Flavour
from ...model.requests import Reply, Request
from ...model.values import atol
from ...render.usage import OptionHelp, usage
from ..submit_options.option_values import OptionError
from ..submit_options.range_values import Undefined, parse_ranges
from ..times.dates import BadDate, parse_date


class Key(NamedTuple):
    """An option to group by: the record's field, the column's title, and what its value is."""

    field: str
    title: str
    argument: str


KEYS = {
    "-h": Key("hostname", "HOST", "host"),
    "-q": Key("qname", "CLUSTER QUEUE", "queue"),
    "-g": Key("group", "GROUP", "group"),
    "-o": Key("owner", "OWNER", "owner"),
    "-u": Key("owner", "OWNER", "owner"),
    "-P": Key("project", "PROJECT", "project"),
    "-D": Key("department", "DEPARTMENT", "department"),
    "-pe": Key("granted_pe", "PE", "environment"),
    "-slots": Key("slots", "SLOTS", "slots"),
    "-ar": Key("arid", "AR", "reservation"),
    "-A": Key("account", "ACCOUNT", "account"),
}
COLUMN_ORDER = tuple(dict.fromkeys(key.field for key in KEYS.values()))
SORT_FIELDS = COLUMN_ORDER[:-1]  # real cell: the account is no sort key
OPTIONS = (
    OptionHelp("-j", "[JOB]", "the records of a job, by number or name pattern; of all without one"),
    OptionHelp("-t", "RANGE", "with -j: only these tasks"),
    OptionHelp("-b", "DATE", "jobs that started (with -E: ended) after this time"),
    OptionHelp("-e", "DATE", "jobs that started (with -E: ended) before this time"),
    OptionHelp("-d", "DAYS", "jobs of so many days: after -b, before -e, or up to now"),
    OptionHelp("-E", "", "-b, -e and -d look at the end of a job"),
    OptionHelp("-l", "NAME=VALUE,...", "jobs that ran in queues with these resources"),
    OptionHelp("-m", "", "without the records of slave tasks"),
    OptionHelp("-f", "FILE", "read this accounting file; - is standard input"),
    *(
        OptionHelp(option, f"[{key.argument.upper()}]", f"usage by {key.argument}, or that of one")
        for option, key in KEYS.items()
    ),
    OptionHelp("-help", "", "print this text and end"),
)
_FLAGS = {"-E": "by_end", "-m": "master_only"}
_TEXTS = {"-l": "requests", "-f": "file"}
_DATES = {"-b": "begin", "-e": "end"}


class Stop(Exception):
    """Ends the command with a reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def usage_error(flavour: Flavour, before: str = "") -> Stop:
    """The usage text on stderr, after a message."""
    return Stop(Reply.of_text(1, "", before + usage(flavour, "qacct", OPTIONS)))


@record
class Options:
    """What is asked for."""

    values: dict[str, object] = field(default_factory=dict)  # record field -> value asked for
    flags: list[str] = field(default_factory=list)  # record fields to group by
    queues: list[str] = field(default_factory=list)
    all_jobs: bool = False
    job_number: int = 0
    job_name: str | None = None
    tasks: Range | None = None
    begin: float | None = None
    end: float | None = None
    days: int | None = None
    by_end: bool = False
    master_only: bool = False
    requests: str | None = None
    file: str | None = None

    @property
    def one_job(self) -> bool:
        """Whether -j has an argument."""
        return bool(self.job_number) or self.job_name is not None


class Parser:
    """Reads the words from left to right; the first wrong one ends the command."""

    def __init__(self, request: Request, now: Callable[[], float]) -> None:
        self._request = request
        self._words = request.argv[1:]
        self._zone = request.env.get("TZ")
        self._now = now
        self._index = 0
        self.options = Options()

    def _next(self) -> str | None:
        return self._words[self._index] if self._index < len(self._words) else None

    def _optional_value(self) -> str | None:
        word = self._next()
        if word is None or word.startswith("-"):
            return None
        self._index += 1
        return word

    def _value(self) -> str:
        word = self._next()
        if word is None:
            raise usage_error(self._request.flavour)
        self._index += 1
        return word

    def parse(self) -> Options:
        """Raises Stop."""
        special = {"-j": self._job, "-t": self._tasks, "-d": self._days, "-q": self._queue}
        while self._index < len(self._words):
            option = self._words[self._index]
            self._index += 1
            if option == "-help":
                raise Stop(Reply.of_text(0, usage(self._request.flavour, "qacct", OPTIONS)))
            if option in _FLAGS:
                setattr(self.options, _FLAGS[option], True)
            elif option in _TEXTS:
                setattr(self.options, _TEXTS[option], self._value())
            elif option in _DATES:
                setattr(self.options, _DATES[option], self._date())
            elif option in special:
                special[option]()
            elif option in KEYS:
                self._key(option)
            else:
                raise usage_error(self._request.flavour)
        return self.options

    def _key(self, option: str) -> None:
        name = KEYS[option].field
        word = self._optional_value()
        if word is None:
            self.options.flags.append(name)
        elif option == "-slots":
            if atol(word) > 0:
                self.options.values[name] = atol(word)
        elif option == "-ar":
            if not word[:1].isdigit():
                raise usage_error(
                    self._request.flavour, "invalid advance reservation id, must be an unsigned integer\n"
                )
            if atol(word) > 0:
                self.options.values[name] = atol(word)
        else:
            self.options.values[name] = _group_name(word) if option == "-g" else word

    def _queue(self) -> None:
        self.options.flags.append("qname")
        word = self._optional_value()
        if word is not None:
            self.options.flags.append("hostname")
            self.options.queues.append(word)

    def _job(self) -> None:
        word = self._optional_value()
        if word is None:
            self.options.all_jobs = True
        elif word[:1].isdigit():
            self.options.job_number = atol(word)
        else:
            self.options.job_number = 0
            self.options.job_name = word

    def _tasks(self) -> None:
        word = self._optional_value()
        if word is None:
            raise usage_error(self._request.flavour, "-t option must have a list of task id ranges\n")
        try:  # of a list the last range counts; task 0 asks for nothing (real cell)
            self.options.tasks = parse_ranges(word, step_allowed=True, infinite=False)[-1]
        except (OptionError, Undefined):
            raise usage_error(self._request.flavour, f"invalid list of task id ranges: {word}\n") from None

    def _date(self) -> float:
        word = self._value()
        try:
            return parse_date(word, self._now(), self._zone)
        except BadDate as error:
            raise usage_error(self._request.flavour, f"\n{error}\n") from None

    def _days(self) -> None:
        word = self._value()
        if not re.match(r"-?\d", word):
            raise usage_error(self._request.flavour)
        self.options.days = atol(word) if not word.startswith("-") else None  # no bound then (real cell)


def _group_name(word: str) -> str:
    """A group id as its name."""
    if not word[:1].isdigit():
        return word
    try:
        return grp.getgrgid(atol(word)).gr_name
    except (KeyError, OverflowError):
        return word
