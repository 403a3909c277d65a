"""The DRMAA exceptions, as drmaa-python 0.7.9 has them: same names, same bases, same ``code N: text``.

::

    Exception
     |- DrmaaException
     |   |- InternalException                        1
     |   |- DrmCommunicationException                2
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
     |- (a plain Exception)                         24   no usage information for an ended job
     `- StopIteration                               25   no more elements
"""

from __future__ import annotations


class DrmaaException(Exception):
    """The base of all DRMAA errors but codes 24 and 25."""


class AlreadyActiveSessionException(DrmaaException):
    """A session is active already."""


class AuthorizationException(DrmaaException):
    """The user may not do this."""


class ConflictingAttributeValuesException(DrmaaException, AttributeError):
    """Two attributes contradict each other."""


class DefaultContactStringException(DrmaaException):
    """The default contact cannot be used."""


class DeniedByDrmException(DrmaaException):
    """Grid Engine rejected the job; the same job will never be accepted."""


class DrmCommunicationException(DrmaaException):
    """Grid Engine could not be reached."""


class DrmsExitException(DrmaaException):
    """The session could not be ended properly."""


class DrmsInitException(DrmaaException):
    """The session could not be started."""


class ExitTimeoutException(DrmaaException):
    """The time given to wait() or synchronize() is over."""


class HoldInconsistentStateException(DrmaaException):
    """The job cannot be held in its state."""


class IllegalStateException(DrmaaException):
    """Not allowed in this state."""


class InternalException(DrmaaException):
    """Something failed that should not; the text says what."""


class InvalidAttributeFormatException(DrmaaException, AttributeError):
    """The attribute's value is malformed."""


class InvalidContactStringException(DrmaaException):
    """The contact string is malformed."""


class InvalidJobException(DrmaaException):
    """No such job, or its information has been reaped."""


class InvalidJobTemplateException(DrmaaException):
    """The template has been deleted."""


class NoActiveSessionException(DrmaaException):
    """No session is active."""


class NoDefaultContactStringSelectedException(DrmaaException):
    """No contact was given and there is no default."""


class ReleaseInconsistentStateException(DrmaaException):
    """The job is not held."""


class ResumeInconsistentStateException(DrmaaException):
    """The job is not suspended."""


class SuspendInconsistentStateException(DrmaaException):
    """The job is not running."""


class TryLaterException(DrmaaException):
    """Grid Engine does not take the job now; it may later."""


class UnsupportedAttributeException(DrmaaException, AttributeError):
    """The attribute is not supported."""


class InvalidArgumentException(DrmaaException, AttributeError):
    """An argument is invalid."""


class InvalidAttributeValueException(DrmaaException, AttributeError):
    """The attribute's value is invalid, or the attribute is not set."""


class OutOfMemoryException(DrmaaException, MemoryError):
    """Not enough memory."""


_ERRORS: list[type[Exception]] = [
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
    Exception,
    StopIteration,
]

_CODES = {kind: code for code, kind in enumerate(_ERRORS, 1)}

NO_RUSAGE = 24

# Texts of libdrmaa 8.1.9 (drmaa_strerror and observed messages) that several verbs share.
INVALID_ARGUMENT_TEXT = "The input value for an argument is invalid."
ATTRIBUTE_VALUE_TEXT = "The value for the job attribute is invalid."
NO_SESSION_TEXT = "No active session"
INVALID_JOB_TEXT = "The job specified by the 'jobid' does not exist."
TIMEOUT_TEXT = "time-out condition"
NO_RUSAGE_TEXT = "no usage information was returned for the completed job"


def error(kind: type[DrmaaException], text: str) -> DrmaaException:
    """An exception of this class whose message is ``code N: text``, as libdrmaa's users know it."""
    return kind(f"code {_CODES[kind]}: {text}")


def no_usage() -> Exception:
    """Code 24: the job has ended and left no usage; drmaa-python has no class of its own for it."""
    return Exception(f"code {NO_RUSAGE}: {NO_RUSAGE_TEXT}")
