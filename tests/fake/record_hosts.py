"""Record stories of several hosts on a real cell: ``python -m tests.fake.record_hosts [again]`` (as root).

Those that have no answers yet, or all of them again. It needs a C compiler (see many_hosts.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from fake_sge.real.plan import edited
from tests.fake.host_stories import ARCH, COMPLEXES, ENVIRONMENTS, GLOBAL, LOAD, SILENT, SLOTS, load_of
from tests.fake.many_hosts import ManyHosts, host_object, in_own_namespace
from tests.fake.stories import Step, record, told
from tests.fake.twin import Answer
from tests.real_cell import BINARIES

SETTLE_SECONDS = 4.5
ORDINARY = {
    "job_load_adjustments": "np_load_avg=0.50",
    "queue_sort_method": "load",
}


def report(host: str, load: float) -> str:
    """What a host's sensor is to report."""
    return " ".join(f"{name}={value}" for name, value in load_of(host, load).items())


class Teller:
    """Tells stories on a real cell, which it leaves as it was."""

    def __init__(self, cell: ManyHosts, home: Path) -> None:
        self.cell = cell
        self.home = home
        self.gone: dict[str, bool] = {}

    def run(self, words: list[str], user: str, stdin: bytes) -> Answer | None:
        """One step."""
        tool, *rest = words
        special = getattr(self, f"_{tool}", None)
        if special is not None:
            special(*rest, *([stdin] if tool == "write" else []))
            return None
        assert user == "root"
        return self._command(words, stdin)

    def _command(self, words: list[str], stdin: bytes = b"") -> Answer:
        own = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "USER": "root", "LOGNAME": "root"}
        done = subprocess.run(
            [str(BINARIES / words[0]), *words[1:]],
            env={**own, **self.cell.cell.variables},
            cwd=self.home,
            input=stdin,
            capture_output=True,
            check=False,
        )
        return done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr)

    def _settle(self) -> None:
        time.sleep(1.0)
        self.cell.tell("qconf", "-tsm")
        time.sleep(SETTLE_SECONDS)

    def _later(self, seconds: str) -> None:
        time.sleep(float(seconds))

    def _write(self, name: str, text: bytes) -> None:
        (self.home / name).write_bytes(text)

    def _load(self, host: str, load: str) -> None:
        self.cell.load(
            host, " ".join(f"{name}={value}" for name, value in load_of(host, float(load)).items())
        )

    def _scheduler(self, *pairs: str) -> None:
        self.cell.cell.configure(scheduler=dict(pair.split("=", 1) for pair in pairs))

    def _global(self, *pairs: str) -> None:
        self.cell.cell.configure(**dict(pair.split("=", 1) for pair in pairs))  # type: ignore[arg-type]

    def _queue(self, name: str, *pairs: str) -> None:
        self.cell.cell.configure(queues={name: dict(pair.split("=", 1) for pair in pairs)})

    def _host(self, name: str, pair: str) -> None:
        attribute, _, value = pair.partition("=")
        self.cell.daemons.configure("-Me", edited(host_object(name), {attribute: value}))

    def _crash(self, host: str) -> None:
        self.gone[host] = True
        self.cell.crash(host)

    def _unheard(self, host: str) -> None:
        self.cell.wait_unheard(host)

    def _return(self, host: str) -> None:
        self.gone.pop(host, None)
        self.cell.come_back(host)

    def tell(self, steps: list[Step]) -> Iterator[Step]:
        """One story."""
        print(steps[0]["story"], file=sys.stderr)
        yield from told(steps, self.run)
        self.clear()

    def clear(self) -> None:
        """Make the cell as it was: empty, all hosts up, its loads and configuration."""
        for host in list(self.gone):
            self._return(host)
        self.cell.tell("qmod", "-e", "*")
        self._command(["qdel", "-f", "-u", "*"])
        while self.cell.tell("qstat", "-u", "*"):
            time.sleep(0.2)
        time.sleep(2.0)
        queues = self.cell.tell("qconf", "-sql").split()
        if "b.q" in queues:
            self.cell.tell("qconf", "-dq", "b.q")
        for host in ARCH:
            self.cell.daemons.configure("-Me", host_object(host))
        text = edited(self.cell.tell("qconf", "-sq", "all.q"), {"seq_no": "0", "load_thresholds": "NONE"})
        self.cell.daemons.configure("-Mq", text)
        self._scheduler(*(f"{name}={value}" for name, value in ORDINARY.items()))
        for host, load in LOAD.items():
            self._load(host, str(load))
        for name in self._command(["qconf", "-srqsl"])[1].split():
            self.cell.tell("qconf", "-drqs", name)


def main() -> None:
    """Record all stories of ``data/hosts.jsonl``."""
    in_own_namespace("tests.fake.record_hosts")
    with tempfile.TemporaryDirectory(prefix="record") as directory:
        home = Path(directory)
        home.chmod(0o755)
        loads = {name: report(name, LOAD[name]) for name in ARCH}
        here = loads.pop("localhost")
        cell = ManyHosts(
            home, loads, SILENT, slots=4, parallel_environments=ENVIRONMENTS, first_job_number=500001,
            complexes=COMPLEXES,
            global_config={**GLOBAL, "load_sensor": str(home / "sensor")},
        )  # fmt: skip
        with cell:
            cell.load("localhost", here)
            cell.tell("qconf", "-rattr", "queue", "slots", SLOTS, "all.q")
            teller = Teller(cell, home)
            teller.clear()
            record("hosts", teller.tell, "again" in sys.argv)


if __name__ == "__main__":
    main()
