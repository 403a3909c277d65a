"""``drmaa-cli map`` on a fake cell: what runs, what is said of it, what is never done twice."""

from __future__ import annotations

import errno
import json
import shlex
import signal
from pathlib import Path

import pytest

from drmaa_cli.cli import main
from drmaa_cli.cli.map import joblog
from fake_sge.cell import Cell
from tests.cli.conftest import PATIENCE, Desk, ended
from tests.cli.map.kit import commands, counted, marks, popen, result
from tests.cli.schemas import valid


def test_a_file_of_commands(desk: Desk) -> None:
    file = commands(desk, "echo one", "", "# two", "echo 'th  ree' | tr a-z A-Z; exit 3", "kill -9 $$")
    done = desk.run("map", file)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("3 commands: 1 done, 2 failed in ")
    job = lines[1].partition("(job ")[2].partition(".")[0]
    assert lines[1:4] == [
        f"line 4: exit 3 (job {job}.2)",
        "  $ echo 'th  ree' | tr a-z A-Z; exit 3",
        "  | TH  REE",
    ]
    assert f"line 5: killed by SIGKILL (job {job}.3)" in lines
    assert lines[-3:] == [
        f"why one failed: drmaa-cli why {job}.2",
        f"all its output: drmaa-cli logs {job}.2",
        "try them again: drmaa-cli map --resume commands.txt",
    ]
    assert desk.good("logs", f"{job}.2") == "TH  REE"
    assert (desk.directory / "commands.txt.map" / "1-1.log").read_text() == "one\n"
    assert "3 of 3, 2 failed" in done.stderr


@pytest.mark.slow
def test_how_to_go_on_repeats_what_was_asked_for(desk: Desk) -> None:
    file = commands(desk, "exit 1", "true", name="a b.txt")
    words = ["-T", "2", "-N", "it's", "--retry", "0", "--bundle", "2", "--env", "A=b c", "--env", "D=", "-q"]
    done = desk.run("map", "--fresh", *words, file)
    *_, why, again = done.stdout.splitlines()
    assert why.startswith(
        "why one failed: drmaa-cli why "
    )  # a bundle's own output is not that of the command
    assert again.startswith("try it again:   drmaa-cli map --resume ")
    typed = shlex.split(again.partition(": ")[2])[3:]
    assert typed[-1] == file
    assert sorted(typed[:-1]) == sorted(words)
    assert desk.run("map", "--resume", *typed).stdout.splitlines()[-1] == again


@pytest.mark.slow
def test_json_ends_with_one_line(desk: Desk) -> None:
    file = commands(desk, "true", "echo a; echo b >&2; exit 7", "kill -TERM $$")
    found = result(desk.run("map", file, "--json", "-q"))
    assert (found["total"], found["done"]) == (3, 1)
    exited, killed = found["failed"]
    assert (exited["line"], exited["command"], exited["exit"]) == (2, "echo a; echo b >&2; exit 7", 7)
    assert (exited["reason"], exited["output"]) == ("exit 7", "a\nb")
    assert Path(exited["file"]).read_text() == "a\nb\n"
    assert exited["id"].partition(".")[0] == killed["id"].partition(".")[0]
    assert (killed["exit"], "SIGTERM" in killed["reason"]) == (None, True)
    assert json.loads(Path(found["log"]).read_text().splitlines()[0])["map"] == 1
    assert desk.run("map", commands(desk, "true"), "--json", "-q", "--fresh").returncode == 0


@pytest.mark.slow
def test_standard_input_and_values(desk: Desk) -> None:
    done = desk.run("map", "-q", "--json", "-", stdin="echo a\nexit 4\n")
    assert [(failed["line"], failed["exit"]) for failed in result(done)["failed"]] == [(2, 4)]
    assert (
        desk.run("map", "-q", "--", "sh", "-c", 'echo "$0" > {#}.out', "{}", ":::", "a b", "$c").returncode
        == 0
    )
    assert [(desk.directory / f"{at}.out").read_text() for at in (1, 2)] == ["a b\n", "$c\n"]
    assert desk.run("map", "-q", "--", "touch", "x-{}", stdin="1\n2\n").returncode == 0
    assert (desk.directory / "x-2").exists()


