"""Templates as a session keeps them."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.template.kept import command_line, of_bytes, to_bytes
from tests.tables import each_row

TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)  # lone surrogates: bytes that are no UTF-8
NAMES = st.sampled_from([b"drmaa_remote_command", b"drmaa_v_argv", b"drmaa_wd"])
VALUES = st.dictionaries(NAMES, st.one_of(TEXTS, st.lists(TEXTS, max_size=3).map(tuple)))


@given(st.lists(VALUES, max_size=4))
def test_templates_come_back_as_they_were(templates: list[dict[bytes, str | tuple[str, ...]]]) -> None:
    assert of_bytes(to_bytes(templates)) == templates


NOT_TEMPLATES = (b"3", b"[3]", b'{"a": 1}', b'[{"a": 1}]', b'[{"a": [1]}]', b"[", b"\xff")


@given(st.one_of(st.binary(), st.sampled_from(NOT_TEMPLATES).map(zlib.compress)))
def test_anything_else_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        of_bytes(data)


def test_many_that_differ_a_little_take_little_room() -> None:
    many = [
        {b"drmaa_remote_command": "/usr/bin/align", b"drmaa_v_argv": ("--sample", f"sample{number}")}
        for number in range(1000)
    ]
    assert len(to_bytes(many)) < 10_000


@each_row(
    "values, line",
    [
        ({b"drmaa_remote_command": "sleep", b"drmaa_v_argv": ("3",)}, "sleep 3"),
        ({b"drmaa_remote_command": "./my prog", b"drmaa_v_argv": ("a b", "*")}, "'./my prog' 'a b' '*'"),
        ({b"drmaa_remote_command": "/bin/sh", b"drmaa_v_argv": ("-c", "echo a | wc > b")}, "echo a | wc > b"),
        ({b"drmaa_remote_command": "sh", b"drmaa_v_argv": ("-c", "$0", "x")}, "sh -c '$0' x"),
        ({b"drmaa_remote_command": "true"}, "true"),
        ({b"drmaa_remote_command": "echo", b"drmaa_v_argv": "x"}, "echo x"),
    ],
)
def test_a_template_as_a_line(values: dict[bytes, str | tuple[str, ...]], line: str) -> None:
    assert command_line(values) == line
