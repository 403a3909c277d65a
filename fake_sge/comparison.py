"""Answers of two cells made comparable: what differs of itself is named or masked, the rest is left alone.

Pure: texts in, texts out.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_SUBMITTED = re.compile(r"^Your job(?:-array)? (\d+)|^(\d+)(?:\.\d+-\d+:\d+)?$", re.MULTILINE)
_MASKS = (
    # What an option does is said in the fake's own words.
    (re.compile(r"(?m)^(\S+ \S+\nusage: .*\n)((?:\n|[ \t].*\n|\S+ {2,}.*\n)*)"), r"\1"),
    # Loads, also as parts of other words: hl:load_avg=0.1, <load_avg>, <resource name="cpu" type="hl">.
    (
        re.compile(
            r"((?<!\w)(?:(?:np_)?load_(?:avg|short|medium|long)|cpu)"
            r"(?:=|>|\" type=\"hl\">|' dominance='hl'>))[\d.]+(?![\w.])"
        ),
        r"\1FIGURE",
    ),
    (
        re.compile(r"(?:\d:\d\d:\d\d:\d\d|NA) +(?:\d+\.\d{5}|NA) +(?:\d+\.\d{5}|NA) +"),
        "FIGURE ",
    ),  # qstat -ext
    (re.compile(r"\b(?!0\.00000)[01]\.\d{5}\b"), "PRIORITY"),  # that of held jobs is 0
    (  # qstat -urg: the urgency grows while a job waits
        re.compile(r"(?<=PRIORITY PRIORITY) +\d+( +\d+) +\d+( +\d+ \S)"),
        r" FIGURE\1 FIGURE\2",
    ),
    (re.compile(r"(?<![\w.])1[789]\d{8}(?![\w.])"), "TIME"),
    (
        re.compile(r"(?<=<UA_value>)[\d.]+|(?<=<load>)[\d.]+"),
        "FIGURE",
    ),
    # Usage is there as soon as an execution daemon has told of it.
    (re.compile(r"(?m)^ *<(?:cpu|mem|io)_usage>.*\n"), ""),
    (re.compile(r"/tmp/pid-\d+-\w+"), "TEMPORARY"),
    (re.compile(r"(\[\d+:)\d+(?=\]: )"), r"\1PID"),  # of the shepherd, in an error reason
    # Cores that jobs are bound to: the fake binds none (fake_sge_coverage.md).
    (re.compile(r"(m_topology_inuse(?:=|\" type=\"hl\">|' dominance='hl'>))[SCTsct]+"), r"\1CORES"),
    (re.compile(r"(?m)^(binding +\d+: +)(?:NONE|[SCTsct]+)$"), r"\1CORES"),
    (re.compile(r"((?<=_PORT=)|_PORT</VA_variable>\n *<VA_value>)\d+"), r"\1PORT"),
    (re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d(?:\.\d+)?"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?"), "TIME"),
    (re.compile(r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"), "TIME"),
    (re.compile(r"(?m)^ *<JAT_scaled_usage_list>\n(?:.*\n)*? *</JAT_scaled_usage_list>\n"), ""),
    # Figures that a kernel or a clock gives; the blanks up to the next column go with them.
    (
        re.compile(
            r"^(ru_\w+|cpu|mem|io|iow|maxvmem|wallclock|start_time|end_time|qsub_time) .*$", re.MULTILINE
        ),
        r"\1 FIGURE",
    ),
    (re.compile(r"^(usage +\d*:).*$", re.MULTILINE), r"\1 FIGURE"),
    (re.compile(r"(?<![\w.])\d+(?: +\d+\.\d{3}){5,}"), "FIGURE"),  # a row of qacct
    (re.compile(r"(?<![\w.])\d+\.\d\d(?![\w.])|(?<![\w.])\d+\.\d+[KMG](?!\w)"), "FIGURE"),  # load, memory
)
# Ended jobs of other command lines than those that are compared.
_FOREIGN = re.compile(
    r"(?m)^ +(?:50|49)\d{4} .* z .*\n"
    r"|^    <job_list state=\"zombie\">\n      <JB_job_number>(?:50|49)\d{4}</(?:.*\n)+?    </job_list>\n"
)
_NARROWED = re.compile(r" +(?=<\d+>|PRIORITY|TIME|FIGURE)|(?<=FIGURE) +")


def submitted(text: str) -> list[int]:
    """The numbers of the jobs in the answers of qsub, with and without ``-terse``, in their order."""
    return [int(found.group(1) or found.group(2)) for found in _SUBMITTED.finditer(text)]


class CommandAnswer(NamedTuple):
    """What a command did.

    Attributes:
        command: the command line, in the words that both cells got.
        code: exit code.
        out: standard output.
        err: standard error.
    """

    command: str
    code: int
    out: str
    err: str

    def lines(self) -> list[str]:
        """For a comparison by lines."""
        parts = [f"$ {self.command}", f"exit code {self.code}"]
        parts += [f"out| {line}" for line in self.out.splitlines()]
        return parts + [f"err| {line}" for line in self.err.splitlines()]


class Masker:
    """Makes the answers of one cell comparable.

    Job numbers become ``<1>``, ``<2>`` ... in the order of submission, moments ``TIME``, priorities
    ``PRIORITY``, used time and memory ``FIGURE``.

    Args:
        places: what is written for certain texts, longest first: ``{cell's directory: "CELL"}``.
        priorities: whether they are the same on both sides and are left as they are.
    """

    def __init__(self, places: Mapping[str, str], priorities: bool = False) -> None:
        self._masks = [mask for mask in _MASKS if not priorities or mask[1] != "PRIORITY"]
        self._places = sorted(places.items(), key=lambda pair: -len(pair[0]))
        self._numbers: list[int] = []

    def masked(self, answer: CommandAnswer) -> CommandAnswer:
        """The answer, comparable; what qsub says in it teaches the job's number."""
        if any(tool in answer.command for tool in ("qsub", "qresub", "qrsh")):
            for number in submitted(f"{answer.out}\n{answer.err}"):
                if number not in self._numbers:
                    self._numbers.append(number)
        return CommandAnswer(
            self._mask(answer.command), answer.code, self._mask(answer.out), self._mask(answer.err)
        )

    def _mask(self, text: str) -> str:
        for place, name in self._places:
            text = re.sub(rf"(?<!\w){re.escape(place)}(?!\w)", name, text)
        for index, number in enumerate(self._numbers, 1):
            text = re.sub(rf"(?<![\w.]){number}(?!\w)", f"<{index}>", text)
        text = _FOREIGN.sub("", text)
        for pattern, name in self._masks:
            text = pattern.sub(name, text)
        return _NARROWED.sub(" ", text)


def changed_lines(found: str) -> list[str]:
    """What was only on one side, of a unified diff."""
    return [line for line in found.splitlines() if re.match(r"[-+](?!--|\+\+)", line)]


def differences(fake: Sequence[CommandAnswer], real: Sequence[CommandAnswer], context: int = 2) -> str:
    """A unified diff for each pair of masked answers that differ; '' when they are equal."""
    found = (
        difflib.unified_diff(theirs.lines(), mine.lines(), "real", "fake", lineterm="", n=context)
        for mine, theirs in zip(fake, real)
    )
    return "\n".join(
        "\n".join([mine.lines()[0], *lines]) for mine, lines in zip(fake, map(list, found)) if lines
    )
