"""``drmaa-cli sessions report``: of files with invented histories, and of sessions on the fake cell."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from tests import forked
from tests.cli.conftest import Desk
from tests.cli.report.kit import GIBIBYTE, MEBIBYTE, START, History, Past
from tests.cli.report.test_page import Checker

pytestmark = pytest.mark.slow


def shown(path: Path) -> str:
    found = Checker()
    found.feed(path.read_text(encoding="utf-8"))
    found.close()
    return found.text


def offline(state: Path, directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command where there is no Grid Engine."""
    directory.mkdir(exist_ok=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith("SGE_")}
    return forked.run(
        ["-m", "drmaa_cli.cli", "sessions", "report", *words],
        env={
            **forked.usual(env),
            "PATH": "/nonexistent",
            "DRMAA_CLI_STATE_DIR": str(state),
            "TZ": "UTC",
        },
        cwd=directory,
    )


def test_a_session_that_is_over_needs_no_grid_engine(tmp_path: Path) -> None:
    log = tmp_path / "o.txt"
    log.write_bytes(b"one\ntwo\n\x1b[1;31mthree\x1b[0m \xff\xfe\n  10%\r 100%\r\nlast\x07\n\n")
    history = History(tmp_path / "state", "nightly")
    tasks = [Past(seconds=60 + at % 50, memory=(500 + at) * MEBIBYTE) for at in range(300)]
    tasks[6] = Past(seconds=3600, failed=100, exit_status=137, output=str(log))
    tasks[7] = Past(exit_status=3, output=str(tmp_path / "nowhere"))
    history.add(
        7, tasks, name="align", key="k", requests="-l h_vmem=4G,h_rt=3600",
        commands=[["./align", f"sample {at}"] for at in range(300)],
    )  # fmt: skip
    history.add(8, Past(memory=GIBIBYTE), name="merge", commands=[["/bin/sh", "-c", "cat a > b"]])
    history.add(9, Past(failed=26, start=0, seconds=0, exit_status=0), name="lost", submitted=START + 10)
    history.close()
    done = offline(tmp_path / "state", tmp_path / "work", "nightly", "-n", "3")
    assert (done.returncode, done.stdout, done.stderr) == (0, "nightly.html\n", "")
    text = shown(tmp_path / "work" / "nightly.html")
    for words in (
        "302jobs",
        "299ended well",
        "3failed",
        "./align 'sample 6'",
        "three ��\n 100%\nlast\\x07",
        "there is no such file",
        "to do ask for more time",
        "-l h_vmem=960M,h_rt=2:00:00",
        "3 submissions",
        "2026-11-27",
    ):
        assert words in text, words
    assert "one" not in text.partition("3 failed")[2].partition("submissions")[0]
    assert os.listdir(tmp_path / "work") == ["nightly.html"]  # noqa: PTH208
    again = offline(tmp_path / "state", tmp_path / "work", "nightly", "-o", "-", "--failures", "0")
    assert again.stdout.startswith("<!doctype html>")
    assert "3 more failed" in again.stdout


def test_a_session_that_nobody_can_ask_for(tmp_path: Path) -> None:
    history = History(tmp_path / "state", "nightly")
    history.add(7, [Past(), None], name="align")
    history.add(None, None, name="doubtful")
    history.close()
    done = offline(tmp_path / "state", tmp_path / "work", "nightly")
    assert (done.returncode, done.stdout) == (1, "nightly.html\n")
    assert done.stderr.startswith("drmaa-cli: Grid Engine could not be asked, so this is what is on record: ")
    text = shown(tmp_path / "work" / "nightly.html")
    assert "Grid Engine could not be asked" in text
    assert "not known: its session has not asked since" in text
    assert "the answer of qsub was lost" in text


def test_output_that_cannot_be_read_keeps_nobody(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    empty = tmp_path / "empty"
    empty.touch()
    history = History(tmp_path / "state", "x")
    paths = [str(pipe), str(empty), str(tmp_path), "/dev/zero", "/proc/self/mem\0"]
    history.add(7, [Past(exit_status=1, output=path) for path in paths], name="align")
    history.close()
    done = offline(tmp_path / "state", tmp_path / "work", "x")
    assert (done.returncode, done.stderr) == (0, "")
    text = shown(tmp_path / "work" / "x.html")
    assert "not a regular file" in text
    assert "it is empty" in text


def test_one_line_for_what_cannot_be_done(tmp_path: Path) -> None:
    state, work = tmp_path / "state", tmp_path / "work"
    History(state, "x").close()
    (state / "bad.session").write_text("x" * 2000)
    (work / "there.html").mkdir(parents=True)
    for words, text in (
        (["nobody"], "there is no session 'nobody'"),
        (["bad"], "move it away"),
        (["x", "-o", "no/where.html"], "no/where.html: No such file or directory"),
        (["x", "-o", "there.html"], "there.html: Is a directory"),
        (["x", "-o", ""], ".: Is a directory"),
        (["x", "-o", ".."], "..: Is a directory"),
        (["x", "-o", "/"], "/: Is a directory"),
        (["a b"], "not allowed in objectname"),
        (["x", "-o", "/dev/full"], "/dev/full: No space left on device"),
        (["ssh://"], "ssh://"),
    ):
        done = offline(state, work, *words)
        bad_contact = words in (["a b"], ["ssh://"])
        assert (done.returncode, done.stdout) == (2 if bad_contact else 1, ""), words
        (line,) = done.stderr.splitlines()
        assert line.startswith("drmaa-cli: ")
        assert text in line
    assert sorted(os.listdir(work)) == ["there.html"]  # noqa: PTH208
    assert "Nothing was ever submitted" in offline(state, work, "x", "-o", "-").stdout


def test_on_the_fake_cell(desk: Desk, cell: Cell) -> None:
    (desk.directory / "c.txt").write_text("true\necho '<b>wrong</b>' >&2; exit 3\n")
    assert desk.run("map", "-q", "c.txt").returncode == 1
    held = desk.good("run", "--detach", "--hold", "--key", "k", "true")
    name = desk.good("sessions", "report").strip()
    assert re.fullmatch(r"work-\w+\.html", name)
    text = shown(desk.directory / name)
    for words in ("3jobs", "1ended well", "1failed", "1not ended yet", "held", "<b>wrong</b>", "exit 3"):
        assert words in text, words
    assert "echo '<b>wrong</b>' >&2; exit 3" in text
    desk.good("kill", held)


def test_before_anything_was_submitted(desk: Desk) -> None:
    assert "nothing was submitted in this directory" in desk.refused("sessions", "report")
    assert not list(desk.directory.iterdir())
