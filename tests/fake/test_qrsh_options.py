"""Options of qrsh with and without a command, as a real 8.1.9 answered the same lines."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from fake_sge.model import JobType, Simulation
from tests.tables import each_row

from .pure import PureCell

NO_SLOT = 'Your "qrsh" request could not be scheduled, try again later.\n'
NO_JOB = 'error: "qrsh" called with option "-inherit", but "JOB_ID" not set in environment\n'
NOT_SIMULATED = "fake_sge: qrsh without a command is not simulated\n"
WAITING = "waiting for interactive job to be scheduled ..."


@pytest.fixture
def cell(tmp_path: Path) -> PureCell:
    return PureCell(tmp_path, slots=2, projects=("proj",))


@each_row(
    "line, unknown",
    [
        ("-hold_jid 1", "-hold_jid"),
        ("-hold_jid_ad 1", "-hold_jid_ad"),
        ("-v A=1", "-v"),
        ("-V", "-V"),
        ("-display x:0", "-display"),
        ("-h", "-h"),
        ("-b y", "-b"),
        ("-cwd", "-wd"),
        ("-wd /tmp", "-wd"),
        ("-notify", "-notify"),
        ("-notify -notify", "-notify -notify"),
        ("-b y -cwd", "-b"),
        ("-wd /tmp -N a -b y", "-wd"),
        ("-cwd -t 1", "-wd"),
        ("-t 1 -cwd", "-t"),
        ("-cell x -notify", "-cell_x -notify"),
        ("-notify -cell x", "-notify -cell_x"),
        ("-notify -xml", "-xml"),
        ("-cell x -h", "-h"),
        ("-h -notify", "-h"),
        ("-cwd -@ nosuch echo", "-wd"),
        ("-xml -t 1 echo", "-xml"),
        ("-t 1 -xml echo", "-t"),
        ("-cell x -t 1 echo", "-t"),
        ("-cell x echo", "-cell_x"),
        ("-cell x -N a:b echo", "-cell_x"),
        ("-verify -xml echo a", "-xml"),
    ],
)
def test_options_that_it_does_not_know(line: str, unknown: str, tmp_path: Path) -> None:
    texts = [f"error: Unknown option {switch}\n".replace("_x", " x") for switch in unknown.split()]
    assert PureCell(tmp_path).run(["qrsh", *line.split()]) == (1, "", "".join(texts))


@each_row(
    "line, answer",
    [
        ("-l foo=1", (1, "", 'unknown resource "foo"\n')),
        ("-P nosuch", (1, "", 'job rejected: the requested project "nosuch" does not exist\n')),
        ("-N 1a", (1, "", 'denied: "1a" is not a valid object name (cannot start with a digit)\n')),
        ("-q nosuch", (1, "", 'Job was rejected because job requests unknown queue "nosuch"\n')),
        ("-w v", (0, "verification: found suitable queue(s)\n", "")),
        ("-w e -l arch=none", (1, "", "error: no suitable queues\n")),
        ("-l arch=none", (1, "", NO_SLOT)),
        ("", (1, "", NOT_SIMULATED)),
        ("-now n -N a -P proj", (1, "", NOT_SIMULATED)),
        ("-now n -@ nosuch echo a", (1, "", NOT_SIMULATED)),
        ("-t 1- echo a", (1, "", NOT_SIMULATED)),
        ("-now n -l arch=none", (1, "", NOT_SIMULATED)),
    ],
)
def test_without_a_command(line: str, answer: tuple[int, str, str], tmp_path: Path) -> None:
    """The qmaster's answers are those of the real one; what would run is refused, and no job is left."""
    cell = PureCell(tmp_path, slots=2, projects=("proj",))
    assert cell.run(["qrsh", *line.split()], "root") == answer
    assert not cell.qmaster.engine.state.jobs


@pytest.mark.parametrize(
    "line", ["-inherit", "-inherit -N x", "-verify -inherit localhost echo", "-inherit -t 1 localhost echo"]
)
def test_outside_of_a_job_nothing_else_is_said_of_inherit(cell: PureCell, line: str) -> None:
    assert cell.run(["qrsh", *line.split()]) == (1, "", NO_JOB)


def test_verbose_tells_of_a_job_that_gets_no_place(cell: PureCell) -> None:
    answer = cell.run(["qrsh", "-verbose", "-N", "nn", "-l", "arch=none", "echo"])
    assert answer == (1, 'Your job 1 ("nn") has been submitted\n', WAITING + NO_SLOT)


