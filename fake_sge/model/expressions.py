"""Expressions of names: globs with ``!`` before, ``&`` and ``|`` between and ``( )`` around them.

Real cell: in ``-q``, ``-l`` of texts, and wherever queues are named. Blanks around an operator are nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

OPERATORS = "&|!()"


class ExpressionError(Exception):
    """An expression that cannot be read; the text is the real one's."""


def expression_holds(expression: str, matches: Callable[[str], bool]) -> bool:
    """What an expression says when ``matches`` says it of each of its globs.

    Raises:
        ExpressionError: it cannot be read.
    """
    if not set(OPERATORS) & set(expression):
        return matches(expression)
    return _Reader(expression, matches).whole()


def unreadable(expressions: Iterable[str]) -> list[str]:
    """What is wrong with those expressions that cannot be read."""
    found = []
    for expression in expressions:
        try:
            expression_holds(expression, lambda _: True)
        except ExpressionError as error:
            found.append(str(error))
    return found


class _Reader:
    def __init__(self, text: str, matches: Callable[[str], bool]) -> None:
        self._text = text
        self._matches = matches
        self._at = 0

    def whole(self) -> bool:
        held = self._any()
        if self._at < len(self._text):
            self._fail()
        return held

    def _any(self) -> bool:
        held = self._all()
        while self._takes("|"):
            held = self._all() or held
        return held

    def _all(self) -> bool:
        held = self._one()
        while self._takes("&"):
            held = self._one() and held
        return held

    def _one(self) -> bool:
        if self._takes("!"):
            return not self._one()
        if self._takes("("):
            held = self._any()
            if not self._takes(")"):
                self._fail()
            return held
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in OPERATORS:
            self._at += 1
        name = self._text[start : self._at].strip()
        if not name:
            self._fail()
        return self._matches(name)

    def _takes(self, operator: str) -> bool:
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        if self._text[self._at : self._at + 1] != operator:
            return False
        self._at += 1
        return True

    def _fail(self) -> None:
        place = min(self._at + 1, len(self._text))
        raise ExpressionError(f'Parse error on position {place} of the expression "{self._text}".')
