"""What ssh and the servers behind it say during a login, as data: questions, refusals, and what they mean.

Wordings of OpenSSH's client 7 to 9, Linux-PAM (pam_unix, pam_krb5, pam_oath, pam_google_authenticator), Duo
and RSA SecurID; ssh 8.5 and later puts ``(user@host) `` before what a server asks.
"""

from __future__ import annotations

import enum
import re

from drmaa_cli.typed import NamedTuple


class PromptKind(enum.Enum):
    """The kinds of question that a login asks."""

    HOST_KEY = "host key"
    PASSPHRASE = "passphrase of a key"
    ACCOUNT_PASSWORD = "password (asked by ssh)"  # the name of a kind
    NEW_PASSWORD = "new password"  # the name of a kind
    SERVERS = "asked by the server"  # passwords, one-time codes, choices: any number in a row


class NoLogin(enum.Enum):
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
        text: the question as it is shown to a person; several lines where it takes them to answer.
    """

    kind: PromptKind
    text: str


_PREFIX = r"(?:\([^()\s]+@[^()\s]+\) )?"
_QUESTIONS = [
    (re.compile(r".*\(yes/no(?:/\[fingerprint\])?\)\? ?|Please type 'yes'[^:]*: ?"), PromptKind.HOST_KEY),
    (re.compile(r"Enter passphrase for (?:RSA |DSA |ECDSA |ED25519 )?key '?.+'?: ?"), PromptKind.PASSPHRASE),
    (re.compile(r"Enter PIN for (?:.+ key .+|'.+'): ?"), PromptKind.PASSPHRASE),
    (re.compile(r"[^()\s]+@[^()\s]+'s password: ?"), PromptKind.ACCOUNT_PASSWORD),
    (re.compile(r"[^()\s]+@[^()\s]+'s old password: ?"), PromptKind.NEW_PASSWORD),
    (
        re.compile(_PREFIX + r"(?:\(current\) UNIX password|Current [Pp]assword|New [Pp]assword): ?"),
        PromptKind.NEW_PASSWORD,
    ),
    (re.compile(r"\([^()\s]+@[^()\s]+\) .*[:?] "), PromptKind.SERVERS),
    (
        re.compile(
            r"(?:Password(?: for [^:]+)?|Verification code|Passcode(?: or option \([^)]*\))?|Enter PASSCODE|"
            r"One-time password \(OATH\) for .+|YubiKey for .+|(?:First|Second) Factor(?: \([^)]*\))?): ?"
        ),
        PromptKind.SERVERS,
    ),
]
_UNKNOWN_QUESTION = re.compile(r"\([^()\s]+@[^()\s]+\) .+|.*[:?>\])] ?")
# With which line questions of several lines begin.
_BEGINNINGS = {
    PromptKind.HOST_KEY: re.compile(r"The authenticity of host "),
    PromptKind.SERVERS: re.compile(r"\([^()\s]+@[^()\s]+\) |Duo two-factor login for "),
}
_LOG = re.compile(r"debug[1-3]: .*\n", re.MULTILINE)

# What shows that an answer was right although another is wanted: one method of several has succeeded, or
# (LogLevel DEBUG1) a host on the way has let ssh through to the next.
_PROGRESS = re.compile(
    r"with partial success\.|^debug1: Remote protocol version|^Authenticated to ", re.MULTILINE
)
_WHOSE = re.compile(r"\(?([^()\s]+@[^()\s]+?)(?:\) |'s )")

_FAILURES = [
    (re.compile(r"REMOTE HOST IDENTIFICATION HAS CHANGED"), NoLogin.HOST_KEY_CHANGED),
    (re.compile(r"Host key verification failed|No \S+ host key is known for"), NoLogin.HOST_KEY_UNKNOWN),
    (re.compile(r"Permission denied|Too many authentication failures"), NoLogin.REJECTED),
    (re.compile(r"Could not resolve hostname|connect to host \S+ port \d+: "), NoLogin.UNREACHABLE),
    (
        re.compile(
            r"too long for Unix domain socket|ControlPath too long|Bad configuration option|"
            r"Bad owner or permissions|unknown option|illegal option|invalid option|"
            r"muxserver_listen|ControlSocket \S+ already exists|percent_expand|Can't open user config file"
        ),
        NoLogin.SSH_UNUSABLE,
    ),
    (
        re.compile(
            r"Not allowed at this time|kex_exchange_identification|ssh_exchange_identification|"
            r"Connection (?:closed|reset|timed out)|Received disconnect|Broken pipe|Timeout, server"
        ),
        NoLogin.CLOSED,
    ),
]
_JUMP = re.compile(r"^debug1: Setting implicit ProxyCommand from ProxyJump: .*?(\S+)\s*$", re.MULTILINE)
_PROXY = re.compile(r"^debug1: Executing proxy command: ", re.MULTILINE)
_OFFENDING = re.compile(r"Offending (?:\S+ )?key (?:for \S+ )?in (\S+):(\d+)")


def question(said: str, *, is_quiet: bool) -> Prompt | None:
    """The question at the end of what was said.

    Args:
        said: the text since the last answer.
        is_quiet: whether nothing was said for a while: then what looks like a question is one.
    """
    line = said.rpartition("\n")[2]
    for pattern, kind in _QUESTIONS:
        if pattern.fullmatch(line):
            return Prompt(kind, _whole(said, kind))
    if is_quiet and _UNKNOWN_QUESTION.fullmatch(line):
        return Prompt(PromptKind.SERVERS, _whole(said, PromptKind.SERVERS))
    return None


def _whole(said: str, kind: PromptKind) -> str:
    """All lines of the question at the end: the options to choose from, the fingerprint to compare."""
    lines = without_log(said).split("\n")
    beginning = _BEGINNINGS.get(kind)
    for place in range(len(lines) - 1, -1, -1):
        if beginning is not None and beginning.match(lines[place]):
            return "\n".join(lines[place:])
    return lines[-1]


def without_log(said: str) -> str:
    """What ssh and the servers said to a person."""
    return _LOG.sub("", said)


def is_rejection(answered: Prompt | None, asked: Prompt, between: str) -> bool:
    """Whether a question shows that the answer to the one before it was rejected.

    A server may ask several different things in a row; ssh itself asks for a passphrase or password only
    once each.

    Args:
        answered: the question before, None for the first.
        asked: the question now.
        between: what was said between the two, at ssh's log level DEBUG1.
    """
    if answered is None or PromptKind.HOST_KEY in (answered.kind, asked.kind) or _PROGRESS.search(between):
        return False
    whose = [_WHOSE.match(prompt.text) for prompt in (answered, asked)]
    if whose[0] and whose[1] and whose[0].group(1) != whose[1].group(1):
        return False  # of a host on the way, and of the next one
    if answered.kind is PromptKind.SERVERS:
        return asked.kind is not PromptKind.SERVERS or asked.text == answered.text
    return True


def is_mistyped(answered: Prompt | None, asked: Prompt) -> bool:
    """Whether the answer about a host key was neither yes nor no, and ssh asks once more."""
    return (
        answered is not None
        and answered.kind is PromptKind.HOST_KEY
        and asked.kind is PromptKind.HOST_KEY
        and asked.text.startswith("Please type")
    )


def failure(said: str) -> NoLogin:
    """Why ssh ended without a login, from its last words."""
    said = without_log(said)
    for pattern, kind in _FAILURES:
        if pattern.search(said):
            return kind
    return NoLogin.UNCLEAR


def way(said: str) -> str:
    """What leads to the host, without words that may be secret; '' where ssh goes there itself."""
    jump = _JUMP.search(said)
    if jump is not None:
        return f"{jump.group(1)} (ProxyJump)"
    return "its ProxyCommand" if _PROXY.search(said) else ""


def is_expired(said: str) -> bool:
    """Whether sshd runs no command because the password must be changed first (OpenSSH 7 to 9)."""
    return "Password change required" in said or "Your password has expired" in said


def offending_line(said: str) -> tuple[str, int] | None:
    """The file and the line of the host key that a server's key differs from."""
    found = _OFFENDING.search(said)
    return None if found is None else (found.group(1), int(found.group(2)))
