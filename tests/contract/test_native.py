"""Native specification and job category, where they are accepted, as observed of libdrmaa."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.contract.harness import NO_USAGE, World
from tests.patience import PATIENCE
from tests.tables import each_row

IGNORED = ("-sync y", "-sync n", "-terse", "-help", "-verify", "-u x", "-pty y", "-hard", "-soft", "-t 5")


@each_row("words", IGNORED)
def test_ignored_options(session: World, words: str) -> None:
    job = session.held(nativeSpecification=words)
    assert job.isdigit()
    assert session.status(job) == "user_on_hold"


def test_words_are_split_like_a_shell(session: World) -> None:
    rows = {
        "-N two -p -7": ("two", "-7"),
        '-N "quoted"': ("quoted", None),
        "-N 'quoted'": ("quoted", None),
        "\t-N\ttabs\n-p -3 ": ("tabs", "-3"),
        "-N 'unclosed": ("unclosed", None),
        "-N first -N second": ("second", None),
        "-N a\\b": None,
    }
    for words, expected in rows.items():
        if expected is None:
            with session.refuses(
                "DeniedByDrmException",
                "code 17: Backslash ('\\') not allowed in objectname",
            ):
                session.held(jobName=None, nativeSpecification=words)
            continue
        seen = session.details(session.held(jobName=None, nativeSpecification=words))
        priority = seen.get("priority")
        assert (seen["job_name"], None if priority == "0" else priority) == expected, words


def test_attributes_win_over_native_words(session: World) -> None:
    here = str(session.directory)
    job = session.held(
        jobName="attribute",
        workingDirectory=here,
        nativeSpecification="-N native -wd /tmp -o /tmp/native -j n",
        outputPath=":/dev/null",
    )
    seen = session.details(job)
    assert (seen["job_name"], seen["cwd"], seen["merge"]) == ("attribute", here, "y")
    assert "/tmp/native" not in seen["stdout_path_list"]


def test_native_hold_is_not_undone_by_active(session: World) -> None:
    job = session.run(nativeSpecification="-h", jobSubmissionState="drmaa_active")
    assert session.status(job) == "user_on_hold"


@pytest.mark.here  # directory and files are the host's
def test_native_cwd(session: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(session.directory)
    here = str(Path.cwd())
    rows = {"-cwd": here, "-wd /tmp -cwd": here, "-cwd -wd /tmp": "/tmp"}
    assert {words: session.details(session.held(nativeSpecification=words))["cwd"] for words in rows} == rows
    job = session.held(nativeSpecification="-cwd", workingDirectory="/usr")
    assert session.details(job)["cwd"] == "/usr"


def test_unsatisfiable_jobs_without_verification(session: World) -> None:
    for words in ("-w n -l arch=pdp11", "-w w -l arch=pdp11"):
        assert session.status(session.run(nativeSpecification=words)) == "queued_active"


def test_verification_alone_makes_no_job(session: World) -> None:
    for words in ("-w v", "-w p"):
        if not session.is_oracle:  # better on purpose: refused, no id of a job that will never be
            with session.refuses("DeniedByDrmException"):
                session.run(nativeSpecification=words)
            continue
        job = session.run(nativeSpecification=words)
        assert job.isdigit()
        assert session.letters(job) == ""
        assert session.status(job) == "undetermined"
        with session.refuses("ExitTimeoutException"):
            session.session.wait(job, 0)


def test_words_after_two_dashes_come_before_the_arguments(session: World) -> None:
    assert session.output_of("/bin/echo", "c", "d", nativeSpecification="-- a b").split() == [
        "a",
        "b",
        "c",
        "d",
    ]


def test_script_with_embedded_options(session: World) -> None:
    script = session.file("script.sh")
    script.write_text("#!/bin/sh\n#$ -N embedded\n#$ -p -9\necho ran $1\n")
    path = session.file("result")
    job = session.run(
        str(script), "here", nativeSpecification="-b n -p -5", jobName=None, outputPath=f":{path}"
    )
    assert session.session.wait(job, PATIENCE).exitStatus == 0
    assert path.read_text() == "ran here\n"
    held = session.held(command=str(script), nativeSpecification="-b n -p -5", jobName=None)
    seen = session.details(held)
    assert (seen["job_name"], seen["priority"]) == ("embedded", "-5")


def test_script_in_the_working_directory(session: World) -> None:
    session.file("script.sh").write_text("#!/bin/sh\nexit 3\n")
    job = session.run("script.sh", nativeSpecification="-b n", workingDirectory=str(session.directory))
    assert session.session.wait(job, PATIENCE).exitStatus == 3


@pytest.mark.here  # directory and files are the host's
def test_job_category(session: World) -> None:
    qtask = Path(os.environ["SGE_ROOT"], os.environ["SGE_CELL"], "common", "qtask")
    before = qtask.read_bytes() if qtask.exists() else None
    qtask.write_text("# categories\ncalm -p -11 -N category\n!loud -p -12\n")
    try:
        seen = session.details(session.held(jobCategory="calm", jobName=None))
        assert (seen["job_name"], seen["priority"]) == ("category", "-11")
        assert session.details(session.held(jobCategory="loud"))["priority"] == "-12"
        seen = session.details(
            session.held(jobCategory="calm", nativeSpecification="-p -1", jobName="attribute")
        )
        assert (seen["job_name"], seen["priority"]) == ("attribute", "-1")
    finally:
        qtask.unlink()
        if before is not None:
            qtask.write_bytes(before)


def test_now_that_cannot_start(session: World) -> None:
    job = session.run(nativeSpecification="-now y -w n -l arch=pdp11")
    session.until(job, "failed")
    with session.refuses("NoResourceUsageException", NO_USAGE):
        session.session.wait(job, PATIENCE)


def test_parallel_environment(session: World) -> None:
    assert session.output_of("/usr/bin/printenv", "NSLOTS", nativeSpecification="-pe smp 3") == "3\n"
