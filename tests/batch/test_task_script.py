"""Scripts of tasks, run by the shells of this machine: every byte arrives, the shell makes way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drmaa_cli.template.job_script import (
    EXIT_NOT_STARTED,
    ScriptTask,
    expanded,
    line,
    many,
    one,
    plain_line,
    quoted,
)
from tests.patience import PATIENCE
from tests.tables import sampled

SHELLS = [shell for shell in ("dash", "bash", "ksh", "mksh") if shutil.which(shell)]  # /bin/sh is one of them
PRINT = "/usr/bin/printf"
ENV = {"PATH": "/usr/bin:/bin", "HOME": "/h", "USER": "u", "JOB_ID": "7", "JOB_NAME": "n", "HOSTNAME": "host"}
NASTY = "'\"$`\\\n\t !*?[]~#;&|<>(){}=%-\x01\x7f\x80\x81\x88\r"
PROPERTY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

anything = st.binary(max_size=40).map(lambda text: os.fsdecode(text.replace(b"\0", b"")))
nasty = st.text(st.sampled_from(NASTY), max_size=12)
words = st.one_of(anything, nasty)
names = st.one_of(
    st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,8}\Z"),
    st.sampled_from(
        ["UID", "PPID", "OPTIND", "BASH_ENV", "IFS", "PS4", "a-b", "A B", "é", "1", "%", "RANDOM"]
    ),
)


@pytest.fixture(params=sampled([(shell,) for shell in SHELLS], SHELLS, every=len(SHELLS)))
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The shell as a machine has it whose /bin/sh it is."""
    path = tmp_path / "bin" / "sh"
    path.parent.mkdir()
    path.symlink_to(str(shutil.which(request.param)))
    return path


