"""Names and homes of users, also of one who is not in the password database: containers run as such."""

from __future__ import annotations

import grp
import os
import pwd


def user_name(number: int) -> str:
    """The name of a user id. One's own is $USER where the database has none; of others it is the number."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return (os.environ.get("USER") if number == os.getuid() else None) or str(number)


def group_name(number: int) -> str:
    """The name of a group id, or the number."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def home_and_shell(user: str) -> tuple[str, str]:
    """Of the database, for oneself else $HOME and $SHELL; / and /bin/sh for who is unknown here."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        own = os.environ if user == user_name(os.getuid()) else {}
        return own.get("HOME") or "/", own.get("SHELL") or "/bin/sh"
    return entry.pw_dir, entry.pw_shell or "/bin/sh"


def home_of(user: str) -> str | None:
    """The home of another user, as ``~USER`` in a path names it; None for who is unknown here."""
    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError:
        return None
