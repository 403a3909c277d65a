"""Users who are not in the password database, as in containers that run as a number."""

from __future__ import annotations

import grp
import os
import pwd
from typing import NoReturn

import pytest

from fake_sge.execution import users


@pytest.fixture
def nobody_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_key: object) -> NoReturn:
        raise KeyError

    for module, name in ((pwd, "getpwuid"), (pwd, "getpwnam"), (grp, "getgrgid")):
        monkeypatch.setattr(module, name, unknown)
    for name, value in (("USER", "nemo"), ("HOME", "/home/nemo"), ("SHELL", "/bin/bash")):
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("nobody_known")
def test_oneself_is_who_the_environment_says() -> None:
    assert users.user_name(os.getuid()) == "nemo"
    assert users.home_and_shell("nemo") == ("/home/nemo", "/bin/bash")


@pytest.mark.usefixtures("nobody_known")
def test_others_are_numbers() -> None:
    assert users.user_name(os.getuid() + 1) == str(os.getuid() + 1)
    assert users.group_name(77) == "77"
    assert users.home_and_shell("somebody") == ("/", "/bin/sh")


@pytest.mark.usefixtures("nobody_known")
def test_without_a_name_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "HOME", "SHELL"):
        monkeypatch.delenv(name)
    assert users.user_name(os.getuid()) == str(os.getuid())
    assert users.home_and_shell(str(os.getuid())) == ("/", "/bin/sh")


def test_the_database_is_believed() -> None:
    me = pwd.getpwuid(os.getuid())
    assert users.user_name(me.pw_uid) == me.pw_name
    assert users.home_and_shell(me.pw_name) == (me.pw_dir, me.pw_shell)
