"""What the contract tests share: the back ends, one session per process, and small helpers around one job.

The tests use nothing but the API of drmaa-python 0.7.9 (``world.api`` is the module) and Grid Engine's own
commands (``world.tool``). Expectations are libdrmaa 8.1.9 as observed; where drmaa_cli is better on purpose,
the expectation for it stands beside libdrmaa's with the reason.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import datetime
import getpass
import importlib.util
import json
import re
import subprocess
import sys
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import pytest

from drmaa_cli.compat.install import shim_path
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent.parent
ORACLE_PACKAGE = Path("/usr/lib/python3/dist-packages/drmaa")
ORACLE_LIBRARIES = (
    "/usr/lib/gridengine-drmaa/lib/libdrmaa.so.1.0",
    "/usr/lib/gridengine-drmaa/lib/libdrmaa.so",
)
ORACLE_TUNABLES = "glibc.rtld.optional_static_tls=16384"  # libdrmaa's jemalloc does not load without it
Caught = pytest.ExceptionInfo[BaseException]
BANNERS = {
    "cli-fake-sge-daimh": "SGE r.",
    "cli-fake-ocs-9.0": "OCS 9.0.13",
    "cli-fake-ocs-9.1": "OCS 9.1.4",
    "cli-fake-ocs-9.2": "OCS 9.2.0prealpha",
}


class Cell(Protocol):
    """A cell, real or fake, as the tests use it."""

    @property
    def env(self) -> dict[str, str]: ...

    @property
    def bin_directory(self) -> Path: ...

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]: ...


def oracle_library() -> str | None:
    """Return where the real libdrmaa is, or None."""
    return next((path for path in ORACLE_LIBRARIES if Path(path).exists()), None)


def oracle_missing() -> str | None:
    """Say why the oracle cannot run in this process, or None when it can."""
    if oracle_library() is None or not ORACLE_PACKAGE.is_dir():
        return "no libdrmaa here: gridengine-drmaa1.0 or python3-drmaa is not installed"
    if ORACLE_TUNABLES not in Path("/proc/self/environ").read_text(errors="replace"):  # as it was started
        return f"libdrmaa loads only in a process started with GLIBC_TUNABLES={ORACLE_TUNABLES}; use -n"
    return None


def load_oracle() -> ModuleType:
    """Import the real drmaa package, whatever else is called drmaa on this machine."""
    name = "drmaa"
    loaded = sys.modules.get(name)
    if loaded is not None and Path(str(loaded.__file__)).parent == ORACLE_PACKAGE:
        return loaded
    library = oracle_library()
    assert library is not None
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a package we only compare with
        patch.setenv("DRMAA_LIBRARY_PATH", library)
        _load_package(name, ORACLE_PACKAGE)
    return sys.modules[name]


def load_api(backend: str) -> ModuleType:
    """Import the module under test."""
    return load_oracle() if backend == "oracle" else load_drop_in()


def load_drop_in() -> ModuleType:
    """Import drmaa_cli's drmaa under a name of its own: the real one may be loaded in the same process."""
    name = "drmaa_of_drmaa_cli"
    if name not in sys.modules:
        _load_package(name, shim_path() / "drmaa")
    return sys.modules[name]


