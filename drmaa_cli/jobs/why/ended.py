"""Why a job ended, and what to do: the reason on record, in one sentence without a subject."""

from __future__ import annotations

from drmaa_cli.jobs.job_info import JobInfo
from drmaa_cli.jobs.reason import Reason, ReasonKind
from drmaa_cli.jobs.why import error_state
from drmaa_cli.jobs.why.explanation import Finding

NOT_EXECUTABLE, NOT_FOUND, AGAIN = 126, 127, 99
SIGNAL_BASE = 128
MORE = {
    ReasonKind.OUT_OF_MEMORY: "ask for more memory, or have it use less: {used}",
    ReasonKind.TIME_LIMIT: "ask for more time (-l h_rt=...), or divide the work: {used}",
    ReasonKind.SOFT_TIME_LIMIT: "ask for more time (-l s_rt=...), or have it end in time at SIGUSR1: {used}",
    ReasonKind.CPU_LIMIT: "ask for more CPU time (-l h_cpu=...): {cpu}",
    ReasonKind.FILE_SIZE_LIMIT: "ask for larger files (-l h_fsize=...), or have it write less",
    ReasonKind.LIMIT: "see which limits its queue has: qconf -sq QUEUE; ask for a queue with higher ones",
}
BY_FORCE = "by force while it ran"
COMMANDS = {NOT_FOUND: ("not found", "No such file"), NOT_EXECUTABLE: ("Permission denied", "cannot execute")}


def explain(info: JobInfo, last_words: str = "", *, has_logs: bool = True) -> Finding:
    """Why it ended.

    Args:
        info: its end.
        last_words: the end of its error output, '' where it cannot be read.
        has_logs: whether ``drmaa-cli logs`` knows where its output is.
    """
    reason = info.reason
    heard = tuple(f"its output ends with: {line}" for line in _last_lines(last_words))
    evidence = (*reason.evidence, *heard)
    if reason.kind is ReasonKind.EXITED and info.hasExited:
        look = "look at its output: drmaa-cli logs {id}" if has_logs else "look at its output"
        return _exited(info, reason, evidence, last_words, look)
    if reason.kind in (ReasonKind.NOT_STARTED, ReasonKind.APPLICATION_ERROR):
        return _not_started(reason, evidence)
    if reason.kind in (ReasonKind.DELETED, ReasonKind.DELETED_BY_SESSION):
        return _deleted(info, reason, evidence)
    if reason.kind is ReasonKind.LOST:
        return Finding(
            reason.kind,
            f"lost: it ran, and what became of it is not on record ({reason})",
            reason.certain,
            evidence,
            ("look at its output, and ask the administrator what befell the host", _AGAIN),
        )
    if reason.kind is ReasonKind.UNKNOWN:
        text = f" ({reason})" if reason else ""
        return Finding(
            reason.kind,
            f"ended, and nothing on record tells how{text}",
            False,
            evidence,
            ("look at its output",),
        )
    last = "look at its output for what it did last"
    advice = MORE.get(reason.kind, last).format(used=_used(info), cpu=_cpu(info))
    text = _participle(reason)
    if reason.kind is ReasonKind.SIGNALLED and not reason.certain:
        text += ", by whom is not on record"
    return Finding(reason.kind, text, reason.certain, evidence, (advice, _AGAIN))


_AGAIN = "submit it again"


def _used(info: JobInfo) -> str:
    """What it used, for the next request."""
    from drmaa_cli.jobs.usage import duration, size  # noqa: PLC0415  # with figures only

    parts = [] if info.wallclock is None else [duration(info.wallclock)]
    parts += [] if info.max_memory is None else [size(info.max_memory)]
    return "it used " + " and ".join(parts) if parts else "what it used is not known"


def _cpu(info: JobInfo) -> str:
    from drmaa_cli.jobs.usage import duration  # noqa: PLC0415  # with figures only

    return "how much it needs is not known" if info.cpu is None else f"it used {duration(info.cpu)}"


def _participle(reason: Reason) -> str:
    """The reason's text, which begins in one of a few ways, without a subject."""
    if reason.startswith(("killed", "ended")):
        return str(reason)
    if reason.startswith("exit status"):
        return f"ended by itself with {reason}"
    return f"ended {reason}" if reason.startswith("at ") else f"ended: {reason}"


def _exited(info: JobInfo, reason: Reason, evidence: tuple[str, ...], last_words: str, look: str) -> Finding:
    status = info.exitStatus
    if not status:
        return Finding(reason.kind, "ended well, with exit status 0", reason.certain, evidence)
    text = f"ended by itself with exit status {status}"
    if status in COMMANDS:
        said = any(word in last_words for word in COMMANDS[status])
        what = "is not there" if status == NOT_FOUND else "is not executable"
        sure = "" if said else "probably "
        advice = (
            "load its module or set PATH in the job, or give its whole path"
            if status == NOT_FOUND
            else "chmod +x it, or run it by its interpreter"
        )
        return Finding(
            reason.kind,
            f"{text}: {sure}a command of it {what}",
            said,
            (*evidence, f"shells end with {status} when a command {what}"),
            (advice,),
        )
    if status > SIGNAL_BASE and not reason.certain:
        signal = next((part for part in reason.evidence if part.startswith("a shell says so")), "")
        named = signal.rpartition("that ")[2].partition(" has")[0]
        if named:
            text += f": probably a program that it ran was ended by {named}"
    return Finding(
        reason.kind,
        text,
        reason.certain,
        evidence,
        (look,),
    )


def _not_started(reason: Reason, evidence: tuple[str, ...]) -> Finding:
    if reason.kind is ReasonKind.APPLICATION_ERROR:
        said = error_state.APPLICATION
        return Finding(reason.kind, f"ended: {said.sentence}", reason.certain, evidence, (said.advice,))
    trouble = error_state.explain(str(reason))
    if trouble is None:
        return Finding(reason.kind, f"could not start: {reason}", reason.certain, evidence, (_AGAIN,))
    return Finding(
        reason.kind,
        f"could not start: {trouble.sentence}",
        reason.certain,
        evidence,
        (trouble.advice, _AGAIN),
    )


def _deleted(info: JobInfo, reason: Reason, evidence: tuple[str, ...]) -> Finding:
    started = info.resourceUsage.get("start_time", "0.0000") != "0.0000"
    when = "while it ran" if started else "before it ran"
    if BY_FORCE in reason:
        when = BY_FORCE
    by = info.facts.deleted_by
    if by:
        whose = f" by {by}"
    elif reason.kind is ReasonKind.DELETED_BY_SESSION:
        whose = " by this session"
    else:
        whose = ""
    text = f"deleted{whose} {when}" if reason.certain else f"probably deleted{whose} {when}"
    return Finding(reason.kind, text, reason.certain, evidence, (_AGAIN,))


def _last_lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1:]
