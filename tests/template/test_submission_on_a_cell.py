"""What build() makes is accepted by a real qsub, and reaches the job byte for byte."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.template.build import build
from drmaa_cli.template.submission import UNMARKED, BuildContext, Environment, Marks, Submission
from tests.patience import PATIENCE
from tests.real_cell import RealCell, wait_until
from tests.template.submissions import values

pytestmark = pytest.mark.real_cell

PROBE = """\
#!/usr/bin/python3
import json, os, sys
target = os.environ["PROBE_OUT"] + "." + os.environ["SGE_TASK_ID"]
seen = {
    "argv": sys.argv[1:],
    "cwd": os.getcwd(),
    "env": dict(os.environ),
    "files": [os.readlink(f"/proc/self/fd/{number}") for number in (0, 1, 2)],
}
with open(target + ".new", "w", encoding="utf-8", errors="surrogateescape") as out:
    json.dump(seen, out, ensure_ascii=True)
os.rename(target + ".new", target)
"""
HOSTILE = [
    "", " ", "a b", "a  b ", "'q'", '"q"', "$HOME", "`id`", "*", "?", "\\", "a\\nb", "--", "-N", "x", "a,b",
    "a=b", "=", "&<>|;()", "\t", "é中", "#!", "%s", "~", "!", "\r", "\x01\x7f", "\udcff",
]  # fmt: skip


class Lab:
    """Submits templates to the cell with the real qsub, and reads what their jobs saw."""

    def __init__(self, cell: RealCell, directory: Path) -> None:
        self.cell = cell
        self.directory = directory
        self.directory.chmod(0o755)
        self.probe = directory / "probe.py"
        self.probe.write_text(PROBE)
        self.probe.chmod(0o755)
        self.env = {"PATH": "/usr/bin:/bin", **cell.env}
        self.home = Path(pwd.getpwuid(os.geteuid()).pw_dir)
        self.count = 0

    def build(self, attributes: dict[str, Any], tasks: TaskRange | None = None, **how: Any) -> Submission:
        environment = Environment(
            str(self.home), str(self.directory), self.env, time.time(), stdin_is_file=True
        )
        marks = how.pop("marks", UNMARKED)
        return build(values(**attributes), BuildContext(environment, **how), tasks, marks)

    def qsub(self, submission: Submission) -> subprocess.CompletedProcess[str]:
        argv = [str(self.cell.bin_directory / submission.argv[0]), *submission.argv[1:]]
        with tempfile.TemporaryFile() as stdin:
            stdin.write(submission.stdin or b"")
            stdin.seek(0)
            return subprocess.run(
                argv, env=submission.env, cwd=self.directory, stdin=stdin,
                capture_output=True, text=True, timeout=PATIENCE, check=False,
            )  # fmt: skip

    def submit(self, attributes: dict[str, Any], tasks: TaskRange | None = None, **how: Any) -> Path:
        """Submit the probe with some attributes; the path its findings will have, less the task number."""
        self.count += 1
        out = self.directory / f"seen{self.count}"
        given = {
            "remoteCommand": str(self.probe),
            "outputPath": ":/dev/null",
            "joinFiles": True,
            **attributes,
        }
        given["jobEnvironment"] = {"PROBE_OUT": str(out), **attributes.get("jobEnvironment", {})}
        reply = self.qsub(self.build(given, tasks, **how))
        assert (reply.returncode, reply.stderr) == (0, "")
        return out

    def seen(self, out: Path, task: str = "undefined") -> dict[str, Any]:
        path = Path(f"{out}.{task}")
        wait_until(path.exists, f"the job's report {path.name}", 60)
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def job(self, attributes: dict[str, Any], **how: Any) -> dict[str, Any]:
        return self.seen(self.submit(attributes, **how))

    def stored(
        self, attributes: dict[str, Any], tasks: TaskRange | None = None, **how: Any
    ) -> dict[str, str]:
        """Submit on hold and give qstat's description of the job."""
        given = {"remoteCommand": "/bin/true", "jobSubmissionState": "drmaa_hold", **attributes}
        reply = self.qsub(self.build(given, tasks, **how))
        assert (reply.returncode, reply.stderr) == (0, "")
        number = reply.stdout.split(".")[0].strip()
        lines = self.cell.run("qstat", "-j", number).stdout.splitlines()
        self.cell.run("qdel", number)
        return {
            name: value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon
        }


@pytest.fixture
def lab(real_cell: RealCell, tmp_path: Path) -> Lab:
    tmp_path.parent.chmod(0o755)
    return Lab(real_cell, tmp_path)


def test_arguments_arrive_byte_for_byte(lab: Lab) -> None:
    assert lab.job({"args": HOSTILE})["argv"] == HOSTILE


def test_arguments_of_the_native_specification_come_first(lab: Lab) -> None:
    assert lab.job({"args": ["c"], "nativeSpecification": "-- a 'b b'"})["argv"] == ["a", "b b", "c"]


