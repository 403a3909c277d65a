"""What of the executor plugin for Snakemake needs no Snakemake: requests, and the report."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from drmaa_cli.gridengine.native import read_options, split
from drmaa_cli.jobs.job_info import Facts, JobInfo
from drmaa_cli.jobs.reason import Cause
from tests.tables import each_row

PLUGIN = (
    Path(__file__)
    .resolve()
    .parent.parent.parent.joinpath("integrations", "snakemake", "snakemake_executor_plugin_drmaa_cli")
)


def load(name: str) -> ModuleType:
    """A module of the plugin by itself: its package needs Snakemake."""
    spec = importlib.util.spec_from_file_location(f"plugin_for_snakemake_{name}", PLUGIN / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


requests, report = load("requests"), load("report")


@each_row(
    "threads, resources, words",
    [
        (1, {}, ""),
        (4, {"mem_mb": 1000, "runtime": 90}, "-pe smp 4 -l mem_free=250M,h_rt=5400 -w n"),
        (3, {"mem_mb": 1000, "runtime": 0.5}, "-pe smp 3 -l mem_free=334M,h_rt=30 -w n"),
        (1, {"mem_mb": "<TBD>", "runtime": "10", "disk_mb": 5, "tmpdir": "/tmp"}, "-l h_rt=600"),
        (2, {"sge_pe": "threads", "gpu": 1, "sge_gpu_resource": "cuda"}, "-pe threads 2 -l cuda=1"),
        (1, {"mem_mb": 10, "sge_memory_resource": "h_vmem,mem_free"}, "-l h_vmem=10M,mem_free=10M -w n"),
        (1, {"mem_mb": 10, "sge_native": "-w w"}, "-l mem_free=10M -w n -w w"),
        (1, {"sge_virtual_free": "1G"}, "-l virtual_free=1G -w n"),
        (1, {"sge_queue": "l.q@a*", "sge_project": "p 1", "sge_priority": 5}, "-q 'l.q@a*' -P 'p 1' -p 5"),
        (1, {"sge_account": "a", "sge_h_fsize": "1G", "sge_arch": "lx*"}, "-l 'arch=lx*,h_fsize=1G' -A a"),
        (1, {"sge_native": "-hold_jid 7 -m n", "mem_mb": True}, "-hold_jid 7 -m n"),
    ],
)  # fmt: skip
def test_requests(threads: int, resources: dict[str, Any], words: str) -> None:
    made = requests.specification(threads, resources)
    assert made == words
    read_options(split(made))  # it is a native specification


def test_what_holds_for_all_rules() -> None:
    defaults = requests.Defaults("-r y", "mpi", "", "gpu")
    assert requests.specification(2, {"mem_mb": 10, "sge_native": "-R y"}, defaults) == "-pe mpi 2 -r y -R y"


def test_names() -> None:
    assert requests.job_name("map_reads") == "smk-map_reads"
    assert requests.job_name("a group/of rules, 3") == "smk-a_group_of_rules_3"
    assert len(requests.job_name("x" * 200)) == 64


def info(job: str, usage: dict[str, str], facts: Facts, **fields: Any) -> JobInfo:
    values = {
        "hasExited": True,
        "hasSignal": False,
        "terminatedSignal": "",
        "wasAborted": False,
        "exitStatus": 0,
    }
    values.update(fields)
    return JobInfo(jobId=job, hasCoreDump=False, resourceUsage=usage, **values).with_facts(facts)


def test_the_report() -> None:
    usage = {
        "start_time": "1000.0000",
        "end_time": "1100.0000",
        "cpu": "150.0000",
        "maxvmem": str(400 * 2**20),
    }
    facts = Facts(
        Cause.EXITED, host="node7", slots=2, requests="-l h_rt=600 -pe smp 2", failed=0, wallclock=100.0
    )
    good = report.Ran("map", 3, info("7.2", usage, facts))
    gone = report.Ran(
        "a", 1, info("8", {}, Facts(Cause.DELETED, "deleted by anna"), hasExited=False, wasAborted=True)
    )
    lines = [line.split("\t") for line in report.table([good, gone], [800, 0]).splitlines()]
    assert tuple(lines[0]) == report.COLUMNS
    assert lines[1][:6] == ["a", "1", "8", "deleted by anna", "", "0"]
    assert set(lines[1][6:]) == {""}
    assert lines[2] == [
        "map", "3", "7.2", "ok", "node7", "2", "100", "600", "150", "0.75", "400", "800", "0.5",
    ]  # fmt: skip
