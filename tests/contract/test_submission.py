"""What a submitted job is and gets, as observed of libdrmaa."""

from __future__ import annotations

import os
import pwd
import re
from pathlib import Path

import pytest

from tests.contract.harness import World
from tests.tables import each_row

TRICKY = [
    "plain",
    "two words",
    "  edges  ",
    "'single'",
    '"double"',
    "a,b",
    "$HOME",
    "*",
    "back\\slash",
    "--",
    "-x",
    "",
    "größe",
    "tab\there",
    "semi;colon",
    "(x)",
    "a=b",
    "%s",
    "#",
    "`id`",
    "x" * 2000,
]
VALUES = {
    "SPACES": " a  b ",
    "COMMA": "a,b",
    "QUOTES": 'it\'s "x"',
    "DOLLAR": "$HOME",
    "STAR": "*",
    "EMPTY": "",
    "UTF": "größe",
    "BACKSLASH": "a\\nb",
    "LINES": "a\nb",
    "TERM": "vt100",
}


def test_arguments_arrive_unchanged(session: World) -> None:
    output = session.output_of("/usr/bin/printf", "%s\\0", *TRICKY)
    assert output.split("\0")[:-1] == TRICKY


def test_a_newline_in_an_argument(session: World) -> None:
    output = session.output_of("/usr/bin/printf", "%s\\0", "a\nb", "\n#$ -N no", "c\n\n")
    if session.is_oracle:  # Grid Engine itself cuts it
        assert output == "a\0\0c\0"
    else:  # better on purpose: a script carries it
        assert output == "a\nb\0\n#$ -N no\0c\n\n\0"


def test_arguments_with_a_shell(session: World) -> None:
    output = session.output_of("/usr/bin/printf", "%s.", "a b", "'c d'", nativeSpecification="-shell y")
    assert output == "a.b.c d."


def test_environment_arrives_unchanged(session: World) -> None:
    output = session.output_of("/usr/bin/env", "-0", jobEnvironment=VALUES)
    seen = dict(item.partition("=")[::2] for item in output.split("\0") if item)
    assert {name: seen.get(name) for name in VALUES} == VALUES


def test_an_equals_sign_in_an_environment_value(session: World) -> None:
    output = session.output_of("/usr/bin/env", jobEnvironment={"OPTIONS": "x=y=z"})
    # libdrmaa cuts the value at its first "="; better on purpose here.
    assert f"OPTIONS={'x' if session.is_oracle else 'x=y=z'}" in output.splitlines()


# What a real shepherd takes out of a job's environment: by the beginning of the name, or by the value.
DROPPED = {
    "LD_LIBRARY_PATH": "/nowhere/lib",
    "LD_X": "a b",
    "BASH_ENV": "/dev/null",
    "ENV": "/dev/null",
    "ENV_TYPE": "test",
    "IFS": ":",
    "PS4": "> ",
    "SHELLOPTS": "noglob",
    "KRB5_CONFIG": "/x",
    "TERMINFO_DIRS": "/x",
    "JAVA_TOOL_OPTIONS": "-Xmx1g",
    "LANGUAGE": "de:en",
    "LC_ALL": "",
}


def test_variables_that_grid_engine_drops(session: World) -> None:
    output = session.output_of("/usr/bin/env", "-0", jobEnvironment={**DROPPED, "LC_TIME": "C", "A": "1"})
    seen = dict(item.partition("=")[::2] for item in output.split("\0") if item)
    assert (seen["LC_TIME"], seen["A"]) == ("C", "1")
    found = {name: seen[name] for name in DROPPED if name in seen}
    assert found == ({} if session.is_oracle else DROPPED)  # better on purpose: a script carries them


def test_variables_that_nothing_can_carry(session: World) -> None:
    asked = {"jobEnvironment": {"ENV_TYPE": "x"}, "nativeSpecification": "-shell y"}
    if session.is_oracle:  # the variable is lost without a word
        assert "ENV_TYPE" not in session.output_of("/usr/bin/env", **asked)
        return
    with pytest.raises(session.error_class("InvalidAttributeValueException"), match="out of every job's"):
        session.run("/usr/bin/env", **asked)


def test_variables_with_the_names_of_options(session: World) -> None:
    """A script sets them by env(1), which must not take them for options of its own."""
    asked = {"-i": "1", "--": "2", "-S/usr/bin/touch FILE #": "3", "-u": "PATH", "X": "y" * 20_000}
    output = session.output_of("/usr/bin/env", "-0", jobEnvironment=asked)
    seen = dict(item.partition("=")[::2] for item in output.split("\0") if item)
    assert {name: seen.get(name) for name in asked if name != "X"} == {
        name: value for name, value in asked.items() if name != "X"
    }
    longest = 9_997 if session.is_oracle else None  # it cuts X=... to 9,999 bytes
    assert seen["X"] == asked["X"][:longest]


