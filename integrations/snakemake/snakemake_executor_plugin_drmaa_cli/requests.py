"""A rule's threads and resources as options of qsub. Nothing here has effects."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from typing import Any, NamedTuple

SECONDS_PER_MINUTE = 60
LONGEST_NAME = 60
PREFIX = "sge_"
OPTIONS = {"queue": "-q", "project": "-P", "priority": "-p", "account": "-A"}
LOAD_VALUES = ("mem_free", "mem_used", "swap_free", "swap_used", "virtual_free", "virtual_used")
"""Resources that ``qsub -w e``, which drmaa_cli uses, says no queue can ever have: it leaves the load out."""
WORDS = ("native", "pe", "memory_resource", "gpu_resource")


class Defaults(NamedTuple):
    """What holds where a rule says nothing.

    Attributes:
        native: options of qsub.
        pe: the parallel environment.
        memory_resource: what memory is asked for as, with commas between several.
        gpu_resource: what GPUs are asked for as.
    """

    native: str = ""
    pe: str = "smp"
    memory_resource: str = "mem_free"
    gpu_resource: str = "gpu"


DEFAULTS = Defaults()


def specification(threads: int, resources: Mapping[str, Any], defaults: Defaults = DEFAULTS) -> str:
    """The native specification of a job.

    Args:
        threads: slots on one host.
        resources: ``mem_mb`` of the whole job, ``runtime`` in minutes, ``gpu``; ``sge_queue``,
            ``sge_project``, ``sge_priority``, ``sge_account``, ``sge_native``, ``sge_pe``,
            ``sge_memory_resource``, ``sge_gpu_resource``; any other ``sge_NAME`` is requested by
            ``-l NAME=...``.
        defaults: what holds otherwise.
    """
    own = {name[len(PREFIX) :]: value for name, value in resources.items() if name.startswith(PREFIX)}
    chosen = defaults._replace(**{word: str(own[word]) for word in WORDS if word in own})
    words = []
    if threads > 1:
        words += ["-pe", chosen.pe, str(threads)]
    requests = []
    memory = _number(resources.get("mem_mb"))
    if memory:
        part = math.ceil(memory / max(threads, 1))
        requests += [f"{name}={part}M" for name in chosen.memory_resource.split(",") if name]
    runtime = _number(resources.get("runtime"))
    if runtime:
        requests.append(f"h_rt={math.ceil(runtime * SECONDS_PER_MINUTE)}")
    gpus = _number(resources.get("gpu"))
    if gpus:
        requests.append(f"{chosen.gpu_resource}={math.ceil(gpus)}")
    for name in sorted(set(own) - {*WORDS, *OPTIONS}):
        requests.append(f"{name}={own[name]}")
    if requests:
        words += ["-l", ",".join(requests)]
    if any(request.partition("=")[0] in LOAD_VALUES for request in requests):
        words += ["-w", "n"]
    for name, option in OPTIONS.items():
        if name in own:
            words += [option, str(own[name])]
    native = [defaults.native, str(own.get("native", ""))]
    return " ".join(text for text in [shlex.join(words), *native] if text)


def job_name(rule: str) -> str:
    """The name of the jobs of a rule, in characters that Grid Engine takes."""
    return "smk-" + re.sub(r"[^A-Za-z0-9_.+-]+", "_", rule)[:LONGEST_NAME]


def _number(value: object) -> float:
    """A resource's value; 0 for one that is not set, or not known yet."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return float(value) if isinstance(value, str) and value.isdigit() else 0.0
