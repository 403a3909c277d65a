"""What of a job's places goes on the command line, and what a script sees to."""

from __future__ import annotations

import pytest

from drmaa_cli.constants import ERROR_PATH, INPUT_PATH, OUTPUT_PATH
from drmaa_cli.template.script_plan import Place, plan_script

NOWHERE = "/dev/null"
ODD = "/a\nb"
PLAIN = Place("/w", {OUTPUT_PATH: "/w/o"})
TWO = [Place("/w", {OUTPUT_PATH: "/1"}), Place("/w", {OUTPUT_PATH: "/2"})]
IN, OUT, ERR = INPUT_PATH, OUTPUT_PATH, ERROR_PATH


@pytest.mark.parametrize(
    ("places", "given", "joined", "native", "scripted"),
    [
        ([PLAIN], "", False, PLAIN, []),
        ([PLAIN, PLAIN], "", False, PLAIN, []),
        ([PLAIN], "-o", False, PLAIN, []),
        # A directory that no option carries: the script opens the files, too, for they may be relative to it.
        ([Place(ODD, {OUT: "/o"})], "", False, Place("", {OUT: NOWHERE, ERR: NOWHERE}), [IN, OUT, ERR]),
        ([Place(ODD, {OUT: "/o"})], "-e", False, Place("", {OUT: NOWHERE}), [IN, OUT]),
        ([Place(ODD, {OUT: "/o"})], "-i -e", False, Place("", {OUT: NOWHERE}), [OUT]),
        ([Place(ODD, {OUT: "/o"})], "-o", False, Place("", {OUT: NOWHERE, ERR: NOWHERE}), [IN, OUT, ERR]),
        ([Place(ODD, {})], "-i -o -e", False, Place("", {}), []),
        ([Place("/a", {}), Place("/b", {})], "-i -o -e", False, Place("", {}), []),
        ([Place(ODD, {OUT: "/o"})], "", True, Place("", {OUT: NOWHERE}), [IN, OUT]),
        # Jobs of one array that have different files.
        (TWO, "", False, Place("/w", {OUT: NOWHERE}), [OUT]),
        (TWO, "-o", False, Place("/w", {OUT: NOWHERE}), [OUT]),
        ([Place("/w", {OUT: "/1"}), Place("/w", {})], "", False, Place("/w", {OUT: NOWHERE}), [OUT]),
        ([Place("/w", {OUT: "/1"}), Place("/w", {})], "-o", False, Place("/w", {}), [OUT]),
        ([Place("/w", {IN: "/1"}), Place("/w", {IN: "/2"})], "", False, Place("/w", {}), [IN]),
        ([Place("/w", {ERR: "/1"}), Place("/w", {ERR: "/2"})], "", True, Place("/w", {}), []),
        ([Place("/w", {OUT: "/w/a\nb", IN: "/i"})], "", False, Place("/w", {IN: "/i", OUT: NOWHERE}), [OUT]),
    ],
)  # fmt: skip
def test_what_the_command_line_carries(
    places: list[Place], given: str, joined: bool, native: Place, scripted: list[bytes]
) -> None:
    plan = plan_script(places, frozenset(given.split()), joined=joined)
    assert plan.place == native
    assert plan.paths == frozenset(scripted)
    assert plan.directory == (native.directory == "")
    assert plan.is_needed == (plan.directory or bool(scripted))
