"""The job template: what a job is made of, before it is submitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from drmaa_cli import constants as c
from drmaa_cli.errors import (
    ATTRIBUTE_VALUE_TEXT,
    INVALID_ARGUMENT_TEXT,
    InvalidArgumentException,
    InvalidAttributeValueException,
    error,
    meant,
)
from drmaa_cli.template.attributes import (
    Attribute,
    BoolConverter,
    DictAttribute,
    Given,
    IntConverter,
    Item,
    Limit,
    Pairs,
    Text,
    VectorAttribute,
    wrong_type,
)
from drmaa_cli.typed import TYPE_CHECKING, Literal, TypedDict, TypeVar

if TYPE_CHECKING:
    Self = TypeVar("Self", bound="TemplateAttributes")

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
NO_STAGING_TEXT = (
    "transferFiles cannot be set: files are staged only for jobs of libdrmaa, where the cell has"
    " delegated_file_staging; qsub, which submits the jobs here, has no option that asks for it"
)
UNSUPPORTED = frozenset({c.TRANSFER_FILES, c.DEADLINE_TIME, c.DURATION_HLIMIT, c.DURATION_SLIMIT})
SUBMISSION_STATE_TEXT = 'attribute "drmaa_js_state" must be either "drmaa_active" or "drmaa_hold"\n'


class TemplateValues(TypedDict, total=False):
    """The attributes of a template as keywords, with the types they are set from."""

    remoteCommand: Given
    jobSubmissionState: Given
    workingDirectory: Given
    jobCategory: Given
    nativeSpecification: Given
    blockEmail: bool
    startTime: Given
    jobName: Given
    inputPath: Given
    outputPath: Given
    errorPath: Given
    joinFiles: bool
    transferFiles: Given
    deadlineTime: Given
    hardWallclockTimeLimit: Limit
    softWallclockTimeLimit: Limit
    hardRunDurationLimit: Limit
    softRunDurationLimit: Limit
    email: Sequence[Item]
    args: Sequence[Item]
    jobEnvironment: Pairs


class TemplateAttributes:
    """The attributes of a job template. All work on them but :meth:`delete` is preceded by a check.

    Reading an unset attribute raises InvalidAttributeValueException (code 14), also an AttributeError: so
    ``hasattr`` tells whether an attribute is set. There are no other public attributes: a name that is none
    of these raises InvalidArgumentException (code 4), also an AttributeError. A subclass may declare more.

    Args:
        check: raises when the template may not be used now, for its session has ended.
        attributes: initial attributes by name.
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

    def __init__(self, check: Callable[[], object], attributes: Mapping[str, object]) -> None:
        check()
        self._guard = check
        self._set = {}
        try:
            for name, value in attributes.items():
                setattr(self, name, value)
        except BaseException:
            self.delete()
            raise

    if not TYPE_CHECKING:  # pragma: no branch  # which would take any name then

        def __setattr__(self, name: str, value: object) -> None:
            if not name.startswith("_") and not hasattr(type(self), name):
                self._unknown(name)
            super().__setattr__(name, value)

    def _unknown(self, name: str) -> None:
        """Refuse to set an attribute that a template has not."""
        raise error(
            InvalidArgumentException,
            f"{INVALID_ARGUMENT_TEXT} A job template has no attribute {name!r}{meant(name, PYTHON_NAMES)}",
        )

    def _doubt(self, name: bytes, value: object, expected: str, taken: str) -> None:  # noqa: ARG002
        """Refuse a value that would be taken as something else than what was meant."""
        raise wrong_type(name, value, expected)

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

    def __copy__(self: Self) -> Self:
        """A template of the same session with the same attributes, to be changed by itself.

        Raises:
            InvalidArgumentException: this one has been deleted.
        """
        other = object.__new__(type(self))
        other._guard, other._set = self._guard, dict(self._alive())
        return other

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
        if name in UNSUPPORTED:
            if name == c.TRANSFER_FILES and value is not None:
                raise error(InvalidArgumentException, NO_STAGING_TEXT)
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


def values_in(template: TemplateAttributes) -> Mapping[bytes, Text]:
    """What is set, by DRMAA's names; vectors are tuples, jobEnvironment one of ``NAME=VALUE``.

    Raises:
        InvalidArgumentException: the template has been deleted.
    """
    return MappingProxyType(dict(template._alive()))


def set_again(
    template: TemplateAttributes, values: Mapping[bytes, Text], changes: Mapping[str, object]
) -> None:
    """Give a template these values, but for some attributes: None leaves one out.

    Raises:
        InvalidArgumentException: there is no such attribute, or it cannot have this value.
    """
    alive = template._alive()
    alive.update(values)
    for name, value in changes.items():
        attribute = getattr(type(template), name, None)
        if value is None and isinstance(attribute, (Attribute, VectorAttribute, DictAttribute)):
            alive.pop(attribute.name, None)
        else:
            setattr(template, name, value)


PYTHON_NAMES = tuple(TemplateValues.__annotations__)
