"""Names of jobs, character by character."""

from __future__ import annotations

import pytest

from drmaa_cli.errors import DeniedByDrmException, InternalException
from drmaa_cli.template.job_name import CHARACTERS, LONGEST, check_job_name
from tests.tables import each_row

PLAIN = {chr(code) for code in range(0x21, 0x7F)} - set(CHARACTERS)  # of ASCII what is printed, no blank


@each_row("code", range(0x100))
def test_each_character(code: int) -> None:
    character = chr(code)
    if character in PLAIN:
        check_job_name(f"a{character}")
    else:
        refused = DeniedByDrmException if character in CHARACTERS else InternalException
        with pytest.raises(refused):
            check_job_name(f"a{character}")


def test_the_longest() -> None:
    check_job_name("a" * LONGEST)
    with pytest.raises(DeniedByDrmException):
        check_job_name("a" * (LONGEST + 1))


@each_row(
    "name, text",
    [  # as a real 8.1.9 words them
        ("", "job rejected cause there is no job_name in the request"),
        ("a" * (LONGEST + 1), "job name too long, maximum allowed length is 512 characters"),
        ("7up", 'denied: "7up" is not a valid object name (cannot start with a digit)'),
        ("a\nb", "Return not allowed in objectname"),
        ("a\tb", "Tab not allowed in objectname"),
        ("a\rb", "Carriage return not allowed in objectname"),
        ("a/b", "Slash ('/') not allowed in objectname"),
        ("a:b", "Colon (':') not allowed in objectname"),
        ("a@b", "At ('@') not allowed in objectname"),
        ("a\\b", "Backslash ('\\') not allowed in objectname"),
        ("a*b", "Asterisk ('*') not allowed in objectname"),
        ("a?b", "Questionmark ('?') not allowed in objectname"),
        ("none", 'Keyword ("NONE") not allowed as objectname'),
        ("ALL", 'Keyword ("ALL") not allowed as objectname'),
        ("Template", 'Keyword ("TEMPLATE") not allowed as objectname'),
    ],
)
def test_names_that_the_qmaster_refuses(name: str, text: str) -> None:
    with pytest.raises(DeniedByDrmException) as caught:
        check_job_name(name)
    assert caught.value.text == text


def test_a_name_that_the_qmaster_cannot_answer_about() -> None:
    with pytest.raises(InternalException) as caught:
        check_job_name("a b")
    assert caught.value.text == (
        "Error reading answer list from qmaster (the job name 'a b' contains ' ': "
        "Grid Engine takes only printable ASCII characters other than the blank)"
    )
