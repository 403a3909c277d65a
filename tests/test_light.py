"""What a program loads that submits one job and ends: many do that, thousands of times a day."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from drmaa_cli.typed import NamedTuple
from fake_sge import Cell

ONE_JOB = """
import sys
before = set(sys.modules)
import drmaa_cli as drmaa
session = drmaa.Session()
session.initialize()
template = session.createJobTemplate()
template.remoteCommand = "/bin/true"
template.outputPath = ":/dev/null"
template.joinFiles = True
session.runJob(template)
session.exit()
print(*sorted(set(sys.modules) - before))
"""
HEAVY = (
    "ast asyncio click concurrent dataclasses hashlib heapq inspect json logging lxml pathlib"
    " pexpect random rich shlex shutil tempfile textwrap tokenize traceback typing urllib"
).split()
NOT_FOR_SUBMITTING = tuple(
    f"drmaa_cli.{room}."
    for room in (
        "aio cli futures diagnosis gridengine.accounting gridengine.control gridengine.dialect"
        " gridengine.failed gridengine.qacct gridengine.qstat gridengine.signals gridengine.states"
        " gridengine.xmltext jobs.evidence jobs.job_end jobs.job_info jobs.lifecycle jobs.missing_jobs"
        " jobs.news jobs.progress jobs.reason session.actions session.completion session.control"
        " session.job session.monitor session.observer session.outage session.overview"
        " session.poll_schedule session.recover session.status session.turns session.wait store.expiry"
        " system.ssh template.arrays template.start_time"
    ).split()
)
MOST = 77  # modules of ours


@pytest.fixture
def loaded(tmp_path: Path) -> list[str]:
    with Cell(login_shells=False) as cell:
        done = [
            subprocess.run(
                [sys.executable, "-c", ONE_JOB],
                env={**cell.env, "XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)},
                capture_output=True,
                text=True,
                check=True,
            )
            for _ in range(2)
        ]
    return done[1].stdout.split()  # the first of a day looks for old sessions, too


def test_nothing_heavy_is_loaded(loaded: list[str]) -> None:
    assert [name for name in loaded if name.partition(".")[0] in HEAVY] == []


def test_what_is_not_for_submitting_is_not_loaded(loaded: list[str]) -> None:
    ours = [name for name in loaded if name.startswith("drmaa_cli.")]
    assert [name for name in ours if f"{name}.".startswith(NOT_FOR_SUBMITTING)] == []
    assert len(ours) <= MOST


class Figures(NamedTuple):
    """Some figures."""

    first: int
    second: str | None = None

    @property
    def doubled(self) -> int:
        return 2 * self.first


class AsInTyping(typing.NamedTuple):
    """Some figures."""

    first: int
    second: str | None = None

    @property
    def doubled(self) -> int:
        return 2 * self.first


@pytest.mark.parametrize("kind", [Figures, AsInTyping])
def test_a_named_tuple_is_one(kind: type) -> None:
    figures = kind(4)
    assert figures == (4, None)
    assert figures._replace(second="x").second == "x"
    assert figures.doubled == 8
    assert kind._fields == ("first", "second")
    assert kind._field_defaults == {"second": None}
    assert (kind.__doc__, kind.__module__, kind.__bases__) == ("Some figures.", __name__, (tuple,))
    assert repr(figures) == f"{kind.__name__}(first=4, second=None)"
    assert figures._asdict() == {"first": 4, "second": None}
    assert not hasattr(figures, "__dict__")
    assert type(copy.copy(figures)) is kind
    with pytest.raises(TypeError):
        kind()
    with pytest.raises(TypeError, match="Expected 2 arguments, got 3"):
        kind._make("abc")
    with pytest.raises(ValueError, match=r"unexpected field names: \['third'\]"):
        figures._replace(third=3)


def test_its_signature_is_that_of_its_fields() -> None:
    class New(NamedTuple):
        first: int
        second: str = "x"

    assert list(inspect.signature(New).parameters.values()) == [
        inspect.Parameter("first", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        inspect.Parameter("second", inspect.Parameter.POSITIONAL_OR_KEYWORD, default="x"),
    ]
    assert New.__new__.__qualname__ == f"{New.__qualname__}.__new__"


def test_one_that_inherits_is_of_its_own_kind() -> None:
    class First(NamedTuple):
        only: int

    class Heir(First):
        pass

    heir = Heir(1)
    assert (type(heir), type(heir._replace(only=2)), type(First(3))) == (Heir, Heir, First)
    assert repr(heir) == "Heir(only=1)"


def test_it_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Figures(1, "2"))) == Figures(1, "2")
