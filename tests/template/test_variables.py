"""Variables of a job: by name through qsub's environment, by value on the command line, or not at all."""

from __future__ import annotations

import pytest

from drmaa_cli.errors import ConflictingAttributeValuesException, InvalidAttributeValueException
from drmaa_cli.template.variables import environment_of_qsub, variable_options, with_named

NOWHERE: frozenset[str] = frozenset()


@pytest.mark.parametrize("name", ["A", "a_1", "MYSGE_X", "XLD_PRELOAD"])
@pytest.mark.parametrize("value", ["", "x", "a,b", "a=b", "two words\n"])
def test_a_variable_is_given_by_its_name(name: str, value: str) -> None:
    assert variable_options([f"{name}={value}"], NOWHERE, True) == (["-v", name], {name: value})


@pytest.mark.parametrize("name", ["SGE_X", "GLIBC_TUNABLES", "OPENSSL_CONF", "HOME", "TZ", "LC_TIME"])
def test_what_qsub_itself_reads_is_given_with_its_value(name: str) -> None:
    assert variable_options([f"{name}=C"], NOWHERE, True) == (["-v", f"{name}=C"], {})


@pytest.mark.parametrize("name", ["SGE_X", "GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "OPENSSL_CONF"])
def test_what_qsub_needs_cannot_have_a_comma(name: str) -> None:
    with pytest.raises(InvalidAttributeValueException, match="qsub needs this variable itself") as caught:
        variable_options([f"{name}=a,b"], NOWHERE, False)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", ["HOME", "PATH", "MAIL", "TZ"])
def test_what_qsub_records_has_a_comma_at_the_price_of_the_record(name: str) -> None:
    assert variable_options([f"{name}=a,b"], NOWHERE, False) == (["-v", name], {name: "a,b"})


def test_a_time_zone_with_a_comma_and_a_start_time() -> None:
    zone = "TZ=CET-1CEST,M3.5.0,M10.5.0"
    with pytest.raises(ConflictingAttributeValuesException, match="a start time and TZ="):
        variable_options([zone], NOWHERE, True)
    assert variable_options(["PATH=a,b"], NOWHERE, True).options == ["-v", "PATH"]


@pytest.mark.parametrize("given", ["ENV_TYPE=x", "IFS=:", "LANGUAGE=de:en", "LC_ALL="])
def test_what_grid_engine_drops_is_refused_where_no_script_sets_it(given: str) -> None:
    """Observed on 8.1.9 (see is_dropped())."""
    with pytest.raises(InvalidAttributeValueException, match="out of every job's environment"):
        variable_options([given], NOWHERE, False)
    name = given.partition("=")[0]
    assert variable_options([given, "A=1"], frozenset({name}), False) == (["-v", "A"], {"A": "1"})


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


@pytest.mark.parametrize(
    ("argv", "added"),
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
