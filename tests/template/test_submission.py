"""The qsub command of a template: words, environment, refusals and their order (as observed of libdrmaa)."""

from __future__ import annotations

import calendar
import os
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drmaa_cli.errors import (
    ConflictingAttributeValuesException,
    DeniedByDrmException,
    DrmaaException,
)
from drmaa_cli.gridengine.output_files import OutputFiles
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.template.build import build
from drmaa_cli.template.job_script import quoted
from drmaa_cli.template.script_plan import LONGEST_ARGUMENT
from drmaa_cli.template.submission import BuildContext, Environment, Marks, Submission
from tests.tables import each_row
from tests.template.submissions import TASKS, submission, template, values, words


def test_the_shortest_command() -> None:
    made = submission({})
    assert made == Submission(
        ("qsub", "-b", "y", "-shell", "n", "-w", "e", "-terse", "/bin/true"),
        {"SGE_ROOT": "/sge", "TZ": "UTC"},
        None,
        None,
        "true",
        files=(OutputFiles("/home/u", home="/home/u"),),
    )


def test_everything_has_its_place() -> None:
    made = submission(
        {
            "args": ["-x", "a b"],
            "jobCategory": "c",
            "nativeSpecification": "-l x=1 -t 9 -- n",
            "jobName": "attr",
            "outputPath": "host:/o",
            "workingDirectory": "/w",
            "startTime": "10:00",
            "jobSubmissionState": "drmaa_hold",
            "joinFiles": True,
            "hardWallclockTimeLimit": 60,
            "email": ["a@b", "c"],
            "blockEmail": True,
            "jobEnvironment": {"A": "1,2"},
        },
        TASKS,
        marks=Marks("token"),
    )
    assert made.argv == (
        *("qsub", "-b", "y", "-shell", "n", "-w", "e"),
        *("-q", "a.q", "-l", "x=1"),
        *("-o", ":/o", "-wd", "/w", "-a", "202611231000.00", "-N", "attr", "-h", "-j", "y"),
        *("-hard", "-l", "h_rt=60", "-M", "a@b,c", "-m", "n", "-v", "A", "-ac", "drmaa_cli=token"),
        *("-terse", "-t", "1-5:2", "/bin/true", "n", "-x", "a b"),
    )
    assert made.env["A"] == "1,2"
    assert (made.tasks, made.job_name) == (TASKS, "attr")


