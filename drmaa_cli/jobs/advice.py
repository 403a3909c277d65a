"""What to ask for the next time, from what the jobs of a group used.

The rules, which the texts repeat:

* Less is advised only where at least :data:`LEAST_JOBS` jobs ended well and none came to the limit in
  question, and only when it saves a fifth. It is the most that *any* of them used, failed ones too, and 20 %
  more memory, 25 % and at least a minute more time, rounded up: never less than what was used.
* Of jobs that came to a limit nobody knows what they need: twice the limit is advised, or more where others
  used more.
* Grid Engine looks at a job's memory about once a second: jobs that it never looked at, or that ran for less
  than :data:`MEASURED` seconds, tell nothing of what is enough.
* Processors are counted over jobs that ran for ten seconds and more: run times are whole seconds.
"""

from __future__ import annotations

import enum
import math
from collections import Counter
from collections.abc import Callable, Sequence

from drmaa_cli.jobs.reason import ReasonKind
from drmaa_cli.jobs.usage import MEMORY_LIMITS, duration, size
from drmaa_cli.jobs.usage_groups import UsageGroup, UsedJob, quantile
from drmaa_cli.typed import NamedTuple

LEAST_JOBS = 10
MEMORY_HEADROOM = 1.2
TIME_HEADROOM = 1.25
LEAST_EXTRA_TIME = 60.0  # seconds
WORTH_IT = 0.8  # of what was asked for: what saves less is not worth a change
MOST = 0.9  # of the jobs: what is enough for fewer is no advice
NAMED = 5  # ids in a sentence
LONG_ENOUGH = 10.0  # seconds
MEASURED = 5.0  # seconds
BUSIER = 1.25  # times its slots' processors
SHORT, MANY, A_GOOD_LENGTH = 30.0, 100, 300.0  # seconds, jobs, seconds
MEBIBYTE, GIBIBYTE = 2**20, 2**30
MINUTE, HOUR, DAY = 60, 3600, 86400


class Verdict(enum.Enum):
    """What is to be said of a request."""

    LESS = "less"  # less would have been enough
    FITS = "fits"
    MORE = "more"  # it was, or nearly was, too little
    NOT_ASKED = "not asked"  # nothing was asked for, and this would have been enough
    UNKNOWN = "unknown"  # nothing can be said; the text says why


class Advice(NamedTuple):
    """What to ask for of one resource.

    Attributes:
        resource: ``h_vmem``, ``h_rt``, ``slots``, or ``bundle`` (how many commands make a good task).
        verdict: whether it was too much or too little.
        request: in qsub's words, ``h_vmem=1536M``; '' when nothing is advised.
        amount: the same as a number: bytes for each slot, seconds, slots, commands; None when nothing is.
        text: a sentence for people, which says from what it follows.
        ids: the jobs that came to the limit, or for which a smaller request would not have been enough.
    """

    resource: str
    verdict: Verdict
    request: str
    amount: float | None
    text: str
    ids: tuple[str, ...] = ()


class _Kind(NamedTuple):
    """A resource of which jobs have figures; all amounts as they are asked for.

    Attributes:
        name: the resource's.
        noun: for a sentence.
        killed: the ends that show that it was too little.
        used: what a job used.
        asked: what it had asked for.
        enough: what is enough for a job that uses so much.
        shown, word: an amount for people, and for qsub.
        rule: how much more than what was used ``enough`` is.
        each: who gets so much: ' for each of 2 slots'.
    """

    name: str
    noun: str
    killed: frozenset[ReasonKind]
    used: Callable[[UsedJob], float | None]
    asked: Callable[[UsedJob], float | None]
    enough: Callable[[float], float]
    shown: Callable[[float], str]
    word: Callable[[float], str]
    rule: str
    each: str = ""


def usage_advice(group: UsageGroup, memory_name: str = "") -> tuple[Advice, ...]:
    """What to ask for the next time: memory, time, slots; and whether several jobs should become one.

    Args:
        group: the jobs.
        memory_name: the resource that stands for memory where they had asked for none; else ``h_vmem``.
    """
    ran = [job for job in group.jobs if job.ran]
    if not ran:
        return ()
    slots = _slots(group, ran)
    wanted = int(slots.amount) if slots is not None and slots.amount else 0
    memory = _memory_kind(_memory_name(ran) or memory_name or "h_vmem", wanted, group.slots)
    found: list[Advice | None] = [
        _limit(memory, [job for job in ran if _is_measured(job)], ran),
        _limit(_time_kind(ran), ran, ran),
        _cpu_limit(ran),
        slots,
        _bundle(group),
    ]
    return tuple(one for one in found if one is not None)


