"""Parsing of submit options: command lines, ``#$`` lines of scripts, default request files, -@ files."""

from __future__ import annotations

import os
import re
from pathlib import Path

from . import binding
from .option_values import EDISK, ESEMANTIC, ESYNTAX, EUNKNOWN, OptionError, split_list
from .parsed import Option, ParseContext, Parsed, ParserAnswer
from .range_values import Undefined
from .table import ADD, IGNORED, OPTIONS, SUBTRACT, hold, slot_ranges

WARNING_STATUS = 3
_SUBMIT_ONLY = ("-b", "-shell")


class _Stop(Exception):
    """End of parsing without a word, as Grid Engine does in some places."""


class _Line:
    """One argument list being parsed into ``result``."""

    def __init__(
        self, words: list[str], context: ParseContext, result: Parsed, on_command_line: bool
    ) -> None:
        self.words = words
        self.context = context
        self.result = result
        self.on_command_line = on_command_line
        self.at = 0
        self.hardness = 0
        self.stopped = False  # without a word

    def run(self) -> None:
        while self.at < len(self.words):
            try:
                self._one(self.words[self.at])
            except OptionError as error:
                self.result.stray += error.stray
                self.result.answers += [
                    ParserAnswer(self._worded(text), error.status) for text in error.texts
                ]
                return
            except (_Stop, Undefined):
                self.stopped = True
                return

    def _worded(self, text: str) -> str:
        """A complaint with what the flavour puts before most of them."""
        unknown = text.startswith('invalid option argument "') and " " not in text.rpartition(' "')[2]
        marked = unknown or text.startswith(("Wrong ", "empty ", "-"))
        return self.context.flavour.wording.option_error + text if marked else text

    def _one(self, word: str) -> None:
        special = {
            "-h": self._hold,
            "-pe": self._parallel,
            "-binding": self._binding,
            "-V": self._all_variables,
            "-@": self._file,
        }.get(word)
        if word in self.context.flavour.missing_options:
            special = None
        kind = None if word in self.context.flavour.missing_options else OPTIONS.get(word)
        if word in self.context.flavour.further_options:
            kind = IGNORED
        if special is not None:
            special(word)
        elif kind is not None and not (word in _SUBMIT_ONLY and self.context.is_alter):
            if kind.warns:
                self._warn(word)
            if not kind.argument:
                self.at += 1
                self._flag(word)
            else:
                text = self._argument(word, kind.missing)
                self._add(word, kind.parse(text, self.context) if kind.parse else text, text)
        elif word == "--":
            self._arguments_only()
        elif word.startswith("-"):
            raise OptionError(f'invalid option argument "{word}"', status=ESEMANTIC)
        else:
            self._word(word)

    def _add(self, switch: str, value: object, shown: str | None) -> None:
        self.result.options.append(Option(switch, value, shown, self.hardness))

    def _argument(self, switch: str, missing: str = "{} option must have argument") -> str:
        if self.at + 1 >= len(self.words):
            raise OptionError(missing.format(switch), status=ESEMANTIC)
        self.at += 2
        return self.words[self.at - 1]

    def _warn(self, switch: str) -> None:
        if any(option.switch == switch for option in self.result.options):
            self.result.answers.append(
                ParserAnswer(
                    f'"{switch}" option has already been set, overriding previous setting',
                    WARNING_STATUS,
                    False,
                )
            )

    def _flag(self, switch: str) -> None:
        self.hardness = {"-hard": 1, "-soft": 2}.get(switch, self.hardness)
        self._add("-wd" if switch == "-cwd" else switch, None, None)

    def _hold(self, switch: str) -> None:
        self._warn(switch)
        if self.context.is_alter and self.on_command_line:
            text = self._argument(switch)
            self._add(switch, hold(text, self.context), text)
        else:  # so also in a file for qalter
            self.at += 1
            self._add(switch, (ADD, 1), "")

    def _parallel(self, switch: str) -> None:
        self._warn(switch)
        if self.at + 1 >= len(self.words):
            raise OptionError("-pe option must have pe_name argument", status=ESEMANTIC)
        if self.at + 2 >= len(self.words):
            raise OptionError("-pe option must have range as 2nd argument", status=ESEMANTIC)
        name, ranges = self.words[self.at + 1 : self.at + 3]
        self.at += 3
        self._add(switch, (name, slot_ranges(ranges)), f"{name} {ranges}")

    def _binding(self, switch: str) -> None:
        words = [self._argument(switch)]
        if words[0] in binding.INSTANCES:
            self.at -= 1
            words.append(self._argument(switch))
        self._add(switch, binding.check(words), " ".join(words))

    def _all_variables(self, _switch: str) -> None:
        self.at += 1
        variables = tuple((name, value or None) for name, value in self.context.env.items())
        self._add("-v", variables, "")

    def _file(self, switch: str) -> None:
        path = self._argument(switch, "{} option must have file argument")
        inner = parse_file(path, "", self.context)
        self.result.stray += inner.stray
        if inner.failed:
            raise _Stop
        self.result.answers += inner.answers
        self.result.options += inner.options

    def _arguments_only(self) -> None:
        rest = self.words[self.at + 1 :]
        self.at = len(self.words)
        if not self.on_command_line:
            self._add("--", None, None)
            self.result.options += [Option("", word) for word in rest]
            return
        if not rest:
            raise OptionError("-- option must be followed by job arguments", status=ESEMANTIC)
        self.result.options += [Option("jobarg", word) for word in rest]

    def _word(self, word: str) -> None:
        if not self.on_command_line:
            self.at += 1
            self._add("", word, None)
        elif self.context.is_alter:
            ids = split_list(word)
            if not ids:
                raise OptionError(f'Wrong job id list format "{word}" specified', status=ESYNTAX)
            self.at += 1
            self._add("jobid", tuple(ids), word)
        else:
            self._add("script", word, None)
            self.result.options += [Option("jobarg", rest) for rest in self.words[self.at + 1 :]]
            self.at = len(self.words)


