"""The qsub command of a template: words, environment, refusals and their order (libdrmaa_observed 3)."""

from __future__ import annotations

import calendar
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli import constants as c
from drmaa_cli.errors import (
    ConflictingAttributeValuesException,
    DeniedByDrmException,
    DrmaaException,
    InternalException,
    InvalidArgumentException,
    InvalidAttributeValueException,
    UnsupportedAttributeException,
)
from drmaa_cli.models import TaskRange
from drmaa_cli.submission import LONGEST_STRING, Environment, Submission, build
from drmaa_cli.template import JobTemplate

HOME = "/home/u"
NOW = float(calendar.timegm((2026, 11, 23, 9, 18, 44)))
TASKS = TaskRange(1, 5, 2)
GARBLED = "code 1: Error reading answer list from qmaster"
CATEGORIES = {
    "c": ["-N", "cat", "-q", "a.q"],
    "soft": ["-soft", "-q", "b.q"],
    "bad": ["-zzz"],
    "script": ["-b", "n"],
}


def submission(
    attributes: Mapping[str, object],
    tasks: TaskRange | None = None,
    env: Mapping[str, str] = {"SGE_ROOT": "/sge", "TZ": "UTC"},
    defaults: frozenset[str] = frozenset(),
    **how: Any,
) -> Submission:
    given_attributes = {"remoteCommand": "/bin/true", **attributes}
    if given_attributes["remoteCommand"] is None:
        del given_attributes["remoteCommand"]
    template = JobTemplate._for(lambda: None, **given_attributes)
    environment = Environment(HOME, "/work", env, NOW, defaults)
    how |= {"localtime": time.gmtime, "mktime": lambda fields: float(calendar.timegm(fields))}
    return build(template._values(), environment, tasks, category=CATEGORIES.get, **how)


def words(attributes: Mapping[str, object], tasks: TaskRange | None = None, **how: Any) -> str:
    """The words between the defaults and -terse."""
    argv = " ".join(submission(attributes, tasks, **how).argv)
    start, end = "qsub -b y -shell n -w e", " -terse"
    assert argv.startswith(start)
    return argv[len(start) : argv.index(end)].strip()


def refusal(attributes: Mapping[str, object], tasks: TaskRange | None = None, **how: Any) -> DrmaaException:
    with pytest.raises(DrmaaException) as caught:
        submission(attributes, tasks, **how)
    return caught.value


def test_the_shortest_command() -> None:
    made = submission({})
    assert made == Submission(
        ("qsub", "-b", "y", "-shell", "n", "-w", "e", "-terse", "/bin/true"),
        {"SGE_ROOT": "/sge", "TZ": "UTC"},
        None,
        None,
        "true",
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
        context={"k": "v"},
    )
    assert made.argv == (
        *("qsub", "-b", "y", "-shell", "n", "-w", "e"),
        *("-q", "a.q", "-l", "x=1"),
        *("-o", ":/o", "-wd", "/w", "-a", "202611231000.00", "-N", "attr", "-h", "-j", "y"),
        *("-hard", "-l", "h_rt=60", "-M", "a@b,c", "-m", "n", "-v", "A", "-ac", "k=v"),
        *("-terse", "-t", "1-5:2", "/bin/true", "n", "-x", "a b"),
    )
    assert made.env["A"] == "1,2"
    assert (made.tasks, made.job_name) == (TASKS, "attr")


