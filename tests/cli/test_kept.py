"""``logs``, ``sessions --refresh`` and ``sessions export``."""

from __future__ import annotations

import csv
import io
import json
import re
import time

import pytest

from fake_sge.cell import Cell
from tests.cli.conftest import PATIENCE, Desk, ended
from tests.cli.schemas import valid

pytestmark = pytest.mark.slow


def detach(desk: Desk, *words: str) -> str:
    return desk.good("run", "--detach", *words)


# --- logs ------------------------------------------------------------------------------------------------


def test_what_was_written_and_its_last_lines(desk: Desk) -> None:
    job = detach(desk, "--key", "k", "sh", "-c", "seq 1 2000; echo err >&2")
    assert desk.run("wait", "-q", job).returncode == 0
    whole = "".join(f"{number}\n" for number in range(1, 2001))
    assert desk.run("logs", "k").stdout == whole
    assert desk.run("logs", "-n", "2", job).stdout == "1999\n2000\n"
    assert desk.run("logs", "-n", "1900", job).stdout.splitlines()[0] == "101"
    assert desk.run("logs", "-n", "0", job).stdout == ""
    assert desk.run("logs", "-n", "9999", "-f", job).stdout == whole
    assert desk.run("logs", "--errors", job).stdout == "err\n"


def test_several_have_heads(desk: Desk) -> None:
    jobs = [detach(desk, "-N", "two", "echo", word) for word in ("a", "b")]
    assert desk.run("wait", "-q").returncode == 0
    lines = desk.good("logs", "two").splitlines()
    assert lines == [
        f"==> job {jobs[0]}: {desk.directory}/two.o{jobs[0]} <==",
        "a",
        f"==> job {jobs[1]}: {desk.directory}/two.o{jobs[1]} <==",
        "b",
    ]


def test_following_until_the_end(desk: Desk) -> None:
    go = desk.directory / "go"
    script = f"echo first; while [ ! -e {go} ]; do sleep 0.05; done; echo last"
    job = detach(desk, "sh", "-c", script)
    child = desk.terminal("logs", "-f", job)
    child.expect("first")
    go.touch()
    code, text = ended(child)
    assert (code, text.strip()) == (0, "last")


@pytest.mark.slow
def test_following_ends_with_ctrl_c_and_the_job_goes_on(desk: Desk, cell: Cell) -> None:
    job = detach(desk, "sh", "-c", "echo first; sleep 600")
    child = desk.terminal("logs", "-f", job)
    child.expect("first")
    child.sendintr()
    assert ended(child)[0] == 130
    assert cell.run("qstat", "-j", job).returncode == 0
    desk.good("kill", job)


def test_nothing_there(desk: Desk) -> None:
    held = detach(desk, "--hold", "true")
    assert f"job {held} has written nothing yet" in desk.refused("logs", held)
    assert "there is no job 99" in desk.refused("logs", "99")
    assert "which jobs?" in desk.refused("logs", code=2)
    desk.good("kill", held)
    gone = detach(desk, "-o", "gone.txt", "true")
    assert desk.run("wait", "-q", gone).returncode == 0
    (desk.directory / "gone.txt").unlink()
    assert f"job {gone} has left no output: there is no {desk.directory}/gone.txt" in desk.refused(
        "logs", gone
    )


# --- sessions --------------------------------------------------------------------------------------------


DOCTOR = r"\('drmaa-cli doctor' finds out why\)"


