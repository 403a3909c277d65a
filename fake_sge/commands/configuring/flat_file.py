"""The text of an object, read token by token as 8.1.9 does: names, values, lists with their separators.

A comment ends with its line and takes the line's end with it, so that what is before it goes on in the next
line; within a word ``#`` is a letter. All complaints are those of a real cell (stories "flat_*" of
tests/fake/data/administration.jsonl).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping

from ...model.values import c_double


class Shape(enum.Enum):
    """How a value is read."""

    TEXT = "words up to the end of the line"
    LINE = "the rest of the line as it is"
    NAMES = "a list with blanks between its elements"
    WORDS = "a list with commas"
    USERS = "the same, with = as a letter"
    PAIRS = "a list of NAME=VALUE with commas"
    FIGURES = "the same, of which the values are numbers"
    LOADS = "the same, of which a value that is missing is 0"


class FlatFileError(Exception):
    """The lines that are said about a text, without a prefix."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


class _Kind(enum.Enum):
    WORD = "word"
    BLANK = "blank"
    MARK = "mark"
    NEWLINE = "newline"
    END = "end"


NO_FIGURE = 'error parsing double value from string "{}"'
_TOKEN = re.compile(
    r"(?P<comment>#[^\n]*(?:\n|\Z))|(?P<newline>[ \t]*\n)|(?P<blank>(?:[ \t]+|\\[ \t]*\n)+)"
    r"|(?P<mark>[,@]|=(?!=))|(?P<word>==|(?:\r\n|(?!\\[ \t]*\n)[^ \t\n,=@])+)"
)
_GOES_ON = re.compile(r"[ \t]*\\[ \t]*\n[ \t]*")
_LINE = re.compile(r"(?:\\[ \t]*\n|[^\n])*")
_SEPARATORS = {**dict.fromkeys(Shape, ","), Shape.NAMES: " "}
_AT_END = (_Kind.NEWLINE, _Kind.END)


class _Reader:
    """The tokens of a text; ``line`` is that of the end of the present one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._start = self._end = 0
        self.line = 1
        self.kind = _Kind.NEWLINE
        self.text = ""
        self.advance()

    def advance(self) -> None:
        """Go to the next token."""
        while True:
            found = _TOKEN.match(self._text, self._end)
            if found is None:
                self.kind, self.text = _Kind.END, ""
                return
            self._start, self._end = found.span()
            self.line += found[0].count("\n")
            if found.lastgroup != "comment":
                self.kind = _Kind(found.lastgroup)
                self.text = " " if self.kind is _Kind.BLANK else found[0]
                return

    def rest_of_line(self) -> str:
        """What stands after the present token up to the line's end, which comes next and counts twice."""
        found = _LINE.match(self._text, self._end)
        text = found[0] if found else ""
        self.line += 1 + text.count("\n")
        self._end += len(text)
        self.advance()
        return _GOES_ON.sub(" ", text)

    def words(self, *stops: str) -> str:
        """The text up to one of the stops or the line's end."""
        found = ""
        while self.kind not in _AT_END and self.text not in stops:
            found += self.text
            self.advance()
        return found

    @property
    def is_blank(self) -> bool:
        return self.kind is _Kind.BLANK

    def skip_blank(self) -> bool:
        """Whether there was one."""
        if self.kind is not _Kind.BLANK:
            return False
        self.advance()
        return True


def entries(text: str, shapes: Mapping[str, Shape], spaced: bool = True) -> Iterator[tuple[str, str]]:
    """The attributes of a text with their values, lists written anew.

    Args:
        text: ``name value`` lines.
        shapes: of the attributes that there are.
        spaced: whether a name without a value is an error; it is none of user sets.

    Raises:
        FlatFileError: where the text goes wrong.
    """
    reader = _Reader(text)
    seen: set[str] = set()
    wrong: list[str] = []
    while True:
        while reader.kind in (_Kind.NEWLINE, _Kind.BLANK):
            reader.advance()
        if reader.kind is _Kind.END:
            break
        name = _name(reader, shapes, seen, wrong)
        if reader.is_blank and shapes[name] is Shape.LINE:
            yield name, reader.rest_of_line()
            continue
        if not reader.skip_blank() and spaced:
            text = "is the only character allowed between the attribute name and the value"
            raise FlatFileError(*wrong, f'" " {text} in line {reader.line}')
        before = len(wrong)
        value = _value(reader, shapes[name], wrong)
        if len(wrong) == before:
            yield name, value
        _end_value(reader, wrong)
    if wrong:
        raise FlatFileError(*wrong)


def _name(reader: _Reader, shapes: Mapping[str, Shape], seen: set[str], wrong: list[str]) -> str:
    name = reader.text
    if reader.kind is not _Kind.WORD:
        raise FlatFileError(*wrong, f"line {reader.line} should begin with an attribute name")
    if name not in shapes:
        raise FlatFileError(*wrong, f'unknown attribute name "{name}"')
    if name in seen:
        raise FlatFileError(*wrong, f'attribute "{name}" appears more than once')
    seen.add(name)
    reader.advance()
    return name


def _end_value(reader: _Reader, wrong: list[str]) -> None:
    """What may follow a value: nothing but one comma or the like."""
    was_blank = reader.skip_blank()
    if reader.kind is _Kind.WORD or (was_blank and reader.kind not in _AT_END):
        text = f'unrecognized characters after the attribute values in line {reader.line}: "{reader.text}"'
        raise FlatFileError(*wrong, text)
    if reader.kind not in _AT_END:
        reader.advance()


def _value(reader: _Reader, shape: Shape, wrong: list[str]) -> str:
    if shape is Shape.TEXT:
        return reader.words()
    if reader.kind is _Kind.WORD and reader.text.upper() == "NONE":
        reader.advance()
        return "NONE"
    elements = _elements(reader, shape, wrong)
    return _SEPARATORS[shape].join(elements) or "NONE"


def _elements(reader: _Reader, shape: Shape, wrong: list[str]) -> list[str]:
    """The elements of a list; after an error the next list ends with its first one, too."""
    separator = _SEPARATORS[shape]
    found: list[str] = []
    while True:
        reader.skip_blank()
        element = _element(reader, shape, wrong)
        if element:
            found.append(element)
        if not element or wrong:
            reader.advance()
            return found
        if reader.kind in _AT_END:
            return found
        if reader.text != separator:
            text = f"values in the attribute value list in line {reader.line}"
            wrong.append(f'{text} should be separated by "{separator}"')
            reader.advance()
            reader.advance()
            return found
        reader.advance()


def _element(reader: _Reader, shape: Shape, wrong: list[str]) -> str:
    if shape not in (Shape.PAIRS, Shape.FIGURES, Shape.LOADS):
        return reader.words(_SEPARATORS[shape], *(() if shape is Shape.USERS else ("=",)))
    name = reader.words(",", "=")
    if not name and reader.text != "=":
        return ""
    value = ""
    if reader.text == "=":
        reader.advance()
        reader.skip_blank()
        value = reader.words(",", "=")
    if shape is Shape.FIGURES:
        number = c_double(value)[0] if value else 0.0
        if number is None:
            wrong.append(NO_FIGURE.format(value))
            return f"{name}="
        value = f"{number:f}"
    if shape is Shape.LOADS:  # what has no name is shown as NONE (real cell)
        return f"{name or 'NONE'}={value or '0.000000'}"
    return f"{name}={value}"
