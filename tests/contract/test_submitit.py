"""submitit on Grid Engine: AutoExecutor(cluster="drmaa")."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.futures import ON_CELLS, on_fake
from tests.contract.harness import ROOT, World
from tests.patience import PATIENCE

submitit = pytest.importorskip("submitit")

from drmaa_cli.submitit_plugin import sessions  # noqa: E402  # only with submitit
from drmaa_cli.submitit_plugin.executor import DrmaaExecutor  # noqa: E402
from drmaa_cli.submitit_plugin.jobs import DrmaaJob  # noqa: E402
from tests.contract import submitit_functions as functions  # noqa: E402

pytestmark = [*ON_CELLS, pytest.mark.slow]
AutoExecutor = Callable[..., Any]


@pytest.fixture
def make(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[AutoExecutor]:
    """Makes executors with a folder of the test."""
    monkeypatch.setenv("DRMAA_CLI_STATE_DIR", str(world.directory / "state"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MARK_OF_THE_TEST", "a b\nc")

    def executor(folder: str = "logs", **parameters: Any) -> Any:
        made = submitit.AutoExecutor(folder=world.directory / folder, cluster="drmaa")
        made.update_parameters(**parameters)
        return made

    yield executor
    sessions.close_all()
    DrmaaJob.watcher = type(DrmaaJob.watcher)()


def commands(executor: Any) -> dict[str, int]:
    return dict(sessions.session(sessions.name_of(executor.folder)).commands)


def test_functions_and_arrays(world: World, make: AutoExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.directory)
    executor = make(name="who", cpus_per_task=2, mem_gb=1, timeout_min=3)
    one = executor.submit(functions.who)
    many = executor.map_array(functions.say_and_add, [1, 2, 3], [10, 20, 30])
    with executor.batch():
        batch = [executor.submit(functions.who) for _ in range(2)]
    assert [job.result() for job in many] == [11, 22, 33]
    found = one.result()
    assert found == {
        "cluster": "drmaa",
        "job_id": one.job_id,
        "tasks": (1, 0, 1),
        "slots": "2",
        "mark": "a b\nc",
        "directory": str(Path(world.directory).resolve()),
        "name": "who",
    }
    assert [job.result()["job_id"] for job in batch] == [job.job_id for job in batch]
    number = many[0].job_id.partition("_")[0]
    assert [job.job_id for job in many] == [f"{number}_{task}" for task in (1, 2, 3)]
    assert "adding (1, 10)\n" in many[0].stdout()
    assert "to stderr\n" in many[0].stderr()
    assert commands(executor)["qsub"] == 3
    assert many[0].paths.stdout.name == f"{number}_1_0_log.out"


def test_failures(make: AutoExecutor) -> None:
    executor = make()
    raised, left = executor.submit(functions.divide, 0), executor.submit(functions.leave, 3)
    error = raised.exception()
    assert type(error) is submitit.core.utils.FailedJobError
    assert "ZeroDivisionError: division by zero" in str(error)
    error = left.exception()
    assert type(error) is submitit.core.utils.UncompletedJobError
    assert left.state == "FAILED"
    assert "about to leave" in str(error)
    assert "Grid Engine says: exit status 3 on " in str(error)
    with pytest.raises(submitit.core.utils.UncompletedJobError):
        left.result()
    assert left.get_info()["ExitCode"] == "3:"


def test_cancel(world: World, make: AutoExecutor) -> None:
    job = make(drmaa_native="-h").submit(functions.sleep, 300)
    assert job.state == "PENDING"
    job.cancel()
    world.eventually(lambda: job.done(force_check=True), bool)
    assert job.state == "CANCELLED"
    assert isinstance(job.exception(), submitit.core.utils.UncompletedJobError)
    with pytest.raises(Exception, match="no jobs registered"):
        job.cancel()
    job.cancel(check=False)


def test_a_function_with_checkpoint_goes_on_where_its_time_was_over(world: World, make: AutoExecutor) -> None:
    """The soft limit sends SIGUSR1; the function is saved, and exit status 99 has the job run again."""
    path = world.file("counted")
    executor = make(drmaa_timeout_min=0.2, drmaa_signal_delay_s=8)
    job = executor.submit(functions.Counter(), str(path))
    assert job.result() == 3
    assert path.read_text() == "1\n2\n3\n"
    assert "this job is timed-out" in job.stderr()
    assert "Requeuing job" in job.stdout()


def test_a_function_without_checkpoint_ends_when_its_time_is_over(make: AutoExecutor) -> None:
    job = make(drmaa_timeout_min=0.2, drmaa_signal_delay_s=8).submit(functions.sleep, 300)
    error = job.exception()
    assert "timed-out and not checkpointable" in str(error)


def test_no_time_for_a_signal(make: AutoExecutor) -> None:
    job = make(drmaa_timeout_min=0.05, drmaa_signal_delay_s=0).submit(functions.sleep, 300)
    assert isinstance(job.exception(), submitit.core.utils.UncompletedJobError)
    assert job.state == "TIMEOUT"


@on_fake
def test_folders_of_their_own(world: World, make: AutoExecutor) -> None:
    """As hydra's launcher has them."""
    executor = make("logs/%j", stderr_to_stdout=True)
    jobs = [executor.submit(functions.say_and_add, 1), *executor.map_array(functions.say_and_add, [2, 3])]
    assert [job.result() for job in jobs] == [1, 2, 3]
    for job in jobs:
        assert job.paths.stdout.parent == world.directory / "logs" / job.job_id
        assert "to stderr\n" in job.stdout()
        assert job.stderr() is None


