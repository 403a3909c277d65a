"""Jobs that really run. What is expected was observed on a real 8.1.9, or stands in the captures named."""

from __future__ import annotations

import os
import pwd
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import fake_sge.cell
from fake_sge.cell import Cell
from tests import homes
from tests.processes import is_running

from .kit import ended, environment, quick, records, state, submit, wait_for

_NOBODY = pwd.getpwnam("nobody").pw_dir
BINARY = ("-b", "y", "-shell", "n", "-cwd")


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    place = tmp_path_factory.mktemp("jobs")
    (place / "home").mkdir()
    with Cell(place / "cell", login_shells=False, kill_grace=0.3, slots=16, home=str(place / "home")) as made:
        yield made


def test_environment_of_a_job(cell: Cell, tmp_path: Path) -> None:
    number = submit(cell, tmp_path, *BINARY, "-N", "shn", "-o", "out", "-e", "err", "env")
    ended(cell, number)
    env = environment((tmp_path / "out").read_text())
    me = pwd.getpwuid(os.getuid())
    tmpdir = f"{cell.directory}/tmp/{number}.1.all.q"
    # names and values of job 12 on the real cell, less what its execd had inherited
    expected = {
        "HOME": f"{cell.directory.parent}/home",
        "SHELL": "/bin/bash",  # that of the queue
        "USER": me.pw_name,
        "LOGNAME": me.pw_name,
        "JOB_NAME": "shn",
        "JOB_SCRIPT": "env",
        "REQUEST": "shn",
        "REQNAME": "shn",
        "HOSTNAME": "localhost",
        "QUEUE": "all.q",
        "JOB_ID": str(number),
        "ENVIRONMENT": "BATCH",
        "ARC": "lx-amd64",
        "NQUEUES": "1",
        "NSLOTS": "1",
        "NHOSTS": "1",
        "RESTARTED": "0",
        "TMPDIR": tmpdir,
        "TMP": tmpdir,
        "PATH": f"{tmpdir}:{cell.path}:/usr/local/bin:/bin:/usr/bin",
        "SGE_O_HOST": "localhost",
        "SGE_O_WORKDIR": str(tmp_path),
        "SGE_CELL": "default",
        "SGE_TASK_ID": "undefined",
        "SGE_TASK_FIRST": "undefined",
        "SGE_TASK_LAST": "undefined",
        "SGE_TASK_STEPSIZE": "undefined",
        "SGE_ARCH": "lx-amd64",
        "SGE_ROOT": str(cell.layout.root),
        "SGE_ACCOUNT": "sge",
        "SGE_JOB_SPOOL_DIR": f"{cell.layout.execd}/localhost/active_jobs/{number}.1",
        "SGE_STDIN_PATH": "/dev/null",
        "SGE_STDOUT_PATH": f"{tmp_path}/out",
        "SGE_STDERR_PATH": f"{tmp_path}/err",
        "SGE_CWD_PATH": str(tmp_path),
        "TERM": "",
    }
    assert {name: env.get(name) for name in expected} == expected


def test_the_home_is_that_of_the_password_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        fake_sge.cell, "install_daemons", homes.install_daemons
    )  # without the tests' own home
    monkeypatch.setenv("HOME", str(tmp_path))
    with Cell(tmp_path / "cell", login_shells=False) as cell:
        ended(cell, submit(cell, tmp_path, *BINARY, "-o", "out", "-j", "y", "env"))
    assert environment((tmp_path / "out").read_text())["HOME"] == pwd.getpwuid(os.getuid()).pw_dir


def test_given_variables_and_those_the_job_may_not_change(cell: Cell, tmp_path: Path) -> None:
    number = submit(
        cell,
        tmp_path,
        *BINARY,
        "-o",
        "out",
        "-v",
        "A=1,B,PATH=/my:/bin,HOME=/x,JOB_ID=zz,PWD=/somewhere",
        "env",
        env={"B": "from here"},
    )
    ended(cell, number)
    env = environment((tmp_path / "out").read_text())
    assert (env["A"], env["B"], env["JOB_ID"]) == ("1", "from here", str(number))
    assert env["HOME"] == f"{cell.directory.parent}/home"
    assert env["PATH"] == f"{env['TMPDIR']}:/my:/bin"
    assert env["PWD"] == "/somewhere"  # real cell: as in the submitting shell, with -V


