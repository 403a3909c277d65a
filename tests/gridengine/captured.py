"""The recorded transcripts, and the fixtures of other flavours, as test data."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from drmaa_cli.gridengine.records import CommandResult

DATA = Path(__file__).resolve().parent.parent / "data"


class Case(NamedTuple):
    """One recorded run of a command."""

    name: str
    argv: tuple[str, ...]
    result: CommandResult
    accounting_lines: tuple[str, ...]

    @property
    def out(self) -> str:
        return self.result.out

    @property
    def err(self) -> str:
        return self.result.err


@lru_cache(maxsize=1)
def cases() -> tuple[Case, ...]:
    """All transcripts, except those where the recorder gave up waiting."""
    found = []
    for path in sorted((DATA / "captures").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            raw = json.loads(line)
            if not isinstance(raw["exit_code"], int):
                continue
            streams = [
                raw[name].encode("latin-1" if f"{name}_encoding" in raw else "utf-8")
                for name in ("stdout", "stderr")
            ]
            argv = tuple(raw["argv"])
            result = CommandResult(argv, raw["exit_code"], streams[0], streams[1])
            found.append(Case(raw["case"], argv, result, tuple(raw.get("accounting_lines", ()))))
    return tuple(found)


def of_tools(*tools: str, where: Callable[[Case], bool] = lambda case: True) -> list[Case]:
    """The transcripts of these tools, with or without a path, that satisfy a condition."""
    return [case for case in cases() if case.argv[0].rpartition("/")[2] in tools and where(case)]


def case(name: str) -> Case:
    """One transcript by its name."""
    (found,) = {found.result: found for found in cases() if found.name == name}.values()
    return found


def flavour(name: str) -> CommandResult:
    """A fixture of another flavour as if a command had just printed it."""
    return CommandResult((), 0, (DATA / "flavours" / name).read_bytes(), b"")


def ids(found: list[Case]) -> list[str]:
    """Names for the parameters of a test."""
    return [item.name for item in found]


def result(out: str | bytes = b"", err: str | bytes = b"", code: int = 0, *argv: str) -> CommandResult:
    """A finished command."""
    streams = [text.encode() if isinstance(text, str) else text for text in (out, err)]
    return CommandResult(argv or ("tool",), code, streams[0], streams[1])
