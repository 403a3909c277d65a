"""Exceptions carry their parts: the code, the text; whole after pickling and copying."""

from __future__ import annotations

import copy
import pickle

from drmaa_cli import errors
from drmaa_cli.errors import ERRORS_BY_NUMBER, DrmaaException, NoResourceUsageException, error, meant
from tests.tables import each_row

CODED = [kind for kind in ERRORS_BY_NUMBER if kind is not StopIteration]


@each_row("kind", CODED)
def test_code_and_text(kind: type[DrmaaException]) -> None:
    made = error(kind, "a: b")
    assert ERRORS_BY_NUMBER[made.code - 1] is kind
    assert str(made) == f"code {made.code}: a: b"
    for same in (made, copy.copy(made), pickle.loads(pickle.dumps(made))):
        assert (type(same), same.code, same.text, str(same)) == (kind, made.code, "a: b", str(made))


def test_what_a_program_raises_itself_has_them_too() -> None:
    assert (DrmaaException().code, DrmaaException().text) == (0, "")
    own = errors.InvalidJobException("gone")
    assert (own.code, own.text, str(own)) == (18, "gone", "gone")


def test_code_24_is_what_programs_for_drmaa_python_catch() -> None:
    made = errors.no_usage()
    assert isinstance(made, NoResourceUsageException)
    assert made.code == 24
    assert type(made).__mro__[1:] == (Exception, BaseException, object)


def test_every_class_is_public() -> None:
    assert {kind.__name__ for kind in CODED} < set(errors.__all__)


@each_row(
    "wrong, right",
    [
        ("remotecommand", "remoteCommand"),
        ("output_path", "outputPath"),
        ("outptuPath", "outputPath"),
        ("colour", None),
        ("", None),
    ],
)
def test_the_near_match(wrong: str, right: str | None) -> None:
    said = meant(wrong, ["remoteCommand", "outputPath", "errorPath"])
    assert said == (f"; did you mean {right!r}?" if right else "")
