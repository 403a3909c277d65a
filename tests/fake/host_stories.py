"""The cell in which the stories of ``data/hosts.jsonl`` were recorded: what its hosts are like."""

from __future__ import annotations

from typing import Any

PROCESSORS = {"localhost": 2, "big": 8, "small": 2}
MEMORY = {"localhost": (16384, 2048), "big": (65536, 4096), "small": (8192, 1024)}  # MiB: all, used
LOAD = {"localhost": 0.4, "big": 0.8, "small": 0.6}
ARCH = {"localhost": "lx-amd64", "big": "lx-arm64", "small": "lx-amd64"}
SILENT = ("odd",)
SLOTS = "4,[big=8],[small=2]"
ENVIRONMENTS = {
    "smp": {},
    "fill": {"allocation_rule": "$fill_up"},
    "rr": {"allocation_rule": "$round_robin"},
    "two": {"allocation_rule": "2"},
}
COMPLEXES = ("gpu gpu INT <= YES YES 0 0", "excl excl BOOL EXCL YES YES 0 0")
MAX_UNHEARD = 20.0
GLOBAL = {"load_report_time": "00:00:02", "max_unheard": "00:00:20"}


def load_of(host: str, load: float) -> dict[str, str]:
    """All that a host's sensor reports; ``load`` is load_avg."""
    total, used = MEMORY[host]
    count = PROCESSORS[host]
    values = {"num_proc": count, "m_socket": 1, "m_core": count, "m_thread": count, "arch": ARCH[host]}
    memory = {"mem_total": total, "mem_used": used, "mem_free": total - used, "swap_total": 0, "swap_used": 0}
    found = {name: str(value) for name, value in values.items()}
    found |= {name: f"{size}M" for name, size in memory.items()}
    return {**found, "load_avg": f"{load:.6f}", "np_load_avg": f"{load / count:.6f}"}


def fake_options() -> dict[str, Any]:
    """The same hosts for a fake cell."""
    hosts: dict[str, dict[str, object]] = {
        name: {**load_of(name, LOAD[name]), "slots": {"big": 8, "small": 2}.get(name, 4)} for name in ARCH
    }
    del hosts["localhost"]["slots"]
    hosts |= {name: {"up": False} for name in SILENT}
    return {
        "hosts": hosts,
        "slots": 4,
        "parallel_environments": ENVIRONMENTS,
        "complexes": COMPLEXES,
        "global_config": GLOBAL,
        "login_shells": False,
    }
