"""No value of a variable stands on a command line where a file, qsub's environment or a script carries it."""

from __future__ import annotations

import pytest

from tests.tables import together
from tests.template.submissions import submission

UNFIT = ["it's", 'a "b"', "x#y", "a\nb", "a\rb", "a,b"]


@together
@pytest.mark.parametrize("value", UNFIT)
@pytest.mark.parametrize("name", ["SGE_X", "GLIBC_TUNABLES", "OPENSSL_CONF", "MALLOC_ARENA_MAX"])
def test_what_neither_a_file_nor_qsubs_environment_can_carry_is_set_by_a_script(
    name: str, value: str
) -> None:
    made = submission({"jobEnvironment": {name: value, "A": "x"}, "args": ["y"]})
    assert made.stdin is not None
    assert made.env.get(name) is None
    assert not [word for word in made.argv if value in word]
    assert (made.shown, made.env["A"]) == ((), "x")
    beginning = f'test "${{{name}+x}}" || {name}=' if name == "SGE_X" else f" {name}="
    assert beginning.encode() in made.stdin


def test_a_time_zone_with_a_comma_and_a_start_time() -> None:
    made = submission({"jobEnvironment": {"TZ": "CET-1CEST,M3.5.0"}, "startTime": "10:00"})
    assert b" TZ='CET-1CEST,M3.5.0'" in (made.stdin or b"")
    assert made.env["TZ"] == "UTC"


@pytest.mark.parametrize("native", ["-b n", "-shell y"])
def test_where_no_script_of_ours_can_be_the_value_is_seen_and_that_is_said(native: str) -> None:
    made = submission({"jobEnvironment": {"SGE_X": "it's"}, "nativeSpecification": native})
    assert "SGE_X=it's" in made.argv
    assert made.shown == ("SGE_X",)


def test_without_a_file_for_options_a_script_sets_what_qsub_itself_reads() -> None:
    given = {"PATH": "/x", "SGE_X": "/r", "LC_ALL": "C", "A": "x", "HOME": "/nowhere"}
    made = submission({"jobEnvironment": given}, stdin_is_file=False)
    script = (made.stdin or b"").decode()
    assert """test "${SGE_X+x}" || SGE_X='/r';""" in script
    assert """export PATH="${PATH%%:*}":'/x' SGE_X LC_ALL='C' ; exec""" in script
    assert [word for word in made.argv if word in ("HOME", "A")] == ["A", "HOME"]
    assert (made.env["A"], "LC_ALL" in made.env, made.shown) == ("x", False, ())


@pytest.mark.parametrize("value", ["x", "a,b"])
def test_names_that_a_shell_does_not_pass_on_to_qsub(value: str) -> None:
    made = submission({"jobEnvironment": {"odd.name": value}}, is_begun_by_shell=True)
    expected = b'-v "odd.name=x"\n' if value == "x" else b"'odd.name=a,b'"
    assert expected in (made.stdin or b"")
    assert made.env == {"SGE_ROOT": "/sge", "TZ": "UTC"}
    assert not [word for word in made.argv if value == word.rpartition("=")[2]]
