"""What a submitted job is and gets, as observed of libdrmaa."""

from __future__ import annotations

import datetime
import os
import pwd
import re
from pathlib import Path

import pytest

from tests.contract.harness import PATIENCE_SECONDS, World

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
SHOW_ERRORS = "echo out; echo err >&2"


def home() -> str:
    """The home directory of the jobs: the user's own, wherever the test's HOME points."""
    return pwd.getpwuid(os.getuid()).pw_dir


def below_home(path: Path) -> str:
    """A path relative to the home directory."""
    return os.path.relpath(path, home())


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
    assert session.is_oracle or seen["X"] == asked["X"]  # Grid Engine cuts it


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
    assert seen["HOME"] == home()
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


@pytest.mark.here  # environment and directory are the host's
def test_directories(session: World) -> None:
    here = session.directory
    rows = {
        "unset": (None, home()),
        "empty": ("", home()),
        "absolute": (str(here), str(here)),
        "home": ("$drmaa_hd_ph$", home()),
        "below home": (f"$drmaa_hd_ph$/{below_home(here)}", str(here)),
    }
    if not session.is_oracle:  # libdrmaa's relative directories are not relative to home and fail
        rows["relative"] = (below_home(here), str(here))
    jobs = {}
    for name, (directory, _) in rows.items():
        path = session.file(name)
        jobs[name] = session.run("/bin/pwd", "-P", workingDirectory=directory, outputPath=f":{path}")
    for job in jobs.values():
        assert session.session.wait(job, PATIENCE_SECONDS).exitStatus == 0
    expected = {name: str(Path(where).resolve()) for name, (_, where) in rows.items()}
    assert {name: session.file(name).read_text().strip() for name in rows} == expected


def test_output_paths(session: World) -> None:
    here = session.directory
    (here / "folder").mkdir()
    rows = {
        "plain": (f":{here}/plain", "plain"),
        "host": (f"nowhere.example:{here}/host", "host"),
        "colon": (f":{here}/a:b", "a:b"),
        "space": (f":{here}/a b", "a b"),
        "utf": (f":{here}/größe", "größe"),
        "home": (f":$drmaa_hd_ph$/{below_home(here)}/home", "home"),
        "working": (":$drmaa_wd_ph$/working", "working"),
        "relative": (":relative", "relative"),
        "folder": (f":{here}/folder", "folder/contract.o{id}"),
        "variables": (f":{here}/$JOB_NAME.$JOB_ID.$TASK_ID.$USER", "contract.{id}.0.{user}"),
    }
    jobs = {
        name: session.run("/bin/echo", name, outputPath=path, workingDirectory=str(here))
        for name, (path, _) in rows.items()
    }
    for job in jobs.values():
        session.session.wait(job, PATIENCE_SECONDS)
    files = {name: file.format(id=jobs[name], user=session.user) for name, (_, file) in rows.items()}
    seen = {
        name: (here / file).read_text() if (here / file).exists() else None for name, file in files.items()
    }
    assert seen == {name: f"{name}\n" for name in rows}


def test_a_comma_in_an_output_path(session: World) -> None:
    path = session.file("a,b")
    session.session.wait(session.run("/bin/echo", "x", outputPath=f":{path}"), PATIENCE_SECONDS)
    assert path.read_text() == "x\n"


def test_default_output_files(session: World) -> None:
    job = session.run(
        "/bin/sh", "-c", SHOW_ERRORS, workingDirectory=str(session.directory), outputPath=None, joinFiles=None
    )
    session.session.wait(job, PATIENCE_SECONDS)
    assert session.file(f"contract.o{job}").read_text() == "out\n"
    assert session.file(f"contract.e{job}").read_text() == "err\n"


def test_joined_files_are_appended_to(session: World) -> None:
    path, unused = session.file("joined"), session.file("unused")
    path.write_text("before\n")
    job = session.run(
        "/bin/sh", "-c", SHOW_ERRORS, outputPath=f":{path}", errorPath=f":{unused}", joinFiles=True
    )
    session.session.wait(job, PATIENCE_SECONDS)
    assert path.read_text() == "before\nout\nerr\n"
    assert not unused.exists()


def test_separate_error_file(session: World) -> None:
    out, error = session.file("o"), session.file("e")
    job = session.run(
        "/bin/sh", "-c", SHOW_ERRORS, outputPath=f":{out}", errorPath=f":{error}", joinFiles=False
    )
    session.session.wait(job, PATIENCE_SECONDS)
    assert (out.read_text(), error.read_text()) == ("out\n", "err\n")