def test_environment_arrives_byte_for_byte(lab: Lab) -> None:
    values = {f"V{index}": value for index, value in enumerate([*HOSTILE, "a\nb", "x=y=z,1\n"])}
    odd_names = {"A B": "x", "é": "y", "a-b.c": "z"}
    own = {
        "LANG": "C.UTF-8",
        "TZ": "CET-1CEST,M3.5.0,M10.5.0/3",
        "MAIL": "m,n",
        "SGE_ND": "1",
        "TERM": "vt100",
    }
    seen = lab.job({"jobEnvironment": {**values, **odd_names, **own}})["env"]
    expected = {**values, **odd_names, **own}
    assert {name: seen.get(name) for name in expected} == expected


def test_no_value_that_an_option_file_carries_stands_in_the_command_line(lab: Lab) -> None:
    """Nor what qsub has anyway, nor what it is given by name."""
    text = "a\\b  c;d|e&f<g>*?[]{}()!~%:@=-v\tx"
    names = ("SGE_X", "PATH", "MAIL", "TZ", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES", "OPENSSL_CONF", "B")
    given = {name: f"{text}{name}" for name in names} | {"LC_X": "de_DE", "LANG": "en_GB", "C": "it's"}
    attributes = {"remoteCommand": "/bin/true", "jobEnvironment": {**given, "HOME": "/nowhere"}}
    argv = lab.build(attributes).argv
    assert not [word for word in argv if any(value in word for value in (*given.values(), "/nowhere"))]
    seen = lab.job({"jobEnvironment": {**given, "HOME": "/nowhere"}})["env"]
    assert seen["PATH"].endswith(f":{given.pop('PATH')}")
    assert {name: seen.get(name) for name in given} == given
    assert seen["HOME"] == str(lab.home)


def test_what_qsub_needs_itself_can_be_given_to_the_job(lab: Lab) -> None:
    given = {"PATH": "/opt/bin", "SGE_ROOT": "/no", "SGE_CELL": "no", "LD_PRELOAD": "/no.so", "HOME": "/no"}
    seen = lab.job({"jobEnvironment": given})["env"]
    assert seen["PATH"].endswith(":/opt/bin")
    assert seen["LD_PRELOAD"] == "/no.so"
    assert seen["SGE_ROOT"] == lab.cell.env["SGE_ROOT"]  # Grid Engine overwrites it, as it does for libdrmaa


@pytest.mark.parametrize("name", ["a b", "a:b", "x'\"$*", "é中"])
def test_paths_and_directories(lab: Lab, name: str) -> None:
    work = lab.directory / name
    work.mkdir()
    (work / "in").write_text("")
    seen = lab.job(
        {"workingDirectory": str(work), "inputPath": f":{work}/in", "outputPath": ":o p", "joinFiles": False,
         "errorPath": ":$drmaa_wd_ph$/e:e"}
    )  # fmt: skip
    assert seen["cwd"] == str(work)
    assert seen["files"] == [f"{work}/in", f"{work}/o p", f"{work}/e:e"]


def test_default_paths_and_directory_are_the_home(lab: Lab) -> None:
    seen = lab.job({})
    assert seen["cwd"] == str(lab.home)
    assert seen["files"] == ["/dev/null"] * 3


@pytest.mark.parametrize("directory", ["$drmaa_hd_ph$", "$drmaa_hd_ph$/", ".", "./", "~", "$HOME", "$HOME/."])
def test_the_home_directory_by_other_names(lab: Lab, directory: str) -> None:
    assert lab.job({"workingDirectory": directory})["cwd"] == str(lab.home)


def test_a_relative_directory_is_relative_to_home(lab: Lab) -> None:
    relative = os.path.relpath(lab.directory, lab.home)
    for directory in (relative, f"$drmaa_hd_ph$/{relative}"):
        assert lab.job({"workingDirectory": directory})["cwd"] == str(lab.directory)


def test_bulk_jobs_have_their_number_in_paths(lab: Lab) -> None:
    for task in (2, 4):
        (lab.directory / f"wd{task}").mkdir()
    defaults = lab.submit(
        {"workingDirectory": f"{lab.directory}/wd$drmaa_incr_ph$", "outputPath": ":./o"}, TaskRange(4, 4)
    )
    assert lab.seen(defaults, "4")["files"][1] == f"{lab.directory}/wd4/o"
    out = lab.submit(
        {
            "workingDirectory": f"{lab.directory}/wd$drmaa_incr_ph$",
            "outputPath": ":o$drmaa_incr_ph$.$drmaa_incr_ph$",
        },
        TaskRange(2, 4, 2),
    )
    for task in (2, 4):
        seen = lab.seen(out, str(task))
        assert seen["cwd"] == f"{lab.directory}/wd{task}"
        assert seen["files"][1] == f"{lab.directory}/wd{task}/o{task}.{task}"


def test_scripts(lab: Lab) -> None:
    (lab.directory / "script").write_text(f'#!/bin/sh\n#$ -N fromscript\nexec {lab.probe} "$@"\n')
    for attributes in (
        {"remoteCommand": "script", "workingDirectory": str(lab.directory)},
        {"remoteCommand": os.path.relpath(lab.directory / "script", lab.home)},
        {"remoteCommand": str(lab.directory / "script")},
    ):
        seen = lab.job({"nativeSpecification": "-b n -S /bin/sh", "args": ["a", "b"], **attributes})
        assert (seen["argv"], seen["env"]["JOB_NAME"]) == (["a", "b"], "fromscript")


def test_job_names(lab: Lab) -> None:
    for name in ("a,'\"%=.#$&-b", "-x", "[a]{b}", "a!b~^`|<>;()", "x" * 511, "."):
        assert lab.stored({"jobName": name})["job_name"] == name
    assert lab.stored({})["job_name"] == "true"
    assert lab.stored({"nativeSpecification": "-N native"})["job_name"] == "native"
    submission = lab.build({"remoteCommand": "/bin/true", "nativeSpecification": "-N native", "jobName": "n"})
    assert submission.job_name == "n"


def test_times_limits_mail_and_requests(lab: Lab) -> None:
    stored = lab.stored(
        {
            "startTime": "2030/01/02 10:00:30 +01:00",
            "hardWallclockTimeLimit": "1:0:0",
            "softWallclockTimeLimit": 50,
            "nativeSpecification": "-M x@y -soft -l h_vmem=1G -R y -a 203101010000",
            "email": ["a@b", "c@d"],
            "blockEmail": False,
        }
    )
    local = time.strftime("%a %b", time.localtime(1893574830))
    assert stored["execution_time"].startswith(local)
    assert stored["hard resource_list"] == "h_rt=3600,s_rt=50"
    assert stored["soft resource_list"] == "h_vmem=1G"
    assert (stored["mail_list"], stored["mail_options"]) == ("x@y,a@b,c@d", "e")
    assert stored["reserve"] == "y"


def test_start_time_zero_cancels_one_of_the_native_specification(lab: Lab) -> None:
    native = "-a 203101010000"
    assert "execution_time" in lab.stored({"nativeSpecification": native})
    in_1970 = time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(0))
    assert "execution_time" not in lab.stored({"nativeSpecification": native, "startTime": in_1970})


