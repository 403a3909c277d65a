"""Every command of the fake on a running cell, in its own process: not only what it would print.

The answers were seen on a real 8.1.9 cell given the same lines; ``JOB`` is a job that runs.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from fake_sge.layout import NOT_SIMULATED, TOOLS
from tests.patience import PATIENCE
from tests.tables import each_row, slow

from .clients import cells_have, client_of
from .kit import submit, wait_for

STARTER = "qrsh_starter: executing child process"  # observed on a real cell
LINES = (
    ("qsub -terse -b y -o /dev/null -j y true", 0, r"\d+\n", ""),
    ("echo true | qsub -o /dev/null -j y -N fromstdin", 0, r'Your job \d+ \("fromstdin"\) has been .*\n', ""),
    (
        "qsub -sync y -b y -o /dev/null -j y false",
        1,
        r"Your job .*\n",
        r"Job \d+ exited with exit code 1\.\n",
    ),
    (
        "qsub -now y -b y -o /dev/null -j y true",
        0,
        r"Your job .*\n",
        r"(?s)Waiting for immediate.*scheduled\.\n",
    ),
    ("qstat -j JOB", 0, r"(?s)=+\njob_number: +JOB\n.*", ""),
    ("qstat -xml -j JOB", 0, r"(?s).*<JB_job_number>JOB</JB_job_number>.*", ""),
    ("qstat -f -u '*'", 0, r"(?s)queuename .*\n +JOB .*", ""),
    ("qstat -xml", 0, r"(?s).*<JB_job_number>JOB</JB_job_number>.*", ""),
    ("qstat -g c", 0, r"(?s)CLUSTER QUEUE .*all\.q .*", ""),
    ("qstat -j nosuch", 1, "", "Following jobs do not exist: \nnosuch\n"),
    ("qhost -q -j", 0, r"(?s)HOSTNAME .*all\.q .*\n +JOB .*", ""),
    ("qquota -xml", 0, r"(?s)<\?xml.*<qquota_result .*", ""),
    ("qselect -q all.q", 0, r"all\.q@localhost\n", ""),
    ("qconf -sql", 0, r"all\.q\n", ""),
    ("qconf -sq all.q", 0, r"(?s)qname +all\.q\n.*", ""),
    ("qalter -N other JOB", 0, r"modified job name of job JOB\n", ""),
    ("qhold JOB && qrls JOB", 0, "(modified hold of job JOB\n){2}", ""),
    ("qmod -sj JOB && qmod -usj JOB", 0, r"\w+ - suspended job JOB\n\w+ - unsuspended job JOB\n", ""),
    ("qmod -d all.q && qmod -e all.q", 0, r"(?s).*\(disabled\)\n.*\(enabled\)\n", ""),
    ("qacct -j ended", 0, r"(?s)=+\nqname +all\.q .*jobname +ended .*", ""),
    ("qacct -o", 0, r"(?s)OWNER .*", ""),
    ("qrsh echo hi", 0, "hi\n", ""),
    ("qrsh 'echo a; echo b >&2; exit 3'", 3, "a\n", "b\n"),
    ("echo in | qrsh cat", 0, "in\n", ""),
    ("qrsh -noshell echo 'a  b'", 0, "a  b\n", ""),
    ("qrsh -noshell nosuch a b", 1, "", f"{STARTER} nosuch failed: No such file or directory\n"),
    ("qrsh -noshell 'exit 3'", 1, "", f"{STARTER} exit 3 failed: No such file or directory\n"),
    ("qrsh -noshell /etc/passwd", 1, "", f"{STARTER} /etc/passwd failed: Permission denied\n"),
    ("qrsh 'kill -9 $$'", 137, "", ""),
    (
        "qmod -cq all.q -t 2-5",
        1,
        "",
        "(?s).*found lonely '-t 2-5' option .*\ntoo many options\n",
    ),
    (
        "qrsh -N a -N b echo x",
        0,
        "x\n",
        'warning: "-N" option has already been set, overriding previous setting\n',
    ),
    (
        "qsub -terse -binding linear -h -b y true >n && qstat -j $(cat n) | grep ^binding",
        0,
        "binding: +set linear:slots\n",
        "",
    ),
    (
        "qrsh -wd /nosuch x",
        1,
        "",
        "qrsh_starter: cannot change to directory /nosuch: No such file or directory\n",
    ),
    ("qrsh nosuchcommand", 127, "", ".*nosuchcommand: (command )?not found\n"),
    ("qrsh 'echo $JOB_NAME $JOB_SCRIPT $SGE_STDOUT_PATH'", 0, "echo QRSH /dev/null\n", ""),
    (
        "qrsh -verbose -now n true",
        0,
        r'Your job \d+ \("true"\) has been submitted\n',
        (
            r"waiting for interactive job to be scheduled \.\.\.\n"
            r"Your interactive job \d+ has been successfully scheduled\.\n"
            r"Establishing builtin session to host localhost \.\.\.\n"
        ),
    ),
    ("qdel JOB", 0, r"\w+ has registered the job JOB for deletion\n", ""),
)

OF_THE_CLIENT = {  # what it has to do itself: standard input, waiting, streams and codes of a session
    "echo true | qsub -o /dev/null -j y -N fromstdin",
    "qsub -sync y -b y -o /dev/null -j y false",
    "qsub -now y -b y -o /dev/null -j y true",
    "qstat -j nosuch",
    "qacct -j ended",
    "qrsh 'echo a; echo b >&2; exit 3'",
    "echo in | qrsh cat",
    "qrsh -noshell echo 'a  b'",
    "qrsh 'kill -9 $$'",
}
FOR_PYTHON = [row for row in LINES if row[0] in OF_THE_CLIENT]


@pytest.fixture(scope="module", params=["compiled", slow("python")])
def cell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    directory = tmp_path_factory.mktemp("commands") / "cell"
    with cells_have(request.param), Cell(directory, login_shells=False) as made:
        assert client_of(made) == request.param
        made.run("qsub", "-N", "ended", "-sync", "y", "-b", "y", "-o", "/dev/null", "-j", "y", "true")
        yield made


@pytest.mark.parametrize("cell", ["compiled"], indirect=True)
@each_row("line,code,out,err", LINES, ids=itemgetter(0))
def test_each_command_on_a_running_cell(
    cell: Cell, tmp_path: Path, line: str, code: int, out: str, err: str
) -> None:
    check(cell, tmp_path, line, code, out, err)


@pytest.mark.parametrize("cell", [slow("python")], indirect=True)
@each_row("line,code,out,err", FOR_PYTHON, ids=itemgetter(0))
def test_the_client_in_python(cell: Cell, tmp_path: Path, line: str, code: int, out: str, err: str) -> None:
    check(cell, tmp_path, line, code, out, err)


def check(cell: Cell, place: Path, line: str, code: int, out: str, err: str) -> None:
    job = 0
    if re.search(r"\bJOB\b", line + out):
        job = submit(cell, place, "-b", "y", "-o", "/dev/null", "-j", "y", "sleep", "600")
        wait_for(lambda: [group.state for group in cell.jobs() if group.job == job] == ["r"])
    done = subprocess.run(
        ["/bin/sh", "-c", re.sub(r"\bJOB\b", str(job), line)],
        cwd=place,
        env=cell.env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if job:
        cell.run("qdel", str(job))
    assert done.returncode == code, done.stderr
    assert re.fullmatch(re.sub(r"\bJOB\b", str(job), out), done.stdout), done.stdout
    assert re.fullmatch(err, done.stderr), done.stderr
    assert "Traceback" not in cell.layout.log.read_text()


def test_no_command_is_left_out() -> None:
    assert {word for line, *_ in LINES for word in re.findall(r"\bq[a-z]+\b", line)} >= set(TOOLS)
    assert len(FOR_PYTHON) == len(OF_THE_CLIENT)


def test_the_job_of_a_qrsh_is_listed_as_on_the_real_cell(cell: Cell, tmp_path: Path) -> None:
    """Its first word is its name and script; the whole command is in QRSH_COMMAND."""
    command = [str(cell.path / "qrsh"), "-now", "n", "sleep", "600"]
    with subprocess.Popen(
        command, env={**cell.env, "TERM": "dumb"}, cwd=tmp_path, stdin=subprocess.DEVNULL
    ) as qrsh:
        wait_for(lambda: any(group.name == "sleep" and group.state == "r" for group in cell.jobs()))
        number = next(group.job for group in cell.jobs() if group.name == "sleep" and group.state == "r")
        details = cell.run("qstat", "-j", str(number)).stdout
        cell.run("qdel", str(number))
        assert qrsh.wait(PATIENCE) == 137
    for line in (
        b"stdout_path_list:           NONE:NONE:/dev/null\n",
        b"restart:                    n\n",
        b"env_list:                   TERM=dumb,QRSH_COMMAND=sleep\xff600\n",
        b"script_file:                sleep\n",
        b"job_type:                   binary\n",
    ):
        assert line in details
    assert b"job_args" not in details


@pytest.mark.slow
def test_the_job_of_a_killed_qrsh_waits_on_and_hangs_up_without_its_command(tmp_path: Path) -> None:
    """Real cell: ``timeout -s KILL 3 qrsh -now n ...`` while all slots are taken, then a qdel."""
    with Cell(tmp_path / "cell", slots=1, login_shells=False) as cell:
        first = submit(cell, tmp_path, "-b", "y", "sleep", "600")
        command = [str(cell.path / "qrsh"), "-now", "n", "-N", "left", "touch", str(tmp_path / "ran")]
        with subprocess.Popen(command, env=cell.env, cwd=tmp_path, stdin=subprocess.DEVNULL) as qrsh:
            wait_for(lambda: any(group.name == "left" for group in cell.jobs()))
            qrsh.kill()
        wait_for(lambda: b"qrsh" not in cell.run("qconf", "-secl").stdout)
        assert [group.state for group in cell.jobs() if group.name == "left"] == ["qw"]
        cell.run("qdel", str(first))
        wait_for(lambda: cell.run("qacct", "-j", "left").returncode == 0)
        record = cell.run("qacct", "-j", "left").stdout.decode()
    assert re.search(r"(?m)^failed +100 ", record)
    assert re.search(r"(?m)^exit_status +129 ", record)
    assert not (tmp_path / "ran").exists()


def test_a_purged_queue_has_lost_its_jobs_without_a_record(tmp_path: Path) -> None:
    """Real cell: ``qconf -cq`` of a queue with a job and a task of an array; the next task starts."""
    with Cell(tmp_path / "cell", slots=2, login_shells=False) as cell:
        first = submit(cell, tmp_path, "-o", "/dev/null", "-b", "y", "sleep", "600")
        submit(cell, tmp_path, "-N", "arr", "-o", "/dev/null", "-t", "1-2", "-b", "y", "sleep", "600")
        wait_for(lambda: [group.state for group in cell.jobs()] == ["r", "r", "qw"])
        done = cell.run("qconf", "-cq", "all.q")
        assert re.fullmatch(rb'\w+@localhost purged queue "all.q@localhost"\n', done.stderr)
        wait_for(lambda: [(group.name, group.state) for group in cell.jobs()] == [("arr", "r")])
        assert cell.run("qacct", "-j", str(first)).returncode == 1


def test_a_job_that_was_started_and_is_named_twice_is_in_deletion_already(tmp_path: Path) -> None:
    """Real cell: jobs in error (``-S nosuch``); of one that was never started there is nothing any more."""
    with Cell(tmp_path / "cell", slots=2, login_shells=False) as cell:
        waiting = submit(cell, tmp_path, "-h", "-b", "y", "true")
        single = submit(cell, tmp_path, "-S", "/nosuch", "-o", "/dev/null", "-j", "y", stdin=b"true")
        array = submit(
            cell, tmp_path, "-S", "/nosuch", "-t", "1-3", "-o", "/dev/null", "-j", "y", stdin=b"true"
        )
        wait_for(lambda: sum(group.state == "Eqw" for group in cell.jobs()) == 4)
        words = [f"{single},{single}", f"{array}.1,{array}.2,{array}.1,{array}", f"{waiting},{waiting}"]
        said = [re.sub(r"\w+ has", "X has", cell.run("qdel", word).stdout.decode()) for word in words]
    assert said == [
        f"X has deleted job {single}\njob {single} is already in deletion\n",
        f"X has deleted job-array task {array}.1\nX has deleted job-array task {array}.2\n"
        + f"job {array} is already in deletion\n" * 3
        + f"X has deleted job {array}\n",
        f'X has deleted job {waiting}\ndenied: job "{waiting}" does not exist\n',
    ]


@pytest.mark.parametrize("tool", NOT_SIMULATED)
def test_commands_that_are_not_simulated_say_so(cell: Cell, tool: str) -> None:
    """They must not fall through to those of a Grid Engine on this machine."""
    done = subprocess.run(
        ["/bin/sh", "-c", f"{tool} -help"],
        env=cell.env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, f"fake_sge: {tool} is not simulated\n")


@pytest.mark.parametrize("option", ["-acal", "-astnode"])
def test_options_of_qconf_that_are_not_simulated_say_so(cell: Cell, option: str) -> None:
    done = cell.run("qconf", option, "x")
    assert (done.returncode, done.stderr.decode()) == (1, f"fake_sge: qconf {option} is not simulated\n")
    assert b'invalid option argument "-nosuch"' in cell.run("qconf", "-nosuch").stderr
