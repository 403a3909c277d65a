"""Resources that a job has for itself (EXCL) or must ask for (FORCED), as on a real 8.1.9 of two slots."""

from __future__ import annotations

from pathlib import Path

import pytest

from .pure import PureCell

COMPLEXES = (
    "excl excl BOOL EXCL YES YES 0 0",
    "forc forc BOOL == FORCED NO 0 0",
    "fcon fcon INT <= FORCED YES 0 0",
)
IN_USE = "exclusive resource (excl) is already in use"
HOST = 'cannot run at host "localhost" because'
QUEUE = 'cannot run in queue "all.q@localhost" because'
NO_SLOTS = 'cannot run in PE "smp" because it only offers 0 slots'
FOUND = "verification: found suitable queue(s)\n"


@pytest.fixture
def cell(tmp_path: Path) -> PureCell:
    return PureCell(tmp_path, slots=2, complexes=COMPLEXES)


def does(cell: PureCell, line: str) -> str:
    """What a command line of root's prints, after a run of the scheduler."""
    _, out, err = cell.run(line.split(), "root")
    cell.qmaster.now += 1.0
    cell.qmaster.tick()
    return out + err


def submit(cell: PureCell, options: str = "") -> int:
    """A job that runs for long."""
    does(cell, f"qsub {options} -b y sleep 300")
    return max(cell.qmaster.engine.state.jobs)


def why(cell: PureCell, job: int) -> list[str]:
    """What qstat -j says of a job that waits."""
    return [
        line.strip() for line in does(cell, f"qstat -j {job}").partition("scheduling info:")[2].splitlines()
    ]


def verified(cell: PureCell, words: str) -> list[str]:
    """What -w says against a job."""
    text = does(cell, f"qsub -w {words} -b y true")
    return [line.partition("Job ")[2].partition(" ")[2] for line in text.splitlines() if "Job " in line]


def there(cell: PureCell, source: str) -> str:
    """What qstat -F has of it."""
    return does(cell, "qstat -F excl").partition(f"\t{source}:excl=")[2].partition("\n")[0]


def test_a_host_of_ones_own(cell: PureCell) -> None:
    does(cell, "qconf -rattr exechost complex_values excl=true localhost")
    assert verified(cell, "p -l excl=true") == []
    first = submit(cell)
    assert there(cell, "hc") == "1.000000"
    busy = f"(-l excl=true) {HOST} {IN_USE}"
    assert verified(cell, "v -l excl=true") == verified(cell, "p -l excl=true") == [busy]
    assert does(cell, "qsub -w p -l excl=false -b y true") == does(cell, "qsub -w p -b y true") == FOUND
    assert why(cell, submit(cell, "-l excl=true")) == [busy]
    does(cell, f"qdel -f {first}")
    does(cell, "qconf -tsm")
    assert does(cell, "qstat -s r").count(" r ") == 1
    assert there(cell, "hc") == "0.000000"
    reasons = {
        "": [f"(-l NONE) {HOST} for default request {IN_USE}"],
        "-pe smp 1": [f'(-l NONE) cannot run in queue "localhost" because {IN_USE}', NO_SLOTS],
        "-l excl=true": [f"(-l excl=true) {HOST} it offers only hc:excl=false"],
        "-l excl=false": [f"(-l excl=false) {HOST} {IN_USE}"],
    }
    for options, said in reasons.items():
        assert why(cell, submit(cell, options)) == said
    assert verified(cell, "v") == verified(cell, "p") == reasons[""]
    in_queue = f'(-l excl=true) cannot run in queue "localhost" because {IN_USE}'
    assert verified(cell, "v -pe smp 2 -l excl=true") == [in_queue, NO_SLOTS]


def test_a_parallel_job_of_its_own(cell: PureCell) -> None:
    does(cell, "qconf -rattr exechost complex_values excl=true localhost")
    does(cell, "qsub -pe smp 2 -l excl=true -b y sleep 300")
    assert does(cell, "qstat -s r").count(" r ") == 1
    assert there(cell, "hc") == "0.000000"


@pytest.mark.parametrize(
    ("place", "source", "words"),
    [("queue {} all.q", "qc", QUEUE), ("exechost {} global", "gc", "cannot run globally because")],
)
def test_queues_and_all_hosts(cell: PureCell, place: str, source: str, words: str) -> None:
    does(cell, "qconf -rattr " + place.format("complex_values excl=true"))
    does(cell, "qsub -b y sleep 300")
    does(cell, "qsub -l excl=true -b y sleep 300")
    assert why(cell, 2) == [f"(-l excl=true) {words} {IN_USE}"]
    assert there(cell, source) == "1.000000"
    does(cell, "qdel -f 1")
    does(cell, "qconf -tsm")
    does(cell, "qsub -b y sleep 300")
    assert why(cell, 3) == [f"(-l NONE) {words} for default request {IN_USE}"]
    assert there(cell, source) == "0.000000"


@pytest.mark.parametrize(
    ("place", "name", "value", "whose"),
    [
        ("exechost {} localhost", "forc", "true", "host localhost"),
        ("queue {} all.q", "fcon", "3", "queue instance all.q@localhost"),
        ("exechost {} global", "forc", "true", "host global"),
    ],
)
def test_who_does_not_ask_for_it_stays_out(
    cell: PureCell, place: str, name: str, value: str, whose: str
) -> None:
    does(cell, "qconf -rattr " + place.format(f"complex_values {name}={value}"))
    said = f"""does not request 'forced' resource "{name}" of {whose}"""
    assert verified(cell, "v") == verified(cell, "p") == [said]
    assert does(cell, f"qsub -w v -l {name}=1 -b y true") == FOUND
    if whose != "host global":
        assert verified(cell, "p -pe smp 1") == [said, NO_SLOTS]
    number = submit(cell)
    assert why(cell, number) == [said]
    summary = f"Jobs can not run because they do not request 'forced' resource\n\t{number}"
    assert summary in does(cell, "qstat -j")
