"""``drmaa-cli run``: a job as if it ran here."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pexpect
import pytest

from fake_sge.cell import Cell
from tests import forked
from tests.cli.conftest import PATIENCE, Desk, ended, seen
from tests.cli.schemas import valid
from tests.tables import slow


def test_output_errors_and_exit_code_are_the_jobs(desk: Desk) -> None:
    done = desk.run("run", "--", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (done.returncode, done.stdout) == (3, "out\n")
    lines = done.stderr.splitlines()
    assert "err" in lines
    assert lines[0].endswith(": queued")
    assert lines[-1].split(": ")[1].startswith("exit 3 after ")
    number = lines[0].split()[1].rstrip(":")
    assert (desk.directory / f"sh.o{number}").read_text() == "out\n"
    assert (desk.directory / f"sh.e{number}").read_text() == "err\n"


@pytest.mark.slow
def test_one_word_with_blanks_is_a_line_for_the_shell_and_several_are_not(desk: Desk) -> None:
    assert desk.good("run", "-q", "echo a   b | tr a-z A-Z; echo $((1+1))") == "A B\n2"
    assert (
        desk.good("run", "-q", "--", "printf", "%s|", "a  b", "$HOME", "-x", "--", "") == "a  b|$HOME|-x|--||"
    )


@pytest.mark.slow
def test_bytes_arrive_as_they_are(desk: Desk) -> None:
    done = subprocess.run(
        desk.argv("run", "-q", "--", "printf", r"\377\000\n"),
        env={**desk.env, "LC_ALL": "C"},
        cwd=desk.directory,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\xff\x00\n", b"")


@pytest.mark.parametrize(
    ("name", "code"), [("TERM", 143), ("KILL", 137), ("INT", 130), ("SEGV", 139), ("XCPU", 152)]
)
@pytest.mark.slow
def test_a_signal_is_128_and_its_number(desk: Desk, name: str, code: int) -> None:
    done = desk.run("run", "--", "sh", "-c", f"kill -{name} $$")
    assert done.returncode == code, done.stderr
    assert f"killed by SIG{name}" in done.stderr


def test_a_job_that_cannot_start_is_126_and_says_why(desk: Desk) -> None:
    done = desk.run("run", "--", "/no/such/program")
    assert done.returncode == 126
    assert re.search(
        r": aborted after \S+ s on localhost: .*/no/such/program.*: No such file.*\n$", done.stderr
    )


def run_with_full_output(desk: Desk, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command to whose standard output nothing can be written."""
    with Path("/dev/full").open("w") as full:
        return subprocess.run(
            desk.argv(*words),
            env=desk.env,
            cwd=desk.directory,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=PATIENCE,
        )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [slow(["--detach"]), ["-q"], slow(["-q", "--json"])])
def test_output_that_cannot_be_written_is_no_exit_code_of_the_job(desk: Desk, words: list[str]) -> None:
    done = run_with_full_output(desk, "run", *words, "echo", "x")
    assert done.returncode == 125
    last = done.stderr.splitlines()[-1]
    assert last == "drmaa-cli: standard output: No space left on device"
    assert ("goes on" in done.stderr) == (words == ["--detach"])  # the others' jobs have ended