@pytest.mark.parametrize(
    ("attributes", "expected"),
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
            "-v PATH=/x -v SGE_ROOT=/r -v LC_ALL=C",
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


@pytest.mark.parametrize(
    ("defaults", "native", "start"),
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


@pytest.mark.parametrize(
    ("attributes", "defaults", "path"),
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
    assert "SGE_ND=x" in made.argv


def test_the_name_the_job_will_have() -> None:
    assert submission({"remoteCommand": "x/y.sh"}).job_name == "y.sh"
    assert submission({"nativeSpecification": "-N n"}).job_name == "n"
    assert submission({"remoteCommand": "/a b"}, defaults=frozenset({"-N", "-N d"})).job_name == "d"
    assert submission({"nativeSpecification": "-b n", "remoteCommand": "/a/s"}).job_name == "s"


DENIED = [
    ({"remoteCommand": None}, 'job template must have "drmaa_remote_command" attribute set'),
    ({"remoteCommand": ""}, "job rejected cause there is no job_name in the request"),
    ({"remoteCommand": "/bin/"}, "job rejected cause there is no job_name in the request"),
    ({"remoteCommand": "9x"}, 'denied: "9x" is not a valid object name (cannot start with a digit)'),
    ({"remoteCommand": "/bin/none"}, 'Keyword ("NONE") not allowed as objectname'),
    ({"remoteCommand": "/tmp/a:b"}, "Colon (':') not allowed in objectname"),
    ({"jobName": ""}, "job rejected cause there is no job_name in the request"),
    ({"jobName": "x" * 512}, "job name too long, maximum allowed length is 512 characters"),
    ({"jobName": "9a/b"}, 'denied: "9a/b" is not a valid object name (cannot start with a digit)'),
    ({"jobName": "é/"}, "Slash ('/') not allowed in objectname"),
    ({"jobName": "a/:@\\*?\n\t\rb"}, "Return not allowed in objectname"),
    ({"jobName": "a/:@\\*?\t\rb"}, "Tab not allowed in objectname"),
    ({"jobName": "a/:@\\*?\rb"}, "Carriage return not allowed in objectname"),
    ({"jobName": "a:@\\*?b"}, "Colon (':') not allowed in objectname"),
    ({"jobName": "a@\\*?b"}, "At ('@') not allowed in objectname"),
    ({"jobName": "a\\*?b"}, "Backslash ('\\') not allowed in objectname"),
    ({"jobName": "?*"}, "Asterisk ('*') not allowed in objectname"),
    ({"jobName": "?"}, "Questionmark ('?') not allowed in objectname"),
    ({"jobName": "Template"}, 'Keyword ("TEMPLATE") not allowed as objectname'),
    ({"nativeSpecification": "-N all"}, 'Keyword ("ALL") not allowed as objectname'),
    ({"startTime": "24:00"}, "Error parsing DRMAA date string"),
    ({"startTime": "2030/00/02 10:00"}, "invalid format for job start time"),
    ({"outputPath": ":"}, "paths may not be empty strings"),
    ({"inputPath": ""}, "paths may not be empty strings"),
    ({"errorPath": "host:"}, "paths may not be empty strings"),
    ({"nativeSpecification": "-zzz"}, 'invalid option argument "-zzz"\n'),
    ({"nativeSpecification": "-w v"}, "-w v only verifies and submits no job: use -w e, -w w or -w n\n"),
    ({"nativeSpecification": "-clear"}, "job rejected: no script in your request"),
    ({"jobCategory": "bad"}, 'invalid option argument "-zzz"\n'),
    ({"jobCategory": "no"}, "Unknown job category"),
    ({"jobCategory": ""}, "Unknown job category"),
    ({"workingDirectory": "$drmaa_wd_ph$"},
     'working directory placeholder "$drmaa_wd_ph$" is not allowed in the working directory path\n'),
]  # fmt: skip


@pytest.mark.parametrize(("attributes", "text"), DENIED)
def test_denied(attributes: dict[str, object], text: str) -> None:
    error = refusal(attributes)
    assert type(error) is DeniedByDrmException
    assert str(error) == f"code 17: {text}"


@pytest.mark.parametrize("attribute", ["workingDirectory", "outputPath", "errorPath", "inputPath"])
def test_increments_are_for_bulk_jobs(attribute: str) -> None:
    text = 'code 17: increment placeholder "$drmaa_incr_ph$" is only allowed in pathes for bulk jobs\n'
    assert str(refusal({attribute: ":/tmp/$drmaa_incr_ph$"})) == text
    assert submission({attribute: ":/tmp/$drmaa_incr_ph$"}, TASKS)


def test_increments_in_the_directory_of_a_script() -> None:
    error = refusal({"workingDirectory": "/$drmaa_incr_ph$", "nativeSpecification": "-b n"}, TASKS)
    assert str(error) == (
        "code 17: The $drmaa_inc_ph$ placeholder is not allowed when the DRMAA_NATIVE_SPECIFICATION"
        ' attribute contains "-b n"\n'
    )


@pytest.mark.parametrize("name", ["a b", "é", "a\x01b", "a\x7fb", " ", "none "])
def test_names_that_the_qmaster_chokes_on(name: str) -> None:
    for attributes in ({"jobName": name}, {"remoteCommand": f"/bin/{name}"}):
        error = refusal(attributes)
        assert type(error) is InternalException
        assert str(error).startswith(GARBLED)
        assert ascii(name) in str(error)


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("inputPath", "drmaa_input_path"),
        ("outputPath", "drmaa_output_path"),
        ("errorPath", "drmaa_error_path"),
    ],
)
def test_paths_need_a_colon(attribute: str, name: str) -> None:
    error = refusal({attribute: "/tmp/x"})
    assert type(error) is InvalidArgumentException
    assert str(error) == f"code 4: The \"{name}\" attribute must begin with a colon, ':'"


LONG = "x" * (LONGEST_STRING + 1)


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({"args": ["a", "a\nb"]}, r"drmaa_v_argv[1] cannot be 'a\nb'"),
        ({"remoteCommand": "-x"}, "drmaa_remote_command cannot be '-x'"),
        ({"remoteCommand": "a\nb", "jobName": "n"}, r"drmaa_remote_command cannot be 'a\nb'"),
        ({"outputPath": ":/a,b"}, "drmaa_output_path cannot be ':/a,b'"),
        ({"errorPath": ":/a\nb"}, r"drmaa_error_path cannot be ':/a\nb'"),
        ({"workingDirectory": "/a\nb"}, r"drmaa_wd cannot be '/a\nb'"),
        ({"email": ["a\nb"]}, r"drmaa_v_email cannot be 'a\nb'"),
        ({"jobEnvironment": {"": "x"}}, "drmaa_v_env cannot be {'': 'x'}"),
        ({"jobEnvironment": {"A,B": "x"}}, "drmaa_v_env cannot be {'A,B': 'x'}"),
        ({"jobEnvironment": {"A\nB": "x"}}, r"drmaa_v_env cannot be {'A\nB': 'x'}"),
        ({"jobEnvironment": {"SGE_ROOT": "a,b"}}, "drmaa_v_env cannot be {'SGE_ROOT': 'a,b'}"),
        ({"args": ["a\0b"]}, r"drmaa_v_argv cannot be 'a\x00b'"),
        ({"jobName": "a\0"}, r"drmaa_job_name cannot be 'a\x00'"),
        ({"nativeSpecification": "-N \0"}, r"drmaa_native_specification cannot be '-N \x00'"),
        ({"args": ["\ud800"]}, r"drmaa_v_argv cannot be '\ud800'"),
        ({"args": [LONG]}, "drmaa_v_argv cannot be 'xxxx"),
        ({"jobEnvironment": {"A": LONG}}, "drmaa_v_env cannot be 'A=xxxx"),
    ],
)
def test_what_grid_engine_cannot_carry(attributes: dict[str, object], named: str) -> None:
    error = refusal(attributes)
    assert type(error) is InvalidAttributeValueException
    assert str(error).startswith("code 14: The value for the job attribute is invalid. " + named)
    assert len(str(error)) < 300