@each_row(
    "attributes, expected",
    [
        ({"workingDirectory": ""}, ""),
        ({"workingDirectory": "/a b"}, "-wd /a b"),
        ({"workingDirectory": "x"}, "-wd /home/u/x"),
        ({"workingDirectory": "./x"}, "-wd /home/u/./x"),
        ({"workingDirectory": "$drmaa_hd_ph$"}, "-wd /home/u/"),
        ({"workingDirectory": "$drmaa_hd_ph$/x"}, "-wd /home/u/x"),
        ({"workingDirectory": "$drmaa_hd_ph$x"}, "-wd /home/u/x"),
        ({"workingDirectory": "~"}, "-wd /home/u"),
        ({"workingDirectory": "~/x"}, "-wd /home/u/x"),
        ({"workingDirectory": "$HOME/x"}, "-wd /home/u/x"),
        ({"workingDirectory": "~other/x"}, "-wd ~other/x"),
        ({"workingDirectory": "/a/$drmaa_hd_ph$"}, "-wd /a/$drmaa_hd_ph$"),
        ({"outputPath": ":/a:b"}, "-o :/a:b"),
        ({"outputPath": "::/a"}, "-o ::/a"),
        ({"outputPath": "http://x/y"}, "-o ://x/y"),
        ({"outputPath": ":$drmaa_hd_ph$/x"}, "-o :$HOME/x"),
        ({"errorPath": ":$drmaa_wd_ph$/x"}, "-e :./x"),
        ({"inputPath": ":x"}, "-i :x"),
        ({"outputPath": ":/x$drmaa_hd_ph$"}, "-o :/x$drmaa_hd_ph$"),
        ({"joinFiles": False}, "-j n"),
        ({"joinFiles": False, "nativeSpecification": "-j y"}, "-j n"),
        ({"jobSubmissionState": "drmaa_active", "nativeSpecification": "-h"}, "-h"),
        ({"jobSubmissionState": "drmaa_hold", "nativeSpecification": "-h"}, "-h"),
        ({"nativeSpecification": "-N a -p -1 -N b"}, "-p -1 -N b"),
        ({"nativeSpecification": "-l a=1 -l b=2"}, "-l a=1 -l b=2"),
        ({"nativeSpecification": "-N a", "jobName": "b"}, "-N b"),
        ({"jobCategory": "c", "nativeSpecification": "-N n"}, "-q a.q -N n"),
        ({"jobCategory": "soft", "nativeSpecification": "-l a=1"}, "-soft -q b.q -hard -l a=1"),
        ({"softWallclockTimeLimit": 5, "hardWallclockTimeLimit": 9}, "-hard -l h_rt=9,s_rt=5"),
        ({"startTime": "2030/01/02 10:00:30 +01:00"}, "-a 203001020900.30"),
        ({"startTime": "1970/01/01 00:00", "nativeSpecification": "-a 203001010000"}, ""),
        ({"email": []}, ""),
        ({"email": ["", "x", ""]}, "-M x"),
        ({"email": ["a"], "nativeSpecification": "-M b"}, "-M b -M a"),
        ({"blockEmail": True, "nativeSpecification": "-m bea"}, "-m bea -m n"),
        ({"blockEmail": False}, "-m e"),
        ({"blockEmail": False, "nativeSpecification": "-m n"}, "-m n -m e"),
        ({"blockEmail": False, "nativeSpecification": "-m a"}, "-m a"),
        ({"jobEnvironment": {"A": "x", "B": "y"}}, "-v A -v B"),
        (
            {"jobEnvironment": {"PATH": "/x", "SGE_ROOT": "/r", "LC_ALL": "C"}},
            "-@ /dev/stdin",
        ),
        ({"jobEnvironment": {"TZ": "CET-1CEST,M3.5.0"}}, "-v TZ"),
    ],
)
def test_words_of_attributes(attributes: dict[str, object], expected: str) -> None:
    assert words(attributes) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"outputPath": ":/o.$drmaa_incr_ph$.$drmaa_incr_ph$"}, "-o :/o.$TASK_ID.$TASK_ID"),
        ({"workingDirectory": "/w$drmaa_incr_ph$"}, "-o :/w$TASK_ID -e :/w$TASK_ID -wd /w$TASK_ID"),
        (
            {"workingDirectory": "$drmaa_incr_ph$", "outputPath": ":$drmaa_wd_ph$/o", "errorPath": ":e",
             "inputPath": ":$drmaa_hd_ph$/i"},
            "-o :/home/u/$TASK_ID/o -e :/home/u/$TASK_ID/e -i :$HOME/i -wd /home/u/$TASK_ID",
        ),
        (
            {"workingDirectory": "/$drmaa_incr_ph$", "nativeSpecification": "-o /x -e /y"},
            "-o /x -e /y -wd /$TASK_ID",
        ),
    ],
)  # fmt: skip
def test_increments_of_bulk_jobs(attributes: dict[str, object], expected: str) -> None:
    assert words(attributes, TASKS) == expected


def test_a_single_task() -> None:
    assert submission({}, TaskRange(3, 3)).argv[-4:] == ("-terse", "-t", "3", "/bin/true")


