"""The recorded transcripts, and the fixtures of other flavours, as test data."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from drmaa_cli.gridengine.records import CommandResult

DATA = Path(__file__).resolve().parent.parent / "data"
REFERENCE = "8.1.9"  # the engine whose transcripts lie in captures/ itself
OTHERS = ("sge-daimh-8.1.x", "ocs-9.0.13", "ocs-9.1.4", "ocs-9.2pre")
ENGINES = (REFERENCE, *OTHERS)
# Those that were recorded at a site (docs/add_a_flavour.md): fewer questions, whatever it answered.
ADDED = tuple(
    name
    for name in sorted(path.name[len("captures-") :] for path in DATA.glob("captures-*") if path.is_dir())
    if name not in OTHERS
)
RECORDED = (*OTHERS, *ADDED)


class Case(NamedTuple):
    """One recorded run of a command.

    Attributes:
        name: the transcript's name; the same situation has the same name on every engine.
        argv, result: what was run, and how it ended.
        accounting_lines: what the accounting file had of the job at that moment.
        engine: the engine it was recorded on, one of :data:`ENGINES` or :data:`ADDED`.
        env: what the environment had besides the cell's own variables.
        notes: what the cell was doing.
    """

    name: str
    argv: tuple[str, ...]
    result: CommandResult
    accounting_lines: tuple[str, ...]
    engine: str = REFERENCE
    env: tuple[tuple[str, str], ...] = ()
    notes: str = ""

    @property
    def out(self) -> str:
        return self.result.out

    @property
    def err(self) -> str:
        return self.result.err


@cache
def cases(engine: str = REFERENCE) -> tuple[Case, ...]:
    """All transcripts of an engine, except those where the recorder gave up waiting."""
    found = []
    folder = DATA / ("captures" if engine == REFERENCE else f"captures-{engine}")
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            if not isinstance(raw["exit_code"], int):
                continue
            streams = [
                raw[name].encode("latin-1" if f"{name}_encoding" in raw else "utf-8")
                for name in ("stdout", "stderr")
            ]
            argv = tuple(raw["argv"])
            result = CommandResult(argv, raw["exit_code"], streams[0], streams[1])
            lines = tuple(raw.get("accounting_lines", ()))
            env = tuple((raw.get("env") or {}).items())
            found.append(Case(raw["case"], argv, result, lines, engine, env, raw.get("notes", "")))
    return tuple(found)


def of_tools(
    *tools: str, where: Callable[[Case], bool] = lambda case: True, engines: Sequence[str] = (REFERENCE,)
) -> list[Case]:
    """The transcripts of these tools, with or without a path, that satisfy a condition."""
    return [
        case
        for engine in engines
        for case in cases(engine)
        if case.argv[0].rpartition("/")[2] in tools and where(case)
    ]


@cache
def case(name: str, engine: str = REFERENCE) -> Case:
    """One transcript by its name."""
    (found,) = {found.result: found for found in cases(engine) if found.name == name}.values()
    return found


def flavour(name: str) -> CommandResult:
    """A fixture of another flavour as if a command had just printed it."""
    return CommandResult((), 0, (DATA / "flavours" / name).read_bytes(), b"")


def ids(found: list[Case]) -> list[str]:
    """Names for the parameters of a test."""
    return [item.name if item.engine == REFERENCE else f"{item.engine}:{item.name}" for item in found]


def result(out: str | bytes = b"", err: str | bytes = b"", code: int = 0, *argv: str) -> CommandResult:
    """A finished command."""
    streams = [text.encode() if isinstance(text, str) else text for text in (out, err)]
    return CommandResult(argv or ("tool",), code, streams[0], streams[1])
