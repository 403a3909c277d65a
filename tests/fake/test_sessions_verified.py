"""qrsh -verify, as a real 8.1.9 answers it; qrsh -b n, which runs a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_sge import Cell

from .pure import PureCell


@pytest.fixture
def cell(tmp_path: Path) -> PureCell:
    return PureCell(tmp_path)


def shown(cell: PureCell, *words: str, env: dict[str, str] | None = None) -> dict[str, str]:
    code, out, err = cell.run(["qrsh", "-verify", *words], "root", env=env)
    assert (code, err) == (0, "")
    return {key: value.strip() for key, _, value in (line.partition(":") for line in out.splitlines())}


def test_of_a_command_only_the_first_word_is_shown(cell: PureCell) -> None:
    found = shown(cell, "sh", "-c", "exit 3")
    assert (found["job_name"], found["script_file"], found["env_list"]) == ("sh", "sh", "")
    assert found["stdout_path_list"] == found["stderr_path_list"] == "NONE:NONE:/dev/null"
    assert found["restart"] == "n"
    assert "job_args" not in found
    assert shown(cell, "exit 3")["job_name"] == "exit"


@pytest.mark.parametrize(
    ("words", "job_type"),
    [
        ("echo a", "binary,immediate"),
        ("-now n echo", "binary"),
        ("-now y -noshell echo", "binary,noshell,immediate"),
        ("", "immediate"),
        ("-now n", "NONE"),
    ],
)
def test_types(cell: PureCell, words: str, job_type: str) -> None:
    assert shown(cell, *words.split())["job_type"] == job_type


def test_a_session_without_a_command_is_called_qrlogin(cell: PureCell) -> None:
    found = shown(cell)
    assert found["job_name"] == "QRLOGIN"
    assert "script_file" not in found
    assert shown(cell, "-N", "mine")["job_name"] == "mine"


def test_the_terminal_is_told_of_when_there_is_one(cell: PureCell) -> None:
    assert shown(cell, "-v", "A=1", "echo")["env_list"] == "A=1"
    assert shown(cell, "-v", "A=1,B", "echo", env={"TERM": "xterm"})["env_list"] == "TERM=xterm,A=1,B=NONE"


def test_the_script_of_a_session(cell: PureCell, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("#!/bin/sh\n#$ -N inner\necho $1\n")
    found = shown(cell, "-b", "n", str(tmp_path / "s"), "x")
    assert (found["job_name"], found["job_type"], found["script_size"]) == ("inner", "immediate", "30")
    answer = cell.run(["qrsh", "-verify", "-b", "n", "echo", "a"], "root")
    assert answer == (1, "", "error: error opening echo: No such file or directory\n")


def test_a_script_is_run(tmp_path: Path) -> None:
    """The words after it are split by a shell."""
    (tmp_path / "s").write_text(
        "#!/bin/sh\n#$ -N inner\necho $JOB_NAME $1\nread line\necho $line >&2\nexit 3\n"
    )
    with Cell(tmp_path / "cell", login_shells=False) as live:
        done = live.run("qrsh", "-now", "n", "-b", "n", "s", "x y", cwd=tmp_path, stdin=b"told\n")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"inner x\n", b"told\n")
