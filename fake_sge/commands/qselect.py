"""qselect: names of queue instances."""

from __future__ import annotations

from ..model.requests import QmasterUnreachable, Reply, Request
from .interface.environment import environment_error, unreachable_text
from .interface.qmaster_interface import QmasterInterface
from .queries.queue_filter import BadState, NoQueues, QueueFilter, checked_states
from .queries.switches import (
    ACCESS,
    ENVIRONMENTS,
    HELP,
    NCB,
    QUEUES,
    RESOURCES,
    STATES,
    parse_switches,
    refused,
)

SWITCHES = (HELP, NCB, QUEUES, RESOURCES, STATES, ACCESS, ENVIRONMENTS)


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qselect: exit code 1 without output when no queue is left."""
    switches = parse_switches(request.argv[1:], SWITCHES)
    problem = environment_error(request) or refused(request.flavour, "qselect", SWITCHES, switches)
    if problem is not None:
        return problem
    try:
        for word in switches.words("-qs"):
            checked_states(word)
        names = [item.name for item in QueueFilter(switches, qmaster).as_made()]
    except BadState as error:
        return Reply.of_text(1, "", f"error: {error}\n{error}\n")
    except NoQueues as error:
        return Reply.of_text(1, "", error.text)
    except QmasterUnreachable as error:
        return Reply.of_text(1, "", unreachable_text(error))
    return Reply.of_text(0 if names else 1, "".join(f"{name}\n" for name in names))
