"""Where a job runs, and where its input comes from and its output goes to."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from tests.contract.harness import World
from tests.patience import PATIENCE

SHOW_ERRORS = "echo out; echo err >&2"


def home() -> str:
    """The home directory of the jobs: the user's own, wherever the test's HOME points."""
    return pwd.getpwuid(os.getuid()).pw_dir


def below_home(path: Path) -> str:
    """A path relative to the home directory."""
    return os.path.relpath(path, home())


@pytest.mark.here  # environment and directory are the host's
def test_directories(session: World) -> None:
    here = session.directory
    rows = {
        "unset": (None, home()),
        "empty": ("", home()),
        "absolute": (str(here), str(here)),
        "home": ("$drmaa_hd_ph$", home()),
        "below home": (f"$drmaa_hd_ph$/{below_home(here)}", str(here)),
    }
    if not session.is_oracle:  # libdrmaa's relative directories are not relative to home and fail
        rows["relative"] = (below_home(here), str(here))
    jobs = {}
    for name, (directory, _) in rows.items():
        path = session.file(name)
        jobs[name] = session.run("/bin/pwd", "-P", workingDirectory=directory, outputPath=f":{path}")
    for job in jobs.values():
        assert session.session.wait(job, PATIENCE).exitStatus == 0
    expected = {name: str(Path(where).resolve()) for name, (_, where) in rows.items()}
    assert {name: session.file(name).read_text().strip() for name in rows} == expected


def test_output_paths(session: World) -> None:
    here = session.directory
    (here / "folder").mkdir()
    rows = {
        "plain": (f":{here}/plain", "plain"),
        "host": (f"nowhere.example:{here}/host", "host"),
        "colon": (f":{here}/a:b", "a:b"),
        "space": (f":{here}/a b", "a b"),
        "utf": (f":{here}/größe", "größe"),
        "home": (f":$drmaa_hd_ph$/{below_home(here)}/home", "home"),
        "working": (":$drmaa_wd_ph$/working", "working"),
        "relative": (":relative", "relative"),
        "folder": (f":{here}/folder", "folder/contract.o{id}"),
        "variables": (f":{here}/$JOB_NAME.$JOB_ID.$TASK_ID.$USER", "contract.{id}.0.{user}"),
    }
    jobs = {
        name: session.run("/bin/echo", name, outputPath=path, workingDirectory=str(here))
        for name, (path, _) in rows.items()
    }
    for job in jobs.values():
        session.session.wait(job, PATIENCE)
    files = {name: file.format(id=jobs[name], user=session.user) for name, (_, file) in rows.items()}
    seen = {
        name: (here / file).read_text() if (here / file).exists() else None for name, file in files.items()
    }
    assert seen == {name: f"{name}\n" for name in rows}


def test_a_comma_in_an_output_path(session: World) -> None:
    path = session.file("a,b")
    session.session.wait(session.run("/bin/echo", "x", outputPath=f":{path}"), PATIENCE)
    assert path.read_text() == "x\n"


def test_default_output_files(session: World) -> None:
    job = session.run(
        "/bin/sh", "-c", SHOW_ERRORS, workingDirectory=str(session.directory), outputPath=None, joinFiles=None
    )
    session.session.wait(job, PATIENCE)
    assert session.file(f"contract.o{job}").read_text() == "out\n"
    assert session.file(f"contract.e{job}").read_text() == "err\n"


def test_joined_files_are_appended_to(session: World) -> None:
    path, unused = session.file("joined"), session.file("unused")
    path.write_text("before\n")
    job = session.run(
        "/bin/sh", "-c", SHOW_ERRORS, outputPath=f":{path}", errorPath=f":{unused}", joinFiles=True
    )
    session.session.wait(job, PATIENCE)
    assert path.read_text() == "before\nout\nerr\n"
    assert not unused.exists()


def test_separate_error_file(session: World) -> None:
    out, error = session.file("o"), session.file("e")
    job = session.run(
        "/bin/sh", "-c", SHOW_ERRORS, outputPath=f":{out}", errorPath=f":{error}", joinFiles=False
    )
    session.session.wait(job, PATIENCE)
    assert (out.read_text(), error.read_text()) == ("out\n", "err\n")


def test_input_path(session: World) -> None:
    session.file("in").write_text("hello\n")
    assert session.output_of("/bin/cat", inputPath=f":{session.file('in')}") == "hello\n"
    assert session.output_of("/bin/cat") == ""


def test_bulk_paths(session: World) -> None:
    here = session.directory
    jobs = session.bulk(
        2,
        6,
        2,
        "/bin/sh",
        "-c",
        "echo $SGE_TASK_ID; pwd",
        outputPath=f":{here}/o.$drmaa_incr_ph$",
        workingDirectory=str(here),
    )
    for job in jobs:
        session.session.wait(job, PATIENCE)
    assert {path.name: path.read_text() for path in here.iterdir()} == {
        f"o.{n}": f"{n}\n{here}\n" for n in (2, 4, 6)
    }
