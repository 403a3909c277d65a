"""A real cell of several hosts on one machine, to record from: as root, with a C compiler.

Each further host is an execution daemon with a host name of its own (``unshare --uts``), an address of its
own (``own_address.c``), and a load that a sensor reports from a file. Host names are looked up in a hosts
file of this process's mount namespace: :func:`in_own_namespace` starts the program again in one.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fake_sge import RealCell
from fake_sge.real.daemons import wait_until

MARK = "MANY_HOSTS_NAMESPACE"
SENSOR = """#!/bin/sh
while read line; do
    [ "$line" = quit ] && exit 0
    echo begin
    for word in $(cat {directory}/$(hostname)); do echo "$(hostname):${{word%%=*}}:${{word#*=}}"; done
    echo end
done
"""


def in_own_namespace(module: str) -> None:
    """Go on in a mount namespace, in which /etc/hosts can be replaced."""
    if MARK not in os.environ:
        os.environ[MARK] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, "-m", module, *sys.argv[1:]])


def host_object(name: str) -> str:
    """An execution host as Grid Engine's own file, with nothing of its own."""
    words = ("load_scaling", "complex_values", "user_lists", "xuser_lists", "projects", "xprojects")
    lines = [f"{word} NONE" for word in (*words, "usage_scaling", "report_variables")]
    return "\n".join([f"hostname {name}", *lines]) + "\n"


class ManyHosts:
    """``localhost`` and further hosts; those without slots of their own have the cell's.

    Args:
        directory: for the cell and its files.
        hosts: the further hosts with their load values.
        silent: further hosts that never report.
        settings: options of the cell.
    """

    def __init__(
        self, directory: Path, hosts: Mapping[str, str], silent: tuple[str, ...] = (), **settings: Any
    ) -> None:
        self.directory = directory
        self.hosts = dict(hosts)
        self.silent = silent
        self.addresses = {name: f"127.0.0.{number}" for number, name in enumerate(self.all_hosts, start=2)}
        self.cell = RealCell(directory / "c", login_shells=False, **settings)
        self.daemons = self.cell._daemons  # noqa: SLF001 its daemons are started one by one

    @property
    def all_hosts(self) -> list[str]:
        """All but localhost."""
        return [*self.hosts, *self.silent]

    def tell(self, *argv: str) -> str:
        """Run a manager's command."""
        return self.daemons.manage(*argv)

    def __enter__(self) -> ManyHosts:
        self._prepare()
        self.cell.start()
        for name in self.all_hosts:
            self.tell("qconf", "-ah", name)
            self.tell("qconf", "-as", name)
            self.daemons.configure("-Ae", host_object(name))
        members = " ".join(["localhost", *self.all_hosts])
        self.daemons.configure("-Mhgrp", f"group_name @allhosts\nhostlist {members}\n")
        self.daemons.relaunch_execd = self._relaunch  # type: ignore[method-assign]
        self._end(self._pid("localhost"))
        self.come_back("localhost")
        for name in self.hosts:
            self.come_back(name)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.cell.stop()

    def _prepare(self) -> None:
        library = self.directory / "own_address.so"
        source = Path(__file__).with_name("own_address.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        names = [f"{address} {name}\n" for name, address in self.addresses.items()]
        here = os.uname().nodename
        (self.directory / "hosts").write_text(f"127.0.0.1 localhost\n127.0.0.1 {here}\n{''.join(names)}")
        subprocess.run(["mount", "--bind", self.directory / "hosts", "/etc/hosts"], check=True)
        (self.directory / "loads").mkdir()
        for name, load in self.hosts.items():
            (self.directory / "loads" / name).write_text(load)
        (self.directory / "loads" / "localhost").write_text(self.hosts.get("localhost", ""))
        sensor = self.directory / "sensor"
        sensor.write_text(SENSOR.format(directory=self.directory / "loads"))
        sensor.chmod(0o755)

    def _relaunch(self) -> None:
        raise NotImplementedError("the daemons of several hosts are not started again together")

    def _pid(self, name: str) -> int:
        return int((self.directory / "c" / "spool" / "execd" / name / "execd.pid").read_text())

    def _end(self, *pids: int) -> None:
        for pid in pids:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue

    def load(self, name: str, values: str) -> None:
        """Have a host report these, and wait until it has."""
        new = self.directory / "new"
        new.write_text(values)
        new.replace(self.directory / "loads" / name)
        wanted = dict(word.split("=") for word in values.split())
        wait_until(lambda: self._reports(name, wanted), f"load of {name}")

    def _reports(self, name: str, wanted: Mapping[str, str]) -> bool:
        text = self.tell("qconf", "-se", name).replace("\\\n", "")
        seen = dict(re.findall(r"([a-z_]+)=([^,\s]+)", text))
        return all(key in seen and _same(seen[key], value) for key, value in wanted.items())

    def crash(self, name: str) -> None:
        """End a host's daemon with its shepherds and jobs, without a word."""
        rows = [line.split() for line in _output("ps", "-eo", "pid,ppid").splitlines()[1:]]
        found = [self._pid(name)]
        for pid in found:
            found += [int(child) for child, parent in rows if int(parent) == pid]
        self._end(*found)

    def leave(self, name: str) -> None:
        """End a host's daemon alone; its jobs go on."""
        self._end(self._pid(name))

    def come_back(self, name: str) -> None:
        """Start a host's daemon and wait for its report."""
        daemons = self.daemons
        names = {"localhost": "127.0.0.1", **self.addresses}
        env = {"HOME": str(self.directory / "c"), "PATH": "/usr/local/bin:/usr/bin:/bin", **daemons.variables}
        env |= {"LD_PRELOAD": str(self.directory / "own_address.so"), "OWN_ADDRESS": names[name]}
        line = f"hostname {name}; exec {daemons.program('sge_execd')}"
        subprocess.run(["unshare", "--uts", "sh", "-c", line], env=env, cwd="/", check=True)
        wait_until(lambda: "load_avg=" in self.tell("qconf", "-se", name), f"report of {name}")

    def wait_unheard(self, name: str) -> None:
        """Wait until the qmaster has noticed that a host is gone."""
        wait_until(lambda: "load_avg=" not in self.tell("qconf", "-se", name), f"absence of {name}")
        time.sleep(2.0)


def _same(seen: str, wanted: str) -> bool:
    try:
        return abs(float(seen.rstrip("M")) - float(wanted.rstrip("M"))) < 1e-3
    except ValueError:
        return seen == wanted


def _output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout
