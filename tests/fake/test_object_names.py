"""Names of projects, checkpointing and parallel environments that qsub refuses, as a real 8.1.9 cell did."""

from __future__ import annotations

from pathlib import Path

from fake_sge.cell import Cell
from fake_sge.model.names import refuse_account, refuse_job_name, refuse_object_name
from tests.tables import each_row

REFUSED = {
    "p[x": "Brackets ('[') not allowed in objectname",
    "p]x": "Brackets (']') not allowed in objectname",
    "p{x": "Braces ('{') not allowed in objectname",
    "p}x": "Braces ('}') not allowed in objectname",
    "p(x": "Parenthesis ('(') not allowed in objectname",
    "p)x": "Parenthesis (')') not allowed in objectname",
    "p%x": "Percent ('%') not allowed in objectname",
    "p,x": "Comma (',') not allowed in objectname",
    'p"x': "Double quote ('\"') not allowed in objectname",
    "p'x": "Quote (''') not allowed in objectname",
    "p|x/": "Slash ('/') not allowed in objectname",
    "p x|": "Space (' ') not allowed in objectname",
    "p@x:": "Colon (':') not allowed in objectname",
    "p\\x/": "Slash ('/') not allowed in objectname",
    "p\tx": "Tab not allowed in objectname",
    ".p": "Dot ('.') not allowed as first character of objectname",
    "#p": "Hash ('#') not allowed as first character of objectname",
    "none": 'Keyword ("NONE") not allowed as objectname',
    "template": 'Keyword ("TEMPLATE") not allowed as objectname',
}


def test_the_longest() -> None:
    """A real 8.1.9 took an account string of 512 and a job name of 511 characters, and no longer ones."""
    assert refuse_account("a" * 512) == ""
    assert refuse_account("a" * 513) == "string is longer than 512, this is not allowed for objectnames"
    assert refuse_job_name("n" * 511) == ""
    assert refuse_job_name("n" * 512) == "job name too long, maximum allowed length is 512 characters"


@each_row("name", REFUSED)
def test_of_a_project(name: str) -> None:
    assert refuse_object_name(name) == REFUSED[name]


@each_row("name", ["p*x", "p?x", "1p", "p&x", "p!x", "smp"])
def test_all_others_are_looked_for(name: str) -> None:
    assert refuse_object_name(name) == ""


def test_the_name_of_a_parallel_environment_may_be_a_pattern() -> None:
    assert refuse_object_name("p[x]", pattern=True) == ""
    assert refuse_object_name("p{x", pattern=True) == REFUSED["p{x"]


def test_they_are_refused_before_anything_else(tmp_path: Path) -> None:
    """The project first, then -ckpt, then -pe; before the job's name and account, -tc and -l."""
    odd = [
        "-pe",
        "p|x",
        "1",
        "-ckpt",
        "p:x",
        "-P",
        "p%x",
        "-N",
        "a@b",
        "-A",
        "a@b",
        "-tc",
        "3",
        "-l",
        "foo=1",
    ]
    with Cell(tmp_path / "cell", login_shells=False) as cell:
        said = [
            cell.run("qsub", *words, "-b", "y", "true", cwd=tmp_path).stderr.decode()
            for words in (odd, [word for word in odd if word not in ("-P", "p%x")])
        ]
    assert said == [
        "Unable to run job: Percent ('%') not allowed in objectname\nExiting.\n",
        "Unable to run job: Colon (':') not allowed in objectname\nExiting.\n",
    ]
