"""Values that are made in less time are what typing and dataclasses make; what a cell's daemon loads."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from fake_sge.lighter import NamedTuple, field, names_of, record, replace
from fake_sge.qmaster.log import Log

ROOT = Path(__file__).resolve().parents[2]


class Figures(NamedTuple):
    """Some figures."""

    first: int
    second: str | None = None
    unit = "s"

    @property
    def doubled(self) -> int:
        return 2 * self.first


class AsInTyping(typing.NamedTuple):
    """Some figures."""

    first: int
    second: str | None = None
    unit = "s"

    @property
    def doubled(self) -> int:
        return 2 * self.first


@pytest.mark.parametrize("kind", [Figures, AsInTyping])
def test_a_named_tuple(kind: type) -> None:
    figures = kind(4)
    assert figures == (4, None)
    assert (figures._replace(second="x").second, figures.doubled, figures.unit) == ("x", 8, "s")
    assert (kind._fields, kind._field_defaults) == (("first", "second"), {"second": None})
    assert (kind.__doc__, kind.__module__, kind.__bases__) == ("Some figures.", __name__, (tuple,))
    assert kind.__annotations__.keys() == {"first", "second"}
    assert (
        str(inspect.signature(kind)).replace(": 'int'", "").replace(": 'str | None'", "").startswith("(first")
    )
    assert repr(figures) == f"{kind.__name__}(first=4, second=None)"
    assert type(copy.copy(figures)) is kind
    assert pickle.loads(pickle.dumps(figures)) == figures
    assert not hasattr(figures, "__dict__")
    with pytest.raises(TypeError):
        kind()


@record
class Place:
    """A place."""

    name: str
    slots: int = 1
    seen: list[int] = field(default_factory=list, compare=False)


@dataclasses.dataclass
class AsInDataclasses:
    """A place."""

    name: str
    slots: int = 1
    seen: list[int] = dataclasses.field(default_factory=list, compare=False)


@record
class One:
    """A single field."""

    only: list[int]


@record
class Own:
    """With words of its own."""

    value: int

    def __repr__(self) -> str:
        return "own"

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # it can change


@pytest.mark.parametrize("kind", [Place, AsInDataclasses])
def test_a_record(kind: type) -> None:
    first, second = kind("a", seen=[1]), kind("a", seen=[2])
    assert first == second
    assert first != kind("a", 2)
    assert first != ("a", 1)
    assert repr(first) == f"{kind.__name__}(name='a', slots=1, seen=[1])"
    assert dataclasses.replace(first, slots=3) == kind("a", 3)
    assert dataclasses.asdict(second) == {"name": "a", "slots": 1, "seen": [2]}
    assert pickle.loads(pickle.dumps(first)) == first
    assert [field.name for field in dataclasses.fields(kind)] == ["name", "slots", "seen"]
    with pytest.raises(TypeError, match="unhashable"):
        hash(first)


def test_records_of_other_classes_and_of_one_field() -> None:
    assert Place("a") != AsInDataclasses("a")
    assert One([1]) == One([1])
    assert One([1]) != One([2])
    assert (repr(Own(1)), Own(1) == Own(2)) == ("own", True)


@record(frozen=True)
class Fixed:
    """What cannot be changed, and is checked."""

    name: str
    slots: int = 1
    marks: tuple[str, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if self.slots < 0:
            raise ValueError(self.slots)


@dataclasses.dataclass(frozen=True)
class FixedAsInDataclasses:
    """What cannot be changed, and is checked."""

    name: str
    slots: int = 1
    marks: tuple[str, ...] = dataclasses.field(default_factory=tuple)

    def __post_init__(self) -> None:
        if self.slots < 0:
            raise ValueError(self.slots)


@pytest.mark.parametrize("kind", [Fixed, FixedAsInDataclasses])
def test_a_record_that_cannot_be_changed(kind: type) -> None:
    first = kind("a", marks=("x",))
    assert {first: 1}[kind("a", 1, ("x",))] == 1
    assert pickle.loads(pickle.dumps(first)) == copy.deepcopy(first) == first
    assert dataclasses.replace(first, slots=2) == kind("a", 2, ("x",))
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'slots'"):
        first.slots = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'name'"):
        del first.name
    with pytest.raises(ValueError, match="-1"):
        dataclasses.replace(first, slots=-1)


@pytest.mark.parametrize("kinds", [(Place, AsInDataclasses), (Fixed, FixedAsInDataclasses)])
def test_the_constructor_of_a_record(kinds: tuple[type, type]) -> None:
    assert str(inspect.signature(kinds[0])) == str(inspect.signature(kinds[1]))
    assert names_of(kinds[0]) == ("name", "slots", list(inspect.signature(kinds[1]).parameters)[2])
    for words, names in (((), {}), (("a", 1, [], 2), {}), (("a",), {"name": "b"}), (("a",), {"other": 1})):
        said = []
        for kind in kinds:
            with pytest.raises(TypeError) as refused:
                kind(*words, **names)
            said.append(str(refused.value).replace(kind.__name__, "Kind"))
        assert said[0] == said[1]


@pytest.mark.parametrize("kind", [Fixed, FixedAsInDataclasses])
def test_a_dataclass_of_a_record(kind: type) -> None:
    @dataclasses.dataclass(frozen=True)
    class More(kind):  # type: ignore[misc,valid-type]  # a variable
        extra: int = 0

    assert [item.name for item in dataclasses.fields(More)] == ["name", "slots", "marks", "extra"]
    assert dataclasses.replace(More("a", extra=2), slots=3) == More("a", 3, (), 2)
    assert dataclasses.asdict(More("a")) == {"name": "a", "slots": 1, "marks": (), "extra": 0}
    assert dataclasses.fields(kind)[0] is dataclasses.fields(kind)[0]
    with pytest.raises(TypeError, match="non-frozen"):
        dataclasses.dataclass(More)


def test_what_a_record_makes_is_its_own() -> None:
    first, second = Place("a"), Place("a")
    first.seen.append(1)
    assert (second.seen, replace(first, name="b").seen) == ([], [1])
    with pytest.raises(TypeError, match="slot"):
        replace(first, slot=1)  # type: ignore[call-arg]  # there is none


LOADED = """
import sys
sys.path.append({root!r})
import fake_sge.qmaster.daemon
print(*sorted(sys.modules))
"""
ALL_COMMANDS = """
import sys
sys.path.append({root!r})
from fake_sge.layout import TOOLS
for tool in TOOLS:
    __import__("fake_sge.commands." + tool)
