"""Whether a configuration means anything: names that exist, values of their kind, effects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .model import ComplexEntry, defaults
from .model.host_values import split_value
from .model.names import refuse_object_name
from .model.values import listed, quantity

LIMITS = tuple(name for name in defaults.QUEUE if re.match(r"[sh]_", name))
# Programs that a fake never starts, whatever they are: there is no mail, and there are no X terminals.
HARMLESS = ("mailer", "xterm", "administrator_mail", "loglevel")
_ACCESS = ("user_lists", "xuser_lists")
# What the fake does not only show. The rest of a configuration it takes as it is.
ACTED_ON = {
    "global configuration": (
        *(
            "max_u_jobs",
            "max_jobs",
            "max_aj_tasks",
            "max_aj_instances",
            "finished_jobs",
            "min_uid",
            "min_gid",
        ),
        *(*_ACCESS, "enforce_user", "enforce_project", "auto_user_delete_time"),
        *(
            "login_shells",
            "jsv_url",
            "qmaster_params",
            "reporting_params",
            "max_unheard",
            "reschedule_unknown",
        ),
        *HARMLESS,
    ),
    "scheduler": (
        *("schedule_interval", "flush_submit_sec", "flush_finish_sec", "schedd_job_info"),
        *("queue_sort_method", "job_load_adjustments", "load_adjustment_decay_time", "load_formula"),
        *(f"weight_{name}" for name in ("ticket", "urgency", "priority", "waiting_time", "deadline")),
    ),
    "queue": (
        *("qname", "hostlist", "seq_no", "slots", "qtype", "pe_list", "rerun", "tmpdir", "shell"),
        *("shell_start_mode", "notify", "owner_list", "complex_values", "load_thresholds", *LIMITS),
        *_ACCESS,
        *("projects", "xprojects"),
        # Without thresholds for suspension and without checkpoints nothing comes of these.
        *("nsuspend", "suspend_interval", "min_cpu_interval"),
    ),
    "parallel environment": (
        *("slots", "allocation_rule", "job_is_first_task", "urgency_slots", "control_slaves"),
        "accounting_summary",
        *_ACCESS,
    ),
}
KNOWN: Mapping[str, Mapping[str, str]] = {
    "global configuration": defaults.GLOBAL,
    "scheduler": defaults.SCHEDULER,
    "queue": defaults.QUEUE,
    "parallel environment": defaults.PE,
}
_NUMBERS = ("INT", "DOUBLE", "TIME", "MEMORY")
_TYPES = (*_NUMBERS, "BOOL", "STRING", "CSTRING", "RESTRING", "HOST")
_RELATIONS = ("==", "!=", ">=", "<=", ">", "<", "EXCL")
PARAMETERS = ("FORBID_RESCHEDULE", "FORBID_APPERROR", "MAX_DYN_EC")


def near(word: str, words: Iterable[str]) -> str:
    """``; did you mean 'x'?``, or which words there are."""
    import difflib  # noqa: PLC0415 a daemon starts faster without

    known = sorted(words)
    found = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {found[0]!r}?" if found else f": one of {', '.join(known)}"


def check(kind: str, values: Mapping[str, object]) -> None:
    """Names and values of one of :data:`KNOWN`. Raises ValueError with the name that was probably meant."""
    known = KNOWN[kind]
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"the {kind} has no {name!r}{near(name, known)}")
        expected = _expected(known[name])
        common, by_host = split_value(str(value)) if kind == "queue" else (str(value), [])
        if expected and not all(_fits(expected, text) for text in (common, *(text for _, text in by_host))):
            raise ValueError(f"{name} of the {kind} is {expected}, not {str(value)!r}")


def check_effect(kind: str, values: Mapping[str, object]) -> None:
    """Raises ValueError for what a real cell would act on and the fake would not."""
    for name, value in values.items():
        if name not in ACTED_ON[kind] and str(value) != KNOWN[kind][name]:
            raise ValueError(f"the fake shows {name} of the {kind}, but does not act on it")
    for word in re.split(r"[ ,;]+", str(values.get("qmaster_params", "none"))):
        name = word.partition("=")[0].upper()
        if name not in ("NONE", *PARAMETERS):
            raise ValueError(f"the fake does not act on {name} in qmaster_params{near(name, PARAMETERS)}")


def check_places(values: Mapping[str, object], hosts: Iterable[str], groups: Iterable[str]) -> None:
    """Hosts and host groups that a queue names. Raises ValueError with the one that was probably meant."""
    known = {*hosts, *groups}
    named = listed(str(values.get("hostlist", "NONE")))
    named += [place for text in values.values() for place, _ in split_value(str(text))[1]]
    for name in named:
        if name not in known and name.upper() != "NONE":
            raise ValueError(f"there is no host {name!r}{near(name, known)}")


def check_names(kind: str, names: Iterable[str]) -> None:
    """The names of new objects. Raises ValueError with the reason that Grid Engine gives."""
    for name in names:
        refusal = refuse_object_name(name) if name else "it is empty"
        if refusal:
            raise ValueError(f"{name!r} cannot be the name of a {kind}: {refusal}")


def complex_entries(lines: Iterable[str]) -> list[ComplexEntry]:
    """The complex of a cell with further entries, or other ones of a name, as in ``qconf -sc``.

    Raises ValueError for what is none.
    """
    entries = {line[0]: ComplexEntry(*line) for line in defaults.COMPLEXES}
    for line in lines:
        words = line.split()
        if len(words) != 8:
            raise ValueError(f"a complex entry has eight words: {line!r}")
        entry = ComplexEntry(*words)
        for what, word, known in (
            ("type", entry.type, _TYPES),
            ("relation", entry.relop, _RELATIONS),
            ("requestable", entry.requestable, ("YES", "NO", "FORCED")),
            ("consumable", entry.consumable, ("YES", "NO", "JOB")),
        ):
            if word.upper() not in known:
                raise ValueError(f"{word!r} is no {what} of a complex entry{near(word, known)}")
        for number in (entry.default, entry.urgency):
            if entry.type.upper() in _NUMBERS and quantity(number) is None:
                raise ValueError(f"{number!r} is no number in the complex entry {line!r}")
        for other in entries.values():
            taken = {other.name, other.shortcut} & {entry.name, entry.shortcut}
            if taken and other.name != entry.name:
                raise ValueError(f"there is a complex entry {min(taken)!r} already: {' '.join(other)}")
        entries[entry.name] = entry
    return sorted(entries.values(), key=lambda entry: entry.name)


def check_complex_values(text: str, entries: Iterable[ComplexEntry]) -> None:
    """``gpu=2,lic=3`` of a host. Raises ValueError for what no complex entry describes."""
    known = {name: entry for entry in entries for name in (entry.name, entry.shortcut)}
    for word in listed(text) if text.upper() != "NONE" else []:
        name, _, value = word.partition("=")
        if name not in known:
            raise ValueError(f"there is no complex entry {name!r}{near(name, known)}")
        if not value or (known[name].type.upper() in _NUMBERS and quantity(value) is None):
            raise ValueError(f"the complex value {name} is {known[name].type}, not {value!r}")


def _expected(default: str) -> str:
    """The kind of a value, as the default has it; "" for any text."""
    if re.fullmatch(r"\d+", default):
        return "a whole number"
    if default.lower() in ("true", "false"):
        return "true or false"
    if re.fullmatch(r"\d+\.\d+", default):
        return "a number"
    return "a time or a size" if default == "INFINITY" or re.fullmatch(r"\d+:\d+:\d+", default) else ""


def _fits(expected: str, value: str) -> bool:
    if expected == "a whole number":
        return re.fullmatch(r"\d+", value) is not None
    if expected == "true or false":
        return value.lower() in ("true", "false", "0", "1")
    if expected == "a number":
        return re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
    return quantity(value) is not None
