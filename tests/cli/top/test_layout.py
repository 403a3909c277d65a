"""Lines as wide as the terminal."""

from __future__ import annotations

from drmaa_cli.cli.screen import cells
from drmaa_cli.cli.top.layout import Coloured, cut, head, layout, line, plain, texts
from drmaa_cli.cli.top.model import StateKind, job_of_rows
from drmaa_cli.cli.top.view import BoardRow, Choice, rows
from tests.cli.top.kit import end, job, row
from tests.tables import each_row

NOW = 1_795_834_860.0
ARRAY = job(
    12345,
    2000,
    key="many",
    submitted=NOW - 3700,
    name="a_long_name_of_an_array_that_aligns_things",
    ended={task: end(task % 2) for task in range(1, 101)},
    rows=[row(12345, "r", "101-116"), row(12345, "qw", "117-2000")],
)
SINGLE = job(7, name="日本語 \x1b[31m", submitted=NOW - 60, rows=[row(7, "r")])
FOREIGN = job_of_rows([row(9, "hqw", name="theirs")])


def drawn(width: int, *shown: BoardRow) -> list[str]:
    found = layout([texts(row, NOW) for row in shown], width)
    return [head(found), *(plain(line(row, texts(row, NOW), found)) for row in shown)]


@each_row("width", [20, 40, 60, 80, 120, 200])
def test_lines_keep_to_the_width(width: int) -> None:
    lines = drawn(width, BoardRow(ARRAY), BoardRow(SINGLE), BoardRow(FOREIGN))
    assert max(map(cells, lines)) <= max(width, 30) - 2
    assert len({cells(text) for text in lines}) == 1


def test_what_is_shown_where_there_is_room() -> None:
    heading, array, single, foreign = (
        text.split() for text in drawn(200, BoardRow(ARRAY), BoardRow(SINGLE), BoardRow(FOREIGN))
    )
    assert heading == ["ID", "NAME", "STATE", "TIME", "WHERE", "KEY", "SESSION"]
    assert " ".join(array) == (
        "▸12345 a_long_name_of_an_array_that_aligns_things"
        " 16 running, 1,884 queued, 50 failed, 50 done 1:01:40 many nightly"
    )
    assert " ".join(single) == "7 日本語 \\x1b[31m running 0:01:00 all.q@node7 nightly"
    assert " ".join(foreign) == "9 theirs held 0:01:00 -"


def test_columns_in_which_nothing_stands_are_left_out() -> None:
    assert drawn(200, BoardRow(FOREIGN))[0].split() == ["ID", "NAME", "STATE", "TIME", "SESSION"]


@each_row(
    "width, heads",
    [
        (120, "ID NAME STATE TIME WHERE KEY SESSION"),
        (104, "ID NAME STATE TIME WHERE SESSION"),
        (95, "ID NAME STATE TIME SESSION"),
        (84, "ID NAME STATE TIME"),
        (70, "ID NAME STATE"),
    ],
)
def test_less_important_columns_go_first(width: int, heads: str) -> None:
    assert drawn(width, BoardRow(ARRAY), BoardRow(SINGLE))[0].split() == heads.split()


def test_tasks_of_an_unfolded_array_stand_below_it() -> None:
    shown = rows([ARRAY], Choice(unfolded=frozenset({ARRAY.id})), NOW)
    lines = drawn(120, *shown[:2], shown[51])
    assert lines[1].startswith("▾12345")
    assert lines[2].split() == ["12345.1", "exit", "1", "5", "s", "node7"]
    assert lines[3].split() == ["12345.101", "running", "0:01:00", "all.q@node7"]


def test_colours_stay_with_their_words() -> None:
    parts = [
        Coloured("16 running", StateKind.RUNNING),
        Coloured(", "),
        Coloured("3 failed", StateKind.FAILED),
    ]
    assert cut(parts, 99) == parts
    assert cut(parts, 20) == parts
    assert cut(parts, 19) == [*parts[:2], Coloured("3 fail…", StateKind.FAILED)]
    assert plain(cut(parts, 12)) == "16 running,…"
    assert cut(parts, 10) == [Coloured("16 runnin…", StateKind.RUNNING)]
    assert cut([], 5) == []
    for width in range(1, 25):
        assert cells(plain(cut(parts, width))) <= width