import fake_sge.cell, fake_sge.execution.execd, fake_sge.qmaster.admin
print(*sorted(sys.modules))
"""
HEAVY = (
    "argparse",
    "asyncio",
    "concurrent",
    "dataclasses",
    "email",
    "hashlib",
    "http",
    "inspect",
    "logging",
    "random",
    "tempfile",
    "traceback",
    "typing",
)
OF_EXECD = """
import sys
sys.path.append({root!r})
import fake_sge.execution.execd
print(*sorted(sys.modules))
"""
MOST = 77  # modules of ours


def loaded_by(program: str) -> list[str]:
    """The modules that are there after a program, which no environment changes."""
    command = [sys.executable, "-I", "-S", "-c", program.format(root=str(ROOT))]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_what_a_daemon_loads_before_it_serves() -> None:
    loaded = loaded_by(LOADED)
    assert [name for name in [*loaded, *loaded_by(OF_EXECD)] if name.partition(".")[0] in HEAVY] == []
    assert len([name for name in loaded if name.startswith("fake_sge")]) <= MOST
    assert [name for name in loaded if name.startswith("fake_sge.commands.q")] == []


def test_no_command_loads_what_makes_dataclasses() -> None:
    assert not {"dataclasses", "inspect", "traceback"} & set(loaded_by(ALL_COMMANDS))


def test_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = Log()
    log.info("nobody hears it")
    log.error("no file for %s", "this")
    assert "ERROR no file for this\n" in capfd.readouterr().err
    log.open(tmp_path / "messages")
    log.info("it serves %s, %d%%", "\udce9", 5)
    log.warning("a percent sign: %")
    try:
        raise KeyError("x")
    except KeyError:
        log.exception("%s failed", "it")
    lines = (tmp_path / "messages").read_text().splitlines()
    assert [line.partition(" ")[2].partition(" ")[2] for line in lines[:3]] == [
        "INFO it serves \\udce9, 5%",
        "WARNING a percent sign: %",
        "ERROR it failed",
    ]
    assert (lines[3], lines[-1]) == ("Traceback (most recent call last):", "KeyError: 'x'")
    assert capfd.readouterr().err == ""