def test_input_path(session: World) -> None:
    session.file("in").write_text("hello\n")
    assert session.output_of("/bin/cat", inputPath=f":{session.file('in')}") == "hello\n"
    assert session.output_of("/bin/cat") == ""


def test_bulk_paths(session: World) -> None:
    here = session.directory
    jobs = session.bulk(
        2,
        6,
        2,
        "/bin/sh",
        "-c",
        "echo $SGE_TASK_ID; pwd",
        outputPath=f":{here}/o.$drmaa_incr_ph$",
        workingDirectory=str(here),
    )
    for job in jobs:
        session.session.wait(job, PATIENCE_SECONDS)
    assert {path.name: path.read_text() for path in here.iterdir()} == {
        f"o.{n}": f"{n}\n{here}\n" for n in (2, 4, 6)
    }


@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa has no limits; drmaa_cli has them on purpose
def test_wall_clock_limits(session: World) -> None:
    job = session.held(hardWallclockTimeLimit=3600, softWallclockTimeLimit=1800)
    assert set(re.findall(r"[hs]_rt=\d+", session.details(job)["hard resource_list"])) == {
        "h_rt=3600",
        "s_rt=1800",
    }


def start_of(world: World, text: str) -> float | None:
    """The instant a held job with this startTime may start, in seconds since the epoch."""
    job = world.held(startTime=text)
    xml = world.tool("qstat", "-j", job, "-xml").stdout
    found = re.search(r"<JB_execution_time>([\dT:.-]+)</", xml)
    assert found is not None, xml
    return world.instant(found[1])


def local(*fields: int) -> float:
    return datetime.datetime(*fields).astimezone().timestamp()  # type: ignore[arg-type]


def test_full_start_times(session: World) -> None:
    rows = {
        "2031/02/03 04:05:06": local(2031, 2, 3, 4, 5, 6),
        "2031/02/03 04:05": local(2031, 2, 3, 4, 5),
        "31/02/03 4:05": local(2031, 2, 3, 4, 5),
        "2031/02/03  04:05:06 ": local(2031, 2, 3, 4, 5, 6),
        "2001/02/03 04:05": local(2001, 2, 3, 4, 5),
        "1970/01/01 00:00": 0.0,
    }
    assert {text: start_of(session, text) for text in rows} == rows


def test_partial_start_times(session: World) -> None:
    now = datetime.datetime.now().replace(microsecond=0)
    soon, past = now + datetime.timedelta(hours=2), now - datetime.timedelta(hours=2)
    if soon.date() != now.date() or past.date() != now.date():
        pytest.skip("too near midnight for times of today")
    tomorrow = past + datetime.timedelta(days=1)
    next_year = past.replace(year=past.year + 1) if (past.month, past.day) != (2, 29) else None
    rows = {
        f"{soon:%H:%M:%S}": soon.astimezone().timestamp(),
        f"{past:%H:%M:%S}": tomorrow.astimezone().timestamp(),
        f" {soon:%H:%M} ": soon.replace(second=0).astimezone().timestamp(),
        f"{soon:%d %H:%M:%S}": soon.astimezone().timestamp(),
        f"{soon:%m/%d %H:%M:%S}": soon.astimezone().timestamp(),
    }
    if next_year is not None:
        rows[f"{past:%m/%d %H:%M:%S}"] = next_year.astimezone().timestamp()
    assert {text: start_of(session, text) for text in rows} == rows


@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa aborts the process, or gives a wrong instant
def test_start_times_with_an_offset(session: World) -> None:
    base = datetime.datetime(2031, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc).timestamp()
    rows = {
        "2031/02/03 04:05:06 +00:00": base,
        "2031/02/03 04:05:06 +05:30": base - 5.5 * 3600,
        "2031/02/03 04:05:06 -07:00": base + 7 * 3600,
        "2031/02/03 04:05:06+01:00": base - 3600,
    }
    assert {text: start_of(session, text) for text in rows} == rows


def test_start_time_wins_over_native(session: World) -> None:
    job = session.held(startTime="2031/02/03 04:05:06", nativeSpecification="-a 203501010000")
    xml = session.tool("qstat", "-j", job, "-xml").stdout
    [found] = re.findall(r"<JB_execution_time>([^<]*)<", xml)
    assert session.instant(found) == local(2031, 2, 3, 4, 5, 6)


@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa silently sets the hour to zero
def test_what_is_not_well_said_after_a_time(session: World) -> None:
    for text in ("2031/02/03 04:05 Z", "2031/02/03 04:05 UTC", "04:05 PM", "04:05 +0100"):
        with session.refuses("DeniedByDrmException", "code 17: Error parsing DRMAA date string"):
            session.run(startTime=text)


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