# ---- immediate jobs that something holds ----------------------------------------------------------------
SUBMITTED = 'Your job 1 ("nn") has been submitted\n'
WAITS = "Waiting for immediate job to be scheduled.\n"
NO_PLACE = "\nYour qsub request could not be scheduled; try again later.\n"


@pytest.mark.parametrize(
    ("options", "then", "answer"),
    [
        ("-h", "qdel nn", (1, SUBMITTED, WAITS + NO_PLACE)),
        (
            "-h",
            "qrls nn",
            (0, SUBMITTED, f"{WAITS}\nYour immediate job 1 has been successfully scheduled.\n"),
        ),
        ("-h -l arch=none", "qrls nn", (1, SUBMITTED, WAITS + NO_PLACE)),
        ("-terse -h", "qdel nn", (1, "1\n", WAITS + NO_PLACE)),
    ],
)
def test_a_held_immediate_job_is_waited_for(
    cell: PureCell, options: str, then: str, answer: tuple[int, str, str]
) -> None:
    def act() -> None:
        kept = list(cell.emitted)
        assert cell.run(then.split(), "root")[0] == 0
        cell.emitted[:0] = kept

    cell.qmaster.on_wait.append(act)
    words = ["qsub", "-now", "y", "-N", "nn", *options.split(), "-b", "y", "sleep", "1000"]
    assert cell.run(words, "root") == answer
    assert list(cell.qmaster.engine.state.jobs) == ([1] if answer[0] == 0 else [])


@pytest.mark.parametrize(("then", "code"), [("qdel nn", 1), ("qrls nn", 1)])
def test_a_held_qrsh_is_waited_for(cell: PureCell, then: str, code: int) -> None:
    cell.qmaster.on_wait.append(lambda: cell.run(then.split(), "root"))
    words = ["qrsh", "-h", "-N", "nn", *(["-l", "arch=none"] if "qrls" in then else []), "echo", "a"]
    assert cell.run(words, "root") == (code, "", NO_SLOT)


def test_an_immediate_job_waits_for_its_time(cell: PureCell) -> None:
    cell.run(["qsub", "-h", "-N", "zz", "-b", "y", "sleep", "1000"], "root")
    cell.qmaster.on_wait.append(lambda: cell.run(["qdel", "zz"], "root"))
    words = ["qsub", "-terse", "-now", "y", "-hold_jid", "zz", "-b", "y", "sleep", "1000"]
    assert cell.run(words, "root")[0] == 0
    assert list(cell.qmaster.engine.state.jobs) == [2]


@pytest.mark.parametrize("options", ["-h", "-now n -h", "-now n -l arch=none"])
def test_a_ctrl_c_while_the_job_waits_is_an_error(cell: PureCell, options: str) -> None:
    cell.qmaster.on_wait.append(lambda: setattr(cell.client, "signal", signal.SIGINT))
    words = ["qrsh", "-verbose", "-N", "nn", *options.split(), "sleep", "60"]
    text = 'error: error while waiting for builtin IJS connection: "got select timeout"\n'
    assert cell.run(words, "root") == (1, SUBMITTED, WAITING + text)
    assert not cell.qmaster.engine.state.jobs


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM])
@pytest.mark.parametrize("options", ["-h", "-now n -h"])
def test_other_signals_change_nothing_while_the_job_waits(
    cell: PureCell, number: signal.Signals, options: str
) -> None:
    """Of a real cell: each job was still held 45 s later; then deleted, QUIT and TERM had said so."""

    def delete() -> None:
        assert [cell.client.signal, *cell.qmaster.engine.state.jobs] == [0, 1]
        assert cell.run(["qdel", "nn"], "root")[0] == 0

    cell.qmaster.on_wait += [lambda: setattr(cell.client, "signal", number), delete]
    assert cell.run(["qrsh", "-N", "nn", *options.split(), "sleep", "60"], "root") == (1, "", NO_SLOT)


@pytest.mark.parametrize("words", ["-clear", "-now n -clear", "-now n -b y -clear", "-l license=9 -clear"])
def test_clear_leaves_what_makes_it_a_command(cell: PureCell, words: str) -> None:
    cell.qmaster.simulation = Simulation(run_time=1.0)
    answer = cell.run(["qrsh", *words.split(), "echo", "text"])
    assert (answer[0], answer[2]) == (0, "")
    (job,) = cell.qmaster.engine.state.zombies
    assert job.spec.job_type & JobType.BINARY
    assert not job.spec.hard_resources
