"""A sample of the commands on a real Grid Engine: what the fake was made after must do the same."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Desk, ended
from tests.cli.schemas import valid
from tests.real_cell import RealCell

pytestmark = [pytest.mark.real_cell, pytest.mark.slow]


@pytest.fixture
def real_desk(real_cell: RealCell) -> Iterator[Desk]:
    """A directory that the cell's jobs can use, whoever runs them."""
    with tempfile.TemporaryDirectory(prefix="cli") as name:
        directory = Path(name)
        directory.chmod(0o777)
        work = directory / "work"
        work.mkdir()
        work.chmod(0o777)
        yield Desk(work, dict(real_cell.env), real_cell.bin_directory, directory / "state")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_run_as_if_it_ran_here(real_desk: Desk, columns: int) -> None:
    child = real_desk.terminal("run", "--", "sh", "-c", "echo out; echo err >&2; exit 3", columns=columns)
    code, text = ended(child)
    assert code == 3
    assert "out\n" in text
    assert "err\n" in text
    assert "exit 3 after " in text


def test_run_tells_of_signals_and_of_what_cannot_start(real_desk: Desk) -> None:
    assert real_desk.run("run", "sh", "-c", "kill -9 $$").returncode == 137
    done = real_desk.run("run", "/no/such/program")
    assert done.returncode == 126
    assert "/no/such/program" in done.stderr


def test_ctrl_c_ends_the_job(real_desk: Desk) -> None:
    child = real_desk.terminal("run", "sleep", "600")
    child.expect(r"job (\d+): running")
    assert child.match is not None
    job = str(child.match.group(1))  # type: ignore[union-attr]  # a match
    child.sendintr()
    child.expect("atching\\? ")
    child.sendline("end")
    assert ended(child)[0] == 130
    assert real_desk.run("wait", job).returncode == 1
    assert "deleted" in real_desk.good("info", job)


def test_a_job_is_held_released_suspended_resumed_and_killed(real_desk: Desk) -> None:
    job = real_desk.good("run", "--detach", "--hold", "-T", "10", "sleep", "600")

    def state() -> str:
        return str(valid(real_desk.good("ps", "--json"), "jobs-1")["jobs"][0]["state"])

    assert state() == "user_on_hold"
    real_desk.good("release", job)
    while state() == "queued_active":
        pass
    real_desk.good("suspend", "sleep")
    assert state() == "user_suspended"
    real_desk.good("resume", job)
    assert state() == "running"
    real_desk.good("kill", job)
    assert real_desk.run("wait", job).returncode == 1


def test_many_commands_retries_and_resume(real_desk: Desk) -> None:
    needed = {at: 2 if at == 3 else 1 for at in range(1, 9)}
    lines = [f"echo >> ran-{at}; test $(wc -l < ran-{at}) -ge {times}" for at, times in needed.items()]
    lines += ["test -e fixed || { echo not yet; exit 4; }"]
    (real_desk.directory / "c.txt").write_text("\n".join(lines))
    done = real_desk.run("map", "-q", "--json", "--retry", "1", "-T", "5", "--retry-with", "time=x2", "c.txt")
    assert done.returncode == 1, done.stderr
    (failed,) = valid(done.stdout.splitlines()[-1], "map-1")["failed"]
    assert (failed["line"], failed["exit"], failed["output"]) == (9, 4, "not yet")
    (real_desk.directory / "fixed").touch()
    done = real_desk.run("map", "-q", "--json", "--resume", "--bundle", "3", "c.txt")
    assert (done.returncode, json.loads(done.stdout)["done"]) == (0, 9)
    runs = {at: (real_desk.directory / f"ran-{at}").read_text().count("\n") for at in needed}
    assert runs == needed
    jobs = valid(real_desk.good("ps", "--json"), "jobs-1")["jobs"]
    assert {job["end"]["requested_time"] for job in jobs} == {300, 600, None}


