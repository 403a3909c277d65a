"""A template that is submitted again is not built again, and what comes of it is the same as if it were."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from drmaa_cli.errors import DeniedByDrmException
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.template import build as building
from drmaa_cli.template.attributes import Text
from drmaa_cli.template.build import Repeated, build
from drmaa_cli.template.kept import to_bytes
from drmaa_cli.template.submission import BuildContext, Environment, Marks
from tests.template.submissions import CATEGORIES, HOME, NOW, TASKS, values

FILES = {"/options": "-l a=1", "/script": "#$ -N own\n"}


def context(
    now: float = NOW, cwd: str = "/work", default_options: frozenset[str] = frozenset(), **changes: str
) -> BuildContext:
    env = {"SGE_ROOT": "/sge", "TZ": "UTC", **changes}
    environment = Environment(HOME, cwd, env, now, default_options)
    return BuildContext(environment, CATEGORIES.get, FILES.get, FILES.get)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[bytes, Text]]:
    """The templates that were built."""
    found: list[Mapping[bytes, Text]] = []

    def counted(given: Mapping[bytes, Text], *arguments: object) -> object:
        found.append(given)
        return build(given, *arguments)  # type: ignore[arg-type]  # as they come

    monkeypatch.setattr(building, "build", counted)
    return found


def step(
    repeated: Repeated,
    given: Mapping[bytes, Text],
    marks: Marks,
    tasks: TaskRange | None = None,
    where: BuildContext | None = None,
) -> None:
    """Build it, and compare with what is built afresh."""
    here = where or context()
    assert repeated.build(given, here, tasks, marks) == (build(given, here, tasks, marks), to_bytes([given]))


def test_again_with_another_token(built: list[Mapping[bytes, Text]]) -> None:
    repeated, given = Repeated(), values(remoteCommand="/bin/true", args=["drmaa_cli=first"])
    for token in ("first", "second", "third"):
        step(repeated, given, Marks(token, in_account=True), where=context(NOW + len(token)))
    assert len(built) == 1


@pytest.mark.parametrize(
    ("given", "tasks", "where"),
    [
        (values(remoteCommand="/bin/false"), None, context()),
        (values(remoteCommand="/bin/true"), TASKS, context()),
        (values(remoteCommand="/bin/true"), None, context(A="1")),
        (values(remoteCommand="/bin/true"), None, context(default_options=frozenset(["-cwd"]))),
        (values(remoteCommand="/bin/true"), None, context(cwd="/else")),
    ],
    ids=["template", "tasks", "variable", "default option", "directory"],
)
def test_whatever_differs_is_built(
    built: list[Mapping[bytes, Text]],
    given: Mapping[bytes, Text],
    tasks: TaskRange | None,
    where: BuildContext,
) -> None:
    repeated = Repeated()
    step(repeated, values(remoteCommand="/bin/true"), Marks("a"))
    step(repeated, given, Marks("b"), tasks, where)
    step(repeated, values(remoteCommand="/bin/true"), Marks("c"))
    assert len(built) == 3


def test_the_account_string_is_marked_or_not(built: list[Mapping[bytes, Text]]) -> None:
    repeated, given = Repeated(), values(remoteCommand="/bin/true")
    step(repeated, given, Marks("a", in_account=True))
    step(repeated, given, Marks("b"))
    assert len(built) == 2


@pytest.mark.parametrize(
    "given",
    [
        values(remoteCommand="/bin/true", jobCategory="c"),
        values(remoteCommand="/bin/true", nativeSpecification="-@ /options"),
        values(remoteCommand="/script", nativeSpecification="-b n"),
        values(remoteCommand="/bin/true", startTime="10:00"),
    ],
    ids=["category", "option file", "script", "time"],
)
def test_what_was_asked_for_meanwhile_is_asked_for_again(
    built: list[Mapping[bytes, Text]], monkeypatch: pytest.MonkeyPatch, given: Mapping[bytes, Text]
) -> None:
    repeated = Repeated()
    step(repeated, given, Marks("a"))
    monkeypatch.setitem(FILES, "/options", "-l b=2")
    monkeypatch.setitem(FILES, "/script", "#$ -N other\n")
    monkeypatch.setitem(CATEGORIES, "c", ["-N", "else"])
    step(repeated, given, Marks("b"), where=context(NOW + 86400))
    assert len(built) == 2


def test_what_was_refused_is_refused_again(built: list[Mapping[bytes, Text]]) -> None:
    repeated = Repeated()
    step(repeated, values(remoteCommand="/bin/true"), Marks("a"))
    for _ in range(2):
        with pytest.raises(DeniedByDrmException):
            repeated.build(values(), context(), None, Marks("b"))
    step(repeated, values(remoteCommand="/bin/true"), Marks("c"))
    assert len(built) == 3
