"""submitit's parameters, and what they are for Grid Engine."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from drmaa_cli.futures.calls import acceptable_name
from drmaa_cli.futures.resources import Resources
from drmaa_cli.template.script_plan import GRID_ENGINES_OWN
from drmaa_cli.typed import Any, NamedTuple

SECONDS = 60
GIBIBYTE = 2**30
DEFAULTS: Mapping[str, Any] = {
    "name": "submitit",
    "timeout_min": 5,
    "mem_gb": None,
    "cpus_per_task": 1,
    "gpus_per_node": 0,
    "nodes": 1,
    "tasks_per_node": 1,
    "stderr_to_stdout": False,
    "native": "",
    "pe": Resources().pe,
    "memory_resource": Resources().memory_resource,
    "gpu_resource": Resources().gpu_resource,
    "array_parallelism": 0,
    "signal_delay_s": 90,
    "setup": (),
    "teardown": (),
    "environment": None,
}
"""Every parameter and what it is when it is not given."""


class ParameterError(ValueError):
    """There is no such parameter, or Grid Engine cannot do that; the text says so."""


class Parameters(NamedTuple):
    """What is asked of Grid Engine for some functions.

    Attributes:
        native: the native specification, limits included.
        name: the job's name.
        joined: whether standard error goes where standard output goes.
        setup: shell commands before the function.
        teardown: and after it.
        environment: variables of the job; None for the program's own.
    """

    native: str
    name: str
    joined: bool
    setup: tuple[str, ...]
    teardown: tuple[str, ...]
    environment: Mapping[str, str] | None


def read(given: Mapping[str, Any]) -> Parameters:
    """What submitit's parameters ask for.

    Raises:
        ParameterError: as the class says.
        InvalidArgumentException: a resource cannot have this value.
    """
    unknown = sorted(set(given) - set(DEFAULTS))
    if unknown:
        known = ", ".join(f"{name} ({value!r})" for name, value in DEFAULTS.items())
        raise ParameterError(f"no such parameter: {', '.join(unknown)}; there are: {known}")
    values = {**DEFAULTS, **{name: value for name, value in given.items() if value is not None}}
    if values["nodes"] != 1 or values["tasks_per_node"] != 1:
        raise ParameterError("a function runs as one task on one node here: nodes=1, tasks_per_node=1")
    resources = Resources().but(
        {
            "slots": values["cpus_per_task"],
            "walltime": values["timeout_min"] * SECONDS,
            "gpus": values["gpus_per_node"],
            "memory": "" if values["mem_gb"] is None else values["mem_gb"] * GIBIBYTE,
            "pe": values["pe"],
            "memory_resource": values["memory_resource"],
            "gpu_resource": values["gpu_resource"],
        }
    )
    return Parameters(
        native=f"{resources.specification()} {_soft_limit(values)} {values['native']}".strip(),
        name=acceptable_name(values["name"], "job_"),
        joined=values["stderr_to_stdout"],
        setup=tuple(values["setup"]),
        teardown=tuple(values["teardown"]),
        environment=values["environment"],
    )


def parallelism(given: Mapping[str, Any]) -> str:
    """The option that limits how many tasks of an array run at a time; '' for none."""
    most = given.get("array_parallelism") or 0
    return f"-tc {most}" if most else ""


def script(python: str, folder: str, parameters: Parameters) -> str:
    """The shell script of a job.

    Signals that announce the end of its time reach the shell, too: it ignores them, and the program does not.
    """
    run = f"{python} -u -m submitit.core._submit {shlex.quote(folder)}"
    first = ["trap '' USR1 USR2", *parameters.setup]
    if not parameters.teardown:
        return "\n".join([*first, f"exec {run}"])
    return "\n".join([*first, run, "drmaa_cli_status=$?", *parameters.teardown, "exit $drmaa_cli_status"])


def passed_on(environment: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """The program's environment for a job, less what is the job's own there; with some variables more."""
    kept = {
        name: value
        for name, value in environment.items()
        if name not in GRID_ENGINES_OWN and not name.startswith(("SGE_", "BASH_FUNC_"))
    }
    return {**kept, **extra}


def log_path(pattern: str, *, is_array: bool) -> str:
    """The pattern of a log's path as Grid Engine takes it."""
    job = "$JOB_ID_$TASK_ID" if is_array else "$JOB_ID"
    for mark, ours in (("%j", job), ("%A", "$JOB_ID"), ("%a", "$TASK_ID"), ("%t", "0")):
        pattern = pattern.replace(mark, ours)
    return pattern


def ids(number_or_tasks: Sequence[str]) -> list[str]:
    """Ids as submitit writes them: ``12.3`` is ``12_3``."""
    return [job.replace(".", "_") for job in number_or_tasks]


def drmaa_id(job_id: str) -> str:
    """An id of submitit as DRMAA writes it."""
    return job_id.replace("_", ".")


def _soft_limit(values: Mapping[str, Any]) -> str:
    """The request that has SIGUSR1 sent before the time is over; '' for none."""
    seconds, delay = values["timeout_min"] * SECONDS, values["signal_delay_s"]
    if not delay:
        return ""
    return f"-l s_rt={max(int(seconds - delay), int(seconds / 2), 1)}"
