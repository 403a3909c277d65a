"""What a private real cell is set up with: the options of a fake cell as Grid Engine's own files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from ..errors import FakeOnlyError
from ..model import CellConfig
from ..options import CellOptions, make_config

FOR_REAL_CELLS = frozenset(
    [
        "slots",
        "hosts",
        "profile",
        "queues",
        "parallel_environments",
        "complexes",
        "complex_values",
        "global_config",
        "scheduler",
        "projects",
        "managers",
        "login_shells",
        "first_job_number",
    ]
)
"""The options that a real cell understands."""


def check(options: CellOptions) -> None:
    """See that a real cell can have these options.

    Raises:
        FakeOnlyError: it cannot.
    """
    defaults = CellOptions()
    for option in fields(CellOptions):
        name = option.name
        if name not in FOR_REAL_CELLS and getattr(options, name) != getattr(defaults, name):
            raise FakeOnlyError(f"a real cell has no option {name}")
    if tuple(options.hosts) != tuple(defaults.hosts) or isinstance(options.hosts, Mapping):
        raise FakeOnlyError(f"a real cell has one host, localhost, not {', '.join(options.host_names)}")


def configuration(options: CellOptions, directory: Path, user: str) -> CellConfig:
    """The same configuration that a fake cell would have, with this cell's directories."""
    return make_config(options, str(directory / "tmp"), str(directory / "spool" / "execd"), user)


def listing(values: Mapping[str, str]) -> str:
    """``name value`` lines, the format of Grid Engine's files."""
    return "".join(f"{name} {value}\n" for name, value in values.items())


def complex_table(text: str, entries: Sequence[str]) -> str:
    """``qconf -sc`` with further entries; one of a name that is there takes its place."""
    names = {entry.split()[0] for entry in entries}
    kept = [line for line in text.splitlines() if line.split()[:1] and line.split()[0] not in names]
    return "".join(f"{line}\n" for line in (*kept, *entries))


def edited(text: str, changes: Mapping[str, str]) -> str:
    """A ``name value`` listing with other values; what it does not have yet is added.

    Continuation lines (ended by a backslash) of a value that changes go with it.
    """
    lines: list[str] = []
    named: set[str] = set()
    inside = dropped = False
    for line in text.splitlines():
        if not inside:
            name = line.partition(" ")[0]
            dropped = name in changes
            named.add(name)
            if dropped:
                lines.append(f"{name} {changes[name]}")
        if not dropped:
            lines.append(line)
        inside = line.endswith("\\")
    lines += [f"{name} {value}" for name, value in changes.items() if name not in named]
    return "\n".join(lines) + "\n"


def bootstrap(directory: Path, user: str) -> str:
    """What a cell starts with, see its man page: of one user, spooled in a Berkeley database."""
    return listing(
        {
            "admin_user": user,
            "default_domain": "none",
            "ignore_fqdn": "false",
            "spooling_method": "berkeleydb",
            "spooling_lib": "libspoolb",
            "spooling_params": f"{directory}/spool/db",
            "binary_path": f"{directory}/root/bin",
            "qmaster_spool_dir": f"{directory}/spool/qmaster",
            "security_mode": "none",
            "listener_threads": "2",
            "worker_threads": "2",
            "scheduler_threads": "1",
        }
    )


def exec_host(config: CellConfig) -> str:
    """host_conf(5) of the one execution host; how many processors it has its daemon says."""
    (host,) = config.hosts.values()
    values = {name: value for name, value in host.attributes.items() if name != "processors"}
    return listing({"hostname": host.name, **values})
