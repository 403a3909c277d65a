"""What ``-F`` lists of a host and a queue with complex_values: as on a real 8.1.9 with the same settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from .pure import PureCell

COMPLEXES = (
    "license lic INT <= YES YES 0 0",
    "volume vol MEMORY <= YES NO 0 0",
    "colour col STRING == YES NO NONE 0",
)
ASKED = "license,volume,colour,slots,h_vmem,hostname"


def cell(tmp_path: Path, host: str, queue: str) -> PureCell:
    """Two slots, of which a job has one, with two licenses."""
    made = PureCell(
        tmp_path,
        slots=2,
        complexes=COMPLEXES,
        complex_values=host,
        queues={"all.q": {"complex_values": queue}},
    )
    made.run(["qsub", "-l", "license=2", "-b", "y", "sleep", "60"], "root")
    made.qmaster.tick()
    return made


def rows(made: PureCell, *words: str) -> list[str]:
    found = made.run([*words, "-F", ASKED], "root")[1].splitlines()
    return [
        line.split()[-1] for line in found if line.startswith(("\t", "   ")) and ":" in line and "=" in line
    ]


@pytest.mark.parametrize(
    ("host", "queue", "in_queue", "of_host"),
    [
        (
            "license=4,volume=2G,colour=red",
            "license=3,colour=blue",
            "qc:license=1 hf:volume=2.000G hf:colour=red qf:hostname=localhost qc:slots=1 qf:h_vmem=infinity",
            "hc:license=2.000000 hf:volume=2.000G hf:colour=red",
        ),
        (
            "license=4",
            "license=9",
            "hc:license=2 qf:hostname=localhost qc:slots=1 qf:h_vmem=infinity",
            "hc:license=2.000000",
        ),
        (
            "license=4,slots=1",
            "NONE",
            "hc:license=2 hc:slots=0 qf:hostname=localhost qf:h_vmem=infinity",
            "hc:license=2.000000 hc:slots=0.000000",
        ),
        (
            "license=4,slots=5",
            "h_vmem=3G",
            "hc:license=2 qc:slots=1 qf:hostname=localhost qf:h_vmem=3.000G",
            "hc:license=2.000000 hc:slots=4.000000",
        ),
    ],
)
def test_the_less_of_host_and_queue(
    tmp_path: Path, host: str, queue: str, in_queue: str, of_host: str
) -> None:
    made = cell(tmp_path, host, queue)
    assert rows(made, "qstat") == in_queue.split()
    assert rows(made, "qhost") == of_host.split()


def test_a_value_of_the_host_stands_for_its_load(tmp_path: Path) -> None:
    made = PureCell(tmp_path, complex_values="mem_total=2G")
    assert "\thf:mem_total=2.000G\n" in made.run(["qstat", "-F", "mem_total"])[1]


@pytest.mark.parametrize(("words", "count"), [([""], 0), ([","], 0), (["", "slots"], 1), ([], 49)])
def test_no_name_is_no_resource_and_no_word_is_all(tmp_path: Path, words: list[str], count: int) -> None:
    out = PureCell(tmp_path).run(["qstat", "-F", *words])[1]
    assert sum(line.startswith("\t") for line in out.splitlines()) == count
