"""Why a job that has not ended waits, is suspended, or does not go: a judgement of what was asked about it.

The order is Grid Engine's own: what an error or a hold keeps back is not looked at by the scheduler, nor what
waits for a time, for another job, or for tasks of its own array; only then come the queues.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from drmaa_cli.gridengine import queues
from drmaa_cli.gridengine.obstacles import Kind, Obstacle, obstacles
from drmaa_cli.gridengine.records import Hold
from drmaa_cli.gridengine.states import Letter, flags
from drmaa_cli.gridengine.verification import Startable
from drmaa_cli.jobs.why import clauses, error_state, predecessors
from drmaa_cli.jobs.why.circumstances import Circumstances
from drmaa_cli.jobs.why.explanation import Finding, WaitKind
from drmaa_cli.jobs.why.places import LEADS, of_places
from drmaa_cli.jobs.why.words import moment, names

ONLY_TASK = 1
ON_HOLD = (  # a kind of hold -> whose it is, how it is taken away, who may
    (Hold.USER, "a user", "qrls {id}", "its owner"),
    (Hold.OPERATOR, "an operator", "qrls -h o {id}", "an operator or manager"),
    (Hold.SYSTEM, "the system", "qrls -h s {id}", "a manager"),
)
STARTED = Letter.RUNNING | Letter.TRANSFERRING
BY_QUEUE = Letter.QUEUE_SUSPENDED | Letter.THRESHOLD


def needs_places(about: Circumstances, now: float) -> bool:
    """Whether nothing but the queues can keep it: then these are to be asked about."""
    return _before_places(about, None, now) is None


def explain(about: Circumstances, now: float, task: int | None = None) -> Finding:
    """Why it waits.

    Args:
        about: what is known of it.
        now: the present, epoch seconds.
        task: which task of an array; None for a job that is none.
    """
    found = _before_places(about, task, now)
    if found is None:
        found = of_places(about) or _though_possible(about)
    line = _line(about)
    return found._replace(evidence=(*found.evidence, *line)) if _waits_in_line(found) else found


def _waits_in_line(found: Finding) -> bool:
    return found.kind in (WaitKind.NO_SLOT, WaitKind.SOON, WaitKind.RESOURCE)


def _line(about: Circumstances) -> tuple[str, ...]:
    if not about.ahead:
        return ()
    return (
        f"qstat: {about.ahead} {'job or task is' if about.ahead == 1 else 'jobs and tasks are'} before it",
    )


def _before_places(about: Circumstances, task: int | None, now: float) -> Finding | None:
    """What keeps it from being looked at; None when nothing does."""
    seen = flags(about.row.state)
    if seen & Letter.DELETING:
        return _deleting(about)
    if seen & Letter.ERROR:
        return _error(about, task)
    if seen & STARTED or seen & (Letter.SUSPENDED | BY_QUEUE):
        return _started(about, seen)
    found = [
        *_held(about, seen),
        *([predecessors.explain(about)] if predecessors.has_any(about) else []),
        *_of_start_time(about, now),
    ]
    return _together(found) if found else _of_array(about)


def _together(found: Sequence[Finding]) -> Finding:
    """Several things that all must go away."""
    first = found[0]
    return Finding(
        first.kind,
        ", and ".join(one.sentence for one in found),
        all(one.certain for one in found),
        tuple(text for one in found for text in one.evidence),
        tuple(text for one in found for text in one.advice),
    )


def _of_start_time(about: Circumstances, now: float) -> Iterator[Finding]:
    if about.job is not None and about.job.start_time > now:
        when = moment(about.job.start_time)
        yield Finding(
            WaitKind.START_TIME,
            f"waiting for its start time, {when} (-a)",
            evidence=(f"qstat -j: execution_time {when}", *_said(about, Kind.START_TIME)),
            advice=("let it start at once: qalter -a $(date +%Y%m%d%H%M) {id}",),
        )


def _deleting(about: Circumstances) -> Finding:
    instance = about.queue(about.row.queue)
    if instance is not None and queues.UNHEARD in instance.state:
        return Finding(
            WaitKind.DELETING,
            f"to be deleted, and not gone, for host {instance.host} does not answer",
            evidence=(
                f"qstat: state {about.row.state}",
                f"qstat -f: {instance.name} in state {instance.state}",
            ),
            advice=(
                "have the administrator see to the host",
                "or have the qmaster forget it, whatever runs there: qdel -f {id}",
            ),
        )
    where = f" on {about.row.queue}" if about.row.queue else ""
    return Finding(
        WaitKind.DELETING,
        f"to be deleted{where}, which takes a moment",
        evidence=(f"qstat: state {about.row.state}",),
        advice=("if it does not go: its processes may hang on the host; a manager can qdel -f {id}",),
    )


def _error(about: Circumstances, task: int | None) -> Finding:
    messages = () if about.job is None else about.job.errors.get(task or ONLY_TASK, ())
    evidence = (f"qstat: state {about.row.state}", *(f"Grid Engine: {text}" for text in messages))
    again = "once that is mended, have it tried again: qmod -cj {id} (or delete it)"
    troubles = [trouble for text in messages if (trouble := error_state.explain(text)) is not None]
    if troubles:
        last = troubles[-1]
        return Finding(
            WaitKind.ERROR_STATE,
            f"in its error state: {last.sentence}",
            evidence=evidence,
            advice=(last.advice, again),
        )
    said = f": {error_state.plain(messages[-1])}" if messages else ", and Grid Engine does not say why"
    return Finding(WaitKind.ERROR_STATE, f"in its error state{said}", bool(messages), evidence, (again,))


def _started(about: Circumstances, seen: Letter) -> Finding:
    where = about.row.queue or "a host"
    evidence = (f"qstat: state {about.row.state}",)
    instance = about.queue(about.row.queue)
    state = "" if instance is None else instance.state
    if seen & Letter.SUSPENDED:
        also = f", and so is its queue {where}" if seen & BY_QUEUE else ""
        return Finding(
            WaitKind.SUSPENDED,
            f"suspended by qmod -sj on {where}{also}",
            evidence=evidence,
            advice=("let it go on: drmaa-cli resume {id}",),
        )
    if seen & BY_QUEUE:
        return _of_suspended_queue(about, seen, state, evidence)
    if queues.UNHEARD in state:
        return Finding(
            WaitKind.RUNNING,
            f"running on {where}, as far as is known: the host does not answer",
            False,
            (*evidence, f"qstat -f: {where} in state {state}"),
            ("have the administrator see to the host",),
        )
    if seen & Letter.TRANSFERRING:
        return Finding(WaitKind.RUNNING, f"being started on {where}", evidence=evidence)
    return Finding(WaitKind.RUNNING, f"running on {where}", evidence=evidence)


def _of_suspended_queue(about: Circumstances, seen: Letter, state: str, evidence: tuple[str, ...]) -> Finding:
    where = about.row.queue
    if seen & Letter.THRESHOLD:
        words, todo = f"its host is above suspend_thresholds of {where}", "wait until the load has fallen"
    else:
        letter = next((letter for letter in clauses.STATES if letter in state), "")
        text, todo = clauses.STATES.get(letter, ("suspended", "an operator resumes: qmod -usq {names}"))
        words = f"its queue {where} is {text.format(its='its', host='host')}"
        todo = todo.format(names=where)
    shown = (f"qstat -f: {where} in state {state}",) if state else ()
    reasons = clauses.reasons_of(about, [Obstacle(Kind.UNAVAILABLE, where)])
    return Finding(WaitKind.SUSPENDED, f"suspended: {words}", True, (*evidence, *shown, *reasons), (todo,))


def _held(about: Circumstances, seen: Letter) -> Iterator[Finding]:
    """Holds of people; what waits for other jobs has the same letter."""
    kinds = [entry for entry in ON_HOLD if about.holds & entry[0]]
    if not seen & Letter.HELD or (not kinds and predecessors.has_any(about)):
        return
    evidence = (f"qstat: state {about.row.state}", *_said(about, Kind.HELD))
    if not kinds:
        text = "held, and Grid Engine does not say by whom"
        yield Finding(WaitKind.HELD, text, False, evidence, ("release it: drmaa-cli release {id}",))
        return
    whose = names(kind[1] for kind in kinds)
    lists = tuple(f"qstat -s h{'uos'[ON_HOLD.index(kind)]}: it is listed" for kind in kinds)
    advice = tuple(f"release it: {kind[2]} ({kind[3]} may)" for kind in kinds)
    many = "holds" if len(kinds) > 1 else "a hold"
    yield Finding(WaitKind.HELD, f"held by {many} of {whose}", True, (*evidence, *lists), advice)


def _of_array(about: Circumstances) -> Finding | None:
    limit = 0 if about.job is None else about.job.concurrency
    said = _said(about, Kind.CONCURRENCY)
    if limit and about.together >= limit:
        return Finding(
            WaitKind.CONCURRENCY,
            f"waiting for other tasks of its array: {about.together} run, and no more than {limit} may (-tc)",
            evidence=(f"qstat -j: maximum concurrency {limit}", f"qstat: {about.together} run", *said),
            advice=("let more run at once: qalter -tc N {job}",),
        )
    if said and about.row.tasks is not None and not limit:
        return Finding(
            WaitKind.CONCURRENCY,
            "waiting for other tasks of its array: as many run as max_aj_instances of the cell allows",
            evidence=said,
            advice=("wait until some have ended, or ask the administrator (qconf -sconf, max_aj_instances)",),
        )
    return None


def _said(about: Circumstances, kind: Kind) -> tuple[str, ...]:
    """What the scheduler says of one kind."""
    return tuple(f"qstat -j: {one.text}" for one in obstacles(about.messages) if one.kind is kind)


def _though_possible(about: Circumstances) -> Finding:
    """Why it waits though a queue suits it, or though nothing is known of that."""
    return next(_others(about), None) or _soon(about)


def _others(about: Circumstances) -> Iterator[Finding]:
    said = {one.kind: one for one in obstacles(about.messages)}
    yield from _at_user_limit(about, said.get(Kind.USER_LIMIT))
    overloaded = [one for one in obstacles(about.messages) if one.kind is Kind.OVERLOADED]
    alarmed = _in_alarm(about)
    if alarmed:
        sentences, advice = clauses.of_states(about, alarmed)
        evidence = (*(f"qstat -j: {one.text}" for one in overloaded), *clauses.reasons_of(about, alarmed))
        yield Finding(
            WaitKind.LOAD, LEADS[WaitKind.LOAD] + "; ".join(sentences), True, evidence, tuple(advice)
        )
    reserved = said.get(Kind.RESERVED)
    if reserved is not None:
        yield Finding(
            WaitKind.RESERVATION,
            LEADS[WaitKind.RESERVATION] + clauses.of_reservation(about, [reserved]),
            True,
            (f"qstat -j: {reserved.text}",),
            ("say how long it runs: a job that ends in time goes first (-l h_rt=...)",),
        )
    restarted = flags(about.row.state) & Letter.RESTARTED
    if restarted or Kind.CLEAN_UP in said:
        before = f": {about.attempt}" if about.attempt else ""
        yield Finding(
            WaitKind.RESTART,
            f"waiting to be started again{before}",
            True,
            (f"qstat: state {about.row.state}", *_said(about, Kind.CLEAN_UP)),
            ("wait: a host is not used again before it has cleaned up after the run before",),
        )


def _at_user_limit(about: Circumstances, said: Obstacle | None) -> Iterator[Finding]:
    text = about.scheduler.get("maxujobs", "0")
    limit = int(text) if text.isdigit() else 0
    if said is None and not (limit and about.owned >= limit):
        return
    count = f"{about.owned} run" if about.owned else "as many run as may"
    most = f"no more than {limit} of one user may" if limit else "no more of one user may"
    evidence: tuple[str, ...] = () if said is None else (f"qstat -j: {said.text}",)
    evidence += (f"qconf -ssconf: maxujobs {limit}",) if limit else ()
    yield Finding(
        WaitKind.USER_LIMIT,
        f"waiting for other jobs of user {about.row.owner}: {count}, and {most} (maxujobs)",
        True,
        evidence,
        ("wait until some of them have ended",),
    )


def _in_alarm(about: Circumstances) -> list[Obstacle]:
    """The queue instances in alarm, if nothing else is left."""
    chosen = [each for each in about.queues or () if _may_use(about, each)]
    if not chosen or not all(each.state for each in chosen):
        return []
    alarmed = [each for each in chosen if "a" in each.state or "A" in each.state]
    return [Obstacle(Kind.OVERLOADED, each.name) for each in alarmed]


def _may_use(about: Circumstances, instance: queues.QueueInstance) -> bool:
    """Whether its queue list has room for a queue instance, as far as names tell."""
    listed = () if about.job is None else about.job.queues
    plain = [word for word in listed if not any(letter in word for letter in "*?[@")]
    return not listed or len(plain) < len(listed) or instance.queue in plain


def _soon(about: Circumstances) -> Finding:
    interval = about.scheduler.get("schedule_interval", "")
    every = (f"qconf -ssconf: the scheduler runs every {interval}",) if interval else ()
    if about.now is not None and about.now.verdict is Startable.POSSIBLE:
        return Finding(
            WaitKind.SOON,
            "to be started when the scheduler runs next: a queue suits it, and nothing known keeps it",
            False,
            ("qalter -w p: found suitable queue(s)", *every),
            ("wait a moment and ask again",),
        )
    others = tuple(f"qstat -j: {one.text}" for one in obstacles(about.messages))
    denied = about.now is not None and about.now.verdict is Startable.DENIED
    why = "only its owner may ask the qmaster why" if denied else "Grid Engine gives no reason"
    advice = "" if about.collects else "have the administrator set schedd_job_info to true (qconf -msconf)"
    return Finding(
        WaitKind.UNKNOWN,
        f"waiting, and nothing tells for what: {why}",
        False,
        (*others, *every),
        tuple(filter(None, (advice,))),
    )