def test_bundles_and_output(real_desk: Desk) -> None:
    (real_desk.directory / "c.txt").write_text("".join(f"echo out {at}; exit {at % 2}\n" for at in range(6)))
    done = real_desk.run("map", "-q", "--json", "--bundle", "3", "c.txt")
    failed = valid(done.stdout.splitlines()[-1], "map-1")["failed"]
    assert [(one["line"], one["exit"], one["output"]) for one in failed] == [
        (2, 1, "out 1"),
        (4, 1, "out 3"),
        (6, 1, "out 5"),
    ]
    assert "out" not in real_desk.good("logs", "map-c.txt")


def test_logs_are_followed(real_desk: Desk) -> None:
    go = real_desk.directory / "go"
    job = real_desk.good(
        "run", "--detach", "sh", "-c", f"echo first; while [ ! -e {go} ]; do sleep 0.1; done; echo last"
    )
    child = real_desk.terminal("logs", "-f", job)
    child.expect("first")
    go.touch()
    code, text = ended(child)
    assert (code, text.strip()) == (0, "last")


def test_what_grid_engine_refuses(real_desk: Desk) -> None:
    assert "nosuch" in real_desk.refused("run", "--native", "-l nosuch=1", "true", code=125)
    assert "there is no such job" in real_desk.refused("kill", "9999998")
    assert os.listdir(real_desk.directory) == []  # noqa: PTH208


def test_what_jobs_used(real_desk: Desk) -> None:
    """64 MiB for some seconds are measured by a real execution daemon."""
    line = f"{sys.executable} -IS -c 'import time; x = b\"x\" * 2**26; time.sleep(7)'\n"
    (real_desk.directory / "c.txt").write_text(line * 12)
    done = real_desk.run("map", "-q", "-R", "2", "-T", "60", "c.txt")
    assert done.returncode == 0, done.stderr
    found = valid(real_desk.good("usage", "--json", "--each"), "usage-1")
    (group,) = found["groups"]
    assert (group["jobs"], group["well"], group["asked_memory"]["most"]) == (12, 12, 2 * 2**30)
    assert 2**26 < group["memory"]["most"] < 2 * 2**30
    memory, time = (one for one in group["advice"] if one["resource"] in ("h_vmem", "h_rt"))
    assert (memory["verdict"], time["verdict"]) == ("less", "less")
    assert group["memory"]["most"] <= memory["amount"] < 2 * 2**30
    assert real_desk.good("run", "--native", group["request"], "true") == ""
    own = {job["id"] for job in found["jobs"]}
    past = valid(real_desk.good("usage", "--json", "--since", "1d", *own, "--each"), "usage-1")
    assert sorted(job["id"] for job in past["jobs"]) == sorted(own)
    assert {job["asked_time"] for job in past["jobs"]} == {3600}


def test_top_shows_explains_and_kills(real_desk: Desk) -> None:
    job = real_desk.good("run", "--detach", "--hold", "-N", "toplooks", "--", "true")
    child = real_desk.terminal("top", "toplooks", columns=100)
    child.expect("toplooks")
    child.send("i")
    child.expect(rf"job {job} \(toplooks\)")
    child.expect("held")
    child.send("k")
    child.expect(r"kill 1 job\?")
    child.send("y")
    child.expect("aborted")
    child.send("q")
    assert ended(child)[0] == 0
    assert real_desk.run("wait", job).stdout == f"job {job}: aborted: deleted before it ran\n"


def test_a_page_of_a_session(real_desk: Desk) -> None:
    (real_desk.directory / "c.txt").write_text("true\necho '<no> genome' >&2; exit 3\n")
    assert real_desk.run("map", "-q", "-T", "5", "c.txt").returncode == 1
    assert real_desk.run("run", "-q", "/no/such/program").returncode == 126
    held = real_desk.good("run", "--detach", "--hold", "true")
    assert real_desk.good("sessions", "report", "-o", "page.html") == "page.html"
    page = (real_desk.directory / "page.html").read_text()
    for words in (
        "&lt;no&gt; genome",
        "exit 3",
        "/no/such/program",
        "never ran",
        "<b>1</b>",
        "held",
        "<b>to do</b>",
    ):
        assert words in page, words
    real_desk.good("kill", held)
