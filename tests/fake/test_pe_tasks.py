"""Tasks of parallel jobs, ``qrsh -inherit``: what scripts of a real 8.1.9 cell printed, and its records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge import Cell
from tests.processes import is_running

from .clients import cells_have
from .kit import records, submit, wait_for

pytestmark = pytest.mark.slow

TASK_ID, FAILED, STATUS, SLOTS = 41, 11, 12, 34
NOT_TAKEN = (
    'error: executing task of job {} failed: execution daemon on host "localhost" didn\'t accept task\n'
)
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "smp": {},
    "nofirst": {"job_is_first_task": "FALSE"},
    "loose": {"control_slaves": "FALSE"},
    "summary": {"accounting_summary": "TRUE"},
}


@pytest.fixture(scope="module", params=["python", "compiled"])
def cell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    """For all tests with this client: each looks at its own jobs."""
    place = tmp_path_factory.mktemp("tasks") / "c"
    options = {"slots": 8, "login_shells": False, "parallel_environments": ENVIRONMENTS}
    with cells_have(request.param), Cell(place, **options) as made:
        yield made


def over(cell: Cell, number: int) -> None:
    """Wait for the job's own record."""
    wait_for(lambda: any(line[TASK_ID] == "NONE" for line in records(cell, number)))


def told(cell: Cell, place: Path, text: str, environment: str | None = "smp") -> tuple[int, str, str]:
    """The number of a job of two slots that runs a script, and what came of it."""
    place.mkdir(exist_ok=True)
    words = ("-pe", environment, "2") if environment else ()
    number = submit(
        cell,
        place,
        "-cwd",
        "-S",
        "/bin/sh",
        *words,
        "-o",
        "out",
        "-e",
        "err",
        "-v",
        "MINE=1",
        stdin=text.encode(),
    )
    over(cell, number)
    return number, (place / "out").read_text(), (place / "err").read_text()


def test_streams_and_exit_codes(cell: Cell, tmp_path: Path) -> None:
    script = """
        qrsh -inherit localhost 'echo out; echo err >&2; exit 3'; echo rc $?
        echo input | qrsh -inherit localhost cat; echo rc $?
        qrsh -inherit localhost 'kill -9 $$'; echo rc $?
        qrsh -inherit localhost echo 'a  b' '"c d"'; qrsh -inherit -noshell localhost /bin/echo 'a  b'
        qrsh -inherit -noshell localhost /no/such; echo rc $?
        qrsh -inherit -verbose localhost true; echo rc $?
    """
    number, out, err = told(cell, tmp_path / "w", script)
    assert out.splitlines() == ["out", "rc 3", "input", "rc 0", "rc 137", "a b c d", "a  b", "rc 1", "rc 0"]
    assert err.splitlines() == [
        "err",
        "qrsh_starter: executing child process /no/such failed: No such file or directory",
        'Starting server daemon at host "localhost"',
        'Server daemon successfully started with task id "7.localhost"',
    ]
    found = [(line[TASK_ID], line[FAILED], line[STATUS], line[SLOTS]) for line in records(cell, number)]
    assert found[:3] == [
        ("1.localhost", "0", "3", "2"),
        ("2.localhost", "0", "0", "2"),
        ("3.localhost", "100", "137", "2"),
    ]
    assert found[-1] == ("NONE", "0", "0", "2")


def test_variables_and_directory(cell: Cell, tmp_path: Path) -> None:
    script = """
        export MORE=2
        qrsh -inherit localhost 'echo $JOB_NAME $JOB_SCRIPT $HOSTNAME $NSLOTS $PE $MINE $MORE $PE_HOSTFILE.'
        qrsh -inherit -V localhost 'echo $MORE'; qrsh -inherit -v MORE=3,A=4 localhost 'echo $MORE$A'
        cd /; qrsh -inherit localhost pwd; qrsh -inherit -cwd localhost pwd
    """
    _, out, err = told(cell, tmp_path / "w", script)
    assert err == ""
    assert out.splitlines() == ["petask QRSH localhost 2 smp .", "2", "34", str(tmp_path / "w"), "/"]


