"""qacct over a file made for it: what the real one answered to seventy command lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fake_sge.commands.qacct import main
from fake_sge.model.accounting import Record, format_record
from fake_sge.model.requests import Request
from tests.tables import each_row

from .cells import NoCell
from .help_text import cut_help

DATA = Path(__file__).parent.parent / "data" / "qacct"
ANSWERS = [
    block.partition("\n")[::2]
    for block in re.split("(?m)^##### qacct ?", (DATA / "answers.txt").read_text(encoding="utf-8"))[1:]
]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        pytest.param(words.split(), answer, id=words or "plain")
        for words, answer in ANSWERS
        if not re.search("(^| )-l ", words)  # these ask the qmaster
    ],
)
def test_the_same_answer(words: list[str], answer: str, tmp_path: Path) -> None:
    (tmp_path / "default" / "common").mkdir(parents=True)
    env = {"SGE_ROOT": str(tmp_path), "SGE_CELL": "default", "TZ": "UTC"}
    argv = ["qacct", *words, "-f", str(DATA / "accounting")]
    reply = main(Request(argv, env, str(DATA), "root", 0, "root", 0), NoCell())
    errors = f"--stderr--\n{cut_help(reply.err.decode())[:400]}" if reply.err else ""
    assert f"{cut_help(reply.out.decode())}{errors}[rc {reply.code}]\n" == answer.replace(
        "/tmp/b/qa/acc", str(DATA / "accounting")
    )


@each_row(
    "word, tasks",
    [
        ("1", [1]),
        ("1-3", [1, 2, 3]),
        ("3-1", [1, 2, 3]),
        ("1.5", [1, 2, 3, 4, 5]),
        ("1-5:1e0", [1, 2, 3, 4, 5]),
        ("1,3", [3]),
        ("1-2,5-6", [5, 6]),
        ("0", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("0x2", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("1-8:3", [1, 4, 7]),
        ("1:2", [1, 2]),
        (" 2", [2]),
        ("+2", [2]),
        *((word, []) for word in ("x", "1-", "1-3:0", "1-3:x", "undefined", "2 ", "1-3-5", "1-3:2.5", "")),
    ],
)
def test_ranges_of_tasks(word: str, tasks: list[int], tmp_path: Path) -> None:
    """Recorded with ``qacct -j 77 -t WORD`` on a real cell, of a job with eight tasks."""
    (tmp_path / "default" / "common").mkdir(parents=True)
    records = [
        Record(qname="q", hostname="h", job_name="a", job_number=77, task_number=n) for n in range(1, 9)
    ]
    (tmp_path / "file").write_text("".join(map(format_record, records)))
    env = {"SGE_ROOT": str(tmp_path), "SGE_CELL": "default", "TZ": "UTC"}
    argv = ["qacct", "-f", "file", "-j", "77", "-t", word]
    reply = main(Request(argv, env, str(tmp_path), "root", 0, "root", 0), NoCell())
    assert [int(found) for found in re.findall(rb"(?m)^taskid +(\d+)", reply.out)] == tasks
    error = f"invalid list of task id ranges: {word}\n"
    assert reply.err.decode().startswith("" if tasks else error)
    assert reply.code == (0 if tasks else 1)


def test_there_are_many_answers() -> None:
    assert len(ANSWERS) >= 70
