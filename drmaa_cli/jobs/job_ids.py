"""What programs pass as a job id: ``'7'``, ``'7.3'``, and the two session constants."""

from __future__ import annotations

import re
from os import fsdecode

from drmaa_cli.constants import JOB_IDS_SESSION_ALL, JOB_IDS_SESSION_ANY
from drmaa_cli.errors import INVALID_JOB_TEXT, InvalidArgumentException, InvalidJobException, error
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.typed import Union

JobIdLike = Union[str, bytes]

ALL = JOB_IDS_SESSION_ALL.decode()
ANY = JOB_IDS_SESSION_ANY.decode()

_ID = r"([0-9]+)(?:\.([0-9]+))?"
_LARGEST = 2**32 - 1  # job numbers are 32-bit
_BULK_LIKE = r"(?s)(?:[0-9]+\.(?![0-9]).*|\.[0-9].*)"
_PARSED_BY_PREFIX = r"(?s)\s*[-+]?[0-9].*"


def text_of(value: object, name: str = "jobId") -> str:
    """A job id as str.

    Raises:
        InvalidArgumentException: it is neither str nor bytes.
    """
    if isinstance(value, bytes):
        return fsdecode(value)
    if not isinstance(value, str):
        raise error(InvalidArgumentException, f"{name} must be a str such as '42' or '42.1', not {value!r}")
    return value


def parse_job_id(value: str | bytes, name: str = "jobId") -> JobId:
    """Read a job id.

    Raises:
        InvalidArgumentException: not a job id; the texts are libdrmaa's.
        InvalidJobException: it begins like one, but no job can have it.
    """
    text = text_of(value, name)
    found = re.fullmatch(_ID, text)
    if found is None:
        if re.fullmatch(_BULK_LIKE, text):
            raise error(InvalidArgumentException, f'Job id, "{text}", is not a valid bulk job id')
        if re.fullmatch(_PARSED_BY_PREFIX, text):
            raise error(InvalidJobException, INVALID_JOB_TEXT)
        raise error(InvalidArgumentException, f'Job id, "{text}", is not a valid job id')
    job = int(found.group(1))
    task = None if found.group(2) is None else int(found.group(2))
    if not 0 < job <= _LARGEST or (task or 0) > _LARGEST:
        raise error(InvalidJobException, INVALID_JOB_TEXT)
    return JobId(job, task)
