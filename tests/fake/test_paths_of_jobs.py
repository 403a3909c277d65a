"""Where a job's directory and files are when their paths begin with a home or have pseudo variables in them.

Each row was observed on a real 8.1.9 cell.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell

from .kit import ended, state, submit, wait_for

BINARY = ("-b", "y", "-shell", "n")
NOBODYS = pwd.getpwnam("nobody").pw_dir


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    place = tmp_path_factory.mktemp("paths")
    (place / "home" / "sub").mkdir(parents=True)
    with Cell(place / "cell", login_shells=False, slots=16, home=str(place / "home")) as made:
        yield made


@pytest.fixture
def home(cell: Cell) -> Path:
    return cell.directory.parent / "home"


@pytest.mark.parametrize("directory", ["~", "~/", "~/.", "$HOME", "~/sub", "$HOME/sub", "~{user}/sub"])
def test_a_directory_at_home(cell: Cell, home: Path, tmp_path: Path, directory: str) -> None:
    asked = directory.replace("{user}", pwd.getpwuid(os.getuid()).pw_name)
    number = submit(cell, tmp_path, *BINARY, "-wd", asked, "-j", "y", "-o", f"{tmp_path}/out", "/bin/pwd")
    ended(cell, number)
    below = "sub" if directory.endswith("sub") else ""
    assert Path((tmp_path / "out").read_text().strip()) == home / below


@pytest.mark.parametrize(("option", "name"), [("-o", "~/file"), ("-o", ":~/file"), ("-e", "$HOME/file")])
def test_a_file_at_home(cell: Cell, home: Path, tmp_path: Path, option: str, name: str) -> None:
    streams = {"-o": f"{tmp_path}/out", "-e": f"{tmp_path}/err", option: name}
    words = [word for pair in streams.items() for word in pair]
    number = submit(cell, tmp_path, *BINARY, *words, "/bin/sh", "-c", "echo x; echo x >&2")
    ended(cell, number)
    assert (home / "file").read_text() == "x\n"
    (home / "file").unlink()


def test_a_home_as_an_output_file_is_a_directory(cell: Cell, home: Path, tmp_path: Path) -> None:
    number = submit(cell, tmp_path, *BINARY, "-cwd", "-j", "y", "-o", "~", "-N", "athome", "/bin/pwd")
    ended(cell, number)
    assert (home / f"athome.o{number}").exists()


@pytest.mark.parametrize("path", ["~nosuchuser/x", "~nosuchuser", "~$USER/x"])
def test_files_of_users_who_are_unknown_are_the_usual_ones(cell: Cell, tmp_path: Path, path: str) -> None:
    words = ("-cwd", "-j", "y", "-N", "usual", "-o", path, "-i", path)
    number = submit(cell, tmp_path, *BINARY, *words, "/bin/readlink", "/proc/self/fd/0")
    ended(cell, number)
    assert (tmp_path / f"usual.o{number}").read_text() == "/dev/null\n"


@pytest.mark.parametrize("directory", ["~", "$HOME"])
def test_the_usual_file_of_such_a_directory_has_its_name(
    cell: Cell, home: Path, tmp_path: Path, directory: str
) -> None:
    number = submit(cell, tmp_path, *BINARY, "-wd", directory, "-j", "y", "/bin/echo", "x")
    ended(cell, number)
    assert (home / directory).read_text() == "x\n"
    (home / directory).unlink()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("-wd", "~nobody"), f"error: can't chdir to {NOBODYS}/: No such file or directory"),
        (("-wd", "~nosuchuser/x"), "error: can't chdir to ~nosuchuser/x: No such file or directory"),
        (("-wd", "~$USER"), "error: can't chdir to ~$USER: No such file or directory"),
        (("-wd", "~/none"), "error: can't chdir to HOME/none: No such file or directory"),
        (
            ("-o", "~nobody/x"),
            f'error: can\'t open output file "{NOBODYS}/x": No such file or directory',
        ),
        (("-e", "~/no/x"), 'error: can\'t open output file "HOME/no/x": No such file or directory'),
        (("-wd", "~", "-o", "rel"), 'error: can\'t open output file "~/rel": No such file or directory'),
        (("-wd", "~/sub"), 'error: can\'t open output file "~/sub": No such file or directory'),
        (("-wd", "$HOME/sub"), 'error: can\'t open output file "$HOME/sub": No such file or directory'),
        (("-i", "~/none"), "error: can't open HOME/none as dummy input file"),
        (("-i", "~nobody/x"), f"error: can't open {NOBODYS}/x as dummy input file"),
        (("-i", "~"), '"HOME/" is a directory not a file'),
        (("-i", "/tmp"), '"/tmp" is a directory not a file'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_why_a_job_is_not_started(
    cell: Cell, home: Path, tmp_path: Path, words: tuple[str, ...], reason: str
) -> None:
    given = words if "-wd" in words else ("-cwd", *words)
    number = submit(cell, tmp_path, *BINARY, *given, "/bin/true")
    wait_for(lambda: "E" in state(cell, number))
    details = cell.run("qstat", "-j", str(number)).stdout.decode()
    assert f"{reason.replace('HOME', str(home)) if '$HOME' not in reason else reason}\n" in details
    cell.run("qdel", str(number))
