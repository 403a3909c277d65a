"""qhost: execution hosts with their load, queues and jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..lighter import replace
from ..model import QueueInstance
from ..model.requests import QmasterUnreachable, Reply, Request
from ..model.values import plain_number, printed
from ..render.detail_resources import value_type
from ..render.hosts import HostTable, HostView, HostXml, host_values
from ..render.listing import DEFAULT_SHOW, Line, Scope, Selection
from ..render.offers import Offered, of_host, values_of_host
from ..render.queues import is_wanted
from ..render.usage import OptionHelp, usage
from .interface.environment import environment_error, unreachable_text
from .interface.qmaster_interface import QmasterInterface
from .queries.queue_filter import in_order_made
from .queries.resource_requests import ResourceRequest, UnknownResource, matches_host, parse_requests
from .queries.switches import HELP, NCB, Switches, parse_switches, refused
from .times.local_time import clock_for

SWITCHES = (
    HELP,
    OptionHelp("-F", "[NAMES]", "the resources of each host"),
    OptionHelp("-h", "HOSTS", "only these hosts"),
    OptionHelp("-j", "", "the jobs on each host"),
    OptionHelp("-l", "NAME=VALUE,...", "only hosts that offer these resources"),
    OptionHelp("-q", "", "the queues on each host"),
    OptionHelp("-u", "USERS", "the jobs of these users"),
    OptionHelp("-xml", "", "the answer as XML"),
    NCB,
)


class _Hosts:
    """The hosts of one call."""

    def __init__(self, switches: Switches, qmaster: QmasterInterface) -> None:
        self._qmaster = qmaster
        self._config = qmaster.config
        self._wanted = [self._config.host_named(name) for name in switches.listed("-h")]
        self._requests = [parse_requests(word, self._config) for word in switches.words("-l")]
        self._show_resources = "-F" in switches
        self._resources = switches.listed("-F") or None
        self._queues = "-q" in switches
        self._jobs = "-j" in switches or "-u" in switches
        self._users = switches.listed("-u")
        self._plain = "-xml" in switches and qmaster.config.flavour.nested_hosts

    def unknown(self) -> str | None:
        """The first host of ``-h`` that nobody has heard of; patterns are no hosts, and select none."""
        names = (name for name in self._wanted if not any(letter in name for letter in "*?["))
        return next((name for name in names if name not in self._config.known_hosts), None)

    def views(self) -> list[HostView]:
        """All hosts, "global" first."""
        names = ["global", *sorted(name for name in self._config.hosts if name != "global")]
        return [self._view(name) for name in names if self._selected(name)]

    def _selected(self, name: str) -> bool:
        if self._wanted and name != "global" and name not in self._wanted:
            return False
        requests: list[ResourceRequest] = [item for part in self._requests for item in part]
        offered = {item.name: item.value for item in self._offered(name)}
        return not requests or matches_host(requests, name, offered, self._config, self._qmaster.used_of)

    def _loads(self, name: str) -> Mapping[str, str]:
        return {} if name == "global" else self._qmaster.load_values(name)

    def _offered(self, name: str) -> list[Offered]:
        used = self._qmaster.used_of
        return of_host(self._config, name, self._loads(name), used(f"host:{name}"), used("host:global"))

    def _view(self, name: str) -> HostView:
        loads = self._loads(name)
        shown = values_of_host(self._config, name, loads)
        printed = {key: self._printed(key, text, integers=True) for key, text in shown.items()}
        resources = [
            replace(item, value=self._resource(item.name, item.value))
            for item in self._offered(name)
            if self._show_resources and is_wanted(self._config, item.name, self._resources)
        ]
        return HostView(name, host_values(shown, printed), resources, self._queue_rows(name))

    def _resource(self, name: str, text: str) -> str:
        if self._plain:
            return plain_number(text, value_type(self._config, name))
        return self._printed(name, text, integers=self._config.flavour.wide_hosts)

    def _printed(self, name: str, text: str, integers: bool) -> str:
        return printed(text, value_type(self._config, name), integers)

    def _queue_rows(self, name: str) -> Sequence[tuple[QueueInstance, Sequence[Line]]]:
        if not self._queues and not self._jobs:
            return ()
        return [(item, self._lines(item)) for item in in_order_made(self._qmaster) if item.host == name]

    def _lines(self, instance: QueueInstance) -> Sequence[Line]:
        if not self._jobs:
            return ()
        scope = Scope(DEFAULT_SHOW, self._users, by_slot=True, full=self._queues)
        selection = Selection(self._qmaster.jobs(), scope, {instance.name: instance.state}, self._config)
        return list(selection.running(instance.name))


def _run(request: Request, qmaster: QmasterInterface, switches: Switches) -> Reply:
    try:
        hosts = _Hosts(switches, qmaster)
    except UnknownResource as error:
        return Reply.of_text(1, "", f"error: {error}\n")
    unknown = hosts.unknown()
    if unknown is not None:
        return Reply.of_text(
            1, "", usage(request.flavour, "qhost", SWITCHES) + f'error: can\'t resolve hostname "{unknown}"\n'
        )
    topology = "-ncb" not in switches
    queues = "-q" in switches
    if "-xml" in switches:
        return Reply.of_text(0, HostXml(request.flavour, topology, queues).document(hosts.views()))
    table = HostTable(request.flavour, clock_for(request), topology, queues, bool(switches.listed("-F")))
    return Reply.of_text(0, table.text(hosts.views()))


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qhost."""
    switches = parse_switches(request.argv[1:], SWITCHES)
    problem = environment_error(request) or refused(request.flavour, "qhost", SWITCHES, switches, "error: ")
    if problem is not None:
        return problem
    try:
        return _run(request, qmaster, switches)
    except QmasterUnreachable as error:
        return Reply.of_text(1, "", unreachable_text(error))
