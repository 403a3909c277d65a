"""qquota: resource quotas and what is used of them."""

from __future__ import annotations

from ..model.requests import QmasterUnreachable, Reply, Request
from ..render.quotas import quota_document, quota_table
from ..render.usage import OptionHelp
from .interface.environment import environment_error, unreachable_text
from .interface.qmaster_interface import QmasterInterface
from .queries.quota_lines import quota_lines
from .queries.switches import HELP, parse_switches, refused

_KINDS = {"-u": "users", "-P": "projects", "-pe": "pes", "-q": "queues", "-h": "hosts"}
SWITCHES = (
    HELP,
    OptionHelp("-h", "HOSTS", "only quotas of these hosts or host groups"),
    OptionHelp("-l", "NAMES", "only quotas of these resources"),
    OptionHelp("-u", "USERS", "quotas of these users (of oneself)"),
    OptionHelp("-pe", "NAMES", "only quotas of these parallel environments"),
    OptionHelp("-P", "PROJECTS", "only quotas of these projects"),
    OptionHelp("-q", "QUEUES", "only quotas of these queues"),
    OptionHelp("-xml", "", "the answer as XML"),
)


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qquota."""
    switches = parse_switches(request.argv[1:], SWITCHES, takes_empty=True)
    problem = environment_error(request) or refused(request.flavour, "qquota", SWITCHES, switches, "error: ")
    if problem is not None:
        return problem
    if "-l" in request.argv and "-l" not in switches:
        return Reply.of_text(0, "", "error: Invalid sge_strtok_r call, last is NULL\n")
    wanted = {kind: switches.listed(switch) for switch, kind in _KINDS.items()}
    wanted["users"] = wanted["users"] or [request.user]
    try:
        lines = quota_lines(qmaster, wanted, switches.listed("-l"))
    except QmasterUnreachable as error:
        return Reply.of_text(1, "", unreachable_text(error))
    in_xml = "-xml" in switches
    return Reply.of_text(0, quota_document(request.flavour, lines) if in_xml else quota_table(lines))
