"""From a job to what its shepherd needs: program, environment, files, limits."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from ..layout import Layout
from ..lighter import Any, NamedTuple
from ..model import CellConfig, HostPath, Job, JobType, Task
from ..model.interactive import CHANNEL, COMMAND, SEPARATOR, TERMINAL
from ..model.resources import limit_of
from ..model.values import quantity
from .users import home_of

# A smaller limit of a process is raised to these (real cell: each of -l h_X and s_X with 1, 3, 1K ... 20M).
_LEAST = {"cpu": 2, "vmem": 10 << 20, "fsize": 15 << 10, "data": 10 << 20, "stack": 1 << 20, "rss": 10 << 20}
_FOR_EACH_SLOT = ("cpu", "vmem", "data", "stack")  # limits that a parallel job has for each (real cell)
DEFAULT_PATH = "/usr/local/bin:/bin:/usr/bin"
_PREFIX = "__SGE_PREFIX__"
UNSAFE_NAMES = (
    *("BASH_ENV", "ENV", "GCONV_PATH", "GETCONF_DIR", "HOSTALIASES", "IFS", "JAVA_TOOL_OPTIONS"),
    *("KRB5_CONFIG", "KRB5_KTNAME", "LD_", "LOCALDOMAIN", "LOCPATH", "MALLOC_TRACE", "NIS_PATH", "NLSPATH"),
    *("PATH_LOCALE", "PS4", "RESOLV_HOST_CONF", "RES_OPTIONS", "SHELLOPTS", "TERMCAP", "TERMINFO"),
    *("TERMPATH", "TZDIR", "_RLD_"),
)
LOCALE_NAMES = ("LANG", "LC_", "LINGUAS")
LOCALE_VALUE = r"[A-Za-z][-A-Za-z0-9_,+@.=]*"
_TILDE = r"~([^/]*)(?:/|$)"
_VARIABLES = r"\$(\$|HOME|USER|JOB_ID|JOB_NAME|HOSTNAME|TASK_ID)"  # whatever follows: real cell


class Account(NamedTuple):
    """The password entry of a job's owner."""

    name: str
    home: str
    shell: str


def pick(paths: tuple[HostPath, ...], host: str) -> str | None:
    """The path for a host: one that names it, else one without a host."""
    for item in paths:
        if item.host == host:
            return item.path
    for item in paths:
        if item.host is None:
            return item.path
    return None


def expanded(path: str, job: Job, task: Task, host: str, account: Account) -> str | None:
    """A path with its pseudo variables replaced, and ``~`` or ``~USER`` at its beginning (real cell).

    None when there is no such user here.
    """
    names = {
        "$": "$",
        "HOME": account.home,
        "USER": account.name,
        "JOB_ID": str(job.number),
        "JOB_NAME": job.spec.name,
        "HOSTNAME": host,
        "TASK_ID": str(task.number) if job.spec.is_array else "0",
    }
    replaced = re.sub(_VARIABLES, lambda match: names[match[1]], path)
    tilde = re.match(_TILDE, path)
    if tilde is None:
        return replaced
    home = account.home if tilde[1] in ("", account.name) else home_of(tilde[1])
    return None if home is None else f"{home}/{replaced[tilde.end() :]}"


def default_file(job: Job, task: Task, letter: str) -> str:
    """``NAME.o12`` or ``NAME.o12.3``."""
    suffix = f".{task.number}" if job.spec.is_array else ""
    return f"{job.spec.name}.{letter}{job.number}{suffix}"


def output_path(
    job: Job, task: Task, paths: tuple[HostPath, ...], letter: str, host: str, account: Account, cwd: str
) -> str:
    """Where -o or -e leads: pseudo variables expanded, directories completed, relative to ``cwd``.

    Without one, or below the home of a user who is unknown here, it is ``cwd`` as it was given: a directory,
    unless something in it is to be replaced (real cell: ``-wd ~`` makes a file of that name at home).
    """
    chosen = pick(paths, host)
    path = None if chosen is None else expanded(chosen, job, task, host, account)
    if path is None:
        if expanded(cwd, job, task, host, account) != cwd:
            return cwd
        return os.path.join(cwd, default_file(job, task, letter))  # noqa: PTH118 keeps the bytes of the path
    path = os.path.join(cwd, path)  # noqa: PTH118 keeps a doubled slash, as the real one does
    if os.path.isdir(path):  # noqa: PTH112
        path = f"{path}/{default_file(job, task, letter)}"
    return path