@pytest.mark.slow
def test_only_what_has_not_ended_well_is_run_again(desk: Desk) -> None:
    file = commands(desk, counted(1), f"{counted(2)}; test -e fixed", counted(3))
    assert desk.run("map", "-q", file).returncode == 1
    (desk.directory / "fixed").touch()
    (desk.directory / file).write_text(f"# new\n{counted(1)}\n{counted(2)}; test -e fixed\n{counted(4)}\n")
    found = desk.run("map", "-q", "--resume", "--json", file)
    assert (found.returncode, result(found)["total"], result(found)["done"]) == (0, 3, 3)
    assert marks(desk) == {1: 1, 2: 2, 3: 1, 4: 1}
    assert desk.run("map", "-q", "--resume", file).returncode == 0  # nothing is left
    assert marks(desk) == {1: 1, 2: 2, 3: 1, 4: 1}
    assert desk.run("map", "-q", file).returncode == 0  # once more, all of it
    assert marks(desk) == {1: 2, 2: 3, 3: 1, 4: 2}
    assert (desk.directory / "commands.txt.map.1").is_dir()


@pytest.mark.slow
def test_equal_commands_are_different_ones(desk: Desk) -> None:
    file = commands(desk, *[counted(1)] * 5)
    assert desk.run("map", "-q", file).returncode == 0
    assert marks(desk) == {1: 5}
    commands(desk, *[counted(1)] * 7)
    assert desk.run("map", "-q", "--resume", file).returncode == 0
    assert marks(desk) == {1: 7}


@pytest.mark.slow
def test_failed_ones_are_tried_again_with_more(desk: Desk, cell: Cell) -> None:
    tries = "echo x >> ran-1; test $(wc -l < ran-1) -ge 3"
    file = commands(desk, tries, "exit 9", counted(2))
    found = desk.run("map", "-q", "--json", "-T", "10", "--retry", "2", "--retry-with", "time=x2", file)
    assert found.returncode == 1
    assert [failed["line"] for failed in result(found)["failed"]] == [2]
    assert marks(desk) == {1: 3, 2: 1}
    records = [json.loads(line) for line in Path(result(found)["log"]).read_text().splitlines()]
    rounds = [record for record in records if "round" in record]
    assert [[request["seconds"] for request in each["requests"]] for each in rounds] == [
        [600],
        [1200],
        [2400],
    ]
    jobs = valid(desk.good("ps", "--json"), "jobs-1")["jobs"]
    assert {job["end"]["requests"] for job in jobs} == {"-l h_rt=600", "-l h_rt=1200", "-l h_rt=2400"}


@pytest.mark.slow
def test_what_somebody_has_deleted_is_not_tried_again(desk: Desk) -> None:
    file = commands(desk, "sleep 600", "sleep 600")
    child = desk.terminal("map", "--retry", "3", file)
    child.expect("2 running")
    desk.good("kill", "map-*")
    code, text = ended(child)
    assert code == 1
    assert "2 commands: 0 done, 2 failed" in text


@pytest.mark.slow
def test_bundles(desk: Desk) -> None:
    texts = [f"{counted(at)}; echo out {at}; exit {0 if at % 3 else at}" for at in range(1, 8)]
    found = desk.run("map", "-q", "--json", "--bundle", "3", commands(desk, *texts))
    assert found.returncode == 1
    assert [(failed["line"], failed["exit"], failed["output"]) for failed in result(found)["failed"]] == [
        (3, 3, "out 3"),
        (6, 6, "out 6"),
    ]
    assert marks(desk) == dict.fromkeys(range(1, 8), 1)
    assert len(valid(desk.good("ps", "--json"), "jobs-1")["jobs"]) == 3
    assert desk.run("map", "-q", "--bundle", "3", "--resume", "commands.txt").returncode == 1
    assert marks(desk) == {**dict.fromkeys(range(1, 8), 1), 3: 2, 6: 2}


@pytest.mark.slow
def test_a_bundle_that_is_killed_half_way(desk: Desk) -> None:
    file = commands(desk, counted(1), "kill -9 $PPID; sleep 600", counted(3))
    found = desk.run("map", "-q", "--json", "--bundle", "3", file)
    failed = result(found)["failed"]
    assert [one["line"] for one in failed] == [2, 3]
    assert all("its task ended first: killed by SIGKILL" in one["reason"] for one in failed)


