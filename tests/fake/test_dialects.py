"""The other dialects: their fixtures (tests/data/README.md), rebuilt from jobs and records."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from fake_sge.commands.dispatch import dispatch
from fake_sge.commands.times.local_time import clock_of
from fake_sge.model import (
    Granted,
    Host,
    Job,
    JobSpec,
    JobType,
    QueueInstance,
    Range,
    Resource,
    State,
    Status,
    Task,
    TaskSet,
)
from fake_sge.model.accounting import Record, format_record
from fake_sge.model.requests import Reply, Request
from fake_sge.options import FLAVOURS
from fake_sge.render.dialects import DIALECTS, accounting_block, accounting_rows, dialect_of, failed_text

from .cells import Cell, config_of
from .situations import Facts, utc

FLAVOUR_DATA = Path(__file__).parent.parent / "data" / "flavours"


def fixture(name: str) -> str:
    return (FLAVOUR_DATA / name).read_text(encoding="utf-8")


def request(argv: list[str], flavour: str, root: Path) -> Request:
    (root / "default" / "common").mkdir(parents=True, exist_ok=True)
    env = {"SGE_ROOT": str(root), "TZ": "UTC"}
    return Request(argv, env, str(root), "root", 0, "root", 0, flavour=flavour)


def run(argv: list[str], flavour: str, root: Path, cell: Any) -> Reply:
    return dispatch(request(argv, flavour, root), cell)


def job(number: int, name: str, array: Range | None = None, **spec: Any) -> Job:
    array = array or Range(1, 1)
    kind = JobType.ARRAY if array.last > 1 else JobType.NONE
    made = JobSpec(name, "root", 0, "root", 0, "weir", array=array, job_type=kind, **spec)
    full = TaskSet.full(array)
    none = full.empty()
    return Job(
        number,
        made,
        utc("2025-04-16T05:23:52", "%Y-%m-%dT%H:%M:%S") + 0.907341,
        none,
        none,
        none,
        none,
        none,
        priority=0.505,
    )


def running(one: Job, host: str, started: float) -> Job:
    place = (Granted("all.q", host, 1),)
    one.tasks[1] = Task(1, Status.RUNNING, State.NONE, start_time=started, granted=place, priority=0.505)
    return one


def small_cell() -> Cell:
    start = utc("2025-04-16T05:18:07", "%Y-%m-%dT%H:%M:%S") + 0.408163
    first = running(
        job(31, "gauge", hard_resources=(Resource("h_vmem", "3G"),), hard_queues=("all.q@weir",)),
        "weir",
        start,
    )
    second = job(32, "gauge", Range(1, 81, 4))
    second.waiting = TaskSet.full(second.spec.array).of(range(9, 82, 4))
    return Cell(config_of(Facts()), [first, second])


def test_ocs_list_is_that_of_the_fixture(tmp_path: Path) -> None:
    reply = run(["qstat", "-xml"], "ocs-9.0", tmp_path, small_cell())
    assert reply.out.decode() == fixture("ocs-9.0_qstat.xml")


def test_ocs_queues_are_those_of_the_fixture(tmp_path: Path) -> None:
    facts = Facts()
    names = ("weir", "weir-a", "weir-b")
    for name in names:
        facts.queues[f"all.q@{name}"] = {"slots_total": "6", "qtype": "BIP"}
    config = config_of(facts)
    config.hosts = {name: Host(name, {"load_avg": "0.76", "arch": "lx-riscv64"}) for name in names}
    cell = Cell(config, instances=[QueueInstance(config.queues["all.q"], name) for name in names])
    reply = run(["qstat", "-f", "-xml"], "ocs-9.0", tmp_path, cell)
    assert reply.out.decode() == fixture("ocs-9.0_qstat_f.xml")


def test_unknown_jobs_of_6_2u5_are_not_well_formed(tmp_path: Path) -> None:
    reply = run(["qstat", "-j", "52", "-xml"], "sge-6.2u5", tmp_path, small_cell())
    assert reply.out.decode().rstrip() == fixture("sge-6.2u5_qstat_j_unknown.xml").rstrip()


@pytest.mark.parametrize(
    ("flavour", "banner"),
    [
        ("sge-6.2u5", "GE 6.2u5"),
        ("uge-8.6", "UGE 8.6.6"),
        ("ocs-9.0", "OCS 9.0.10"),
        ("sge-8.1.9", "SGE 8.1.9"),
    ],
)
@pytest.mark.parametrize("tool", ["qstat", "qacct", "qsub", "qdel"])
def test_the_version_line(tmp_path: Path, flavour: str, banner: str, tool: str) -> None:
    reply = run([tool, "-help"], flavour, tmp_path, small_cell())
    assert reply.out.decode().splitlines()[0] == banner


def test_ocs_details_have_the_tags_of_the_fixture(tmp_path: Path) -> None:
    reply = run(["qstat", "-j", "31", "-xml"], "ocs-9.0", tmp_path, small_cell())
    root = ElementTree.fromstring(reply.out.decode())
    known = ElementTree.fromstring(fixture("ocs-9.0_qstat_j.xml"))
    path = (
        "djob_info/element/JB_request_set_list/ulong_sublist/JRS_hard_resource_list/qstat_l_requests/CE_name"
    )
    assert root.find(path) is not None
    assert known.find(path) is not None
    for tag in ("JAT_state", "JAT_status", "JAT_hold", "JAT_task_number", "JAT_start_time"):
        assert root.findtext(f".//JB_ja_tasks/element/{tag}") is not None, tag
        assert known.findtext(f".//JB_ja_tasks/element/{tag}") is not None, tag
    assert root.findtext(".//JB_submission_time") == "2025-04-16T05:23:52.907341"
    assert root.findtext(".//JG_qhostname") == "weir"
    assert root.findtext(".//JAT_state") == "128"


def test_uge_details_are_flat(tmp_path: Path) -> None:
    reply = run(["qstat", "-j", "31", "-xml"], "uge-8.6", tmp_path, small_cell())
    root = ElementTree.fromstring(reply.out.decode())
    known = ElementTree.fromstring(fixture("uge-8.6_qstat_j.xml"))
    for tree in (root, known):
        for path in (
            "djob_info/JB_job_number",
            "djob_info/JB_hard_resource_list/CE_name",
            "djob_info/JB_hard_queue_list/QR_name",
            "djob_info/JB_ja_tasks/JAT_status",
            "djob_info/JB_ja_structure/task_id_range/RN_min",
        ):
            assert tree.find(path) is not None, path
    assert root.findtext("djob_info/JB_submission_time") == "1744781032907"


def test_old_details_lack_what_came_later(tmp_path: Path) -> None:
    out = run(["qstat", "-j", "31", "-xml"], "sge-6.2u5", tmp_path, small_cell()).out.decode()
    assert "JAT_start_time" not in out
    assert "JB_submission_time" in out


# ---- qacct -----------------------------------------------------------------------------------------
TEXTS = {"qname", "hostname", "group", "owner", "project", "department", "account", "granted_pe", "pe_taskid"}
NAMES = {
    "jobname": "job_name",
    "jobnumber": "job_number",
    "taskid": "task_number",
    "qsub_time": "submission_time",
}


def record_of(block: str) -> Record:
    """A record with what the block says."""
    record = Record()
    for line in block.splitlines():
        label, _, value = line.partition(" ")
        value = value.strip()
        name = NAMES.get(label, label)
        if name in ("submission_time", "start_time", "end_time"):
            form = "%Y-%m-%d %H:%M:%S" if value[4] == "-" else "%m/%d/%Y %H:%M:%S"
            whole, _, rest = value.partition(".")
            setattr(record, name, utc(whole, form) + float(f"0.{rest}"))
        elif value == "undefined":
            continue
        elif name in TEXTS or name == "job_name":
            setattr(record, name, value)
        elif hasattr(record, name):
            number = re.match(r"[\d.]+", value)
            assert number
            scale = {"M": 1024.0**2, "G": 1024.0**3}.get(value[-1], 1.0)
            kind = float if "." in value or name == "maxvmem" else int
            setattr(record, name, kind(float(number.group()) * scale))
        else:
            record.extra[name] = value
    return record


@pytest.mark.parametrize(
    ("name", "flavour"),
    [
        ("uge-8.6_qacct_j.txt", "uge-8.6"),
        ("ocs-9.0_qacct_j.txt", "ocs-9.0"),
    ],
)
def test_accounting_blocks_are_those_of_the_fixtures(name: str, flavour: str) -> None:
    dialect = dialect_of(flavour)
    for block in re.split("(?m)^={62}\n", fixture(name).split("Total System")[0])[1:]:
        wanted = "=" * 62 + "\n" + block
        record = record_of(block)
        shown = accounting_block(
            accounting_rows(record, clock_of("UTC"), dialect, failed_text(record, dialect)), dialect
        )
        assert [line.rstrip() for line in shown.splitlines()] == [
            line.rstrip() for line in wanted.splitlines()
        ]


def test_qacct_reads_the_file_of_the_fake_in_every_dialect(tmp_path: Path) -> None:
    common = tmp_path / "default" / "common"
    common.mkdir(parents=True)
    record = Record(
        qname="all.q",
        hostname="h",
        group="g",
        owner="o",
        job_name="j",
        job_number=7,
        account="sge",
        submission_time=1,
        start_time=2,
        end_time=5,
        ru_wallclock=3,
        failed=100,
        exit_status=137,
    )
    (common / "accounting").write_text(format_record(record))
    for flavour, wall in (("sge-6.2u5", "3"), ("uge-8.6", "3.000"), ("ocs-9.0", "3"), ("sge-8.1.9", "3s")):
        out = run(["qacct", "-j", "7"], flavour, tmp_path, small_cell()).out.decode()
        assert f"ru_wallclock {wall}" in re.sub(" +", " ", out)
        assert "100 : assumedly after job" in out


def test_an_unknown_flavour_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown flavour"):
        dialect_of("pbs")


def test_every_flavour_of_the_options_has_a_dialect() -> None:
    assert tuple(DIALECTS) == FLAVOURS
