"""What logins say, by the wordings of their programs: questions, what they ask for, refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.system.ssh.prompts import (
    NoLogin,
    Prompt,
    PromptKind,
    failure,
    is_expired,
    is_rejection,
    offending_line,
    question,
    way,
)
from tests.tables import each_row

# Each wording as its program prints it, with names of our own.
KNOWN = [
    # OpenSSH 7.4, and 8.0 and later
    ("Are you sure you want to continue connecting (yes/no)? ", PromptKind.HOST_KEY),
    ("Are you sure you want to continue connecting (yes/no/[fingerprint])? ", PromptKind.HOST_KEY),
    ("Please type 'yes', 'no' or the fingerprint: ", PromptKind.HOST_KEY),
    ("Enter passphrase for key '/home/anna/.ssh/id_ed25519': ", PromptKind.PASSPHRASE),
    ("Enter passphrase for RSA key '/home/anna/.ssh/id_rsa': ", PromptKind.PASSPHRASE),
    ("Enter PIN for ED25519-SK key /home/anna/.ssh/id_ed25519_sk: ", PromptKind.PASSPHRASE),
    ("Enter PIN for 'PIV_II (PIV Card Holder pin)': ", PromptKind.PASSPHRASE),
    ("anna@submit.example.org's password: ", PromptKind.ACCOUNT_PASSWORD),
    # pam_unix before and after 8.5
    ("Password: ", PromptKind.SERVERS),
    ("(anna@submit) Password: ", PromptKind.SERVERS),
    ("(anna@submit.example.org) Current password: ", PromptKind.NEW_PASSWORD),
    ("(current) UNIX password: ", PromptKind.NEW_PASSWORD),
    ("New password: ", PromptKind.NEW_PASSWORD),
    # Google Authenticator, pam_oath, pam_yubico
    ("Verification code: ", PromptKind.SERVERS),
    ("(anna@submit) Verification code: ", PromptKind.SERVERS),
    ("One-time password (OATH) for `anna': ", PromptKind.SERVERS),
    ("YubiKey for `anna': ", PromptKind.SERVERS),
    # Duo, SecurID, FreeIPA, Kerberos
    ("Passcode or option (1-3): ", PromptKind.SERVERS),
    ("(anna@submit) Passcode or option (1-2): ", PromptKind.SERVERS),
    ("Enter PASSCODE: ", PromptKind.SERVERS),
    ("First Factor: ", PromptKind.SERVERS),
    ("Second Factor (optional): ", PromptKind.SERVERS),
    ("Password for anna@EXAMPLE.ORG: ", PromptKind.SERVERS),
]


@each_row("line, kind", KNOWN)
def test_known_questions(line: str, kind: PromptKind) -> None:
    assert question(line, is_quiet=False) == Prompt(kind, line)


@each_row("line, kind", KNOWN)
def test_a_question_that_is_half_printed_is_none_yet(line: str, kind: PromptKind) -> None:
    for length in range(len(line.rstrip(": ?'"))):
        part = question(line[:length], is_quiet=False)
        assert part is None or part.text.endswith(("? ", ": "))


@each_row(
    "line",
    ["Token: ", "Enter your choice [1]> ", "Antwort?", "Mot de passe : ", "PIN+Code:"],
)
def test_an_unknown_question_is_one_once_it_is_quiet(line: str) -> None:
    assert question(line, is_quiet=False) is None
    assert question(line, is_quiet=True) == Prompt(PromptKind.SERVERS, line)


@pytest.mark.parametrize("line", ["", "Welcome to submit", "Last login: Mon Nov  2 10:00", "   "])
def test_what_is_no_question(line: str) -> None:
    assert question(line, is_quiet=True) is None


@given(st.text(), st.booleans())
def test_any_line(line: str, quiet: bool) -> None:
    found = question(line, is_quiet=quiet)
    assert found is None or line.endswith(found.text)


UNKNOWN = """\
The authenticity of host 'submit (10.0.0.7)' can't be established.
ED25519 key fingerprint is SHA256:mVhyDwDY9MxS1o0zZ0q7r3ZpnZt0bJ0u1o2e3n4t5y6.
This key is not known by any other names.
Are you sure you want to continue connecting (yes/no/[fingerprint])? """
DUO = """\
(anna@submit) Duo two-factor login for anna

Enter a passcode or select one of the following options:

 1. Duo Push to XXX-XXX-0042
 2. SMS passcodes to XXX-XXX-0042

