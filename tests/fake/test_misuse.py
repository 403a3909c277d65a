"""What means nothing is refused with what would: on the command line, in options, faults and calls."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_sge import Cell, CellError
from fake_sge.cli import main
from fake_sge.faults import Fault, FaultKind
from fake_sge.host_options import parse_hosts
from fake_sge.options import CellOptions, make_config
from fake_sge.real.plan import complex_table
from fake_sge.settings import complex_entries
from tests.tables import each_row

GPU = "gpu gpu INT <= YES YES 0 0"


@each_row(
    "options, text",
    [
        ({"queues": {"a b": {}}}, "'a b' cannot be the name of a queue: Space (' ') not allowed"),
        ({"queues": {"": {}}}, "'' cannot be the name of a queue: it is empty"),
        ({"queues": {"a,b": {}}}, "Comma (',') not allowed in objectname"),
        ({"queues": {"a@b": {}}}, "At ('@') not allowed in objectname"),
        ({"parallel_environments": {"x:y": {}}}, "'x:y' cannot be the name of a parallel environment: Colon"),
        ({"projects": ("p/q",)}, "'p/q' cannot be the name of a project: Slash"),
        ({"complexes": ("gpu gpu INT",)}, "a complex entry has eight words: 'gpu gpu INT'"),
        ({"complexes": ("gpu gpu FLOAT <= YES YES 0 0",)}, "'FLOAT' is no type of a complex entry"),
        ({"complexes": ("gpu gpu INT => YES YES 0 0",)}, "'=>' is no relation of a complex entry"),
        (
            {"complexes": ("gpu gpu INT <= YEP YES 0 0",)},
            "'YEP' is no requestable of a complex",
        ),
        ({"complexes": ("gpu gpu INT <= YES TASK 0 0",)}, "'TASK' is no consumable of a complex entry"),
        ({"complexes": ("gpu gpu INT <= YES YES x 0",)}, "'x' is no number in the complex entry"),
        ({"complexes": ("gpu s INT <= YES YES 0 0",)}, "there is a complex entry 's' already: slots s"),
        ({"complex_values": "gqu=2", "complexes": (GPU,)}, "no complex entry 'gqu'; did you mean 'gpu'?"),
        ({"complex_values": "gpu=x", "complexes": (GPU,)}, "the complex value gpu is INT, not 'x'"),
        ({"complex_values": "gpu", "complexes": (GPU,)}, "the complex value gpu is INT, not ''"),
        ({"hosts": {"a": {"complex_values": "gpu=1"}}}, "no complex entry 'gpu'"),
        ({"hosts": ("a", "b", "a")}, "a host is named twice: a, b, a"),
        ({"hosts": ("localhost", "LOCALHOST")}, "a host is named twice"),
    ],
)
def test_options_of_a_cell(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        CellOptions(**options)


def test_an_entry_takes_the_place_of_the_one_of_its_name() -> None:
    memory = "h_vmem h_vmem MEMORY <= YES YES 1G 0"
    found = {entry.name: entry for entry in complex_entries([memory])}
    assert found["h_vmem"].consumable == "YES"
    assert len(found) == len(complex_entries([]))
    options = CellOptions(complexes=(memory,), complex_values="h_vmem=16G")
    entry = make_config(options, "/tmp", "/spool", "root").complex_named("h_vmem")
    assert entry is not None
    assert entry.default == "1G"
    assert complex_table("#name\nh_vmem a\nslots b\n", [memory]) == f"#name\nslots b\n{memory}\n"


def test_hosts_of_a_command_line() -> None:
    assert parse_hosts((), None) == ("localhost",)
    assert parse_hosts((), "a,b") == ("a", "b")
    assert parse_hosts(("a:2", "b"), None) == {"a": {"slots": 2}, "b": {}}
    for settings, names, text in ((("a",), "b", "either"), (("a", "a:3"), None, "named twice: a, a")):
        with pytest.raises(ValueError, match=text):
            parse_hosts(settings, names)


@each_row(
    "fault, text",
    [
        ({"kind": "refused", "seconds": 4.0}, "the fault refused has no seconds: no options"),
        ({"kind": "slow", "code": 4}, "the fault slow has no code: seconds"),
        ({"kind": "slow", "seconds": math.nan}, "not negative"),
        ({"kind": "slow", "seconds": math.inf}, "not negative"),
        ({"kind": "exit", "at": 4}, "the fault exit has no at: code, out, err"),
        ({"kind": "exit", "code": 256}, "an exit code lies between 0 and 255, not 256"),
        ({"kind": "lost", "code": -1}, "an exit code lies between 0 and 255, not -1"),
        ({"kind": "hide-job"}, "the fault hide-job is one job's: job=NUMBER"),
        ({"kind": "shepherd", "code": 1}, "the fault shepherd is one job's: job=NUMBER"),
        ({"kind": "shepherd", "code": 999, "job": 1}, "999 is no value of failed in a record"),
        ({"kind": "error-state", "code": 5}, "failed with 26, 27 or 28, not 5"),
        ({"kind": "garble", "at": -2}, "at is not negative"),
        ({"kind": "warn-submit", "tool": "qstat"}, "warn-submit happens to qsub or qrsh, not to qstat"),
        ({"kind": "accounting-late", "tool": "qacct"}, "accounting-late is no command's, not to qacct"),
    ],
)
def test_faults(fault: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        Fault(**{**fault, "kind": FaultKind(fault["kind"])})


def test_every_option_that_a_kind_reads_is_taken() -> None:
    values: dict[str, Any] = {"seconds": 2.0, "code": 26, "out": b"o", "err": b"e", "at": 3, "job": 4}
    taken: dict[str, set[str]] = {name: set() for name in values}
    for kind in FaultKind:
        needed = {"job": 4} if kind in (FaultKind.HIDE_JOB, FaultKind.SHEPHERD) else {}
        for name, value in values.items():
            try:
                made = Fault(kind, **{**needed, name: value})
            except ValueError:
                continue
            assert dataclasses.asdict(made)[name] == value
            taken[name].add(kind.value)
    assert taken == {
        "seconds": {"silent", "slow", "accounting-late"},
        "code": {"exit", "lost", "shepherd", "error-state"},
        "out": {"exit", "lost", "banner", "jsv-reject", "shepherd", "error-state"},
        "err": {"exit", "lost"},
        "at": {"truncate", "garble", "accounting-corrupt"},
        "job": {"hide-job", "shepherd"},
    }


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    with Cell(tmp_path_factory.mktemp("misuse") / "cell") as made:
        yield made


@each_row(
    "words, text",
    [
        (("set", "queues=3"), "queues are changed with qconf"),
        (("set", "scheduler=x"), "scheduler are changed with qconf"),
        (("set", "max_job_number=x"), "max_job_number is a whole number above 0, not 'x'"),
        (("set", "max_job_number=0"), "max_job_number is a whole number above 0, not 0"),
        (("simulate", "--count", "0"), "at least one job is submitted, not 0"),
        (("simulate", "--count", "-1"), "at least one job is submitted, not -1"),
        (("simulate", "--signal", "99"), "there is no signal 99"),
        (("simulate", "--exit-status", "300"), "an exit status lies between 0 and 255, not 300"),
        (("simulate", "--failed", "3000"), "3000 is no value of failed in a record"),
        (("simulate", "--user", "a b"), "'a b' cannot be the name of a user"),
        (("simulate", "--user", ""), "'' cannot be the name of a user"),
        (("advance", "999999999999999"), "a cell's clock ends with the year 9999"),
        (("clear", "77"), "there is no fault 77 in force"),
    ],
)
def test_calls(cell: Cell, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], text: str) -> None:
    before = cell.jobs()
    assert main([words[0], str(cell.directory), *words[1:]]) == 1
    assert capsys.readouterr().err.startswith(f"fake-sge: {text}")
    assert cell.jobs() == before


def test_calls_from_python(cell: Cell) -> None:
    for seconds in (math.nan, -1.0, math.inf):
        with pytest.raises(CellError, match="clock"):
            cell.advance(seconds)
    with pytest.raises(CellError, match="run_time is in seconds, not nan"):
        cell.submit_simulated(math.nan)
    with pytest.raises(TypeError, match="a mapping of names to what differs, not 'x'"):
        cell.configure(queues={"all.q": "x"})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="a mapping of names to what differs, not 3"):
        cell.configure(scheduler=3)  # type: ignore[arg-type]


def test_where_no_cell_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for verb, *words in (
        ("status",),
        ("faults",),
        ("advance", "1"),
        ("hosts",),
        ("qmaster", "kill"),
        ("rotate",),
    ):
        assert main([verb, str(tmp_path / "none"), *words]) == 1
        assert capsys.readouterr().err.startswith(f"fake-sge: no cell in {tmp_path}/none")