@on_fake
def test_setup_teardown_and_another_python(world: World, make: AutoExecutor) -> None:
    trace = world.file("trace")
    executor = submitit.AutoExecutor(
        folder=world.directory / "logs", cluster="drmaa", drmaa_python=f"env GREETING=hello {sys.executable}"
    )
    executor.update_parameters(
        drmaa_setup=["# first", f"echo before >> {trace}"], drmaa_teardown=[f"echo after >> {trace}"]
    )
    good, bad = executor.submit(os.getenv, "GREETING"), executor.submit(functions.leave, 3)
    assert good.result() == "hello"
    assert "exit status 3" in str(bad.exception())
    assert sorted(trace.read_text().split()) == ["after", "after", "before", "before"]


@on_fake
def test_another_program_finds_the_job(world: World, make: AutoExecutor) -> None:
    executor = make()
    good, bad = executor.submit(functions.say_and_add, 1, 2), executor.submit(functions.leave, 3)
    kept = world.file("jobs.pkl")
    kept.write_bytes(pickle.dumps([good, bad]))
    program = (
        "import pickle, sys\n"
        "good, bad = pickle.load(open(sys.argv[1], 'rb'))\n"
        "print(good.result(), bad.exception() is not None, bad.state)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(kept)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=PATIENCE,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "3 True FAILED\n"), done.stderr


@on_fake
def test_refusals(world: World, make: AutoExecutor) -> None:
    executor = make(drmaa_native="-q no_such_queue -w e")
    with pytest.raises(submitit.core.utils.FailedSubmissionError, match="no_such_queue"):
        executor.submit(functions.say_and_add, 1)
    assert not list((world.directory / "logs").glob("*.pkl"))
    with pytest.raises(NameError, match="no_such"):
        make(drmaa_no_such=1)
    with pytest.raises(ValueError, match="nodes=1"):
        make(nodes=2)
    direct = DrmaaExecutor(world.directory / "logs")
    with pytest.raises(ValueError, match="no such parameter: memory; there are: name"):
        direct.update_parameters(memory=1)
    with pytest.raises(RuntimeError, match="max_pickle_size_gb"):
        DrmaaExecutor(world.directory / "logs", max_pickle_size_gb=1e-9).submit(functions.say_and_add, 1)
