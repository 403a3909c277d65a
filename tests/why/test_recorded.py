"""Every situation again, from what a real cell answered: no cell is needed, and the sentence is the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

import drmaa_cli
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.runner import Command
from tests.tables import each_row
from tests.why.record import cases
from tests.why.situation import Made, Situation
from tests.why.test_situations import pattern

FILE = Path(__file__).resolve().parent.parent / "data" / "why" / "sge-8.1.9.jsonl"
TOOLS = ("qsub", "qstat", "qconf", "qalter", "qhost", "qselect", "qacct")
USER = "root"  # who recorded


@lru_cache(maxsize=1)
def recorded() -> Mapping[str, Mapping[str, Any]]:
    """The lines, by their case."""
    lines = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    return {line["case"]: line for line in lines}


class Replay:
    """Answers each command as it was answered then."""

    def __init__(self, line: Mapping[str, Any]) -> None:
        self._answers = {_key(answer["argv"]): answer for answer in line["transcripts"]}
        self.asked: list[tuple[str, ...]] = []

    def run(self, command: Command, /) -> CommandResult:
        """The recorded answer; a command that was not recorded fails the test."""
        self.asked.append(command.argv)
        found = self._answers[_key(command.argv)]
        return CommandResult(
            command.argv, found["exit_code"], found["stdout"].encode(), found["stderr"].encode()
        )


def _key(argv: Any) -> tuple[str, ...]:
    """A command line without the name of the user who asks."""
    words = list(argv)
    if "-u" in words and words[words.index("-u") + 1] != "*":
        words[words.index("-u") + 1] = "USER"
    return tuple(words)


@pytest.fixture
def tools(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs of the names of Grid Engine's, which nobody runs."""
    root = tmp_path_factory.mktemp("sge")
    (root / "default" / "common").mkdir(parents=True)
    for tool in TOOLS:
        program = root / "bin" / "lx-amd64" / tool
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("SGE_ROOT", str(root))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("DRMAA_CLI_STATE_DIR", str(root / "state"))


def test_every_situation_is_recorded() -> None:
    assert list(recorded()) == CASES


CASES = [f"{row.name}{'.silent' if silent else ''}" for row, silent in cases()]


@each_row("row,case", list(zip((row for row, _ in cases()), CASES)), ids=CASES)
def test_a_recorded_situation(row: Situation, case: str, tools: None) -> None:
    line = recorded()[case]
    replay = Replay(line)
    with drmaa_cli.open_session(runner=replay) as session:
        (only,) = session.why(line["job"])
    expected = pattern(row.sentence.replace("{user}", USER), Made(line["job"], line["other"]))
    assert re.fullmatch(expected, only.sentence), only
    assert (only.kind.value, only.certain) == (row.kind, row.certain)
    assert len(replay.asked) == len(set(replay.asked)), "a command is asked once"
