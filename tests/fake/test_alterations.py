"""What qalter leaves in a job, as on a real 8.1.9: its version, the tags of its lists, verification."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge import Cell
from tests.tables import each_row

from .kit import submit, wait_for
from .pure import PureCell


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    """All its slots are taken: a job that is released waits on."""
    with Cell(tmp_path_factory.mktemp("alter") / "cell", login_shells=False) as made:
        taker = submit(made, tmp_path_factory.mktemp("taker"), "-pe", "smp", "8", "-b", "y", "sleep", "900")
        wait_for(lambda: [group.state for group in made.jobs() if group.job == taker] == ["r"])
        yield made


@pytest.fixture
def held(cell: Cell, tmp_path: Path) -> Iterator[str]:
    number = str(submit(cell, tmp_path, "-h", "-N", "vv", "-l", "h_rt=60", "-b", "y", "true"))
    yield number
    cell.run("qdel", number)


def member(cell: Cell, number: str, tag: str) -> str:
    """What stands in an element of a job."""
    text = cell.run("qstat", "-xml", "-j", number).stdout.decode()
    found = re.search(rf"<{tag}>\s*(.*?)\s*</{tag}>", text, re.DOTALL)
    return found[1] if found else ""


QUIET = (
    *("-v Y=2", "-ac B=2", "-dc B", "-sc C=1", "-M you", "-m e", "-o /tmp/p", "-e /tmp/p", "-i /tmp/p"),
    *("-j y", "-S /bin/sh", "-p -5", "-p 0", "-A acc", "-wd /tmp", "-js 3", "-w w", "-w n", "-c n", "-V"),
)
LOUD = (
    *("-l h_rt=70", "-l h_rt=60", "-soft -l h_rt=70", "-q all.q", "-masterq all.q", "-hold_jid y", "-N vv"),
    *("-N zz", "-h o", "-h n", "-a 203001010000", "-r y", "-R y", "-notify", "-pe smp 2"),
    *("-binding linear:1", "-l h_rt=80 -q all.q -N zz", "-v A=1 -q all.q"),
)


@pytest.mark.parametrize("words", [*QUIET, *LOUD])
def test_which_alterations_make_a_new_version(cell: Cell, held: str, words: str) -> None:
    cell.run("qalter", *words.split(), held)
    assert member(cell, held, "JB_version") == str(int(words in LOUD))


@pytest.mark.parametrize("tool", ["qhold", "qrls"])
def test_holds_make_a_new_version_also_when_nothing_changes(cell: Cell, held: str, tool: str) -> None:
    cell.run(tool, held)
    assert member(cell, held, "JB_version") == "1"


@pytest.mark.parametrize(
    ("words", "tag", "item"),
    [
        ("-q all.q", "JB_hard_queue_list", "element"),
        ("-v A=1", "JB_env_list", "element"),
        ("-M you", "JB_mail_list", "element"),
        ("-o /tmp/x", "JB_stdout_path_list", "element"),
        ("-S /bin/sh", "JB_shell_list", "element"),
        ("-l h_rt=70", "JB_hard_resource_list", "element"),
        ("-hold_jid y", "JB_jid_request_list", "requested_jid_list"),
        ("-ac A=1", "JB_context", "context_list"),
    ],
)
def test_the_tags_of_altered_lists(cell: Cell, held: str, words: str, tag: str, item: str) -> None:
    cell.run("qalter", *words.split(), held)
    assert member(cell, held, tag).startswith(f"<{item}>")


def test_a_held_job_is_altered_when_it_is_verified(cell: Cell, held: str) -> None:
    done = cell.run("qalter", "-w", "v", "-l", "h_rt=90", held)
    assert done.stdout == b"verification: job is already running or is held\n"
    details = cell.run("qstat", "-j", held).stdout
    assert b"hard resource_list:         h_rt=90\n" in details
    assert b"verify_suitable_queues:     3\n" in details
    cell.run("qalter", "-l", "h_rt=80", held)  # says nothing of -w
    assert b"verify_suitable_queues" not in cell.run("qstat", "-j", held).stdout


def test_a_waiting_job_stays_as_it_is_when_it_is_verified(cell: Cell, tmp_path: Path) -> None:
    number = str(submit(cell, tmp_path, "-l", "arch=none", "-b", "y", "true"))
    done = cell.run("qalter", "-w", "v", "-l", "arch=lx-amd64", number)
    assert done.stdout == b"verification: found suitable queue(s)\n"
    details = cell.run("qstat", "-j", number).stdout
    assert b"hard resource_list:         arch=none\n" in details
    assert b"verify_suitable_queues" not in details
    cell.run("qdel", number)


@pytest.mark.parametrize(
    ("words", "version"),
    [
        ("qhold -h '' {}", 1),
        ("qhold -h '' {}.1", 1),
        ("qhold -h '' {}.2", 0),  # there is no such task
        ("qrls -h '' {}", 1),
        ("qalter -h '' {}.1", 1),
        ("qalter -h u {}.2", 0),
        ("qhold {}", 1),
        ("qalter -h n -N other -p -3 {}", 1),
        ("qalter -h u -M you {}", 1),
    ],
)
def test_a_request_about_holds_makes_one_version(cell: Cell, held: str, words: str, version: int) -> None:
    cell.run(*shlex.split(words.format(held)))
    assert member(cell, held, "JB_version") == str(version)


@each_row(
    "words, shown",
    [
        ("1 -- x y", "\njob_args:                   x,y\n"),
        ("1.2 -- x y", "\njob_args:                   NONE\n"),  # of a request about tasks little is sent
        ("1.2 -v B=2", "\n"),
        ("1.1-2,2 -v HOME", "\n"),
        ("1.2 -p 7", "\npriority:                   -1024\n"),
        ("1.2 -A other", "\n"),
    ],
)
def test_what_verify_shows_of_a_request_about_tasks(tmp_path: Path, words: str, shown: str) -> None:
    """As a real 8.1.9 answered the same lines."""
    cell = PureCell(tmp_path)
    for options in ("-t 1-3", ""):
        cell.run(f"qsub {options} -h -b y sleep 100".split(), "root")
    code, text, err = cell.run(["qalter", "-verify", *words.split()], "root")
    assert (code, err) == (0, "")
    lines = text.splitlines(keepends=True)
    assert sorted(line for line in lines if "job_name" not in line) == sorted(shown.splitlines(keepends=True))