@pytest.mark.slow
def test_a_reader_that_goes_away_is_told_of_the_job(desk: Desk) -> None:
    script = "while :; do echo line; sleep 0.05; done"
    with subprocess.Popen(
        desk.argv("run", "-q", "sh", "-c", script),
        env=desk.env,
        cwd=desk.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline() == "line\n"
        child.stdout.close()
        said = child.stderr.read()
        assert child.wait(120) == 141
    found = re.fullmatch(r"job (\d+) goes on: drmaa-cli wait -s \S+ \d+\n", said)
    assert found is not None, said
    desk.good("kill", found[1])


@pytest.mark.slow
def test_a_job_deleted_while_it_waits_is_126(desk: Desk) -> None:
    child = desk.terminal("run", "--hold", "--", "hostname")
    child.expect(r"job (\d+): held")
    desk.good("kill", child.match.group(1))  # type: ignore[union-attr]  # it matched
    code, text = ended(child)
    assert code == 126
    assert "was deleted before it ran" in text


@pytest.mark.slow
def test_detach_prints_the_id_alone(desk: Desk) -> None:
    done = desk.run("run", "--detach", "--", "true")
    assert (done.returncode, done.stdout.strip().isdigit(), done.stderr) == (0, True, "")
    assert json.loads(desk.good("run", "--detach", "--json", "--", "true"))["id"].isdigit()


def test_json_is_one_object_and_the_code_stays_the_jobs(desk: Desk) -> None:
    done = desk.run("run", "--json", "-q", "--", "sh", "-c", "echo not this; exit 4")
    assert done.returncode == 4
    shape = valid(done.stdout, "job-1")
    assert (shape["end"]["exit"], shape["end"]["succeeded"], shape["state"]) == (4, False, "done")
    assert Path(shape["end"]["output"]).read_text() == "not this\n"


@pytest.mark.slow
def test_requests_become_qsubs_options(desk: Desk, cell: Cell) -> None:
    job = desk.good(
        *"run --detach --hold -T 90 -R 1.5 -c 2 -N mine --native".split(),
        "-l h=localhost -p -5",
        "--",
        "true",
    )
    text = " ".join(cell.run("qstat", "-j", job).stdout.decode().split())
    for words in ("h_rt=5400", "h_vmem=1536M", "smp range: 2", "job_name: mine", "priority: -5"):
        assert words in text, words
    desk.good("kill", job)


@pytest.mark.slow
def test_directory_environment_input_and_joined_output(desk: Desk) -> None:
    (desk.directory / "in put").mkdir()
    (desk.directory / "text").write_text("read\n")
    line = 'pwd; echo "$A-$B"; cat; echo e >&2'
    out = desk.good(
        "run", "-q", "-j", "-o", "all.log", "-d", "in put", "--env", "A=x=y", "--env", "B", "--input",
        str(desk.directory / "text"), line, B="from here",
    )  # fmt: skip
    assert out.splitlines() == [str(desk.directory / "in put"), "x=y-from here", "read", "e"]
    assert (desk.directory / "in put" / "all.log").read_text().endswith("e\n")


@pytest.mark.slow
def test_odd_directories(desk: Desk) -> None:
    odd = desk.directory / "a $x é"
    odd.mkdir()
    desk.directory = odd
    assert desk.good("run", "-q", "--", "pwd") == str(odd)


def test_output_is_shown_while_the_job_runs(desk: Desk) -> None:
    go = desk.directory / "go"
    child = desk.terminal(
        "run", "--", "sh", "-c", f"echo first; while [ ! -e {go} ]; do sleep 0.05; done; echo last"
    )
    child.expect("first")
    child.expect("running")
    go.touch()
    code, text = ended(child)
    assert code == 0
    assert "last\n" in text


@pytest.mark.slow
def test_a_key_is_submitted_once(desk: Desk) -> None:
    for _ in range(2):
        assert desk.good("run", "-q", "--key", "k", "--", "sh", "-c", "echo x >> count; cat count") == "x"
    assert (desk.directory / "count").read_text() == "x\n"


REAPED = """
import drmaa_cli
from drmaa_cli.cli.watch import WatchedJob
with drmaa_cli.open_session("session=shared") as session:
    template = session.createJobTemplate(remoteCommand="/bin/sh", args=["-c", "exit 3"])
    template.outputPath, template.joinFiles = ":/dev/null", True
    job = session.runJob(template)
    with drmaa_cli.open_session("session=shared") as other:
        other.wait(job)
    watched = WatchedJob(session, job, "", "", {"quiet": True, "as_json": False, "on_interrupt": "ask"})
    print(watched.to_the_end())
"""


@pytest.mark.slow
def test_a_job_that_another_program_has_reaped_is_seen_to_its_end(desk: Desk) -> None:
    done = forked.run(["-c", REAPED], env=desk.env, cwd=desk.directory)
    assert (done.stdout, done.stderr) == ("3\n", "")


# --- ctrl-C ----------------------------------------------------------------------------------------------


def waiting(desk: Desk, *options: str) -> tuple[pexpect.spawn[str], str]:
    child = desk.terminal("run", *options, "--", "sleep", "600")
    child.expect(r"job (\d+): running")
    assert child.match is not None
    return child, child.match.group(1)  # type: ignore[return-value, union-attr]  # a text


@pytest.mark.slow
def test_ctrl_c_asks_and_leaves(desk: Desk, cell: Cell) -> None:
    child, job = waiting(desk)
    child.sendintr()
    child.expect("atching\\? ")
    child.sendline("nonsense")
    child.expect("atching\\? ")
    child.sendline("w")
    child.expect("running")
    child.sendintr()
    child.expect("atching\\? ")
    child.sendline("leave")
    code, text = ended(child)
    assert code == 130
    assert f"job {job} goes on: drmaa-cli wait" in text
    assert cell.run("qstat", "-j", job).returncode == 0
    desk.good("kill", job)


@pytest.mark.slow
def test_ctrl_c_asks_and_ends(desk: Desk) -> None:
    child, job = waiting(desk)
    child.sendintr()
    child.expect("atching\\? ")
    child.sendline("e")
    code, text = ended(child)
    assert code == 130
    assert f"job {job} is being ended" in text
    assert desk.run("wait", job).returncode == 1


@pytest.mark.slow
def test_ctrl_c_twice_leaves_it(desk: Desk) -> None:
    child, job = waiting(desk)
    child.sendintr()
    child.expect("atching\\? ")
    child.sendintr()
    assert ended(child)[0] == 130
    assert f"job {job} goes on" in seen(child)
    desk.good("kill", job)


@pytest.mark.slow
def test_where_nobody_can_be_asked_ctrl_c_ends_it(desk: Desk) -> None:
    with subprocess.Popen(
        desk.argv("run", "--", "sleep", "600"),
        env=desk.env,
        cwd=desk.directory,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "running" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "is being ended" in rest


# --- bad input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["", "--", "-T 0 true", "-T x true", "-R -1 true", "-c 0 true", "--no-such true"],
)
@pytest.mark.slow
def test_wrong_words_are_2_with_the_usage(desk: Desk, words: str) -> None:
    done = desk.run("run", *words.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "usage: drmaa-cli run [OPTIONS] -- COMMAND [ARGUMENT ...]\ndrmaa-cli run: error: "
    )
    assert not desk.state.exists()


@pytest.mark.slow
def test_what_makes_no_sense_is_2_in_one_line(desk: Desk) -> None:
    assert "no directory" in desk.refused("run", "-d", "nowhere", "true", code=2)
    assert "no such variable" in desk.refused("run", "--env", "NOT_SET", "true", code=2)
    assert "--session 'a b': Space (' ') not allowed" in desk.refused("run", "-s", "a b", "true", code=2)
    assert desk.refused("ps", "-s", "", code=2) == "--session needs a name"
    assert "not 'foo://'" in desk.refused("run", "--contact", "foo://", "true", code=2)
    assert "not 'foo://'" in desk.refused("ps", code=2, DRMAA_CLI_CONTACT="foo://")
    assert "job id" in desk.refused("run", "--after", "x", "true", code=2)
    assert "no command" in desk.refused("run", "", code=2)
    assert "names 'a', and --contact names 'b'" in desk.refused(
        "run", "-s", "a", "--contact", "session=b", "true", code=2
    )
    assert not desk.state.exists()


@pytest.mark.slow
def test_what_grid_engine_refuses_is_125_in_one_line(desk: Desk) -> None:
    assert "nosuch" in desk.refused("run", "--native", "-l nosuch=1", "true", code=125)
    assert "not allowed in objectname" in desk.refused("run", "-N", "a/b", "true", code=125)


def test_no_grid_engine_is_125_in_one_line(desk: Desk) -> None:
    assert "qsub" in desk.refused("run", "true", code=125, PATH=str(desk.directory), SGE_ROOT="")


@pytest.mark.slow
def test_no_qmaster_is_125_in_one_line(own_desk: tuple[Desk, Cell]) -> None:
    desk, cell = own_desk
    cell.stop_qmaster()
    assert "qmaster" in desk.refused("run", "true", code=125)


def test_a_state_directory_that_cannot_be_used_is_125_and_nothing_is_submitted(
    desk: Desk, cell: Cell
) -> None:
    desk.state.write_text("in the way")
    before = len(cell.accounting.read_text().splitlines()) if cell.accounting.exists() else 0
    assert str(desk.state) in desk.refused("run", "true", code=125)
    assert (len(cell.accounting.read_text().splitlines()) if cell.accounting.exists() else 0) == before


def test_a_place_where_nothing_can_be_written(desk: Desk) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    desk.directory.chmod(0o555)
    assert "nothing can be written" in desk.refused("run", "true", code=2)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "--detach", "--hold", "true"], 125, r"job (\d+) goes on: drmaa-cli wait -s work-\w+ \1"),
        (["run", "--detach", "--hold", "--json", "true"], 125, r"job (\d+) goes on: .*"),
        (
            ["map", "--detach", "--hold", "--", "echo", ":::", "1"],
            1,
            r"job (\d+): left running; go on with: drmaa-cli map --resume --hold -- echo ::: 1",
        ),
    ],
)
@pytest.mark.slow
def test_an_id_that_cannot_be_written_is_told_elsewhere(
    desk: Desk, words: list[str], code: int, said: str
) -> None:
    done = run_with_full_output(desk, *words)
    first, last = done.stderr.splitlines()
    assert done.returncode == code
    found = re.fullmatch(said, first)
    assert found is not None, first
    assert last == "drmaa-cli: standard output: No space left on device"
    desk.good("kill", found[1])
