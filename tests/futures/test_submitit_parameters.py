"""submitit's parameters as options of qsub."""

from __future__ import annotations

from typing import Any

import pytest

from drmaa_cli.submitit_plugin import parameters as words
from drmaa_cli.template.job_name import check_job_name
from tests.tables import each_row


@each_row(
    "given, native",
    [
        ({}, "-l h_rt=300 -l s_rt=210"),
        ({"timeout_min": 60, "mem_gb": 4}, "-l h_vmem=4096M,h_rt=3600 -l s_rt=3510"),
        ({"timeout_min": 1}, "-l h_rt=60 -l s_rt=30"),
        ({"timeout_min": 0.01}, "-l h_rt=1 -l s_rt=1"),
        ({"signal_delay_s": 0, "cpus_per_task": 4, "mem_gb": 1.5}, "-pe smp 4 -l h_vmem=384M,h_rt=300"),
        ({"gpus_per_node": 2, "gpu_resource": "cuda", "signal_delay_s": 0}, "-l h_rt=300,cuda=2"),
        ({"mem_gb": None, "native": "-q long"}, "-l h_rt=300 -l s_rt=210 -q long"),
    ],
)
def test_what_is_asked_for(given: dict[str, Any], native: str) -> None:
    assert words.read(given).native == native


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("train", "train"),
        ("my run: a/b=1", "my_run_a_b_1"),
        ("2024.trial-7", "job_2024.trial-7"),
        ("all", "job_all"),
        ("läuft*", "l_uft"),
        ("", "job_"),
    ],
)
def test_names_as_grid_engine_takes_them(given: str, name: str) -> None:
    """With Slurm any text is a name; hydra's are such as ``model=large``."""
    assert words.read({"name": given}).name == name
    check_job_name(name)


def test_the_script() -> None:
    plain = words.script("python3", "/a b", words.read({}))
    assert plain == "trap '' USR1 USR2\nexec python3 -u -m submitit.core._submit '/a b'"
    long = words.script("python3", "/a", words.read({"setup": ["x"], "teardown": ["y", "z"]}))
    assert long.splitlines() == [
        "trap '' USR1 USR2", "x", "python3 -u -m submitit.core._submit /a", "drmaa_cli_status=$?", "y", "z",
        "exit $drmaa_cli_status",
    ]  # fmt: skip


def test_logs_and_ids() -> None:
    assert words.log_path("/l/%j_%t_log.out", is_array=False) == "/l/$JOB_ID_0_log.out"
    assert words.log_path("/l/%A/%a/%j_%t", is_array=True) == "/l/$JOB_ID/$TASK_ID/$JOB_ID_$TASK_ID_0"
    assert words.ids(["12.3", "7"]) == ["12_3", "7"]
    assert [words.drmaa_id(job) for job in ("12_3", "7")] == ["12.3", "7"]
    assert words.parallelism({"array_parallelism": 7}) == "-tc 7"
    assert words.parallelism({}) == ""


def test_the_environment_goes_with_the_job_less_what_is_its_own() -> None:
    given = {"A": "1", "JOB_ID": "7", "SGE_ROOT": "/sge", "BASH_FUNC_f%%": "() { :; }", "TMPDIR": "/tmp"}
    assert words.passed_on(given, {"B": "2"}) == {"A": "1", "B": "2"}
