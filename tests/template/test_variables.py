"""Variables of a job: by name through qsub's environment, by value on the command line, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from drmaa_cli.errors import ConflictingAttributeValuesException, InvalidAttributeValueException
from drmaa_cli.template.variables import Qsub, Variables, environment_of_qsub, variable_options, with_named
from tests.tables import each_combination, each_row

NOWHERE: frozenset[str] = frozenset()


def carried(given: list[str], elsewhere: frozenset[str] = NOWHERE, **how: Any) -> Variables:
    return variable_options(given, elsewhere, Qsub(**{"own": {}, **how}))


@each_combination(
    name=["A", "a_1", "MYSGE_X", "XLD_PRELOAD"],
    value=["", "x", "a,b", "a=b", "two words\n"],
    has_file=[True, False],
    has_start_time=[True, False],
)
def test_a_variable_is_given_by_its_name(name: str, value: str, has_file: bool, has_start_time: bool) -> None:
    found = carried([f"{name}={value}"], has_file=has_file, has_start_time=has_start_time)
    assert found == (["-v", name], {name: value}, [], [])


QSUBS = ["SGE_X", "GLIBC_TUNABLES", "OPENSSL_CONF", "TZ", "LC_TIME", "PATH", "MAIL"]


@each_combination(name=QSUBS, value=["", "C", " two words ", "a\\b=c;$x `y`", "\t"])
def test_what_qsub_itself_reads_is_given_in_a_file(name: str, value: str) -> None:
    if name == "LC_TIME" and value != "C":  # Grid Engine drops what is no plain locale
        return
    assert carried([f"{name}={value}"], has_start_time=True) == ([], {}, [f'-v "{name}={value}"'], [])


@each_row("name", QSUBS)
def test_what_qsub_itself_reads_is_given_with_its_value_where_no_file_is(name: str) -> None:
    assert carried([f"{name}=C"], has_file=False) == (["-v", f"{name}=C"], {}, [], [name])


@each_combination(name=["MAIL", "TZ"], value=["it's", 'a "b"', "x#y", "a\nb"])
def test_what_an_option_file_cannot_carry_is_given_by_its_name(name: str, value: str) -> None:
    assert carried([f"{name}={value}"]) == (["-v", name], {name: value}, [], [])


@each_combination(name=[*QSUBS, "HOME", "A"], value=["C", "a,b", "it's"], has_file=[True, False])
def test_what_qsub_has_anyway_is_given_by_its_name(name: str, value: str, has_file: bool) -> None:
    if name == "LC_TIME" and value != "C":
        return
    found = carried([f"{name}={value}"], own={name: value}, has_file=has_file)
    assert (found.options, found.lines) == (["-v", name], [])


def test_a_time_zone_with_a_comma_beside_a_start_time_wants_a_file() -> None:
    given = ["TZ=CET-1CEST,M3.5.0"]
    with pytest.raises(ConflictingAttributeValuesException, match="a comma in drmaa_v_env"):
        carried(given, has_file=False, has_start_time=True)
    assert carried(given, has_file=False) == (["-v", "TZ"], {"TZ": "CET-1CEST,M3.5.0"}, [], [])


def test_a_start_time_is_not_read_in_the_time_zone_of_the_job() -> None:
    """Qsub may have been given another one than the program's own for it."""
    assert carried(["TZ=CET"], own={"TZ": "CET"}, has_start_time=True).lines == ['-v "TZ=CET"']


@each_combination(name=["HOME", "LOGNAME", "SHELL", "TMPDIR", "USER"], value=["x", "a,b", "it's"])
def test_what_every_job_has_of_grid_engine_is_only_named(name: str, value: str) -> None:
    assert carried([f"{name}={value}"], has_file=False) == (["-v", name], {}, [], [])


@pytest.mark.parametrize("name", ["SGE_X", "GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "OPENSSL_CONF"])
def test_what_qsub_needs_cannot_have_a_comma(name: str) -> None:
    with pytest.raises(InvalidAttributeValueException, match="qsub needs this variable itself") as caught:
        carried([f"{name}=a,b"])
    assert name in str(caught.value)


@pytest.mark.parametrize("name", ["PATH", "MAIL", "TZ"])
def test_what_qsub_records_has_a_comma_at_the_price_of_the_record(name: str) -> None:
    assert carried([f"{name}=a,b"]) == (["-v", name], {name: "a,b"}, [], [])


def test_a_time_zone_with_a_comma_and_a_start_time() -> None:
    zone = "TZ=CET-1CEST,M3.5.0,M10.5.0"
    with pytest.raises(ConflictingAttributeValuesException, match="a start time and TZ="):
        carried([zone], has_start_time=True)
    assert carried(["PATH=a,b"], has_start_time=True).options == ["-v", "PATH"]


@pytest.mark.parametrize("given", ["ENV_TYPE=x", "IFS=:", "LANGUAGE=de:en", "LC_ALL="])
def test_what_grid_engine_drops_is_refused_where_no_script_sets_it(given: str) -> None:
    """Observed on 8.1.9 (see is_dropped())."""
    with pytest.raises(InvalidAttributeValueException, match="out of every job's environment"):
        carried([given])
    name = given.partition("=")[0]
    assert carried([given, "A=1"], frozenset({name})) == (["-v", "A"], {"A": "1"}, [], [])


def test_the_environment_of_qsub() -> None:
    own = {
        "A": "1",
        "PATH": "/bin",
        "SGE_ND": "1",
        "SGE_DEBUG_LEVEL": "2",
        "SGE_LONG_JOB_NAMES": "1",
        "SGE_ROOT": "/s",
    }
    assert environment_of_qsub(own, {"A": "2", "B": "3"}) == {
        "A": "2",
        "B": "3",
        "PATH": "/bin",
        "SGE_ROOT": "/s",
    }
    assert "SGE_ND" in own


@each_row(
    "argv, added",
    [
        (["-v", "A,B,C=1"], {"A": "a"}),
        (["-v", "C=1", "-v", "D", "-l", "A"], {"D": "d,\n"}),
        (["-v", "B", "-V", "true"], {}),
        (["-v"], {}),
        (["-v", ",,UNKNOWN"], {}),
        ([], {}),
    ],
)
def test_variables_given_by_name_are_found_elsewhere(argv: list[str], added: dict[str, str]) -> None:
    env = {"B": "own"}
    elsewhere = {"A": "a", "B": "other", "C": "c", "D": "d,\n", "E": "e"}
    assert with_named(["qsub", *argv], env, elsewhere) == {**env, **added}


@pytest.mark.parametrize("has_file", [True, False])
def test_a_name_that_a_shell_can_export_is_given_by_its_name_to_one(has_file: bool) -> None:
    found = carried(["A_1=it's"], is_begun_by_shell=True, has_file=has_file)
    assert found == (["-v", "A_1"], {"A_1": "it's"}, [], [])


def test_any_name_is_given_by_itself_where_no_shell_is() -> None:
    assert carried(["odd.name=it's"]) == (["-v", "odd.name"], {"odd.name": "it's"}, [], [])


@pytest.mark.parametrize(
    ("name", "value", "has_file"),
    [("odd.name", "it's", True), ("odd.name", "x", False), ("odd'name", "x", True)],
)
def test_a_name_that_a_shell_cannot_export_is_shown_where_no_file_carries_it(
    name: str, value: str, has_file: bool
) -> None:
    given = f"{name}={value}"
    found = carried([given], is_begun_by_shell=True, has_file=has_file)
    assert found == (["-v", given], {}, [], [name])
