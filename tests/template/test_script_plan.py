"""What of a job's places goes on the command line, and what a script sees to."""

from __future__ import annotations

from drmaa_cli.constants import ERROR_PATH, INPUT_PATH, OUTPUT_PATH
from drmaa_cli.template.script_plan import HERE, JobPlace, fits, is_replaced, plan_script, task, variable_fits
from tests.tables import each_row

NOWHERE = "/dev/null"
ODD = "/a\nb"
PLAIN = JobPlace("/w", {OUTPUT_PATH: "/w/o"})
TWO = [JobPlace("/w", {OUTPUT_PATH: "/1"}), JobPlace("/w", {OUTPUT_PATH: "/2"})]
IN, OUT, ERR = INPUT_PATH, OUTPUT_PATH, ERROR_PATH


@each_row(
    "places, given, joined, native, scripted",
    [
        ([PLAIN], "", False, PLAIN, []),
        ([PLAIN, PLAIN], "", False, PLAIN, []),
        ([PLAIN], "-o", False, PLAIN, []),
        # A directory that no option carries: the script opens the files, too, for they may be relative to it.
        ([JobPlace(ODD, {OUT: "/o"})], "", False, JobPlace("", {OUT: NOWHERE, ERR: NOWHERE}), [IN, OUT, ERR]),
        ([JobPlace(ODD, {OUT: "/o"})], "-e", False, JobPlace("", {OUT: NOWHERE}), [IN, OUT]),
        ([JobPlace(ODD, {OUT: "/o"})], "-i -e", False, JobPlace("", {OUT: NOWHERE}), [OUT]),
        ([JobPlace(ODD, {OUT: "/o"})], "-o",
         False, JobPlace("", {OUT: NOWHERE, ERR: NOWHERE}), [IN, OUT, ERR]),
        ([JobPlace(ODD, {})], "-i -o -e", False, JobPlace("", {}), []),
        ([JobPlace("/a", {}), JobPlace("/b", {})], "-i -o -e", False, JobPlace("", {}), []),
        ([JobPlace(ODD, {OUT: "/o"})], "", True, JobPlace("", {OUT: NOWHERE}), [IN, OUT]),
        # Jobs of one array that have different files.
        (TWO, "", False, JobPlace("/w", {OUT: NOWHERE}), [OUT]),
        (TWO, "-o", False, JobPlace("/w", {OUT: NOWHERE}), [OUT]),
        ([JobPlace("/w", {OUT: "/1"}), JobPlace("/w", {})], "", False, JobPlace("/w", {OUT: NOWHERE}), [OUT]),
        ([JobPlace("/w", {OUT: "/1"}), JobPlace("/w", {})], "-o", False, JobPlace("/w", {}), [OUT]),
        ([JobPlace("/w", {IN: "/1"}), JobPlace("/w", {IN: "/2"})], "", False, JobPlace("/w", {}), [IN]),
        ([JobPlace("/w", {ERR: "/1"}), JobPlace("/w", {ERR: "/2"})], "", True, JobPlace("/w", {}), []),
        ([JobPlace("/w", {OUT: "/w/a\nb", IN: "/i"})], "",
         False, JobPlace("/w", {IN: "/i", OUT: NOWHERE}), [OUT]),
    ],
)  # fmt: skip
def test_what_the_command_line_carries(
    places: list[JobPlace], given: str, joined: bool, native: JobPlace, scripted: list[bytes]
) -> None:
    plan = plan_script(places, frozenset(given.split()), joined=joined)
    assert plan.place == native
    assert plan.paths == frozenset(scripted)
    assert plan.directory == (native.directory == "")
    assert plan.is_needed == (plan.directory or bool(scripted))


@each_row(
    "places, given, joined, opened",
    [
        # What the script opens: standard input, output and error, and whether both are one.
        ([JobPlace(ODD, {OUT: "/o"})], "", False, (None, "/o", HERE, False)),
        ([JobPlace(ODD, {IN: "/i"})], "", False, ("/i", HERE, HERE, False)),
        ([JobPlace(ODD, {OUT: "/o"})], "-e", False, (None, "/o", None, False)),
        ([JobPlace(ODD, {OUT: "/o"})], "-o", False, (None, "/o", HERE, False)),
        ([JobPlace(ODD, {OUT: "/o"})], "", True, (None, "/o", None, True)),
        ([JobPlace("/w", {}), JobPlace("/w", {OUT: "/2"})], "", False, (None, HERE, None, False)),
        ([JobPlace("/w", {}), JobPlace("/w", {OUT: "/2"})], "-o", False, (None, None, None, False)),
        ([JobPlace("/w", {}), JobPlace("/w", {OUT: "/2"})], "", True, (None, HERE, None, True)),
        ([PLAIN], "", True, (None, None, None, False)),
    ],
)
def test_what_the_script_opens(
    places: list[JobPlace], given: str, joined: bool, opened: tuple[str | None, str | None, str | None, bool]
) -> None:
    options = frozenset(given.split())
    plan = plan_script(places, options, joined=joined)
    made = task("c", ["a"], {"A": "1"}, places[0], plan, options, joined=joined)
    assert (made.input, made.output, made.error, made.joined) == opened
    assert (made.command, made.arguments, made.variables) == ("c", ["a"], {"A": "1"})
    assert made.directory == (places[0].directory if plan.directory else "")


@each_row(
    "command, arguments, fitting",
    [
        ("c" * 99_900, [], True),
        ("c" * 99_901, [], False),
        ("c", ["x" * 99_900], True),
        ("c", ["x", "x" * 99_901], False),
        ("c", ["ä" * 49_950], True),  # in bytes
        ("c", ["ä" * 49_951], False),
        ("c", ["x" * 90_000] * 11 + ["x" * 9_999], True),
        ("c", ["x" * 90_000] * 11 + ["x" * 10_000], False),
        ("c", ["a\n"], False),
        ("c\nd", [], False),
        ("c", [], True),
    ],
)
def test_commands_that_reach_a_job_whole(command: str, arguments: list[str], fitting: bool) -> None:
    assert fits(command, arguments) is fitting


@each_row(
    "name, value, fitting",
    [
        ("A", "x" * 9_898, True),
        ("A", "x" * 9_899, False),
        ("A" * 100, "x" * 9_799, True),
        ("A" * 100, "x" * 9_800, False),
        ("A", "ä" * 4_949, True),  # in bytes
        ("A", "ä" * 4_950, False),
        ("A", "\n" * 4_949, True),  # a line end takes two
        ("A", "\n" * 4_950, False),
        ("A", "\n" * 1_649, True),
    ],
)
def test_variables_that_reach_a_job_whole(name: str, value: str, fitting: bool) -> None:
    assert variable_fits(name, value) is fitting


def test_what_grid_engine_sets_itself() -> None:
    assert [name for name in ("HOME", "JOB_ID", "SGE_X", "XSGE_X", "PATH", "A") if is_replaced(name)] == [
        *("HOME", "JOB_ID", "SGE_X"),
    ]
