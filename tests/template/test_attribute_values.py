"""Vectors, mappings, limits and converters of a template: what is taken, and what is read back."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drmaa_cli.errors import (
    InvalidArgumentException,
)
from drmaa_cli.template.attributes import (
    IntConverter,
    Version,
    shown,
)
from drmaa_cli.template.job_template import TemplateAttributes
from tests.tables import together
from tests.template.submissions import template

INVALID = "code 4: The input value for an argument is invalid."
LIMITS = ("hardWallclockTimeLimit", "softWallclockTimeLimit")


@pytest.fixture
def jt() -> TemplateAttributes:
    return template()


@together
@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (0, 0),
        (90, 90),
        (90.0, 90),
        ("90", 90),
        (b"90", 90),
        ("1:30", 90),
        ("1:0:5", 3605),
        (" 7 ", 7),
        (datetime.timedelta(hours=2), 7200),
        (10**9, 10**9),
    ],
)
def test_limits_are_seconds(jt: TemplateAttributes, name: str, value: object, seconds: int) -> None:
    setattr(jt, name, value)
    assert getattr(jt, name) == seconds


@together
@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize(
    "value",
    [
        None,
        -1,
        1.5,
        float("nan"),
        float("inf"),
        True,
        "",
        "abc",
        "-5",
        "1:2:3:4",
        "٣",
        [],
        {},
        datetime.timedelta(milliseconds=1),
        datetime.timedelta(seconds=-1),
    ],
)
def test_limits_that_are_none(jt: TemplateAttributes, name: str, value: object) -> None:
    with pytest.raises(InvalidArgumentException) as caught:
        setattr(jt, name, value)
    assert str(caught.value).startswith(f"{INVALID} drmaa_wct_{name[0]}limit cannot be {shown(value)}: ")


@together
@pytest.mark.parametrize("name", ["args", "email"])
@pytest.mark.parametrize(
    ("value", "read"),
    [
        ([], []),
        (["a"], ["a"]),
        (("t", "u"), ["t", "u"]),
        ([1, 2.5, True, Path("/x")], ["1", "2.5", "True", "/x"]),
        ({"k": "v"}.values(), ["v"]),
        (("a", "b"), ["a", "b"]),
        ([b"bytes"], ["bytes"]),
        (["", "x", ""], ["", "x", ""]),
        (["a\nb", "é中", "'q'"], ["a\nb", "é中", "'q'"]),
        (["x" * 5000], ["x" * 5000]),
        (range(2), ["0", "1"]),
        ([b"\xff"], ["\udcff"]),
        (["a\0b"], ["a\0b"]),
    ],
)
def test_vectors(jt: TemplateAttributes, name: str, value: object, read: list[str]) -> None:
    setattr(jt, name, value)
    assert getattr(jt, name) == read


@together
@pytest.mark.parametrize("name", ["args", "email"])
@pytest.mark.parametrize(
    "value", [None, 5, iter(["a"]), True, 1.5, "hello", "", "a@b", b"x", {"k": "v"}, {"s"}, frozenset()]
)
def test_what_is_no_list_is_refused(jt: TemplateAttributes, name: str, value: object) -> None:
    with pytest.raises(InvalidArgumentException, match=r"^code 4: .* a list of texts is expected$"):
        setattr(jt, name, value)
    assert not hasattr(jt, name)


@pytest.mark.parametrize("item", [None, [], ["a"], ("a", "b"), {}, {"k": "v"}, {"s"}])
def test_what_is_no_text_in_a_list_or_mapping_is_refused(jt: TemplateAttributes, item: object) -> None:
    for name, value in (("args", ["a", item]), ("email", [item]), ("jobEnvironment", {"A": "1", "B": item})):
        with pytest.raises(InvalidArgumentException, match="a text or a number is expected in it"):
            setattr(jt, name, value)
        assert not hasattr(jt, name)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({}, {}),
        ({"A": "1", "B": ""}, {"A": "1", "B": ""}),
        ({"A": "x=y"}, {"A": "x=y"}),
        ({1: 2}, {"1": "2"}),
        ({"A=B": "c"}, {"A": "B=c"}),
        ({b"k": b"v"}, {"k": "v"}),
        ({"": "x"}, {"": "x"}),
        ({"A": "a\nb,'\"é"}, {"A": "a\nb,'\"é"}),
    ],
)
def test_environment(jt: TemplateAttributes, value: object, read: dict[str, str]) -> None:
    jt.jobEnvironment = value
    assert jt.jobEnvironment == read


@pytest.mark.parametrize("name", [None, ("A",), ()])
def test_what_is_no_text_as_a_name_of_a_variable_is_refused(jt: TemplateAttributes, name: object) -> None:
    with pytest.raises(InvalidArgumentException, match="a text or a number is expected in it"):
        setattr(jt, "jobEnvironment", {"A": "1", name: "x"})  # noqa: B010  # mypy would refuse it
    assert not hasattr(jt, "jobEnvironment")


@pytest.mark.parametrize("value", [[("A", "1")], "A=1", None, 5])
def test_environment_is_a_mapping(jt: TemplateAttributes, value: object) -> None:
    with pytest.raises(AttributeError) as caught:
        jt.jobEnvironment = value
    assert isinstance(caught.value, InvalidArgumentException)
    assert str(caught.value) == f"{INVALID} drmaa_v_env cannot be {value!r}: a mapping is expected"


def test_version() -> None:
    assert Version(1, 0) == (1, 0)
    assert str(Version(1, 0)) == "1.0"


def test_shown_survives_a_broken_repr() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    assert shown(Broken()) == "<Broken, whose repr() fails: RuntimeError>"
    assert shown("x" * 100) == "'" + "x" * 76 + "..."


@settings(deadline=None)
@given(st.integers(min_value=0))
def test_int_converter_round_trip(seconds: int) -> None:
    assert IntConverter.from_drmaa(IntConverter.to_drmaa(seconds)) == seconds


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.text(), max_size=5))
def test_any_environment_is_kept(environment: dict[str, str]) -> None:
    jt = template(jobEnvironment=environment)
    expected = {}
    for name, value in environment.items():
        key, _, rest = f"{name}={value}".partition("=")
        expected[key] = rest
    assert jt.jobEnvironment == expected


def test_a_long_value_is_cut_in_messages() -> None:
    assert shown("x" * 78) == repr("x" * 78)  # 80 characters with its quotes
    assert shown("x" * 79) == f"'{'x' * 76}..."
    assert len(shown("x" * 79)) == 80