def run(shell: Path, text: str, env: Mapping[str, str] = {}) -> subprocess.CompletedProcess[bytes]:
    script = shell.parent / "script"
    script.write_bytes(os.fsencode(text))
    return subprocess.run(
        [str(shell), str(script)], env={**ENV, **env}, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip


def outcome(shell: Path, task: ScriptTask) -> int:
    return run(shell, one(task, is_array=False)).returncode


@PROPERTY
@given(arguments=st.lists(words, max_size=6))
def test_arguments_arrive_byte_for_byte(shell: Path, arguments: list[str]) -> None:
    task = ScriptTask(PRINT, ["%s\\0", "first", *arguments])
    expected = b"".join(os.fsencode(argument) + b"\0" for argument in ["first", *arguments])
    assert run(shell, one(task, is_array=False)).stdout == expected
    assert (
        run(shell, many([line(ScriptTask("/bin/false")), line(task)]), {"SGE_TASK_ID": "2"}).stdout
        == expected
    )


@PROPERTY
@given(variables=st.dictionaries(names, words, max_size=5))
def test_variables_arrive_byte_for_byte(shell: Path, variables: dict[str, str]) -> None:
    seen = run(shell, one(ScriptTask("/usr/bin/env", ["-0"], variables), is_array=False)).stdout
    found = dict(item.split(b"=", 1) for item in seen.split(b"\0") if item)
    assert {
        os.fsdecode(name): os.fsdecode(found.get(os.fsencode(name), b"?")) for name in variables
    } == variables


@PROPERTY
@given(text=words)
def test_a_word_is_one_line(text: str) -> None:
    assert "\n" not in quoted(text)
    assert "\n" not in expanded(text, True)


@PROPERTY
@given(name=st.binary(min_size=1, max_size=30))
def test_files_of_any_name(shell: Path, tmp_path: Path, name: bytes) -> None:
    text = os.fsdecode(name.translate(None, b"\0/$"))
    target = f"{tmp_path}/x{text}"
    task = ScriptTask("/bin/cat", directory="/", input=target, output=target + ".out", error=target + ".err")
    Path(target).write_text("text")
    run(shell, one(task, is_array=False))
    assert Path(target + ".out").read_text() == "text"
    for suffix in ("", ".out", ".err"):
        Path(target + suffix).unlink()


@PROPERTY
@given(name=st.binary(min_size=1, max_size=30))
def test_directories_of_any_name(shell: Path, tmp_path: Path, name: bytes) -> None:
    directory = f"{tmp_path}/x" + os.fsdecode(name.translate(None, b"\0/$"))
    Path(directory).mkdir()
    seen = run(shell, one(ScriptTask("/bin/pwd", directory=directory), is_array=False)).stdout
    Path(directory).rmdir()
    assert seen == os.fsencode(directory) + b"\n"


@pytest.mark.parametrize(
    ("path", "single", "array"),
    [  # as a real cell did it with -o
        ("A$USER-$USERx-${USER}-", "Au-ux-${USER}-", "Au-ux-${USER}-"),
        ("$JOB_NAME-$JOB_IDx-$TASK_ID-$HOSTNAME-$FOO-$$-$", "n-7x-0-host-$FOO-$-$", "n-7x-3-host-$FOO-$-$"),
        ("/tmp$HOME/bt", "/tmp/h/bt", "/tmp/h/bt"),
        ("~/x$LOGNAME$QUEUE", "/h/x$LOGNAME$QUEUE", "/h/x$LOGNAME$QUEUE"),
        ("~", "/h", "/h"),
        ("~root/x", "/root/x", "/root/x"),
        ("a~b", "a~b", "a~b"),
        ("'$JOB_ID\"\n$$HOME", "'7\"\n$HOME", "'7\"\n$HOME"),
        ("", "", ""),
    ],
)
def test_what_is_replaced_in_paths(shell: Path, path: str, single: str, array: str) -> None:
    for is_array, expected in ((False, single), (True, array)):
        script = f"set -- '\n'\n{PRINT} %s {expanded(path, is_array)}\n"
        assert run(shell, script, {"SGE_TASK_ID": "3"}).stdout.decode() == expected


@pytest.mark.parametrize("code", [0, 1, 2, 99, 100, 126, 127, 128, 137, 255])
def test_exit_status_is_the_commands(shell: Path, code: int) -> None:
    assert outcome(shell, ScriptTask("/bin/sh", ["-c", f"exit {code}"])) == code


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGKILL, signal.SIGUSR1, signal.SIGPIPE, signal.SIGXCPU]
)
def test_signals_are_the_commands(shell: Path, number: signal.Signals) -> None:
    assert outcome(shell, ScriptTask("/bin/sh", ["-c", f"kill -{number.value} $$"])) == -number


