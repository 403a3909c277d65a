"""The pages point at things that exist, their Python runs, and their commands take their options."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
import pytest

import fake_sge
import fake_sge.cli
import tests.record_capture
from drmaa_cli.cli import frame
from tests import forked
from tests.documentation import LANGUAGES, PAGES, ROOT, Block, blocks, commands, program
from tests.patience import PATIENCE
from tests.tables import each_row

PLUGINS = ("-p", "fake_sge.pytest_plugin", "-p", "no:cacheprovider")  # others take longer than a page
LINK = re.compile(r"\]\(([^)#]+)(?:#([^)]+))?\)")
INLINE = re.compile(r"`((?:fake-sge|drmaa-cli) [^`]+)`")
OPTION = re.compile(r"--[a-z][a-z-]*")
OUR_PACKAGES = {
    "hydra-drmaa-cli-launcher",
    "snakemake-executor-plugin-drmaa-cli",
    "drmaa-cli",
    "pytest",
    "drmaa-cli[test]",
    "drmaa-cli[futures]",
    "drmaa-cli[all]",
    "drmaa-cli[dev]",
}
CODE = [page for page in PAGES if blocks(page.read_text(encoding="utf-8"))]
Runs = Callable[[str], "subprocess.CompletedProcess[str]"]
WITH_PYTHON = [page for page in CODE if "\n```python\n" in page.read_text(encoding="utf-8")]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@each_row("path", sorted(ROOT.glob("examples/**/*.py")), ids=name)
def test_no_example_takes_an_exit_status_for_the_whole_truth(path: Path) -> None:
    """It is 0 for a job that was killed, deleted or never started."""
    assert tells_failures(path.read_text(encoding="utf-8"))


@each_row("page", WITH_PYTHON, ids=name)
def test_no_page_takes_an_exit_status_for_the_whole_truth(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert all(tells_failures(block.code) for block in blocks(text) if block.language == "python")


def tells_failures(program: str) -> bool:
    """Whether a program that looks at exit statuses also asks whether there was one."""
    return re.search("xitStatus", program) is None or re.search("succeeded|hasExited", program) is not None


@each_row("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        assert (page.parent / target).exists(), target
        if anchor:
            headings = re.findall(
                r"^#+ (.*)$", (page.parent / target).read_text(encoding="utf-8"), re.MULTILINE
            )
            assert anchor in {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}, (
                anchor
            )


@each_row("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_files_that_are_named_are_there(page: str) -> None:
    """Each path in code marks begins at the root, or in one of the packages."""
    text = re.sub(r"(?ms)^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"))
    places = (ROOT, ROOT / "drmaa_cli", ROOT / "drmaa_cli" / "jobs", ROOT / "fake_sge", ROOT / "tests")
    for path in re.findall(r"`([a-z_.]+/[a-z_./*]*)`", text):
        assert any([*place.glob(path), *place.glob(f"{path}.py")] for place in places), path


@each_row("page", PAGES, ids=name)
def test_code_stands_between_fences_that_name_a_known_language(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = blocks(text)
    assert {block.language for block in found} <= set(LANGUAGES)
    assert text.count("```") == 2 * sum(not block.hidden for block in found)
    assert len(re.findall(r"^<!--(?!.*-->$)", text, re.MULTILINE)) == sum(block.hidden for block in found)
    prose = re.sub(r"(?ms)^```.*?^```$|^<!--.*?^-->$", "", text)
    assert re.findall(r"\n\n    .*", prose) == []


@pytest.fixture(scope="module")
def of_all_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fake_sge.Cell]:
    """A cell for one page after the other: on a site, too, there were jobs before."""
    with fake_sge.Cell(login_shells=False, home=str(tmp_path_factory.mktemp("home"))) as cell:
        yield cell


@pytest.fixture
def cell(of_all_pages: fake_sge.Cell) -> Iterator[fake_sge.Cell]:
    """The cell of all pages, without jobs."""
    yield of_all_pages
    of_all_pages.clear_faults()
    of_all_pages.run("qdel", "-u", "*")
    of_all_pages.wait_idle()


@pytest.fixture
def run_page(cell: fake_sge.Cell, tmp_path: Path) -> Runs:
    """What runs the Python of a page in a fake cell."""

    def run(page: str) -> subprocess.CompletedProcess[str]:
        module = tmp_path / "test_page.py"
        module.write_text(program(page), encoding="utf-8")
        env = {**forked.usual(cell.env), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return forked.run_pytest(["-q", *PLUGINS, str(module)], cwd=tmp_path, env=env)

    return run


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_PYTHON, ids=name)
def test_python_runs(page: Path, run_page: Runs) -> None:
    done = run_page(page.read_text(encoding="utf-8"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_and_the_guides_have_python() -> None:
    assert {
        "README.md",
        "docs/fake_sge.md",
        "docs/run_jobs.md",
        "docs/sessions.md",
        "docs/configuration.md",
    } <= {name(page) for page in WITH_PYTHON}


# --- commands -------------------------------------------------------------------------------------------


OF_THE_SYSTEM = {
    *"cd echo sed seq touch export eval git pytest snakemake apt-get bats podman sudo sh".split()
}
OF_THE_READER = {"./my_pipeline.sh", "./my_program"}


def check(words: Sequence[str], directory: Path, scratch: Path) -> None:
    """One command of the documentation, as far as it can be judged without carrying it out.

    Args:
        words: the command.
        directory: where the page is, for the files it names.
        scratch: where jobs may write.
    """
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    tool, rest = (words[0], list(words[1:])) if words else ("export", [])
    if tool == "drmaa-cli":
        check_drmaa_cli(rest)
        check_rest(rest, directory, scratch)
    elif tool == "fake-sge":
        check_parsed(fake_sge.cli.make_parser(), rest)
        check_rest(rest, directory, scratch)
    elif tool in ("python", "python3"):
        check_python(rest, directory)
    elif tool == "make":
        targets = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert {word for word in rest if "=" not in word} <= set(targets), rest
    elif tool == "pip":
        assert rest[0] == "install"
        assert {word for word in rest[1:] if not word.startswith("-")} <= OUR_PACKAGES | {"."}, rest
    elif tool in ("qsub", "qstat"):
        check_in_a_cell([tool, *rest], scratch)
    elif "/" in tool and not tool.startswith("./my_"):
        assert (directory / tool).exists() or (ROOT / tool).exists(), tool
    else:
        assert tool in OF_THE_SYSTEM | OF_THE_READER, tool


def check_drmaa_cli(words: list[str]) -> None:
    try:
        parse(frame.cli, "drmaa-cli", words)
    except click.exceptions.Exit:  # --help, which was shown
        pass
    except click.UsageError as mistake:
        pytest.fail(f"drmaa-cli does not take {words}: {mistake.format_message()}")


def check_rest(words: list[str], directory: Path, scratch: Path) -> None:
    if "--" in words:
        command = words[words.index("--") + 1 :]
        if command[:2] == ["sh", "-c"]:
            for inner in commands(Block("sh", command[2], 0)):
                check(inner, directory, scratch)
        else:
            check(command, directory, scratch)


def parse(
    command: click.Command, name: str, words: list[str], above: click.Context | None = None
) -> click.Context:
    """Read a command line of click's without carrying it out; the context of the innermost command."""
    context = command.make_context(name, list(words), parent=above)
    rest = [*getattr(context, "_protected_args", ()), *context.args]
    if not isinstance(command, click.Group) or (not rest and command.invoke_without_command):
        return context
    inner, found, rest = command.resolve_command(context, rest)
    assert found is not None
    return parse(found, str(inner), rest, context)


