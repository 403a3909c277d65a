"""Addresses in contact strings: what is allowed, and that nothing can be taken for an option of ssh."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.errors import InvalidArgumentException
from drmaa_cli.session.contact import parse_contact
from drmaa_cli.system.ssh.address import SshAddress, parse_address
from tests.tables import each_row


@each_row(
    "text, address",
    [
        ("ssh://submit.example.org", SshAddress("submit.example.org")),
        ("ssh://anna@submit:2222/", SshAddress("submit", "anna", 2222)),
        ("ssh://ADS\\anna@submit", SshAddress("submit", "ADS\\anna")),
        ("ssh://anna@ads.example.org@submit:22", SshAddress("submit", "anna@ads.example.org", 22)),
        ("ssh://[fe80::1%eth0]:22", SshAddress("fe80::1%eth0", None, 22)),
        ("ssh://10.0.0.7:1", SshAddress("10.0.0.7", None, 1)),
    ],
)
def test_forms(text: str, address: SshAddress) -> None:
    assert parse_address(text) == address


@each_row(
    "text",
    [
        "ssh://",
        "ssh:///",
        "ssh://-oProxyCommand=touch x",
        "ssh://-l@host",
        "ssh://anna@-oX",
        "ssh://@host",
        "ssh://an na@host",
        "ssh://host name",
        "ssh://host\n",
        "ssh://host;x",
        "ssh://host:0",
        "ssh://host:65536",
        "ssh://host:-1",
        "ssh://host:\u0661",
        "ssh://host:",
        "ssh://host/path",
        "ssh://@b@c",
        "ssh://a@-b",
        "ssh://a@b@-c",
        "ssh://[::1",
        "ssh://h\u00f6st",
    ],
)
def test_refused_with_the_part_that_is_wrong(text: str) -> None:
    with pytest.raises(ValueError, match="ssh://"):
        parse_address(text)


@given(st.text())
def test_no_word_is_an_option(text: str) -> None:
    try:
        words = parse_address(f"ssh://{text}").words()
    except ValueError:
        return
    before, host = words[:-2], words[-1]
    assert words[-2] == "--"
    assert before[0::2] == [word for word in ("-p", "-l") if word in before[0::2]]
    assert not any(word.startswith("-") for word in [*before[1::2], host])
    assert not any(character.isspace() or not character.isprintable() for word in words for character in word)


@given(st.from_regex(r"ssh://([a-z]{1,8}@)?[a-z]{1,9}(:[1-9][0-9]{0,3})?", fullmatch=True))
def test_written_as_it_was_read(text: str) -> None:
    assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    "text", ["anna:hunter2@host", "anna:hunter2@host:22", "anna:hun@ter2@host", ":hunter2@[::1]:22"]
)
def test_a_password_in_a_contact_string_is_not_shown(text: str) -> None:
    with pytest.raises(InvalidArgumentException, match="a password has no place in it") as caught:
        parse_contact(f"ssh://{text};session=x")
    assert "ter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
