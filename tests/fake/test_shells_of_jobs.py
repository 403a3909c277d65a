"""Which shell a job has, and what comes of one that is missing; as a real 8.1.9 did with the same lines."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell

from .kit import ended, state, submit, wait_for

BINARY = ("-b", "y", "-j", "y", "-o", "/dev/null")


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    place = tmp_path_factory.mktemp("shells")
    queues = {
        "all.q": {"shell": "/bin/sh"},
        "none.q": {"shell": "/nosuch"},
        "unix.q": {"shell": "/nosuch", "shell_start_mode": "unix_behavior"},
    }
    with Cell(place / "cell", login_shells=False, slots=8, home=str(place), queues=queues) as made:
        yield made


def reason(cell: Cell, number: int) -> str:
    """Why a job is in its error state, without the process number."""
    text = cell.run("qstat", "-j", str(number)).stdout.decode()
    found = re.search(r"(?m)^error reason +1: .*?\]: (.*)$", text)
    assert found is not None, text
    return found[1].replace(str(cell.directory.parent), "HOME")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("-S", "/nosuch/x"), 'unable to find shell "/nosuch/x"'),
        (("-shell", "n", "-S", "/nosuch/x"), 'unable to find shell "/nosuch/x"'),
        (("-q", "none.q", "-shell", "n"), 'unable to find shell "/nosuch"'),
        (
            ("-q", "unix.q", "-S", "/nosuch"),
            'execvlp(/nosuch, "nosuch" "-c" "true ") failed: No such file or directory',
        ),
        (("-q", "unix.q"), 'execvlp(/nosuch, "nosuch" "-c" "true ") failed: No such file or directory'),
    ],
)
def test_a_missing_shell_puts_the_job_in_error(
    cell: Cell, tmp_path: Path, options: tuple[str, ...], text: str
) -> None:
    number = submit(cell, tmp_path, *BINARY, *options, "true")
    record = ended(cell, number)
    wait_for(lambda: state(cell, number) == "Eqw")
    assert (record[11], record[34]) == ("27", "1")
    assert reason(cell, number) == text
    cell.run("qdel", str(number))


@pytest.mark.parametrize(
    "options",
    [
        ("-S", "~nosuchuser/x"),
        ("-S", "~nosuchuser"),
        ("-shell", "n", "-S", "~nosuchuser/x"),
        ("-q", "unix.q", "-shell", "n", "-S", "/nosuch"),
        ("-q", "unix.q", "-shell", "n"),
    ],
)
def test_a_shell_that_nobody_needs_or_has_is_none(
    cell: Cell, tmp_path: Path, options: tuple[str, ...]
) -> None:
    record = ended(cell, submit(cell, tmp_path, *BINARY, *options, "true"))
    assert (record[11], record[12]) == ("0", "0")


@pytest.mark.parametrize("options", [(), ("-S", "/bin/bash")])
def test_a_script_without_a_first_line_is_the_systems_shells(
    cell: Cell, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Real cell: so ``unix_behavior`` has it, whether the queue's shell is there or not."""
    script = tmp_path / "job"
    script.write_text("tr '\\0' '|' < /proc/$$/cmdline\n")
    words = ("-q", "unix.q", "-j", "y", "-o", str(tmp_path / "out"), *options, str(script), "a", "b c")
    number = submit(cell, tmp_path, *words)
    record = ended(cell, number)
    assert (record[11], record[12]) == ("0", "0")
    spooled = cell.directory / "spool" / "execd" / "localhost" / "job_scripts" / str(number)
    assert (tmp_path / "out").read_text() == f"/bin/sh|{spooled}|a|b c|"


def test_the_queue_is_in_error_for_a_shell_that_it_names(cell: Cell, tmp_path: Path) -> None:
    script = tmp_path / "job"
    script.write_text("exit 0\n")
    for words in ((*BINARY, "true"), ("-shell", "n", "-o", "/dev/null", "-j", "y", str(script))):
        number = submit(cell, tmp_path, "-q", "none.q", *words)
        record = ended(cell, number)
        assert (record[11], record[34], record[8]) == ("27", "0", "0")  # slots and submission time
        wait_for(lambda: state(cell, number) == "qw")  # noqa: B023
        shown = cell.run("qstat", "-f", "-explain", "E", "-q", "none.q").stdout.decode()
        assert f"queue none.q marked QERROR as result of job {number}'s failure at host" in shown
        text = cell.run("qstat", "-j", str(number)).stdout.decode()
        assert "Job is in error state" not in text
        assert "dropped because it is temporarily not available" in text
        cell.run("qdel", str(number))
        cell.run("qmod", "-c", "none.q")


@pytest.mark.parametrize("queue", ["all.q", "none.q", "unix.q"])
def test_the_users_own_shell_runs_the_command_of_a_qrsh(cell: Cell, tmp_path: Path, queue: str) -> None:
    shell = pwd.getpwuid(os.getuid()).pw_shell
    done = cell.run("qrsh", "-q", queue, "echo $0 $SHELL", cwd=tmp_path)
    told = "/bin/sh" if queue == "all.q" else "/nosuch"
    assert (done.returncode, done.stdout.decode()) == (0, f"{Path(shell).name} {told}\n")


def test_a_directory_without_a_slash_is_none_of_the_hosts(cell: Cell, tmp_path: Path) -> None:
    """``-wd '$USER'`` becomes a name that is looked for where the shepherd works, whatever / has."""
    number = submit(cell, tmp_path, *BINARY, "-wd", "$USER", "-shell", "n", "true")
    record = ended(cell, number)
    user = pwd.getpwuid(os.getuid()).pw_name
    assert record[11] == "28"
    assert reason(cell, number) == f"error: can't chdir to {user}: No such file or directory"
    cell.run("qdel", str(number))