Passcode or option (1-2): """
OLD_DUO = DUO.partition(") ")[2]  # before OpenSSH 8.5
CHOICE = "(anna@submit) Which token?\n [1] phone\n [2] key\n> "


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (UNKNOWN, PromptKind.HOST_KEY),
        (DUO, PromptKind.SERVERS),
        (OLD_DUO, PromptKind.SERVERS),
        (CHOICE, PromptKind.SERVERS),
    ],
)
@pytest.mark.parametrize(
    "before", ["", "Welcome to submit\nAll is watched: yes\n", "debug1: Next: password\n"]
)
def test_a_question_is_shown_with_what_it_takes_to_answer_it(
    text: str, kind: PromptKind, before: str
) -> None:
    assert question(before + text, is_quiet=True) == Prompt(kind, text)


def test_ssh_logs_between_the_lines() -> None:
    said = UNKNOWN.replace("This key", "debug1: no DNS record: none\nThis key")
    assert question(said, is_quiet=False) == Prompt(PromptKind.HOST_KEY, UNKNOWN)


PASSPHRASE = Prompt(PromptKind.PASSPHRASE, "Enter passphrase for key 'k': ")
PASSWORD = Prompt(PromptKind.ACCOUNT_PASSWORD, "anna@submit's password: ")
FIRST = Prompt(PromptKind.SERVERS, "(anna@submit) Password: ")
CODE = Prompt(PromptKind.SERVERS, "(anna@submit) Verification code: ")
HOST_KEY = Prompt(PromptKind.HOST_KEY, "Are you sure (yes/no)? ")
PARTIAL = 'Authenticated using "publickey" with partial success.\n'
JUMP = Prompt(PromptKind.ACCOUNT_PASSWORD, "anna@jump's password: ")
JUMP_CODE = Prompt(PromptKind.SERVERS, "(anna@jump) Verification code: ")
THROUGH = "debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1 Debian-2\n"


@each_row(
    "answered, asked, between, rejected",
    [
        (None, PASSWORD, "", False),
        (HOST_KEY, PASSWORD, "", False),
        (PASSWORD, PASSWORD, "Permission denied, please try again.\n", True),
        (PASSPHRASE, PASSWORD, "", True),
        (PASSPHRASE, PASSWORD, PARTIAL, False),
        (PASSPHRASE, CODE, PARTIAL, False),
        (FIRST, CODE, "", False),
        (CODE, FIRST, PARTIAL, False),
        (FIRST, FIRST, "", True),
        (FIRST, PASSWORD, "", True),
        # a host on the way, and the next one
        (JUMP, JUMP, "", True),
        (JUMP, PASSWORD, "", False),
        (JUMP, PASSWORD, THROUGH, False),
        (JUMP, HOST_KEY, "", False),
        (JUMP_CODE, PASSWORD, "", False),
        (JUMP, CODE, "", False),
        (PASSPHRASE, PASSPHRASE, "", True),
        (PASSPHRASE, PASSPHRASE, THROUGH, False),
        (PASSPHRASE, PASSWORD, THROUGH, False),
        (PASSPHRASE, PASSPHRASE, 'Authenticated to jump ([10.0.0.7]:22) using "publickey".\n', False),
    ],
)
def test_rejections(answered: Prompt | None, asked: Prompt, between: str, rejected: bool) -> None:
    assert is_rejection(answered, asked, between) is rejected


CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Offending ED25519 key in /home/anna/.ssh/known_hosts:17
Host key verification failed.
"""


@each_row(
    "said, kind",
    [
        (CHANGED, NoLogin.HOST_KEY_CHANGED),
        ("Host key verification failed.", NoLogin.HOST_KEY_UNKNOWN),
        (
            "No ED25519 host key is known for submit and you have requested strict",
            NoLogin.HOST_KEY_UNKNOWN,
        ),
        ("anna@submit: Permission denied (publickey,password).", NoLogin.REJECTED),
        (
            "Received disconnect from 10.0.0.7 port 22:2: Too many authentication failures",
            NoLogin.REJECTED,
        ),
        ("ssh: Could not resolve hostname submit: Name or service not known", NoLogin.UNREACHABLE),
        ("ssh: connect to host submit port 22: Connection refused", NoLogin.UNREACHABLE),
        ("ssh: connect to host submit port 22: No route to host", NoLogin.UNREACHABLE),
        ("ssh: connect to host submit port 22: Connection timed out", NoLogin.UNREACHABLE),
        ("kex_exchange_identification: Connection closed by remote host", NoLogin.CLOSED),
        ("ssh_exchange_identification: read: Connection reset by peer", NoLogin.CLOSED),
        ("Connection closed by 10.0.0.7 port 22", NoLogin.CLOSED),
        ('unix_listener: path "/tmp/x" too long for Unix domain socket', NoLogin.SSH_UNUSABLE),
        ("command-line: line 0: Bad configuration option: controlpersist", NoLogin.SSH_UNUSABLE),
        ("Can't open user config file /nowhere: No such file or directory", NoLogin.SSH_UNUSABLE),
        ("vdollar_percent_expand: unknown key %x", NoLogin.SSH_UNUSABLE),
        ("Not allowed at this time", NoLogin.CLOSED),
        ("something else", NoLogin.UNCLEAR),
        ("debug1: Connection closed: not yet\nsomething else", NoLogin.UNCLEAR),
        ("", NoLogin.UNCLEAR),
    ],
)
def test_failures(said: str, kind: NoLogin) -> None:
    assert failure(said) is kind


def test_the_line_of_a_changed_key() -> None:
    assert offending_line(CHANGED) == ("/home/anna/.ssh/known_hosts", 17)
    assert offending_line("x") is None


@pytest.mark.parametrize(
    ("said", "expired"),
    [
        ("WARNING: Your password has expired.\nPassword change required but no TTY available.\n", True),
        ("Your password will expire in 7 days.\n", False),
        ("This account is currently not available.\n", False),
    ],
)
def test_a_password_that_must_be_changed(said: str, expired: bool) -> None:
    assert is_expired(said) == expired


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("debug1: Connecting to 10.0.0.7 port 22.\nclosed", ""),
        ("debug1: Executing proxy command: exec connect -p secret gw 22\nclosed", "its ProxyCommand"),
        (
            (
                "debug1: Setting implicit ProxyCommand from ProxyJump: ssh -v -W '[%h]:%p' gw\n"
                "debug1: Executing proxy command: exec ssh -v -W '[10.0.0.7]:22' gw\nclosed"
            ),
            "gw (ProxyJump)",
        ),
        (
            (
                "debug1: Setting implicit ProxyCommand from ProxyJump: ssh -l anna -J one -v"
                " -W '[%h]:%p' two\ndebug1: Executing proxy command: exec ssh two\n"
            ),
            "two (ProxyJump)",
        ),
    ],
)
def test_the_way_to_a_host(said: str, expected: str) -> None:
    assert way(said) == expected
