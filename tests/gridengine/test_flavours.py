"""The other Grid Engines: their qstat -xml in fixtures (tests/data/README.md), read by rules of their own."""

from __future__ import annotations

import html
import re

import pytest

from drmaa_cli.gridengine import qstat
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.gridengine.replies import UnreadableReply
from drmaa_cli.gridengine.units import parse_time
from tests.gridengine import captured
from tests.gridengine.captured import result
from tests.tables import each_row

FLAVOURS = captured.DATA / "flavours"
README = (captured.DATA / "README.md").read_text()
NAMES = sorted(path.name for path in FLAVOURS.glob("*.xml"))


def of_root(root: str) -> list[str]:
    return [name for name in NAMES if re.search(rf"<{root}\b", (FLAVOURS / name).read_text()[:100])]


LISTINGS = of_root("job_info")
DETAILS = of_root("detailed_job_info")


def field(block: str, tag: str) -> str:
    found = re.search(rf"<{tag}>(.*?)</{tag}>", block, re.DOTALL)
    return html.unescape(found[1]) if found else ""


def members(tasks: str) -> list[int]:
    found: list[int] = []
    for first, last, step in re.findall(r"(\d+)(?:-(\d+)(?::(\d+))?)?", tasks):
        found += range(int(first), int(last or first) + 1, int(step or 1))
    return found


def test_there_are_fixtures_and_each_is_described() -> None:
    assert len(LISTINGS) == 8
    assert len(DETAILS) == 9
    assert sorted([*LISTINGS, *DETAILS, "sge-6.2u5_qstat_j_unknown.xml"]) == NAMES
    described = re.findall(r"^\| `([\w.-]+)` \|", README, re.MULTILINE)
    assert sorted(described) == sorted(path.name for path in FLAVOURS.iterdir())


@each_row("name", LISTINGS)
def test_listings(name: str) -> None:
    reply = captured.flavour(name)
    rows = qstat.parse_listing(reply).rows
    jobs = re.findall(r"<job_list[^>]*>(.*?)</job_list>", reply.out, re.DOTALL)
    assert [row.job for row in rows] == [int(field(job, "JB_job_number")) for job in jobs]
    assert [row.state for row in rows] == [field(job, "state") for job in jobs]
    assert [row.name for row in rows] == [field(job, "JB_name") for job in jobs]
    assert [row.owner for row in rows] == [field(job, "JB_owner") for job in jobs]
    assert [row.slots for row in rows] == [int(field(job, "slots")) for job in jobs]
    assert [list(row.tasks.numbers()) if row.tasks else [] for row in rows] == [
        members(field(job, "tasks")) for job in jobs
    ]
    for row, job in zip(rows, jobs):
        times = re.findall(r"<(?:JAT_start|JB_submission|JAT_submission)_time>(.*?)<", job)
        assert [row.time] == (times or [""])
        assert row.time == "" or parse_time(row.time) > 1e9


def test_the_queue_is_known_with_and_without_queue_elements() -> None:
    for name in LISTINGS:
        for row in qstat.parse_listing(captured.flavour(name)).rows:
            assert bool(row.queue) == (row.listed_as == "running"), (name, row)


