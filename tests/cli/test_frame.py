"""The frame: what is loaded for what, help with examples everywhere, ends that are documented."""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import drmaa_cli
from drmaa_cli.cli import frame, main
from drmaa_cli.cli.frame import COMMANDS, cli
from drmaa_cli.cli.parser import SECONDS, Command, Group, typed
from drmaa_cli.cli.screen import visible
from tests import forked
from tests.cli.conftest import Desk
from tests.patience import PATIENCE
from tests.tables import sampled, slow, together
from tests.test_documentation import parse

ROOT = Path(drmaa_cli.__file__).parent.parent
HEAVY = ("rich", "textual", "lxml", "sqlite3", "pexpect", "matplotlib", "asyncio")
DEBUG = "('drmaa-cli --debug ...' shows where it comes from)"
SHELLS = {"bash": "complete", "zsh": "compdef", "fish": "complete"}


def run(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    given = {**forked.usual(os.environ), **env}
    if forked.can_be_forked(given):
        return forked.run(["-m", "drmaa_cli.cli", *words], env=given, cwd=Path.cwd())
    return subprocess.run(
        [sys.executable, "-m", "drmaa_cli.cli", *words],
        env=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def all_commands() -> Iterator[tuple[str, click.Command]]:
    """Every sub-command and action with its whole name."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            for action, inner in command.commands.items():
                yield f"{name} {action}", inner


EVERY = dict(all_commands())


def test_every_shape_for_programs_has_a_schema_and_every_schema_a_link() -> None:
    schemas = {path.name: json.loads(path.read_text()) for path in (ROOT / "docs" / "schemas").iterdir()}
    titles = " ".join(schema["title"] for schema in schemas.values())
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\(schemas/([\w-]+\.json)\)", page)) == set(schemas)
    shapes = [
        name.replace("sessions list", "sessions")
        for name, command in EVERY.items()
        if any(parameter.name == "as_json" for parameter in command.params)
    ]
    for name in [*shapes, "sessions export"]:
        assert re.search(rf"(drmaa-cli |, ){name}( --json|, )", titles), name


def test_every_command_has_a_row_of_the_page() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    table = page[page.index("| command |") :].partition("\n\n")[0]
    named = [
        name for row in re.findall(r"(?m)^\| (`.*?) \|", table) for name in re.findall(r"`([\w-]+)`", row)
    ]
    assert sorted(named) == sorted(COMMANDS)


@pytest.mark.parametrize(
    "words",
    [["--help"], slow(["run", "--help"]), slow(["--version"]), ["nope"], slow(["completion", "fish"])],
)
def test_nothing_heavy_is_loaded_for_help(words: list[str]) -> None:
    program = (
        "import sys; before = set(sys.modules)\nfrom drmaa_cli.cli import main\n"
        f"main({words!r})\nprint(*(set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    loaded = set(done.stderr.splitlines()[-1].split())
    assert "drmaa_cli.cli.frame" in loaded
    assert not loaded & set(HEAVY)
    assert not [name for name in loaded if name.startswith("drmaa_cli.store")]


@together
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_a_module_that_says_what_it_does(name: str) -> None:
    module = importlib.import_module(f"drmaa_cli.cli.{COMMANDS[name].module}")
    assert getattr(module, COMMANDS[name].name).name == name
    assert len(COMMANDS[name].summary) <= 100
    assert COMMANDS[name].summary[0].islower()
    assert not COMMANDS[name].summary.endswith(".")


@pytest.mark.parametrize("name", sampled([(name,) for name in EVERY], list(EVERY), every=4))
def test_every_command_has_help_and_examples_that_can_be_typed(name: str) -> None:
    command = EVERY[name]
    assert isinstance(command, (Command, Group))
    assert command.help
    assert command.examples
    text = run(*name.split(), "--help", COLUMNS="120").stdout
    for example in command.examples:
        assert f"\n  {example.line}\n" in text
        assert f"drmaa-cli {name}" in example.line
        line = re.search(r"drmaa-cli ((?:'[^']*'|[^|)'])*)", example.line)
        assert line is not None
        parse(cli, "drmaa-cli", shlex.split(line[1]))
    for option in command.params:
        assert isinstance(option, click.Argument) or option.help  # type: ignore[attr-defined]  # an Option


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_summaries_of_sub_commands_are_whole(columns: str) -> None:
    text = run("sessions", "--help", COLUMNS=columns).stdout
    assert "..." not in text.partition("Commands:")[2].partition("Examples:")[0]


@pytest.mark.parametrize("columns", ["40", "80", "200"])
@pytest.mark.slow
def test_help_keeps_to_the_width(columns: str) -> None:
    text = run("--help", COLUMNS=columns).stdout
    assert max(map(len, text.splitlines())) <= min(int(columns), 100)
    assert max(map(len, text.splitlines())) > min(int(columns), 100) - 20


@pytest.mark.parametrize("columns", [40, 80])
def test_help_of_each_command_keeps_to_the_width(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        text = command.get_help(command.make_context(f"drmaa-cli {name}", [], resilient_parsing=True))
        for line in text.splitlines():
            words = typed(line.strip().removesuffix(" \\"), 1)
            assert len(line) <= columns or len(words) == 1, line


@pytest.mark.parametrize("room", [20, 36, 60, 100])
@pytest.mark.parametrize(
    "line", ["a b", "map 'sort x | uniq > y' --retry-with 'time=x2,mem=x2' {} commands.txt"]
)
def test_an_example_in_several_lines_is_one_command_line(line: str, room: int) -> None:
    lines = typed(line, room)
    assert shlex.split("\n".join(lines).replace("\\\n", "")) == shlex.split(line)
    assert all(len(one) <= max(room, len("    'sort x | uniq > y' \\")) for one in lines)
    assert (len(lines) == 1) == (len(line) <= room)


def test_bytes_that_are_no_letters_are_shown_as_such() -> None:
    assert visible("a\udcff\x1bé\n") == "a\\xff\\x1bé\\n"
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert run("map", "\udcff-é", **locale).stderr.endswith(": \\xff-\\xc3\\xa9: No such file or directory\n")


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_prints_what_the_shell_evaluates(shell: str) -> None:
    done = run("completion", shell)
    assert done.returncode == 0
    assert SHELLS[shell] in done.stdout
    assert "_DRMAA_CLI_COMPLETE" in done.stdout


@pytest.mark.slow
def test_completion_of_commands_options_and_choices_loads_no_more_than_it_needs() -> None:
    def complete(line: str) -> list[str]:
        words = line.split(" ")
        done = run(_DRMAA_CLI_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
        assert done.returncode == 0, done.stderr
        return [row.partition(",")[2] for row in done.stdout.splitlines()]

    assert complete("drmaa-cli sh") == ["shim-path"]
    assert set(complete("drmaa-cli ")) == set(COMMANDS)
    assert complete("drmaa-cli --ver") == ["--version"]
    assert complete("drmaa-cli completion z") == ["zsh"]
    assert complete("drmaa-cli sessions pr") == ["prune"]
    assert complete("drmaa-cli sessions prune --fo") == ["--force"]


@pytest.mark.parametrize("line", ["drmaa-cli sh", "drmaa-cli sessions "])
@pytest.mark.slow
def test_bash_completes(line: str, tmp_path: Path) -> None:
    script = run("completion", "bash").stdout
    tool = tmp_path / "drmaa-cli"
    tool.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m drmaa_cli.cli "$@"\n')
    tool.chmod(0o755)
    words = line.split(" ")
    program = (
        f'drmaa-cli() {{ {shlex.quote(sys.executable)} -m drmaa_cli.cli "$@"; }}; export -f drmaa-cli\n'
        f"{script}\nCOMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}\n"
        f"_drmaa_cli_completion {tool}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(
        ["bash", "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    expected = ["shim-path"] if line.endswith("sh") else ["list", "prune", "show"]
    assert set(expected) <= set(done.stdout.split())


# --- ends ------------------------------------------------------------------------------------------------


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """A sub-command that raises what is put into the list."""
    raised: list[BaseException] = []

    def fail(_: click.Context, __: str) -> click.Command:
        return click.Command("fail", callback=lambda: (_ for _ in ()).throw(raised[0]))

    monkeypatch.setattr(frame.Frame, "get_command", lambda _, context, name: fail(context, name))
    return raised


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (drmaa_cli.errors.error(drmaa_cli.errors.InvalidJobException, "two\nlines\n"), 1, "two lines"),
        (FileNotFoundError(2, "No such file or directory", "x"), 1, "x: No such file or directory"),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (
            ValueError("odd"),
            70,
            f"unexpected ValueError: odd {DEBUG}",
        ),
        (KeyboardInterrupt(), 130, None),
        (BrokenPipeError(32, "Broken pipe"), 141, None),
        (click.ClickException("no"), 1, "no"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_every_end_is_one_line_and_a_code(
    failing: list[BaseException],
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    line: str | None,
) -> None:
    failing.append(error)
    assert main(["fail"]) == code
    assert capsys.readouterr() == ("", "" if line is None else f"drmaa-cli: {line}\n")


def test_debug_shows_where_an_unexpected_error_comes_from(failing: list[BaseException]) -> None:
    failing.append(ValueError("odd"))
    with pytest.raises(ValueError, match="odd"):
        main(["--debug", "fail"])


@pytest.mark.parametrize(
    ("redirection", "code", "message"),
    [
        ("| true", 0, ""),
        ("> /dev/full", 1, "drmaa-cli: No space left on device\n"),
        (">&-", 0, ""),
        ("2>&-", 0, ""),
        ("<&-", 0, ""),
    ],
)
@pytest.mark.slow
def test_streams_that_are_full_or_closed(redirection: str, code: int, message: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m drmaa_cli.cli shim-path {redirection}', sys.executable],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stderr) == (code, message)


def test_a_reader_that_has_gone_is_141_without_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "drmaa_cli.cli", "shim-path"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
            timeout=PATIENCE,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.slow
def test_a_reader_that_goes_in_the_middle(desk: Desk, unbuffered: str) -> None:
    line = shlex.join(desk.argv("run", "-q", "seq 100000"))
    done = subprocess.run(
        ["bash", "-c", f"{line} | head -n 1; echo ${{PIPESTATUS[0]}}"],
        env={**desk.env, "PYTHONUNBUFFERED": unbuffered},
        cwd=desk.directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.stdout.split() == ["1", "141"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1.5s", 1.5), ("5m", 300), ("2h", 7200), ("1d", 86400), ("01:30:00", 5400)],
)
def test_durations(text: str, seconds: float) -> None:
    assert SECONDS.convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "x", "-1", "1:2", "1:60:00", "5 m", "nan"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no duration"):
        SECONDS.convert(text, None, None)