def test_block_email(lab: Lab) -> None:
    assert "mail_options" not in lab.stored({"blockEmail": True, "nativeSpecification": "-m bea"})
    assert lab.stored({"blockEmail": False, "nativeSpecification": "-m bea"})["mail_options"] == "abe"


def test_context_and_category(lab: Lab) -> None:
    stored = lab.stored(
        {"jobCategory": "c", "nativeSpecification": "-ac A=1"},
        marks=Marks("token"),
        category=lambda _: ["-N", "cat", "-p", "-5"],
    )
    assert (stored["job_name"], stored["priority"]) == ("cat", "-5")
    assert set(stored["context"].split(",")) == {"A=1", "drmaa_cli=token"}


def test_options_in_a_file(lab: Lab) -> None:
    options = lab.directory / "options"
    options.write_text("# c\n-N 'fromfile' -t 1-4\n")
    stored = lab.stored({"nativeSpecification": f"-@ {options}"}, include=lambda path: Path(path).read_text())
    assert stored["job_name"] == "fromfile"
    assert "job-array tasks" not in stored


def test_clear_is_understood_by_qsub(lab: Lab) -> None:
    stored = lab.stored({"nativeSpecification": "-p -5 -clear -b y -N x"})
    assert stored["job_name"] == "x"
    assert "priority" not in stored


def test_a_default_file_keeps_its_rank(lab: Lab) -> None:
    (lab.directory / ".sge_request").write_text("-N request -w n -p -3\n")
    environment = Environment(
        str(lab.home), str(lab.directory), lab.env, time.time(),
        frozenset({"-N", "-N request", "-w", "-w n", "-p", "-p -3"}),
    )  # fmt: skip
    held = values(remoteCommand="/bin/true", jobSubmissionState="drmaa_hold")
    submission = build(held, BuildContext(environment))
    assert submission.job_name == "request"
    reply = lab.qsub(submission)
    assert reply.returncode == 0
    described = lab.cell.run("qstat", "-j", reply.stdout.strip()).stdout
    lab.cell.run("qdel", reply.stdout.strip())
    assert "job_name:                   request" in described
    assert "verify_suitable_queues" not in described


def test_default_output_in_a_directory_with_the_tasks_number(lab: Lab) -> None:
    (lab.directory / "wd7").mkdir()
    attributes = {
        "remoteCommand": str(lab.probe),
        "workingDirectory": f"{lab.directory}/wd$drmaa_incr_ph$",
        "jobEnvironment": {"PROBE_OUT": str(lab.directory / "out")},
        "jobName": "n",
    }
    reply = lab.qsub(lab.build(attributes, TaskRange(7, 7)))
    number = reply.stdout.split(".")[0]
    files = lab.seen(lab.directory / "out", "7")["files"]
    assert files == ["/dev/null", f"{lab.directory}/wd7/n.o{number}.7", f"{lab.directory}/wd7/n.e{number}.7"]
