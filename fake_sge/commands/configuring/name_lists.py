"""The options of qconf that list names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .change import Texts


def lines_of(names: Sequence[str], nothing: str) -> Texts:
    """One name per line; an empty list is an error."""
    if not names:
        return 1, "", f"{nothing}\n"
    return 0, "".join(f"{name}\n" for name in names), ""


class NameList(NamedTuple):
    """An option that lists names: where the configuration has them, and what is said when there are none."""

    attribute: str
    nothing: str
    text: str


LISTS = {
    "-sql": NameList("queues", "no cqueue list defined", "the cluster queues"),
    "-spl": NameList("parallel_environments", "no parallel environment defined", "the parallel environments"),
    "-sel": NameList("hosts", "no execution host defined", "the execution hosts"),
    "-sh": NameList("admin_hosts", "no administrative host defined", "the administrative hosts"),
    "-ss": NameList("submit_hosts", "no submit host defined", "the submit hosts"),
    "-sm": NameList("managers", "no manager defined", "the managers"),
    "-so": NameList("operators", "no operator defined", "the operators"),
    "-sul": NameList("usersets", "no userset list defined", "the user sets"),
    "-suserl": NameList("users", "no user list defined", "the users"),
    "-sprjl": NameList("projects", "no project list defined", "the projects"),
    "-scall": NameList("calendars", "no calendar defined", "the calendars"),
    "-sckptl": NameList(
        "checkpoints", "no ckpt interface definition defined", "the checkpointing environments"
    ),
    "-shgrpl": NameList("host_groups", "no host group list defined", "the host groups"),
    "-srqsl": NameList("resource_quotas", "no resource quota set list defined", "the resource quota sets"),
}
