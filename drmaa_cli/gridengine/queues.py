"""``qstat -f -explain``: the queue instances, their slots, and the reasons of their states.

Sources: qstat(1); runs of a real 8.1.9 cell (``tests/why``); captures ``qstat.f_*`` and
``w*.qstat-f*``.
"""

from __future__ import annotations

from collections.abc import Iterable

from drmaa_cli.gridengine import xmltext
from drmaa_cli.gridengine.qstat import LISTING_ROOT, integer_of
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.gridengine.replies import UnreadableReply, check_environment_errors, describe, reader
from drmaa_cli.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lxml import etree

__all__ = ["QueueInstance", "argv", "parse"]

UNHEARD = "u"
IN_ERROR = "E"
DISABLED = "d"
CALENDAR_DISABLED = "D"
SUSPENDED = "s"
SUBORDINATE = "S"
CALENDAR_SUSPENDED = "C"
LOAD_ALARM = "a"
SUSPEND_ALARM = "A"


class QueueInstance(NamedTuple):
    """A cluster queue on one host.

    Attributes:
        name: ``QUEUE@HOST``.
        used, reserved, total: its slots.
        state: its letters, as of qstat(1); '' when there is nothing to say.
        reasons: why it is in alarm or in its error state, as printed.
    """

    name: str
    used: int
    reserved: int
    total: int
    state: str
    reasons: tuple[str, ...]

    @property
    def queue(self) -> str:
        """The cluster queue's name."""
        return self.name.partition("@")[0]

    @property
    def host(self) -> str:
        """The host's name."""
        return self.name.partition("@")[2]

    @property
    def free(self) -> int:
        """How many slots are not in use."""
        return max(self.total - self.used, 0)


def argv(user: str, undoing: Iterable[str] = ()) -> list[str]:
    """The command; of jobs it shows only those of the user that are suspended.

    Args:
        user: any user: jobs are of no interest here.
        undoing: see :func:`drmaa_cli.gridengine.qstat_defaults.undoing`.
    """
    return ["qstat", "-f", "-explain", "aAcE", "-xml", "-u", user, "-s", "s", *undoing]


@reader
def parse(result: CommandResult) -> tuple[QueueInstance, ...]:
    """Read the answer to :func:`argv`; none is an answer, too.

    Raises:
        QmasterUnreachable, CommandFailed: the command says so.
        UnreadableReply: cut off, not XML, another root element.
    """
    try:
        root = xmltext.tree(xmltext.prepare(result.stdout))
        if root.tag != LISTING_ROOT:
            raise UnreadableReply(f"unexpected root element <{root.tag}>")
        found = tuple(_instance(element) for element in root.iter("Queue-List"))
    except UnreadableReply as error:
        check_environment_errors(result)
        raise UnreadableReply(f"{error.text} ({describe(result)})") from error
    return found


def _instance(element: etree._Element) -> QueueInstance:
    fields = {str(child.tag): child.text or "" for child in element.iterchildren("*")}

    def number(name: str) -> int:
        return integer_of(fields.get(name) or "0", name)

    reasons = (
        " ".join((child.text or "").split())
        for child in element.iterchildren("*")
        if str(child.tag) in REASONS
    )
    return QueueInstance(
        fields.get("name", ""),
        number("slots_used"),
        number("slots_resv"),
        number("slots_total"),
        fields.get("state", "").strip(),
        tuple(reason for reason in reasons if reason),
    )


REASONS = ("load-alarm-reason", "suspend-alarm-reason", "message")
