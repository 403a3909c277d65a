"""A cell to be examined, and a runner that has some of its commands answer otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import fake_sge
from drmaa_cli.diagnosis import Check, check
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.runner import Command, CommandNotFound, CommandTimeout, LocalRunner


class Instead:
    """Runs commands here, but for those whose words begin like one of these.

    Args:
        answers: what is answered, or raised, by the words that a command begins with.
    """

    def __init__(self, answers: Mapping[tuple[str, ...], CommandResult | Exception]) -> None:
        self._answers = dict(answers)
        self._local = LocalRunner()

    def run(self, command: Command, /) -> CommandResult:
        """Answer it, or run it."""
        for words, answer in self._answers.items():
            if command.argv[: len(words)] == words:
                if isinstance(answer, (CommandNotFound, CommandTimeout)):
                    raise answer
                assert isinstance(answer, CommandResult)
                return answer._replace(argv=command.argv)
        return self._local.run(command)


def examined(contact: str | None = None, **options: object) -> dict[str, Check]:
    """Everything that is found, by name."""
    return {made.name: made for made in check(contact, **options)}  # type: ignore[arg-type]


@pytest.fixture(scope="package")
def cell() -> Iterator[fake_sge.Cell]:
    """A cell with an accounting file."""
    with fake_sge.Cell(slots=4, login_shells=False) as running:
        running.run("qsub", "-b", "y", "-o", "/dev/null", "-j", "y", "/bin/true")
        running.wait_idle()
        yield running


@pytest.fixture
def here(cell: fake_sge.Cell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> fake_sge.Cell:
    """This process is on a submit host of the cell."""
    for name, value in cell.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{cell.path}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return cell
