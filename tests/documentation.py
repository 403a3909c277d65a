"""The pages of the documentation, and the code in them.

Code stands between fences that name its language:

* ``python`` is run, all of it, see :func:`program`. What a reader need not see (a stand-in for his own
  pipeline, a check of what came out) stands before or behind it in a comment ``<!-- python ... -->`` and is
  run as well. There is no way to have a block left out.
* of ``sh``, ``console`` (lines after ``$``) and the ``run:`` lines of ``yaml`` every command is looked up.
* ``text`` is for anything else.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "examples/**/*.md", "tests/data/**/*.md")
    for path in ROOT.glob(pattern)
)
LANGUAGES = ("python", "sh", "console", "yaml", "text")
_BLOCK = re.compile(
    r"^```(?P<language>.*)\n(?P<code>(?:.*\n)*?)^```$|^<!-- python\n(?P<hidden>(?:.*\n)*?)^-->$", re.MULTILINE
)
_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")
_OPERATORS = ("&&", "||", ";", "|", "&")


class Block(NamedTuple):
    """A piece of code of a page: its language, its text, and the number of the line before it."""

    language: str
    code: str
    line: int
    hidden: bool = False


def blocks(page: str) -> list[Block]:
    """All code of a page, in its order."""
    found = []
    for match in _BLOCK.finditer(page):
        line = page[: match.start()].count("\n") + 1
        if match["hidden"] is not None:
            found.append(Block("python", match["hidden"], line, hidden=True))
        else:
            found.append(Block(match["language"], match["code"], line))
    return found


def program(page: str) -> str:
    """The Python of a page as one module for pytest, each line where it stands in the page.

    The blocks are run when pytest imports the module; the tests among them are run after that.
    """
    lines = [""] * (page.count("\n") + 1)
    for block in blocks(page):
        if block.language == "python":
            for number, line in enumerate(block.code.splitlines(), start=block.line):
                lines[number] = line
    return "\n".join([*lines, "def test_the_page_can_be_run(): pass", ""])


def commands(block: Block) -> list[list[str]]:
    """The words of each command of a block, those of ``$(...)`` first.

    Raises:
        ValueError: a quotation does not end.
    """
    if block.language == "console":
        lines = [line[2:] for line in block.code.splitlines() if line.startswith("$ ")]
    elif block.language == "yaml":
        lines = re.findall(r"^- run: (.*)$", block.code, re.MULTILINE)
    else:
        lines = block.code.splitlines() if block.language == "sh" else []
    return [words for line in lines for words in _commands(line)]


def _commands(line: str) -> Iterator[list[str]]:
    for inner in _SUBSTITUTION.findall(line):
        yield from _commands(inner)
    words: list[str] = []
    lexer = shlex.shlex(_SUBSTITUTION.sub("SUBSTITUTION", line), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    for word in [*lexer, ";"]:
        if word not in _OPERATORS:
            words.append(word)
        elif words:
            yield words
            words = []
