"""Bundles, and what is asked for when a failed command is tried again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from drmaa_cli.cli.ends import BadInput
from drmaa_cli.cli.map.lines import Item
from drmaa_cli.cli.map.plan import (
    ArrayTask,
    bundles,
    changed,
    changed_later,
    command_of,
    ends_of,
    output_of,
    parse_rules,
    task_output_of,
)
from drmaa_cli.cli.request import Request
from tests.patience import PATIENCE
from tests.tables import each_row

REQUEST = Request(seconds=600.0, megabytes=2048.0, slots=2)


@each_row(
    "texts, reasons, expected",
    [
        (["time=x2,mem=x2"], "exit exit=1", (1200.0, 4096.0, 2)),
        (["time=x1.5"], "", (900.0, 2048.0, 2)),
        (["time=+5", "mem=+1"], "", (900.0, 3072.0, 2)),
        (["time=30,memory=8,slots=4"], "", (1800.0, 8192.0, 4)),
        (["memory:mem=x2", "time:time=x2"], "memory", (600.0, 4096.0, 2)),
        (["memory:mem=x2", "time:time=x2"], "time signal", (1200.0, 2048.0, 2)),
        (["exit=7:slots=1"], "exit exit=3", (600.0, 2048.0, 2)),
        (["exit=7:slots=1"], "exit exit=7", (600.0, 2048.0, 1)),
        (["slots=x0.1"], "", (600.0, 2048.0, 1)),
        (["mem=x2,mem=+1"], "", (600.0, 5120.0, 2)),
        ([], "exit", (600.0, 2048.0, 2)),
    ],
)
def test_rules(texts: list[str], reasons: str, expected: tuple[float, float, int]) -> None:
    after = changed(REQUEST, parse_rules(texts, REQUEST), frozenset(reasons.split()))
    assert (after.seconds, after.megabytes, after.slots) == expected


LATER = {
    "of no rule": ("exit=7:time=x2", "exit exit=3", (9.0, 1.0, 1), (600.0, 2048.0, 2)),
    "more than before": ("time=x2", "time", (1800.0, 1.0, 1), (3600.0, 2048.0, 2)),
    "more than now": ("time=x2,mem=x2", "", (9.0, 1024.0, 4), (1200.0, 4096.0, 4)),
    "nothing was asked for before": ("mem=x2", "memory", (None, None, 1), (600.0, 4096.0, 2)),
    "deleted": ("mem=x2", "deleted", (900.0, 4096.0, 4), (600.0, 2048.0, 2)),
}


@each_row("text, reasons, before, expected", LATER.values(), ids=list(LATER))
def test_rules_in_another_run(
    text: str,
    reasons: str,
    before: tuple[float | None, float | None, int],
    expected: tuple[float, float, int],
) -> None:
    last = Request(seconds=before[0], megabytes=before[1], slots=before[2])
    after = changed_later(REQUEST, last, parse_rules([text], REQUEST), reasons.split())
    assert (after.seconds, after.megabytes, after.slots) == expected


@each_row(
    "text",
    ["", "time", "time=", "time=x", "time=-2", "disk=x2", "often:time=x2", "exit=:time=1", "time=x2;mem=x2"],
)
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(BadInput, match="--retry-with takes"):
        parse_rules([text], REQUEST)


@pytest.mark.parametrize(("text", "option"), [("time=x2", "-T"), ("mem=+2", "-R")])
def test_a_rule_for_what_was_not_asked_for(text: str, option: str) -> None:
    with pytest.raises(BadInput, match=f"changes what {option} asks for, and it is not given"):
        parse_rules([text], Request())
    assert parse_rules(["time=5"], Request())[0].change(Request()).seconds == 300.0


def test_bundles() -> None:
    items = [Item(line, "x", line) for line in range(1, 6)]
    assert [[item.line for item in bundle] for bundle in bundles(items, 2)] == [[1, 2], [3, 4], [5]]
    assert [len(bundle) for bundle in bundles(items, 9)] == [5]


def run_bundle(tmp_path: Path, *texts: str) -> tuple[int, list[str], list[str]]:
    """The code of a bundle, what its file of ends says, and the outputs."""
    items = tuple(Item(line, text, 1) for line, text in enumerate(texts, 3))
    task, base = ArrayTask(items, 1, Request()), f"{tmp_path}/a b-"
    done = subprocess.run(
        command_of(task, "/bin/sh", base),
        check=False,
        capture_output=True,
        timeout=PATIENCE,
        input=b"not for them",
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    ends = Path(ends_of(base, task)).read_text().splitlines()
    outputs = [Path(output_of(base, item)).read_text() for item in items]
    assert [line.partition(" ")[2] for line in ends] == [output_of(base, item) for item in items]
    return done.returncode, [line.partition(" ")[0] for line in ends], outputs


def test_a_bundle_runs_each_command_as_it_would_alone(tmp_path: Path) -> None:
    commands = (
        "echo a; echo e >&2; exit 3; echo no",
        "kill -9 $$",
        "cat; X=1; cd /",
        "echo $X; pwd",
        "set no",
    )
    code, ends, outputs = run_bundle(tmp_path, *commands)
    assert (code, ends) == (1, ["3", "137", "0", "0", "0"])
    assert (outputs[0], outputs[2:]) == ("a\ne\n", ["", f"\n{os.getcwd()}\n", ""])  # noqa: PTH109  # as text
    assert run_bundle(tmp_path, "true", "true")[0] == 0


def test_a_single_command_is_no_bundle() -> None:
    task = ArrayTask((Item(7, "a | b", 1),), 1, Request())
    assert command_of(task, "/bin/bash", "/d/1-") == ["/bin/bash", "-c", "a | b"]
    assert task_output_of("/d/1-", task) == "/d/1-7.log"
