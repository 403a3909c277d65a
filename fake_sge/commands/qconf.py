"""qconf: shows the configuration. Changing it is not part of the fake; it is refused as to a plain user."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, NamedTuple

from ..model import CellConfig, Host, defaults
from ..model.cluster import TEMPLATE_HOST
from ..model.flavours import Flavour
from ..model.globs import glob_match
from ..model.requests import QmasterUnreachable, Reply, Request
from ..render.objects import complex_table, event_client_table
from ..render.usage import OptionHelp, usage
from . import quota_sets
from .configuring import shown, verbs
from .configuring.kinds import KINDS
from .configuring.name_lists import LISTS, lines_of
from .configuring.words import parts_of, words_of
from .interface.environment import environment_error, unreachable_text
from .interface.qmaster_interface import QmasterInterface
from .queries.queue_filter import in_order_made

Texts = tuple[int, str, str]  # exit code, stdout, stderr


class _Show(NamedTuple):
    """An option that shows something: its argument (in brackets when it may be left out) and its method."""

    argument: str
    answer: Callable[[_Shows, Any], Texts]
    text: str


_THREADS = """\
POOL            SIZE
--------------------
listener        2
reader          2
scheduler       1
worker          2
"""


class _Shows:
    """Each method answers one option; ``name`` is its argument."""

    def __init__(self, request: Request, qmaster: QmasterInterface) -> None:
        self._request = request
        self._qmaster = qmaster

    @property
    def _config(self) -> CellConfig:
        return self._qmaster.config

    def listed(self, option: str) -> Texts:
        """An option of :data:`LISTS`."""
        attribute, nothing, _ = LISTS[option]
        return lines_of(sorted(getattr(self._config, attribute)), nothing)

    def complexes(self, _name: str | None) -> Texts:
        """``-sc``."""
        return 0, complex_table(self._config.complexes), ""

    def event_clients(self, _name: str | None) -> Texts:
        """``-secl``."""
        clients = self._qmaster.event_clients()
        return (0, event_client_table(clients), "") if clients else (0, "", "no event clients registered\n")

    def configuration(self, name: str | None) -> Texts:
        """``-sconf [global|HOST]``."""
        blocks: list[str] = []
        errors = ""
        for given in parts_of(name if name is not None else "global"):
            block = ""
            word = self._config.host_named(given)
            if word == "global" or word in self._config.host_configurations:
                block = f"#{word}:\n{shown.configuration(self._config, word)}\n"
            elif word not in self._config.known_hosts:
                errors += f"can't resolve hostname \"{word}\": can't resolve host name\n"
            else:
                errors += f"configuration {word} not defined\n"
            blocks.append(block)
        return int(bool(errors)), "\n".join(blocks), errors

    def configured_hosts(self, _name: str | None) -> Texts:
        """``-sconfl``."""
        return lines_of(sorted(self._config.host_configurations), "no config defined")

    def scheduler(self, _name: str | None) -> Texts:
        """``-ssconf``."""
        return 0, shown.scheduler(self._config), ""

    def scheduler_host(self, _name: str | None) -> Texts:
        """``-sss``: the host of the scheduler, as the event client list names it."""
        hosts = [host for _, name, host in self._qmaster.event_clients() if name == "scheduler"]
        return lines_of(hosts, "no scheduling host defined")

    def trigger(self, _name: str | None) -> Texts:
        """``-tsm``."""
        if not self._qmaster.config.is_manager(self._request.user):
            return 0, "", self._request.flavour.wording.no_trigger.format(self._request.user) + "\n"
        self._qmaster.trigger_scheduler()
        return 0, "", f"{self._request.user}@{self._request.host} triggers scheduler monitoring\n"

    def threads(self, _name: str | None) -> Texts:
        """``-stl`` of an Open Cluster Scheduler."""
        return self._request.flavour.threads_code or 0, _THREADS, ""

    def categories(self, _name: str | None) -> Texts:
        """``-scatl``: recorded of a cell without jobs alone."""
        if self._qmaster.jobs():
            return 1, "", "fake_sge: qconf -scatl is simulated without jobs only\n"
        return 0, "#idrcount str \n#-------------\n", ""

    def queue(self, words: str | None) -> Texts:
        """``-sq [LISTS]``: cluster queues and queue instances; without a name a template.

        Words that mean nothing are told of, and are no error, when one that means something follows them;
        without such words, the last one is an error (real cell).
        """
        wanted = words_of(words or "")
        if not wanted:
            return 0, shown.queue(shown.template(self._config)), ""
        for word in wanted:
            if word.startswith("@"):
                told = f'The queue name "{word}" is not correct.  Queue names may not begin with @.'
                return 1, "", f'{told}  Perhaps you mean "*{word}"?\n'
        text = last = ""
        missing: list[str] = []
        passed: list[str] = []
        for word in wanted:
            found = self._queue_blocks(word)
            for index, (name, block) in enumerate(found):  # a blank line between the queues of a pattern
                text += block if not index or name == last else f"\n{block}"
                last = name
            if found:
                passed = list(missing)
            else:
                missing.append(f'No cluster queue or queue instance matches the phrase "{word}"\n')
        if missing and not passed:
            return 1, text, missing[-1]
        return 0, text, "".join(f"error: {line}" for line in passed)

    def _queue_blocks(self, word: str) -> list[tuple[str, str]]:
        """Cluster queues or instances, each with the name of its cluster queue."""
        if "@" not in word:
            queues = self._config.queues
            names = [name for name in self._config.queues_as_changed if glob_match(word, name)]
            return [(name, shown.queue(queues[name].attributes)) for name in names]
        blocks = []
        meant = {item.name for item in self._qmaster.match_queues(word)}
        for item in in_order_made(self._qmaster):
            if item.name not in meant:
                continue
            rows = {
                "hostname" if key == "hostlist" else key: item.host if key == "hostlist" else value
                for key, value in item.queue.attributes.items()
            }
            text = shown.queue(rows)
            kinds = item.queue.attributes["qtype"]
            blocks.append(
                (item.queue.name, text.replace(f"{'qtype':<22}{kinds}\n", f"{'qtype':<22}{kinds} \n"))
            )
        return blocks

    def environment(self, name: str) -> Texts:
        """``-sp NAME``."""
        pe = self._config.parallel_environments.get(name)
        if pe is None:
            return 1, "", f"{name} is not a parallel environment\n"
        return 0, shown.environment(pe.attributes), ""

    def host(self, name: str) -> Texts:
        """``-se HOST``."""
        name = self._config.host_named(name)
        host = self._config.host_with_values(name)
        if name == TEMPLATE_HOST:
            host = Host(name, attributes={**defaults.HOST, "processors": "0"})
        if host is None:
            if name in self._config.known_hosts:
                return 1, "", f"{name} is not an execution host\n"
            return 1, "", f'can\'t resolve hostname "{name}"\n'
        loads = self._qmaster.load_values(name) if name != TEMPLATE_HOST else {}
        values = ",".join(f"{key}={value}" for key, value in loads.items()) or "NONE"
        rows = {"hostname": name}
        for key in defaults.HOST:  # the loads come before the processors
            rows.update({"load_values": values} if key == "processors" else {})
            rows[key] = host.attributes.get(key, "NONE")
        rows["processors"] = loads.get("num_proc", "0")
        return 0, shown.host(rows), ""

    def _members(self, name: str, text: Callable[[Sequence[str]], str]) -> Texts:
        hosts = self._config.host_groups.get(name)
        if hosts is None:
            return 1, "", f'Host group "{name}" does not exist\n'
        return 0, text(hosts), ""

    def group(self, name: str) -> Texts:
        """``-shgrp GROUP``."""
        return self._members(name, lambda _: shown.group(KINDS["hgrp"].rows(self._config, name)))

    def group_tree(self, name: str) -> Texts:
        """``-shgrp_tree GROUP``."""
        return self._members(name, lambda _: "".join(self._branches(name, "")))

    def _branches(self, name: str, indent: str) -> Iterator[str]:
        yield f"{indent}{name}\n"
        for member in self._config.host_groups.get(name, ()):
            yield from self._branches(member, f"{indent}   ")

    def group_hosts(self, name: str) -> Texts:
        """``-shgrp_resolved GROUP``."""
        hosts = " ".join(self._config.hosts_in(name))
        return self._members(name, lambda _: f"{hosts}\n" if hosts else "")

    def userset(self, words: str) -> Texts:
        """``-su LIST``."""
        blocks: list[str] = []
        errors = ""
        for name in parts_of(words):
            if name in self._config.usersets:
                blocks.append(shown.userset(KINDS["u"].rows(self._config, name)))
            else:
                errors += f'denied: access list "{name}" does not exist\n'
        return int(bool(errors)), "\n".join(blocks), errors

    def users(self, words: str) -> Texts:
        """``-suser USERS``: an empty line before each but the first."""
        answers = [self._user(name) for name in words_of(words)]
        return 0, "\n".join(out for _, out, _ in answers), "".join(err for _, _, err in answers)

    def _user(self, name: str) -> Texts:
        """One user: made by the first job, kept for a day after the last (w1.qconf-suser_root)."""
        if name not in self._config.users:
            return 0, "", f"{name} is not known as a user\n"
        return 0, shown.plain(KINDS["user"].rows(self._config, name)), ""

    def quotas(self, names: str | None) -> Texts:
        """``-srqs [NAMES]``."""
        return quota_sets.show(self._qmaster, names)

    def project(self, name: str) -> Texts:
        """``-sprj PROJECT``."""
        if name not in self._config.projects:
            return 1, "", f"{name} is not known as a project\n"
        return 0, shown.plain(KINDS["prj"].rows(self._config, name)), ""


def _says(code: int, out: str = "", err: str = "") -> Callable[[_Shows, str], Texts]:
    """The same answer whatever is asked for; ``{}`` is the argument."""
    return lambda _, name: (code, out, err.format(name))


_SHOWS = {
    "-sconfl": _Show("", _Shows.configured_hosts, "hosts with a configuration of their own"),
    "-ssconf": _Show("", _Shows.scheduler, "the scheduler's configuration"),
    "-sc": _Show("", _Shows.complexes, "the resources that can be defined and requested"),
    "-secl": _Show("", _Shows.event_clients, "the registered event clients"),
    "-tsm": _Show("", _Shows.trigger, "have the scheduler run at once"),
    "-sss": _Show("", _Shows.scheduler_host, "the host of the scheduler"),
    "-sstree": _Show("", _says(1, "", "no sharetree element\n"), "the share tree"),
    "-sst": _Show("", _says(0, "", "No sharetree\n"), "the share tree in short"),
    "-sds": _Show("", _says(0), "detached settings"),
    "-sconf": _Show("[HOST]", _Shows.configuration, "the configuration of the cell or a host"),
    "-sq": _Show("[QUEUES ...]", _Shows.queue, "queues with all attributes"),
    "-srqs": _Show("[NAMES]", _Shows.quotas, "resource quota sets"),
    "-sp": _Show("NAME", _Shows.environment, "a parallel environment"),
    "-se": _Show("HOST", _Shows.host, "an execution host with its load"),
    "-shgrp": _Show("GROUP", _Shows.group, "a host group"),
    "-shgrp_tree": _Show("GROUP", _Shows.group_tree, "a host group as a tree"),
    "-shgrp_resolved": _Show("GROUP", _Shows.group_hosts, "the hosts of a group"),
    "-su": _Show("NAMES", _Shows.userset, "user sets"),
    "-suser": _Show("USERS", _Shows.users, "users"),
    "-sprj": _Show("PROJECT", _Shows.project, "a project"),
    "-scal": _Show("NAME", _says(1, "", "{} is not a calendar\n"), "a calendar"),
    "-sckpt": _Show(
        "NAME",
        _says(1, "", "{} is not a checkpointing interface definition\n"),
        "a checkpointing environment",
    ),
}
_OF_SOME = {
    "-stl": _Show("", _Shows.threads, "the qmaster's threads"),
    "-scatl": _Show("", _Shows.categories, "the categories of jobs"),
}
OPTIONS = (
    *(OptionHelp(option, "", f"list {item.text}") for option, item in LISTS.items()),
    *(OptionHelp(option, item.argument, item.text) for option, item in _SHOWS.items()),
    *quota_sets.OPTIONS,
    *verbs.OPTIONS,
    OptionHelp("-help", "", "print this text and end"),
)


NOT_SIMULATED = frozenset(
    option
    for options in (
        ("-sstnode -mstnode"),
        ("-dstnode -astnode -rsstnode -astree -Astree -mstree -Mstree -dstree"),
        *(f"-{do}{what}" for do in "aAM" for what in ("cal", "ckpt")),
    )
    for option in options.split()
)


_STOPPING = ("-sp", "-se", "-sckpt", "-scal")  # after what is not there no further option is looked at


def _known(flavour: Flavour) -> Mapping[str, _Show]:
    """What a flavour shows."""
    has = {"-stl": flavour.threads_code is not None, "-scatl": flavour.lists_categories}
    return {**_SHOWS, **{option: show for option, show in _OF_SOME.items() if has[option]}}


def _unknown(option: str, flavour: Flavour) -> str:
    """What is said of an option that there is not (real cell)."""
    if option.startswith("-k"):
        return f'error: "{option}" is not a valid option 2\n' + usage(flavour, "qconf", OPTIONS)
    return f'error: invalid option argument "{option}"\nUsage: qconf -help\n'


def _execute(request: Request, qmaster: QmasterInterface) -> Texts:
    words = request.argv[1:]
    shows = _Shows(request, qmaster)
    known = _known(request.flavour)
    out = ""
    errors = ""
    code = 0
    index = 0
    while index < len(words):
        option = words[index]
        index += 1
        stops = False
        if option == "-help":
            return 0, usage(request.flavour, "qconf", OPTIONS), ""
        if option in LISTS:
            result = shows.listed(option)
        elif option in known:
            show = known[option]
            given = _arguments(option, show.argument, words[index:])
            if not given and show.argument and not show.argument.startswith("["):
                text = f'{errors}error: no option argument provided to "{option}"\n'
                return 1, out, text + usage(request.flavour, "qconf", OPTIONS)
            index += len(given)
            result = show.answer(shows, ",".join(given) if given else None)
            stops = option in _STOPPING and result[0] != 0
        elif option in (*quota_sets.CHANGES, *verbs.CHANGES):
            try:
                result, used, stops = _changed(option, words[index:], request, qmaster)
            except verbs.MissingArgument as error:
                text = usage(request.flavour, "qconf", OPTIONS) if error.helped else ""
                return 1, out, f"{errors}{error}\n{text}"
            index += used
        elif option in NOT_SIMULATED:
            return 1, out, f"{errors}fake_sge: qconf {option} is not simulated\n"
        else:
            return 1, out, errors + _unknown(option, request.flavour)
        code, out, errors = max(code, result[0]), out + result[1], errors + result[2]
        if stops:
            break
    return code, out, errors


def _arguments(option: str, argument: str, words: Sequence[str]) -> list[str]:
    """The arguments among the words after an option: whatever follows it where there must be one."""
    if not argument.startswith("["):
        return list(words[: int(bool(argument))])
    given = list(itertools.takewhile(lambda word: not word.startswith("-"), words))
    return given if option == "-sq" else given[:1]


def _changed(
    option: str, words: Sequence[str], request: Request, qmaster: QmasterInterface
) -> tuple[Texts, int, bool]:
    """A change, how many words it took, and whether it ends the command."""
    if option in verbs.CHANGES:
        return verbs.run(option, words, request, qmaster)
    verbs.need_file(option, words)
    result, used = quota_sets.change(option, words, request, qmaster)
    return result, used, option == "-Arqs" and "opening file" in result[2]


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qconf."""
    problem = environment_error(request)
    if problem is not None:
        return problem
    if len(request.argv) == 1:
        return Reply.of_text(1, "", usage(request.flavour, "qconf", OPTIONS))
    try:
        code, out, errors = _execute(request, qmaster)
    except QmasterUnreachable as error:
        return Reply.of_text(1, "", unreachable_text(error, request.flavour.absence.prefix_of_qconf))
    return Reply.of_text(code, out, errors)
