"""The objects of a configuration as qconf shows them, and as it gives them to an editor."""

from __future__ import annotations

from collections.abc import Mapping

from ...model import CellConfig
from ...render.objects import attributes, folded

_CONFIG_WIDTH, _SCHEDULER_WIDTH, _QUEUE_WIDTH, _PE_WIDTH, _USERSET_WIDTH = 29, 34, 22, 19, 8

# What differs from the first queue in one that is shown or added without a pattern (real cell).
_TEMPLATE = {
    "qname": "template",
    "hostlist": "NONE",
    "load_thresholds": "np_load_avg=1.75",
    "pe_list": "make smp mpi",
    "slots": "1",
    "tmpdir": "/tmp",
    "shell": "/bin/sh",
}


def configuration(config: CellConfig, name: str = "global") -> str:
    """``-sconf``: of the cell, without what ``-Mconf`` has left out, or of a host; without its heading."""
    rows = config.host_configurations.get(name, {})
    if name == "global":
        rows = {key: text for key, text in config.global_config.items() if key not in config.left_out}
    return attributes(rows.items(), _CONFIG_WIDTH)


def scheduler(config: CellConfig) -> str:
    """``-ssconf``."""
    return attributes(config.scheduler.items(), _SCHEDULER_WIDTH)


def queue(rows: Mapping[str, str]) -> str:
    """``-sq``."""
    return attributes(rows.items(), _QUEUE_WIDTH)


def template(config: CellConfig) -> dict[str, str]:
    """``-sq`` without a name."""
    any_queue = next(iter(config.queues.values()), None)
    return {**(any_queue.attributes if any_queue is not None else {}), **_TEMPLATE}


def environment(rows: Mapping[str, str]) -> str:
    """``-sp``."""
    return attributes(rows.items(), _PE_WIDTH)


def host(rows: Mapping[str, str]) -> str:
    """``-se``."""
    return attributes(rows.items(), _QUEUE_WIDTH)


def group(rows: Mapping[str, str]) -> str:
    """``-shgrp``."""
    return f"group_name {rows['group_name']}\n" + folded("hostlist", rows["hostlist"], 9)


def userset(rows: Mapping[str, str]) -> str:
    """``-su``."""
    return attributes(rows.items(), _USERSET_WIDTH)


def plain(rows: Mapping[str, object]) -> str:
    """``-sprj`` and ``-suser``."""
    return "".join(f"{key} {value}\n" for key, value in rows.items())
