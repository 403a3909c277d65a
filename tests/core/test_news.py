"""The order in which what has ended is handed out: task by task, or in sets that ended together."""

from __future__ import annotations

from typing import Any, cast

from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.jobs.job_end import End
from drmaa_cli.jobs.news import News
from drmaa_cli.jobs.task_numbers import TaskNumbers

ONE, OTHER = (cast(Any, name) for name in ("one", "other"))  # a job is only handed on
END = cast(End, "an end")


def numbers(first: int, last: int) -> TaskNumbers:
    return TaskNumbers(TaskRange(first, last))


def test_one_by_one_in_the_order_of_their_ends() -> None:
    news = News()
    news.tell(ONE, numbers(1, 3), END)
    news.tell(OTHER, numbers(1, 1), None)
    assert list(news.taken()) == [(ONE, 1, END), (ONE, 2, END), (ONE, 3, END), (OTHER, 1, None)]
    assert list(news.taken()) == []


def test_who_stops_amid_a_set_is_given_the_rest_of_it_first() -> None:
    news = News()
    news.tell(ONE, numbers(1, 3), END)
    taken = news.taken()
    assert [next(taken), next(taken)] == [(ONE, 1, END), (ONE, 2, END)]
    news.tell(OTHER, numbers(4, 5), END)
    assert list(news.taken()) == [(ONE, 3, END), (OTHER, 4, END), (OTHER, 5, END)]


def test_sets_stay_whole() -> None:
    news = News()
    news.tell(ONE, numbers(1, 10**6), END)
    news.tell(OTHER, numbers(1, 2), None)
    assert list(news.sets()) == [(ONE, numbers(1, 10**6), END), (OTHER, numbers(1, 2), None)]
    assert list(news.sets()) == []