@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa runs no command
@each_row("value", ["it's", "x#y", "a,b", "two\nlines"])
def test_variables_that_qsub_itself_would_obey(session: World, value: str) -> None:
    """No option file carries them, and none may stand on a command line: a script sets them, and the PATH."""
    asked = {"SGE_MINE": value, "GLIBC_X": value, "PATH": "/some/where:/usr/bin:/bin", "SGE_TASK_ID": "x"}
    output = session.output_of("/usr/bin/env", "-0", jobEnvironment=asked)
    seen = dict(item.partition("=")[::2] for item in output.split("\0") if item)
    assert (seen["SGE_MINE"], seen["GLIBC_X"], seen["SGE_TASK_ID"]) == (value, value, "undefined")
    assert seen["PATH"] == f"{seen['TMP']}:/some/where:/usr/bin:/bin"


@pytest.mark.here  # environment and directory are the host's
def test_path_and_what_grid_engine_sets(session: World) -> None:
    asked = {
        "PATH": "/some/where:/usr/bin:/bin",
        "HOME": "/nowhere",
        "USER": "nobody",
        "JOB_ID": "x",
        "TMP": "/x",
    }
    output = session.output_of("/usr/bin/env", jobEnvironment=asked)
    seen = dict(line.partition("=")[::2] for line in output.splitlines())
    assert seen["PATH"] == f"{seen['TMP']}:/some/where:/usr/bin:/bin"
    assert seen["HOME"] == pwd.getpwuid(os.getuid()).pw_dir
    assert seen["USER"] == session.user
    assert seen["JOB_ID"].isdigit()
    assert seen["SGE_TASK_ID"] == "undefined"
    assert seen["SGE_O_WORKDIR"] == str(Path.cwd())


@pytest.mark.here  # environment and directory are the host's
def test_the_submitters_environment_for_native_v(session: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_HERE", "this value")
    output = session.output_of(
        "/usr/bin/env",
        nativeSpecification="-v FROM_HERE -v BOTH=native",
        jobEnvironment={"BOTH": "attribute"},
    )
    assert {"FROM_HERE=this value", "BOTH=attribute"} <= set(output.splitlines())


def test_a_relative_command_is_found_through_path(session: World) -> None:
    assert session.output_of("echo", "found") == "found\n"


def test_job_names(session: World) -> None:
    names = ["a,b", "it's", 'say"x"', "a%b", "a=b", ".x", "#x", "$x", "a&b", "a-b", "x" * 511]
    jobs = {name: session.held(jobName=name) for name in names}
    assert {name: session.details(job)["job_name"] for name, job in jobs.items()} == {
        name: name for name in names
    }
    unnamed = session.held(jobName=None)
    assert session.details(unnamed)["job_name"] == "true"


def test_mail(session: World) -> None:
    job = session.held(email=["a", "a", "b@c"], nativeSpecification="-M n@m -m bea", blockEmail=True)
    seen = session.details(job)
    assert seen["mail_list"] == "n@m,a@NONE,b@c"
    assert seen.get("mail_options", "n") == "n"
    # blockEmail False alone asks for mail at the end
    assert session.details(session.held(blockEmail=False))["mail_options"] == "e"
    assert "mail_options" not in session.details(session.held())


@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa has no limits; drmaa_cli has them on purpose
def test_wall_clock_limits(session: World) -> None:
    job = session.held(hardWallclockTimeLimit=3600, softWallclockTimeLimit=1800)
    assert set(re.findall(r"[hs]_rt=\d+", session.details(job)["hard resource_list"])) == {
        "h_rt=3600",
        "s_rt=1800",
    }


def script(session: World, *lines: str) -> str:
    """A script with options in it; its path."""
    path = session.file("script.sh")
    path.write_text("\n".join(("#!/bin/sh", *lines, "echo $SGE_TASK_ID $SGE_TASK_LAST", "")))
    path.chmod(0o755)
    return str(path)


def test_a_script_that_makes_an_array_of_itself(session: World) -> None:
    path = script(session, "#$ -t 1-3")
    if session.is_oracle:
        assert session.output_of(path, nativeSpecification="-b n") == "undefined undefined\n"
        return
    with pytest.raises(session.error_class("DeniedByDrmException"), match="the script sets -t 1-3"):
        session.run(path, nativeSpecification="-b n")


def test_a_file_of_options_in_a_script_that_makes_an_array(session: World) -> None:
    options = session.file("options")
    options.write_text("-t 1-3\n")
    path = script(session, f"#$ -@ {options}")
    if session.is_oracle:
        assert session.output_of(path, nativeSpecification="-b n") == "undefined undefined\n"
        return
    with pytest.raises(session.error_class("DeniedByDrmException"), match="the script sets -t 1-3"):
        session.run(path, nativeSpecification="-b n")


@pytest.mark.slow
def test_the_tasks_of_a_bulk_job_are_not_its_scripts(session: World) -> None:
    path = script(session, "#$ -t 1-3")
    assert len(session.bulk(1, 5, 2, path, nativeSpecification="-b n")) == 3


def test_a_script_that_makes_qsub_wait(session: World) -> None:
    path = script(session, "#$ -sync y")
    if session.is_oracle:
        assert session.output_of(path, nativeSpecification="-b n") == "undefined undefined\n"
        return
    with pytest.raises(session.error_class("DeniedByDrmException"), match="the script sets -sync y"):
        session.run(path, nativeSpecification="-b n")


def test_a_stray_word_in_a_script_is_a_refusal(session: World) -> None:
    with pytest.raises(session.error_class("DeniedByDrmException")):
        session.run(script(session, "#$ stray"), nativeSpecification="-b n")
