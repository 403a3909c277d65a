"""``qsub -verify``: the job as the client would send it (capture ``qsub.verify`` and the real cell)."""

from __future__ import annotations

import os
from dataclasses import replace

from ...model.requests import Request
from ...render.detail_text import ARRAY_REQUEST, ORDER, lines, pairs, spec_values
from ..submit_options.job_spec import PREFIX, Submitted
from ..times.local_time import clock_for


def show_spec(submitted: Submitted, request: Request) -> str:
    """All lines of ``qsub -verify``."""
    spec, script = submitted.spec, submitted.spec.script
    environment = [
        name if (name, value) == ("TERM", None) else f"{name}={'NONE' if value is None else value}"
        for name, value in spec.env
        if not name.startswith(PREFIX)
    ]
    values = {
        **spec_values(replace(spec, verify=True), clock_for(request)),
        "job_number": "unassigned",
        "owner": "",
        "uid": "0",
        "group": "",
        "gid": "0",
        "account": spec.account if spec.account != "sge" else None,
        "env_list": ",".join(environment),
        "job_args": ",".join(spec.args) or None,
        "script_size": str(len(script)) if script else None,
        "script_file": spec.command,
        "script_ptr": f"\n{os.fsdecode(script)}" if script else None,
        ARRAY_REQUEST: ",".join(spec.hold_jid_ad) or None,
        "context": pairs(submitted.context) or None,
    }
    return "".join(lines(ORDER, values))
