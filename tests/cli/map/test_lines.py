"""The commands of ``map``: what they are, and what is no command, named before anything is submitted."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from drmaa_cli.cli.ends import BadInput
from drmaa_cli.cli.map.lines import (
    LONGEST_LINE,
    Item,
    check_syntax,
    of_values,
    read_lines,
    split_values,
    values_of,
)
from tests.tables import together


def refusal(error: pytest.ExceptionInfo[BadInput]) -> str:
    return error.value.format_message()


def test_lines_of_a_file() -> None:
    data = b"echo a\n\n# a comment\n  echo b  \r\necho a\necho \xff\nlast"
    assert read_lines(data, "f") == [
        Item(1, "echo a", 1),
        Item(4, "echo b", 1),
        Item(5, "echo a", 2),
        Item(6, "echo \udcff", 1),
        Item(7, "last", 1),
    ]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "f: there are no commands"),
        (b"\n# nothing\n  \n", "f: there are no commands"),
        (b"true\nfalse\0\n", "f, line 2: a NUL byte cannot be in a command"),
        (b"true\n\necho " + b"x" * LONGEST_LINE, "f, line 3: longer than 100,000 bytes"),
    ],
)
def test_what_is_no_command(data: bytes, text: str) -> None:
    with pytest.raises(BadInput) as error:
        read_lines(data, "f")
    assert refusal(error).startswith(text)


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        (["gzip"], ["gzip 'a b/c.txt'", "gzip x"]),
        (["cp", "{}", "{}.bak"], ["cp 'a b/c.txt' 'a b/c.txt.bak'", "cp x x.bak"]),
        (
            ["a", "{.}", "{/}", "{//}", "{/.}", "{#}", "$X"],
            ["a 'a b/c' c.txt 'a b' c 1 '$X'", "a x x . x 2 '$X'"],
        ),
        (["--in={}"], ["'--in=a b/c.txt'", "--in=x"]),
    ],
)
def test_a_command_for_each_value(command: list[str], lines: list[str]) -> None:
    assert [item.text for item in of_values(command, ["a b/c.txt", "x"], "v")] == lines


def test_where_values_come_from() -> None:
    assert split_values(["gzip", "{}", ":::", "a", ":::"]) == (["gzip", "{}"], ["a", ":::"])
    assert split_values(["gzip"]) == (["gzip"], None)
    assert list(values_of(b"a b\n\nc\n")) == ["a b", "c"]
    with pytest.raises(BadInput, match="there are no commands"):
        of_values(["x"], [], "the values")


GOOD = [
    "echo 'a b' \"c\\\"d\" e\\'f",
    "for i in 1 2; do echo $i; done",
    "a | b && c || { d; }",
    "echo `date`",
    'x=$(echo ")")',
    "echo a # a comment",
    'echo "$(echo \'it"s\')"',
    "echo a # it's a comment",
    "test -e x || echo no",
]
BAD = [
    ("echo 'never ends", "a quotation that does not end (')"),
    ('echo "never ends', 'a quotation that does not end (")'),
    ("echo `never", "a quotation that does not end (`)"),
    ("echo a\\", "a backslash at the end of the line"),
    ("for i in 1 2; do echo $i", ""),
    ("if true", ""),
    ("echo )", ""),
    ("echo (a", ""),
    ("&& echo", ""),
    ("done", ""),
    ("{ echo", ""),
]
SHELLS = [shell for shell in ("/bin/sh", "/bin/dash", "/bin/bash") if shutil.which(shell)]


@pytest.mark.parametrize("shell", SHELLS)
def test_good_commands_pass(shell: str) -> None:
    check_syntax([Item(line, text, 1) for line, text in enumerate(GOOD, 1)], shell, "f")


@together
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("bad", "said"), BAD, ids=lambda value: str(value)[:12])
def test_a_bad_command_among_many_is_named(shell: str, bad: str, said: str) -> None:
    items = [Item(line, bad if line == 57 else f"echo {line}", 1) for line in range(1, 201)]
    with pytest.raises(BadInput) as error:
        check_syntax(items, shell, "f")
    text = refusal(error)
    assert text.startswith("f, line 57: ")
    assert text.endswith(f": {bad}")
    assert said in text


def test_nothing_is_carried_out_while_it_is_checked(tmp_path) -> None:
    check_syntax([Item(1, f"touch {tmp_path}/x; $(touch {tmp_path}/y)", 1)], "/bin/sh", "f")
    assert not list(tmp_path.iterdir())


def test_other_shells_are_not_asked_and_missing_ones_are_told() -> None:
    check_syntax([Item(1, "echo 'open", 1)], "/usr/bin/python3", "f")
    with pytest.raises(BadInput, match="there is no shell"):
        check_syntax([Item(1, "echo", 1)], "/no/such/bash", "f")


@pytest.mark.slow
def test_a_hundred_thousand_commands_are_few_runs_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    run = subprocess.run

    def counted(*arguments, **keywords):
        runs.append(arguments)
        return run(*arguments, **keywords)

    monkeypatch.setattr(subprocess, "run", counted)
    items = [Item(line, "echo )" if line == 57 else f"echo {line}", 1) for line in range(1, 100_001)]
    with pytest.raises(BadInput, match="line 57: "):
        check_syntax(items, "/bin/sh", "f")
    assert len(runs) <= 19