@pytest.mark.slow
def test_what_is_on_record_needs_no_qmaster(own_desk: tuple[Desk, Cell]) -> None:
    desk, cell = own_desk
    one = desk.good(
        "run", "--detach", "-N", "one", "--key", "k", "--", "sh", "-c", "echo out; echo err >&2; exit 3"
    )
    some = desk.good("map", "-q", "--detach", "--", "echo", "{}", ":::", "a", "b")
    assert desk.run("wait").returncode == 1
    runs = desk.good("run", "--detach", "-N", "runs", "--", "sh", "-c", "echo begun; exec sleep 600")
    until = time.monotonic() + PATIENCE
    while not (desk.directory / f"runs.o{runs}").exists() or desk.good("logs", runs) != "begun":
        assert time.monotonic() < until
        time.sleep(0.1)
    told = json.loads(desk.good("info", "--json", one))
    desk.env["DRMAA_CLI_RETRY_FOR"] = "0.2"
    cell.stop_qmaster()
    assert (
        desk.good("logs", one) == desk.good("logs", "-f", "k") == desk.good("logs", "-n", "1", "o*") == "out"
    )
    assert desk.good("logs", "--errors", one) == "err"
    assert desk.good("logs", f"{some}.2") == "b"
    assert json.loads(desk.good("info", "--json", one)) == told
    done = desk.run("logs", "-f", runs)
    assert (done.returncode, done.stdout) == (1, "begun\n")
    assert re.fullmatch(rf"drmaa-cli: this is what there is on record, but .* {DOCTOR}\n", done.stderr)
    done = desk.run("info", runs, one)
    assert (done.returncode, done.stdout.count("\njob ")) == (1, 1)
    assert f"job {runs} (runs): unknown\n" in done.stdout
    assert f"output:     {desk.directory}/runs.o{runs}\n" in done.stdout
    for words in (
        ["logs", "99"],
        ["logs", one, "no-such-name"],
        ["ps"],
        ["kill", runs],
        ["map", "--", "true", ":::", "a"],
    ):
        assert re.search(rf" {DOCTOR}$", desk.refused(*words))
    assert re.search(rf" {DOCTOR}$", desk.refused("run", "true", code=125))
    elsewhere = desk.directory / "elsewhere"
    elsewhere.mkdir()
    desk.directory = elsewhere
    assert desk.good("logs", one) == "out"
    for words in (["logs", "k"], ["logs", "--all"]):
        assert desk.run(*words).returncode == 1


def test_the_doctor_of_the_host_that_was_meant(desk: Desk) -> None:
    said = desk.refused("run", "--contact", "ssh://nobody@nowhere.invalid", "true", code=125)
    assert said.endswith(" ('drmaa-cli doctor ssh://nobody@nowhere.invalid' finds out why)")


def test_refresh_finds_out_what_has_ended(desk: Desk, cell: Cell) -> None:
    detach(desk, "-s", "one", "true")
    detach(desk, "-s", "two", "--hold", "true")

    def ends(*words: str) -> dict[str, int]:
        return {
            one["name"]: one["ended"] for one in valid(desk.good("sessions", *words, "--json"), "sessions-1")
        }

    assert ends() == {"one": 0, "two": 0}
    while ends("--refresh") != {"one": 1, "two": 0}:
        pass
    assert ends() == {"one": 1, "two": 0}
    desk.good("kill", "-s", "two")


@pytest.mark.slow
def test_refresh_tells_what_does_not_work(own_desk: tuple[Desk, Cell]) -> None:
    desk, cell = own_desk
    detach(desk, "-s", "one", "--hold", "true")
    cell.stop_qmaster()
    done = desk.run("sessions", "--refresh")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].startswith("one ")
    assert len(done.stderr.splitlines()) == 1
    assert "drmaa-cli: session one: " in done.stderr
    text = desk.refused("sessions", "--refresh", code=2, DRMAA_CLI_CONTACT="ssh://other.example.org")
    assert "names another one" in text


def test_export(desk: Desk) -> None:
    job = detach(desk, "-s", "one", "--key", "k", "-T", "5", "sh", "-c", "exit 3")
    held = detach(desk, "-s", "two", "--hold", "-N", "a,b", "true")
    assert desk.run("wait", "-q", "-s", "one").returncode == 1
    jobs = valid(desk.good("sessions", "export"), "export-1")["jobs"]
    assert [(one["session"], one["id"], one["key"], one["name"]) for one in jobs] == [
        ("one", job, "k", "sh"),
        ("two", held, None, "a,b"),
    ]
    shown = valid(desk.good("sessions", "show", "--json", "one"), "session-1")
    assert [(entry["id"], entry["text"]) for entry in shown["entries"]] == [(job, "exit 3")]
    removed = valid(desk.good("sessions", "prune", "--dry-run", "--json", "one"), "pruned-1")
    assert removed == {"removed": ["one"], "kept": []}
    assert (jobs[0]["end"]["exit"], jobs[0]["end"]["requested_time"], jobs[1]["end"]) == (3, 300, None)
    assert valid(desk.good("sessions", "export", "two"), "export-1")["jobs"] == jobs[1:]
    table = list(csv.DictReader(io.StringIO(desk.good("sessions", "export", "--csv"))))
    assert [(row["id"], row["name"], row["exit"]) for row in table] == [(job, "sh", "3"), (held, "a,b", "")]
    assert "there is no such session" in desk.refused("sessions", "export", "nobody")
    desk.good("kill", "-s", "two")


