"""``-verify``: what the client would send (capture ``qsub.verify`` and the real cell)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Optional

from ...model import JobSpec
from ...model.requests import Request
from ...render.detail_text import ENVIRONMENT, ORDER, lines, spec_values
from ..submit_options.job_spec import PREFIX, Submitted
from ..times.local_time import clock_for

_EMPTY_TOO = {"project": "project", "checkpoint": "checkpoint_object", "cwd": "cwd", "account": "account"}
_LINES = {  # of a field that qalter has been given
    **_EMPTY_TOO,
    "deadline": "deadline",
    "execution_time": "execution_time",
    "stdout_paths": "stdout_path_list",
    "stderr_paths": "stderr_path_list",
    "stdin_paths": "stdin_path_list",
    "reserve": "reserve",
    "merge_stderr": "merge",
    "hard_resources": "hard resource_list",
    "soft_resources": "soft resource_list",
    "mail_options": "mail_options",
    "mail_to": "mail_list",
    "notify": "notify",
    "name": "job_name",
    "priority": "priority",
    "jobshare": "jobshare",
    "hard_queues": "hard_queue_list",
    "soft_queues": "soft_queue_list",
    "rerun": "restart",
    "shells": "shell_list",
    "env": "env_list",
    "args": "job_args",
    "master_queues": "master hard queue_list",
    "pe": ENVIRONMENT,
    "hold_jid": "jid_predecessor_list (req)",
    "verify_suitable": "verify_suitable_queues",
    "advance_reservation": "ar_id",
    "override_tickets": "oticket",
    "max_concurrent": "maximum concurrency",
    "context": "context",
}
_LEFT_WITH_TASKS = {  # of a request about tasks
    "notify": "FALSE",
    "priority": "-1024",
    "jobshare": "0",
    "job_args": "NONE",
}

Values = dict[str, Optional[str]]


def _values(spec: JobSpec, given: Mapping[str, Any], request: Request) -> Values:
    """Values of both forms: those of ``given`` also when they are empty."""
    environment = [
        name
        if value == "" or (name, value) == ("TERM", None)
        else f"{name}={'NONE' if value is None else value}"
        for name, value in given.get("env", ())
        if not name.startswith(PREFIX)
    ]
    context = [
        name if value == "" else f"{name}={'NONE' if value is None else value}"
        for name, value in given.get("context", ())
    ]
    interval = spec.checkpoint_interval
    lists = ("stdout_paths", "stderr_paths", "stdin_paths")  # of which only the first is shown
    spec = spec._replace(**{name: getattr(spec, name)[:1] for name in lists})
    values: Values = {
        **spec_values(spec, clock_for(request)),
        **{key: given.get(field) for field, key in _EMPTY_TOO.items()},
        "checkpoint_interval": f"{interval} seconds" if interval else None,
        "env_list": ",".join(environment) if "env" in given else None,
        "context": ",".join(context) or None,
    }
    if given.get("pe") == "":
        values[ENVIRONMENT] = spec_values(spec._replace(pe=""), clock_for(request))[ENVIRONMENT]
    return values


def show_spec(submitted: Submitted, request: Request) -> str:
    """All lines of ``qsub -verify``."""
    spec, script = submitted.spec, submitted.spec.script
    values = {
        **_values(spec._replace(verify=True), submitted.given, request),
        "job_number": "unassigned",
        "owner": "",
        "uid": "0",
        "group": "",
        "gid": "0",
        "job_args": ",".join(spec.args) or None,
        "script_size": str(len(script)) if script else None,
        "script_file": spec.command or None,
        "script_ptr": f"\n{os.fsdecode(script)}" if script else None,
    }
    return "".join(lines(ORDER, values))


def show_change(
    spec: JobSpec, given: Mapping[str, Any], request: Request, name: str, about_tasks: bool
) -> str:
    """All lines of ``qalter -verify``: what it has been given (8.1.9).

    Args:
        spec: with the given values.
        given: the same by their fields.
        request: the call.
        name: as the request has it: the jobs that are meant stand before the new name.
        about_tasks: whether tasks were named: then nothing else is sent, and some values are shown as zero.
    """
    values = _values(spec, given, request)
    kept: Values = {key: values.get(key) for field, key in _LINES.items() if field in given}
    for field in ("hard_resources", "soft_resources"):
        if field in given:
            kept[_LINES[field]] = kept[_LINES[field]] or ""
    if "override_tickets" in given:
        kept["oticket"] = str(given["override_tickets"]) if given["override_tickets"] else None
    if about_tasks:
        kept = {key: text for key, text in _LEFT_WITH_TASKS.items() if key in kept and kept[key] is not None}
    arguments = kept.pop("job_args", None)
    at = ORDER.index("job_args")
    middle = f"{'job_args:':<28}{arguments}\n" if arguments else ""
    kept["job_name"] = name
    if "env" not in given or about_tasks:
        middle = f"\n{middle}"
    return "".join([*lines(ORDER[:at], kept), middle, *lines(ORDER[at:], kept)])
