"""When what is kept of a cell is another cell's."""

from __future__ import annotations

import pytest

from drmaa_cli.gridengine.cell_identity import CellIdentity
from tests.tables import each_row

HERE = CellIdentity("/opt/sge", "default", "master:6444")


@each_row(
    "that, other",
    [
        (HERE, False),
        (HERE._replace(qmaster="shadow:6444"), False),
        (HERE._replace(qmaster=""), False),
        (HERE._replace(root="/gridware/sge"), False),
        (HERE._replace(name="test"), True),
        (HERE._replace(root="/gridware/sge", qmaster="shadow:6444"), True),
        (HERE._replace(root="/gridware/sge", qmaster="master:7000"), True),
        (HERE._replace(root="/gridware/sge", qmaster=""), True),
    ],
)
def test_another_cell(that: CellIdentity, other: bool) -> None:
    assert HERE.is_other(that) is other
    assert that.is_other(HERE) is other


@pytest.mark.parametrize("qmaster", ["", "localhost:6444", "localhost:"])
def test_many_have_a_qmaster_of_that_name(qmaster: str) -> None:
    one, two = (CellIdentity(f"/tmp/{name}", "default", qmaster) for name in "ab")
    assert one.is_other(two)


@pytest.mark.parametrize("cell", [HERE, CellIdentity('/a "b', "", "")])
def test_as_text(cell: CellIdentity) -> None:
    assert CellIdentity.parse(cell.dump()) == cell


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expecting value"),
        ("x", "Expecting value"),
        ("[1, 2]", "not enough values"),
        ("{}", "not enough values"),
    ],
)
def test_what_is_no_such_text(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        CellIdentity.parse(text)


def test_in_words() -> None:
    assert str(HERE) == "/opt/sge (cell default, qmaster master:6444)"
    assert str(HERE._replace(qmaster="")) == "/opt/sge (cell default)"
