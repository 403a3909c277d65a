from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from tests.patience import PATIENCE

from .kit import ended, quick, records, state, submit, wait_for


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    with Cell(tmp_path_factory.mktemp("users") / "cell", login_shells=False, slots=4) as made:
        yield made


@pytest.fixture
def cell(shared: Cell) -> Iterator[Cell]:
    yield shared
    shared.run("qdel", "-u", "*")
    shared.wait_idle()


ALICE, BOB = {"FAKE_SGE_USER": "alice"}, {"FAKE_SGE_USER": "bob"}


def test_users_see_but_do_not_touch_each_other(cell: Cell, tmp_path: Path) -> None:
    number = submit(cell, tmp_path, "-h", "-b", "y", "true", env=ALICE)
    assert b" alice " in cell.run("qstat", "-u", "alice").stdout
    assert cell.run("qstat", "-u", "bob").stdout == b""
    denied = cell.run("qdel", str(number), env=BOB)
    # capture op.qdel.others_job
    assert (
        denied.stdout == b'bob - you do not have the necessary privileges to delete the job "%d"\n' % number
    )
    assert denied.returncode == 1
    assert cell.run("qdel", str(number), env=ALICE).stdout == b"alice has deleted job %d\n" % number


def test_managers_may(cell: Cell, tmp_path: Path) -> None:
    number = submit(cell, tmp_path, "-h", "-b", "y", "true", env=ALICE)
    assert cell.run("qdel", str(number)).returncode == 0


def test_records_carry_the_owner(cell: Cell) -> None:
    number = cell.submit_simulated(0, user="carol")[0]
    wait_for(lambda: records(cell, number))
    assert ended(cell, number)[3] == "carol"


@pytest.mark.slow
def test_many_clients_at_once(cell: Cell, tmp_path: Path) -> None:
    def one(index: int) -> int:
        return submit(cell, tmp_path, "-h", "-N", f"n{index}", "-b", "y", "true")

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(one, range(24)))
    assert len(set(numbers)) == 24
    names = {item.job: item.name for item in cell.jobs()}
    assert names == {number: f"n{index}" for index, number in enumerate(numbers)}


def test_a_waiting_client_does_not_keep_others_waiting(cell: Cell, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            cell.path / "qsub",
            "-sync",
            "y",
            "-b",
            "y",
            "-cwd",
            "-shell",
            "n",
            "-o",
            "out",
            "-j",
            "y",
            "sh",
            "-c",
            "while [ ! -e go ]; do sleep 0.02; done; exit 6",
        ],
        cwd=tmp_path,
        env=cell.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for(lambda: cell.jobs() and cell.jobs()[0].state == "r")
    other = quick(cell, tmp_path, "true")
    wait_for(lambda: records(cell, other))
    (tmp_path / "go").touch()
    out, err = process.communicate(timeout=PATIENCE)
    number = out.split()[2].decode()
    assert out == f'Your job {number} ("sh") has been submitted\n'.encode()
    assert (process.returncode, err) == (6, f"Job {number} exited with exit code 6.\n".encode())


def test_stdin_is_not_read_unless_it_is_needed(cell: Cell, tmp_path: Path) -> None:
    # a pipe that nobody closes: qsub -b y must not wait for it
    with subprocess.Popen(["sleep", "60"], stdout=subprocess.PIPE) as holder:
        done = subprocess.run(
            [cell.path / "qsub", "-terse", "-h", "-b", "y", "true"],
            stdin=holder.stdout,
            env=cell.env,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
            cwd=tmp_path,
        )
        holder.kill()
    assert state(cell, int(done.stdout)) == "hqw"


def test_a_closed_stdin(cell: Cell, tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", "exec qsub -terse -h -b y true <&-"],
        env=cell.env,
        capture_output=True,
        check=True,
        cwd=tmp_path,
        timeout=PATIENCE,
    )
    assert state(cell, int(done.stdout)) == "hqw"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's cell serves other users")
def test_programs_of_another_user_do_not_run_as_root(cell: Cell) -> None:
    """A JSV, an editor of qconf."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        place.chmod(0o777)
        for name, rest in (
            ("jsv", "echo STARTED; echo RESULT STATE ACCEPT; exec cat > /dev/null"),
            ("editor", "exit 3"),
        ):
            (place / name).write_text(f"#!/bin/sh\nid -un > {place}/{name}.user\n{rest}\n")
            (place / name).chmod(0o755)
        nobody = {"FAKE_SGE_USER": "nobody", "EDITOR": str(place / "editor")}
        words = ("-h", "-jsv", str(place / "jsv"), "-b", "y", "true")
        cell.run("qsub", *words, cwd=place, env=nobody, check=True)
        cell.run("qconf", "-am", "nobody", check=True)
        cell.run("qconf", "-mq", "all.q", cwd=place, env=nobody)
        cell.run("qconf", "-dm", "nobody", check=True)
        assert {(place / f"{name}.user").read_text() for name in ("jsv", "editor")} == {"nobody\n"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's cell serves other users")
def test_files_that_another_user_may_not_read_are_not_read(cell: Cell) -> None:
    """What a real cell answers to nobody, whose home has files of root's."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        home.chmod(0o777)
        for name in (".sge_qstat", ".sge_request", "secret"):
            (home / name).write_text("-u nobody\n")
            (home / name).chmod(0o600)
        secret = home / "secret"
        unread = f"warning: error opening {home}/.sge_request: Permission denied\n"

        def run(*words: str) -> tuple[int, str, str]:
            done = cell.run(*words, cwd=home, env={"FAKE_SGE_USER": "nobody", "HOME": directory})
            return done.returncode, done.stdout.decode(), done.stderr.decode()

        assert run("qstat") == (0, "", "")
        assert run("qsub", "-h", "-b", "y", "true")[:2] == (0, f"{unread}{submitted(cell)}")
        refusal = f"Unable to read script file because of error: error opening {secret}: Permission denied\n"
        assert run("qsub", str(secret)) == (14, unread, refusal)
        assert run("qacct", "-f", str(secret)) == (
            1,
            "no jobs running since startup\n",
            f"error: unable to open {secret}\n",
        )
        denied = 'denied: "nobody" must be manager for this operation\n'
        assert run("qconf", "-Arqs", str(secret)) == (1, "", denied)
        assert run("qconf", "-Aq", str(secret)) == (1, "", denied)
        cannot_open = f'error: error opening file "{secret}" for reading: Permission denied\n'
        assert run("qconf", "-Mc", str(secret)) == (
            1,
            "",
            f'{cannot_open}Complex attribute file "{secret}" is not correct\n',
        )


def submitted(cell: Cell) -> str:
    """What qsub says of the last job."""
    job = max(group.job for group in cell.jobs())
    return f'Your job {job} ("true") has been submitted\n'
