"""JSON without the module is the same text."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.gridengine.json_text import dumps

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.text(' "\\az/$\x7f\n', max_size=4)
)
VALUES = st.recursive(
    LEAVES,
    lambda some: st.one_of(
        st.lists(some, max_size=3),
        st.lists(some, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), some, max_size=3),
    ),
    max_leaves=8,
)


@given(VALUES)
def test_it_is_as_json_has_it(value: object) -> None:
    assert dumps(value) == json.dumps(value)
    assert dumps(value, ",", ":") == json.dumps(value, separators=(",", ":"))


def test_what_json_cannot_write_it_cannot() -> None:
    with pytest.raises(TypeError, match="bytes is not JSON serializable"):
        dumps([b"x"])


@pytest.mark.parametrize(
    ("value", "is_loaded"),
    [([["/tmp", ["a b"], [], True], {"x": "$HOME"}], False), (["é"], True), ([None], True)],
)
def test_plain_words_do_not_load_json(value: object, is_loaded: bool) -> None:
    script = f"""
import sys
from drmaa_cli.gridengine.json_text import dumps
dumps({value!r})
print('json' in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(is_loaded)
