"""The random command lines of ``python -m fake_sge.compare``, and how answers are made comparable."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from fake_sge import compare
from fake_sge.commands import qacct, qconf, qhost, qmod, qquota, qselect, qstat
from fake_sge.commands.submit_options.table import OPTIONS
from fake_sge.comparison import CommandAnswer, Masker, differences
from fake_sge.layout import TOOLS
from fake_sge.random_commands import pair, situations, tables
from fake_sge.random_commands.pair import Pair, Side
from tests.patience import PATIENCE
from tests.real_cell import RealCell
from tests.tables import each_row

_CONFIGURING = {**tables.SHOW, **dict.fromkeys((line.split()[0] for line in tables.CHANGES), tables.FLAG)}


def test_the_same_seed_gives_the_same_lines() -> None:
    lines = list(situations.situations("7", 60))
    assert lines == list(situations.situations("7", 60))
    assert lines != list(situations.situations("8", 60))
    assert [len(part) for part in lines] == [25, 25, 10]


def test_all_commands_are_tried() -> None:
    text = "\n".join(line for part in situations.situations("1", 2000) for line in part)
    assert {tool for tool in TOOLS if re.search(rf"\b{tool}\b", text)} == set(TOOLS)


@each_row(
    "table, known",
    [
        (tables.SUBMIT, set(OPTIONS)),
        (tables.LISTING, {option.switch for option in qstat.SWITCHES}),
        (tables.SELECT, {option.switch for option in qselect.SWITCHES}),
        (tables.HOSTS, {option.switch for option in qhost.SWITCHES}),
        (tables.MODIFY, {option.switch for option in qmod.OPTIONS}),
        (tables.ACCOUNTS, {option.switch for option in qacct.OPTIONS}),
        (_CONFIGURING, {option.switch for option in qconf.OPTIONS}),
        (tables.QUOTAS, {option.switch for option in qquota.SWITCHES}),
    ],
    ids=["qsub", "qstat", "qselect", "qhost", "qmod", "qacct", "qconf", "qquota"],
)
def test_all_options_are_tried(table: tables.Values, known: set[str]) -> None:
    """Not: what ends or waits for something, what needs a file or an editor, and queues and jobs once more.

    What sets a cell up, by editors too, is compared in test_administration.
    """
    left_out = {"-help", "-sync", "-d", "-ar", "-he", "-noshell", "-uall", "-tsm", "-secl", "-sds"}
    left_out |= {"-cat", "-explain", "-sqq", "-r", "-rq"}
    left_out |= set(
        "-aconf -ahgrp -ap -aprj -aq -arqs -auser -mc -mconf -me -mhgrp -mp -mprj -mrqs".split()
    )  # editors
    left_out |= set(
        "-mq -msconf -mu -muser -Aconf -dconf -purge -de -ke -kej -km -ks -kt -at -kec -clearusage".split()
    )
    assert known - set(table) <= left_out


@each_row(
    "out, masked",
    [
        (
            " 500001 0.55500 sleep  me  r  11/28/2026 03:26:06 all.q@h",
            " <1> PRIORITY sleep  me  r TIME all.q@h",
        ),
        ("binding       1:            ScC", "binding       1:            CORES"),
        ("\thl:np_load_avg=0.123456\n\thl:cpu=3.2", "\thl:np_load_avg=FIGURE\n\thl:cpu=FIGURE"),
        ("<load_avg>1.23456</load_avg>", "<load_avg>FIGURE</load_avg>"),
        ("  7   0.015   0.003   0.018   0.000   0.000   0.000", " FIGURE"),
        ("r     0:00:00:00 0.00000 0.00000     0", "r FIGURE 0"),
        ("r     NA         NA      NA          0", "r FIGURE 0"),
        ("usage: qstat [options]\n   [-f]  full\n\nname   is\nerror: x", None),
        (" 500009 0.5 sleep me  z   11/28/2026\nx", "x"),
        ("error [0:7225]: no shell [1:2]", "error [0:PID]: no shell [1:2]"),
    ],
)
def test_what_differs_of_itself_is_masked(out: str, masked: str | None) -> None:
    masker = Masker({})
    masker.masked(CommandAnswer("qsub x", 0, "Your job 500001 (x) has been submitted\n", ""))
    text = masker.masked(CommandAnswer("qstat", 0, f"SGE 8.1.9\n{out}" if masked is None else out, "")).out
    assert text == ("SGE 8.1.9\nusage: qstat [options]\nerror: x" if masked is None else masked)


def test_everything_else_counts() -> None:
    fake = [CommandAnswer("qstat", 0, "a\nb\n", "")]
    assert differences(fake, [CommandAnswer("qstat", 1, "a\nb\n", "")]) != ""
    assert differences(fake, [CommandAnswer("qstat", 0, "a\nc\n", "")]) != ""
    assert differences(fake, fake) == ""


class _Shell(NamedTuple):
    """Stands in for a cell: lines are for the shell alone."""

    env: dict[str, str]
    path: Path
    directory: Path


def _pair(place: Path) -> Pair:
    return Pair(
        *(
            Side(_Shell({}, Path("/bin"), place / f"cell-{name}"), place / name, {"file": name})
            for name in "rf"
        )
    )


def test_a_line_that_waits_in_both_cells_is_ended_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair, "BOTH_WAIT_SECONDS", 0.1)
    assert [answer.code for answer in _pair(tmp_path).run("sleep 100000")] == [-9, -9]


def test_a_line_that_waits_in_one_cell_gets_more_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them waits for a file that is there when the other has ended."""
    monkeypatch.setattr(pair, "COMMAND_SECONDS", PATIENCE)
    other = tmp_path / "r" / "done"
    line = (
        f"if grep -q r file; then touch {other}; else until test -e {other}; do sleep 0.1; done; echo a; fi"
    )
    theirs, mine = _pair(tmp_path).run(line)
    assert (theirs.code, theirs.out) == (0, "")
    assert (mine.code, mine.out) == (0, "a\n")


def test_what_the_fake_refuses_is_counted_for_itself(capsys: pytest.CaptureFixture[str]) -> None:
    tried = [compare.Tried(""), compare.Tried("", simulated=False), compare.Tried("x\n")]
    assert compare.report(iter(tried), "7") == 1
    assert capsys.readouterr().out == (
        "x\n\n\n1 differences in 3 random command lines (--seed 7)"
        "; 1 not compared, for they are not simulated\n"
    )
    assert compare.report(iter(tried[:1]), "7") == 0
    assert capsys.readouterr().out == "0 differences in 1 random command lines (--seed 7)\n"


@pytest.mark.slow
def test_a_refusal_is_no_difference(tmp_path: Path) -> None:
    said = "fake_sge: qrsh without a command is not simulated"
    line = f"grep -q r file || {{ echo {said} >&2; exit 1; }}"
    assert list(compare.try_lines(_pair(tmp_path), [line])) == [compare.Tried("", simulated=False)]
    (found,) = compare.try_lines(_pair_again(tmp_path), [line.replace("not sim", "un-sim")])
    assert found.simulated
    assert "-exit code 0" in found.found


def _pair_again(place: Path) -> Pair:
    (place / "again").mkdir()
    return _pair(place / "again")


@pytest.mark.slow
@pytest.mark.real_cell
def test_random_lines_find_nothing(real_cell: RealCell, capsys: pytest.CaptureFixture[str]) -> None:
    del real_cell  # only to be skipped where there is none
    assert compare.main(["--random", "25", "--seed", "of the tests"]) == 0, capsys.readouterr().out
