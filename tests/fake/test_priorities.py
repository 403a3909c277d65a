"""The parts of priorities: the figures of a real 8.1.9 of two slots, weight_waiting_time 0, same commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from .pure import PureCell

URGENT = (  # entries of the complex with an urgency
    *("arch a STRING == YES NO NONE 300", "qname q STRING == YES NO NONE 70", "jobs jb INT <= YES JOB 0 10"),
    *("h_vmem h_vmem MEMORY <= YES NO 0 0.001", "license lic INT <= YES YES 0 1000"),
    *("flag flag BOOL == YES NO 0 3", "frac fr DOUBLE <= YES NO 0 7"),
)
LATER = (*URGENT, "arch a STRING == YES NO NONE 1e3", "license lic INT <= YES YES 0 -50")
REQUESTS = {  # rrcontr with URGENT, and with LATER with slots of 0, of 2.5 and urgency_slots max, avg and 7
    "-b y": (1000, 0, 2, 2, 2),
    "-pe smp 2-4": (2000, 0, 10, 8, 18),
    "-pe smp 2": (2000, 0, 5, 5, 5),
    "-l arch=lx-amd64": (1300, 1000, 1002, 1002, 1002),
    "-q all.q": (1000, 0, 2, 2, 2),
    "-l q=all.q": (1070, 70, 72, 72, 72),
    "-l h_vmem=1M": (2049, 1049, 1051, 1051, 1051),
    "-pe smp 2 -l license=2": (6000, -200, -195, -195, -195),
    "-pe smp 2-3 -l license=2,h_vmem=2M": (10194, 3994, 5999, 3999, 13998),
    "-pe smp 2 -l jobs=3,arch=lx*": (2360, 1060, 1065, 1065, 1065),
    "-pe smp 2 -l h_rt=INFINITY": (2000, 0, 5, 5, 5),
    "-pe smp 2 -l flag=true": (2006, 6, 11, 11, 11),
    "-pe smp 2 -l frac=0.3": (2004, 4, 9, 9, 9),
    "-t 1-3 -l license=1": (2000, -50, -48, -48, -48),
}
SUBMITTED = ("", "-h", "-p 5", "-p -10", "-l h_rt=100")  # two of them run


@pytest.fixture
def cell(tmp_path: Path) -> PureCell:
    made = PureCell(tmp_path, slots=2, scheduler={"weight_waiting_time": "0.000000"})
    for options in SUBMITTED:
        made.run(["qsub", *options.split(), "-b", "y", "sleep", "100"], "root")
        made.qmaster.tick()
    return made


def parts(cell: PureCell) -> dict[str, list[str]]:
    """By number: prior, nurg, npprior, ntckts, ppri and state."""
    rows = [line.split() for line in cell.run(["qstat", "-pri"], "root")[1].splitlines()[2:]]
    return {row[0]: [*row[1:6], row[8]] for row in rows}


def test_all_parts(cell: PureCell) -> None:
    found = parts(cell)
    assert list(found) == ["1", "3", "4", "5", "2"]
    assert found["1"][:5] == ["0.50000", "0.50000", "0.50000", "0.50000", "0"]
    assert found["3"][:5] == ["0.50000", "0.50000", "0.50244", "0.50000", "5"]
    assert found["4"] == ["0.50000", "0.50000", "0.49512", "0.50000", "-10", "qw"]
    assert found["2"] == ["0.00000", "0.00000", "0.00000", "0.00000", "0", "hqw"]


@pytest.mark.parametrize("words", ["qhold 4", "qalter -hold_jid 1 4", "qalter -a 203001010000 4"])
def test_who_waits_for_something_else_has_none(cell: PureCell, words: str) -> None:
    cell.run(words.split(), "root")
    cell.qmaster.tick()
    found = parts(cell)
    assert found["4"][:4] == ["0.00000"] * 4
    assert list(found) == ["1", "3", "5", "2", "4"]


def test_who_waits_for_a_place_again_has_one(cell: PureCell) -> None:
    cell.run(["qhold", "4"], "root")
    cell.run(["qrls", "2", "4"], "root")
    cell.run(["qalter", "-p", "10", "5"], "root")
    cell.qmaster.tick()
    found = parts(cell)
    assert [found[number][2] for number in ("2", "4", "5")] == ["0.50000", "0.49512", "0.50488"]


def test_slots_make_urgent(cell: PureCell) -> None:
    cell.run(["qsub", "-pe", "smp", "2", "-b", "y", "sleep", "4"], "root")
    cell.qmaster.tick()
    found = parts(cell)
    assert found["6"][:4] == ["0.75000", "1.00000", "0.50000", "0.50000"]
    assert found["4"][:4] == ["0.25000", "0.00000", "0.49512", "0.50000"]


def urgencies(cell: PureCell) -> dict[str, str]:
    """By number: rrcontr."""
    return {row.split()[0]: row.split()[4] for row in cell.run(["qstat", "-urg"], "root")[1].splitlines()[2:]}


def test_requests_make_urgent(tmp_path: Path) -> None:
    slots = "slots s INT <= YES YES 1 {}"
    made = PureCell(tmp_path, slots=1, complexes=URGENT, scheduler={"weight_waiting_time": "0.000000"})
    made.run(["qsub", "-b", "y", "sleep", "100"], "root")
    made.qmaster.tick()
    numbers = {}
    for number, options in enumerate(REQUESTS, 2):
        numbers[options] = str(number)
        assert made.run(["qsub", *options.split(), "-b", "y", "sleep", "100"], "root")[0] == 0
    for column, (complexes, rule) in enumerate(
        [
            (URGENT, "min"),
            ((*LATER, slots.format(0)), "min"),
            *(((*LATER, slots.format(2.5)), rule) for rule in ("max", "avg", "7")),
        ]
    ):
        lines = {line.split()[0]: line for line in complexes}
        have = made.run(["qconf", "-sc"], "root")[1].splitlines()
        text = "\n".join(lines.get(line.split()[0], line) for line in have if line[0] != "#")
        (made.home / "complex").write_text(text + "\n")
        made.run(["qconf", "-Mc", str(made.home / "complex")], "root")
        made.run(["qconf", "-mattr", "pe", "urgency_slots", rule, "smp"], "root")
        made.qmaster.tick()
        found = urgencies(made)
        assert {options: found[number] for options, number in numbers.items()} == {
            options: str(figures[column]) for options, figures in REQUESTS.items()
        }


def test_the_most_urgent_starts_first(tmp_path: Path) -> None:
    made = PureCell(tmp_path, slots=1, complexes=URGENT, complex_values="license=9")
    for options in ("-b y", "-b y", "-l license=1", "-l license=3", "-pe smp 1", "-l license=2"):
        made.run(["qsub", *options.split(), "-b", "y", "sleep", "100"], "root")
        made.qmaster.tick()
    made.run(["qalter", "-l", "license=5", "2"], "root")
    made.run(["qalter", "-l", "license=4", "3"], "root")
    made.run(["qalter", "-l", "arch=lx-amd64", "4"], "root")
    started = []
    for _ in range(6):
        (number,) = made.qmaster.engine.state.running
        started.append(number[0])
        made.run(["qdel", "-f", str(number[0])], "root")
        made.qmaster.tick()
    assert started == [1, 2, 3, 6, 4, 5]


def test_who_waits_shorter_comes_first_with_a_negative_weight(tmp_path: Path) -> None:
    """As on the real cell: of two that wait the later one is listed and started first."""
    made = PureCell(tmp_path, slots=1, scheduler={"weight_waiting_time": "-1000.000000"})
    for _ in range(3):
        made.run(["qsub", "-b", "y", "sleep", "100"], "root")
        made.qmaster.now += 2.0
        made.qmaster.tick()
    assert [row.split()[0] for row in made.run(["qstat"], "root")[1].splitlines()[2:]] == ["1", "3", "2"]
    made.run(["qdel", "-f", "1"], "root")
    made.qmaster.now += 2.0
    made.qmaster.tick()
    assert list(made.qmaster.engine.state.running) == [(3, 1)]