def test_a_time_zone_with_a_comma_and_a_start_time() -> None:
    zone = {"TZ": "CET-1CEST,M3.5.0"}
    for other in ({"startTime": "10:00"}, {"nativeSpecification": "-a 10101010"}):
        error = refusal({"jobEnvironment": zone, **other})
        assert type(error) is ConflictingAttributeValuesException
        assert "TZ=CET-1CEST,M3.5.0" in str(error)


def test_file_staging_is_not_for_qsub() -> None:
    values = {c.REMOTE_COMMAND: "/bin/true", c.TRANSFER_FILES: "ioe"}
    with pytest.raises(UnsupportedAttributeException, match="drmaa_transfer_files cannot be 'ioe'"):
        build(values, Environment(HOME, "/", {}, NOW))


def test_waiting_for_every_job_by_default_is_refused() -> None:
    assert "-sync y" in str(refusal({}, defaults=frozenset({"-sync", "-sync y"})))


ORDER: list[
    dict[str, object]
] = [  # each fault is reported before those that follow it (libdrmaa was asked)
    {"nativeSpecification": "-zzz"},
    {"workingDirectory": "$drmaa_wd_ph$"},
    {"outputPath": "x"},
    {"errorPath": "x"},
    {"inputPath": "x"},
    {"startTime": "bad"},
    {"remoteCommand": None},
    {"jobCategory": "no"},
    {"outputPath": ":"},
    {"jobName": "a/b"},
]


@pytest.mark.parametrize("first", range(len(ORDER) - 1))
def test_order_of_checks(first: int) -> None:
    expected = str(refusal(ORDER[first]))
    for later in ORDER[first + 1 :]:
        if not later.keys() & ORDER[first].keys():
            assert str(refusal({**later, **ORDER[first]})) == expected


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
        assert made.argv[len(made.argv) - len(args or ()) :] == tuple(args or ())
        for word in (*made.argv, *made.env, *made.env.values()):
            assert "\0" not in word
            assert word.encode("utf-8", "surrogateescape") is not None
        for name, value in template_environment(env or {}).items():
            assert f"{name}={value}" in made.argv or made.env[name] == value
    assert text.startswith("code ")


def template_environment(env: dict[str, str]) -> dict[str, str]:
    return JobTemplate._for(lambda: None, jobEnvironment=env).jobEnvironment
