"""Where a job's output goes: what Grid Engine replaces in a path, and what it chooses by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.gridengine.output_files import OutputFiles, of_text, to_text
from tests.tables import each_row

# Each pair was made by a job of a real 8.1.9 cell (job 17 of root, called nm, on localhost, started in /d).
SINGLE = [
    ("/o/$$", "/o/$"),
    ("/o/$$JOB_ID", "/o/$JOB_ID"),
    ("/o/$$$JOB_ID", "/o/$17"),
    ("/o/$JOB_IDx", "/o/17x"),
    ("/o/$TASK_IDS", "/o/0S"),
    ("/o/$HOMER", "/o//rootR"),
    ("/o/$USERNAME", "/o/rootNAME"),
    ("/o/$job_id", "/o/$job_id"),
    ("/o/a$", "/o/a$"),
    ("/o/${JOB_ID}a", "/o/${JOB_ID}a"),
    ("/o/$JOB_NAME.$HOSTNAME", "/o/nm.localhost"),
    ("~/z$JOB_ID", "/root/z17"),
    ("rel/../r", "/d/rel/../r"),
    ("sub/./x", "/d/sub/./x"),
    ("./", "/d/nm.o17"),
    (".", "/d/nm.o17"),
    ("/o/", "/o/nm.o17"),
]


@each_row("given, path", SINGLE)
def test_what_is_replaced_in_a_path(given: str, path: str) -> None:
    files = OutputFiles("/d", (f":{given}",), home="/root", user="root")
    assert files.paths(17, None, "nm", "localhost") == (path, "/d/nm.e17")


@each_row(
    "given, is_one",
    [
        ("/o", True),
        ("~/o", True),
        ("rel", True),
        ("/o/", True),
        ("node1:/o", True),
        ("/file", False),
        ("/o/$JOB_ID", False),
        ("/$TASK_ID", False),
        ("", False),
    ],
)
def test_a_directory_that_is_there(given: str, is_one: bool) -> None:
    """As ``-o DIR`` of a real 8.1.9, with and without the slash."""
    there = {"/o", "/root/o", "/d/rel", "/o/17", "/$TASK_ID", "/d"}
    given = given if ":" in given else f":{given}"
    files = OutputFiles("/d", (given,), (given,), home="/root").with_directories(there.__contains__)
    for path, letter in zip(files.paths(17, None, "nm", "node1"), "oe"):
        assert path.endswith(f"/nm.{letter}17") is (is_one or given == ":"), path


def test_a_task() -> None:
    files = OutputFiles("/d$TASK_ID", (":/o.$TASK_ID",))
    assert files.paths(17, 3, "nm", "") == ("/o.3", "/d3/nm.e17.3")


@each_row(
    "given, host, path",
    [
        (("node1:/a", ":/b"), "node1", "/a"),
        (("node1:/a", ":/b"), "node1.site.org", "/a"),
        (("node1:/a", "/b"), "node2", "/b"),
        (("node1:/a",), "node2", "/d/nm.o17"),
        (("/a", "/b"), "node2", "/a"),
        ((), "node2", "/d/nm.o17"),
        (("/o.$HOSTNAME",), "", "/o.$HOSTNAME"),
    ],
)
def test_the_path_of_a_host(given: tuple[str, ...], host: str, path: str) -> None:
    assert OutputFiles("/d", given).paths(17, None, "nm", host)[0] == path


def test_joined_output() -> None:
    assert OutputFiles("/d", ("/o",), ("/e",), joined=True).paths(17, None, "nm", "") == ("/o", "/o")


files = st.builds(
    OutputFiles, st.text(), st.tuples(st.text()), st.tuples(st.text()), st.booleans(), st.text(), st.text()
)


@given(st.lists(files))
def test_files_survive_their_text(files: list[OutputFiles]) -> None:
    text = to_text(files)
    assert list(of_text(text)) == files
    to_text(())  # what was written last is known without being read
    assert list(of_text(text)) == files


@each_row(
    "text",
    [
        '[["/d", [], [], 1, "/h", "u"]]',
        '[["/d", [], [], "true", "/h", "u"]]',
        '[["/d", [1], [], true, "/h", "u"]]',
        '[["/d", [], [null], true, "/h", "u"]]',
        '[[1, [], [], true, "/h", "u"]]',
        '[["/d", [], [], true, null, "u"]]',
        '[["/d", [], [], true, "/h", 7]]',
        '[["/d", [], [], true, "/h"]]',
        '[["/d", "/o", [], true, "/h", "u"]]',
    ],
)
def test_what_has_a_wrong_type_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not "):
        of_text(text)


@given(st.one_of(st.text(), st.sampled_from(["[[]]", "[1]", "{}", '[["", [1], [], true, "", ""]]', "null"])))
def test_any_text_is_files_or_a_value_error(text: str) -> None:
    try:
        assert all(isinstance(each, OutputFiles) for each in of_text(text))
    except ValueError as error:
        assert str(error)  # noqa: PT017  # both outcomes are right
