"""parsl: a block of workers started by GridEngineProvider runs functions; then the provider on its own."""

import sys
import time
from pathlib import Path

import parsl
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.jobs.states import JobState
from parsl.launchers import SimpleLauncher
from parsl.providers import GridEngineProvider

PATIENCE = 180


@parsl.python_app
def square(number):
    import os  # noqa: PLC0415 only the function reaches the worker

    return number * number, os.environ["JOB_NAME"].startswith("parsl.")


@parsl.python_app
def fails(number):
    raise ValueError(f"no square root of {number}")


def functions(directory):
    activate = f"export PATH={Path(sys.executable).parent}:$PATH"
    provider = GridEngineProvider(
        walltime="00:05:00", launcher=SimpleLauncher(), worker_init=activate, scheduler_options="#$ -w e"
    )
    executor = HighThroughputExecutor(
        label="cell", address="127.0.0.1", max_workers_per_node=1, cores_per_worker=1, provider=provider
    )
    with parsl.load(Config(executors=[executor], run_dir=str(directory / "runinfo"), usage_tracking=0)):
        print("squares", [square(number).result(PATIENCE) for number in (2, 3)])
        try:
            fails(-5).result(PATIENCE)
        except ValueError as error:
            print("ValueError", error)


def state_of(provider, job, wanted):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        (found,) = provider.status([job])
        if found.state == wanted:
            return wanted.name
        time.sleep(0.2)
    return found.state.name


def alone(directory):
    provider = GridEngineProvider(walltime="00:05:00", launcher=SimpleLauncher())
    provider.script_dir = str(directory)
    job = provider.submit(f"echo fine > {directory}/written", 1, "good")
    print("good", state_of(provider, job, JobState.COMPLETED), (directory / "written").read_text().strip())
    job = provider.submit("sleep 600", 1, "endless")
    print("endless", state_of(provider, job, JobState.RUNNING), provider.cancel([job]))
    provider.queue = "nowhere.q"
    print("refused", provider.submit("true", 1, "refused"))


if __name__ == "__main__":
    where = Path.cwd()
    alone(where)
    functions(where)
