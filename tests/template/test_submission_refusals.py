"""What a template is refused for, with which class and text, and in which order (as observed of libdrmaa)."""

from __future__ import annotations

import subprocess

import pytest

from drmaa_cli.errors import (
    ConflictingAttributeValuesException,
    DeniedByDrmException,
    InternalException,
    InvalidArgumentException,
    InvalidAttributeValueException,
)
from drmaa_cli.template.limits import LONGEST_STRING
from tests.tables import each_row, together
from tests.template.submissions import GARBLED, TASKS, refusal, submission

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


@each_row("attributes, text", DENIED)
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


@each_row("name", ["a b", "é", "a\x01b", "a\x7fb", " ", "none "])
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


@each_row(
    "attributes, named",
    [
        ({"remoteCommand": "-x"}, "drmaa_remote_command cannot be '-x'"),
        ({"email": ["a\nb"]}, r"drmaa_v_email cannot be 'a\nb'"),
        ({"jobEnvironment": {"": "x"}}, "drmaa_v_env cannot be {'': 'x'}"),
        ({"jobEnvironment": {"A,B": "x"}}, "drmaa_v_env cannot be {'A,B': 'x'}"),
        ({"jobEnvironment": {"A\nB": "x"}}, r"drmaa_v_env cannot be {'A\nB': 'x'}"),
        (
            {"jobEnvironment": {"SGE_ROOT": "a,b"}, "nativeSpecification": "-shell y"},
            "drmaa_v_env cannot be {'SGE_ROOT': 'a,b'}",
        ),
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


@together
@pytest.mark.parametrize("native", ["-b n", "-shell y", "-b n -shell y"])
@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({"args": ["a", "a\nb"]}, r"drmaa_v_argv[1] cannot be 'a\nb'"),
        ({"remoteCommand": "/a\nb", "jobName": "n"}, r"drmaa_remote_command cannot be '/a\nb'"),
        ({"outputPath": ":/a,b"}, "drmaa_output_path cannot be ':/a,b'"),
        ({"errorPath": ":/a\nb"}, r"drmaa_error_path cannot be ':/a\nb'"),
        ({"workingDirectory": "/a\nb", "remoteCommand": "/x"}, r"drmaa_wd cannot be '/a\nb'"),
    ],
)
def test_what_no_script_of_ours_can_carry(attributes: dict[str, object], named: str, native: str) -> None:
    error = refusal({**attributes, "nativeSpecification": native})
    assert type(error) is InvalidAttributeValueException
    assert str(error).startswith("code 14: The value for the job attribute is invalid. " + named)


def test_a_variable_that_would_be_the_command() -> None:
    error = refusal({"args": ["\n"], "remoteCommand": "/a=b", "jobEnvironment": {"A B": "x"}})
    assert "drmaa_remote_command cannot be '/a=b'" in str(error)


def test_a_time_zone_with_a_comma_and_a_start_time() -> None:
    zone = {"TZ": "CET-1CEST,M3.5.0"}
    for other in (
        {"startTime": "10:00", "nativeSpecification": "-b n"},
        {"nativeSpecification": "-b n -a 10101010"},
    ):
        error = refusal({"jobEnvironment": zone, **other})
        assert type(error) is ConflictingAttributeValuesException
        assert "TZ=CET-1CEST,M3.5.0" in str(error)


def test_waiting_for_every_job_by_default_is_refused() -> None:
    assert "-sync y" in str(refusal({}, defaults=frozenset({"-sync", "-sync y"})))


ORDER: list[dict[str, object]] = [  # each fault is reported before those that follow it (libdrmaa was asked)
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


@each_row("first", range(len(ORDER) - 1))
def test_order_of_checks(first: int) -> None:
    expected = str(refusal(ORDER[first]))
    for later in ORDER[first + 1 :]:
        if not later.keys() & ORDER[first].keys():
            assert str(refusal({**later, **ORDER[first]})) == expected


def test_linux_gives_a_program_texts_so_long_and_no_longer() -> None:
    subprocess.run(["/bin/true", "x" * LONGEST_STRING], check=True)
    with pytest.raises(OSError, match="Argument list too long"):
        subprocess.run(["/bin/true", LONG], check=False)


@pytest.mark.parametrize("defaults", [["-b", "-b n"], ["-b", "-b No"]])
def test_an_argument_for_a_script_of_the_users_can_have_no_line_end(defaults: list[str]) -> None:
    """Without such a default the command is a program, which a script of ours can start."""
    given = {"args": ["a", "b\nc"]}
    assert b"exec" in (submission(given, defaults=frozenset(["-N", "-N d"])).stdin or b"")
    assert str(refusal(given, defaults=frozenset(defaults))).endswith(
        r"drmaa_v_argv[1] cannot be 'b\nc': Grid Engine cuts it at the end of a line"
    )


@pytest.mark.parametrize("how", [{"joinFiles": True}, {"nativeSpecification": "-j y"}, "-j y", "-j Yes"])
def test_a_file_for_errors_that_go_to_the_output_is_judged_all_the_same(how: dict[str, object] | str) -> None:
    given = {"errorPath": ":/a\nb", **(how if isinstance(how, dict) else {})}
    defaults = frozenset(["-j", how] if isinstance(how, str) else [])
    assert submission({"errorPath": ":/a\nb"}, defaults=frozenset(["-j", "-j n"])).stdin
    assert "drmaa_error_path" in str(refusal(given, defaults=defaults))
