"""In which directory the output of a job will be, when its paths do not say."""

from __future__ import annotations

import pytest

from drmaa_cli.gridengine.output_files import OutputFiles
from tests.template.submissions import HOME, submission

CWD = "/work"


def files(native: str = "", defaults: frozenset[str] = frozenset(), **attributes: object) -> OutputFiles:
    (found,) = submission({"nativeSpecification": native, **attributes}, defaults=defaults).files
    return found


@pytest.mark.parametrize(
    ("native", "defaults", "directory"),
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
