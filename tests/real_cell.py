"""A private, real Grid Engine 8.1.9 cell of one host, for tests.

Needs the daemons and tools of Debian's packages gridengine-master, gridengine-exec and gridengine-client,
but not root, and never touches the packages' own system-wide cell: everything lives in one directory. A guard
process ends the daemons and every job of the cell when the test run ends, however it ends.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Callable

BINARIES = Path("/usr/lib/gridengine")  # Debian's /usr/bin/q* are slow shell wrappers around these
RESOURCES = Path("/usr/share/gridengine")
REQUIRED = (
    "sge_qmaster",
    "sge_execd",
    "sge_shepherd",
    "spooldefaults",
    "spoolinit",
    "qconf",
    "qsub",
    "qstat",
)
BOOT_ATTEMPTS = 4
START_SECONDS = 90.0
QMASTER_SECONDS = 30.0  # for its start: it hangs, without a word, when its port is taken
PORTS = range(20000, 32000)  # below the ports that the kernel hands to outgoing connections

BOOTSTRAP = """\
admin_user              {user}
default_domain          none
ignore_fqdn             false
spooling_method         berkeleydb
spooling_lib            libspoolb
spooling_params         {directory}/spool/db
binary_path             {directory}/root/bin
qmaster_spool_dir       {directory}/spool/qmaster
security_mode           none
listener_threads        2
worker_threads          2
scheduler_threads       1
"""
EXEC_HOST = """\
hostname localhost
load_scaling NONE
complex_values NONE
user_lists NONE
xuser_lists NONE
projects NONE
xprojects NONE
usage_scaling NONE
report_variables NONE
"""
PARALLEL_ENVIRONMENT = """\
pe_name smp
slots 999
user_lists NONE
xuser_lists NONE
start_proc_args NONE
stop_proc_args NONE
allocation_rule $pe_slots
control_slaves TRUE
job_is_first_task TRUE
urgency_slots min
accounting_summary FALSE
qsort_args NONE
"""
FAST_REPORTING = "accounting=true reporting=false accounting_flush_time=00:00:00 flush_time=00:00:01"
FAST_SCHEDULER = {"schedule_interval": "0:0:1", "flush_submit_sec": "1", "flush_finish_sec": "1"}


class CellError(RuntimeError):
    """The cell could not be started, or one of its commands failed."""


def missing_tools() -> list[str]:
    """Return what this machine lacks for a real cell; empty when it has everything."""
    return [str(BINARIES / name) for name in REQUIRED if not os.access(BINARIES / name, os.X_OK)]


def edit(text: str, changes: dict[str, str]) -> str:
    """Return a Grid Engine ``name value`` listing with the values of the named lines replaced."""
    lines = []
    for line in text.splitlines():
        name = line.partition(" ")[0]
        lines.append(f"{name} {changes[name]}" if name in changes else line)
    return "\n".join(lines) + "\n"


def running(pid: int) -> bool:
    """Tell whether a process exists and has not ended (a zombie has ended)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Poll until the condition holds; CellError naming ``what`` when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise CellError(f"{what}: not within {seconds:g} s")
        time.sleep(0.02)


def kill_cell(directory: Path) -> None:
    """End the daemons, shepherds and jobs of the cell in a directory, known by their SGE_ROOT."""
    marker = b"SGE_ROOT=" + os.fsencode(directory / "root")
    for _ in range(50):  # a dying shepherd may start one more process: until none is left
        found = False
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):  # gone meanwhile, or another user's
                if marker in (entry / "environ").read_bytes().split(b"\0") and running(int(entry.name)):
                    os.kill(int(entry.name), signal.SIGKILL)
                    found = True
        if not found:
            return
        time.sleep(0.05)
    raise CellError(f"processes of the cell in {directory} do not end")


