"""In which directory the output of a job will be, when its paths do not say."""

from __future__ import annotations

from drmaa_cli.gridengine.output_files import OutputFiles
from drmaa_cli.template.output import of_tasks
from tests.tables import each_row
from tests.template.submissions import HOME, submission

CWD = "/work"


def files(native: str = "", defaults: frozenset[str] = frozenset(), **attributes: object) -> OutputFiles:
    (found,) = submission({"nativeSpecification": native, **attributes}, defaults=defaults).files
    return found


@each_row(
    "native, defaults, directory",
    [
        ("", (), HOME),
        ("-cwd", (), CWD),
        ("-wd /given", (), "/given"),
        ("-wd /given -cwd", (), CWD),
        ("-cwd -wd /given", (), "/given"),
        ("", ("-cwd",), CWD),
        ("", ("-wd /default",), "/default"),
        ("-wd /given", ("-cwd",), "/given"),
        ("-clear -b y -shell n", ("-cwd",), HOME),
        ("-clear -b y -shell n", ("-wd /default",), HOME),
    ],
)
def test_the_directory_of_options(native: str, defaults: tuple[str, ...], directory: str) -> None:
    assert files(native, frozenset(defaults)).directory == directory


def test_the_attribute_comes_first() -> None:
    assert files("-wd /given", frozenset({"-cwd"}), workingDirectory="/attribute").directory == "/attribute"


@each_row(
    "native, defaults, attributes, output, error, joined",
    [
        ("", (), {}, (), (), False),
        ("-o /x,h:/y -e /z", (), {}, ("/x", "h:/y"), ("/z",), False),
        ("-o /x -o /y", (), {}, ("/y",), (), False),
        ("", ("-o /d", "-j y"), {}, ("/d",), (), True),
        ("-o /x -j n", ("-o /d", "-j y"), {}, ("/x",), (), False),
        ("-clear -b y -shell n", ("-o /d", "-j y"), {}, (), (), False),
        ("-j yes", (), {}, (), (), True),
        ("-j y", (), {"joinFiles": False}, (), (), False),
        ("", (), {"joinFiles": True}, (), (), True),
        ("-o /x", (), {"outputPath": ":/a", "errorPath": ":/b"}, (":/a",), (":/b",), False),
        ("", (), {"workingDirectory": "/w", "outputPath": ":/w"}, (":/w/",), (), False),
    ],
)
def test_the_files_of_options_and_attributes(
    native: str,
    defaults: tuple[str, ...],
    attributes: dict[str, object],
    output: tuple[str, ...],
    error: tuple[str, ...],
    joined: bool,
) -> None:
    found = files(native, frozenset(defaults), **attributes)
    assert (found.output, found.error, found.joined) == (output, error, joined)


@each_row(
    "native, script, defaults, directory, output",
    [  # as the fake has it, by which captures of 8.1.9 are replayed
        ("-b n", "#$ -o /s -wd /w", ("-o /d", "-wd /dd"), "/w", ("/s",)),
        ("-b n -o /x -wd /y", "#$ -o /s -wd /w", (), "/y", ("/x",)),
        ("-clear -b n", "#$ -o /s -wd /w", ("-o /d", "-wd /dd"), HOME, ()),
        ("-b n", "#$ -clear", ("-o /d", "-wd /dd"), HOME, ()),
        ("-b n", "#$ -N x", ("-o /d", "-wd /dd"), "/dd", ("/d",)),
    ],
)
def test_options_in_a_script(
    native: str, script: str, defaults: tuple[str, ...], directory: str, output: tuple[str, ...]
) -> None:
    template = {"remoteCommand": "/a/s", "nativeSpecification": native}
    (found,) = submission(template, script={"/a/s": script}.get, defaults=frozenset(defaults)).files
    assert (found.directory, found.output) == (directory, output)


def test_tasks_that_share_their_files_have_them_once() -> None:
    one, other = files("-o /1"), files("-o /2")
    assert of_tasks([one, files("-o /1")]) == (one,)
    assert of_tasks([one, other, one]) == (one, other, one)
