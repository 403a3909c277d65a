"""Where drmaa-python makes something of what can hardly be meant, the drop-in does the same and warns."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from drmaa_cli.compat.drop_in import JobTemplate, Session
from drmaa_cli.errors import NoActiveSessionException
from drmaa_cli.session import current
from tests.tables import together


class Active:
    """A process-wide session, of which a template only asks whether it is there."""

    def check(self) -> None:
        pass


@pytest.fixture
def jt(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(current.process, "active", Active())
    return Session.createJobTemplate()


@pytest.fixture
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


@together
@pytest.mark.parametrize("name", ["args", "email"])
@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("hello", list("hello")),
        (b"ab", ["97", "98"]),
        ("", []),
        ({"k": "v"}, ["k"]),
        ({"s"}, ["s"]),
        ([None, ["x"]], ["None", "['x']"]),
    ],
)
def test_vectors(jt: Any, quiet: None, name: str, value: object, read: list[str]) -> None:
    setattr(jt, name, value)
    assert getattr(jt, name) == read


@pytest.mark.parametrize("name", ["args", "email"])
@pytest.mark.parametrize("value", [None, 5, iter(["a"]), True, 1.5])
def test_vectors_need_a_length(jt: Any, name: str, value: object) -> None:
    with pytest.raises(TypeError, match=r"object of type '\w+' has no len\(\)"):
        setattr(jt, name, value)
    assert not hasattr(jt, name)


@together
@pytest.mark.parametrize("name", ["blockEmail", "joinFiles"])
@pytest.mark.parametrize(
    "value", ["n", "no", "0", b"n", 1, 1.5, "grüß", True, "", None, [], {}, 0, False, b""]
)
def test_flags_are_truth(jt: Any, quiet: None, name: str, value: object) -> None:
    setattr(jt, name, value)
    assert getattr(jt, name) is bool(value)


def test_a_text_as_list_warns_at_the_line_of_the_program(jt: Any) -> None:
    with pytest.warns(UserWarning, match="drmaa_v_argv = 'hello' is taken as its characters") as caught:
        jt.args = "hello"
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="drmaa_v_email") as caught:
        JobTemplate(email="a@b")
    assert caught[0].filename == __file__


def test_a_word_for_no_warns_and_a_word_for_yes_does_not(jt: Any) -> None:
    with pytest.warns(UserWarning, match="drmaa_join_files = 'no' is taken as True"):
        jt.joinFiles = "no"
    with pytest.warns(UserWarning, match="drmaa_block_email = b'0' is taken as True"):
        jt.blockEmail = b"0"
    jt.joinFiles, jt.blockEmail = "y", ""
    assert (jt.joinFiles, jt.blockEmail) == (True, False)


def test_attributes_of_the_program_are_set_and_a_near_miss_warns(jt: Any) -> None:
    jt.colour = "red"
    assert jt.colour == "red"
    assert JobTemplate(colour="blue").colour == "blue"  # type: ignore[attr-defined]  # as programs do
    with pytest.warns(UserWarning, match="setting it has no effect; did you mean 'remoteCommand'"):
        jt.remotecommand = "/bin/true"
    assert jt.remotecommand == "/bin/true"
    assert not hasattr(jt, "remoteCommand")


def test_what_programs_set_properly_does_not_warn(jt: Any) -> None:
    jt.args, jt.email, jt.joinFiles = ["a"], ("a@b",), True
    jt.jobEnvironment = {"A": 1, "B": None}
    assert jt.jobEnvironment == {"A": "1", "B": "None"}


def test_without_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current.process, "active", None)
    for make in (JobTemplate, Session.createJobTemplate):
        with pytest.raises(NoActiveSessionException, match=r"^code 5: No active session$"):
            make()
