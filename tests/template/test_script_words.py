"""Words of the scripts that run jobs, read by a shell."""

from __future__ import annotations

import subprocess

import pytest

from drmaa_cli.template.job_script import expanded, quoted
from tests.tables import each_row, together

ENVIRONMENT = {
    "HOME": "/the home",
    "USER": "someone",
    "JOB_ID": "7",
    "JOB_NAME": "a name",
    "HOSTNAME": "here",
    "SGE_TASK_ID": "3",
}


def read_by_shell(word: str) -> str:
    """What a shell makes of a word; ``$1`` is a line end, as in the scripts."""
    done = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s.' {word}", "sh", "\n"],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    assert "\n" not in word
    return done.stdout


@together
@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("", ""),
        ("/a b/c", "/a b/c"),
        ("it's", "it's"),
        ("a\nb", "a\nb"),
        ("~", "/the home"),
        ("~/x y", "/the home/x y"),
        ("a~", "a~"),
        ("~x y/z", "~x y/z"),
        ("$HOME/x", "/the home/x"),
        ("~/$USER", "/the home/someone"),
        ("$HOMEx", "/the homex"),
        ("/o/$JOB_NAME.$JOB_ID.$HOSTNAME", "/o/a name.7.here"),
        ("$$", "$"),
        ("$$HOME", "$HOME"),
        ("$OTHER", "$OTHER"),
        ("a$", "a$"),
        ("$HOME\n'$USER'", "/the home\n'someone'"),
    ],
)
@pytest.mark.parametrize("is_array", [True, False])
def test_paths_are_expanded_as_grid_engine_does(path: str, meant: str, is_array: bool) -> None:
    assert read_by_shell(expanded(path, is_array)) == f"{meant}."


def test_the_task_of_a_path() -> None:
    assert read_by_shell(expanded("o.$TASK_ID.x", is_array=True)) == "o.3.x."
    assert read_by_shell(expanded("o.$TASK_ID.x", is_array=False)) == "o.0.x."


def test_parts_that_are_empty_leave_no_quotes() -> None:
    assert expanded("$HOME$USER", is_array=False) == '"$HOME""$USER"'
    assert expanded("~/", is_array=False) == '"$HOME"/'
    assert expanded("~root/x", is_array=False) == "~root/'x'"


@each_row("text", ["", "x", "a b", "it's", "''", "a\nb", "'\n'", "$HOME", "`x`", "\\", "*"])
def test_quoted_texts_are_taken_as_they_are(text: str) -> None:
    assert read_by_shell(quoted(text)) == f"{text}."
