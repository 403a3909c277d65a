"""qconf: shows the configuration. Changing it is not part of the fake; it is refused as to a plain user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Callable

from ..model import CellConfig
from ..model.requests import QmasterUnreachable, Reply, Request
from ..render.objects import attributes, complex_table, event_client_table, folded
from ..render.usage import usage
from ..render.values import encode
from .environment_errors import commlib_line, environment_error, send_error
from .qmaster_interface import QmasterInterface
from .queue_filter import in_order_made
from .values.globs import glob_match

_CONFIG_WIDTH, _SCHEDULER_WIDTH, _QUEUE_WIDTH, _PE_WIDTH = 29, 34, 22, 19

# A queue as ``qconf -sq`` without a name shows it (real cell).
_TEMPLATE = {
    "qname": "template",
    "hostlist": "NONE",
    "load_thresholds": "np_load_avg=1.75",
    "pe_list": "make smp mpi",
    "slots": "1",
    "shell": "/bin/sh",
}

Texts = tuple[int, str, str]  # exit code, stdout, stderr


def _names(names: Sequence[str], nothing: str) -> Texts:
    """One name per line; an empty list is an error."""
    if not names:
        return 1, "", f"{nothing}\n"
    return 0, "".join(f"{name}\n" for name in names), ""


class _Shows:
    """The ``-s...`` options: each method answers one."""

    def __init__(self, request: Request, qmaster: QmasterInterface) -> None:
        self._request = request
        self._qmaster = qmaster

    @property
    def _config(self) -> CellConfig:
        return self._qmaster.config

    def plain(self) -> dict[str, Callable[[], Texts]]:
        """Options without an argument."""
        lists: dict[str, tuple[Callable[[], Sequence[str]], str]] = {
            "-sql": (lambda: sorted(self._config.queues), "no cqueue list defined"),
            "-spl": (lambda: sorted(self._config.parallel_environments), "no parallel environment defined"),
            "-sel": (lambda: sorted(self._config.hosts), "no execution host defined"),
            "-sh": (lambda: sorted(self._config.admin_hosts), "no administrative host defined"),
            "-ss": (lambda: sorted(self._config.submit_hosts), "no submit host defined"),
            "-sm": (lambda: sorted(self._config.managers), "no manager defined"),
            "-so": (lambda: sorted(self._config.operators), "no operator defined"),
            "-sul": (lambda: sorted(self._config.usersets), "no userset list defined"),
            "-suserl": (lambda: sorted(self._config.users), "no user list defined"),
            "-sprjl": (lambda: sorted(self._config.projects), "no project list defined"),
            "-scall": (lambda: sorted(self._config.calendars), "no calendar defined"),
            "-sckptl": (lambda: sorted(self._config.checkpoints), "no ckpt interface definition defined"),
            "-shgrpl": (lambda: sorted(self._config.host_groups), "no host group list defined"),
            "-srqsl": (lambda: sorted(self._config.resource_quotas), "no resource quota set list defined"),
            "-sconfl": (tuple, "no config defined"),
        }
        table: dict[str, Callable[[], Texts]] = {
            option: lambda get=get, nothing=nothing: _names(get(), nothing)  # type: ignore[misc]
            for option, (get, nothing) in lists.items()
        }
        table.update(
            {
                "-ssconf": self.scheduler,
                "-sc": lambda: (0, complex_table(self._config.complexes), ""),
                "-secl": lambda: (0, event_client_table(self._qmaster.event_clients()), ""),
                "-tsm": self.trigger,
                "-sss": self.scheduler_host,
                "-sstree": lambda: (1, "", "no sharetree element\n"),
                "-sst": lambda: (0, "", "No sharetree\n"),
                "-sds": lambda: (0, "", ""),
            }
        )
        return table

    def optional(self) -> dict[str, Callable[[str | None], Texts]]:
        """Options with an optional argument."""
        return {"-sconf": self.configuration, "-sq": self.queue, "-srqs": self.resource_quota}

    def named(self) -> dict[str, Callable[[str], Texts]]:
        """Options that must have an argument."""
        return {
            "-sp": self.environment,
            "-se": self.host,
            "-shgrp": self.group,
            "-shgrp_tree": self.group_tree,
            "-shgrp_resolved": self.group_resolved,
            "-su": self.userset,
            "-suser": self.user,
            "-sprj": self.project,
            "-scal": self.calendar,
            "-sckpt": self.checkpoint,
        }

    def configuration(self, name: str | None) -> Texts:
        """``-sconf [global|HOST]``."""
        if name not in (None, "global"):
            if name not in self._known_hosts():
                return 1, "", f"can't resolve hostname \"{name}\": can't resolve host name\n"
            return 1, "", f"configuration {name} not defined\n"
        return 0, "#global:\n" + attributes(self._config.global_config.items(), _CONFIG_WIDTH) + "\n", ""

    def _known_hosts(self) -> Sequence[str]:
        config = self._config
        return [*config.hosts, *config.admin_hosts, *config.submit_hosts]

    def scheduler(self) -> Texts:
        """``-ssconf``."""
        return 0, attributes(self._config.scheduler.items(), _SCHEDULER_WIDTH), ""

    def scheduler_host(self) -> Texts:
        """``-sss``: the host of the scheduler, as the event client list names it."""
        hosts = [host for _, name, host in self._qmaster.event_clients() if name == "scheduler"]
        return _names(hosts, "no scheduling host defined")

    def trigger(self) -> Texts:
        """``-tsm``."""
        if not self._qmaster.is_manager(self._request.user):
            return 0, "", "starting scheduler monitoring requires manager privileges\n"
        self._qmaster.trigger_scheduler()
        return 0, "", f"{self._request.user}@{self._request.host} triggers scheduler monitoring\n"

    def queue(self, words: str | None) -> Texts:
        """``-sq [LIST]``: cluster queues and queue instances; without a name a template."""
        if words is None:
            any_queue = next(iter(self._config.queues.values()), None)
            rows = dict(any_queue.attributes) if any_queue is not None else {}
            return 0, attributes({**rows, **_TEMPLATE}.items(), _QUEUE_WIDTH), ""
        blocks: list[str] = []
        errors = ""
        for word in words.split(","):
            found = self._queue_blocks(word)
            blocks += found
            if not found:
                errors += f'No cluster queue or queue instance matches the phrase "{word}"\n'
        return int(bool(errors)), "\n".join(blocks), errors

    def _queue_blocks(self, word: str) -> list[str]:
        queues = self._config.queues
        if "@" not in word:
            return [
                attributes(queues[name].attributes.items(), _QUEUE_WIDTH)
                for name in queues
                if glob_match(word, name)
            ]
        blocks = []
        meant = {item.name for item in self._qmaster.match_queues(word)}
        for item in in_order_made(self._qmaster):
            if item.name not in meant:
                continue
            rows = [
                ("hostname", item.host) if key == "hostlist" else (key, value)
                for key, value in item.queue.attributes.items()
            ]
            text = attributes(rows, _QUEUE_WIDTH)
            kinds = item.queue.attributes["qtype"]
            blocks.append(text.replace(f"{'qtype':<22}{kinds}\n", f"{'qtype':<22}{kinds} \n"))
        return blocks

    def resource_quota(self, _words: str | None) -> Texts:
        """``-srqs``."""
        return 1, "", "No resource quota set found\n"

    def environment(self, name: str) -> Texts:
        """``-sp NAME``."""
        pe = self._config.parallel_environments.get(name)
        if pe is None:
            return 1, "", f"{name} is not a parallel environment\n"
        return 0, attributes(pe.attributes.items(), _PE_WIDTH), ""

    def host(self, name: str) -> Texts:
        """``-se HOST``."""
        host = self._config.hosts.get(name)
        if host is None and name != "global":
            if name in self._known_hosts():
                return 1, "", f"{name} is not an execution host\n"
            return 1, "", f'can\'t resolve hostname "{name}"\n'
        loads: Mapping[str, str] = self._qmaster.load_values(name) if host is not None else {}
        rows: dict[str, str] = {"hostname": name, "load_scaling": "NONE", "complex_values": "NONE"}
        rows["load_values"] = ",".join(f"{key}={value}" for key, value in loads.items()) or "NONE"
        rows["processors"] = loads.get("num_proc", "0")
        for key in (
            "user_lists",
            "xuser_lists",
            "projects",
            "xprojects",
            "usage_scaling",
            "report_variables",
        ):
            rows[key] = "NONE"
        own = host.attributes if host is not None else {}
        rows.update({key: value for key, value in own.items() if key in rows and key != "load_values"})
        return 0, attributes(rows.items(), _QUEUE_WIDTH), ""

    def group(self, name: str) -> Texts:
        """``-shgrp GROUP``."""
        hosts = self._config.host_groups.get(name)
        if hosts is None:
            return 1, "", f'Host group "{name}" does not exist\n'
        return 0, f"group_name {name}\n" + folded("hostlist ", " ".join(hosts) or "NONE", 9), ""

    def group_tree(self, name: str) -> Texts:
        """``-shgrp_tree GROUP``."""
        hosts = self._config.host_groups.get(name)
        if hosts is None:
            return 1, "", f'Host group "{name}" does not exist\n'
        return 0, f"{name}\n" + "".join(f"   {host}\n" for host in hosts), ""

    def group_resolved(self, name: str) -> Texts:
        """``-shgrp_resolved GROUP``."""
        hosts = self._config.host_groups.get(name)
        if hosts is None:
            return 1, "", f'Host group "{name}" does not exist\n'
        return 0, " ".join(hosts) + "\n", ""

    def userset(self, words: str) -> Texts:
        """``-su LIST``."""
        blocks: list[str] = []
        for name in words.split(","):
            rows = self._config.usersets.get(name)
            if rows is None:
                return 1, "", f'denied: access list "{name}" does not exist\n'
            blocks.append(attributes({"name": name, **rows}.items(), 8))
        return 0, "\n".join(blocks), ""

    def user(self, name: str) -> Texts:
        """``-suser USER``: made by the first job, kept for a day after the last (w1.qconf-suser_root)."""
        if name not in self._config.users:
            return 0, "", f"{name} is not known as a user\n"
        submitted = [int(job.submission_time) for job in self._qmaster.jobs() if job.owner == name]
        kept = int(self._config.global_config.get("auto_user_delete_time", "86400"))
        rows = {
            "name": name,
            "oticket": 0,
            "fshare": 0,
            "delete_time": max(submitted) + kept if submitted else 0,
            "default_project": "NONE",
        }
        return 0, "".join(f"{key} {value}\n" for key, value in rows.items()), ""

    def project(self, name: str) -> Texts:
        """``-sprj PROJECT``."""
        if name not in self._config.projects:
            return 1, "", f"{name} is not known as a project\n"
        rows = {"name": name, "oticket": "0", "fshare": "0", "acl": "NONE", "xacl": "NONE"}
        return 0, "".join(f"{key} {value}\n" for key, value in rows.items()), ""

    def calendar(self, name: str) -> Texts:
        """``-scal NAME``."""
        return 1, "", f"{name} is not a calendar\n"

    def checkpoint(self, name: str) -> Texts:
        """``-sckpt NAME``."""
        return 1, "", f"{name} is not a checkpointing interface definition\n"


def _argument(words: Sequence[str], index: int) -> str | None:
    word = words[index] if index < len(words) else None
    return None if word is None or word.startswith("-") else word


def _denied(request: Request) -> Texts:
    return 1, "", f'denied: "{request.user}" must be manager for this operation\n'


_CHANGES = ("-aattr", "-mattr", "-dattr", "-rattr")


def _execute(request: Request, qmaster: QmasterInterface) -> Texts:
    words = request.argv[1:]
    shows = _Shows(request, qmaster)
    plain, optional, named = shows.plain(), shows.optional(), shows.named()
    out = ""
    errors = ""
    code = 0
    index = 0
    while index < len(words):
        option = words[index]
        index += 1
        if option == "-help":
            return 0, usage("qconf"), ""
        if option in plain:
            result = plain[option]()
        elif option in optional:
            word = _argument(words, index)
            index += word is not None
            result = optional[option](word)
        elif option in named:
            word = _argument(words, index)
            if word is None:
                return 1, out, f'{errors}error: no option argument provided to "{option}"\n' + usage("qconf")
            index += 1
            result = named[option](word)
        elif option in _CHANGES and not qmaster.is_manager(request.user):
            return _denied(request)
        else:
            return 1, out, f'{errors}error: invalid option argument "{option}"\nUsage: qconf -help\n'
        code, out, errors = max(code, result[0]), out + result[1], errors + result[2]
    return code, out, errors


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qconf."""
    problem = environment_error(request)
    if problem is not None:
        return problem
    if len(request.argv) == 1:
        return Reply(1, b"", encode(usage("qconf")))
    try:
        code, out, errors = _execute(request, qmaster)
    except QmasterUnreachable as error:
        return Reply(1, b"", encode(f"{commlib_line(error)}{send_error(error)}\n"))
    return Reply(code, encode(out), encode(errors))
