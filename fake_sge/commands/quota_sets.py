"""The part of qconf about resource quota sets: -srqs, -arqs, -Arqs, -mrqs, -Mrqs, -drqs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from ..model.globs import glob_match
from ..model.quota_text import QuotaError, parse_quota_sets
from ..model.quotas import QuotaRule, QuotaSet
from ..model.requests import Request, actor_of
from ..render.usage import OptionHelp
from .configuring import files
from .configuring.editor import edit
from .configuring.names import NO_NAME
from .configuring.refusal import ChangeRefused
from .configuring.verbs import MissingArgument
from .configuring.words import words_of
from .interface.qmaster_interface import QmasterInterface

Texts = tuple[int, str, str]  # exit code, stdout, stderr
Answers = list[tuple[bool, str]]
OPTIONS = (
    OptionHelp("-arqs", "[NAMES]", "add resource quota sets with $EDITOR"),
    OptionHelp("-mrqs", "[NAMES]", "change resource quota sets with $EDITOR"),
    OptionHelp("-Arqs", "FILE", "add the resource quota sets of a file"),
    OptionHelp("-Mrqs", "FILE [NAMES]", "change resource quota sets to those of a file"),
    OptionHelp("-drqs", "NAMES", "delete resource quota sets"),
)
CHANGES = tuple(option.switch for option in OPTIONS)
_NEW = QuotaSet("template", "NONE", False, (QuotaRule("", (), (("slots", "0"),)),))


def show(qmaster: QmasterInterface, names: str | None) -> Texts:
    """``-srqs [NAMES]``."""
    patterns = words_of(names) if names is not None else ["*"]
    sets = qmaster.config.resource_quotas.values()
    found = [item.text for item in sets if any(glob_match(pattern, item.name) for pattern in patterns)]
    return (0, "".join(found), "") if found else (1, "", "No resource quota set found\n")


def change(
    option: str, words: Sequence[str], request: Request, qmaster: QmasterInterface
) -> tuple[Texts, int]:
    """One of :data:`CHANGES`; ``words`` follow it. The answer, and how many words were its arguments."""
    arguments = list(itertools.takewhile(lambda word: not word.startswith("-"), words))
    arguments = arguments[: 2 if option == "-Mrqs" else 1]
    if option in _EDITING:
        return _edited(option, request, qmaster, arguments[0] if arguments else None), len(arguments)
    if not arguments:
        if option == "-drqs":
            raise MissingArgument(f'error: no option argument provided to "{option}"')
        return (1, "", "no file argument given\n"), 0
    first, names = arguments[0], arguments[1] if len(arguments) > 1 else None
    if option == "-Arqs":
        return _add(request, qmaster, first), 1
    if option == "-Mrqs":
        return _modify(request, qmaster, first, names), len(arguments)
    if not words_of(first):
        return (1, "", f"{NO_NAME}\n"), 1
    return _told(qmaster.change_quotas("delete_quotas", words_of(first), actor_of(request))), 1


def _add(request: Request, qmaster: QmasterInterface, file: str) -> Texts:
    """``-Arqs FILE``."""
    if not qmaster.config.is_manager(request.user):
        return 1, "", f'denied: "{request.user}" must be manager for this operation\n'
    try:
        items = _read(request, file)
    except QuotaError as error:
        return 1, "", f"{error.lines[0]}\n"
    return _added(qmaster.change_quotas("add_quotas", items, actor_of(request)))


def _added(answers: Answers) -> Texts:
    """Only the first answer is printed (real cell)."""
    if not answers:
        return 0, "", ""
    done, text = answers[0]
    return (0, f"{text}\n", "") if done else (1, "", f"{text}\n")


def _modify(request: Request, qmaster: QmasterInterface, file: str, names: str | None) -> Texts:
    """``-Mrqs FILE [NAMES]``: without names the file's sets stand in place of all that there are."""
    if not qmaster.config.is_manager(request.user):
        return 1, "", f'denied: "{request.user}" must be manager for this operation\n'
    try:
        items = _read(request, file)
    except QuotaError as error:
        return 1, "", "".join(f"{line}\n" for line in error.lines)
    if not names:
        return _told(qmaster.change_quotas("replace_quotas", items, actor_of(request)))
    chosen: list[QuotaSet] = []
    for name in names.split(","):
        found = [item for item in items if item.name == name]
        if not found:
            return 1, "", f'resource quota set "{name}" not found in file "{file}"\n'
        chosen += found
    return _told(qmaster.change_quotas("modify_quotas", chosen, actor_of(request)))


_EDITING = ("-arqs", "-mrqs")


def _edited(option: str, request: Request, qmaster: QmasterInterface, names: str | None) -> Texts:
    """``-arqs [NAMES]`` and ``-mrqs [NAMES]``: without names all sets are changed, as by ``-Mrqs FILE``."""
    if not qmaster.config.is_manager(request.user):
        return 1, "", f'denied: "{request.user}" must be manager for this operation\n'
    if option == "-arqs":
        new = words_of(names) if names is not None else [_NEW.name]
        text, operation = "".join(_NEW._replace(name=name).text for name in new), "add_quotas"
    elif names is not None and not words_of(names):
        return 0, "", ""
    else:
        _, text, _ = show(qmaster, names)
        operation = "replace_quotas" if names is None else "modify_quotas"
    try:
        left = edit(text or "\n", request, qmaster)
    except ChangeRefused as refused:
        return refused.code, "", "".join(f"{line}\n" for line in refused.lines)
    if not left.changed:
        return 1, "", "file unchanged\n"
    try:
        items = parse_quota_sets(left.text)
    except QuotaError as error:
        told = error.lines[:1] if option == "-arqs" else (*error.lines, _UNREAD)
        return 1, "", "".join(f"{line}\n" for line in told)
    if not items:
        return 1, "", f"{_UNREAD}\n"
    answers = qmaster.change_quotas(operation, items, actor_of(request))
    return _added(answers) if option == "-arqs" else _told(answers)


_UNREAD = "error reading in file"


def _told(answers: Answers) -> Texts:
    return int(not all(done for done, _ in answers)), "", "".join(f"{text}\n" for _, text in answers)


def _read(request: Request, file: str) -> list[QuotaSet]:
    try:
        text = files.text_of(request, file)
    except ChangeRefused as refused:
        raise QuotaError(refused.lines[0].removeprefix("error: ")) from None
    return parse_quota_sets(text)