@pytest.mark.slow
def test_export_of_a_session_that_cannot_be_read(desk: Desk) -> None:
    detach(desk, "-s", "one", "true")
    (desk.state / "bad.session").write_text("x" * 2000)
    done = desk.run("sessions", "export")
    assert (done.returncode, len(json.loads(done.stdout)["jobs"])) == (1, 1)
    assert "move it away" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["sessions"],
        ["sessions", "--json"],
        ["sessions", "list"],
        ["sessions", "--refresh"],
        ["sessions", "export", "--csv"],
        ["sessions", "prune"],
        ["ps", "--all"],
        ["ps", "--all", "--json"],
        ["wait", "--all"],
        ["info", "--all"],
        ["logs", "--all"],
        ["usage", "--all"],
        ["why", "--all"],
    ],
)
@pytest.mark.slow
def test_an_answer_without_a_session_that_cannot_be_read_says_so_by_its_exit_code(
    desk: Desk, words: list[str]
) -> None:
    job = detach(desk, "-s", "one", "echo", "hello")
    assert desk.run("wait", "-q", job).returncode == 0
    assert desk.run(*words).returncode == 0
    (desk.state / "bad.session").write_text("x" * 2000)
    done = desk.run(*words)
    assert done.returncode == 1
    (line, *_) = done.stderr.splitlines()
    assert line.startswith(f"drmaa-cli: the session file {desk.state}/bad.session cannot be read")


@pytest.mark.slow
def test_an_id_that_may_be_of_a_session_that_cannot_be_read(desk: Desk) -> None:
    detach(desk, "-s", "one", "true")
    assert "asks Grid Engine for it" in desk.refused("ps", "999999999")
    (desk.state / "bad.session").write_text("x" * 2000)
    assert "in any session that can be read; but the session file" in desk.refused("ps", "999999999")


@pytest.mark.slow
def test_a_session_that_a_full_disk_left_empty_is_none(desk: Desk) -> None:
    desk.state.mkdir(mode=0o700)
    (desk.state / "one.session").touch(mode=0o600)
    for words in (["ps", "--all"], ["usage", "--all"], ["sessions"], ["sessions", "export"]):
        assert desk.run(*words).returncode == 0, words
    assert desk.run("ps", "--all").stderr == "drmaa-cli: there is no session of this cell\n"
    assert desk.run("wait", "--all").stderr == "drmaa-cli: there are no jobs to wait for\n"
    assert "there is no session 'one'" in desk.refused("ps", "-s", "one")
    assert desk.run("run", "-q", "-s", "one", "true").returncode == 0
    assert "one" in desk.good("sessions")


@pytest.mark.slow
def test_what_comes_after_a_refresh_that_failed_fails(own_desk: tuple[Desk, Cell]) -> None:
    desk, cell = own_desk
    detach(desk, "-s", "one", "--hold", "true")
    cell.stop_qmaster()
    for words in (["list"], ["show", "one"], ["export"], ["prune", "--dry-run"]):
        done = desk.run("sessions", "--refresh", *words)
        assert done.returncode == 1, words
        assert done.stderr.startswith("drmaa-cli: session one: ")
    assert desk.run("sessions", "show", "one").returncode == 0


@pytest.mark.parametrize(
    "words", [["sessions", "show", "x"], ["sessions", "nope"], ["sessions", "export", "x"]]
)
def test_wrong_sessions_are_one_line(desk: Desk, words: list[str]) -> None:
    done = desk.run(*words)
    assert done.returncode == (2 if "nope" in words else 1)
    assert done.stdout == ""