def input_path(job: Job, task: Task, host: str, account: Account, cwd: str) -> str:
    """Where -i leads; /dev/null without it."""
    chosen = pick(job.spec.stdin_paths, host)
    path = None if chosen is None else expanded(chosen, job, task, host, account)
    return "/dev/null" if path is None else os.path.join(cwd, path)  # noqa: PTH118 keeps the bytes of the path


def is_kept(name: str, value: str) -> bool:
    """Whether a variable stays in a job's environment (real cell): none that could change what root runs.

    The beginning of the name decides; one that chooses a locale stays if it looks like the name of one.
    """
    if name.startswith(LOCALE_NAMES):
        return re.fullmatch(LOCALE_VALUE, value) is not None
    return not name.startswith(UNSAFE_NAMES)


def job_environment(
    layout: Layout, config: CellConfig, job: Job, task: Task, account: Account, ports: tuple[str, str]
) -> dict[str, str]:
    """The variables of a task, without SGE_STD*_PATH; later ones win over what -v and -V asked for."""
    given = {name: value or "" for name, value in job.spec.env}
    asked = {name: value for name, value in given.items() if not name.startswith(_PREFIX)}
    env = {**{name: value for name, value in os.environ.items() if _is_inherited(name)}, **asked}
    env = {name: value for name, value in env.items() if is_kept(name, value)}
    env.setdefault("TERM", "")
    env.update(_of_job(layout, config, job, task, account))
    env.update({"SGE_QMASTER_PORT": ports[0], "SGE_EXECD_PORT": ports[1]})
    path = given.get("PATH") or f"{layout.bin}:{DEFAULT_PATH}"
    env["PATH"] = f"{task_tmpdir(config, job, task)}:{path}"
    env.update(
        {"SGE_" + name[len(_PREFIX) :]: value for name, value in given.items() if name.startswith(_PREFIX)}
    )
    env.update(_of_task(layout, job, task))
    return env


def _of_job(layout: Layout, config: CellConfig, job: Job, task: Task, account: Account) -> dict[str, str]:
    """What ``qsub -v`` cannot change but for SGE_O_*."""
    spec, granted = job.spec, task.granted[0]
    script = str(layout.job_script(granted.host, job.number)) if spec.script is not None else spec.command
    tmpdir = task_tmpdir(config, job, task)
    session = bool(spec.job_type & JobType.QRSH)
    return {
        **({COMMAND: SEPARATOR.join((script, *spec.args))} if session and spec.script is not None else {}),
        "REQNAME": spec.name,
        "HOME": account.home,
        "SHELL": shell_of(config, job, task, account),
        "USER": account.name,
        "LOGNAME": account.name,
        "JOB_NAME": spec.name,
        "JOB_SCRIPT": "QRSH" if session else script,
        "SGE_BINARY_PATH": str(layout.bin),
        "REQUEST": spec.name,
        "HOSTNAME": granted.host,
        "QUEUE": granted.queue,
        "JOB_ID": str(job.number),
        "ENVIRONMENT": "BATCH",
        "ARC": "lx-amd64",
        "NQUEUES": str(len({item.instance for item in task.granted})),
        "NSLOTS": str(task.slots),
        "NHOSTS": str(len({item.host for item in task.granted})),
        "RESTARTED": "1" if task.restarts else "0",
        "TMPDIR": tmpdir,
        "TMP": tmpdir,
    }


