"""Durations, signals and environments on the command line of fake-sge, and run() with check and text."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import fake_sge
from fake_sge import cli_words
from fake_sge.cli import main
from fake_sge.cli_words import SHELLS, environment, seconds, signal_number
from tests.tables import each_row

ODD = "/tmp/it's!a $HOME \\n dir"


@each_row(
    "text, value",
    [
        *(("90", 90), ("1.5", 1.5), ("90s", 90), ("5m", 300), ("1h", 3600), ("1h30m", 5400), ("2d", 172800)),
        *(("1:30", 90), ("1:30:00", 5400), ("0.5h", 1800), ("0", 0)),
    ],
)
def test_durations(text: str, value: float) -> None:
    assert seconds(text) == value


@each_row("text", ["", "h", "1x", "1h x", "-1", "1:2", "1 h", "inf", "1h30"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="no duration: 90, 90s, 5m"):
        seconds(text)


@each_row("text, number", [("11", 11), ("SEGV", 11), ("sigsegv", 11), ("KILL", 9), ("0", 0)])
def test_signals(text: str, number: int) -> None:
    assert signal_number(text) == number


def test_what_is_no_signal() -> None:
    with pytest.raises(ValueError, match="there is no signal 'SEGFAULT': a number, or a name such as SEGV"):
        signal_number("SEGFAULT")


@pytest.mark.parametrize("shell", ["sh", "csh", "fish"])
def test_environments_are_read_by_their_shells(shell: str) -> None:
    program = shutil.which(shell) or (shutil.which("tcsh") if shell == "csh" else None)
    if program is None:
        pytest.skip(f"there is no {shell} on this machine")
    text = environment({"SGE_ROOT": ODD}, ODD, shell)
    done = subprocess.run(
        [program, "-c", text + 'printf "%s|%s" "$SGE_ROOT" "$PATH"'],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "HOME": "/"},
    )
    assert done.stdout.replace(" ", ":", 0) == f"{ODD}|{ODD}:/usr/bin:/bin"


def test_the_forms_of_environments() -> None:
    made = {shell: environment({"SGE_CELL": "a'b!"}, "/bin d", shell) for shell in SHELLS}
    assert made == {
        "sh": "export SGE_CELL='a'\"'\"'b!'\nexport PATH='/bin d':\"$PATH\"\n",
        "csh": "setenv SGE_CELL 'a'\"'\"'b\\!';\nsetenv PATH '/bin d'\":$PATH\";\n",
        "fish": "set -gx SGE_CELL 'a\\'b!';\nset -gx PATH '/bin d' $PATH;\n",
    }


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fake_sge.Cell]:
    with fake_sge.Cell(tmp_path_factory.mktemp("words") / "cell", login_shells=False) as made:
        yield made


def test_run_gives_texts(cell: fake_sge.Cell) -> None:
    assert cell.run("qstat", "-j", "7", text=True).stderr == "Following jobs do not exist: \n7\n"
    assert cell.run("qstat", "-j", "7").stderr == b"Following jobs do not exist: \n7\n"


@pytest.mark.parametrize("text", [False, True])
def test_run_checks(cell: fake_sge.Cell, text: bool) -> None:
    with pytest.raises(
        fake_sge.CommandError, match="qstat -j 7 ended with 1: Following jobs do not"
    ) as failed:
        cell.run("qstat", "-j", "7", check=True, text=text)
    assert isinstance(failed.value, (fake_sge.CellError, subprocess.CalledProcessError))
    assert (failed.value.returncode, failed.value.cmd) == (1, ["qstat", "-j", "7"])
    assert cell.run("qstat", check=True, text=True).stdout == ""


def test_an_hour_and_a_signal(cell: fake_sge.Cell, capsys: pytest.CaptureFixture[str]) -> None:
    directory = str(cell.directory)
    before = cell.now
    assert main(["advance", directory, "1h"]) == 0
    assert cell.now - before >= 3600
    capsys.readouterr()
    assert main(["simulate", directory, "--signal", "SEGV", "--run-time", "1m"]) == 0
    number = capsys.readouterr().out.strip()
    assert main(["advance", directory, "2m"]) == 0
    assert "failed       100" in cell.run("qacct", "-j", number, text=True).stdout
    with pytest.raises(SystemExit):
        main(["advance", directory, "1x"])
    assert "'1x' is no duration: 90, 90s" in capsys.readouterr().err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert (end.value.code, capsys.readouterr().out.split()[0]) == (0, "fake-sge")


def test_a_shell_in_a_fresh_cell_and_in_one(
    cell: fake_sge.Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shell = tmp_path / "shell"
    shell.write_text("#!/bin/sh\nqconf -sc | grep ^gpu\nqhost -F gpu | tail -1\necho $SGE_ROOT\nexit 7\n")
    shell.chmod(0o755)
    monkeypatch.setenv("SHELL", str(shell))
    options = ("--complex", "gpu gpu INT <= YES YES 0 0", "--complex-values", "gpu=2", "--no-login-shells")
    assert main(["shell", *options]) == 7
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["gpu", "gpu", "INT"]
    assert "hc:gpu=2.000000" in lines[1]
    assert not Path(lines[2]).exists()
    assert main(["shell", str(cell.directory)]) == 7
    assert capfd.readouterr().out.splitlines()[-1] == cell.variables["SGE_ROOT"]


def test_output_that_nobody_reads(cell: fake_sge.Cell) -> None:
    words = f"{shutil.which('python3')} -m fake_sge.cli env {cell.directory}"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {words} | true; sleep 0.3; exit 0"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(fake_sge.__file__).parents[1])},
    )
    assert done.stderr == ""


def test_the_reasons_of_errors() -> None:
    assert cli_words.reason(ValueError("no")) == "no"
    assert cli_words.reason(FileNotFoundError(2, "No such file", b"/a")) == "/a: No such file"
    assert cli_words.reason(OSError(28, "No space left on device")) == "No space left on device"
    assert cli_words.reason(OSError("odd")) == "odd"