def request_of(advised: Sequence[Advice]) -> str:
    """All that is advised in the words of one qsub command line; '' for nothing."""
    limits = [one.request for one in advised if one.request and one.resource not in ("slots", "bundle")]
    others = [one.request for one in advised if one.request and one.resource == "slots"]
    return " ".join([*([f"-l {','.join(limits)}"] if limits else []), *others])


# --- memory and time ---------------------------------------------------------------------------------------


def _is_measured(job: UsedJob) -> bool:
    return job.sampled and (job.wallclock or 0.0) >= MEASURED


def _memory_name(ran: Sequence[UsedJob]) -> str:
    """The resource that memory was asked for by: of jobs that ran out of it, the one that is enforced."""
    killed = Counter(
        name
        for job in ran
        if job.reason.kind is ReasonKind.OUT_OF_MEMORY
        for name in MEMORY_LIMITS
        if name in job.asked.words.resources
    )
    found = killed or Counter(job.memory_name for job in ran if job.memory_name)
    return found.most_common(1)[0][0] if found else ""


def _memory_kind(name: str, wanted: int, slots: tuple[int, int]) -> _Kind:
    least, most = (wanted, wanted) if wanted else slots
    many = str(most) if least == most else f"{least} to {most}"

    def asked(job: UsedJob) -> float | None:
        each = job.asked.words.bytes(name)
        return None if each is None else each * job.slots / (wanted or job.slots)

    return _Kind(
        name,
        "memory",
        frozenset((ReasonKind.OUT_OF_MEMORY,)),
        lambda job: None if job.memory is None else job.memory / (wanted or job.slots),
        asked,
        lambda used: _round_up_size(used * MEMORY_HEADROOM),
        size,
        size_word,
        "20% more",
        "" if most == 1 else f" for each of {many} slots",
    )


def _time_kind(ran: Sequence[UsedJob]) -> _Kind:
    soft = all("h_rt" not in job.asked.words.resources for job in ran if job.asked.time is not None)
    is_asked = any(job.asked.time is not None for job in ran)
    return _Kind(
        "s_rt" if soft and is_asked else "h_rt",
        "run time",
        frozenset((ReasonKind.TIME_LIMIT, ReasonKind.SOFT_TIME_LIMIT)),
        lambda job: job.wallclock,
        lambda job: job.asked.time,
        lambda used: _round_up_time(max(used * TIME_HEADROOM, used + LEAST_EXTRA_TIME)),
        duration,
        time_word,
        "25% or a minute more",
    )


def _limit(kind: _Kind, measured: Sequence[UsedJob], ran: Sequence[UsedJob]) -> Advice:
    """The advice for a resource that jobs have a limit of."""
    killed = [job for job in ran if job.reason.kind in kind.killed]
    figures = [used for job in ran if (used := kind.used(job)) is not None]
    if killed:
        return _more(kind, killed, ran, figures)
    unclear = [job.id for job in ran if job.reason.kind is ReasonKind.LIMIT]
    if unclear:
        text = (
            f"{_count(len(unclear), ran)} came to a limit, and which one is not on record ({_ids(unclear)})"
        )
        return Advice(kind.name, Verdict.UNKNOWN, "", None, text, tuple(unclear))
    basis = [used for job in measured if job.well and (used := kind.used(job)) is not None]
    if len(basis) < LEAST_JOBS:
        return Advice(kind.name, Verdict.UNKNOWN, "", None, _too_few(kind, basis, ran))
    most = max(figures)
    amount = kind.enough(most)
    request = f"{kind.name}={kind.word(amount)}"
    asked = sorted(value for job in ran if (value := kind.asked(job)) is not None)
    rule = f"the most that any used, {kind.shown(most)}, and {kind.rule}"
    if not asked:
        text = f"no limit was asked for; {request}{kind.each} would have been enough: {rule}"
        return Advice(kind.name, Verdict.NOT_ASKED, request, amount, text)
    middle = quantile(asked, 0.5)
    had = _range(asked, kind.shown)
    if amount > middle and most > MOST * middle:
        text = f"{had} was hardly enough: try {request}{kind.each}, {rule}"
        return Advice(kind.name, Verdict.MORE, request, amount, text)
    spare, ids = _without_outliers(kind, basis, amount, ran)
    if amount <= WORTH_IT * middle:
        text = f"{request}{kind.each} would have been enough for all: {rule}; they had {had}{spare}"
        return Advice(kind.name, Verdict.LESS, request, amount, text, ids)
    text = f"{had} fits: the most that any used was {kind.shown(most)}{spare}"
    return Advice(kind.name, Verdict.FITS, "", None, text, ids)


