"""What a flavour decides besides the words: options, files, and which flavours there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fake_sge.engine.accounting import accounting_line
from fake_sge.model import Exit, Granted
from fake_sge.model.accounting import Record
from fake_sge.model.accounting_json import format_json, parse_json
from fake_sge.model.flavours import FLAVOURS
from fake_sge.options import CellOptions

from .accounting_inputs import recorded_lines
from .cells import captures
from .pure import PureCell

DECIMALS = re.compile(r"\.\d+")  # of one value there are several with 17 digits
OCS = [name for name, flavour in FLAVOURS.items() if flavour.is_ocs]


@pytest.mark.parametrize("flavour", OCS)
def test_recorded_lines_of_accounting_are_written_again(flavour: str) -> None:
    recorded = {**captures("qacct", flavour), **captures("special", flavour)}
    lines = [line.rstrip("\n") for found in recorded_lines(recorded).values() for line in found]
    lines = [line for line in lines if line.startswith("{")]
    assert len(lines) > 30
    for line in lines:
        record = parse_json(line)
        assert isinstance(record, Record)
        made = format_json(record, FLAVOURS[flavour].accounting)
        assert json.loads(made) == json.loads(line)
        assert DECIMALS.sub(".", made) == DECIMALS.sub(".", line)


@pytest.mark.parametrize("flavour", OCS)
def test_a_record_has_the_keys_of_the_recorded_ones(flavour: str, tmp_path: Path) -> None:
    cell = PureCell(tmp_path, flavour=flavour)
    job = cell.submit(7, "-b", "y", "-q", "all.q", "sleep", "9 9")
    task = job.tasks[1]
    end = Exit(0, 3, 0, 1795000000.25, 1795000001.5, {"ru_utime": 0.5})
    known = recorded_lines(captures("qacct", flavour))[189, 0][0]
    values = json.loads(
        accounting_line(job, task, end, Granted("all.q", "localhost", 1), cell.qmaster.engine.state.config)
    )
    assert list(values) == list(json.loads(known))
    assert values["end_time"] == 1795000001500000
    assert values["usage"]["eusage"]["wallclock"] == 1.25
    assert values["category"] == "-scope global -hard -q all.q"
    assert values["submit_cmd_line"].endswith("/bin/lx-amd64/qsub -terse -b y -q all.q sleep '9 9'")


def test_the_options_of_9_2(tmp_path: Path) -> None:
    cell = PureCell(tmp_path, flavour="ocs-9.2")
    cell.submit(7, "-h", "-b", "y", "true")
    text = cell.run(["qstat", "-help"])[1]
    for option in ("[-ectx client|server]", "[-fmt plain|json|xml]", "[-s {p|r|s|f|hu|ho|hs|hd|hj|ha|h|a}]"):
        assert option in text
    assert cell.run(["qstat", "-fmt", "xml"]) == cell.run(["qstat", "-xml"])
    assert cell.run(["qstat", "-fmt", "plain"]) == cell.run(["qstat"])
    assert cell.run(["qstat", "-fmt", "json"]) == (1, "", "fake_sge has no JSON output of qstat\n")


def test_other_flavours_lack_them(tmp_path: Path) -> None:
    cell = PureCell(tmp_path, flavour="ocs-9.1")
    assert cell.run(["qstat", "-fmt", "xml"])[0] == 1


def test_an_unknown_flavour_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown flavour 'pbs': one of sge-8\.1\.9"):
        CellOptions(flavour="pbs")