def test_array_tasks_and_pseudo_variables_in_paths(cell: Cell, tmp_path: Path) -> None:
    script = (
        b"#!/bin/sh\n#$ -N arr\necho $SGE_TASK_ID $SGE_TASK_FIRST $SGE_TASK_LAST $SGE_TASK_STEPSIZE $0 $*\n"
    )
    number = submit(
        cell,
        tmp_path,
        "-cwd",
        "-t",
        "3-7:2",
        "-j",
        "y",
        "-o",
        "o.$JOB_ID.$TASK_ID.$JOB_NAME.$USER.$HOSTNAME",
        stdin=script,
    )
    wait_for(lambda: len(records(cell, number)) == 3)
    user = pwd.getpwuid(os.getuid()).pw_name
    for task in (3, 5, 7):
        text = (tmp_path / f"o.{number}.{task}.arr.{user}.localhost").read_text()
        assert text == f"{task} 3 7 2 {cell.layout.job_script('localhost', number)} \n".replace(" \n", "\n")
    assert [line[35] for line in sorted(records(cell, number), key=lambda line: line[35])] == ["3", "5", "7"]
    wait_for(lambda: not cell.layout.job_script("localhost", number).exists())


def test_default_files_and_directories_as_output(cell: Cell, tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    number = submit(cell, tmp_path, *BINARY, "-N", "nam", "-e", "dir", "sh", "-c", "echo out; echo err >&2")
    ended(cell, number)
    assert (tmp_path / f"nam.o{number}").read_text() == "out\n"
    assert (tmp_path / "dir" / f"nam.e{number}").read_text() == "err\n"


def test_input_joined_output_and_appending(cell: Cell, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("line\n")
    (tmp_path / "out").write_text("before\n")
    number = submit(
        cell, tmp_path, *BINARY, "-i", "in", "-o", "out", "-j", "y", "sh", "-c", "cat; echo err >&2"
    )
    ended(cell, number)
    assert (tmp_path / "out").read_text() == "before\nline\nerr\n"


def test_the_shell_sees_the_words_joined_by_blanks(cell: Cell, tmp_path: Path) -> None:
    number = submit(cell, tmp_path, "-b", "y", "-cwd", "-o", "out", "echo", "a  b", "'c  d'")
    ended(cell, number)
    assert (tmp_path / "out").read_text() == "a b c  d\n"


@pytest.mark.parametrize(
    ("words", "failed", "text"),
    [
        (
            ("-o", "/no/such/x", "true"),
            "26",
            'error: can\'t open output file "/no/such/x": No such file or directory',
        ),
        (("-i", "/no/in", "true"), "26", "error: can't open /no/in as dummy input file"),
        (("-wd", "/no/such", "true"), "28", "error: can't chdir to /no/such: No such file or directory"),
        (("/no/such/cmd",), "27", 'execvlp(/no/such/cmd, "/no/such/cmd") failed: No such file or directory'),
        (("-S", "/no/sh", "true"), "27", 'unable to find shell "/no/sh"'),
        (("-wd", "/no", "-S", "no$JOB_NAME", "true"), "27", 'unable to find shell "/no/notrue"'),
        (("-wd", "/no", "-S", "./no", "true"), "27", 'unable to find shell "/no/./no"'),
        (("-S", "~nobody/no", "true"), "27", f'unable to find shell "{_NOBODY}/no"'),
        (("-S", "$NOPE/no", "-wd", "/no", "true"), "27", 'unable to find shell "/no/$NOPE/no"'),
        (("sh", "-c", "exit 100"), "30", "exit_status of job start = 100"),
    ],
)
def test_error_states(cell: Cell, tmp_path: Path, words: tuple[str, ...], failed: str, text: str) -> None:
    options = ("-b", "y", "-cwd") if "-S" in words else BINARY
    number = submit(cell, tmp_path, *options, *words)
    assert ended(cell, number)[11] == failed
    found = next(item for item in cell.jobs() if item.job == number)
    assert found.state == "Eqw"
    assert found.errors[0].partition("]: ")[2] == text
    assert cell.run("qdel", str(number)).returncode == 0
    assert len(records(cell, number)) == 1
    if failed != "30":
        assert ended(cell, number)[9:11] == ["0", "0"]


@pytest.mark.parametrize(
    ("words", "failed", "status"),
    [
        (("sh", "-c", "exit 143"), "0", "143"),
        (("sh", "-c", "kill -SEGV $$"), "100", "139"),
        (("-l", "h_rt=1", "sleep", "60"), "37", "137"),
        (("-l", "s_rt=1", "sleep", "60"), "100", "138"),
    ],
)
def test_exit_codes_signals_and_limits(
    cell: Cell, tmp_path: Path, words: tuple[str, ...], failed: str, status: str
) -> None:
    number = quick(cell, tmp_path, *words)
    assert ended(cell, number)[11:13] == [failed, status]


def test_exit_99_runs_the_job_again(cell: Cell, tmp_path: Path) -> None:
    number = quick(cell, tmp_path, "sh", "-c", "echo $RESTARTED; test $RESTARTED = 1 || exit 99")
    wait_for(lambda: len(records(cell, number)) == 2)
    assert [line[11:13] for line in records(cell, number)] == [["25", "99"], ["0", "0"]]
    assert (tmp_path / "out").read_text() == "0\n1\n"


def test_qdel_kills_the_whole_tree(cell: Cell, tmp_path: Path) -> None:
    number = quick(cell, tmp_path, "sh", "-c", "setsid sleep 300 & echo $!; echo $$; wait")
    wait_for(lambda: (tmp_path / "out").exists() and len((tmp_path / "out").read_text().split()) == 2)
    pids = [int(word) for word in (tmp_path / "out").read_text().split()]
    assert cell.run("qdel", str(number)).returncode == 0
    assert ended(cell, number)[11:13] == ["100", "137"]
    wait_for(lambda: not any(map(is_running, pids)))


def test_what_a_job_leaves_behind_is_killed(cell: Cell, tmp_path: Path) -> None:
    number = quick(cell, tmp_path, "sh", "-c", "sleep 300 & echo $!; exit 0")
    assert ended(cell, number)[11:13] == ["0", "0"]
    pid = int((tmp_path / "out").read_text())
    wait_for(lambda: not is_running(pid))


def test_notify_gives_the_job_a_chance(cell: Cell, tmp_path: Path) -> None:
    number = quick(
        cell,
        tmp_path,
        "-notify",
        "sh",
        "-c",
        "trap 'echo usr2; exit 8' USR2; echo up; while :; do sleep 0.02; done",
    )
    wait_for(lambda: (tmp_path / "out").exists() and "up" in (tmp_path / "out").read_text())
    cell.run("qdel", str(number))
    assert ended(cell, number)[11:13] == ["0", "8"]  # capture qacct.j_notify_qdel
    assert (tmp_path / "out").read_text().split()[-1] == "usr2"


def test_who_ignores_the_notification_is_killed(cell: Cell, tmp_path: Path) -> None:
    number = quick(
        cell, tmp_path, "-notify", "sh", "-c", "trap '' USR2; echo up; while :; do sleep 0.02; done"
    )
    wait_for(lambda: (tmp_path / "out").exists() and "up" in (tmp_path / "out").read_text())
    cell.run("qdel", str(number))
    assert ended(cell, number)[11:13] == ["100", "137"]


def process_state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_suspension_stops_the_processes(cell: Cell, tmp_path: Path) -> None:
    number = quick(cell, tmp_path, "sh", "-c", "echo $$; exec sleep 300")
    wait_for(lambda: (tmp_path / "out").exists() and (tmp_path / "out").read_text())
    pid = int((tmp_path / "out").read_text())
    wait_for(lambda: state(cell, number) == "r")
    cell.run("qmod", "-sj", str(number))
    assert state(cell, number) == "s"
    wait_for(lambda: process_state(pid) == "T")
    cell.run("qmod", "-usj", str(number))
    wait_for(lambda: process_state(pid) == "S")
    os.kill(pid, signal.SIGTERM)
    assert ended(cell, number)[11:13] == ["100", "143"]


def test_rusage_is_real(cell: Cell, tmp_path: Path) -> None:
    number = quick(cell, tmp_path, "sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")
    line = ended(cell, number)
    used = float(line[14]) + float(line[15])  # how Linux divides it is a matter of samples
    assert used > 0.02
    assert float(line[36]) == pytest.approx(used, abs=1e-5)
    assert float(line[16]) > 1000  # kB


def test_parallel_jobs(cell: Cell, tmp_path: Path) -> None:
    number = quick(cell, tmp_path, "-pe", "smp", "3", "sh", "-c", "echo $NSLOTS $PE; cat $PE_HOSTFILE")
    assert ended(cell, number)[33:35] == ["smp", "3"]
    assert (tmp_path / "out").read_text() == "3 smp\nlocalhost 3 all.q@localhost UNDEFINED\n"


def test_names_and_words_in_any_encoding(cell: Cell, tmp_path: Path) -> None:
    word = os.fsdecode(b"gr\xc3\xb6\xc3\x9fe\xff")
    number = submit(
        cell, tmp_path, *BINARY, "-o", f"out{word}", "-v", f"V={word}", "printf", "%s", f"{word} $V"
    )
    ended(cell, number)
    assert (tmp_path / f"out{word}").read_bytes() == os.fsencode(f"{word} $V")


@pytest.mark.parametrize(
    ("words", "text"),
    [(("-shell", "n"), "a||c d|"), (("-shell", "y"), "a||c|d|")],
    ids=["without a shell", "with one"],
)
def test_a_word_ends_at_its_newline(cell: Cell, tmp_path: Path, words: tuple[str, ...], text: str) -> None:
    """Of the real cell: its execution daemon keeps one word on a line. Variables keep their newlines."""
    (tmp_path / "words").write_text('#!/bin/sh\nprintf "%s|" "$@"\nprintf "%s" "$A"')
    (tmp_path / "words").chmod(0o755)
    arguments = ("a\nb", '""\nx' if "y" in words else "\nx", "c d")
    number = submit(
        cell,
        tmp_path,
        "-b",
        "y",
        *words,
        "-cwd",
        "-o",
        "out",
        "-v",
        "A=1\n2",
        str(tmp_path / "words"),
        *arguments,
    )
    ended(cell, number)
    assert (tmp_path / "out").read_text() == text + "1\n2"


def test_the_record_of_a_rescheduled_run_tells_nothing_of_it(cell: Cell, tmp_path: Path) -> None:
    """Real cell, qmod -rj: failed 25, no times, not even that of the submission, no exit status."""
    number = submit(cell, tmp_path, *BINARY, "-r", "y", "-o", "/dev/null", "sleep", "600")
    wait_for(lambda: state(cell, number) == "r")
    cell.run("qmod", "-rj", str(number))
    line = ended(cell, number)
    cell.run("qdel", str(number))
    assert [line[index] for index in (8, 9, 10, 11, 12, 13, 36)] == [
        "0",
        "0",
        "0",
        "25",
        "0",
        "0",
        "0.000000",
    ]


@pytest.mark.slow
def test_qsub_cannot_tell_the_end_of_a_job_whose_shepherd_was_killed(cell: Cell, tmp_path: Path) -> None:
    """Real cell: exit code 1 and this text; the record has failed 19 and no times."""
    (tmp_path / "kill").write_text("kill -9 $(ps -o ppid= -p $$)\nexec sleep 1\n")
    done = cell.run(
        "qsub", "-sync", "y", "-cwd", "-S", "/bin/sh", "-o", "/dev/null", "-j", "y", "kill", cwd=tmp_path
    )
    number = int(done.stdout.split()[2])
    assert done.returncode == 1
    assert done.stderr.decode() == f"No information available on job {number}'s exit status.\n"
    line = ended(cell, number)
    assert [line[index] for index in (9, 10, 11, 12, 13)] == ["0", "0", "19", "0", "0"]


def test_the_locale_of_the_caller_is_passed_on_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python sets LC_CTYPE for itself where the locale is C; neither commands nor jobs see that."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    seen = []
    with Cell(tmp_path / "cell", login_shells=False) as own:
        for given in ({}, {"LC_CTYPE": "C.UTF-8"}, {"LC_CTYPE": "de_DE.UTF-8"}):
            number = submit(own, tmp_path, "-V", *BINARY, "-o", f"out{len(seen)}", "env", env=given)
            ended(own, number)
            env = environment((tmp_path / f"out{len(seen)}").read_text())
            seen.append({name: value for name, value in env.items() if name == "LC_CTYPE"})
    assert seen == [{}, {"LC_CTYPE": "C.UTF-8"}, {"LC_CTYPE": "de_DE.UTF-8"}]


@pytest.mark.parametrize("words", [("-shell", "n"), ("-shell", "y")], ids=" ".join)
def test_the_shell_is_in_the_environment(cell: Cell, tmp_path: Path, words: tuple[str, ...]) -> None:
    number = submit(cell, tmp_path, "-b", "y", *words, "-cwd", "-S", "/bin/sh", "-o", "out", "env")
    ended(cell, number)
    assert environment((tmp_path / "out").read_text())["SHELL"] == "/bin/sh"


def test_jobs_that_are_waited_for_twice_are_listed_twice(cell: Cell, tmp_path: Path) -> None:
    """Real cell; and a successor that was deleted stays in the list."""
    first = submit(cell, tmp_path, "-h", "-N", "first", "-b", "y", "true")
    second = submit(cell, tmp_path, "-hold_jid", f"first,first,{first}", "-b", "y", "true")
    details = cell.run("qstat", "-j", str(second)).stdout.decode()
    assert f"jid_predecessor_list:       {first},{first},{first}\n" in details
    cell.run("qdel", str(second))
    details = cell.run("qstat", "-j", str(first)).stdout.decode()
    assert f"jid_successor_list:         {second},{second},{second}\n" in details
    cell.run("qdel", str(first))


def test_checkpointing_letters_are_shown(cell: Cell, tmp_path: Path) -> None:
    number = submit(cell, tmp_path, "-h", "-c", "n", "-b", "y", "true")
    assert b"checkpoint_attr:            n    \n" in cell.run("qstat", "-j", str(number)).stdout
    cell.run("qdel", str(number))
    shown = cell.run("qsub", "-verify", "-c", "sx", "-b", "y", "true").stdout
    assert b"checkpoint_attr:            sx    \n" in shown
