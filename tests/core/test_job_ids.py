"""Job ids as text: what is one, and what is said of what is none."""

from __future__ import annotations

import pytest

from drmaa_cli.errors import InvalidArgumentException, InvalidJobException
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.jobs.job_ids import parse_job_id, text_of
from tests.tables import each_row


@pytest.mark.parametrize(
    ("text", "job"),
    [("42", JobId(42)), ("42.7", JobId(42, 7)), (b"42.1", JobId(42, 1)), ("4294967295", JobId(4294967295))],
)
def test_an_id(text: str | bytes, job: JobId) -> None:
    assert parse_job_id(text) == job


@pytest.mark.parametrize("value", [None, 42, ["42"]])
def test_what_is_no_text(value: object) -> None:
    with pytest.raises(InvalidArgumentException) as caught:
        text_of(value, "job")
    assert str(caught.value) == f"code 4: job must be a str such as '42' or '42.1', not {value!r}"


def test_bytes_are_text() -> None:
    assert text_of(b"42") == "42"


@pytest.mark.parametrize(
    ("text", "said"), [("", "job id"), ("abc", "job id"), ("42.", "bulk job id"), (".1", "bulk job id")]
)
def test_what_cannot_be_read(text: str, said: str) -> None:
    with pytest.raises(InvalidArgumentException, match=f'Job id, "{text}", is not a valid {said}'):
        parse_job_id(text)


@each_row("text", ["0", "0.1", "4294967296", "1.4294967296", "42abc", " 42", "-42", "+42"])
def test_what_no_job_can_have(text: str) -> None:
    with pytest.raises(InvalidJobException):
        parse_job_id(text)