def _load_package(name: str, directory: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        name, directory / "__init__.py", submodule_search_locations=[str(directory)]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


def told(call: Callable[[], Any]) -> list[Any]:
    """Return ``["returned", value]`` or ``[name of the exception class, its text]``."""
    try:
        return ["returned", call()]
    except Exception as error:  # noqa: BLE001  # the test judges it
        return [type(error).__name__, str(error)]


class World:
    """One back end on one cell: what a test gets.

    Args:
        backend: "cli-real", "cli-fake", the same with a flavour, or "oracle".
        api: the module ``drmaa``, libdrmaa's or drmaa_cli's.
        cell: the cell the jobs run in.
        directory: an empty directory of the test, writable by jobs.
    """

    def __init__(self, backend: str, api: ModuleType, cell: Cell, directory: Path) -> None:
        self.backend = backend
        self.api = api
        self.cell = cell
        self.directory = directory
        self.user = getpass.getuser()
        self.submitted: list[str] = []

    @property
    def is_oracle(self) -> bool:
        return self.backend == "oracle"

    @property
    def is_ocs(self) -> bool:
        """Whether the cell speaks like an Open Cluster Scheduler."""
        return "-ocs-" in self.backend

    @property
    def banner(self) -> str:
        """First line of the help of the cell's commands (captures ``help.*`` of each engine)."""
        return BANNERS.get(self.backend, "SGE 8.1.9")

    def worded(self, text: str) -> str:
        """A text of Grid Engine's as the cell's own words it (captures ``qsub.err_*`` of each)."""
        if not self.is_ocs:
            return text
        if "requests unknown queue" in text:
            text += "\nerror: no suitable queues"
        return text.replace("you tried to submit", "You try to submit") + "."

    def instant(self, text: str) -> float:
        """A time of ``qstat -j -xml``: seconds since 1970, or an ISO date in local time."""
        return float(text) if text.isdigit() else datetime.datetime.fromisoformat(text).timestamp()

    @property
    def session(self) -> Any:
        return self.api.Session

    @property
    def everything(self) -> Any:
        """The name of all jobs of the session."""
        return self.session.JOB_IDS_SESSION_ALL

    @property
    def anyone(self) -> Any:
        """The name of any job of the session."""
        return self.session.JOB_IDS_SESSION_ANY

    def tool(self, *argv: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        """Run one of Grid Engine's commands."""
        return self.cell.run(*argv, check=check)

    def elsewhere(self, body: str, **values: object) -> Any:
        """Run Python with ``api`` and the values in a new process; return what it sets ``answer`` to."""
        preamble = "import json, sys\nfrom tests.contract.harness import load_api, told\n"
        names = "".join(f"{name} = {value!r}\n" for name, value in values.items())
        script = f"{preamble}api = load_api({self.backend!r})\n{names}{body}\nprint(json.dumps(answer))\n"
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    # -- sessions --------------------------------------------------------------------------------------

    @property
    def active(self) -> bool:
        return bool(self.session.contact)

    def begin(self) -> Any:
        """Start an empty session of its own name."""
        self.end()
        self.session.initialize(f"session=contract{uuid.uuid4().hex}")
        return self.session

    def end(self) -> None:
        """End the session if there is one."""
        if self.active:
            self.session.exit()

    # -- jobs ------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def template(self, command: str | None = "/bin/true", *args: str, **attributes: Any) -> Iterator[Any]:
        """A template whose job writes nothing to the home directory; an attribute of None is left unset."""
        values: dict[str, Any] = {"outputPath": ":/dev/null", "joinFiles": True, "jobName": "contract"}
        values |= {"remoteCommand": command, "args": list(args) or None}
        values |= attributes
        template = self.session.createJobTemplate()
        try:
            for name, value in values.items():
                if value is not None:
                    setattr(template, name, value)
            yield template
        finally:
            template.delete()

    def run(self, command: str | None = "/bin/true", *args: str, **attributes: Any) -> str:
        """Submit one job and return its id."""
        with self.template(command, *args, **attributes) as template:
            job = str(self.session.runJob(template))
        self.submitted.append(job)
        return job

    def bulk(self, begin: int, end: int, step: int, *command: str, **attributes: Any) -> list[str]:
        """Submit an array job and return its ids."""
        with self.template(*(command or ("/bin/true",)), **attributes) as template:
            jobs = [str(job) for job in self.session.runBulkJobs(template, begin, end, step)]
        self.submitted.append(jobs[0].partition(".")[0])
        return jobs

    def held(self, **attributes: Any) -> str:
        """Submit a job with a user hold."""
        return self.run(jobSubmissionState="drmaa_hold", **attributes)

    def sleeper(self, **attributes: Any) -> str:
        """Submit a long job and wait until it runs."""
        job = self.run("/bin/sleep", "300", **attributes)
        self.until(job, "running")
        return job

    def status(self, job: str) -> str:
        return str(self.session.jobStatus(job))

    def until(self, job: str, *states: str) -> str:
        """Wait until a job is in one of the states, and return it; a running one has arrived on its host."""
        state = str(self.eventually(lambda: self.status(job), lambda state: state in states))
        if state == "running":  # t is, too, where a host may miss what follows
            self.eventually(lambda: "".join(self.all_letters(job)), lambda seen: "t" not in seen)
        return state

    def all_letters(self, job: str) -> list[str]:
        """The state letters of each line of a job or array in Grid Engine's own listing."""
        number = job.partition(".")[0]
        lines = [line.split() for line in self.tool("qstat", "-u", "*").stdout.splitlines()[2:]]
        return [words[4] for words in lines if words[0] == number]

    def letters(self, job: str) -> str:
        """The job's state letters in Grid Engine's own listing; empty when it is not there."""
        return next(iter(self.all_letters(job)), "")

    def details(self, job: str) -> dict[str, str]:
        """The fields of ``qstat -j`` of one job."""
        lines = self.tool("qstat", "-j", job.partition(".")[0]).stdout.splitlines()
        return {
            name.strip().replace("hard_resource_list", "hard resource_list"): value.strip()
            for name, sep, value in (line.partition(":") for line in lines)
            if sep
        }

    def until_letters(self, job: str, letters: str) -> None:
        """Wait until Grid Engine's own listing shows a job in exactly this state."""
        self.eventually(lambda: self.letters(job), lambda seen: seen == letters)

    def eventually(self, ask: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
        """Ask until the answer is good; a failure shows the last answer."""
        deadline, pause = time.monotonic() + PATIENCE, 0.05
        longest = 0.2 if "-fake" in self.backend else 0.5
        while not good(answer := ask()):
            if time.monotonic() > deadline:
                pytest.fail(f"after {PATIENCE:g} s still {answer!r}")
            time.sleep(pause)
            pause = min(1.5 * pause, longest)  # a fake cell has it at once, a real one within a second
        return answer

    def file(self, name: str = "out") -> Path:
        """A path in the test's own directory."""
        return self.directory / name

    def output_of(self, command: str, *args: str, **attributes: Any) -> str:
        """Run a job to its end and return what it wrote to its standard output."""
        path = self.file(f"out.{uuid.uuid4().hex}")
        job = self.run(command, *args, **{"outputPath": f":{path}", **attributes})
        self.session.wait(job, PATIENCE)
        return path.read_bytes().decode()

    def clean_up(self) -> None:
        """Delete what the test left in the cell."""
        if self.submitted:
            self.tool("qdel", *self.submitted)

    # -- expectations ----------------------------------------------------------------------------------

    def error_class(self, name: str) -> type[BaseException]:
        """Return an exception class by its name: of the API, else Python's own."""
        if name == "NoResourceUsageException" and self.is_oracle:
            return Exception  # drmaa-python has no class of its own for code 24
        found = getattr(self.api.errors, name, None) or getattr(builtins, name)
        assert issubclass(found, BaseException)
        return found  # type: ignore[no-any-return]

    @contextlib.contextmanager
    def refuses(self, name: str, text: str | None = None, more: bool = False) -> Iterator[Caught]:
        """Expect exactly this class of exception and this text; with ``more``, something after it."""
        expected = self.error_class(name)
        with pytest.raises(expected) as caught:
            yield caught
        assert type(caught.value) is expected
        if text is not None and more:
            assert re.fullmatch(re.escape(text) + r" \(.+\)", str(caught.value))
        elif text is not None:
            assert str(caught.value) == text

    @contextlib.contextmanager
    def refuses_type(self, value: object) -> Iterator[None]:
        """Expect a wrong type to be refused: by ctypes there, by a typed error with the value here."""
        if self.is_oracle:
            with pytest.raises((ctypes.ArgumentError, TypeError)):
                yield
        else:
            with pytest.raises(self.error_class("InvalidArgumentException")) as caught:
                yield
            assert repr(value) in str(caught.value)


NO_SUCH_JOB = "code 18: The job specified by the 'jobid' does not exist."
NO_SESSION = "code 5: No active session"
BAD_ARGUMENT = "code 4: The input value for an argument is invalid."
BAD_VALUE = "code 14: The value for the job attribute is invalid."
NO_USAGE = "code 24: no usage information was returned for the completed job"
WAIT_TIMEOUT = "code 23: time-out condition"
SYNCHRONIZE_TIMEOUT = "code 23: "  # libdrmaa gives no text here


def in_threads(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run the calls in a thread each and return, in order, what each returned or raised."""
    results: list[Any] = [None] * len(calls)

    def work(index: int) -> None:
        try:
            results[index] = calls[index]()
        except Exception as error:  # noqa: BLE001  # handed to the caller
            results[index] = error

    threads = [threading.Thread(target=work, args=(index,), daemon=True) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a call hangs"
    return results