def parse_command_line(words: list[str], context: ParseContext) -> Parsed:
    """The arguments of qsub, qalter, qhold, qrls or qrsh (without the tool's name)."""
    result = Parsed()
    line = _Line(list(words), context, result, True)
    line.run()
    if (
        context.tool in ("qhold", "qrls")
        and not line.stopped
        and not any(option.switch == "-h" for option in result.options)
    ):
        result.options.append(Option("-h", (ADD if context.tool == "qhold" else SUBTRACT, 1), "u"))
    return result


def parse_file(path: str, prefix: str | None, context: ParseContext) -> Parsed:
    """Options in a script (``prefix`` ``#$``) or in a request file (prefix "": all lines but comments)."""
    result = Parsed()
    content = read_file(path, context, result)
    if content is not None:
        parse_lines(content, prefix, context, result)
    return result


def read_file(path: str, context: ParseContext, result: Parsed) -> bytes | None:
    """The content of a script or request file; None, with an answer, when it cannot be read."""
    full = context.path(path) if path else ""
    try:
        if path and Path(full).is_dir():
            result.stray += f'error: fread("{path}") failed: Is a directory\n'
            result.answers.append(ParserAnswer(f"error reading from file {path}", EUNKNOWN))
            return None
        if not path:
            raise FileNotFoundError
        return context.read(full)
    except OSError as error:
        reason = error.strerror or "No such file or directory"
        result.answers.append(ParserAnswer(f"error opening {path}: {reason}", EDISK))
        return None


def parse_lines(content: bytes, prefix: str | None, context: ParseContext, result: Parsed) -> None:
    """Add the options in a text. It ends at the first NUL; ``prefix`` None: there are none."""
    if prefix is None:
        return
    text = os.fsdecode(content.split(b"\0", 1)[0])
    for line in text.split("\n"):
        parameters = _parameters(line, prefix)
        if not parameters:
            continue
        before = len(result.answers)
        _Line(split_words(parameters), context, result, False).run()
        if any(answer.is_error for answer in result.answers[before:]):
            return
        result.options = [option for option in result.options if option.switch != "-C"]


def _parameters(line: str, prefix: str) -> str:
    if prefix:
        if not line.startswith(prefix):
            return ""
        line = line[len(prefix) :].lstrip()
    elif line.startswith("#"):
        return ""
    return line.split("#", 1)[0].rstrip()


def split_words(text: str) -> list[str]:
    """Words of a line in a file. From the word with the first quote on, the rest of the line is one word.

    The quotes themselves vanish (real cell: ``-N "x y" -h`` is a name ``x y -h``).
    """
    quote = re.search(r"""["']""", text)
    if quote is None:
        return text.split()
    start = max((match.end() for match in re.finditer(r"\s", text[: quote.start()])), default=0)
    return [*text[:start].split(), re.sub(r"""["']""", "", text[start:])]
