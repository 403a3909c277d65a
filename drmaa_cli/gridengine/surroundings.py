"""What surrounds a job that waits: a parallel environment, a resource quota set, the memory of the hosts.

Sources: qconf(1), qselect(1), qhost(1), sge_resource_quota(5); runs of a real 8.1.9 cell (``tests/why``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from drmaa_cli.gridengine import xmltext
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.gridengine.replies import UnreadableReply, check_environment_errors, describe, reader

__all__ = [
    "MEMORY_ARGV",
    "SCHEDULER_ARGV",
    "environment_argv",
    "instances_argv",
    "parse_instances",
    "parse_memory",
    "parse_quota",
    "quota_argv",
]

MEMORY_ARGV = ("qhost", "-xml")
SCHEDULER_ARGV = ("qconf", "-ssconf")
_NO_INSTANCES = ("no queues remaining after", "no such parallel environment")
_LIMIT = re.compile(r"^\s*limit\s+(?:name\s+(?P<name>\S+)\s+)?(?P<rest>.*?)\s*$")
_CONTINUED = re.compile(r"\\\n\s*")
_NO_SET = "No resource quota set found"


def environment_argv(name: str) -> tuple[str, ...]:
    """The command for a parallel environment's configuration, which ``probe.parse_sconf`` reads."""
    return ("qconf", "-sp", name)


def instances_argv(name: str) -> tuple[str, ...]:
    """The command for the queue instances that offer a parallel environment, which may be a pattern."""
    return ("qselect", "-pe", name)


@reader
def parse_instances(result: CommandResult) -> tuple[str, ...]:
    """``QUEUE@HOST`` of each; none is an answer, too (exit 1).

    Raises:
        QmasterUnreachable, CommandFailed: the command says so.
        UnreadableReply: another exit code, or other words.
    """
    check_environment_errors(result)
    found = tuple(line.strip() for line in result.out.splitlines() if line.strip())
    if result.exit_code != 0 and (found or not any(text in result.err for text in _NO_INSTANCES)):
        raise UnreadableReply(describe(result))
    return found


def quota_argv(rule: str) -> tuple[str, ...]:
    """The command for the resource quota set of a rule (``max/1``)."""
    return ("qconf", "-srqs", rule.partition("/")[0])


@reader
def parse_quota(result: CommandResult, rule: str) -> str:
    """A rule's line in its set (``users {*} to slots=1``); '' when there is none, or no such set.

    Raises:
        QmasterUnreachable, CommandFailed: the command says so.
        UnreadableReply: an answer in no known form.
    """
    check_environment_errors(result)
    if result.exit_code != 0:
        if _NO_SET in result.out + result.err:
            return ""
        raise UnreadableReply(describe(result))
    wanted = rule.partition("/")[2]
    whole = _CONTINUED.sub("", result.out)
    limits = [found for line in whole.splitlines() if (found := _LIMIT.match(line))]
    for position, found in enumerate(limits, 1):
        if wanted in (str(position), found["name"]):
            return " ".join(found["rest"].split())
    return ""


@reader
def parse_memory(result: CommandResult) -> Mapping[str, str]:
    """The memory of each host that has told it, as printed (``23.5G``).

    Raises:
        QmasterUnreachable, CommandFailed: the command says so.
        UnreadableReply: not the XML of qhost.
    """
    try:
        root = xmltext.tree(xmltext.prepare(result.stdout))
        if root.tag != "qhost":
            raise UnreadableReply(f"unexpected root element <{root.tag}>")
    except UnreadableReply as error:
        check_environment_errors(result)
        raise UnreadableReply(f"{error.text} ({describe(result)})") from error
    found = {}
    for host in root.iter("host"):
        for value in host.iter("hostvalue"):
            if value.get("name") == "mem_total" and (value.text or "-").strip() != "-":
                found[str(host.get("name"))] = (value.text or "").strip()
    return found
