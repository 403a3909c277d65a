"""qrsh -inherit HOST CMD: a task of the parallel job in which it is called (tests/fake/test_pe_tasks.py).

The caller's own process runs the command, so that it is below the job's shepherd and has the caller's
streams; all hosts are this machine. It asks twice: first as any command, then to begin and to tell the end.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping, Sequence

from ..model import JobSpec, JobType
from ..model.interactive import COMMAND, SEPARATOR
from ..model.requests import Reply, Request, RunByClient, encode
from ..model.values import atol
from .interface.qmaster_interface import QmasterInterface
from .submit_options.job_spec import Submitted

PE_TASK = "pe-task"  # what the caller's process is told to run
MARK = "FAKE_SGE_PE_TASK"  # the variable by which it asks for the second time
NO_JOB = 'error: "qrsh" called with option "-inherit", but "JOB_ID" not set in environment\n'
_BAD_JOB = 'error: invalid "JOB_ID" \n'
_USAGE = 'error: usage with "-inherit" option: "qrsh -inherit ... <host> <command> [args]"\n'
_FAILED = "error: executing task of job {} failed: {}\n"
_NOT_TAKEN = 'execution daemon on host "{}" didn\'t accept task'
_UNRESOLVED = "failed sending task to execd@{}: can't resolve host name"
_STREAMS = tuple(f"SGE_STD{name}_PATH" for name in ("IN", "OUT", "ERR"))
_KILLED = 128 + signal.SIGKILL


def run(
    built: Submitted, words: Sequence[str], switches: set[str], request: Request, qmaster: QmasterInterface
) -> Reply:
    """``words`` are the host and the command.

    Raises:
        RunByClient: the caller's process has to go on.
    """
    number = atol(request.env["JOB_ID"])
    if number <= 0:
        return Reply.of_text(1, "", _BAD_JOB)
    if len(words) < 2:
        return Reply.of_text(1, "", _USAGE)
    config = qmaster.config
    host = config.host_named(words[0])
    if host not in (*config.known_hosts, *config.other_hosts):
        return Reply.of_text(1, "", _FAILED.format(number, _UNRESOLVED.format(words[0])))
    if MARK not in request.env:
        raise RunByClient(PE_TASK)
    task = atol(request.env.get("SGE_TASK_ID", "")) or 1
    without_shell = "-noshell" in switches
    begun = qmaster.begin_pe_task(
        number, task, host, lambda spec: _as_task(spec, built.spec, words[1:], without_shell)
    )
    if begun is None:
        return Reply.of_text(1, "", _FAILED.format(number, _NOT_TAKEN.format(host)))
    if "-verbose" in switches:
        text = (
            f'Starting server daemon at host "{host}"\n'
            f'Server daemon successfully started with task id "{begun.number}.{host}"\n'
        )
        request.emit(b"", encode(text))
    streams = {name: request.env[name] for name in _STREAMS if name in request.env}
    env = {name: text for name, text in {**begun.order["env"], **streams}.items() if name != MARK}
    order = {**begun.order, "env": env, "stdin": "-nostdin" not in switches}
    request.emit(json.dumps(order).encode(), b"")
    try:
        said = json.loads(request.read_stdin())
    except (EOFError, OSError):  # the caller was killed, and all that it had started
        said = {"status": _KILLED, "usage": {}}
    status: int = said["status"]
    usage: Mapping[str, float] = said["usage"]
    qmaster.end_pe_task(number, task, begun, status, usage)
    return Reply(status)


def _as_task(job: JobSpec, given: JobSpec, words: Sequence[str], without_shell: bool) -> JobSpec:
    """What runs: the job's, with the command and the variables of its own (real cell)."""
    kind = JobType.BINARY | JobType.QRSH | (JobType.NO_SHELL if without_shell else JobType.NONE)
    own = ((COMMAND, SEPARATOR.join(words)),)
    env = tuple(variable for variable in given.env if variable[0] != MARK) + own
    return job._replace(
        name="petask", job_type=kind, script=None, args=(), env=env, cwd=given.cwd or job.cwd, extra=()
    )