class RealCell:
    """One cell: qmaster, execution daemon, queue ``all.q`` and parallel environment ``smp`` on localhost.

    Args:
        directory: an absolute path for everything of the cell; emptied by up(), removed by down().
        slots: slots of all.q.
        profile: "fast" schedules and writes accounting within a second; "stock" keeps Grid Engine's own
            defaults (scheduling and accounting every 15 s).
    """

    def __init__(self, directory: Path, slots: int = 16, profile: str = "fast") -> None:
        if profile not in ("fast", "stock"):
            raise ValueError(f"profile must be 'fast' or 'stock', not {profile!r}")
        self.directory = directory
        self.slots = slots
        self.profile = profile
        self.ports = (0, 0)
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def env(self) -> dict[str, str]:
        """What the tools and libdrmaa need in their environment to find this cell."""
        return {
            "SGE_ROOT": str(self.directory / "root"),
            "SGE_CELL": "default",
            "SGE_ARCH": "lx-amd64",
            "SGE_QMASTER_PORT": str(self.ports[0]),
            "SGE_EXECD_PORT": str(self.ports[1]),
        }

    @property
    def bin_directory(self) -> Path:
        """Where the tools are, for PATH."""
        return BINARIES

    @property
    def common(self) -> Path:
        """The cell's common directory (accounting, act_qmaster, sge_request)."""
        return self.directory / "root" / "default" / "common"

    @property
    def accounting(self) -> Path:
        """The cell's accounting file."""
        return self.common / "accounting"

    def run(self, *argv: str, check: bool = True, timeout: float = 180.0) -> subprocess.CompletedProcess[str]:
        """Run one of the cell's commands; CellError when it hangs, or when it fails and ``check`` is set."""
        environment = {"HOME": str(self.directory), "PATH": "/usr/bin:/bin", "LC_ALL": "C", **self.env}
        try:
            result = subprocess.run(
                [str(BINARIES / argv[0]), *argv[1:]],
                env=environment,
                cwd=self.directory,
                timeout=timeout,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise CellError(f"{argv!r} took more than {timeout:g} s") from error
        if check and result.returncode != 0:
            raise CellError(f"{argv!r} ended with {result.returncode}: {result.stdout}{result.stderr}")
        return result

    def up(self) -> RealCell:
        """Start the cell and wait until a job has run in it; CellError when it cannot be started."""
        for attempt in range(1, BOOT_ATTEMPTS + 1):
            try:
                self._boot()
            except CellError:  # most often another process took one of the ports first: try others
                self.down()
                if attempt == BOOT_ATTEMPTS:
                    raise
            else:
                break
        return self

    def down(self) -> None:
        """End the daemons and all jobs of the cell, and remove its directory."""
        kill_cell(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)
        if self._guard is not None:
            assert self._guard.stdin is not None
            self._guard.stdin.close()
            self._guard.wait()
            self._guard = None

    def stop_qmaster(self, graceful: bool = False) -> None:
        """End the qmaster alone, an outage; running jobs go on.

        A graceful end takes about 8 s. A sudden one forgets the job numbers and Grid Engine would give them
        out again: the last one is kept here, to keep tests apart.
        """
        spool = self.directory / "spool" / "qmaster"
        number = self.run("qsub", "-h", "-terse", "-b", "y", "true").stdout.strip()
        self.run("qdel", number)
        pid = int((spool / "qmaster.pid").read_text())
        os.kill(pid, signal.SIGTERM if graceful else signal.SIGKILL)
        wait_until(lambda: not running(pid), "end of the qmaster")
        if not graceful:
            (spool / "jobseqnum").write_text(f"{int(number) + 1}\n")

    def start_qmaster(self) -> None:
        """Start the qmaster (again) and wait until it answers.

        The execution daemon is restarted too (jobs survive that): by itself it comes back only after 30 s.
        """
        self._daemon("sge_qmaster")
        wait_until(self._answers, "answer of the qmaster")
        for pid_file in self.directory.glob("spool/execd/*/execd.pid"):
            pid = int(pid_file.read_text())
            if running(pid):
                os.kill(pid, signal.SIGKILL)
                wait_until(lambda pid=pid: not running(pid), "end of the execution daemon")  # type: ignore[misc]
        self._daemon("sge_execd")

    def add_queue(self, name: str, **changes: str) -> None:
        """Add a queue like all.q with other values, e.g. ``slots="1"``."""
        self._configure("-Aq", edit(self.run("qconf", "-sq", "all.q").stdout, {"qname": name, **changes}))

    def __enter__(self) -> RealCell:
        return self.up()

    def __exit__(self, *exc_info: object) -> None:
        self.down()

    def _boot(self) -> None:
        self.ports = free_ports()
        self._lay_out()
        self._guard = subprocess.Popen(
            [sys.executable, "-S", __file__, str(self.directory)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self._initialise_spool()
        self._daemon("sge_qmaster")
        pid_file = self.directory / "spool" / "qmaster" / "qmaster.pid"
        wait_until(pid_file.exists, "start of the qmaster", QMASTER_SECONDS)
        wait_until(self._answers, "answer of the qmaster")
        self._set_up()
        self._daemon("sge_execd")
        output = ("-o", "/dev/null", "-j", "y", "-wd", str(self.directory))
        self.run("qsub", "-sync", "y", "-b", "y", "-shell", "n", "-N", "cellcheck", *output, "true")

    def _lay_out(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        root = self.directory / "root"
        for folder in ("root/default/common", "spool/qmaster/job_scripts", "spool/execd", "spool/db", "tmp"):
            (self.directory / folder).mkdir(parents=True)
        for folder in ("bin", "lib", "utilbin"):
            (root / folder).mkdir()
            (root / folder / "lx-amd64").symlink_to(BINARIES)
        (root / "util").symlink_to(RESOURCES / "util")
        bootstrap = BOOTSTRAP.format(user=getpass.getuser(), directory=self.directory)
        (self.common / "bootstrap").write_text(bootstrap)
        (self.common / "act_qmaster").write_text("localhost\n")
        known_as = self.run("gethostname", "-name", check=False).stdout.strip()
        names = dict.fromkeys(name for name in ("localhost", known_as, socket.gethostname()) if name)
        (self.common / "host_aliases").write_text(" ".join(names) + "\n")

    def _initialise_spool(self) -> None:
        changes = {"execd_spool_dir": str(self.directory / "spool" / "execd"), "min_uid": "0", "min_gid": "0"}
        changes["login_shells"] = "none"  # a job does not depend on anybody's profile
        if self.profile == "fast":
            changes |= {"reporting_params": FAST_REPORTING, "load_report_time": "00:00:05"}
        configuration = self.directory / "configuration"
        configuration.write_text(edit((RESOURCES / "default-configuration").read_text(), changes))
        self.run("spoolinit", "berkeleydb", "libspoolb", str(self.directory / "spool" / "db"), "init")
        self.run("spooldefaults", "configuration", str(configuration))
        self.run("spooldefaults", "complexes", str(RESOURCES / "util" / "resources" / "centry"))
        self.run("spooldefaults", "usersets", str(RESOURCES / "util" / "resources" / "usersets"))
        self.run("spooldefaults", "managers", getpass.getuser())

    def _set_up(self) -> None:
        self.run("qconf", "-ah", "localhost", check=False)  # may be known already, by the name of this host
        self.run("qconf", "-as", "localhost", check=False)
        self._configure("-Ae", EXEC_HOST)
        self._configure("-Ahgrp", "group_name @allhosts\nhostlist localhost\n")
        self._configure("-Ap", PARALLEL_ENVIRONMENT)
        queue = {
            "qname": "all.q",
            "hostlist": "@allhosts",
            "slots": str(self.slots),
            "load_thresholds": "NONE",
            "shell": "/bin/bash",
            "rerun": "FALSE",
            "pe_list": "smp",
            "tmpdir": str(self.directory / "tmp"),  # in /tmp the job directories of two cells would clash
        }
        self._configure("-Aq", edit(self.run("qconf", "-sq").stdout, queue))
        if self.profile == "fast":
            self._configure("-Msconf", edit(self.run("qconf", "-ssconf").stdout, FAST_SCHEDULER))

    def _configure(self, option: str, text: str) -> None:
        path = self.directory / f"qconf{option}"
        path.write_text(text)
        self.run("qconf", option, str(path))

    def _daemon(self, name: str) -> None:
        environment = {"HOME": str(self.directory), "PATH": "/usr/local/bin:/usr/bin:/bin", **self.env}
        with (self.directory / f"{name}.out").open("ab") as log:
            subprocess.run(
                [str(BINARIES / name)],
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=180,
                check=False,
            )

    def _answers(self) -> bool:
        return self.run("qconf", "-sh", check=False).returncode == 0


def free_ports() -> tuple[int, int]:
    """Return two ports nobody listens on now."""
    found: list[int] = []
    while len(found) < 2:
        port = random.choice(PORTS)
        with socket.socket() as candidate:
            try:
                candidate.bind(("", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found[0], found[1]


def guard(arguments: Sequence[str]) -> None:
    """Wait until whoever started us is gone (end of file on stdin), then end the cell it left behind."""
    directory = Path(arguments[0])
    sys.stdin.buffer.read()
    if directory.exists():
        kill_cell(directory)
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    guard(sys.argv[1:])
