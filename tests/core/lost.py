"""Answers of qsub that are lost on their way, though the qmaster has taken the job."""

from __future__ import annotations

from typing import Any

from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.runner import CommandTimeout
from tests.core.conftest import Cell
from tests.gridengine import captured


def hang(result: CommandResult, timeout: float = 60.0) -> CommandTimeout:
    return CommandTimeout(result._replace(exit_code=-9, stdout=b"", stderr=b""), timeout)


def lost(cell: Cell, how: str) -> Any:
    """The qmaster takes the job, and its answer is lost on the way."""

    def answer(argv: Any) -> CommandResult:
        result = cell.runner.answer(argv)
        if how == "timeout":
            cell.clock.sleep(60)
            raise hang(result)
        if how == "silent":
            return result._replace(stdout=b"")
        if how == "cut":
            return result._replace(stdout=result.stdout[:2], exit_code=-13)
        assert how == "timed out in qsub"
        refused = captured.case("env.silent_port.qsub").result
        return refused._replace(argv=tuple(argv))

    return answer


LOST = ["timeout", "silent", "cut", "timed out in qsub"]


def ended_meanwhile(cell: Cell, how: str) -> Any:
    """The answer is lost, and the job has ended before anybody can look."""

    def answer(argv: Any) -> CommandResult:
        try:
            return lost(cell, how)(argv)
        finally:
            cell.qmaster.end(cell.qmaster.made[-1], 7)

    return answer
