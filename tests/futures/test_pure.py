"""Keys, resources, bundles: what of the executor has no effects."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.errors import InvalidArgumentException
from drmaa_cli.futures import Resources
from drmaa_cli.futures.calls import Call, Common, divide, job_name
from drmaa_cli.futures.future import JobFuture
from drmaa_cli.futures.keys import KeyMaker, digest
from drmaa_cli.futures.spool import PickledCall
from tests.futures.functions import Moody, add
from tests.tables import each_row

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
import functools, pathlib
from drmaa_cli.futures.keys import digest

class Point:
    def __init__(self): self.x, self.itself = {1, "x", None}, self

def make(number):
    names = {"a", "b", "c"}
    def inner(value): return inner(value - 1) + number if value in names else value
    return inner

def swap(a, b): return b, a
endless = []
endless.append(endless)
joined = "".join(["a", "b"])
values = [
    make(3), lambda x: x in {"a", "b", "c"}, {"s", "t", ("x", 1)}, frozenset("abc"), Point(), Point,
    functools.partial(swap, 1, b=2), endless, Point().__init__, len, int, {"k": ["ab", joined, "ab"]},
    pathlib, pathlib.Path("x"), 1.5, None, b"bytes",
]
print([digest(value) for value in values])
"""


@pytest.mark.slow
def test_a_digest_is_the_same_in_every_run() -> None:
    seen = set()
    for seed in ("0", "1", "2", "random"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert done.returncode == 0, done.stderr
        seen.add(done.stdout)
    assert len(seen) == 1


def closure(number: int) -> Any:
    return lambda value: value + number


def test_different_calls_have_different_digests() -> None:
    values: list[Any] = [
        (add, 1), (add, "1"), (add, 1.0), (add, True), (add, (1,)), (add, [1]), (len, 1),
        closure(1), closure(2), lambda: 1, lambda: 2, functools.partial(add, 1), functools.partial(add, 2),
        {1, 2}, frozenset({1, 2}), {1: 2}, {2: 1}, [1, 2], [2, 1], "", b"", None, Moody, (), "add",
    ]  # fmt: skip
    assert len({digest(value) for value in values}) == len(values)
    same = [["ab", "ab"], ["".join(["a", "b"]), "ab"]]
    assert len({digest(value) for value in same}) == 1


USED = """
import functools
from drmaa_cli.futures.keys import digest

def other(value): return value + 7
def helper(value): return value + CHANGE
@functools.lru_cache
def remembered(value): return value + CHANGE
class Base:
    def share(self): return CHANGE
class Kind(Base):
    rate = 1
    def __call__(self): return self.price
    @property
    def price(self): return CHANGE
    @staticmethod
    def fixed(): return CHANGE
class Heir(Base): pass
def by_name(value): return helper(value)
def by_way(value): return by_name(value)
def by_comprehension(value): return [helper(each) for each in value]
def by_class(value): return Kind()
def make():
    def inner(value): return helper(value)
    return lambda value: inner(value)
def even(value): return value == 0 or odd(value - 1)
def odd(value): return even(value - 1) if value else CHANGE
def alone(value): return other(value)
constant = CHANGE
def with_constant(value): return constant
print([digest(value) for value in (
    by_name, by_way, by_comprehension, by_class, remembered, make(), Kind, Kind(), Kind().__call__, Heir,
    even, functools.partial(by_way, 1), [{"k": by_name}], alone, with_constant,
)])
"""


def test_what_the_programs_own_functions_use_is_of_them() -> None:
    """A stale result is worse than a call that runs again: helpers and methods that changed count."""

    def digests(change: str) -> list[str]:
        source = USED.replace("CHANGE", change, USED.count("CHANGE") - 1).replace("= CHANGE", f"= {change}")
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", source], env=env, capture_output=True, text=True, check=True
        )
        return done.stdout.strip("[]\n").split(", ")

    first, again, changed = digests("1"), digests("1"), digests("2")
    assert first == again
    same = [one == other for one, other in zip(first, changed)]
    assert same == [False] * 13 + [True, True]


def test_a_long_chain_of_functions_has_a_digest() -> None:
    own: dict[str, Any] = {"__name__": "__main__"}
    links = "".join(f"def f{number}(): return f{number + 1}()\n" for number in range(2000))
    exec(f"{links}def f2000(): return 1", own)
    first = digest(own["f0"])
    exec("def f2000(): return 2", own)
    assert digest(own["f0"]) != first


