"""Texts for refusals of the engine itself, and for a qmaster that does not answer."""

from __future__ import annotations

from ..model.operations import Refusal, RefusalKind
from ..model.requests import QmasterUnreachable, Reply, Request, Unreachable
from ..render.values import encode
from .environment import EnvProblem, check
from .environment_errors import commlib_line, send_error

_TEXTS = {
    RefusalKind.BAD_NAME: "Error reading answer list from qmaster",
    RefusalKind.UNKNOWN_QUEUE: 'Job was rejected because job requests unknown queue "{0}"',
    RefusalKind.UNKNOWN_RESOURCE: 'unknown resource "{0}"',
    RefusalKind.BAD_RESOURCE_VALUE: 'attribute "{0}" is not a {2} value',
    RefusalKind.NOT_REQUESTABLE: 'resource "{0}" configured as non requestable',
    RefusalKind.UNKNOWN_PE: 'job rejected: the requested parallel environment "{0}" does not exist',
    RefusalKind.UNKNOWN_PROJECT: 'job rejected: the requested project "{0}" does not exist',
    RefusalKind.PROJECT_REQUIRED: "job rejected: no project assigned to job",
    RefusalKind.UNKNOWN_CHECKPOINT: (
        'job rejected: the requested checkpointing environment "{0}" does not exist'
    ),
    RefusalKind.UNKNOWN_USER: 'job rejected: the user "{0}" does not exist',
    RefusalKind.UID_TOO_LOW: "job rejected: your user id {0} is lower than minimum user id {1} "
    "of cluster configuration",
    RefusalKind.GID_TOO_LOW: "job rejected: your group id {0} is lower than minimum group id {1} "
    "of cluster configuration",
    RefusalKind.NOT_SUBMIT_HOST: 'denied: host "{0}" is not a submit host',
    RefusalKind.USER_DENIED: "job rejected: {0}@{1} is not allowed to submit jobs",
    RefusalKind.TOO_MANY_TASKS: "job rejected: you tried to submit a job with more than {0} tasks",
    RefusalKind.INVALID_TASK_ID: "job rejected: {0} is an invalid task id",
    RefusalKind.NO_SCRIPT: "job rejected: no script in your request",
    RefusalKind.USER_JOB_LIMIT: "job rejected: only {0} jobs are allowed per user (current job count: {1})",
    RefusalKind.JOB_LIMIT: "job rejected: only {0} jobs are allowed per cluster",
    RefusalKind.NO_SUITABLE_QUEUES: "error: no suitable queues",
    RefusalKind.JSV: "{0}",
    RefusalKind.TOO_LOW_PRIORITY_RIGHTS: (
        "job rejected: positive submission priority requires operator privileges"
    ),
    RefusalKind.EVENT_CLIENT_LIMIT: (
        "cannot register event client. Only {0} event clients are allowed in the system"
    ),
    RefusalKind.OTHER: "{0}",
}
_TRY_LATER = (RefusalKind.USER_JOB_LIMIT, RefusalKind.JOB_LIMIT)


def text_of(refusal: Refusal) -> str:
    """What the qmaster answers (captures ``qsub.err_*``, ``cell2.*``)."""
    return _TEXTS[refusal.kind].format(*refusal.args)


def code_of(refusal: Refusal) -> int:
    """Qsub's exit code: 25 "try later" for job limits, 1 otherwise."""
    return 25 if refusal.kind in _TRY_LATER else 1


def environment_text(request: Request) -> str | None:
    """What is wrong with SGE_ROOT or SGE_CELL, without a prefix; None when they are good."""
    bad = check(request)
    if bad is None:
        return None
    if bad.problem is EnvProblem.ROOT_UNSET:
        return "Please set the environment variable SGE_ROOT."
    kind = "SGE_ROOT" if bad.problem is EnvProblem.ROOT_MISSING else "cell"
    return f'{kind} directory "{bad.path}" doesn\'t exist'


def on_stdout(error: QmasterUnreachable, code: int, silent: str = "got send error") -> Reply:
    """How qdel, qmod, qalter, qhold and qrls report a missing qmaster: the text goes to stdout.

    ``silent`` is the cause that the tool prints for a qmaster that accepts and never answers.
    """
    text = send_error(error)
    if error.kind is Unreachable.SILENT:
        text = text.replace("got send error", silent)
    return Reply(code, encode(text + "\n"), encode(commlib_line(error)))
