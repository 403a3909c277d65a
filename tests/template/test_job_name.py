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


@pytest.mark.parametrize("name", ["", "7up", "none", "ALL", "Template"])
def test_names_that_the_qmaster_refuses(name: str) -> None:
    with pytest.raises(DeniedByDrmException):
        check_job_name(name)
