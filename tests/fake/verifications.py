"""What a real Grid Engine says of jobs that no place suits, for the fake to say the same.

    python -m tests.fake.verifications tests/fake/data/verifications.jsonl

boots a private cell of the Grid Engine that is installed here, and writes down what ``qalter -w v``,
``qalter -w p`` and the scheduling information of ``qstat -j`` say of each case. A line is never changed by
hand afterwards.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fake_sge import RealCell
from tests.why.site import NO_LOADS, OPTIONS, Site


class Case(NamedTuple):
    """A job that has to wait.

    Attributes:
        name: its name.
        options: what it asks for.
        queue: what is different in all.q.
        running: what a job asks for that runs already; None for no such job.
    """

    name: str
    options: tuple[str, ...]
    queue: Mapping[str, str] = {}
    running: tuple[str, ...] | None = None


CASES = (
    Case("consumable_beyond_all", ("-l", "lic=3")),
    Case("consumable_in_use", ("-l", "lic=1"), running=("-l", "lic=1")),
    Case("memory_beyond_all", ("-l", "disk=20G")),
    Case("memory_partly_in_use", ("-l", "disk=8G"), running=("-l", "disk=4500M")),
    Case("the_second_of_two_consumables", ("-l", "lic=1,disk=20G")),
    Case("two_consumables_in_use", ("-l", "disk=8G,lic=1"), running=("-l", "lic=1,disk=4G")),
    Case("consumable_of_the_queue_beyond_all", ("-l", "seats=3"), {"complex_values": "seats=2"}),
    Case(
        "consumable_of_the_queue_in_use", ("-l", "seats=2"), {"complex_values": "seats=2"}, ("-l", "seats=1")
    ),
    Case("consumable_that_nobody_has", ("-l", "seats=1")),
    Case("fixed_value_of_the_queue", ("-l", "feat=1"), {"complex_values": "feat=FALSE"}),
    Case("run_time_beyond_the_queue", ("-l", "h_rt=10:0:0"), {"h_rt": "0:0:10"}),
    Case("memory_beyond_the_queue", ("-l", "h_vmem=2G"), {"h_vmem": "1G"}),
    Case("two_limits_of_the_queue", ("-l", "h_rt=10:0:0,h_vmem=2G"), {"h_rt": "0:0:10", "h_vmem": "1G"}),
    Case("soft_run_time_beyond_the_queue", ("-l", "s_rt=900"), {"s_rt": "0:0:10"}),
    Case("another_queue_name", ("-l", "qname=none*")),
    Case("another_host_name", ("-l", "hostname=none*")),
    Case("another_architecture", ("-l", "arch=none")),
    Case("resource_that_nothing_has", ("-l", "feat=1")),
    Case("arch_before_run_time", ("-l", "arch=none,h_rt=10:0:0"), {"h_rt": "0:0:10"}),
    Case("parallel_consumable_beyond_all", ("-pe", "smp", "2", "-l", "lic=1")),
    Case("parallel_consumable_beyond_one", ("-pe", "smp", "1", "-l", "lic=3")),
    Case("parallel_run_time_beyond_the_queue", ("-pe", "smp", "1", "-l", "h_rt=10:0:0"), {"h_rt": "0:0:10"}),
    Case("parallel_other_architecture", ("-pe", "smp", "1", "-l", "arch=none")),
    Case("environment_of_no_queue", ("-pe", "nowhere", "2")),
    Case("environment_with_too_few_slots", ("-pe", "few", "2")),
    Case("more_slots_than_there_are", ("-pe", "smp", "5")),
)
CELL: dict[str, Any] = {**OPTIONS, "complexes": (*OPTIONS["complexes"], "seats seats INT <= YES YES 0 0")}
QUEUES = {"all.q": {**NO_LOADS, "pe_list": "smp few"}}


def said(site: Site, case: Case) -> dict[str, Any]:
    """What is said of a case: the lines without the job's number."""
    if case.queue:
        site.queue(**case.queue)
    if case.running is not None:
        site.sleeper(*case.running)
    job = site.submit(*case.options, "sleep", "9")

    def lines(*argv: str) -> list[str]:
        return [line.replace(f"Job {job} ", "Job N ") for line in site.run(*argv, check=False).splitlines()]

    def scheduling() -> list[str]:
        text = site.run("qstat", "-j", job).partition("scheduling info:")[2]
        return [line.strip() for line in text.splitlines()]

    site.wait_until(lambda: bool(scheduling()), "what the scheduler says")
    return {
        "case": case.name,
        "empty": lines("qalter", "-w", "v", job),
        "now": lines("qalter", "-w", "p", job),
        "scheduler": scheduling(),
    }


def main() -> None:
    """Record every case."""
    parser = argparse.ArgumentParser(prog="python -m tests.fake.verifications")
    parser.add_argument("file", type=Path, help="the file that is written")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="why") as directory:
        folder = Path(directory)
        folder.chmod(0o777)
        with RealCell(folder / "cell", **CELL, queues=QUEUES) as cell:
            site = Site(cell, folder)
            lines = []
            for case in CASES:
                try:
                    lines.append(said(site, case))
                finally:
                    site.clean_up()
    arguments.file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