def check_parsed(parser: argparse.ArgumentParser, words: list[str]) -> None:
    try:
        parser.parse_args(["1" if word in ("SECONDS", "NUMBER") else word for word in words])
    except SystemExit:
        pytest.fail(f"{parser.prog} does not take {words}")


def check_python(words: list[str], directory: Path) -> None:
    if words[0] == "-c":
        subprocess.run(
            [sys.executable, *words],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
            timeout=PATIENCE,
        )
    elif words[0] == "-m":
        assert importlib.util.find_spec(words[1]), words
        if words[1] == "tests.record_capture":
            check_parsed(tests.record_capture.make_parser(), words[2:])
    else:
        assert (directory / words[0]).exists() or (ROOT / words[0]).exists(), words


def check_in_a_cell(words: list[str], scratch: Path) -> None:
    with fake_sge.Cell(login_shells=False, home=str(scratch)) as cell:
        done = cell.run(*words, cwd=str(scratch), timeout=PATIENCE)
        assert done.returncode == 0, done


@pytest.mark.parametrize("page", CODE, ids=name)
def test_commands_exist_and_take_their_options(page: Path, tmp_path: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        for words in commands(block):
            check(words, page.parent, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_in_the_text_exist_and_have_these_options(page: Path) -> None:
    for text in INLINE.findall(page.read_text(encoding="utf-8")):
        tool, *words = text.split(" -- ")[0].split()
        found = (
            options_of_click(words) if tool == "drmaa-cli" else options(fake_sge.cli.make_parser(), words[0])
        )
        assert set(OPTION.findall(text.split(" -- ")[0])) <= found, text


def options_of_click(words: Sequence[str]) -> set[str]:
    """The options of a sub-command of drmaa-cli, or of an action of one, and of what stands above it."""
    command: click.Command = frame.cli
    context = click.Context(command)
    found = {"--help"}
    for word in words:
        found.update(option for parameter in command.get_params(context) for option in parameter.opts)
        if not isinstance(command, click.Group) or word.startswith("-"):
            break
        inner = command.get_command(context, word)
        assert inner is not None, f"{command.name} has no {word}"
        command = inner
    return found | {option for parameter in command.get_params(context) for option in parameter.opts}


def options(parser: argparse.ArgumentParser, verb: str) -> set[str]:
    """The options of a sub-command, which must exist."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), pytest.raises(SystemExit) as end:
        parser.parse_args([verb, "--help"])
    assert not end.value.code, f"{parser.prog} has no {verb}"
    return set(OPTION.findall(shown.getvalue()))


# --- these tests can fail -------------------------------------------------------------------------------


def test_a_page_is_run_line_by_line_where_it_stands() -> None:
    page = "# A\n\n<!-- python\nx = 1\n-->\n```python\ny = x\n```\nwords\n```python\nz = y\n```\n"
    assert program(page).splitlines()[:11] == ["", "", "", "x = 1", "", "", "y = x", "", "", "", "z = y"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("1 / 0", "test_page.py:4"),
        ("def test_it():\n    assert False", "test_page.py:5"),
        ("no python", "line 4"),
    ],
)
def test_python_that_fails_is_noticed_with_its_line(code: str, place: str, run_page: Runs) -> None:
    done = run_page(f"# A\n\n```python\n{code}\n```\n")
    assert done.returncode != 0
    assert place in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        "drmaa-cli exec --no-such -- true",
        "drmaa-cli session",
        "fake-sge run --slot x -- true",
        'eval "$(fake-sge environment DIR)"',
        "fake-sge run -- sh -c 'qsub -no-such-option true'",
        "make no-such-target",
        "python examples/no_such.py",
        "qstat && qsub -nosuch",
        "no-such-tool",
    ],
)
def test_a_wrong_command_is_noticed(command: str, tmp_path: Path) -> None:
    def check_all() -> None:
        for words in commands(Block("sh", command, 0)):
            check(words, tmp_path, tmp_path)

    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check_all()
