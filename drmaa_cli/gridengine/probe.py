"""What is known about the cell: its version (``qstat -help``) and its configuration (``qconf -sconf``).

Sources: qstat(1), sge_conf(5); captures ``help.*``, ``qconf.sconf``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.gridengine.replies import (
    CommandFailed,
    UnreadableReply,
    check_environment_errors,
    describe,
    reader,
)
from drmaa_cli.gridengine.units import parse_seconds

__all__ = [
    "BANNER_ARGV",
    "SCONF_ARGV",
    "accounting_flush_seconds",
    "banner",
    "max_aj_tasks",
    "parse_sconf",
]

BANNER_ARGV = ("qstat", "-help")  # needs no qmaster, but SGE_ROOT
SCONF_ARGV = ("qconf", "-sconf")

# sge_conf(5)
DEFAULT_FLUSH_SECONDS = 15
DEFAULT_MAX_AJ_TASKS = 75000
MOST_DIGITS = 10  # of a 32-bit number

_BANNER = r"\S+ \S.*"
_USAGE = "usage: "
_DENIED = r"(?m)^denied: .*$"  # captures qconf.mattr_denied, cell2.qdel_not_submit_host


@reader
def banner(result: CommandResult) -> str:
    """Grid Engine's name and version, as the first line of any tool's help: ``SGE 8.1.9``.

    The exit code does not matter (1 on some builds), nor on which stream the help is.

    Raises:
        QmasterUnreachable, CommandFailed: SGE_ROOT or the cell is wrong.
        UnreadableReply: no help text.
    """
    for text in (result.out, result.err):
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        for line, following in zip(lines, lines[1:]):
            if following.startswith(_USAGE) and re.fullmatch(_BANNER, line):
                return line
    check_environment_errors(result)
    raise UnreadableReply(f"no version in the help text ({describe(result)})")


@reader
def parse_sconf(result: CommandResult) -> dict[str, str]:
    """The global configuration as name -> value, continued lines joined by a blank.

    Raises:
        QmasterUnreachable, CommandFailed: the command says so, or this user or host may not ask.
        UnreadableReply: cut off in a line, or empty.
    """
    if result.exit_code != 0 or not result.stdout.strip():
        check_environment_errors(result)
        if found := re.search(_DENIED, result.err) or re.search(_DENIED, result.out):
            raise CommandFailed(found.group(0))
        raise UnreadableReply(describe(result))
    if not result.out.endswith("\n"):
        raise UnreadableReply(f"cut off in a line ({describe(result)})")
    values: dict[str, str] = {}
    for line in _joined(result.out):
        name, _, value = line.partition(" ")
        if name and not name.startswith("#"):
            values[name] = value.strip()
    if not values:
        raise UnreadableReply(f"no configuration ({describe(result)})")
    return values


def _joined(text: str) -> Iterator[str]:
    """The lines of a text that ends with a line end, each with those that continue it after a backslash."""
    parts: list[str] = []
    for printed in text.split("\n"):
        line = printed.lstrip() if parts else printed.rstrip("\r")
        if line.endswith("\\"):
            parts.append(line[:-1].rstrip())
            continue
        yield " ".join([*parts, line])
        parts = []


def accounting_flush_seconds(configuration: Mapping[str, str]) -> int:
    """How long the qmaster may hold a record back before it writes it to the accounting file.

    ``accounting_flush_time`` of ``reporting_params``, else ``flush_time``, else 15, as for a value that is no
    duration; 0 is at once.
    """
    parameters = _reporting(configuration)
    text = parameters.get("accounting_flush_time") or parameters.get("flush_time")
    try:
        return round(parse_seconds(text)) if text else DEFAULT_FLUSH_SECONDS
    except ValueError:
        return DEFAULT_FLUSH_SECONDS


def has_accounting(configuration: Mapping[str, str]) -> bool:
    """Whether the qmaster writes accounting records (``accounting`` of ``reporting_params``)."""
    return _reporting(configuration).get("accounting", "true").lower() not in ("false", "0")


def _reporting(configuration: Mapping[str, str]) -> dict[str, str]:
    words = configuration.get("reporting_params", "").replace(",", " ").split()
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def max_aj_tasks(configuration: Mapping[str, str]) -> int:
    """The greatest number of tasks in an array job; 0 is no limit.

    Raises:
        UnreadableReply: the value is no number.
    """
    text = configuration.get("max_aj_tasks", str(DEFAULT_MAX_AJ_TASKS)).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise UnreadableReply(f"max_aj_tasks of the configuration is not a number: {text[:40]!r}")
    return int(text)