def test_the_command_takes_the_place_of_the_shell(shell: Path) -> None:
    script = shell.parent / "script"
    for text in (
        one(ScriptTask("/bin/sh", ["-c", "echo $$"]), is_array=True),
        many([line(ScriptTask("/bin/sh", ["-c", "echo $$"]))]),
    ):
        script.write_text(text)
        with subprocess.Popen(
            [str(shell), str(script)], env={**ENV, "SGE_TASK_ID": "1"}, stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            assert int(child.stdout.read()) == child.pid


NOT_STARTED = {
    "no such file": ScriptTask("/no/such/command"),
    "not on PATH": ScriptTask("no-such-command"),
    "a directory": ScriptTask("/tmp"),
    "not executable": ScriptTask("/etc/passwd"),
    "no such command and a variable for env": ScriptTask("no-such-command", (), {"A B": "x"}),
    "no directory": ScriptTask("/bin/true", directory="/no/such"),
    "no input": ScriptTask("/bin/true", input="/no/such"),
    "no place for output": ScriptTask("/bin/true", output="/no/such/file"),
    "no place for joined output": ScriptTask("/bin/true", output="/no/such/file", joined=True),
    "no place for errors": ScriptTask("/bin/true", error="/no/such/file"),
    "empty": ScriptTask(""),
}


@pytest.mark.parametrize("task", NOT_STARTED.values(), ids=NOT_STARTED)
def test_what_cannot_be_started(shell: Path, task: ScriptTask) -> None:
    assert outcome(shell, task) == EXIT_NOT_STARTED
    assert run(shell, many([line(task)]), {"SGE_TASK_ID": "1"}).returncode == EXIT_NOT_STARTED


def test_why_it_could_not_be_started_is_in_the_error_file(shell: Path, tmp_path: Path) -> None:
    for name, task in (
        ("o", ScriptTask("/no/such", output=f"{tmp_path}/o", joined=True)),
        ("e", ScriptTask("/no/such", error=f"{tmp_path}/e")),
    ):
        outcome(shell, task)
        assert "/no/such" in (tmp_path / name).read_text()


@pytest.mark.parametrize("task_number", ["0", "4", "undefined"])
def test_a_task_that_is_not_there(shell: Path, task_number: str) -> None:
    assert run(shell, many([line(ScriptTask("/bin/true"))] * 3), {"SGE_TASK_ID": task_number}).returncode != 0


def test_each_task_runs_its_own_line(shell: Path) -> None:
    script = many(line(ScriptTask(PRINT, [f"{number}"])) for number in range(1, 400))
    for number in (1, 2, 57, 398, 399):
        assert run(shell, script, {"SGE_TASK_ID": str(number)}).stdout == str(number).encode()


def test_output_in_a_directory_has_the_usual_name(shell: Path, tmp_path: Path) -> None:
    task = ScriptTask(
        "/bin/sh", ["-c", "echo out; echo err >&2"], {}, str(tmp_path), None, ".", f"{tmp_path}"
    )
    run(shell, one(task, is_array=False))
    run(shell, many([line(task)]), {"SGE_TASK_ID": "1"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()} == {
        "n.o7": "out\n", "n.e7": "err\n", "n.o7.1": "out\n", "n.e7.1": "err\n",
    }  # fmt: skip


def test_files_are_appended_to(shell: Path, tmp_path: Path) -> None:
    task = ScriptTask("/bin/sh", ["-c", "echo out; echo err >&2"], output=f"{tmp_path}/o", joined=True)
    for _ in range(2):
        run(shell, one(task, is_array=False))
    assert (tmp_path / "o").read_text() == "out\nerr\n" * 2


def test_functions_and_options_of_the_caller_change_nothing(shell: Path, tmp_path: Path) -> None:
    env = {
        "BASH_FUNC_cd%%": "() { exit 9; }",
        "BASH_FUNC_sed%%": "() { exit 9; }",
        "CDPATH": "/",
        "ENV": "/no",
    }
    script = many([line(ScriptTask("/bin/pwd", directory=str(tmp_path)))])
    found = run(shell, script, {**env, "SGE_TASK_ID": "1"})
    assert (found.returncode, found.stdout.decode()) == (0, f"{tmp_path}\n")


def test_a_job_may_have_a_path_of_its_own(shell: Path) -> None:
    found = run(shell, many([line(ScriptTask(PRINT, ["x"]))]), {"SGE_TASK_ID": "1", "PATH": "/no"})
    assert (found.returncode, found.stdout) == (0, b"x")
    script = one(ScriptTask("printf", ["x"], {"PATH": "/no"}), is_array=False)
    here = {"PATH": f"/tmp/1.1.all.q:{ENV['PATH']}"}  # as in a job, whose own directory stays in front
    assert run(shell, script, here).returncode == EXIT_NOT_STARTED


def test_a_command_that_looks_like_a_variable() -> None:
    with pytest.raises(ValueError, match="a=b"):
        line(ScriptTask("a=b", (), {"A B": "x"}))


def test_no_line_of_a_users_is_an_embedded_option() -> None:
    script = one(ScriptTask("/bin/echo", ["\n#$ -q other.q\n"]), is_array=False)
    assert not any(text.startswith("#$") for text in script.splitlines())


@PROPERTY
@given(words, st.lists(words, max_size=3))
def test_the_line_of_a_plain_task(command: str, arguments: list[str]) -> None:
    assert plain_line(command, arguments) == line(ScriptTask(command, arguments))