@each_row(
    "defaults, native, start",
    [
        (frozenset({"-b", "-b y"}), "", "qsub -shell n -w e -terse"),
        (frozenset({"-w", "-w n", "-shell", "-shell y"}), "", "qsub -b y -terse"),
        (frozenset({"-w", "-w v"}), "", "qsub -b y -shell n -w e -terse"),
        (frozenset({"-b", "-b n"}), "-b y -w n", "qsub -shell n -b y -w n -terse"),
        (frozenset(), "-shell y", "qsub -b y -w e -shell y -terse"),
        (frozenset(), "-p -1 -clear -b y", "qsub -clear -b y -terse"),
        (frozenset({"-sync", "-sync n"}), "", "qsub -b y -shell n -w e -terse"),
    ],
)
def test_our_defaults_are_the_lowest(defaults: frozenset[str], native: str, start: str) -> None:
    made = submission({"nativeSpecification": native}, defaults=defaults)
    assert " ".join(made.argv) == f"{start} /bin/true"


@each_row(
    "attributes, defaults, path",
    [
        ({"nativeSpecification": "-b n", "remoteCommand": "/s"}, (), "/s"),
        ({"nativeSpecification": "-b n", "remoteCommand": "s"}, (), "/home/u/s"),
        ({"nativeSpecification": "-b n", "remoteCommand": "s", "workingDirectory": "/w"}, (), "/w/s"),
        ({"nativeSpecification": "-b n", "remoteCommand": "s", "workingDirectory": "w"}, (), "/home/u/w/s"),
        ({"jobCategory": "script", "remoteCommand": "s"}, (), "/home/u/s"),
        ({"remoteCommand": "s"}, ("-b", "-b no"), "/home/u/s"),
        ({"remoteCommand": "s", "nativeSpecification": "-b n -b y"}, (), "s"),
        ({"nativeSpecification": "-b n", "remoteCommand": "9 bad name"}, (), "/home/u/9 bad name"),
    ],
)
def test_scripts_have_absolute_paths(
    attributes: dict[str, object], defaults: tuple[str, ...], path: str
) -> None:
    assert submission(attributes, defaults=frozenset(defaults)).argv[-1] == path


def test_the_environment_is_the_callers_less_what_disturbs() -> None:
    env = {"A": "1", "SGE_ND": "1", "SGE_LONG_QNAMES": "-1", "SGE_DEBUG_LEVEL": "2 0", "SGE_ROOT": "/sge"}
    made = submission({"jobEnvironment": {"A": "2", "SGE_ND": "x"}}, env=env)
    assert made.env == {"A": "2", "SGE_ROOT": "/sge"}
    assert env["A"] == "1"
    assert made.stdin == b'-v "SGE_ND=x"\n'


def test_the_name_the_job_will_have() -> None:
    assert submission({"remoteCommand": "x/y.sh"}).job_name == "y.sh"
    assert submission({"nativeSpecification": "-N n"}).job_name == "n"
    assert submission({"remoteCommand": "/a b"}, defaults=frozenset({"-N", "-N d"})).job_name == "d"
    assert submission({"nativeSpecification": "-b n", "remoteCommand": "/a/s"}).job_name == "s"


def scripted(text: str, tasks: TaskRange | None = None, **attributes: object) -> Submission:
    given = {"remoteCommand": "/a/s", "nativeSpecification": "-b n", **attributes}
    return submission(given, tasks, script={"/a/s": text}.get, marks=Marks("token", in_account=True))


def test_what_a_script_says_of_itself() -> None:
    assert scripted("#!/bin/sh\n#$ -N own -a 203001010000\n#$-A mine\n").job_name == "own"
    made = scripted("#$ -a 203001010000\n#$-A mine\n")
    assert (made.has_start_time, made.in_account, "-A" in made.argv) == (True, False, False)
    assert scripted("#$ -N own\n", nativeSpecification="-b n -N native").job_name == "native"
    assert scripted("#$ -N own\n#% -N other", nativeSpecification="-b n -C #%").job_name == "other"
    assert scripted("#$ -N own -t 1-3", nativeSpecification='-b n -C ""').job_name == "s"
    assert scripted("#$ -N own -clear\n").job_name == "s"
    assert scripted("#$ stray words\n#$ -N own\n").job_name == "own"  # qsub refuses it
    assert scripted(" #$ -t 1-3\necho '#$ -sync y'\n").job_name == "s"