def _of_task(layout: Layout, job: Job, task: Task) -> dict[str, str]:
    """What even the SGE_* that were passed on cannot change."""
    spec = job.spec
    spool = layout.active_job(task.granted[0].host, job.number, task.number)
    numbers = (task.number, spec.array.first, spec.array.last, spec.array.step)
    env = {
        f"SGE_TASK_{name}": str(number) if spec.is_array else "undefined"
        for name, number in zip(("ID", "FIRST", "LAST", "STEPSIZE"), numbers)
    }
    if task.granted_pe:
        env.update(
            {"PE": task.granted_pe, "PE_HOSTFILE": str(spool / "pe_hostfile"), "SGE_RSH_COMMAND": "builtin"}
        )
    return {
        **env,
        "SGE_CELL": "default",
        "SGE_ARCH": "lx-amd64",
        "SGE_ROOT": str(layout.root),
        "SGE_ACCOUNT": spec.account,
        "SGE_JOB_SPOOL_DIR": str(spool),
    }


def _is_inherited(name: str) -> bool:
    """Whether jobs get a variable from the execution daemon: language and time zone."""
    return name in ("LANG", "LANGUAGE", "TZ") or name.startswith("LC_")


def attributes_of(config: CellConfig, task: Task) -> dict[str, str]:
    """The attributes of the queue in which a task runs, as they are on its host; none of one that is gone."""
    queue = config.queue_on(task.granted[0].queue, task.granted[0].host)
    return queue.attributes if queue is not None else {}


def task_tmpdir(config: CellConfig, job: Job, task: Task) -> str:
    """TMPDIR of a task: ``QUEUE_TMPDIR/JOB.TASK.QUEUE``."""
    base = attributes_of(config, task).get("tmpdir", "/tmp")
    return f"{base}/{job.number}.{task.number}.{task.granted[0].queue}"


def shell_of(config: CellConfig, job: Job, task: Task, account: Account) -> str:
    """The shell of -S, the queue or the user; it is in $SHELL, also of jobs without a shell (real cell).

    In that of -S the variables and ``~`` are replaced; without ``/`` in front it is in the job's directory.
    One below the home of a user who is unknown here is none.
    """
    host = task.granted[0].host
    given = pick(job.spec.shells, host)
    own = None if given is None else expanded(given, job, task, host, account)
    if own is None:
        return attributes_of(config, task).get("shell") or account.shell
    cwd = job.spec.cwd or account.home
    return os.path.join(cwd, own)  # noqa: PTH118


def program(config: CellConfig, job: Job, task: Task, account: Account, script: str) -> dict[str, Any]:
    """What to execute: ``shell`` (that has to be there, None: any), ``program``, ``argv``.

    A shell is looked for whether it is needed or not, but for ``unix_behavior``. The user's own shell runs
    the command of a qrsh, and ``starter`` says that it cannot be executed: no error state of the job
    (real cell).
    """
    spec = job.spec
    session = bool(spec.job_type & JobType.QRSH)
    unix = attributes_of(config, task).get("shell_start_mode") == "unix_behavior"
    shell = account.shell if session else shell_of(config, job, task, account)
    needed = None if session or unix else shell
    command, *args = (dict(spec.env).get(COMMAND) or "").split(SEPARATOR)
    if session and spec.script is not None:
        command, args, spec = script, list(spec.args), spec._replace(script=None)
    if not session:  # the rest of a word after a newline is lost (real cell)
        command, args = spec.command, [word.partition("\n")[0] for word in spec.args]
    if spec.job_type & JobType.NO_SHELL and spec.script is None:  # a script always has its shell
        found = {"shell": needed, "program": command, "argv": [command, *args]}
        return {**found, "starter": "qrsh_starter"} if session else found
    base = shell.rpartition("/")[2]
    login = base in config.global_config["login_shells"].split(",")
    name = f"-{base}" if login else base
    if spec.script is None:
        argv = [name, "-c", " ".join([command, *args, ""])]
    elif unix:  # whatever shell is named, /bin/sh runs a script without #!, as execvp(3) does (real cell)
        return {"shell": None, "program": script, "argv": [script, *args]}
    else:
        argv = [name, script, *args]
    return {"shell": needed, "program": shell, "argv": argv}


