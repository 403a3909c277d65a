"""Which templates share an array job, what its command line says, and what is refused."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drmaa_cli.errors import DeniedByDrmException, InvalidArgumentException, InvalidAttributeValueException
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.template import arrays
from drmaa_cli.template.arrays import LARGEST_SCRIPT, ArrayPart, divide
from drmaa_cli.template.attributes import Text
from drmaa_cli.template.submission import UNMARKED, BuildContext, Environment, Marks
from tests.tables import each_row
from tests.template.submissions import values as template_values

CONTEXT = BuildContext(Environment("/home/u", "/work", {"SGE_ROOT": "/sge", "TZ": "UTC"}, 0.0))
START = ["qsub", "-w", "e"]
SCRIPT = ["-b", "n", "-S", "/usr/bin/env", "-C", ""]


def values(**attributes: Any) -> Mapping[bytes, Text]:
    return template_values(**{"remoteCommand": "/bin/echo", **attributes})


def parts(
    *attributes: Mapping[str, Any], most: int = 75000, context: BuildContext = CONTEXT
) -> list[ArrayPart]:
    return divide([values(**given) for given in attributes], context, most)


def shape(*attributes: Mapping[str, Any], most: int = 75000) -> list[tuple[list[int], bool]]:
    return [(list(part.positions), part.tasks is not None) for part in parts(*attributes, most=most)]


def argv(*attributes: Mapping[str, Any], context: BuildContext = CONTEXT) -> list[str]:
    (part,) = parts(*attributes, context=context)
    return list(part.build(Marks("token")).argv)


def lines(*attributes: Mapping[str, Any]) -> list[str]:
    (part,) = parts(*attributes)
    script = part.build(UNMARKED).stdin
    assert script is not None
    return script.decode().splitlines()[-len(attributes) :]


def test_an_array_of_different_commands() -> None:
    given = [{"args": [str(number)]} for number in range(3)]
    assert shape(*given) == [([0, 1, 2], True)]
    assert argv(*given) == [*START, "-ac", "drmaa_cli=token", "-terse", "-t", "1-3:1", *SCRIPT, "-N", "echo"]
    assert lines(*given) == [f"exec '/bin/echo' '{number}'" for number in range(3)]


def test_a_lone_template_is_a_job_of_its_own() -> None:
    (part,) = parts({})
    assert part.tasks is None
    assert part.build(UNMARKED).argv == ("qsub", "-b", "y", "-shell", "n", "-w", "e", "-terse", "/bin/echo")


def test_templates_of_other_options_are_other_arrays_in_the_order_of_the_first() -> None:
    names = ["a", "b", None, "a", "b", "c", None]
    given = [{} if name is None else {"jobName": name} for name in names]
    assert shape(*given) == [([0, 3], True), ([1, 4], True), ([2, 6], True), ([5], False)]


@pytest.mark.parametrize(
    "option",
    [
        {"nativeSpecification": "-p -5"},
        {"jobName": "x"},
        {"jobSubmissionState": "drmaa_hold"},
        {"startTime": "2030/01/01 00:00"},
        {"email": ["a@b"]},
        {"blockEmail": True},
        {"joinFiles": True},
        {"hardWallclockTimeLimit": 5},
        {"softWallclockTimeLimit": 5},
        {"jobEnvironment": {"TMPDIR": "/x"}},
    ],
    ids=str,
)
def test_what_must_agree(option: dict[str, Any]) -> None:
    assert shape({}, option, {}, option) == [([0, 2], True), ([1, 3], True)]


def test_paths_of_programs_may_differ() -> None:
    paths = [{"jobEnvironment": {"PATH": path}} for path in ("/x", "/y", "/x:/z")]
    assert shape(*paths) == [([0, 1, 2], True)]


@pytest.mark.parametrize("native", ["-b n", "-b n -shell n", "-shell y"])
def test_what_is_no_program_to_be_started_directly(native: str) -> None:
    given = {"nativeSpecification": native}
    assert shape(given, given) == [([0], False), ([1], False)]


def test_arrays_are_split_at_the_cells_limit() -> None:
    given = [{"args": [str(number)]} for number in range(7)]
    found = parts(*given, most=3)
    assert [(list(part.positions), part.tasks) for part in found] == [
        ([0, 1, 2], TaskRange(1, 3)),
        ([3, 4, 5], TaskRange(1, 3)),
        ([6], TaskRange(1, 1)),
    ]
    assert [part.build(UNMARKED).argv[-9] for part in found] == ["1-3:1", "1-3:1", "1"]
    script = found[1].build(UNMARKED).stdin
    assert script is not None
    assert script.decode().endswith("exec '/bin/echo' '3'\nexec '/bin/echo' '4'\nexec '/bin/echo' '5'\n")
    assert len(parts(*given, most=0)) == 1


def test_arrays_are_split_before_a_script_gets_too_large() -> None:
    big = "x" * 100_000
    found = parts(*({"args": [big]} for _ in range(200)))
    sizes = [len(part.build(UNMARKED).stdin or b"") for part in found]
    assert len(found) == 2
    assert max(sizes) < LARGEST_SCRIPT + 1000
    assert [position for part in found for position in part.positions] == list(range(200))


def test_what_all_agree_in_goes_on_the_command_line() -> None:
    same = {"workingDirectory": "/w", "outputPath": ":o", "errorPath": ":/e", "inputPath": ":/i",
            "jobEnvironment": {"A": "1", "B": "x,y"}}  # fmt: skip
    given = [{**same, "args": [str(number)]} for number in range(2)]
    words = " ".join(argv(*given))
    assert "-o :o -e :/e -i :/i -wd /w -v A -v B" in words
    assert lines(*given) == ["exec '/bin/echo' '0'", "exec '/bin/echo' '1'"]


def test_what_differs_goes_into_the_script() -> None:
    given = [
        {
            "outputPath": f":/o{number}",
            "errorPath": ":/e",
            "inputPath": f":/i{number}",
            "jobEnvironment": {"A": number},
        }
        for number in range(2)
    ]
    words = " ".join(argv(*given))
    assert "-o :/dev/null -e :/e" in words
    assert " -i " not in words
    assert " -v " not in words
    assert lines(*given)[1] == "o '/o1'; exec <'/i1' || exit; export A='1' ; exec '/bin/echo'"


def test_directories_take_all_files_along() -> None:
    given: list[dict[str, Any]] = [{"workingDirectory": "/a", "errorPath": ":e"}, {"errorPath": ":e"}]
    words = argv(*given)
    assert "-wd" not in words
    assert words[words.index("-o") :][:4] == ["-o", ":/dev/null", "-e", ":/dev/null"]
    assert lines(*given) == ["c '/a'; e 'e'; o '.'; exec '/bin/echo'", "e 'e'; o '.'; exec '/bin/echo'"]


def test_a_native_path_stays_for_who_has_no_other() -> None:
    given: list[dict[str, Any]] = [
        {"nativeSpecification": "-o /n -j y", "outputPath": ":/a"}, {"nativeSpecification": "-o /n -j y"}
    ]  # fmt: skip
    assert "/dev/null" not in " ".join(argv(*given))
    assert lines(*given) == ["o '/a'; exec 2>&1; exec '/bin/echo'", "exec '/bin/echo'"]


def test_variables_that_a_shell_would_lose_are_set_in_the_script() -> None:
    given = [{"args": [str(number)], "jobEnvironment": {"A B": "x", "C": "y"}} for number in range(2)]
    assert "-v C " in " ".join(argv(*given))
    assert "A B" not in argv(*given)
    assert lines(*given)[0].endswith("exec /usr/bin/env -- 'A B=x' '/bin/echo' '0'")


def test_names() -> None:
    assert argv({"args": ["1"]}, {})[-1] == "echo"
    assert argv({"remoteCommand": "/a/x"}, {"remoteCommand": "/b/x"})[-1] == "x"
    assert argv({"remoteCommand": "/a/x"}, {"remoteCommand": "/b/y"})[-1] == "runJobs"
    assert argv({"remoteCommand": "/a/x y"}, {"remoteCommand": "/b/x y"})[-1] == "runJobs"
    assert argv({"jobName": "n"}, {"jobName": "n"})[-len(SCRIPT) :] == SCRIPT
    assert "runJobs" not in argv(
        {"nativeSpecification": "-N n", "remoteCommand": "a"}, {"nativeSpecification": "-N n"}
    )


def test_options_that_contradict_a_script_are_dropped() -> None:
    given = {"nativeSpecification": "-b y -shell n -S /bin/csh -C x -p -1"}
    assert argv(given, given)[:5] == [*START, "-p", "-1"]


def test_arguments_of_the_native_specification_come_first() -> None:
    given = [{"nativeSpecification": "-- a", "args": [str(number)]} for number in range(2)]
    assert lines(*given) == ["exec '/bin/echo' 'a' '0'", "exec '/bin/echo' 'a' '1'"]


@each_row(
    "bad, kind, text",
    [
        ({"remoteCommand": "-x"}, InvalidAttributeValueException, "drmaa_remote_command cannot be '-x'"),
        ({"remoteCommand": ""}, DeniedByDrmException, "no job_name"),
        ({"args": ["\0"]}, InvalidAttributeValueException, r"drmaa_v_argv cannot be '\x00'"),
        ({"outputPath": "x"}, InvalidArgumentException, "must begin with a colon"),
        ({"outputPath": ":"}, DeniedByDrmException, "paths may not be empty strings"),
        ({"errorPath": ":$drmaa_incr_ph$"}, DeniedByDrmException, "increment placeholder"),
        ({"workingDirectory": "$drmaa_wd_ph$"}, DeniedByDrmException, "working directory placeholder"),
        ({"jobEnvironment": {"A,B": "x"}}, InvalidAttributeValueException, "'A,B'"),
        ({"jobName": "a/b"}, DeniedByDrmException, "Slash ('/') not allowed in objectname"),
        ({"nativeSpecification": "-zzz"}, DeniedByDrmException, 'invalid option argument "-zzz"'),
    ],
)  # fmt: skip
def test_a_refusal_says_which_template(bad: dict[str, Any], kind: type[Exception], text: str) -> None:
    for templates, position in (([{}, {"args": ["x"]}, bad], 2), ([bad, {}], 0), ([{}, bad, bad], 1)):
        with pytest.raises(kind) as caught:
            parts(*templates)
        assert type(caught.value) is kind
        assert text in str(caught.value)
        assert str(caught.value).endswith(f"(template {position})")


def test_no_command() -> None:
    with pytest.raises(DeniedByDrmException, match=r'"drmaa_remote_command" attribute set \(template 1\)'):
        divide([values(), {}], CONTEXT, 10)


texts = st.text(st.characters(exclude_characters="\0"), max_size=8)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), texts), max_size=9), st.integers(0, 4))
def test_every_template_is_in_one_place(jobs: list[tuple[str, str]], most: int) -> None:
    def encodable(text: str) -> str:
        return text.encode("utf-8", "ignore").decode()

    given = [{"jobName": name, "args": [encodable(text)]} for name, text in jobs]
    found = parts(*given, most=most)
    assert sorted(position for part in found for position in part.positions) == list(range(len(jobs)))
    for part in found:
        assert len({jobs[position][0] for position in part.positions}) == 1
        assert most == 0 or len(part.positions) <= most
        script = part.build(UNMARKED).stdin
        if part.tasks is not None:
            assert part.tasks.last == len(part.positions)
            assert script is not None
            assert len(script.rstrip(b"\n").split(b"exit 100\n")[-1].split(b"\n")) == len(part.positions)


@pytest.mark.slow
def test_a_script_of_20_000_tasks_is_read_by_its_last_task(tmp_path: Path) -> None:
    (part,) = divide([values(args=[f"{number}"]) for number in range(20_000)], CONTEXT, 75_000)
    path = tmp_path / "script"
    path.write_bytes(part.build(UNMARKED).stdin or b"")
    env = {"PATH": "/usr/bin:/bin", "SGE_TASK_ID": "20000"}
    assert (
        subprocess.run(["/bin/sh", str(path)], env=env, capture_output=True, check=True).stdout == b"19999\n"
    )
    assert path.stat().st_size < arrays.LARGEST_SCRIPT


def test_variables_that_grid_engine_drops_go_into_the_script() -> None:
    given = [{"jobEnvironment": {"LD_LIBRARY_PATH": "/x", "ENV": "y", "A": "1"}}] * 2
    assert "-v A " in " ".join(argv(*given))
    expected = "export LD_LIBRARY_PATH='/x' ; command -v '/bin/echo' >/dev/null||exit;"
    assert lines(*given) == [f"{expected} exec /usr/bin/env -- 'ENV=y' '/bin/echo'"] * 2


@each_row(
    "defaults, native, commands",
    [
        (frozenset(), "", 1),
        (frozenset(), "-shell y", 2),
        (frozenset({"-shell", "-shell y"}), "", 2),
        (frozenset({"-shell", "-shell y"}), "-shell n", 1),
        (frozenset(), "-clear -b y", 2),  # which takes our -shell n back, too
        (frozenset({"-shell", "-shell n"}), "-clear -b y", 2),
        (frozenset(), "-clear -b y -shell n", 1),
        (frozenset(), "-clear -b n -shell n", 2),
    ],
)
def test_only_what_is_started_without_a_shell_becomes_one_array(
    defaults: frozenset[str], native: str, commands: int
) -> None:
    templates = [values(remoteCommand=f"/bin/{name}", nativeSpecification=native) for name in "ab"]
    environment = Environment("/home/u", "/work", {"SGE_ROOT": "/sge"}, 0.0, defaults, stdin_is_file=True)
    assert len(divide(templates, BuildContext(environment, script={}.get), 0)) == commands