def _more(kind: _Kind, killed: Sequence[UsedJob], ran: Sequence[UsedJob], figures: Sequence[float]) -> Advice:
    """The advice where jobs came to a limit: what they need is not known, only that it is more."""
    ids = tuple(job.id for job in killed)
    limits = sorted(asked for job in killed if (asked := kind.asked(job)) is not None)
    highest = limits[-1] if limits else max((kind.used(job) or 0.0 for job in killed), default=0.0)
    amount = max([_rounded(kind, 2 * highest), *([kind.enough(max(figures))] if figures else [])])
    request = f"{kind.name}={kind.word(amount)}"
    probably = "" if all(job.reason.certain for job in killed) else "probably "
    limit = _range(limits, kind.shown) or "their queue's"
    text = (
        f"{_count(len(ids), ran)} {probably}came to the limit of {kind.noun} ({limit}: {_ids(ids)})"
        f" and needed more; how much is not known: try {request}{kind.each}"
    )
    return Advice(kind.name, Verdict.MORE, request, amount, text, ids)


def _rounded(kind: _Kind, amount: float) -> float:
    return _round_up_size(amount) if kind.noun == "memory" else _round_up_time(amount)


def _too_few(kind: _Kind, basis: Sequence[float], ran: Sequence[UsedJob]) -> str:
    well = sum(job.well for job in ran)
    if well >= LEAST_JOBS:
        some = f"only {len(basis)}" if basis else "none"
        return f"Grid Engine measured the {kind.noun} of {some} of them for long enough ({MEASURED:.0f} s)"
    some = str(well) if well else "none"
    return f"too few jobs for advice: {some} ended well, and it takes {LEAST_JOBS}"


def _without_outliers(
    kind: _Kind, basis: Sequence[float], amount: float, ran: Sequence[UsedJob]
) -> tuple[str, tuple[str, ...]]:
    """What would have been enough for nearly all, where few jobs alone need most of it; and these few."""
    ordered = sorted(basis)
    for share in (0.99, 0.95, MOST):
        smaller = kind.enough(quantile(ordered, share))
        ids = [job.id for job in ran if (used := kind.used(job)) is not None and used > smaller]
        enough = 1 - len(ids) / len(ran)
        if ids and smaller <= WORTH_IT * amount and enough >= MOST:
            request = f"{kind.name}={kind.word(smaller)}"
            others = f"for {_percent(enough)} of them, not for {_ids(ids)}"
            return f"; {request} would have been enough {others}", tuple(ids)
    return "", ()


def _cpu_limit(ran: Sequence[UsedJob]) -> Advice | None:
    killed = [job for job in ran if job.reason.kind is ReasonKind.CPU_LIMIT]
    if not killed:
        return None
    ids = tuple(job.id for job in killed)
    limits = [job.asked.cpu / job.slots for job in killed if job.asked.cpu is not None]
    if not limits:
        text = (
            f"{_count(len(ids), ran)} came to a limit of CPU time that they had not asked for ({_ids(ids)})"
        )
        return Advice("h_cpu", Verdict.MORE, "", None, text, ids)
    amount = _round_up_time(2 * max(limits))
    limit = _range(sorted(limits), duration)
    text = (
        f"{_count(len(ids), ran)} came to the limit of CPU time ({limit}: {_ids(ids)})"
        f" and needed more; how much is not known: try h_cpu={time_word(amount)}"
    )
    return Advice("h_cpu", Verdict.MORE, f"h_cpu={time_word(amount)}", amount, text, ids)


# --- slots and bundles -------------------------------------------------------------------------------------