@pytest.mark.parametrize("cell", ["compiled"], indirect=True)  # it is execd that accepts them
@pytest.mark.parametrize(
    ("environment", "accepted"), [("smp", 1), ("nofirst", 2), ("loose", 0), (None, 0), ("summary", 1)]
)
def test_as_many_at_a_time_as_there_are_slots(
    cell: Cell, tmp_path: Path, environment: str | None, accepted: int
) -> None:
    """The script is one of them, unless job_is_first_task is FALSE; none without control_slaves."""
    script = """
        one() {
            qrsh -inherit localhost "echo $1 >> begun; until test -e go; do sleep 0.1; done" 2> err.$1
            if test $? = 0; then touch done.$1; else echo $1 >> refused; fi
        }
        for i in 1 2 3; do
            one $i &
            until grep -sqx $i begun refused; do sleep 0.1; done
        done
        touch go
        wait
    """
    place = tmp_path / "w"
    number, _, err = told(cell, place, script, environment)
    assert err == ""
    assert len(list(place.glob("done.*"))) == accepted
    refused = [
        (place / f"err.{item}").read_text() for item in (1, 2, 3) if not (place / f"done.{item}").exists()
    ]
    assert refused == [NOT_TAKEN.format(number)] * (3 - accepted)
    of_tasks = [line for line in records(cell, number) if line[TASK_ID] != "NONE"]
    assert len(of_tasks) == (0 if environment == "summary" else accepted)


def test_what_cannot_be_is_refused(cell: Cell, tmp_path: Path) -> None:
    script = """
        qrsh -inherit nohost true; echo rc $?
        qrsh -inherit localhost; echo rc $?
        qrsh -inherit; echo rc $?
        JOB_ID= qrsh -inherit localhost true; echo rc $?
        qrsh -inherit -N name localhost true; echo rc $?
        qrsh -inherit -l h_rt=5 localhost true; echo rc $?
        qrsh -inherit -pty n -wd /tmp localhost true; echo rc $?
    """
    number, out, err = told(cell, tmp_path / "w", script)
    assert out == "rc 1\n" * 6 + "rc 0\n"
    failed = f"error: executing task of job {number} failed"
    usage = 'error: usage with "-inherit" option: "qrsh -inherit ... <host> <command> [args]"'
    assert err.splitlines() == [
        f"{failed}: failed sending task to execd@nohost: can't resolve host name",
        usage,
        usage,
        'error: invalid "JOB_ID" ',
        "error: Unknown option -N",
        "error: Unknown option -l",
    ]


def test_they_end_with_their_job(cell: Cell, tmp_path: Path) -> None:
    script = "qrsh -inherit localhost 'echo $$ > pid.new; mv pid.new pid; exec sleep 600'"
    number = submit(cell, tmp_path, "-cwd", "-S", "/bin/sh", "-pe", "smp", "2", stdin=script.encode())
    wait_for((tmp_path / "pid").exists)
    cell.run("qdel", str(number), check=True)
    over(cell, number)
    wait_for(lambda: not is_running(int((tmp_path / "pid").read_text())))


def test_on_another_host(tmp_path: Path) -> None:
    environments = {"mpi": {"allocation_rule": "1"}}
    with Cell(
        tmp_path / "c", hosts={"one": 1, "two": 1}, login_shells=False, parallel_environments=environments
    ) as made:
        script = "cut -d' ' -f1 $PE_HOSTFILE; for h in one two; do qrsh -inherit $h 'echo $HOSTNAME'; done"
        words = (
            "-cwd",
            "-S",
            "/bin/sh",
            "-pe",
            "mpi",
            "2",
            "-o",
            "out",
            "-e",
            "err",
            "-masterq",
            "all.q@one",
        )
        number = submit(made, tmp_path, *words, stdin=script.encode())
        over(made, number)
        assert (tmp_path / "out").read_text() == "one\ntwo\ntwo\n"
        assert 'execution daemon on host "one" didn\'t accept task' in (tmp_path / "err").read_text()
        assert [line[TASK_ID] for line in records(made, number)] == ["2.two", "NONE"]
        assert [line[1] for line in records(made, number)] == ["two", "one"]
