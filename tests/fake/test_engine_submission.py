from __future__ import annotations

from typing import Any

import pytest

from fake_sge.model import Hold, JobType, Resource
from fake_sge.model.operations import Warn
from tests.tables import each_row

from .engine_kit import ALICE, BOB, ROOT, Kit


def refusal(kit: Kit, **spec: Any) -> str:
    return "\n".join(kit.submit(**spec).refusal)


PRIORITY = "job rejected: positive submission priority requires operator privileges"


def test_numbers_count_up() -> None:
    kit = Kit()
    assert [kit.put() for _ in range(3)] == [1, 2, 3]


def test_numbers_wrap_and_skip_living_jobs() -> None:
    kit = Kit(max_job_number=3)
    kit.put(user_hold=True)
    second = kit.put()
    kit.put(user_hold=True)
    kit.apply("delete", second, None, ALICE, False)
    assert kit.put() == 2
    assert list(kit.jobs) == [1, 2, 3]


@each_row(
    "spec, text",
    [
        ({"hard_queues": ("nosuch.q",)}, 'Job was rejected because job requests unknown queue "nosuch.q"'),
        ({"hard_resources": (Resource("nosuch", "1"),)}, 'unknown resource "nosuch"'),
        ({"hard_resources": (Resource("h_rt", "abc"),)}, 'attribute "h_rt" is not a time value'),
        (
            {"hard_resources": (Resource("load_avg", "1"),)},
            'resource "load_avg" configured as non requestable',
        ),
        ({"pe": "x"}, 'job rejected: the requested parallel environment "x" does not exist'),
        ({"project": "x"}, 'job rejected: the requested project "x" does not exist'),
        ({"checkpoint": "x"}, 'job rejected: the requested checkpointing environment "x" does not exist'),
        ({"script": b"", "job_type": JobType.NONE}, "job rejected: no script in your request"),
        ({"tasks": (1, 80000, 1)}, "job rejected: you tried to submit a job with more than 75000 tasks"),
        ({"tasks": (0, 3, 1)}, "job rejected: 0 is an invalid task id"),
        ({"priority": 5}, PRIORITY),
        ({"tasks": (0, 3, 1), "priority": 5}, f"job rejected: 0 is an invalid task id\n{PRIORITY}"),
        ({"name": "a:b", "priority": 5}, f"Colon (':') not allowed in objectname\n{PRIORITY}"),
        ({"hard_queues": ("x",), "priority": 5}, 'Job was rejected because job requests unknown queue "x"'),
    ],
)
def test_refusals(spec: dict[str, Any], text: str) -> None:
    kit = Kit()
    assert refusal(kit, **spec) == text
    assert not kit.jobs


@pytest.mark.parametrize(
    ("name", "text", "following"),
    [
        ("a b", "Error reading answer list from qmaster", 2),
        ("größe", "Error reading answer list from qmaster", 2),
        ("tab\there", "Tab not allowed in objectname", 2),
        ("", "job rejected cause there is no job_name in the request", 1),
    ],
)
def test_some_refusals_use_up_a_number(name: str, text: str, following: int) -> None:
    kit = Kit()
    assert refusal(kit, name=name) == text
    assert kit.put() == following


def test_job_limits() -> None:
    kit = Kit(global_config={"max_u_jobs": "2", "max_jobs": "3"})
    kit.put()
    kit.put()
    assert refusal(kit) == "job rejected: only 2 jobs are allowed per user (current job count: 2)"
    kit.put(BOB)
    assert kit.submit(BOB).refusal == ("job rejected: only 3 jobs are allowed per cluster",)


def test_the_user_limit_counts_only_living_jobs() -> None:
    kit = Kit(global_config={"max_u_jobs": "1"})
    number = kit.put()
    kit.apply("delete", number, None, ALICE, False)
    assert kit.put() == 2


def test_rights_of_the_cell() -> None:
    low = Kit(global_config={"min_uid": "1000"})
    assert "user id 0 is lower than minimum user id 1000" in low.submit(ROOT).refusal[0]
    closed = Kit()
    closed.engine.state.config.submit_hosts = []
    closed.engine.state.config.admin_hosts = []
    assert refusal(closed) == 'denied: host "localhost" is not a submit host'
    projects = Kit(global_config={"enforce_project": "true"})
    assert refusal(projects) == "job rejected: no project assigned to job"


def test_denied_users() -> None:
    kit = Kit(global_config={"xuser_lists": "bad"})
    kit.engine.state.config.usersets["bad"] = {"name": "bad", "entries": "alice,carol"}
    assert refusal(kit) == "job rejected: alice@localhost is not allowed to submit jobs"
    assert kit.submit(BOB).number == 2  # the refusal used one up


def test_a_cell_without_queues_accepts_with_a_warning() -> None:
    kit = Kit(queues={})
    answer = kit.submit()
    assert answer.number == 1
    assert answer.warnings == (Warn.NOT_ALLOWED_IN_ANY_QUEUE,)


@pytest.mark.parametrize(
    ("verify", "number", "warnings"),
    [(0, 1, ()), (1, 1, (Warn.NO_SUITABLE_QUEUES,)), (3, None, ()), (4, None, ())],
)
def test_verification_of_what_can_never_run(
    verify: int, number: int | None, warnings: tuple[Warn, ...]
) -> None:
    answer = Kit().submit(verify_suitable=verify, hard_resources=(Resource("arch", "none"),))
    assert (answer.number, answer.warnings) == (number, warnings)
    if number is None:  # capture state.array_mix.j
        assert answer.refusal == (
            'Job 1 (-l arch=none) cannot run at host "localhost" because it offers only hl:arch=lx-amd64',
            "verification: no suitable queues",
        )


def test_verification_with_w_e_refuses() -> None:
    answer = refusal(Kit(), verify_suitable=2, hard_resources=(Resource("arch", "none"),))
    assert answer == "error: no suitable queues"


def test_holds_of_a_new_array() -> None:
    kit = Kit()
    job = kit.jobs[kit.put(tasks=(1, 5, 2), user_hold=True)]
    assert [(hold, list(tasks)) for hold, tasks in job.lists.groups()] == [(Hold.USER, [1, 3, 5])]
