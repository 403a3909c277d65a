"""The job template: what a job is made of, before it is submitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, NoReturn, TypeVar

from drmaa_cli import constants as c
from drmaa_cli.errors import (
    ATTRIBUTE_VALUE_TEXT,
    INVALID_ARGUMENT_TEXT,
    NO_SESSION_TEXT,
    InvalidArgumentException,
    InvalidAttributeValueException,
    NoActiveSessionException,
    error,
)
from drmaa_cli.template.attributes import (
    Attribute,
    BoolConverter,
    DictAttribute,
    IntConverter,
    Text,
    VectorAttribute,
)

Self = TypeVar("Self", bound="JobTemplate")

# libdrmaa's scalar attributes in its own order (observed), then the two limits that only drmaa_cli supports.
ATTRIBUTE_NAMES = tuple(
    name.decode()
    for name in (
        c.REMOTE_COMMAND,
        c.JS_STATE,
        c.WD,
        c.JOB_NAME,
        c.INPUT_PATH,
        c.OUTPUT_PATH,
        c.ERROR_PATH,
        c.JOIN_FILES,
        c.JOB_CATEGORY,
        c.NATIVE_SPECIFICATION,
        c.BLOCK_EMAIL,
        c.START_TIME,
        c.WCT_HLIMIT,
        c.WCT_SLIMIT,
    )
)
UNSUPPORTED = frozenset({c.TRANSFER_FILES, c.DEADLINE_TIME, c.DURATION_HLIMIT, c.DURATION_SLIMIT})
SUBMISSION_STATE_TEXT = 'attribute "drmaa_js_state" must be either "drmaa_active" or "drmaa_hold"\n'


def _no_session() -> NoReturn:
    raise error(NoActiveSessionException, NO_SESSION_TEXT)


require_session: Callable[[], object] = _no_session
"""Raises NoActiveSessionException unless the process-wide session is active; the session module sets it.

A truthy attribute ``delegated_staging`` on it (or on a template's own guard) permits transferFiles.
"""


class JobTemplate:
    """A job to be submitted: drmaa-python's JobTemplate with every attribute of it.

    All work on a template but :meth:`delete` needs an active session (NoActiveSessionException, code 5).
    Reading an unset attribute raises InvalidAttributeValueException (code 14), also an AttributeError: so
    ``hasattr`` tells whether an attribute is set. Other Python attributes may be set freely and mean nothing.

    Args:
        **kwargs: initial attributes by name.
    """

    HOME_DIRECTORY = "$drmaa_hd_ph$"
    WORKING_DIRECTORY = "$drmaa_wd_ph$"
    PARAMETRIC_INDEX = "$drmaa_incr_ph$"

    remoteCommand = Attribute(c.REMOTE_COMMAND)
    jobSubmissionState = Attribute(c.JS_STATE)
    workingDirectory = Attribute(c.WD)
    jobCategory = Attribute(c.JOB_CATEGORY)
    nativeSpecification = Attribute(c.NATIVE_SPECIFICATION)
    blockEmail = Attribute(c.BLOCK_EMAIL, type_converter=BoolConverter(true="1", false="0"))
    startTime = Attribute(c.START_TIME)
    jobName = Attribute(c.JOB_NAME)
    inputPath = Attribute(c.INPUT_PATH)
    outputPath = Attribute(c.OUTPUT_PATH)
    errorPath = Attribute(c.ERROR_PATH)
    joinFiles = Attribute(c.JOIN_FILES, type_converter=BoolConverter())
    transferFiles = Attribute(c.TRANSFER_FILES)
    deadlineTime = Attribute(c.DEADLINE_TIME)
    hardWallclockTimeLimit = Attribute(c.WCT_HLIMIT, IntConverter)
    softWallclockTimeLimit = Attribute(c.WCT_SLIMIT, IntConverter)
    hardRunDurationLimit = Attribute(c.DURATION_HLIMIT, IntConverter)
    softRunDurationLimit = Attribute(c.DURATION_SLIMIT, IntConverter)
    email = VectorAttribute(c.V_EMAIL)
    args = VectorAttribute(c.V_ARGV)
    jobEnvironment = DictAttribute(c.V_ENV)

    _guard: Callable[[], object]
    _set: dict[bytes, Text] | None

    def __init__(self, **kwargs: object) -> None:
        self._start(_current_session, kwargs)

    @classmethod
    def _for(cls: type[Self], guard: Callable[[], object], **kwargs: object) -> Self:
        """A template of an independent connection, whose guard raises when that connection is closed."""
        template = cls.__new__(cls)
        template._start(guard, kwargs)
        return template

    def _start(self, guard: Callable[[], object], attributes: Mapping[str, object]) -> None:
        guard()
        self._guard = guard
        self._set = {}
        try:
            for name, value in attributes.items():
                setattr(self, name, value)
        except BaseException:
            self.delete()
            raise

    @property
    def attributeNames(self) -> list[str]:
        """DRMAA's names of the scalar attributes that can be set."""
        self._guard()
        return list(ATTRIBUTE_NAMES)

    def delete(self) -> None:
        """Forget all attributes: the end of the template. Needs no session and may be called again."""
        self._set = None

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> Literal[False]:
        self.delete()
        return False

    def _values(self) -> Mapping[bytes, Text]:
        """What is set, by DRMAA's names; vectors are tuples, jobEnvironment one of ``NAME=VALUE``.

        Raises:
            InvalidArgumentException: the template has been deleted.
        """
        return MappingProxyType(dict(self._alive()))

    def _read(self, name: bytes) -> Text:
        self._guard()
        value = (self._set or {}).get(name)
        if value is None:
            raise error(InvalidAttributeValueException, ATTRIBUTE_VALUE_TEXT)
        return value

    def _admit(self, name: bytes, value: object) -> None:
        """Refuse what no value could change: no session, a deleted template, an unsupported attribute."""
        self._guard()
        self._alive()
        if name in UNSUPPORTED and not (name == c.TRANSFER_FILES and _stages_files(self._guard)):
            bare = value is not None or name in (c.DURATION_HLIMIT, c.DURATION_SLIMIT)
            raise error(InvalidArgumentException, "" if bare else INVALID_ARGUMENT_TEXT)

    def _write(self, name: bytes, value: Text) -> None:
        if name == c.JS_STATE and value not in (c.SUBMISSION_STATE_ACTIVE, c.SUBMISSION_STATE_HOLD):
            raise error(InvalidAttributeValueException, SUBMISSION_STATE_TEXT)
        self._alive()[name] = value

    def _alive(self) -> dict[bytes, Text]:
        values = self._set  # once: another thread may delete the template
        if values is None:
            raise error(InvalidArgumentException, INVALID_ARGUMENT_TEXT)
        return values


def _current_session() -> object:
    return require_session()


def _stages_files(guard: Callable[[], object]) -> bool:
    return bool(getattr(require_session if guard is _current_session else guard, "delegated_staging", False))
