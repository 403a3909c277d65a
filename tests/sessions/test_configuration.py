"""Every setting is in the table of docs/configuration.md, with its default and its variable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drmaa_cli.config import PREFIX, Config, Settings
from drmaa_cli.errors import InvalidArgumentException
from tests.tables import each_row

ROOT = Path(__file__).resolve().parent.parent.parent
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| ([^|]+?) \| ([^|]+?) \|$", re.MULTILINE)


def test_the_table_is_complete() -> None:
    rows = ROW.findall((ROOT / "docs" / "configuration.md").read_text())
    assert [(name, variable) for name, variable, _, _ in rows] == [
        (name, PREFIX + name.upper()) for name in Config._fields
    ]
    for name, _, default, meaning in rows:
        value = Config._field_defaults[name]
        said = default.strip("`")
        expected = {True: "on", False: "off"}[value] if isinstance(value, bool) else value
        assert said == (str(expected) if isinstance(expected, str) else f"{expected:g}"), name
        assert len(meaning) > 20


@each_row("name", [name for name in Config._fields if not isinstance(Config._field_defaults[name], str)])
def test_keyword_over_variable_over_default(name: str) -> None:
    default = Config._field_defaults[name]
    on = isinstance(default, bool)
    env = {PREFIX + name.upper(): "1" if on else "7.5"}
    assert getattr(Config.load({}, {}), name) == default
    assert getattr(Config.load({}, env), name) == (True if on else 7.5)
    assert getattr(Config.load({name: False if on else 2}, env), name) == (False if on else 2.0)
    with pytest.raises(InvalidArgumentException, match=PREFIX + name.upper()):
        Config.load({}, {PREFIX + name.upper(): "much"})


def test_no_such_setting() -> None:
    with pytest.raises(InvalidArgumentException, match="no such setting: pol_min; did you mean 'poll_min'"):
        Config.load({"pol_min": 1}, {})
    with pytest.raises(InvalidArgumentException, match=r"no such setting: colour$"):
        Config.load({"colour": "red"}, {})


def test_a_misspelt_variable_is_refused() -> None:
    with pytest.raises(InvalidArgumentException, match="did you mean 'DRMAA_CLI_OUTAGE_LIMIT'"):
        Config.load({}, {"DRMAA_CLI_OUTAGELIMIT": "5"})
    with pytest.raises(InvalidArgumentException, match="did you mean 'DRMAA_CLI_STRICT_STATES'"):
        Config.load({}, {"DRMAA_CLI_STRICT_STATE": "1"})


def test_an_unknown_variable_is_told() -> None:
    with pytest.warns(UserWarning, match="DRMAA_CLI_COLOUR is no setting"):
        assert Config.load({}, {"DRMAA_CLI_COLOUR": "red", "DRMAA": "x"}) == Config()


@each_row("value", [3, True, None, b"/tmp", []])
def test_a_directory_is_a_path(value: object) -> None:
    with pytest.raises(InvalidArgumentException, match="state_dir takes a path"):
        Config.load({"state_dir": value}, {})
    assert Config.load({"state_dir": Path("/tmp/x")}, {}).state_dir == "/tmp/x"


def test_the_keywords_of_type_checkers_are_the_settings() -> None:
    assert tuple(Settings.__annotations__) == Config._fields
    for name in Config._fields:
        assert Settings.__annotations__[name].partition(" ")[0] == Config.__annotations__[name]