def limits(config: CellConfig, job: Job, task: Task, least: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Soft and hard resource limits by name, -1 for none: that raises a soft limit to the hard one.

    Args:
        config: with the queues.
        job: what was asked for.
        task: where it runs.
        least: what limits are at least, for each slot where they are meant for each (real cell).
    """
    found: dict[str, tuple[int, int]] = {}
    for name in ("cpu", "vmem", "fsize", "data", "stack", "core", "rss"):
        soft, hard = (run_limit(config, job, task, f"{kind}_{name}") for kind in "sh")
        times = host_slots(task) if name in _FOR_EACH_SLOT else 1
        floor = least.get(name, 0)
        found[name] = (
            -1 if soft is None else int(max(floor, soft) * times),
            -1 if hard is None else int(max(floor, hard) * times),
        )
    return found


def host_slots(task: Task) -> int:
    """The slots of a parallel task on the host of its master; 1 without a parallel environment."""
    if not task.granted_pe:
        return 1
    return sum(piece.slots for piece in task.granted if piece.host == task.granted[0].host)


def run_limit(config: CellConfig, job: Job, task: Task, name: str) -> float | None:
    """``h_rt``, ``s_vmem`` ...: the smaller of request and queue, in seconds or bytes; None for no limit."""
    return limit_of(job.spec.hard_resources, attributes_of(config, task), name)


def streams_of(job: Job, task: Task, account: Account) -> tuple[dict[str, str], str]:
    """The files of a task's streams, and its directory."""
    spec, host = job.spec, task.granted[0].host
    cwd = spec.cwd or account.home
    stdout = output_path(job, task, spec.stdout_paths, "o", host, account, cwd)
    stderr = output_path(job, task, spec.stderr_paths, "e", host, account, cwd)
    streams = {
        "stdin": input_path(job, task, host, account, cwd),
        "stdout": stdout,
        "stderr": stdout if spec.merge_stderr else stderr,
    }
    return streams, expanded(cwd, job, task, host, account) or cwd  # not for paths relative to it (real cell)


# The job of a qrsh that was killed while it waited finds no qrsh and hangs up (real cell: failed 100, 129).
_ABANDONED = {"shell": None, "program": "/bin/sh", "argv": ["sh", "-c", "sleep 3; kill -HUP $$"]}


def make_order(
    layout: Layout,
    config: CellConfig,
    job: Job,
    task: Task,
    account: Account,
    ports: tuple[str, str],
    kill_grace: float | None,
) -> dict[str, Any]:
    """The shepherd's order, JSON-able."""
    spec, host = job.spec, task.granted[0].host
    script = str(layout.job_script(host, job.number))
    streams, cwd = streams_of(job, task, account)
    env = job_environment(layout, config, job, task, account, ports)
    env.update({f"SGE_{name.upper()}_PATH": path for name, path in streams.items()}, SGE_CWD_PATH=cwd)
    env.setdefault("PWD", cwd)
    what = program(config, job, task, account, script)
    channel = dict(spec.extra).get(CHANNEL)
    if channel is not None and Path(channel).is_dir():
        streams = {f"std{name}": f"{channel}/{name}" for name in ("in", "out", "err")}
    elif channel is not None:
        what = _ABANDONED
    notify = quantity(attributes_of(config, task).get("notify", "00:00:60"))
    return {
        **what,
        "session": channel is not None,
        "terminal": channel is None and TERMINAL in dict(spec.extra),
        "user": spec.owner,
        "uid": spec.uid,
        "gid": spec.gid,
        "job": job.number,
        "task": task.number,
        "run": task.run,
        "env": env,
        "cwd": cwd,
        **streams,
        "merge": spec.merge_stderr,
        "umask": 0o022,
        "tmpdir": task_tmpdir(config, job, task),
        "limits": limits(config, job, task, {}),
        "process_limits": limits(config, job, task, _LEAST),
        "h_rt": run_limit(config, job, task, "h_rt"),
        "s_rt": run_limit(config, job, task, "s_rt"),
        "notify": (notify if kill_grace is None else kill_grace) if spec.notify else None,
        "reports": str(layout.reports),
        "socket_directory": str(layout.socket.parent),
        "spool": str(layout.active_job(host, job.number, task.number)),
    }
