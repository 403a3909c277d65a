"""Resources that a job has for itself (EXCL) or must ask for (FORCED), as on a real 8.1.9 of two slots."""

from __future__ import annotations

from pathlib import Path

import pytest

from .pure import PureCell, does

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


PLACES = {"host": "exechost {} localhost", "queue": "queue {} all.q", "global": "exechost {} global"}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("value", "running", "true", "false"),
    [
        ("true", None, True, True),
        ("true", "-l excl=true", False, False),
        ("true", "-l excl=false", False, True),
        ("true", "", False, True),
        ("false", None, False, True),
        ("false", "", False, True),
    ],
)
def test_which_queues_and_hosts_are_listed(
    cell: PureCell, place: str, value: str, running: str | None, true: bool, false: bool
) -> None:
    """By who runs there; qhost knows nothing of what queues have."""
    does(cell, "qconf -rattr " + PLACES[place].format(f"complex_values excl={value}"))
    if running is not None:
        submit(cell, running)
    for wanted, expected in (("true", true), ("1", true), ("false", false)):
        listed = "all.q@localhost\n" if expected else ""
        assert does(cell, f"qselect -l excl={wanted}") == listed
        assert bool(does(cell, f"qstat -f -l excl={wanted}")) is expected
        hosts = does(cell, f"qhost -l excl={wanted}")
        assert ("localhost" in hosts) is (expected and place != "queue")


@pytest.mark.parametrize(
    ("running", "options", "said"),
    [
        ("-l excl=true", "-pe smp 1", ["NONE", "in use", "0"]),
        ("-l excl=true", "-pe smp 1 -l excl=false", ["excl=false", "in use", "2147483647"]),
        ("-l excl=true", "-pe smp 1 -l excl=true", ["excl=true", "it offers only gc:excl=false", "0"]),
        ("-l excl=true", "-pe smp 1 -l excl=false,lic=1", ["excl=false,lic=1", "in use", "4"]),
        ("-l excl=true", "-pe smp 1 -l lic=9", ["lic=9", "in use", "0"]),
        ("", "-pe smp 1 -l excl=true", ["excl=true", "in use", "2147483647"]),
        ("", "-pe smp 1 -l excl=true,big=1", ["big=1,excl=true", "in use", "4"]),
        (
            "-l big=2",
            "-pe smp 1 -l excl=true,big=3",
            ["big=3,excl=true", "it offers only gc:big=2.000000", "0"],
        ),
    ],
)
def test_what_all_hosts_share_for_a_parallel_job(
    tmp_path: Path, running: str, options: str, said: list[str]
) -> None:
    """No host is looked at; of how many slots are offered what is said is as strange as really."""
    further = tuple(f"{name} {name} INT <= YES YES 0 0" for name in ("big", "lic"))
    cell = PureCell(tmp_path, slots=2, complexes=(*COMPLEXES, *further))
    does(cell, "qconf -rattr exechost complex_values big=4,excl=true,lic=4 global")
    submit(cell, running)
    words, reason, slots = said
    reason = IN_USE if reason == "in use" else reason
    assert why(cell, submit(cell, options)) == [
        f'(-l {words}) cannot run in queue "global" because {reason}',
        f'cannot run in PE "smp" because it only offers {slots} slots',
    ]


def test_the_summary_of_what_all_hosts_share(cell: PureCell) -> None:
    does(cell, "qconf -rattr exechost complex_values excl=true global")
    submit(cell, "-l excl=true")
    submit(cell)
    submit(cell, "-l excl=true")
    title = "Jobs can not run globally because the resource requirements can not be satisfied"
    assert f"{title}\n\t2,\t3\n" in does(cell, "qstat -j")
