"""Run all the examples on a fake Grid Engine cell, and on a real one when Grid Engine is installed here."""

from __future__ import annotations

import os
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
    "executor",
    "map_with_progress",
    "with_submitit",
)
EXEC = (sys.executable, "-m", "drmaa_cli.cli", "exec", "--")
TUTORIAL = sorted(path.name for path in (HERE / "tutorial").glob("*.py"))


def main() -> int:
    failures = 0
    with ExitStack() as stack:
        # A job of the tutorial writes where its program was started; hosts of a real cell share the home.
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="drmaa-demo-", dir=Path.home()))
        state = stack.enter_context(tempfile.TemporaryDirectory())
        cell = stack.enter_context(fake_sge.Cell())
        failures += run_all("a fake Grid Engine cell", {**cell.env, "XDG_STATE_HOME": state}, directory)
        env = stack.enter_context(real_cell())
        if env is None:
            print("\nNo Grid Engine is installed here, so there was no real cell to run them on.")
        else:
            failures += run_all("a real Grid Engine cell", env, directory)
    print(f"\n{'All examples ran' if not failures else f'{failures} examples failed'}.")
    return 1 if failures else 0


def run_all(where: str, env: dict[str, str], directory: str) -> int:
    failures = 0
    for name in EXAMPLES:
        failures += run(where, [sys.executable, str(HERE / f"{name}.py")], env, directory)
    for name in TUTORIAL:
        argv = [*EXEC, sys.executable, str(HERE / "tutorial" / name)]
        failures += run(where, argv, env, directory)
    return failures


def run(where: str, argv: list[str], env: dict[str, str], directory: str) -> int:
    print(f"\n--- {Path(argv[-1]).relative_to(HERE)} on {where}", flush=True)
    return subprocess.run(argv, env=env, cwd=directory, timeout=300, check=False).returncode != 0


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