@pytest.mark.parametrize("line", ["#$ -sync y", "#$ -N x -sync YES"])
def test_a_script_that_makes_qsub_wait_is_refused(line: str) -> None:
    with pytest.raises(DeniedByDrmException, match=r"^code 17: the script sets -sync y"):
        scripted(line)
    assert scripted("#$ -sync y\n#$ -sync n").job_name == "s"


@pytest.mark.parametrize(
    "line", ["-@ /a/options", "-N x -@ /a/options", "-umask 022 -t 1-3", "-par 2\n#$ -t 1-3", "-rbi -t 1-3"]
)
def test_an_array_is_found_in_option_files_and_beside_other_flavours_options(line: str) -> None:
    """A real 8.1.9 reads ``-@ FILE`` in a script; the options are Univa's."""
    files = {"/a/s": f"#!/bin/sh\n#$ {line}\n", "/a/options": "-t 1-3\n"}
    with pytest.raises(DeniedByDrmException, match="the script sets -t 1-3"):
        submission({"remoteCommand": "/a/s", "nativeSpecification": "-b n"}, script=files.get)


def test_what_only_verifies_is_refused() -> None:
    with pytest.raises(DeniedByDrmException, match=r"^code 17: the script sets -verify, .*submits nothing"):
        scripted("#$ -verify")
    defaults = frozenset({"-verify"})
    with pytest.raises(DeniedByDrmException, match=r"^code 17: a default file .*sets -verify"):
        submission({"remoteCommand": "x"}, defaults=defaults)
    cleared = {"remoteCommand": "x", "nativeSpecification": "-clear -b y"}  # it is taken back (a real 8.1.9)
    assert "-verify" not in submission(cleared, defaults=defaults).argv


def test_an_array_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(DeniedByDrmException, match=r"^code 17: the script sets -t 1-3,.*runBulkJobs"):
        scripted("#$ -t 1-3")
    assert "-t" in scripted("#$ -t 1-3", TaskRange(1, 2)).argv
    defaults = frozenset({"-t", "-t 1-5"})
    with pytest.raises(DeniedByDrmException, match=r"^code 17: a default file .* sets -t 1-5"):
        submission({"remoteCommand": "x"}, defaults=defaults)
    assert "-t" in submission({"remoteCommand": "x"}, TaskRange(1, 2), defaults=defaults).argv


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"args": ["-a", "-av"]}, False),
        ({"startTime": "2030/01/01 00:00"}, True),
        ({"nativeSpecification": "-a 203001010000"}, True),
        ({"nativeSpecification": "-- -a"}, False),
    ],
)
def test_a_start_time_is_no_argument_of_that_name(attributes: dict[str, object], expected: bool) -> None:
    assert submission({"remoteCommand": "rsync", **attributes}).has_start_time == expected


def in_berlin(start: str, **attributes: object) -> Submission:
    """A submission on 25 October 2026, when the hour from 2:00 comes twice, in summer time first."""
    change = 1792890000  # 01:00 UTC

    def localtime(when: float) -> time.struct_time:
        return time.gmtime(when + (7200 if when < change else 3600))

    def mktime(fields: tuple[int, ...]) -> float:
        summer = float(calendar.timegm(fields)) - 7200
        return summer if summer < change else summer + 3600

    context = BuildContext(
        Environment("/home/u", "/", {"TZ": "Europe/Berlin"}, 0.0), localtime=localtime, mktime=mktime
    )
    return build(values(remoteCommand="/bin/true", startTime=start, **attributes), context)


