"""What ssh and the servers behind it say during a login, as data: questions, refusals, and what they mean.

Wordings of OpenSSH's client 7 to 9, Linux-PAM (pam_unix, pam_krb5, pam_oath, pam_google_authenticator), Duo
and RSA SecurID; ssh 8.5 and later puts ``(user@host) `` before what a server asks.
"""

from __future__ import annotations

import enum
import re
from typing import NamedTuple


class Question(enum.Enum):
    """The kinds of question that a login asks."""

    HOST_KEY = "host key"
    PASSPHRASE = "passphrase of a key"
    ACCOUNT_PASSWORD = "password (asked by ssh)"  # the name of a kind
    NEW_PASSWORD = "new password"  # the name of a kind
    SERVERS = "asked by the server"  # passwords, one-time codes, choices: any number in a row


class Failure(enum.Enum):
    """Why there is no login."""

    REJECTED = "rejected"
    NO_ANSWER = "no answer"
    HOST_KEY_UNKNOWN = "host key unknown"
    HOST_KEY_CHANGED = "host key changed"
    UNREACHABLE = "unreachable"
    CLOSED = "closed"
    SSH_UNUSABLE = "ssh unusable"
    UNCLEAR = "unclear"


class Prompt(NamedTuple):
    """A question that waits for its answer.

    Attributes:
        kind: what is asked.
        text: the question as it is shown to a person, without line ends.
    """

    kind: Question
    text: str


_PREFIX = r"(?:\([^()\s]+@[^()\s]+\) )?"
_QUESTIONS = [
    (re.compile(r".*\(yes/no(?:/\[fingerprint\])?\)\? ?|Please type 'yes'[^:]*: ?"), Question.HOST_KEY),
    (re.compile(r"Enter passphrase for (?:RSA |DSA |ECDSA |ED25519 )?key '?.+'?: ?"), Question.PASSPHRASE),
    (re.compile(r"Enter PIN for .+ key .+: ?"), Question.PASSPHRASE),
    (re.compile(r"[^()\s]+@[^()\s]+'s password: ?"), Question.ACCOUNT_PASSWORD),
    (re.compile(r"[^()\s]+@[^()\s]+'s old password: ?"), Question.NEW_PASSWORD),
    (
        re.compile(_PREFIX + r"(?:\(current\) UNIX password|Current [Pp]assword|New [Pp]assword): ?"),
        Question.NEW_PASSWORD,
    ),
    (re.compile(r"\([^()\s]+@[^()\s]+\) .+"), Question.SERVERS),
    (
        re.compile(
            r"(?:Password(?: for [^:]+)?|Verification code|Passcode(?: or option \([^)]*\))?|Enter PASSCODE|"
            r"One-time password \(OATH\) for .+|YubiKey for .+|(?:First|Second) Factor(?: \([^)]*\))?): ?"
        ),
        Question.SERVERS,
    ),
]
_UNKNOWN_QUESTION = re.compile(r".*\S.*[:?>\])] ?")

PARTIAL_SUCCESS = "with partial success."

_FAILURES = [
    (re.compile(r"REMOTE HOST IDENTIFICATION HAS CHANGED"), Failure.HOST_KEY_CHANGED),
    (re.compile(r"Host key verification failed|No \S+ host key is known for"), Failure.HOST_KEY_UNKNOWN),
    (re.compile(r"Permission denied|Too many authentication failures"), Failure.REJECTED),
    (re.compile(r"Could not resolve hostname|connect to host \S+ port \d+: "), Failure.UNREACHABLE),
    (
        re.compile(
            r"too long for Unix domain socket|ControlPath too long|Bad configuration option|"
            r"Bad owner or permissions|unknown option|illegal option|invalid option|"
            r"muxserver_listen|ControlSocket \S+ already exists"
        ),
        Failure.SSH_UNUSABLE,
    ),
    (
        re.compile(
            r"kex_exchange_identification|ssh_exchange_identification|Connection (?:closed|reset|timed out)|"
            r"Received disconnect|Broken pipe|Timeout, server"
        ),
        Failure.CLOSED,
    ),
]
_OFFENDING = re.compile(r"Offending (?:\S+ )?key (?:for \S+ )?in (\S+):(\d+)")


def question(line: str, *, is_quiet: bool) -> Prompt | None:
    """The question in the last, unfinished line of what was said.

    Args:
        line: the text after the last line end.
        is_quiet: whether nothing was said for a while: then what looks like a question is one.
    """
    for pattern, kind in _QUESTIONS:
        if pattern.fullmatch(line):
            return Prompt(kind, line)
    if is_quiet and _UNKNOWN_QUESTION.fullmatch(line):
        return Prompt(Question.SERVERS, line)
    return None


def is_rejection(answered: Prompt | None, asked: Prompt, between: str) -> bool:
    """Whether a question shows that the answer to the one before it was rejected.

    A method of authentication that succeeded and is not enough says so (ssh's VERBOSE log level). A server
    may ask several different things in a row; ssh itself asks for a passphrase or password only once each.

    Args:
        answered: the question before, None for the first.
        asked: the question now.
        between: what was said between the two.
    """
    if answered is None or answered.kind is Question.HOST_KEY or PARTIAL_SUCCESS in between:
        return False
    if answered.kind is Question.SERVERS:
        return asked.kind is not Question.SERVERS or asked.text == answered.text
    return True


def failure(said: str) -> Failure:
    """Why ssh ended without a login, from its last words."""
    for pattern, kind in _FAILURES:
        if pattern.search(said):
            return kind
    return Failure.UNCLEAR


def is_expired(said: str) -> bool:
    """Whether sshd runs no command because the password must be changed first (OpenSSH 7 to 9)."""
    return "Password change required" in said or "Your password has expired" in said


def offending_line(said: str) -> tuple[str, int] | None:
    """The file and the line of the host key that a server's key differs from."""
    found = _OFFENDING.search(said)
    return None if found is None else (found.group(1), int(found.group(2)))
