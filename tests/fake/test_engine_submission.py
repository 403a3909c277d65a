from __future__ import annotations

from typing import Any

import pytest

from fake_sge.engine.resources import parse_memory, parse_time
from fake_sge.model import Hold, JobType, Resource
from fake_sge.model.operations import Refusal, RefusalKind, Warn

from .engine_kit import ALICE, BOB, ROOT, Kit


def refusal(kit: Kit, **spec: Any) -> Refusal | None:
    return kit.submit(**spec).refusal


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


@pytest.mark.parametrize(
    ("spec", "kind", "args"),
    [
        ({"hard_queues": ("nosuch.q",)}, RefusalKind.UNKNOWN_QUEUE, ("nosuch.q",)),
        ({"hard_resources": (Resource("nosuch", "1"),)}, RefusalKind.UNKNOWN_RESOURCE, ("nosuch",)),
        (
            {"hard_resources": (Resource("h_rt", "abc"),)},
            RefusalKind.BAD_RESOURCE_VALUE,
            ("h_rt", "abc", "time"),
        ),
        ({"hard_resources": (Resource("load_avg", "1"),)}, RefusalKind.NOT_REQUESTABLE, ("load_avg",)),
        ({"pe": "nosuch"}, RefusalKind.UNKNOWN_PE, ("nosuch",)),
        ({"project": "nosuch"}, RefusalKind.UNKNOWN_PROJECT, ("nosuch",)),
        ({"checkpoint": "nosuch"}, RefusalKind.UNKNOWN_CHECKPOINT, ("nosuch",)),
        ({"script": b"", "job_type": JobType.NONE}, RefusalKind.NO_SCRIPT, ()),
        ({"tasks": (1, 80000, 1)}, RefusalKind.TOO_MANY_TASKS, (75000,)),
        ({"tasks": (0, 3, 1)}, RefusalKind.INVALID_TASK_ID, (0,)),
        ({"priority": 5}, RefusalKind.TOO_LOW_PRIORITY_RIGHTS, ("alice",)),
    ],
)
def test_refusals(spec: dict[str, Any], kind: RefusalKind, args: tuple[object, ...]) -> None:
    kit = Kit()
    assert refusal(kit, **spec) == Refusal(kind, args)
    assert not kit.jobs


@pytest.mark.parametrize("name", ["a b", "tab\there", "größe", ""])
def test_a_bad_name_uses_up_a_number(name: str) -> None:
    kit = Kit()
    answer = refusal(kit, name=name)
    assert answer is not None
    assert answer.kind is RefusalKind.BAD_NAME
    assert kit.put() == 2


def test_job_limits() -> None:
    kit = Kit(global_config={"max_u_jobs": "2", "max_jobs": "3"})
    kit.put()
    kit.put()
    assert refusal(kit) == Refusal(RefusalKind.USER_JOB_LIMIT, (2, 2))
    kit.put(BOB)
    assert kit.submit(BOB).refusal == Refusal(RefusalKind.JOB_LIMIT, (3,))


def test_the_user_limit_counts_only_living_jobs() -> None:
    kit = Kit(global_config={"max_u_jobs": "1"})
    number = kit.put()
    kit.apply("delete", number, None, ALICE, False)
    assert kit.put() == 2


def test_rights_of_the_cell() -> None:
    low = Kit(global_config={"min_uid": "1000"})
    assert low.submit(ROOT).refusal == Refusal(RefusalKind.UID_TOO_LOW, (0, 1000))
    closed = Kit()
    closed.engine.state.config.submit_hosts = []
    closed.engine.state.config.admin_hosts = []
    assert refusal(closed) == Refusal(RefusalKind.NOT_SUBMIT_HOST, ("localhost",))
    projects = Kit(global_config={"enforce_project": "true"})
    assert refusal(projects) == Refusal(RefusalKind.PROJECT_REQUIRED)


def test_denied_users() -> None:
    kit = Kit(global_config={"xuser_lists": "bad"})
    kit.engine.state.config.usersets["bad"] = {"name": "bad", "entries": "alice,carol"}
    assert refusal(kit) == Refusal(RefusalKind.USER_DENIED, ("alice", "localhost"))
    assert kit.submit(BOB).number == 1


def test_a_cell_without_queues_accepts_with_a_warning() -> None:
    kit = Kit(queues={})
    answer = kit.submit()
    assert answer.number == 1
    assert answer.warnings == (Warn.NOT_ALLOWED_IN_ANY_QUEUE,)


@pytest.mark.parametrize(
    ("verify", "number", "suitable", "warnings"),
    [
        (0, 1, True, ()),
        (1, 1, True, (Warn.NO_SUITABLE_QUEUES,)),
        (3, None, False, ()),
        (4, None, False, ()),
    ],
)
def test_verification_of_what_can_never_run(
    verify: int, number: int | None, suitable: bool, warnings: tuple[Warn, ...]
) -> None:
    answer = Kit().submit(verify_suitable=verify, hard_resources=(Resource("arch", "none"),))
    assert (answer.number, answer.suitable, answer.warnings) == (number, suitable, warnings)


def test_verification_with_w_e_refuses() -> None:
    answer = refusal(Kit(), verify_suitable=2, hard_resources=(Resource("arch", "none"),))
    assert answer is not None
    assert answer.kind is RefusalKind.NO_SUITABLE_QUEUES
    # capture state.array_mix.j
    assert (
        '(-l arch=none) cannot run at host "localhost" because it offers only hl:arch=lx-amd64' in answer.args
    )


def test_holds_of_a_new_array() -> None:
    kit = Kit()
    job = kit.jobs[kit.put(tasks=(1, 5, 2), user_hold=True)]
    assert [(hold, list(tasks)) for hold, tasks in job.waiting_groups()] == [(Hold.USER, [1, 3, 5])]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("1:30", 90),
        ("1:0:0", 3600),
        ("::10", 10),
        ("0:0:1", 1),
        ("INFINITY", float("inf")),
        ("abc", None),
        ("1:2:3:4", None),
        ("-1", None),
        ("", None),
    ],
)
def test_times(text: str, seconds: float | None) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2G", 2 * 1024**3),
        ("1.5k", 1500),
        ("10", 10),
        ("0x10K", 16384),
        ("1M", 1024**2),
        ("1 M", None),
        ("x", None),
    ],
)
def test_memory(text: str, size: float | None) -> None:
    assert parse_memory(text) == size
