"""Sessions: libdrmaa_observed, section 2 (every row that can be shown in one process)."""

from __future__ import annotations

import re

import pytest

from tests.contract.harness import BAD_ARGUMENT, NO_SESSION, World

ALREADY_ACTIVE = "code 11: Initialization failed due to existing DRMAA session."


def test_contact_is_empty_without_a_session(idle: World) -> None:
    assert idle.session.contact == ""
    assert idle.session().contact == ""


def test_contact_of_a_new_session(idle: World) -> None:
    idle.session.initialize()
    assert re.fullmatch(r"session=[^ .]+(\.[^ ]+)*\.[0-9]+\.[0-9a-zA-Z]+", idle.session.contact)
    idle.session.exit()
    assert idle.session.contact == ""
