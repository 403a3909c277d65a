"""What wait() tells beside the tuple, as the job itself saw it: its files, its host, its time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.harness import World
from tests.patience import PATIENCE

pytestmark = pytest.mark.only_on("cli-real", "cli-fake")

SCRIPT = """\
out=$(readlink "/proc/$$/fd/1")
err=$(readlink "/proc/$$/fd/2")
echo "$out" > "$0.1"
echo "$err" > "$0.2"
"""
FILES: list[tuple[str, dict[str, Any]]] = [
    ("attributes", {"outputPath": ":{dir}/out", "errorPath": ":{dir}/err"}),
    ("variables", {"outputPath": ":{dir}/$JOB_NAME.$JOB_ID.$TASK_ID.$$x",
                   "errorPath": ":{dir}/$USER.$HOSTNAME"}),
    ("relative", {"workingDirectory": "{dir}", "outputPath": ":./o.$JOB_ID", "errorPath": ":e.$JOB_ID"}),
    ("placeholder", {"workingDirectory": "{dir}", "outputPath": ":$drmaa_wd_ph$/o", "errorPath": ":sub/e"}),
    ("directory", {"workingDirectory": "{dir}", "outputPath": ":{dir}/sub/", "errorPath": ":."}),
    ("defaults", {"workingDirectory": "{dir}", "jobName": "named", "outputPath": None}),
    ("comma", {"outputPath": ":{dir}/a,b.$JOB_ID", "errorPath": ":{dir}/c,d"}),
    ("line end", {"workingDirectory": "{dir}/li\nne", "outputPath": None}),
    ("native", {"nativeSpecification": "-o {dir}/native.o$JOB_ID -e :{dir}/native.e", "outputPath": None}),
    ("native directory", {"nativeSpecification": "-wd {dir} -o x -e y", "outputPath": None}),
    ("attribute wins", {"nativeSpecification": "-o {dir}/n -e {dir}/m", "outputPath": ":{dir}/a"}),
    ("hosts", {"nativeSpecification": "-o localhost:{dir}/here,:{dir}/there -e {dir}/m", "outputPath": None}),
    ("joined", {"outputPath": ":{dir}/both", "joinFiles": True}),
    ("joined natively", {"outputPath": ":{dir}/both", "nativeSpecification": "-j y"}),
]  # fmt: skip


def filled(value: object, directory: Path) -> object:
    return value.replace("{dir}", str(directory)) if isinstance(value, str) else value


def opened(probe: Path) -> tuple[str, str]:
    """What a job that ran SCRIPT had as its standard output and its standard error."""
    out, err = (probe.with_name(f"{probe.name}.{number}").read_text()[:-1] for number in (1, 2))
    return out, err


def test_the_files_of_the_output(session: World) -> None:
    jobs: dict[str, str] = {}
    for name, attributes in FILES:
        directory = session.directory / name.replace(" ", "_")
        (directory / "sub").mkdir(parents=True)
        (directory / "li\nne").mkdir()
        given = {"joinFiles": None, **{key: filled(value, directory) for key, value in attributes.items()}}
        jobs[name] = session.run("/bin/sh", "-c", SCRIPT, str(session.file(f"probe {name}")), **given)
    infos = {name: session.session.wait(job, PATIENCE) for name, job in jobs.items()}
    told = {name: (info.output_path, info.error_path) for name, info in infos.items()}
    assert told == {name: opened(session.file(f"probe {name}")) for name in jobs}


def test_the_files_of_an_array(session: World) -> None:
    directory = session.directory
    script = SCRIPT.replace("$0", "$0.$SGE_TASK_ID")
    jobs = session.bulk(
        2, 6, 2, "/bin/sh", "-c", script, str(session.file("probe")), workingDirectory=str(directory),
        outputPath=":$drmaa_wd_ph$/o.$drmaa_incr_ph$.$JOB_ID", joinFiles=None,
    )  # fmt: skip
    infos = [session.session.wait(job, PATIENCE) for job in jobs]
    found = [(info.output_path, info.error_path) for info in infos]
    assert found == [opened(session.file(f"probe.{task}")) for task in (2, 4, 6)]


def test_the_files_of_tasks_in_directories_of_their_own(session: World) -> None:
    for task in "12":
        session.file(f"d{task}").mkdir()
    script = SCRIPT.replace("$0", "$0.$SGE_TASK_ID")
    jobs = session.bulk(
        1, 2, 1, "/bin/sh", "-c", script, str(session.file("probe")),
        workingDirectory=f"{session.directory}/d$drmaa_incr_ph$", outputPath=None, joinFiles=None,
    )  # fmt: skip
    infos = [session.session.wait(job, PATIENCE) for job in jobs]
    found = [(info.output_path, info.error_path) for info in infos]
    assert found == [opened(session.file(f"probe.{task}")) for task in (1, 2)]


def test_the_files_of_a_job_that_another_process_submitted(session: World) -> None:
    job, path = session.sleeper(outputPath=f":{session.directory}/$JOB_NAME.o"), session.file("contract.o")
    contact = session.session.contact
    session.end()
    try:
        session.session.initialize(contact)
        session.session.control(job, "terminate")
        info = session.session.wait(job, PATIENCE)
    finally:
        session.begin()
    assert (info.output_path, info.error_path) == (str(path), str(path))


def test_the_time_from_start_to_end(session: World) -> None:
    info = session.session.wait(session.run("/bin/sleep", "1.2"), PATIENCE)
    assert 1 <= info.wallclock <= PATIENCE
    usage = info.resourceUsage
    assert abs(info.wallclock - float(usage["end_time"]) + float(usage["start_time"])) <= 1


def test_what_it_used_beside_what_it_had_asked_for(session: World) -> None:
    options = "-l h_rt=1:0:0,s_rt=1800,h_vmem=4G,h_cpu=600 -pe smp 2"
    info = session.session.wait(session.run(nativeSpecification=options), PATIENCE)
    asked = info.requested
    assert (asked.time, asked.memory, asked.cpu, asked.slots) == (3600.0, 8 * 2**30, 1200.0, 2)
    assert asked.words.pe == "smp"
    assert info.slots == 2
    assert info.cpu == float(info.resourceUsage["cpu"])
    assert info.max_memory >= float(info.resourceUsage["maxvmem"])
    assert info.efficiency.time == info.wallclock / 3600
    assert info.efficiency.memory == info.max_memory / (8 * 2**30)
    assert info.summary().startswith(f"{info.jobId}: exit 0 on {info.host} ({info.queue}), ")
