"""Run all the examples on a fake Grid Engine cell, and on a real one when Grid Engine is installed here."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import fake_sge

HERE = Path(__file__).resolve().parent
EXAMPLES = (
    "drm_information",
    "submit_and_wait",
    "bulk",
    "synchronize",
    "hold_release",
    "control",
    "status_loop",
)
TUTORIAL = ("1", "1.1", "2", "2.1", "3", "3.1", "3.2", "4", "6")
LONG = "5"  # asks for a job's state ten times, five seconds apart: it runs beside the others


def main() -> int:
    failures = 0
    with ExitStack() as stack:
        stack.enter_context(tutorial_output())
        state = stack.enter_context(tempfile.TemporaryDirectory())
        cell = stack.enter_context(fake_sge.Cell())
        failures += run_all("a fake Grid Engine cell", {**cell.env, "XDG_STATE_HOME": state})
        env = stack.enter_context(real_cell())
        if env is None:
            print("\nNo Grid Engine is installed here, so there was no real cell to run them on.")
        else:
            failures += run_all("a real Grid Engine cell", env)
    print(f"\n{'All examples ran' if not failures else f'{failures} examples failed'}.")
    return 1 if failures else 0


def run_all(where: str, env: dict[str, str]) -> int:
    failures = 0
    for name in EXAMPLES:
        failures += run(where, [sys.executable, f"{name}.py"], env, HERE)
    long = subprocess.Popen(tutorial(LONG), env=env, cwd=HERE / "tutorial", stdout=subprocess.PIPE, text=True)
    for name in TUTORIAL:
        failures += run(where, tutorial(name), env, HERE / "tutorial")
    output, _ = long.communicate(timeout=300)
    print(f"\n--- example{LONG}.py on {where}\n{output}", end="", flush=True)
    return failures + (long.returncode != 0)


def tutorial(name: str) -> list[str]:
    return [sys.executable, "-m", "drmaa_cli.cli", "exec", "--", sys.executable, f"example{name}.py"]


def run(where: str, argv: list[str], env: dict[str, str], directory: Path) -> int:
    print(f"\n--- {argv[-1]} on {where}", flush=True)
    return subprocess.run(argv, env=env, cwd=directory, timeout=300, check=False).returncode != 0


@contextmanager
def tutorial_output() -> Iterator[None]:
    """The tutorial's jobs write to ~/tmp: see that it exists, and take away what they leave."""
    directory = Path(pwd.getpwuid(os.geteuid()).pw_dir) / "tmp"
    outputs = [directory / name for name in ("DRMAA_JOB_OUT", "JOB_OUT")]
    existed = {path for path in (directory, *outputs) if path.exists()}
    directory.mkdir(exist_ok=True)
    yield
    for path in outputs:
        if path not in existed:
            path.unlink(missing_ok=True)
    if directory not in existed:
        directory.rmdir()


@contextmanager
def real_cell() -> Iterator[dict[str, str] | None]:
    """The environment of the cell this shell is set up for, else of a private one, else None."""
    if os.environ.get("SGE_ROOT") and shutil.which("qsub"):
        yield dict(os.environ)
        return
    sys.path.insert(0, str(HERE.parent))
    from tests.real_cell import RealCell, missing_tools  # noqa: PLC0415  # only a checkout has the tests

    if missing_tools():
        yield None
        return
    with tempfile.TemporaryDirectory() as directory, RealCell(Path(directory, "cell")) as cell:
        yield {**cell.env, "XDG_STATE_HOME": str(Path(directory, "state"))}


if __name__ == "__main__":
    sys.exit(main())
