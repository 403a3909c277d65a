"""The DRMAA exceptions, as drmaa-python 0.7.9 has them: same names, same bases, same ``code N: text``.

Each carries its parts: ``code``, DRMAA's error number, and ``text``, the message without ``code N: ``.

::

    Exception
     |- DrmaaException
     |   |- InternalException                        1
     |   |- DrmCommunicationException                2
     |   |   `- UnknownSubmissionException
     |   |- AuthorizationException                   3
     |   |- InvalidArgumentException                 4   also an AttributeError
     |   |- NoActiveSessionException                 5
     |   |- OutOfMemoryException                     6   also a MemoryError
     |   |- InvalidContactStringException            7
     |   |- DefaultContactStringException            8
     |   |- NoDefaultContactStringSelectedException  9
     |   |- DrmsInitException                       10
     |   |- AlreadyActiveSessionException           11
     |   |- DrmsExitException                       12
     |   |- InvalidAttributeFormatException         13   also an AttributeError
     |   |- InvalidAttributeValueException          14   also an AttributeError
     |   |- ConflictingAttributeValuesException     15   also an AttributeError
     |   |- TryLaterException                       16
     |   |- DeniedByDrmException                    17
     |   |- InvalidJobException                     18
     |   |- ResumeInconsistentStateException        19
     |   |- SuspendInconsistentStateException       20
     |   |- HoldInconsistentStateException          21
     |   |- ReleaseInconsistentStateException       22
     |   |- ExitTimeoutException                    23
     |   |- IllegalStateException, InvalidJobTemplateException
     |   `- UnsupportedAttributeException                also an AttributeError
     |- NoResourceUsageException                    24   a plain Exception in drmaa-python
     `- StopIteration                               25   no more elements
"""

from __future__ import annotations

from drmaa_cli.typed import TYPE_CHECKING, TypeVar, Union

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "AlreadyActiveSessionException",
    "AuthorizationException",
    "ConflictingAttributeValuesException",
    "DefaultContactStringException",
    "DeniedByDrmException",
    "DrmCommunicationException",
    "DrmaaException",
    "DrmsExitException",
    "DrmsInitException",
    "ExitTimeoutException",
    "HoldInconsistentStateException",
    "IllegalStateException",
    "InternalException",
    "InvalidActionException",
    "InvalidArgumentException",
    "InvalidAttributeFormatException",
    "InvalidAttributeValueException",
    "InvalidContactStringException",
    "InvalidJobException",
    "InvalidJobTemplateException",
    "NoActiveSessionException",
    "NoDefaultContactStringSelectedException",
    "NoResourceUsageException",
    "OutOfMemoryException",
    "ReleaseInconsistentStateException",
    "ResumeInconsistentStateException",
    "SuspendInconsistentStateException",
    "TryLaterException",
    "UnknownSubmissionException",
    "UnsupportedAttributeException",
]


class DrmaaException(Exception):
    """The base of all DRMAA errors but codes 24 and 25.

    Attributes:
        code: the error number of DRMAA 1.0 (``drmaa.h``); 0 where it has none.
        text: what is wrong; ``str()`` is ``code N: text``.
    """

    code: int = 0
    text: str

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.text = str(args[0]) if args else ""


class NoResourceUsageException(Exception):
    """The job has ended and left no usage information: it was deleted while it was pending.

    Not a DrmaaException: drmaa-python raises a plain Exception here, and programs tell it by that.

    Attributes:
        code: 24.
        text: as in DrmaaException.
    """

    code: int = 24
    text: str

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.text = str(args[0]) if args else ""


class AlreadyActiveSessionException(DrmaaException):
    """A session is active already."""

    code = 11


class AuthorizationException(DrmaaException):
    """The user may not do this."""

    code = 3


class ConflictingAttributeValuesException(DrmaaException, AttributeError):
    """Two attributes contradict each other."""

    code = 15


class DefaultContactStringException(DrmaaException):
    """The default contact cannot be used."""

    code = 8


class DeniedByDrmException(DrmaaException):
    """Grid Engine rejected the job; the same job will never be accepted."""

    code = 17


class DrmCommunicationException(DrmaaException):
    """Grid Engine could not be reached."""

    code = 2


class UnknownSubmissionException(DrmCommunicationException):
    """The answer to a submission was lost, and whether one of several ended jobs is it cannot be told.

    Attributes:
        candidates: the numbers of the jobs that could be it.
    """

    candidates: tuple[int, ...] = ()


class DrmsExitException(DrmaaException):
    """The session could not be ended properly."""

    code = 12


class DrmsInitException(DrmaaException):
    """The session could not be started."""

    code = 10


class ExitTimeoutException(DrmaaException):
    """The time given to wait() or synchronize() is over."""

    code = 23


class HoldInconsistentStateException(DrmaaException):
    """The job cannot be held in its state."""

    code = 21