def test_a_listing_of_many_queues_and_jobs() -> None:
    """Every instance of the fixture's full queue, 28 of them with 28 jobs each: some 8,500 lines."""
    reply = captured.flavour("sge-8.1.9_qstat_F.xml")
    before, queue, after = re.split(r"(?s)( *<Queue-List>.*?</Queue-List>\n)", reply.out, maxsplit=1)
    job = re.search(r"(?s) *<job_list.*?</job_list>\n", queue)
    assert job
    bare = re.sub(r"(?s) *<job_list.*</job_list>\n", "JOBS", queue)
    numbers = {place: range(place * 100, place * 100 + 28) for place in range(1, 29)}
    queues = "".join(
        bare.replace("moss01", f"moss{place}").replace(
            "JOBS",
            "".join(job[0].replace("<JB_job_number>5121", f"<JB_job_number>{number}") for number in jobs),
        )
        for place, jobs in numbers.items()
    )
    found = qstat.parse_listing(result(f"{before}{queues}{after}")).rows
    many = found[: 28 * 28]
    assert [row.job for row in many] == [number for jobs in numbers.values() for number in jobs]
    assert {(row.job // 100, row.queue) for row in many} == {
        (place, f"bog.q@moss{place}.fen.example") for place in numbers
    }
    assert found[28 * 28 :] == qstat.parse_listing(reply).rows[3:]
    few = qstat.parse_listing(result(f"{before}{queues}{after}"), wanted={2827, 101}).rows
    assert few == (found[1], found[28 * 28 - 1])


def test_the_state_of_a_queue_is_none_of_its_jobs() -> None:
    rows = qstat.parse_listing(captured.flavour("sge-8.1.9_qstat_F.xml")).rows
    assert [row.state for row in rows if "moss02" in row.queue] == ["dr", "r", "dr"]


@each_row("name", DETAILS)
def test_details(name: str) -> None:
    reply = captured.flavour(name)
    number = int(field(reply.out, "JB_job_number"))
    details = qstat.parse_details(reply, [number, number + 1])
    assert details.unknown == {number + 1}
    (job,) = details.jobs
    assert (job.job, job.owner) == (number, field(reply.out, "JB_owner"))
    assert job.name == field(reply.out, "JB_job_name")
    structure = field(reply.out, "JB_ja_structure")
    limits = [int(field(structure, tag)) for tag in ("RN_min", "RN_max", "RN_step")]
    assert job.tasks == TaskRange(*limits)
    assert job.is_array == (limits != [1, 1, 1])
    stamp = field(reply.out, "JB_submission_time")
    if stamp.isdigit():
        assert job.submission_time == pytest.approx(int(stamp[:10]), abs=1)
    else:
        assert job.submission_time == pytest.approx(parse_time(stamp[:19]), abs=1)
    statuses = re.findall(r"<JAT_status>(.*?)<", reply.out)
    assert [str(task.status) for task in job.details] == statuses
    numbers = re.findall(r"<JAT_task_number>(.*?)<", reply.out)
    assert [str(task.task) for task in job.details] == numbers
    usage = dict(re.findall(r"<UA_name>(.*?)</UA_name>\s*<UA_value>(.*?)</UA_value>", reply.out))
    merged = {key: value for task in job.details for key, value in task.usage.items()}
    assert merged == {key: float(value) for key, value in usage.items()}
    messages = [html.unescape(text) for text in re.findall(r"<QIM_message>(.*?)<", reply.out, re.DOTALL)]
    assert [text for task in job.details for text in task.messages] == messages


def test_unknown_jobs_in_tags_without_a_name() -> None:
    reply = captured.flavour("sge-6.2u5_qstat_j_unknown.xml")
    details = qstat.parse_details(reply, [52])
    assert details.unknown == {52}
    assert not details.jobs


def test_several_jobs_without_an_element_around_each() -> None:
    """Univa 8.6 prints the fields of a job directly: two jobs follow each other."""
    reply = captured.flavour("uge-8.6_qstat_j.xml")
    body = re.search(r"<djob_info>(.*)</djob_info>", reply.out, re.DOTALL)
    assert body
    second = body[1].replace("305170", "305171").replace("<JAT_status>128", "<JAT_status>0")
    both = reply.out.replace(body[1], body[1] + second)
    (one,) = qstat.parse_details(reply, [305170]).jobs
    found = qstat.parse_details(result(both), [305170, 305171]).jobs
    assert found == (one, one._replace(job=305171, details=(one.details[0]._replace(status=0),)))


@pytest.mark.parametrize("name", ["ocs-9.0_qstat_j_pending.xml", "uge-8.6_qstat_j.xml"])
def test_details_cut_off_anywhere_are_an_error(name: str) -> None:
    complete = captured.flavour(name).stdout.rstrip()
    for length in range(0, len(complete), 31):
        with pytest.raises(UnreadableReply):
            qstat.parse_details(result(complete[:length]), [1])


def test_tasks_that_a_restarted_qmaster_has_read_from_its_spool() -> None:
    (job,) = qstat.parse_details(captured.flavour("sge-8.1.9_qstat_j_restored.xml"), [111]).jobs
    assert (job.job, job.name, job.is_array) == (111, "sleep", True)
    assert [(task.task, task.status) for task in job.details] == [(1, 512), (2, 512), (3, 512)]
