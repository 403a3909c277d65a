"""``drmaa-cli why``: on ids, keys and names, for people and programs, at any width."""

from __future__ import annotations

import json
import time

import pytest

from drmaa_cli.cli.why import first_id, task_ids
from drmaa_cli.jobs.reason import ReasonKind
from drmaa_cli.jobs.why.explanation import WaitKind
from fake_sge.cell import Cell
from tests import forked
from tests.cli.conftest import PATIENCE, Desk, ended
from tests.cli.schemas import SCHEMAS, valid

pytestmark = pytest.mark.slow


def detach(desk: Desk, *words: str) -> str:
    return desk.good("run", "--detach", *words)


def test_a_job_by_id_key_and_name(desk: Desk) -> None:
    job = detach(desk, "-N", "align", "--key", "k", "--native", "-h", "true")
    for word in (job, "k", "align", "al*"):
        first, *rest = desk.good("why", word).splitlines()
        assert first == f"job {job} (align): held by a hold of a user"
        assert rest[0] == "  evidence: qstat: state hqw"
        assert f"  to do:    release it: qrls {job} (its owner may)" in rest


def test_json(desk: Desk) -> None:
    job = detach(desk, "-N", "align", "--native", "-w n -l arch=none", "true")
    (shape,) = valid(desk.good("why", "--json", job), "why-1")["jobs"]
    assert (shape["id"], shape["name"], shape["kind"], shape["certain"]) == (job, "align", "impossible", True)
    assert shape["sentence"].startswith("cannot run anywhere in this cell: it asks for arch=none, and host ")


def test_every_kind_stands_in_the_schema() -> None:
    schema = json.loads((SCHEMAS / "why-1.json").read_text(encoding="utf-8"))
    kinds = schema["properties"]["jobs"]["items"]["properties"]["kind"]["enum"]
    assert kinds == sorted({kind.value for kind in (*WaitKind, *ReasonKind)})


def test_tasks_alike_together(desk: Desk) -> None:
    line = "test $SGE_TASK_ID -lt 3 && exit 0; test $SGE_TASK_ID -lt 6 && exit 3; sleep 900"
    program = (
        "import sys, drmaa_cli\n"
        "with drmaa_cli.open_session('session=many') as session:\n"
        "    template = session.createJobTemplate(remoteCommand='/bin/sh', args=['-c', sys.argv[1]],\n"
        "        jobName='batch', outputPath=':/dev/null', joinFiles=True)\n"
        "    ids = session.runBulkJobs(template, 1, 7, 1)\n"
        "    session.synchronize(ids[:5])\n"
        "    print(ids[0].partition('.')[0])\n"
    )
    done = forked.run(["-c", program, line], env=desk.env, cwd=desk.directory)
    assert done.returncode == 0, done.stderr
    job = done.stdout.strip()
    heads = [text for text in desk.good("why", job).splitlines() if text.startswith("job ")]
    assert heads == [
        f"job {job}.1-2 (batch, 2 tasks): ended well, with exit status 0",
        f"job {job}.3-5 (batch, 3 tasks): ended by itself with exit status 3",
        f"job {job}.6-7 (batch, 2 tasks): running on all.q@localhost",
    ]
    (shape,) = valid(desk.good("why", "--json", f"{job}.4"), "why-1")["jobs"]
    assert (shape["id"], shape["count"], shape["kind"]) == (f"{job}.4", 1, "exited")
    worse = desk.good("why", "-s", "many")
    assert f"job {job}.3-5" in worse
    assert f"{job}.1" not in worse
    assert f"{job}.6" not in worse


def test_jobs_of_no_session(desk: Desk, cell: Cell) -> None:
    submitted = cell.run("qsub", "-terse", "-t", "1-3", "-h", "-b", "y", "true").stdout.decode()
    job = submitted.partition(".")[0]
    assert desk.good("why", job).startswith(f"job {job}.1-3 (3 tasks): held by a hold of a user\n")
    assert desk.good("why", f"{job}.2-3").startswith(f"job {job}.2-3 (2 tasks): held by a hold of a user\n")
    (shape,) = valid(desk.good("why", "--json", f"{job}.2"), "why-1")["jobs"]
    assert (shape["id"], shape["session"], shape["name"]) == (f"{job}.2", None, None)


