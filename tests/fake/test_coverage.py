"""The page that says what the fake understands: made from the code, complete, and true."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from fake_sge.commands.submit_options.job_spec import FIELDS
from fake_sge.commands.submit_options.table import OPTIONS
from fake_sge.layout import NOT_SIMULATED
from tests.patience import PATIENCE
from tests.real_cell import BINARIES, RealCell
from tests.tables import each_row

from . import coverage_page
from .pure import PureCell

ROOT = Path(__file__).parents[2]
ACTING = (  # where a job's options would have an effect
    *("engine/scheduling.py", "engine/placement.py", "engine/matching.py"),
    *("engine/lifecycle.py", "engine/holds.py", "engine/allocation.py", "engine/hosts.py"),
    *("execution/orders.py", "execution/shepherd.py", "execution/job_process.py", "qmaster/qmaster.py"),
)
# 8.1.9 prints some lines of qconf's help in that of qsub, qalter and qrsh, and the reverse.
MIXED = ("qsub", "qalter", "qrsh", "qconf")
NOT_THERE = {"-he", "-k", "-display"}  # refused by the real ones, too; -k{m|s}; an option of qsh


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "fake_sge_coverage.md").read_text(encoding="utf-8")
    assert page == coverage_page.page(), "python -m tests.fake.coverage_page > docs/fake_sge_coverage.md"


@each_row("switch", sorted(coverage_page.SHOWN_ONLY))
def test_what_is_shown_only_has_no_effect(switch: str) -> None:
    """No module that lets jobs wait, start, run or end reads the field."""
    text = "".join((ROOT / "fake_sge" / name).read_text(encoding="utf-8") for name in ACTING)
    fields = FIELDS[switch]
    assert not [name for name in fields if re.search(rf"\b{name}\b", text)]


@each_row("switch", ["-a", "-dl", "-hold_jid", "-j", "-o", "-p", "-pe", "-r", "-S", "-tc"])
def test_the_fields_of_others_are_read(switch: str) -> None:
    engine = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "fake_sge").glob("e*/*.py"))
    assert [name for name in FIELDS[switch] if re.search(rf"\b{name}\b", engine)]


def test_what_is_named_is_an_option() -> None:
    named = {*coverage_page.SHOWN_ONLY, *coverage_page.NONE_OF_THESE}
    assert named <= set(OPTIONS)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-ckpt", "any"], 'job rejected: the requested checkpointing environment "any" does not exist'),
        (["-ar", "7"], "the advance reservation id 7 is invalid"),
    ],
)
def test_there_are_none_of_these(tmp_path: Path, words: list[str], text: str) -> None:
    code, _, err = PureCell(tmp_path).run(["qsub", *words, "-b", "y", "true"])
    assert (code, text in err) == (1, True), err


def test_refused_options_of_qconf_say_so(tmp_path: Path) -> None:
    cell = PureCell(tmp_path)
    refused = [
        switch for switch, _, text, how in coverage_page.rows()["qconf"] if how == coverage_page.REFUSED
    ]
    assert refused
    for switch in refused:
        assert cell.run(["qconf", switch], "root") == (1, "", f"fake_sge: qconf {switch} is not simulated\n")


@pytest.mark.real_cell
@pytest.mark.parametrize("tool", sorted(coverage_page.rows()))
def test_all_options_of_the_real_help_are_on_the_page(real_cell: RealCell, tool: str) -> None:
    done = subprocess.run(
        [BINARIES / tool, "-help"],
        env=real_cell.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    theirs = set(re.findall(r"(?m)^ *\[\[?(-\w[\w@]*)", done.stdout + done.stderr)) | {"-help"}
    rows = coverage_page.rows()
    ours = {switch for switch, *_ in rows[tool]}
    assert len(theirs) > 2
    missing = theirs - ours - NOT_THERE
    if tool in MIXED:
        missing -= {switch for other in (*MIXED, "qacct") for switch, *_ in rows[other]}
    assert missing == set()


def test_commands_that_there_are_not(tmp_path: Path) -> None:
    del tmp_path
    assert not set(NOT_SIMULATED) & set(coverage_page.rows())
