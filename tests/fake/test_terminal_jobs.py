"""Jobs with a terminal of their own (``qsub -pty y``), as the same lines went on a real 8.1.9 cell."""

from __future__ import annotations

import re
from pathlib import Path

from fake_sge.cell import Cell

from .kit import submit, wait_for


def test_all_output_goes_to_one_file_through_a_terminal(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell", login_shells=False) as cell:
        paths = ["-o", str(tmp_path / "out"), "-e", str(tmp_path / "err")]
        script = b"echo a; echo b >&2; tty; exit 3"
        number = submit(cell, tmp_path, "-pty", "y", *paths, stdin=script)
        wait_for(lambda: not cell.jobs())
        record = cell.run("qacct", "-j", str(number)).stdout.decode()
    assert re.fullmatch(r"a\nb\n/dev/pts/\d+\n", (tmp_path / "out").read_text())
    assert (tmp_path / "err").read_bytes() == b""
    assert re.search(r"(?m)^failed +0 *\nexit_status +3 ", record), record


def test_the_last_word_counts_whether_there_is_one(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell", login_shells=False) as cell:
        out = tmp_path / "out"
        submit(cell, tmp_path, "-pty", "y", "-pty", "n", "-o", str(out), "-b", "y", "tty")
        wait_for(lambda: not cell.jobs())
    assert out.read_text() == "not a tty\n"


def test_input_is_typed_and_never_ends(tmp_path: Path) -> None:
    """What is typed is seen, then again what ``cat`` says."""
    (tmp_path / "in").write_text("one\ntwo\n")
    with Cell(tmp_path / "cell", login_shells=False) as cell:
        paths = ["-i", str(tmp_path / "in"), "-o", str(tmp_path / "out")]
        submit(cell, tmp_path, "-pty", "y", *paths, "-b", "y", "cat")
        wait_for(lambda: (tmp_path / "out").exists() and (tmp_path / "out").stat().st_size == 16)
        lines = (tmp_path / "out").read_text().splitlines()
        assert sorted(lines) == ["one", "one", "two", "two"]
        wait_for(lambda: [job.state for job in cell.jobs()] == ["r"])


def test_it_is_neither_stopped_nor_killed(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell", login_shells=False) as cell:
        go, out = tmp_path / "go", tmp_path / "out"
        script = f"echo begun; while [ ! -e {go} ]; do sleep 0.1; done; exit 5"
        number = str(submit(cell, tmp_path, "-pty", "y", "-o", str(out), stdin=script.encode()))
        wait_for(lambda: out.exists() and out.read_text() == "begun\n")
        cell.run("qmod", "-sj", number)
        cell.run("qdel", number)
        assert [job.state for job in cell.jobs()] == ["ds"]
        go.touch()
        wait_for(lambda: not cell.jobs())
        record = cell.run("qacct", "-j", number).stdout.decode()
    assert re.search(r"(?m)^failed +0 *\nexit_status +5 ", record)