# --- what is seen ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.slow
def test_progress_and_summary_keep_to_the_width(desk: Desk, columns: int) -> None:
    long = "x" * 300
    file = commands(desk, *[f"sleep 0.{at}" for at in range(9)], f"echo {long}; exit 1 # {long}")
    child = desk.terminal("map", file, columns=columns)
    code, text = ended(child)
    assert code == 1
    shown = [line for part in text.split("\n") for line in part.split("\r") if line]
    paths = [line for line in shown if ".log" in line or " drmaa-cli " in line]
    assert max(len(line) for line in shown if line not in paths) <= columns
    assert any("of 10" in line for line in shown)
    assert "10 commands: 9 done, 1 failed" in text


@pytest.mark.slow
def test_plain_where_there_is_no_terminal(desk: Desk) -> None:
    done = desk.run("map", commands(desk, *["true"] * 20))
    assert "\r" not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert len(done.stderr.splitlines()) <= 11
    assert desk.run("map", "-q", "--fresh", "commands.txt").stderr == ""


# --- bad input -------------------------------------------------------------------------------------------


def nothing_happened(desk: Desk) -> None:
    assert not desk.state.exists()
    assert not list(desk.directory.glob("*.map*"))


@pytest.mark.slow
def test_a_bad_line_among_a_hundred_thousand_is_named_and_nothing_is_submitted(desk: Desk) -> None:
    lines = [f"echo {at}" for at in range(1, 100_001)]
    lines[56] = "echo 'oops"
    line = desk.refused("map", commands(desk, *lines), code=2)
    assert line == "commands.txt, line 57: a quotation that does not end ('): echo 'oops"
    nothing_happened(desk)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["nowhere.txt"], "nowhere.txt: No such file or directory"),
        (["."], ".: Is a directory"),
        (["commands.txt", "more"], "say one FILE of commands"),
        (["--resume", "--fresh", "commands.txt"], "exclude each other"),
        (["--retry-with", "time=x2", "commands.txt"], "changes what -T asks for"),
        (["--retry-with", "what", "commands.txt"], "--retry-with takes"),
        (["--shell", "/no/such/sh", "commands.txt"], "there is no shell /no/such/sh"),
        (["--", "echo", ":::"], "there are no commands"),
        (["--", ":::", "a"], "there is no command before :::"),
    ],
)
@pytest.mark.slow
def test_what_makes_no_sense(desk: Desk, words: list[str], text: str) -> None:
    commands(desk, "true")
    assert text in desk.refused("map", *words, code=2)
    nothing_happened(desk)


@pytest.mark.slow
def test_what_grid_engine_refuses_leaves_nothing_behind(desk: Desk) -> None:
    file = commands(desk, "true", "true")
    assert "nosuch" in desk.refused("map", "-q", "--native", "-l nosuch=1", file)
    assert "nosuch" in desk.refused("map", "-q", "--native", "-l nosuch=1", file)  # no run that has not ended
    assert not list(desk.directory.glob("commands.txt.map*"))
    assert desk.run("map", "-q", "--resume", file).returncode == 0


def tree(directory: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None
        for path in directory.rglob("*")
    }


@pytest.mark.parametrize(
    ("words", "env", "code"),
    [
        (["--native", "-l nosuch=1"], {}, 1),
        (["--native", "-l nosuch=1", "--fresh"], {}, 1),
        (["--after", "999999999"], {"PATH": "/nowhere", "SGE_ROOT": ""}, 1),
        (["-s", "a b"], {}, 2),
        (["--contact", "ssh://"], {}, 2),
        (["--retry-with", "mem=x2"], {}, 2),
        (["--log-dir", "deep/er/than/this", "--native", "-l nosuch=1"], {}, 1),
        ([], {"DRMAA_CLI_STATE_DIR": "/dev/null/state"}, 1),
    ],
)
@pytest.mark.slow
def test_a_refusal_leaves_the_run_before_where_it_was(
    desk: Desk, words: list[str], env: dict[str, str], code: int
) -> None:
    file = commands(desk, "echo before; exit 1")
    assert desk.run("map", "-q", file).returncode == 1
    before = tree(desk.directory)
    done = desk.run("map", "-q", *words, file, **env)
    assert done.returncode == code
    assert (done.stdout, len(done.stderr.splitlines())) == ("", 1)
    assert tree(desk.directory) == before
    assert desk.run("map", "-q", file).returncode == 1
    assert (desk.directory / "commands.txt.map.1" / "1-1.log").read_text() == "before\n"


