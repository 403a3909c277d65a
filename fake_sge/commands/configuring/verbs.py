"""The options of qconf that change something, and what each takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Callable, NamedTuple

from ...model import Range
from ...model.operations import JobOperation
from ...model.requests import Request, actor_of
from ...model.values import listed
from ...render.usage import OptionHelp
from ..interface.qmaster_interface import QmasterInterface
from . import (
    attributes,
    configurations,
    exec_hosts,
    list_changes,
    names,
    objects,
    searched,
    settings_of_cell,
    threads,
)
from .change import ConfigChange, Texts
from .kinds import KINDS
from .refusal import ChangeRefused
from .words import words_of


class _Verb(NamedTuple):
    """An option: its arguments for the help, how many it needs and takes, what it does."""

    arguments: str
    needs: int
    run: Callable[..., None]
    text: str
    takes: int | None = None  # None: as many as it needs


def _objects() -> Iterator[tuple[str, _Verb]]:
    for letters, kind in KINDS.items():
        noun = kind.noun
        yield f"-A{letters}", _Verb("FILE", 1, _with(objects.add, letters), f"add a {noun}")
        yield f"-M{letters}", _Verb("FILE", 1, _with(objects.modify, letters), f"change a {noun}")
        removal = "-dul" if letters == "u" else f"-d{letters}"
        yield removal, _Verb("NAME", 1, _with(objects.delete, letters), f"delete a {noun}")
        edited = f"change a {noun} with $EDITOR"
        yield f"-m{letters}", _Verb("NAME", 1, _with(objects.edit, letters), edited)
        if letters != "u":  # -au is another option
            needs, takes, argument = _ADDED_BY_NAME.get(letters, (0, 0, ""))
            added = f"add a {noun} with $EDITOR"
            yield f"-a{letters}", _Verb(argument, needs, _with(objects.edit_new, letters), added, takes)


def _with(function: Callable[..., None], *fixed: object) -> Callable[..., None]:
    """A verb whose words are the last arguments of a function; the change is the first."""
    return lambda change, *words: function(change, *fixed, *words)


# How many words an editor's new object needs and takes, and what they are; the others are named in the text.
_ADDED_BY_NAME = {"q": (0, 1, "[NAME]"), "p": (1, 1, "NAME"), "hgrp": (0, 1, "[NAME]")}


def _people() -> Iterator[tuple[str, _Verb]]:
    for letter, role in (("m", "manager"), ("o", "operator")):
        yield f"-a{letter}", _Verb("USERS", 1, _with(names.add_person, role), f"add {role}s")
        yield f"-d{letter}", _Verb("USERS", 1, _with(names.remove_person, role), f"remove {role}s")
    for letter, role, called in (("s", "submit", "submit"), ("h", "admin", "administrative")):
        yield f"-a{letter}", _Verb("HOSTS", 1, _with(names.add_host, role), f"add {called} hosts")
        yield f"-d{letter}", _Verb("HOSTS", 1, _with(names.remove_host, role), f"remove {called} hosts")
    yield "-au", _Verb("USERS LISTS", 2, names.add_members, "add users to user sets")
    yield "-du", _Verb("USERS LISTS", 2, names.remove_members, "take users out of user sets")


def _attributes() -> Iterator[tuple[str, _Verb]]:
    for option, text in (
        (list_changes.ADD, "add to a list of an object"),
        (list_changes.MODIFY, "change an attribute of objects"),
        (list_changes.DELETE, "delete from a list of an object"),
        (list_changes.REPLACE, "replace an attribute of objects"),
    ):
        known = f"{text}: queue, exechost, pe, hostgroup, userset ..."
        run = partial(_attribute, option)
        yield option, _Verb("KIND NAME VALUE OBJECTS", 3, run, known, MANY)
        from_file = partial(_attributes_of_file, option)
        capital = f"-{option[1].upper()}{option[2:]}"
        yield capital, _Verb("KIND FILE OBJECTS", 2, from_file, f"{text}: those of a file", MANY)
    purge = "take back what a queue has for a host or group"
    yield "-purge", _Verb("queue NAMES QUEUE@HOST", 3, attributes.purge, purge)
    yield "-sobjl", _Verb("KIND NAME VALUE", 3, searched.objects_with, "queues and hosts with a value")


def _attribute(option: str, change: ConfigChange, *words: str) -> None:
    attributes.change_attribute(change, option, words)


def _attributes_of_file(option: str, change: ConfigChange, *words: str) -> None:
    attributes.change_attributes(change, option, words)


MANY = 1000  # words
_ALL_OR_NOTHING = ("-aattr", "-mattr", "-dattr", "-rattr", "-purge")
_SETTINGS = {
    "-Ae": _Verb("FILE", 1, partial(exec_hosts.from_file, True), "add an execution host; the fake does not"),
    "-Me": _Verb("FILE", 1, partial(exec_hosts.from_file, False), "change an execution host"),
    "-ae": _Verb("[HOST]", 0, exec_hosts.edit_new, "add an execution host; the fake does not", 1),
    "-me": _Verb("HOST", 1, exec_hosts.edit, "change an execution host with $EDITOR"),
    "-de": _Verb("HOSTS", 1, exec_hosts.delete, "delete execution hosts"),
    "-ke": _Verb("HOSTS", 0, exec_hosts.stop_daemons, "end execution daemons; all: of all hosts", 1),
    "-kej": _Verb("HOSTS", 0, exec_hosts.stop_with_jobs, "the same, and their jobs", 1),
    "-ks": _Verb("", 0, threads.stop_scheduler, "end the scheduler"),
    "-kt": _Verb("NAME", 1, threads.end_thread, "end a thread: scheduler"),
    "-at": _Verb("NAME", 1, threads.start_thread, "start a thread: scheduler"),
    "-kec": _Verb("IDS", 1, threads.end_clients, "end event clients: the scheduler"),
    "-clearusage": _Verb("[USERS]", 0, threads.clear_usage, "forget usage; the fake keeps none", 1),
    "-km": _Verb("", 0, exec_hosts.stop_qmaster, "end the qmaster"),
    "-Mc": _Verb("FILE", 1, settings_of_cell.complexes, "change the complex"),
    "-mc": _Verb("", 0, settings_of_cell.edit_complexes, "change the complex with $EDITOR"),
    "-Msconf": _Verb("FILE", 1, settings_of_cell.scheduler, "change the scheduler's configuration"),
    "-msconf": _Verb("", 0, settings_of_cell.edit_scheduler, "change the same with $EDITOR"),
    "-Mconf": _Verb("[FILE]", 0, configurations.modify, "change the configuration of the cell or a host", 1),
    "-mconf": _Verb("[HOST]", 0, configurations.edit, "change the same with $EDITOR", 1),
    "-Aconf": _Verb("[FILE]", 0, configurations.add, "add the configuration of a host", 1),
    "-aconf": _Verb("[HOST]", 0, configurations.edit_new, "add the same with $EDITOR", 1),
    "-dconf": _Verb("HOSTS", 0, configurations.delete, "delete the configurations of hosts", 1),
}


def _kinds_without_objects() -> Iterator[tuple[str, _Verb]]:
    for letters, noun, shown in (
        ("cal", "calendar", "calendar"),
        ("ckpt", "checkpointing environment", "checkpointing interface definition"),
    ):
        removing = partial(objects.delete_none, noun)
        yield f"-d{letters}", _Verb("NAME", 1, removing, f"delete a {noun}; the fake has none")
        editing = partial(objects.edit_none, shown)
        yield f"-m{letters}", _Verb("NAME", 1, editing, f"change a {noun}; the fake has none")


VERBS = {
    **dict(_objects()),
    **dict(_kinds_without_objects()),
    **dict(_people()),
    **dict(_attributes()),
    **_SETTINGS,
}
OPTIONS = (
    *(OptionHelp(option, verb.arguments, verb.text) for option, verb in VERBS.items()),
    OptionHelp("-cq", "QUEUES", "remove the jobs that run in queues, without a record"),
)
CHANGES = (*VERBS, "-cq")


# Options whose file has a message of its own when it is not there; the others take any word (real cell).
_NEED_FILE = (
    *(f"-{do}{letters}" for do in "AM" for letters in ("q", "prj", "hgrp", "u", "user")),
    *("-Mc", "-Arqs", "-Mrqs"),
)


class MissingArgument(Exception):
    """An option has too few words; the text says after which one.

    Attributes:
        helped: the usage is printed, too.
    """

    def __init__(self, text: str, helped: bool = True) -> None:
        super().__init__(text)
        self.helped = helped


def need_file(option: str, words: Sequence[str]) -> None:
    """Raises MissingArgument for an option without its file."""
    if option in _NEED_FILE and (not words or words[0].startswith("-")):
        raise MissingArgument("no file argument given", helped=False)


def run(
    option: str, words: Sequence[str], request: Request, qmaster: QmasterInterface
) -> tuple[Texts, int, bool]:
    """Carry an option out; ``words`` follow it.

    What is printed, how many words it has taken, and whether the options that follow are left out.

    Raises:
        MissingArgument: there are too few words.
    """
    if option == "-cq":
        return _purge(_taken(option, words, 1)[0], request, qmaster), 1, False
    need_file(option, words)
    verb = VERBS[option]
    given = _taken(option, words, verb.needs, verb.takes)
    change = ConfigChange(request, qmaster)
    stops = False
    try:
        verb.run(change, *given)
    except ChangeRefused as refused:
        change.failed(*refused.lines, code=refused.code)
        stops = refused.stops
    texts = change.finish()
    return texts, len(given), stops or (option in _ALL_OR_NOTHING and texts[0] != 0)


def _taken(option: str, words: Sequence[str], needs: int, takes: int | None = None) -> list[str]:
    given = list(words[:needs])
    for word in words[needs:]:
        if word.startswith("-") or len(given) == (needs if takes is None else takes):
            break
        given.append(word)
    if len(given) < needs:
        if option in ("-au", "-du") and given:
            raise MissingArgument(f'error: no list_name provided to "{option} {given[0]}"')
        last = given[-1] if given else option
        raise MissingArgument(f'error: no option argument provided to "{last}"')
    return given


def _purge(pattern: str, request: Request, qmaster: QmasterInterface) -> Texts:
    """``-cq``: what runs in the queues is gone at once, without a record (real cell)."""
    err = []
    code = 0
    for word in words_of(pattern):
        found = qmaster.match_queues(word)
        if not found:
            err.append(f'invalid queue or job "{word}"')
            code = 1
        for instance in found:
            owners = listed(instance.queue.attributes["owner_list"])
            if not qmaster.config.is_manager(request.user):
                may_modify = qmaster.config.is_operator(request.user) or request.user in owners
                denied = f'{request.user} - you have no permission to modify queue "{instance.name}"'
                err.append("cleaning a queue requires manager privileges" if may_modify else denied)
                code = 1
                continue
            _remove_jobs(instance.name, request, qmaster)
            err.append(f'{request.user}@{request.host} purged queue "{instance.name}"')
    return code, "", "".join(f"{line}\n" for line in err)


def _remove_jobs(instance: str, request: Request, qmaster: QmasterInterface) -> None:
    for job in list(qmaster.jobs()):
        for task in list(job.tasks.values()):
            if any(piece.instance == instance for piece in task.granted):
                only = [Range(task.number, task.number)]
                qmaster.operate(JobOperation.DELETE, job.number, only, actor_of(request), True, False)