@each_row(
    "start, word, zone",
    [
        ("2026/10/25 01:59:59", "202610250159.59", "Europe/Berlin"),
        ("2026/10/25 02:00 +02:00", "202610250000.00", "UTC0"),
        ("2026/10/25 02:30 +02:00", "202610250030.00", "UTC0"),
        ("2026/10/25 02:59:59 +02:00", "202610250059.59", "UTC0"),
        ("2026/10/25 02:00 +01:00", "202610250100.00", "UTC0"),
        ("2026/10/25 02:59:59 +01:00", "202610250159.59", "UTC0"),
        ("2026/10/25 03:00 +01:00", "202610250300.00", "Europe/Berlin"),
        ("2026/10/25 02:30 +01:00", "202610250130.00", "UTC0"),
        ("2026/10/25 03:30 +01:00", "202610250330.00", "Europe/Berlin"),
    ],
)
def test_an_hour_that_comes_twice(start: str, word: str, zone: str) -> None:
    """Of its first second, too: a real qsub took that for the second pass."""
    made = in_berlin(start)
    assert made.argv[made.argv.index("-a") + 1] == word
    assert made.env["TZ"] == zone
    assert "TZ" not in made.argv


def test_an_hour_that_comes_twice_and_all_variables() -> None:
    again = "2026/10/25 02:30 +01:00"
    with pytest.raises(ConflictingAttributeValuesException, match="-V excludes"):
        in_berlin(again, nativeSpecification="-V")
    made = in_berlin(again, nativeSpecification="-V", jobEnvironment={"TZ": "Asia/Tokyo"})
    assert made.env["TZ"] == "UTC0"
    assert b" TZ='Asia/Tokyo'" in (made.stdin or b"")


TEXT_ATTRIBUTES = (
    "remoteCommand", "workingDirectory", "jobCategory", "nativeSpecification", "startTime", "jobName",
    "inputPath", "outputPath", "errorPath",
)  # fmt: skip
PIECES = st.sampled_from(
    [
        "$drmaa_hd_ph$",
        "$drmaa_wd_ph$",
        "$drmaa_incr_ph$",
        ":",
        "/",
        "-N ",
        "-b n ",
        "c",
        "a",
        "10:00",
        "\n",
        ",",
        "\0",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=6).map("".join))


@example({}, ["\n"], None, None, None)
@given(
    st.dictionaries(st.sampled_from(TEXT_ATTRIBUTES), TEXTS),
    st.one_of(st.none(), st.lists(TEXTS, max_size=4)),
    st.one_of(st.none(), st.dictionaries(TEXTS, TEXTS, max_size=3)),
    st.one_of(st.none(), st.lists(TEXTS, max_size=3)),
    st.sampled_from([None, TASKS]),
)
def test_any_template_is_a_command_or_refused(
    texts: dict[str, str],
    args: list[str] | None,
    env: dict[str, str] | None,
    email: list[str] | None,
    tasks: TaskRange | None,
) -> None:
    given_values: dict[str, object] = {**texts, "args": args, "jobEnvironment": env, "email": email}
    attributes = {name: value for name, value in given_values.items() if value is not None}
    try:
        made = submission(attributes, tasks)
    except DrmaaException as error:
        text = str(error)
    else:
        text = "code 0: accepted"
        if made.stdin is None:
            assert made.argv[len(made.argv) - len(args or ()) :] == tuple(args or ())
        else:  # a script carries what the command line cannot
            assert os.fsencode("".join(f" {quoted(arg)}" for arg in args or ())) in made.stdin
        for word in (*made.argv, *made.env, *made.env.values()):
            assert "\0" not in word
            assert word.encode("utf-8", "surrogateescape") is not None
        for name, value in template_environment(env or {}).items():
            carried = f"{name}={value}" in made.argv or made.env.get(name) == value
            assert carried or os.fsencode(quoted(value).strip("'")) in (made.stdin or b"")
            assert name in made.shown or not any(value and f"{name}={value}" == word for word in made.argv)
    assert text.startswith("code ")


@pytest.mark.parametrize("size", [LONGEST_ARGUMENT, LONGEST_ARGUMENT + 1])
def test_an_argument_that_is_too_long_for_the_shepherd_goes_into_a_script(size: int) -> None:
    made = submission({"args": ["x" * size]})
    assert (made.stdin is None) == (size <= LONGEST_ARGUMENT)


def template_environment(env: dict[str, str]) -> dict[str, str]:
    return template(jobEnvironment=env).jobEnvironment