def test_an_array_of_no_session_of_which_some_tasks_have_ended(desk: Desk, cell: Cell) -> None:
    line = "test $SGE_TASK_ID = 2 && exit 100; exit $SGE_TASK_ID"
    options = ("-terse", "-t", "1-3", "-b", "y", "-shell", "n", "-o", "/dev/null", "-j", "y")
    job = cell.run("qsub", *options, "sh", "-c", line).stdout.decode().partition(".")[0]
    told = [f"job {job}.2: in its error state: it exited with 100, by which a job says that it must not be"]
    told[0] += " tried again"
    told += [f"job {job}.{task}: ended by itself with exit status {task}" for task in (1, 3)]

    def heads(*words: str) -> list[str]:
        return [text for text in desk.run("why", *words).stdout.splitlines() if text.startswith("job ")]

    until = time.monotonic() + PATIENCE
    while heads(job) != told:
        assert time.monotonic() < until, heads(job)
    assert heads(f"{job}.3") == told[2:]
    assert heads(f"{job}.9") == [
        f"job {job}.9: unknown: neither the qmaster nor accounting has this task of the job"
    ]


def test_an_unknown_job_is_exit_1(desk: Desk) -> None:
    done = desk.run("why", "4711000")
    assert done.returncode == 1
    assert done.stdout.startswith("job 4711000: unknown: neither the qmaster nor accounting has such a job\n")
    (shape,) = valid(desk.run("why", "--json", "4711000").stdout, "why-1")["jobs"]
    assert (shape["kind"], shape["certain"]) == ("unknown", False)


def test_bad_words(desk: Desk) -> None:
    assert "which jobs?" in desk.refused("why", code=2)
    assert "there is no job nobody" in desk.refused("why", "nobody")
    assert "not a task range" in desk.refused("why", "42.9-1", code=2)
    assert "say one of both" in desk.refused("why", "--all", "42", code=2)


def test_all_leaves_out_what_is_well(desk: Desk) -> None:
    well, bad = detach(desk, "true"), detach(desk, "sh", "-c", "exit 3")
    desk.run("wait", well, bad)
    text = desk.good("why", "--all")
    assert f"job {bad} (sh): ended by itself with exit status 3" in text
    assert f"job {well} " not in text


def test_nothing_is_wrong(desk: Desk) -> None:
    well = detach(desk, "true")
    desk.good("wait", well)
    done = desk.run("why", "--all")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "drmaa-cli: every job has ended well or runs\n"


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_lines_fit_the_terminal(desk: Desk, columns: int) -> None:
    job = detach(desk, "-N", "align", "--native", "-w n -l arch=none", "true")
    code, text = ended(desk.terminal("why", job, columns=columns))
    assert code == 0
    lines = text.splitlines()
    assert max(map(len, lines)) <= columns
    assert "cannot run anywhere in this cell" in " ".join(" ".join(lines).split())
    if columns == 40:
        assert lines[1].startswith("  ")


def test_colours_and_plain_text(desk: Desk) -> None:
    job = detach(desk, "--native", "-h", "true")
    child = desk.terminal("why", job)
    child.expect("held by")
    assert "\x1b[33m" in child.before
    ended(child)
    child = desk.terminal("why", job, NO_COLOR="1")
    child.expect("held by")
    assert "\x1b[" not in child.before
    ended(child)
    assert "\x1b" not in desk.good("why", job)


def test_the_c_locale(desk: Desk) -> None:
    job = detach(desk, "sh", "-c", "echo größe; exit 3")
    desk.run("wait", job)
    text = desk.good("why", job, LC_ALL="C", LANG="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert "its output ends with: gr\\xf6\\xdfe\n" in text


def test_no_grid_engine(own_desk: tuple[Desk, Cell]) -> None:
    desk, cell = own_desk
    job = detach(desk, "--native", "-h", "true")
    cell.kill_qmaster()
    assert "qmaster" in desk.refused("why", job, DRMAA_CLI_RETRY_FOR="0.2")


def test_tasks_of_words() -> None:
    assert list(task_ids(["42", "42.7", "43.1-5:2"])) == ["42", "42.7", "43.1", "43.3", "43.5"]
    assert [first_id(name) for name in ("42", "42.7", "42.1-9", "42.3,7-9")] == ["42", "42.7", "42.1", "42.3"]
