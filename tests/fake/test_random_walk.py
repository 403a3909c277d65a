"""A random walk of the same commands through the fake and a real cell: the masked answers must be equal.

With ``DRMAA_TEST_WALK_EXAMPLES`` there are so many walks, others each time (nightly, by hand);
``DRMAA_TEST_WALK_STEPS`` is the length of each.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.fake.twin import Twin, use_long_numbers
from tests.real_cell import RealCell

pytestmark = pytest.mark.real_cell
SEARCHED = os.environ.get("DRMAA_TEST_WALK_EXAMPLES")
EXAMPLES = int(SEARCHED or "4")
STEPS = int(os.environ.get("DRMAA_TEST_WALK_STEPS", "15"))
USERS = ("root", "nobody") if os.geteuid() == 0 else ()

names = st.sampled_from(["alpha", "beta", "gam*", "a b", "1x", "x:y", "delta", "none"])
good_names = st.sampled_from(["alpha", "beta", "delta", "alphabet"])
ranges = st.sampled_from(["1", "1-3", "1-6:2", "2-5", "5-1", "0-2", "3", "1-4", "1,3,5", "x", "1-3:0", "7-9"])
targets = st.one_of(
    st.integers(0, 4).map(lambda index: ("job", index, "")),
    st.tuples(st.integers(0, 4), st.sampled_from([".1", ".2", ".1-3", ".1-6:2", ".9", ".x", ".2-5"])).map(
        lambda pair: ("job", *pair)
    ),
    st.sampled_from(["999999", "alpha", "al*", "nosuch", "0", "5x", "delta"]).map(
        lambda word: ("word", word, "")
    ),
)
submit_options = st.one_of(
    st.just(["-h"]),
    st.just(["-h"]),
    names.map(lambda name: ["-N", name]),
    good_names.map(lambda name: ["-N", name]),
    ranges.map(lambda text: ["-t", text]),
    st.integers(-1100, 1100).map(lambda number: ["-p", str(number)]),
    st.sampled_from(
        [
            ["-l", "h_rt=100"],
            ["-l", "arch=none"],
            ["-l", "foo=1"],
            ["-q", "all.q"],
            ["-q", "no.q"],
            ["-r", "y"],
            ["-r", "q"],
            ["-a", "203001010000"],
            ["-tc", "2"],
            ["-hold_jid", "alpha"],
            ["-pe", "smp", "2"],
            ["-pe", "smp", "1-3"],
            ["-pe", "no", "2"],
            ["-j", "y"],
            ["-notify"],
            ["-w", "e"],
            ["-w", "w"],
            ["-w", "v"],
            ["-P", "proj"],
            ["-A", "acc"],
            ["-A", "a:b"],
            ["-ac", "a=b"],
            ["-m", "be"],
            ["-m", "x"],
            ["-M", "a@b"],
            ["-soft", "-l", "arch=x"],
            ["-o", "/dev/null"],
            ["-o", "/a,/b"],
            ["-e", "nohost.invalid:/x"],
            ["-v", "A=1,B"],
            ["-v", ""],
            ["-now", "n"],
            ["-R", "y"],
            ["-js", "5"],
            ["-dl", "203001010000"],
            ["-ckpt", "c"],
            ["-zzz"],
            ["-masterq", "all.q"],
            ["-binding", "linear:1"],
            ["-hold_jid_ad", "alpha"],
            ["-terse"],
        ]
    ),
)
alter_options = st.one_of(
    names.map(lambda name: ["-N", name]),
    st.integers(-20, 20).map(lambda number: ["-p", str(number)]),
    st.sampled_from([["-h", letters] for letters in ("u", "s", "o", "uos", "U", "n", "SO", "q", "us")]),
    st.sampled_from(
        [
            ["-l", "h_rt=50"],
            ["-l", "foo=1"],
            ["-q", "all.q"],
            ["-q", "no.q"],
            ["-r", "y"],
            ["-tc", "1"],
            ["-a", "203001010000"],
            ["-hold_jid", "alpha"],
            ["-hold_jid", "999"],
            ["-ac", "x=1"],
            ["-A", "acc"],
            ["-j", "y"],
            ["-notify"],
            ["-o", "/x"],
            ["-e", "/x"],
            ["-js", "3"],
            ["-pe", "smp", "2"],
            ["-pe", "no", "1"],
            ["-P", "no"],
            ["-ckpt", "no"],
            ["-v", "A=1"],
            ["-m", "b"],
            ["-M", "x"],
            ["-S", "/bin/sh"],
            ["-wd", "/tmp"],
            ["-R", "y"],
            ["-zzz"],
            ["-soft", "-l", "arch=x"],
            ["-ot", "5"],
            ["-dl", "203001010000"],
            ["-w", "v"],
            ["-w", "e"],
            ["-terse"],
            ["-masterq", "all.q"],
        ]
    ),
)
hold_options = st.sampled_from(
    [[], [], ["-h", "u"], ["-h", "s"], ["-h", "o"], ["-h", "uos"], ["-h", "us"], ["-h", "n"], ["-h", "x"]]
)
users = st.sampled_from(["root", "root", "root", "nobody"] if USERS else ["root"])
task_option = st.sampled_from([[], [], [], ["-t", "1-2"], ["-t", "2"]])


def _step(kind: str, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.tuples(st.just(kind), users, *parts)


steps = st.one_of(
    _step("qsub", st.lists(submit_options, max_size=3)),
    _step("qsub", st.lists(submit_options, max_size=2).map(lambda found: [["-h"], *found])),
    _step("qhold", hold_options, targets, task_option),
    _step("qrls", hold_options, targets, task_option),
    _step("qalter", st.lists(alter_options, min_size=1, max_size=2), targets, task_option),
    _step("qdel", st.just([]), targets, task_option),
    _step(
        "qmod",
        st.sampled_from([["-sj"], ["-usj"], ["-cj"], ["-f", "-sj"], ["-f", "-usj"]]),
        targets,
        task_option,
    ),
)


def _words(step: tuple[Any, ...], count: int) -> list[str] | None:
    """The command of a step; None when there is no job yet to use it on."""
    tool = step[0]
    if tool == "qsub":
        flat = [word for option in step[2] for word in option]
        if step[1] != "root":  # nobody has no home to run in
            flat += ["-l", "arch=none"]
        return [
            "qsub",
            *flat,
            "-wd",
            "/tmp",
            "-o",
            "/dev/null",
            "-e",
            "/dev/null",
            "-b",
            "y",
            "sleep",
            "1000",
        ]
    options, (kind, which, tail), tasks = step[2:]
    if kind == "job" and not count:
        return None
    target = f"{{{which % count}}}{tail}" if kind == "job" else which
    if tool == "qdel" and tail:  # ranges from both crash the real qmaster when they overlap
        tasks = []
    flat = [word for option in options for word in option] if tool == "qalter" else list(options)
    return [tool, *flat, target, *tasks]


@settings(
    max_examples=EXAMPLES,
    derandomize=SEARCHED is None,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@example(
    walk=[
        ("qsub", "root", [["-h"], ["-N", "one"]]),
        ("qmod", "root", ["-sj"], ("word", "one", ""), ["-t", "2"]),
    ]
)
@given(walk=st.lists(steps, min_size=STEPS, max_size=STEPS))
def _walk(real: RealCell, walk: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        twin = Twin(real, Path(directory), real.private.options.slots)
        twin.clear()
        for step in walk:
            words = _words(step, len(twin.sides[0].numbers))
            if words is not None:
                twin.check(words, step[1])
                twin.settle()
        twin.clear()


def test_the_same_walk_gives_the_same_answers(real_cell: RealCell) -> None:
    use_long_numbers(real_cell)
    _walk(real_cell)