def _slots(group: UsageGroup, ran: Sequence[UsedJob]) -> Advice | None:
    """Whether the processors of the slots were used; None where too few jobs tell."""
    long = [job for job in ran if job.well and (job.wallclock or 0.0) >= LONG_ENOUGH]
    busy = sorted(value for job in long if (value := job.busy) is not None)
    least, most = group.slots
    if len(busy) < LEAST_JOBS or least != most:
        return None
    median, nearly_all = quantile(busy, 0.5), quantile(busy, 0.95)
    pe = long[0].asked.words.pe or "PE"
    if median > max(BUSIER * most, most + 0.5):
        amount = math.ceil(nearly_all - 0.25)
        had = "1 slot" if most == 1 else f"{most} slots"
        text = (
            f"they kept {median:.1f} processors busy and had {had}: ask for -pe {pe} {amount},"
            " or have them start fewer threads"
        )
        return Advice("slots", Verdict.MORE, f"-pe {pe} {amount}", amount, text)
    if most == 1:
        return None
    amount = max(math.ceil(nearly_all - 0.1), 1)
    if 2 * amount > most:
        return Advice("slots", Verdict.FITS, "", None, f"{most} slots fit: {median:.1f} of them were busy")
    request = f"-pe {pe} {amount}" if amount > 1 else ""
    ask = f"-pe {pe} {amount}" if amount > 1 else "no parallel environment"
    text = (
        f"of {most} slots {median:.1f} were busy, and {nearly_all:.1f} at most in 95 of 100 jobs: {ask} would"
        " have been enough, unless they started tasks on other hosts that accounting has apart"
    )
    return Advice("slots", Verdict.LESS, request, amount, text)


def _bundle(group: UsageGroup) -> Advice | None:
    """Whether the jobs are so short that the time for starting them counts."""
    if group.time is None or group.time.known < MANY or group.time.median >= SHORT:
        return None
    amount = max(min(math.ceil(A_GOOD_LENGTH / max(group.time.median, 1.0)), group.time.known // 10), 2)
    text = (
        f"half of the {group.time.known:,} ran for no more than {duration(group.time.median)}: several in one"
        f" spare the cluster many starts ('drmaa-cli map --bundle {amount}')"
    )
    return Advice("bundle", Verdict.MORE, f"--bundle {amount}", amount, text)


# --- amounts -----------------------------------------------------------------------------------------------


def size_word(count: float) -> str:
    """Bytes as qsub takes them: ``1536M``, ``4G``; rounded up to whole mebibytes."""
    mebibytes = max(math.ceil(count / MEBIBYTE), 1)
    return f"{mebibytes}M" if mebibytes % 1024 else f"{mebibytes // 1024}G"


def time_word(seconds: float) -> str:
    """Seconds as qsub takes them: ``26:30:00``; rounded up."""
    minutes, rest = divmod(math.ceil(seconds), MINUTE)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _round_up_size(count: float) -> float:
    step = 64 * MEBIBYTE if count <= GIBIBYTE else GIBIBYTE / 2 if count <= 16 * GIBIBYTE else GIBIBYTE
    return max(math.ceil(count / step), 1) * step


def _round_up_time(seconds: float) -> float:
    step = MINUTE if seconds <= 20 * MINUTE else 5 * MINUTE if seconds <= 4 * HOUR else 30 * MINUTE
    step = HOUR if seconds > DAY else step
    return math.ceil(seconds / step) * step


def _range(ordered: Sequence[float], shown: Callable[[float], str]) -> str:
    """``4.0 GiB``, or ``1.0 GiB to 4.0 GiB``; '' of nothing."""
    if not ordered:
        return ""
    first, last = shown(ordered[0]), shown(ordered[-1])
    return first if first == last else f"{first} to {last}"


def _ids(ids: Sequence[str]) -> str:
    more = len(ids) - NAMED
    return ", ".join([*ids[:NAMED], *([f"and {more} more"] if more > 0 else [])])


def _count(some: int, jobs: Sequence[UsedJob]) -> str:
    """``it``, ``all 3``, ``1 of 3``."""
    if some < len(jobs):
        return f"{some:,} of {len(jobs):,}"
    return "it" if some == 1 else f"all {some:,}"


def _percent(share: float) -> str:
    """Rounded down: what is enough for 99.4 % is not enough for 99.5."""
    whole = math.floor(share * 1000) / 10
    return f"{whole:.0f}%" if whole == int(whole) else f"{whole:.1f}%"