class IllegalStateException(DrmaaException):
    """Not allowed in this state."""


class InternalException(DrmaaException):
    """Something failed that should not; the text says what."""

    code = 1


class InvalidAttributeFormatException(DrmaaException, AttributeError):
    """The attribute's value is malformed."""

    code = 13


class InvalidContactStringException(DrmaaException):
    """The contact string is malformed."""

    code = 7


class InvalidJobException(DrmaaException):
    """No such job, or its information has been reaped."""

    code = 18


class InvalidJobTemplateException(DrmaaException):
    """The template has been deleted."""


class NoActiveSessionException(DrmaaException):
    """No session is active."""

    code = 5


class NoDefaultContactStringSelectedException(DrmaaException):
    """No contact was given and there is no default."""

    code = 9


class ReleaseInconsistentStateException(DrmaaException):
    """The job is not held."""

    code = 22


class ResumeInconsistentStateException(DrmaaException):
    """The job is not suspended."""

    code = 19


class SuspendInconsistentStateException(DrmaaException):
    """The job is not running."""

    code = 20


class TryLaterException(DrmaaException):
    """Grid Engine does not take the job now; it may later."""

    code = 16


class UnsupportedAttributeException(DrmaaException, AttributeError):
    """The attribute is not supported."""


class InvalidArgumentException(DrmaaException, AttributeError):
    """An argument is invalid."""

    code = 4


class InvalidActionException(InvalidArgumentException, ValueError):
    """Not a JobControlAction. drmaa-python raises a ValueError here, and so this is one, too."""


class InvalidAttributeValueException(DrmaaException, AttributeError):
    """The attribute's value is invalid, or the attribute is not set."""

    code = 14


class OutOfMemoryException(DrmaaException, MemoryError):
    """Not enough memory."""

    code = 6


Coded = TypeVar("Coded", bound=Union[DrmaaException, NoResourceUsageException])

ERRORS_BY_NUMBER: list[type[Exception]] = [
    InternalException,
    DrmCommunicationException,
    AuthorizationException,
    InvalidArgumentException,
    NoActiveSessionException,
    OutOfMemoryException,
    InvalidContactStringException,
    DefaultContactStringException,
    NoDefaultContactStringSelectedException,
    DrmsInitException,
    AlreadyActiveSessionException,
    DrmsExitException,
    InvalidAttributeFormatException,
    InvalidAttributeValueException,
    ConflictingAttributeValuesException,
    TryLaterException,
    DeniedByDrmException,
    InvalidJobException,
    ResumeInconsistentStateException,
    SuspendInconsistentStateException,
    HoldInconsistentStateException,
    ReleaseInconsistentStateException,
    ExitTimeoutException,
    NoResourceUsageException,
    StopIteration,
]

# Texts of libdrmaa 8.1.9 (drmaa_strerror and observed messages) that several verbs share.
INVALID_ARGUMENT_TEXT = "The input value for an argument is invalid."
ATTRIBUTE_VALUE_TEXT = "The value for the job attribute is invalid."
NO_SESSION_TEXT = "No active session"
INVALID_JOB_TEXT = "The job specified by the 'jobid' does not exist."
TIMEOUT_TEXT = "time-out condition"
NO_RUSAGE_TEXT = "no usage information was returned for the completed job"


def error(kind: type[Coded], text: str, code: int | None = None) -> Coded:
    """An exception of this class whose message is ``code N: text``, as libdrmaa's users know it.

    Args:
        kind: the class.
        text: what is wrong.
        code: the error number, if it is not that of the class.
    """
    number = kind.code if code is None else code
    made = kind(f"code {number}: {text}")
    made.code, made.text = number, text
    return made


def no_usage() -> NoResourceUsageException:
    """Code 24: the job has ended and left no usage."""
    return error(NoResourceUsageException, NO_RUSAGE_TEXT)


def unknown_submission(name: str, candidates: Iterable[int]) -> UnknownSubmissionException:
    """A submission of this job name of which only ended jobs could be what came of it."""
    numbers = tuple(candidates)
    made = error(
        UnknownSubmissionException,
        f"the answer to a submission of {name!r} was lost, and a job that has ended could be it:"
        f" {', '.join(map(str, numbers))}; look at it with qacct -j. In a session with a name, or with a key,"
        " and without an account string (-A) of one's own, a submission is always found again",
    )
    made.candidates = numbers
    return made


def meant(name: str, names: Iterable[str]) -> str:
    """``; did you mean 'NAME'?`` with the known name that is nearest to a wrong one; '' when none is near."""
    import difflib  # noqa: PLC0415  # only needed when something is wrong

    plain = {known.lower().replace("_", ""): known for known in names}
    near = difflib.get_close_matches(name.lower().replace("_", "").replace("-", ""), plain, 1, 0.75)
    return f"; did you mean {plain[near[0]]!r}?" if near else ""
