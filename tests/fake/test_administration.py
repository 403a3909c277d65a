"""qconf as administrators' scripts use it: stories recorded on real cells, told again on the fake."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from fake_sge import Cell
from tests.fake.administration import NAME, OPTIONS, InProcess, tell
from tests.fake.kit import ended, wait_for
from tests.fake.stories import stories
from tests.processes import is_running
from tests.tables import each_row

STORIES = stories(NAME)
OPTIONS_THEN = replace(OPTIONS, first_job_number=2)  # a real cell was tried by the first job
OF_DAEMONS = {"daemons", "ke", "km", "scheduler_off"}
WITH_DAEMONS = sorted({*OF_DAEMONS, "edit_queue", "global_file"})
"""Stories for a whole cell: they end daemons, edit, submit."""


@pytest.mark.parametrize("name", WITH_DAEMONS)
def test_as_on_the_real_cell(name: str, tmp_path: Path) -> None:
    place = tmp_path / "work"
    place.mkdir()
    with Cell(tmp_path / "c", OPTIONS_THEN) as cell:
        assert tell(cell, place, STORIES[name]) == STORIES[name]


@each_row("name", sorted(STORIES.keys() - OF_DAEMONS))
def test_as_on_the_real_cell_without_daemons(name: str, tmp_path: Path) -> None:
    place, directory = tmp_path / "work", tmp_path / "c"
    place.mkdir()
    directory.mkdir()
    assert tell(InProcess(directory, OPTIONS_THEN), place, STORIES[name]) == STORIES[name]


def test_a_host_that_nothing_needs_is_deleted(tmp_path: Path) -> None:
    with Cell(tmp_path / "c", hosts={"one": 2, "two": 2}, login_shells=False) as cell:
        assert cell.run("qconf", "-de", "one,two").stderr.splitlines() == [
            b'Host object "one" is still referenced in cluster queue "all.q".',
            b'Host object "two" is still referenced in cluster queue "all.q".',
        ]
        cell.run("qconf", "-dattr", "hostgroup", "hostlist", "two", "@allhosts", check=True)
        cell.run("qconf", "-de", "two", check=True)
        assert cell.run("qconf", "-sel").stdout == b"one\n"
        assert b"two" not in cell.run("qhost").stdout + cell.run("qstat", "-f").stdout
        assert [host.name for host in cell.hosts()] == ["one"]


def test_an_execution_daemon_ends_and_its_job_goes_on(tmp_path: Path) -> None:
    """Real cell: the queue is ``u`` at once."""
    with Cell(tmp_path / "c", slots=1, login_shells=False) as cell:
        cell.run("qsub", "-b", "y", "-o", "/dev/null", "-j", "y", "sleep", "600", cwd=tmp_path, check=True)
        wait_for(lambda: [group.state for group in cell.jobs()] == ["r"])
        cell.run("qconf", "-ke", "all", check=True)
        listed = cell.run("qstat", "-f").stdout.decode().splitlines()
        assert listed[2].split()[-1] == "u"
        assert [group.state for group in cell.jobs()] == ["r"]


def test_without_a_scheduler_no_job_starts(tmp_path: Path) -> None:
    """Real cell: priorities stay, too, and qstat -j says so; a qmaster starts with a scheduler."""
    text = b"Can not get job info messages, scheduler is not available\n"
    quiet = ("-b", "y", "-o", "/dev/null", "-j", "y")
    with Cell(tmp_path / "c", slots=4, login_shells=False) as cell:
        cell.run("qconf", "-ks", check=True)
        cell.run("qsub", *quiet, "-N", "kept", "sleep", "600", cwd=tmp_path, check=True)
        cell.run("qconf", "-tsm", check=True)
        assert cell.run("qstat").stdout.splitlines()[-1].split()[1:3] == [b"0.00000", b"kept"]
        assert [group.state for group in cell.jobs()] == ["qw"]
        told = cell.run("qstat", "-j", "kept")
        assert (told.returncode, told.stderr) == (0, text)
        assert b"scheduling info" not in told.stdout
        told = cell.run("qstat", "-j")
        assert (told.returncode, told.stdout, told.stderr) == (1, b"", text)
        told = cell.run("qstat", "-j", "-xml")
        assert (told.returncode, told.stderr) == (0, b"")
        assert b"    <AN_status>2</AN_status>\n" in told.stdout
        cell.stop_qmaster()
        cell.start_qmaster()
        wait_for(lambda: [group.state for group in cell.jobs()] == ["r"])


def test_an_immediate_job_waits_for_the_scheduler(tmp_path: Path) -> None:
    """Real cell: without one qsub -now y waits until it is started again; after SIGINT the job is gone."""
    quiet = ("-now", "y", "-b", "y", "-o", "/dev/null", "-j", "y")
    with Cell(tmp_path / "c", slots=4, login_shells=False) as cell:
        cell.run("qconf", "-kt", "scheduler", check=True)
        line = ["qsub", *quiet, "-N", "now", "sleep", "600"]
        outputs: dict[str, int] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(line, env=cell.env, cwd=tmp_path, **outputs) as given_up:
            wait_for(lambda: [group.state for group in cell.jobs()] == ["qw"])
            given_up.send_signal(signal.SIGINT)
            given_up.communicate()
        wait_for(lambda: not cell.jobs())
        with subprocess.Popen(line, env=cell.env, cwd=tmp_path, **outputs) as waiting:
            wait_for(lambda: [group.state for group in cell.jobs()] == ["qw"])
            assert waiting.poll() is None
            cell.run("qconf", "-at", "scheduler", check=True)
            out, _ = waiting.communicate()
        assert waiting.returncode == 0
        assert b"has been successfully scheduled" in out


def test_an_execution_daemon_ends_with_its_jobs(tmp_path: Path) -> None:
    """Real cell: two of three jobs were on record at once, the third when the daemon was back."""
    with Cell(tmp_path / "c", slots=1, login_shells=False) as cell:
        cell.run("qsub", "-b", "y", "-o", "/dev/null", "-j", "y", "sleep", "600", cwd=tmp_path, check=True)
        wait_for(lambda: [group.state for group in cell.jobs()] == ["r"])
        done = cell.run("qconf", "-kej", "all", check=True)
        assert done.stderr == b"sent shutdown and kill notification to  execd host localhost\n"
        assert cell.run("qstat", "-f").stdout.decode().splitlines()[2].split()[-1] == "u"
        assert ended(cell, 1)[11:13] == ["100", "137"]
        for option, kind in (("-kej", b"shutdown and kill"), ("-ke", b"shutdown")):
            done = cell.run("qconf", option, "all")
            assert (done.returncode, done.stderr) == (1, b"no execd known on host localhost\n")
            done = cell.run("qconf", option, "localhost")
            told = b"failed sending %s notification to unknown execd host localhost\n" % kind
            assert (done.returncode, done.stderr) == (1, told)


def test_a_qmaster_that_was_killed_can_be_started_again(tmp_path: Path) -> None:
    with Cell(tmp_path / "c", login_shells=False) as cell:
        cell.run("qsub", "-h", "-b", "y", "true", cwd=tmp_path, check=True)
        done = cell.run("qconf", "-km")
        assert (done.returncode, done.stdout) == (0, b"")
        assert done.stderr.endswith(b" kills qmaster\n")
        cell.stop_qmaster()  # it has ended, or does
        assert b"Connection refused" in cell.run("qstat").stderr
        cell.start_qmaster()
        assert len(cell.jobs()) == 1


def test_a_programs_output_comes_before_what_qconf_says(tmp_path: Path) -> None:
    with Cell(tmp_path / "c", login_shells=False) as cell:
        editor = tmp_path / "editor"
        editor.write_text("#!/bin/sh\npwd\nid -un >&2\nexit 4\n")
        editor.chmod(0o755)
        done = cell.run("qconf", "-mq", "all.q", cwd=tmp_path, env={"EDITOR": str(editor)})
        assert done.returncode == 1
        assert done.stdout.decode() == f"{tmp_path}\n"
        assert done.stderr.splitlines()[1:] == [b"error: editor exited with error 4", b"edit failed"]


def test_an_editor_ends_with_its_caller(tmp_path: Path) -> None:
    with Cell(tmp_path / "c", login_shells=False) as cell:
        editor = tmp_path / "editor"
        editor.write_text(
            f"#!/bin/sh\necho $$ > {tmp_path}/pid.new\nmv {tmp_path}/pid.new {tmp_path}/pid\nexec sleep 600\n"
        )
        editor.chmod(0o755)
        with subprocess.Popen(["qconf", "-mconf"], env={**cell.env, "EDITOR": str(editor)}) as process:
            wait_for((tmp_path / "pid").exists)
            assert cell.run("qconf", "-sql").stdout == b"all.q\n"  # nobody waits for the editor
            process.kill()
        wait_for(lambda: not is_running(int((tmp_path / "pid").read_text())))


def test_without_an_editor_there_is_none(tmp_path: Path) -> None:
    """The real one starts vi, which needs the terminal that a daemon has not."""
    with Cell(tmp_path / "c", login_shells=False) as cell:
        done = cell.run("qconf", "-mconf", env={"EDITOR": ""})
        assert done.returncode == 1
        assert b"let EDITOR be a program that needs none" in done.stderr


def test_a_group_in_itself_is_refused_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "outer").write_text("group_name @outer\nhostlist @allhosts\n")
    (tmp_path / "all").write_text("group_name @allhosts\nhostlist localhost @outer\n")
    with Cell(tmp_path / "c", login_shells=False) as cell:
        cell.run("qconf", "-Ahgrp", "outer", cwd=tmp_path, check=True)
        done = cell.run("qconf", "-Mhgrp", "all", cwd=tmp_path)
        assert (done.returncode, cell.run("qconf", "-shgrp_tree", "@allhosts").stdout) == (
            1,
            b"@allhosts\n   localhost\n",
        )
