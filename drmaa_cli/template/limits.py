"""What no job can have, whatever carries it: refused before anything is run."""

from __future__ import annotations

from collections.abc import Mapping
from os import fsencode

from drmaa_cli import constants as c
from drmaa_cli.errors import DeniedByDrmException, error
from drmaa_cli.template.attributes import Text
from drmaa_cli.template.job_name import EMPTY_TEXT
from drmaa_cli.template.job_script import is_plain_name
from drmaa_cli.template.paths import refused

LONGEST_STRING = (
    131071  # bytes of one argument or variable that Linux passes to a program (MAX_ARG_STRLEN - 1)
)


def check_text(values: Mapping[bytes, Text]) -> None:
    """Refuse what no program can be given: NUL bytes, text without bytes, and too long text.

    Raises:
        InvalidAttributeValueException: naming the attribute.
    """
    texts = [value if isinstance(value, str) else "".join(value) for value in values.values()]
    if is_short_and_plain("".join(texts)):
        return
    for name, value in values.items():
        for item in (value,) if isinstance(value, str) else value:
            if "\0" in item:
                raise refused(name, item, "a NUL byte ends every text")
            try:
                size = len(fsencode(item))
            except UnicodeEncodeError as reason:
                raise refused(name, item, f"it cannot be encoded in {reason.encoding}") from reason
            if size > LONGEST_STRING:
                raise refused(
                    name, item, f"a program can be given {LONGEST_STRING} bytes at a time, not {size}"
                )


def is_short_and_plain(whole: str) -> bool:
    """Whether texts are such that :func:`check_text` has nothing against them.

    Args:
        whole: all of them together.
    """
    return len(whole) <= LONGEST_STRING and whole.isascii() and "\0" not in whole


def check_command(command: str) -> None:
    """Refuse a command that no job can have.

    Raises:
        DeniedByDrmException: it is empty.
        InvalidAttributeValueException: it looks like an option.
    """
    if not command:
        raise error(DeniedByDrmException, EMPTY_TEXT)
    if command.startswith("-"):
        raise refused(c.REMOTE_COMMAND, command, "qsub takes it for an option; give its path, as in ./-x")


def check_variables(variables: Mapping[str, str]) -> None:
    """Refuse variable names that Grid Engine cannot carry (InvalidAttributeValueException)."""
    for name, value in variables.items():
        if not name or "," in name or "\n" in name:
            raise refused(c.V_ENV, {name: value}, "Grid Engine knows no variable of this name")


def check_shell_variables(command: str, variables: Mapping[str, str]) -> None:
    """Refuse variables that no script can set for a command.

    Raises:
        InvalidAttributeValueException: a name that Grid Engine cannot carry, or one that only env(1) can set
            and a command with ``=`` in it, which env(1) takes for a variable.
    """
    check_variables(variables)
    if "=" in command and not all(map(is_plain_name, variables)):
        raise refused(c.REMOTE_COMMAND, command, "with such variable names it would be taken for one")