def test_no_grid_engine(desk: Desk) -> None:
    nowhere = {"PATH": f"{desk.directory}:/usr/bin/nothing", "SGE_ROOT": ""}
    assert "qsub" in desk.refused("map", commands(desk, "true"), **nowhere)
    nothing_happened(desk)


@pytest.mark.slow
def test_a_state_directory_that_cannot_be_used(desk: Desk) -> None:
    desk.state.write_text("in the way")
    assert str(desk.state) in desk.refused("map", "-q", commands(desk, counted(1)))
    assert str(desk.state) in desk.refused("map", "-q", "commands.txt")  # no run that has not ended
    desk.state.unlink()
    assert desk.run("map", "-q", "--resume", "commands.txt").returncode == 0
    assert marks(desk) == {1: 1}


@pytest.mark.slow
def test_a_place_for_logs_that_is_full_or_taken(desk: Desk) -> None:
    file = commands(desk, "true")
    (desk.directory / "taken").write_text("")
    assert "taken" in desk.refused("map", "--log-dir", "taken", file)
    assert desk.run("map", "-q", "--log-dir", "logs", file).returncode == 0
    other = commands(desk, "true", name="other.txt")
    assert "belongs to" in desk.refused("map", "-q", "--log-dir", "logs", "--resume", other, code=2)
    (desk.directory / "logs" / "jobs.jsonl").write_text("what\nis\nthis\n")
    assert "is no job log" in desk.refused("map", "-q", "--log-dir", "logs", "--resume", file, code=2)


@pytest.mark.slow
def test_a_session_that_is_gone(desk: Desk) -> None:
    file = commands(desk, "while :; do sleep 1; done")
    number = desk.good("map", "--detach", file)
    desk.good("kill", number)
    for path in desk.state.iterdir():
        path.unlink()
    assert "is gone; --fresh begins anew" in desk.refused("map", "--resume", file, code=2)


@pytest.mark.slow
def test_an_interrupt_where_nobody_can_be_asked_ends_the_jobs(desk: Desk) -> None:
    file = commands(desk, "sleep 600", "sleep 600")
    with popen(desk, file) as process:
        assert process.stderr is not None
        assert any("2 running" in line for line in process.stderr)  # until it has said so
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "being ended" in err
    assert desk.run("wait", "-q").returncode == 1


@pytest.mark.slow
def test_odd_directories(desk: Desk) -> None:
    odd = desk.directory / "a $x é"
    odd.mkdir()
    desk.directory = odd
    found = desk.run("map", "-q", "--json", commands(desk, "echo here; exit 1"))
    assert result(found)["failed"][0]["output"] == "here"


@pytest.mark.long
@pytest.mark.slow
def test_five_thousand_commands_are_one_array_and_few_questions(own_desk: tuple[Desk, Cell]) -> None:
    desk, cell = own_desk
    file = commands(desk, *[f"echo {at}" for at in range(5_000)])
    number = desk.good("map", "--hold", "--detach", file)
    assert number.isdigit()  # one job
    child = desk.terminal("map", "--resume", file)
    child.expect("5,000 waiting")
    child.sendintr()
    child.expect("atching\\? ")
    child.sendline("end")
    assert ended(child)[0] == 130
    cell.wait_idle()
    assert desk.run("ps").stdout == ""


@pytest.mark.slow
def test_a_disk_that_is_full_before_anything_is_submitted(
    desk: Desk, cell: Cell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, where the disk can be made full for the job log alone."""
    for name in ("PATH", "DRMAA_CLI_STATE_DIR", *cell.variables):
        monkeypatch.setenv(name, desk.env[name])
    monkeypatch.chdir(desk.directory)
    file = commands(desk, counted(1))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(joblog.os, "fsync", full)
        assert main(["map", "-q", file]) == 1
    out, err = capsys.readouterr()
    log = desk.directory / "commands.txt.map" / "jobs.jsonl"
    assert (out, err) == ("", f"drmaa-cli: {log}: No space left on device\n")
    assert desk.run("ps").stdout == ""
    assert not log.parent.exists()
    assert desk.run("map", "-q", "--resume", file).returncode == 0
    assert marks(desk) == {1: 1}
