"""The options of qconf that change something, and what each takes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Callable, NamedTuple

from ...model import Range
from ...model.operations import JobOperation
from ...model.requests import Request, actor_of
from ...render.usage import OptionHelp
from ..interface.qmaster_interface import QmasterInterface
from . import attributes, names, objects, settings_of_cell
from .change import Change, Refused, Texts
from .kinds import KINDS


class _Verb(NamedTuple):
    """An option: its arguments for the help, how many it needs, what it does."""

    arguments: str
    needs: int
    run: Callable[[Change, Sequence[str]], None]
    text: str


def _one(function: Callable[..., None], *fixed: object) -> Callable[[Change, Sequence[str]], None]:
    """A verb whose words are the last arguments of a function."""
    return lambda change, words: function(change, *fixed, *words)


def _verbs() -> dict[str, _Verb]:
    found: dict[str, _Verb] = {}
    for letters, kind in KINDS.items():
        found[f"-A{letters}"] = _Verb("FILE", 1, _one(objects.add, letters), f"add a {kind.noun}")
        found[f"-M{letters}"] = _Verb("FILE", 1, _one(objects.modify, letters), f"change a {kind.noun}")
        removal = "-dul" if letters == "u" else f"-d{letters}"
        found[removal] = _Verb("NAME", 1, _one(objects.delete, letters), f"delete a {kind.noun}")
    found["-Ae"] = _Verb("FILE", 1, partial(_host, True), "add an execution host; the fake does not")
    found["-Me"] = _Verb("FILE", 1, partial(_host, False), "change an execution host")
    for letter, role in (("m", "manager"), ("o", "operator")):
        found[f"-a{letter}"] = _Verb("USERS", 1, _one(names.add_person, role), f"add a {role}")
        found[f"-d{letter}"] = _Verb("USERS", 1, _one(names.remove_person, role), f"remove a {role}")
    for letter, role in (("s", "submit"), ("h", "admin")):
        found[f"-a{letter}"] = _Verb("HOSTS", 1, _one(names.add_host, role), f"add a {role} host")
        found[f"-d{letter}"] = _Verb("HOSTS", 1, _one(names.remove_host, role), f"remove a {role} host")
    found["-au"] = _Verb("USERS LISTS", 2, _one(names.add_members), "add users to user sets")
    found["-du"] = _Verb("USERS LISTS", 2, _one(names.remove_members), "take users out of user sets")
    for option, text in (
        (attributes.ADD, "add to a list of an object"),
        (attributes.MODIFY, "change an attribute of objects"),
        (attributes.DELETE, "delete from a list of an object"),
        (attributes.REPLACE, "replace an attribute of objects"),
    ):
        found[option] = _Verb(
            "KIND NAME VALUE OBJECTS",
            4,
            partial(_attribute, option),
            f"{text}: queue, exechost, pe, hostgroup",
        )
    found["-sobjl"] = _Verb("KIND NAME VALUE", 3, attributes.objects_with, "queues and hosts with a value")
    found["-Mc"] = _Verb("FILE", 1, _one(settings_of_cell.complexes), "change the complex")
    found["-Msconf"] = _Verb(
        "FILE", 1, _one(settings_of_cell.scheduler), "change the scheduler's configuration"
    )
    found["-Mconf"] = _Verb("FILE", 1, _one(settings_of_cell.cell), "change the configuration of the cell")
    return found


def _host(adding: bool, change: Change, words: Sequence[str]) -> None:
    objects.exec_host(change, words[0], adding)


def _attribute(option: str, change: Change, words: Sequence[str]) -> None:
    attributes.change_attribute(change, option, words)


VERBS = _verbs()
OPTIONS = (
    *(OptionHelp(option, verb.arguments, verb.text) for option, verb in VERBS.items()),
    OptionHelp("-cq", "QUEUES", "remove the jobs that run in queues, without a record"),
)
CHANGES = (*VERBS, "-cq")


class MissingArgument(Exception):
    """An option has too few words; the text says after which one."""


def run(option: str, words: Sequence[str], request: Request, qmaster: QmasterInterface) -> tuple[Texts, int]:
    """Carry an option out; ``words`` follow it. What is printed, and how many words it has taken.

    Raises:
        MissingArgument: there are too few.
    """
    if option == "-cq":
        return _purge(_taken(option, words, 1)[0], request, qmaster), 1
    verb = VERBS[option]
    given = _taken(option, words, verb.needs)
    change = Change(request, qmaster)
    try:
        verb.run(change, given)
    except Refused as refused:
        change.failed(*refused.lines, code=refused.code)
    return change.finish(), len(given)


def _taken(option: str, words: Sequence[str], needs: int) -> list[str]:
    given: list[str] = []
    for word in words:
        if word.startswith("-") or (len(given) == needs and needs < 4):
            break
        given.append(word)
    if len(given) < needs:
        if option in ("-au", "-du") and given:
            raise MissingArgument(f'error: no list_name provided to "{option} {given[0]}"')
        last = given[-1] if given else option
        raise MissingArgument(f'error: no option argument provided to "{last}"')
    return given


def _purge(pattern: str, request: Request, qmaster: QmasterInterface) -> Texts:
    """``-cq``: what runs in the queues is gone at once, as after ``qdel -f`` (real cell)."""
    err = []
    code = 0
    for word in pattern.split(","):
        found = qmaster.match_queues(word)
        if not found:
            err.append(f'invalid queue or job "{word}"')
            code = 1
        for instance in found:
            if not qmaster.config.is_operator(request.user):
                err.append(f'{request.user} - you have no permission to modify queue "{instance.name}"')
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
                qmaster.operate(JobOperation.DELETE, job.number, only, actor_of(request), True)