@each_row(
    "name, value, said",
    [
        ("environment", {"A": None}, "'A': None"),
        ("environment", {1: "a"}, "1: 'a'"),
        ("environment", "A=b", "a dict such as"),
        ("environment", None, "a dict such as"),
        ("native", None, "native is a str, not None"),
        ("name", 3, "name is a str, not 3"),
        ("directory", b"/tmp", "directory is a str"),
        ("pe", None, "pe is a str"),
        ("memory_resource", ["a"], "memory_resource is a str"),
        ("gpu_resource", 1, "gpu_resource is a str"),
    ],
)
def test_what_is_no_text_is_refused_at_once(name: str, value: object, said: str) -> None:
    with pytest.raises(InvalidArgumentException, match=re.escape(said)):
        Resources().but({name: value})


def test_a_path_is_a_directory(tmp_path: Path) -> None:
    assert Resources().but({"directory": tmp_path}).directory == str(tmp_path)


def test_equal_calls_are_numbered() -> None:
    first, second = KeyMaker(), KeyMaker()
    made = [
        first.key(add, (1,), {"a": 1, "b": 2}),
        first.key(add, (2,), {}),
        first.key(add, (1,), {"b": 2, "a": 1}),
    ]
    again = [
        second.key(add, (1,), {"a": 1, "b": 2}),
        second.key(add, (1,), {"a": 1, "b": 2}),
        second.key(add, (2,), {}),
    ]
    assert len(set(made)) == 3
    assert [made[0], made[2], made[1]] == again


@each_row(
    "options, words",
    [
        ({}, ""),
        ({"slots": 4}, "-pe smp 4"),
        ({"slots": 4, "pe": "threads"}, "-pe threads 4"),
        ({"memory": "4G"}, "-l h_vmem=4096M"),
        ({"memory": "4G", "slots": 3}, "-pe smp 3 -l h_vmem=1431655766"),
        ({"memory": 1e3, "memory_resource": "mem_free,h_vmem"}, "-l mem_free=1000,h_vmem=1000 -w n"),
        ({"walltime": 90}, "-l h_rt=90"),
        ({"walltime": 0.5}, "-l h_rt=1"),
        ({"walltime": "1:30:00", "gpus": 2}, "-l h_rt=5400,gpu=2"),
        ({"native": "-q long -P x", "walltime": 5}, "-l h_rt=5 -q long -P x"),
    ],
)  # fmt: skip
def test_resources_are_options_of_qsub(options: dict[str, Any], words: str) -> None:
    assert Resources().but(options).specification() == words


@each_row(
    "options, text",
    [
        ({"slots": 0}, "slots is a whole number from 1 up, not 0"),
        ({"slots": True}, "slots is a whole number from 1 up, not True"),
        ({"gpus": -1}, "gpus is a whole number from 0 up, not -1"),
        ({"memory": "much"}, "memory is a number of bytes, or a text such as '4G' or '500M', not 'much'"),
        ({"memory": float("nan")}, "not nan"),
        ({"memory": None}, "not None"),
        ({"walltime": "soon"}, "walltime is a number of seconds, or a text such as '1:30:00', not 'soon'"),
        ({"walltime": 0}, "not 0"),
        ({"memroy": "4G"}, "no such resource: memroy; did you mean 'memory'?"),
    ],
)
def test_what_is_no_resource(options: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidArgumentException) as caught:
        Resources().but(options)
    assert text in str(caught.value)


def call(name: str = "f", size: int = 1, **options: Any) -> Call:
    common = Common(Resources().but(options), "/", ())
    return Call(JobFuture(None, lambda _: None), PickledCall(b"f", b"a" * size), common, name)


def test_calls_that_agree_go_together() -> None:
    made = [call(), call(slots=2), call(), call(slots=2), call()]
    assert divide(made, 0) == [[made[0], made[2], made[4]], [made[1], made[3]]]
    assert divide(made, 2) == [[made[0], made[2]], [made[1], made[3]], [made[4]]]
    assert divide([], 2) == []


@each_row(
    "names, given, name",
    [
        (["f", "f"], "", "f"),
        (["f", "g"], "", "calls"),
        (["<lambda>"], "", "lambda"),
        (["3d"], "", "call_3d"),
        (["all"], "", "call_all"),
        (["ä"], "", "call_"),
        (["f" * 80], "", "f" * 60),
        (["f"], "my.name", "my.name"),
    ],
)
def test_names_of_jobs(names: list[str], given: str, name: str) -> None:
    assert job_name([call(one) for one in names], given) == name
