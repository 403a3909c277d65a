"""qacct over a file made for it: what the real one answered to seventy command lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fake_sge.commands.qacct import main
from fake_sge.model.requests import Request

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


def test_there_are_many_answers() -> None:
    assert len(ANSWERS) >= 70
