"""What is sent to a remote shell arrives byte for byte; its answer is told from all else that is printed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drmaa_cli.system.ssh.remote_shell import (
    NOT_BEGUN,
    RemoteResult,
    Stdin,
    loader,
    payload,
    quote,
    read_answer,
    script_line,
)
from tests.tables import each_row

SHELLS = [name for name in ("sh", "dash", "bash", "zsh", "tcsh", "fish") if shutil.which(name)]
MARKER = "0123456789abcdef"
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


def run(shell: str, line: str, stdin: bytes = b"") -> RemoteResult:
    given = payload(MARKER, line, stdin)
    done = subprocess.run([shell, "-c", loader(MARKER)], input=given, capture_output=True, check=True)
    return read_answer(done.stdout, done.stderr, MARKER)


@pytest.mark.parametrize("shell", SHELLS)
def test_any_login_shell(shell: str) -> None:
    words = ("printf", "%s|", "a'b", "two\nlines", '"$HOME" `x` \\ ! * ~', "", "-n", "\u00e4")
    line = script_line(words, {"ONE": "x\ny'z", "HOME": None, "odd.name": "q w"}, MARKER)
    answer = run(shell, line)
    assert answer.exit_code == 0
    assert answer.stdout == "".join(f"{word}|" for word in words[2:]).encode()
    assert answer.stderr == answer.before == b""
    assert answer.process_group is not None


@each_row("shell", SHELLS)
def test_variables(shell: str) -> None:
    line = script_line(("env", "-0"), {"ONE": "x\ny'z=1", "PWD": None, "odd.name": "q w", "-i": "v"}, MARKER)
    variables = dict(item.split("=", 1) for item in run(shell, line).stdout.decode().split("\0") if item)
    assert variables["ONE"] == "x\ny'z=1"
    assert variables["odd.name"] == "q w"
    assert variables["-i"] == "v"
    assert "PWD" not in variables


FILE_TEST = "test -f /dev/stdin && echo file; ls -l /proc/self/fd/0; cat /dev/stdin; cat"


@pytest.mark.parametrize("shell", SHELLS)
def test_input_as_a_file_without_a_name(shell: str, tmp_path: Path) -> None:
    """Qsub reads nothing of an option file that is a pipe; the file can be opened again, and lies nowhere."""
    line = script_line(
        ("sh", "-c", FILE_TEST), {"XDG_STATE_HOME": str(tmp_path)}, MARKER, "", "", Stdin("in", 7)
    )
    line = f"XDG_STATE_HOME={tmp_path}; {line}"
    answer = run(shell, line, b"\0\xff\nend.")
    first, link, *rest = answer.stdout.split(b"\n", 2)
    assert (answer.exit_code, first, rest) == (0, b"file", [b"\0\xff\nend." * 2])
    assert link.endswith(b"(deleted)")
    (directory,) = (tmp_path / "drmaa_cli").iterdir()
    assert directory.stat().st_mode & 0o777 == 0o700
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize("kept_in", ["", "token.1"])
def test_input_that_was_cut_is_given_to_nobody(kept_in: str, tmp_path: Path) -> None:
    line = script_line(("touch", f"{tmp_path}/ran"), {}, MARKER, kept_in, "", Stdin("in", 8))
    answer = run("sh", f"XDG_STATE_HOME={tmp_path}; {line}", b"\0\xff\nend.")
    assert (answer.exit_code, answer.stdout) == (NOT_BEGUN, b"")
    assert not (tmp_path / "ran").exists()


def test_input_output_and_exit_status() -> None:
    line = script_line(("sh", "-c", "cat; echo err >&2; exit 7"), {}, MARKER)
    answer = run("sh", line, b"\0\xff\nno end")
    assert answer[:3] == (7, b"\0\xff\nno end", b"err\n")


@settings(max_examples=40)
@given(st.lists(WORDS, max_size=4), st.dictionaries(st.sampled_from(["A", "B_1", "Zz9"]), WORDS, max_size=3))
def test_arrives_byte_for_byte(words: list[str], variables: dict[str, str]) -> None:
    script = 'for word; do printf "%s\\0" "$word"; done; env -0'
    line = script_line(("sh", "-c", script, "x", *words), dict(variables), MARKER)
    assert "\n" not in line
    printed = run("sh", line).stdout.decode().split("\0")
    assert printed[: len(words)] == words
    assert {f"{name}={value}" for name, value in variables.items()} <= set(printed[len(words) :])


BYTES = st.binary(max_size=12).map(lambda data: data.replace(b"\0", b"").decode("utf-8", "surrogateescape"))
NASTY = st.text(st.sampled_from("'\"\\\n\r\t !$`*?~#;&|<>(){}[]%^=-\x1b\x7f\u00e4"), max_size=12)


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=12, deadline=None)
@given(st.lists(st.one_of(NASTY, BYTES), max_size=5), st.one_of(NASTY, BYTES), st.binary(max_size=40))
def test_no_login_shell_sees_anything(shell: str, words: list[str], value: str, stdin: bytes) -> None:
    """Words, values and input of any bytes arrive whatever the login shell is, and only where they belong."""
    script = 'for word; do printf "%s\\0" "$word"; done; printf "%s\\0" "$VALUE"; cat'
    line = script_line(("/bin/sh", "-c", script, "x", *words), {"VALUE": value}, MARKER)
    expected = b"".join(os.fsencode(word) + b"\0" for word in (*words, value)) + stdin
    answer = run(shell, line, stdin)
    assert answer[:3] == (0, expected, b"")
    assert answer.before == answer.after == b""


@settings(max_examples=200)
@given(st.one_of(NASTY, BYTES))
def test_a_quoted_word_is_one_line(text: str) -> None:
    assert "\n" not in quote(text)


@given(st.binary(max_size=60), st.binary(max_size=60), st.text("0123456789abcdef", min_size=32, max_size=32))
def test_nothing_is_read_from_what_has_no_marker(stdout: bytes, stderr: bytes, marker: str) -> None:
    answer = read_answer(stdout, stderr, marker)
    assert answer[:4] == (None, b"", b"", None)
    assert answer.before == stdout + stderr


@each_row("shell", SHELLS)
def test_what_an_rc_file_reads_does_not_run_the_rest(shell: str) -> None:
    given = payload(MARKER, script_line(("echo", "begun"), {}, MARKER), b"echo what was meant for the job\n")
    _, _, rest = given.partition(b"\n")  # the rest of what came
    done = subprocess.run([shell, "-c", loader(MARKER)], input=rest, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        quote("a\0b")


@each_row("label", ["", "a b", "a'b", "$(x)", "a\nb", "\u00e4"])
def test_labels(label: str) -> None:
    with pytest.raises(ValueError, match="command line"):
        loader(label)


NOISE = st.binary(max_size=40).filter(lambda noise: MARKER.encode() not in noise)


@given(NOISE, NOISE, NOISE, NOISE, st.integers(0, 255))
def test_answers_stand_between_markers(motd: bytes, out: bytes, banner: bytes, err: bytes, code: int) -> None:
    mark = MARKER.encode()
    stdout = motd + b"%s 17\n%s\n%s %d\n" % (mark, out, mark, code) + motd
    stderr = banner + b"%s\n%s\n%s\n" % (mark, err, mark)
    answer = read_answer(stdout, stderr, MARKER)
    assert answer[:4] == (code, out, err, 17)
    assert answer.after == motd


@given(NOISE, NOISE, st.data())
def test_a_cut_answer_has_no_exit_code(motd: bytes, out: bytes, data: st.DataObject) -> None:
    mark = MARKER.encode()
    whole, said = motd + b"%s 17\n%s\n%s 0\n" % (mark, out, mark), b"%s\n%s\n%s\n" % (mark, out, mark)
    assert read_answer(whole, said, MARKER).exit_code == 0
    length = data.draw(st.integers(0, len(whole) - 1))
    assert read_answer(whole[:length], said, MARKER).exit_code is None
    length = data.draw(st.integers(0, len(said) - 1))
    assert read_answer(whole, said[:length], MARKER).exit_code is None
