"""Numbers, dates and texts of requests, as a real 8.1.9 cell took or refused them."""

from __future__ import annotations

import math

import pytest

from fake_sge.commands.times.dates import BadDate, parse_date
from fake_sge.model.resources import complex_values, text_matches
from fake_sge.model.values import compare, number_of, quantity
from tests.tables import each_row


@each_row(
    "text, number",
    [
        ("10", 10),
        ("0:1:30", 90),
        ("1:0:0", 3600),
        ("::30", 30),
        (":10:", 600),
        ("10m", 1e7),
        ("1.5", 1.5),
        ("0x10", 16),
        ("1:0x10:0", 4560),
        ("1e3", 1000),
        ("INFINITY", math.inf),
        ("infinity", math.inf),
        ("inf", math.inf),
        ("TRUE", 1),
        ("-5", -5),
        ("+5", 5),
        ("1:2.5:0", 3750),
        ("1:-2:0", 3480),
        ("90:90:90", 329490),
        ("1.5G", 1.5 * 1024**3),
        ("2k", 2000),
        ("1K", 1024),
        ("1:30", None),
        ("1:", None),
        ("1:2:3:4", None),
        ("1:xx:3", None),
        ("abc", None),
        ("10s", None),
        ("1h", None),
        ("1 M", None),
        ("5 ", None),
        ("", None),
    ],
)
def test_one_reader_for_times_sizes_and_numbers(text: str, number: float | None) -> None:
    """Recorded: ``qsub -l h_rt=``, ``h_vmem=``, ``num_proc=``, ``cpu=``, ``qconf -mattr queue`` agree."""
    assert quantity(text) == number
    for kind in ("TIME", "MEMORY", "INT", "DOUBLE"):
        assert number_of(text, kind) == number


@each_row(
    "text, number",
    [("TRUE", 1), ("true", 1), ("1", 1), ("FALSE", 0), ("0", 0), ("F", None), ("no", None), ("y", None)],
)
def test_truth_values(text: str, number: float | None) -> None:
    assert number_of(text, "BOOL") == number


@each_row(
    "kind, wanted, offered, matches",
    [
        ("STRING", "lx-amd64", "lx-amd64", True),
        ("STRING", "lx*", "lx-amd64", True),
        ("STRING", "LX-AMD64", "lx-amd64", False),
        ("STRING", "foo|lx-amd64", "lx-amd64", True),
        ("STRING", "(foo|lx-amd64)", "lx-amd64", True),
        ("STRING", "!foo", "lx-amd64", True),
        ("STRING", "!lx*", "lx-amd64", False),
        ("STRING", "foo&lx*", "lx-amd64", False),
        ("HOST", "LOCALHOST", "localhost", True),
        ("HOST", "local*", "localhost", True),
        ("STRING", "all*", "all.q", True),
    ],
)
def test_texts_are_expressions(kind: str, wanted: str, offered: str, matches: bool) -> None:
    """Recorded: ``qselect -l`` and ``qsub -w v -l``."""
    assert text_matches(kind, wanted, offered) is matches


def test_relations() -> None:
    found = {relation: compare(relation, 1, 2) for relation in ("<=", "<", ">=", ">", "!=", "==")}
    assert found == {"<=": True, "<": True, ">=": False, ">": False, "!=": True, "==": False}


def test_complex_values() -> None:
    assert complex_values("a=1,b=2 c=3") == {"a": "1", "b": "2", "c": "3"}
    assert complex_values("NONE") == {}


NOW = 1795798800.0  # Friday, 27 November 2026, 12:00 in New York


@each_row(
    "text, seconds",
    [
        ("11271200.", 1795798800),
        ("11271200.30", 1795798830),
        ("11271200.-1", 1795798799),
        ("11271200.-9", 1795798791),
        ("11271200", 1795798800),
        ("202611271200", 1795798800),
        ("02301200", 1772470800),
        (" 1271200", 1769533200),
        ("197001010000", 18000),
        ("7011271200", 28573200),
    ],
)
def test_dates(text: str, seconds: int) -> None:
    """Recorded: ``qsub -a`` and ``qacct -b`` with TZ=America/New_York."""
    assert parse_date(text, NOW, "America/New_York") == seconds


@each_row(
    "text, what",
    [
        ("", "no date specified"),
        ("11271200.5", "Invalid format of seconds field."),
        ("1127120030", "Invalid month specification."),
        ("202611271200.60", "Invalid seconds specification."),
        ("13011200", "Invalid month specification."),
        ("ab271200", "Invalid month specification."),
        ("11272400", "Invalid hour specification."),
        ("11271260", "Invalid minute specification."),
        ("x", "Invalid format of date/hour-minute field."),
        ("196911271200", "Couldn't generate date from input. Perhaps a date before 1970 was specified."),
    ],
)
def test_bad_dates(text: str, what: str) -> None:
    with pytest.raises(BadDate) as caught:
        parse_date(text, NOW, "America/New_York")
    assert str(caught.value) == what
