"""Looking at jobs, waiting for them and changing them: by ids, keys, names, sessions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from drmaa_cli.cli.chosen import latest, match
from drmaa_cli.cli.ps import task_text
from drmaa_cli.session.entries import SessionJob
from fake_sge.cell import Cell
from tests import forked
from tests.cli.conftest import Desk, ended
from tests.cli.schemas import valid
from tests.fake.kit import wait_for

pytestmark = pytest.mark.slow

ARRAY = """
import sys, drmaa_cli
with drmaa_cli.open_session("session=" + sys.argv[1]) as session:
    template = session.createJobTemplate(remoteCommand="/bin/sh", args=["-c", sys.argv[2]], jobName="batch",
                                         outputPath=":/dev/null", joinFiles=True)
    print(session.runBulkJobs(template, 1, int(sys.argv[3]), 1, key="many")[0].partition(".")[0])
"""


def detach(desk: Desk, *words: str) -> str:
    return desk.good("run", "--detach", *words)


def array(desk: Desk, session: str, line: str, tasks: int) -> str:
    done = forked.run(["-c", ARRAY, session, line, str(tasks)], env=desk.env, cwd=desk.directory)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def rows(text: str) -> list[list[str]]:
    return [re.split(r"  +", line) for line in text.splitlines()[1:]]


# --- which jobs ------------------------------------------------------------------------------------------

JOBS = [
    SessionJob("7", None, "align-1", "done", False),
    SessionJob("8.1", "many", "batch", "running", False),
    SessionJob("8.2", "many", "batch", "running", False),
    SessionJob("8.3", "many", "batch", "running", False),
    SessionJob("9.1", "many#2", "batch", "running", False),
    SessionJob("17", "align-2", "other", "done", False),
]


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (["1.1", "1.2", "2", "1"], "2 1"),  # a cell that began anew: an array, then a job of its number
        (["1.1", "1.2", "1"], "1"),
        (["1", "1.1", "1.2"], "1.1 1.2"),
        (["1.1", "1.2", "1.3", "1.1", "1.2"], "1.1 1.2"),
        (["1.1", "2", "1.7"], "2 1.7"),
        (["1", "1"], "1"),
        (["1.1", "1.2", "2", "3.5"], "1.1 1.2 2 3.5"),
        ([], ""),
    ],
)
def test_a_number_that_came_again_is_the_later_submission(before: list[str], left: str) -> None:
    jobs = [SessionJob(job, None, "x", "done", False) for job in before]
    assert [job.id for job in latest(jobs)] == left.split()


def test_a_number_that_came_again_with_another_key_is_the_later_submission() -> None:
    jobs = [SessionJob("1.1", "a", "x", "done", False), SessionJob("1.2", "b", "x", "done", False)]
    assert [job.id for job in latest(jobs)] == ["1.2"]


@pytest.mark.parametrize(
    ("words", "ids", "missing"),
    [
        (["7"], "7", []),
        (["8"], "8.1 8.2 8.3", []),
        (["8.2"], "8.2", []),
        (["8.2-9"], "8.2 8.3", []),
        (["8.1-3:2"], "8.1 8.3", []),
        (["many"], "8.1 8.2 8.3 9.1", []),
        (["batch"], "8.1 8.2 8.3 9.1", []),
        (["align-*"], "17", []),  # keys come before names
        (["align-1"], "7", []),
        (["[ao]*"], "17", []),
        (["8", "8.1", "7"], "7 8.1 8.2 8.3", []),
        (["1", "8.4", "x*", "7"], "7", ["1", "8.4", "x*"]),
        (["8.0-0:0"], "", ["8.0-0:0"]),
    ],
)
def test_words_choose_jobs(words: list[str], ids: str, missing: list[str]) -> None:
    found, unknown = match(words, JOBS)
    assert ([job.id for job in found], unknown) == (ids.split(), missing)


@pytest.mark.parametrize(
    ("tasks", "text"), [([], "-"), ([3], "3"), ([1, 2, 3], "1-3"), ([5, 1, 2, 9], "1-2,5,9"), ([1, 3], "1,3")]
)
def test_tasks_are_written_as_ranges(tasks: list[int], text: str) -> None:
    assert task_text(tasks) == text


# --- ps and info -----------------------------------------------------------------------------------------


def test_nothing_was_ever_submitted_here(desk: Desk) -> None:
    done = desk.run("ps")
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing was submitted in this directory" in done.stderr
    assert desk.good("ps", "--all") == ""
    assert valid(desk.good("ps", "--json"), "jobs-1") == {"jobs": []}
    assert "there is no session 'nobody'" in desk.refused("ps", "-s", "nobody")
    assert "there is no job 1 in any session" in desk.refused("info", "1")
    assert "there is no job x in session" in desk.refused("wait", "x")
    assert not desk.state.exists()


def test_ps_shows_what_has_not_ended_and_the_rest_when_asked(desk: Desk) -> None:
    held = detach(desk, "--hold", "-N", "first", "--key", "k", "--", "true")
    over = detach(desk, "sh", "-c", "exit 3")
    assert desk.run("wait", over).returncode == 1
    assert rows(desk.good("ps")) == [[held, "-", "1", "first", "k", "held"]]
    assert rows(desk.good("ps", "--ended"))[1] == [over, "-", "1", "sh", "-", "exit 3"]
    shapes = valid(desk.good("ps", "--json"), "jobs-1")["jobs"]
    assert [(job["id"], job["state"], job["end"] and job["end"]["exit"]) for job in shapes] == [
        (held, "user_on_hold", None),
        (over, "done", 3),
    ]
    desk.good("kill", "k")
    assert desk.run("wait", held).stdout == f"job {held}: aborted: deleted before it ran\n"
    assert "all 2 jobs have ended" in desk.run("ps").stderr


def test_arrays_are_one_line_for_each_state(desk: Desk) -> None:
    number = array(desk, "arrays", "test $SGE_TASK_ID != 3 || exit 5", 6)
    assert desk.run("wait", "-s", "arrays").returncode == 1
    assert rows(desk.good("ps", "-e", "-s", "arrays")) == [
        [number, "1-2,4-6", "5", "batch", "many", "exit 0"],
        [number, "3", "1", "batch", "many", "exit 5"],
    ]
    assert len(rows(desk.good("ps", "-s", "arrays", "--tasks", "many"))) == 6
    assert rows(desk.good("ps", f"{number}.3")) == [
        [number, "3", "1", "batch", "many", "exit 5"]
    ]  # elsewhere


@pytest.mark.slow
def test_all_shows_every_session(desk: Desk) -> None:
    for name in ("one", "two"):
        detach(desk, "--hold", "-s", name, "true")
    found = rows(desk.good("ps", "--all"))
    assert [(row[0], row[-1]) for row in found] == [("one", "held"), ("two", "held")]
    desk.good("kill", "--all")
    assert desk.run("wait", "--all", "-q").returncode == 1


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.slow
def test_ps_keeps_to_the_width_of_the_terminal(desk: Desk, columns: int) -> None:
    name = "a_rather_long_name_of_a_job_that_no_narrow_terminal_can_show"
    job = detach(desk, "--hold", "-N", name, "--key", "a key with blanks", "true")
    code, text = ended(desk.terminal("ps", columns=columns))
    lines = text.splitlines()
    assert (code, len(lines)) == (0, 2)
    assert max(map(len, lines)) <= columns
    assert (name in text) is (columns > 100)
    assert ("…" in text) is (columns < 100)
    assert lines[1].startswith(job)
    code, text = ended(desk.terminal("ps", columns=200, COLUMNS="60"))
    assert max(map(len, text.splitlines())) <= 60
    desk.good("kill", job)


@pytest.mark.slow
def test_colours_only_on_a_terminal_that_wants_them(desk: Desk) -> None:
    assert desk.run("run", "-q", "sh", "-c", "exit 1").returncode == 1
    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        child = desk.terminal("ps", "-e", **env)
        ended(child)
        assert ("\x1b[31m" in str(child.before)) is coloured
    assert "\x1b" not in desk.good("ps", "-e")


def test_info_of_a_job_that_runs_names_its_output(desk: Desk) -> None:
    job = detach(desk, "--hold", "-N", "later", "true")
    assert f"\n  output:     {desk.directory}/later.o{job}\n" in desk.good("info", job)
    desk.good("kill", job)


@pytest.mark.slow
def test_info_of_a_job_that_runs_tells_all_that_qstat_knows(desk: Desk) -> None:
    work = "while :; do :; done"
    words = ["-T", "5", "-R", "2", "-c", "2", "-N", "busy"]
    job = detach(desk, *words, "sh", "-c", work)
    held = detach(desk, "--hold", "-T", "5", "true")

    def asked(which: str) -> dict[str, object]:
        (one,) = valid(desk.good("info", "--json", which), "jobs-1")["jobs"]
        return dict(one["live"])

    while not (asked(job)["cpu"] and asked(job)["memory"]):
        pass
    live = asked(job)
    assert (live["letters"], live["queue"], live["slots"], live["requested_time"]) == ("r", "all.q", 2, 300)
    assert (live["requested_memory"], live["requests"]) == (4 << 30, "-l h_vmem=2048M,h_rt=300 -pe smp 2")
    lines = desk.good("info", job).splitlines()
    assert lines[0] == f"job {job} (busy): running"
    text = "\n".join(lines)
    assert re.search(r"\n  runs on:    \S+, queue all.q, 2 slots\n", text)
    assert re.search(r"\n  started:    \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n", text)
    assert re.search(r"\n  run time:   .+ so far of 0:05:00 \(\d+%\)\n", text)
    assert re.search(r"\n  CPU time:   .+ so far of the time of its 2 slots \(\d+%\)\n", text)
    assert re.search(r"\n  memory:     .+ now\n {14}.+ so far of 4.0 GiB \(\d+%\)\n", text)
    waits = asked(held)
    assert [waits[name] for name in ("host", "started", "wallclock", "cpu", "slots")] == [None] * 4 + [1]
    assert "  asked for:  -l h_rt=300\n" in desk.good("info", held)
    desk.good("kill", job, held)


def test_several_sentences_of_evidence_have_one_head(desk: Desk) -> None:
    job = detach(desk, "/no/such/program")
    assert desk.run("wait", job).returncode == 1
    lines = desk.good("info", job).splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("  evidence: "))
    assert len(lines) > first + 1
    assert all(line.startswith(" " * 14) for line in lines[first + 1 :])


def test_info_tells_all_that_is_known(desk: Desk) -> None:
    job = detach(desk, "-T", "5", "--native", "-l h_vmem=1G", "--key", "k", "sh", "-c", "echo x; exit 3")
    assert desk.run("wait", job).returncode == 1
    text = desk.good("info", "k")
    assert text.splitlines()[0] == f"job {job} (sh): exit 3"
    for words in (
        "key:        k",
        "ran on:     localhost, queue all.q",
        "asked for:  -l h_rt=300,h_vmem=1G",
        "run time:",
        f"output:     {desk.directory}/sh.o{job}",
        f"errors:     {desk.directory}/sh.e{job}",
    ):
        assert f"\n  {words}" in text, text
    (shape,) = valid(desk.good("info", "--json", job), "jobs-1")["jobs"]
    assert shape["end"]["output"] == f"{desk.directory}/sh.o{job}"
    assert Path(shape["end"]["output"]).read_text() == "x\n"
    assert 0 <= shape["end"]["ended"] - shape["end"]["started"] <= 60


# --- wait ------------------------------------------------------------------------------------------------


def test_wait_says_how_each_ended_and_may_be_repeated(desk: Desk) -> None:
    good, bad = detach(desk, "true"), detach(desk, "sh", "-c", "kill -9 $$")
    for _ in range(2):
        done = desk.run("wait")
        assert done.returncode == 1
        assert set(done.stdout.splitlines()) == {f"job {good}: exit 0", f"job {bad}: killed by SIGKILL"}
    assert desk.good("wait", good) == f"job {good}: exit 0"
    assert desk.good("wait", "-q", good) == ""
    found = valid(desk.run("wait", "--json").stdout, "wait-1")
    assert found["unfinished"] == 0
    assert {job["id"]: job["end"]["signal"] for job in found["jobs"]} == {good: None, bad: "SIGKILL"}


def test_wait_gives_up_in_time(desk: Desk) -> None:
    held = detach(desk, "--hold", "true")
    assert desk.refused("wait", "--timeout", "0", held, code=124) == (
        "the time is over, and 1 job has not ended"
    )
    done = desk.run("wait", "--timeout", "0.1", "--json", held)
    assert (done.returncode, json.loads(done.stdout)) == (124, {"jobs": [], "unfinished": 1})
    desk.good("kill", held)


@pytest.mark.slow
def test_ctrl_c_ends_waiting_and_nothing_else(desk: Desk, cell: Cell) -> None:
    held = detach(desk, "--hold", "true")
    cell.fault("slow", "qstat", seconds=0.01)
    child = desk.terminal("wait", held)
    wait_for(lambda: not cell.faults())  # it asks
    child.sendintr()
    assert ended(child)[0] == 130
    assert cell.run("qstat", "-j", held).returncode == 0
    desk.good("kill", held)
