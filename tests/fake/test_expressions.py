"""Expressions of names, as ``qselect -q`` of a real 8.1.9 cell with one queue, all.q, took them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from fake_sge.model.expressions import expression_holds, unreadable
from fake_sge.model.globs import glob_match
from tests.tables import each_row


@each_row(
    "expression",
    [
        *("all.q", "a*", "(all.q|x)&!y", "all.q|x", "x|y|a*", "a*&*q&!b", "!(b|c)", "!!all.q", "all.q |x"),
        *("!x", "(all.q)", "x&y|all.q", "[^b]ll.q"),
    ],
)
def test_it_means_the_queue(expression: str) -> None:
    assert expression_holds(expression, lambda glob: glob_match(glob, "all.q"))
    assert not unreadable([expression])


@each_row("expression", ["ALL.q", "!all.q", "x|y", "all.q&!all.q", "all.q&x|y", "!(x|all.q)"])
def test_it_means_another(expression: str) -> None:
    assert not expression_holds(expression, lambda glob: glob_match(glob, "all.q"))


@each_row(
    "expression, place",
    [("[!b]ll.q", 2), ("all.q||x", 7), ("(all.q", 6), ("all.q)", 6), ("|x", 1), ("x|", 2), ("x|!", 3)],
)
def test_what_cannot_be_read(expression: str, place: int) -> None:
    assert unreadable(["x", expression]) == [
        f'Parse error on position {place} of the expression "{expression}".'
    ]


LINES = (
    ("qselect -q all.q@!nohost", 0, "all.q@localhost\n", ""),
    ("qselect -q all.q|x@localhost", 0, "all.q@localhost\n", ""),
    ("qselect -q *@@allhosts|@x", 0, "all.q@localhost\n", ""),
    ("qselect -q !all.q", 1, "", ""),
    ("qselect -q no.q,x|", 1, "", 'error: Parse error on position 2 of the expression "x|".\n'),
    ("qselect -l arch=x|", 1, "", 'error: Parse error on position 2 of the expression "x|".\n'),
    ("qconf -sq !x", 1, "", 'No cluster queue or queue instance matches the phrase "!x"\n'),
    ("qsub -w v -b y -q (all.q)@localhost true", 0, "verification: found suitable queue(s)\n", ""),
    (
        "qsub -b y -q !all.q true",
        1,
        "",
        'Unable to run job: Job was rejected because job requests unknown queue "!all.q"\nExiting.\n',
    ),
    (
        "qsub -b y -l arch=x| true",
        1,
        "",
        'Unable to run job: Parse error on position 2 of the expression "x|".\nExiting.\n',
    ),
    (
        "qsub -b y -l q=all.q@localhost true",
        1,
        "",
        "Unable to run job: Queue instance names are not allowed in -l resource requests\nExiting.\n",
    ),
)


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    with Cell(tmp_path_factory.mktemp("cell") / "cell", login_shells=False) as made:
        yield made


@pytest.mark.parametrize(("line", "code", "out", "err"), LINES, ids=[line for line, *_ in LINES])
def test_commands_take_them(cell: Cell, tmp_path: Path, line: str, code: int, out: str, err: str) -> None:
    done = cell.run(*line.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (code, out, err)


def test_of_waiting_jobs_whole_names_count_where_queues_are_asked_for(cell: Cell, tmp_path: Path) -> None:
    """Real cell: neither a pattern nor a host group in a job's own -q is looked into."""
    queues_of = {
        "a": "all.q@@allhosts",
        "b": "a*",
        "c": "*@localhost",
        "d": "all.q@localhost",
        "e": "all.q,a*",
    }
    for name, queues in queues_of.items():
        cell.run("qsub", "-h", "-N", name, "-q", queues, "-b", "y", "true", cwd=tmp_path)
    listed = cell.run("qstat", "-q", "all.q").stdout.decode().splitlines()[2:]
    assert [line.split()[2] for line in listed] == ["d", "e"]
    cell.run("qdel", "-u", "*")
