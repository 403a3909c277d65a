"""Kill a real qmaster in the middle of keyed submissions: each key gives exactly one job.

``python -m tests.sessions.crashes [--crashes 200] [--side-by-side 4] [--seed 1]`` boots private cells and
says what came of it; every second crash takes the submitting program along. Needs a real Grid Engine.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.real_cell import RealCell
from tests.real_cell import is_running as running
from tests.sessions.crash_program import TASKS

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(__file__).with_name("crash_program.py")
PATIENCE = 900.0  # a hang guard
SETTLED = 90.0  # nothing will change any more that has not for so many seconds
READY, SUBMITTING = "ready\n", "qsub\n"  # what the program says before and after it begins a qsub


class Result(NamedTuple):
    """What a campaign came to.

    Attributes:
        crashes: how often the qmaster was killed.
        program_kills: how often the program was killed, too.
        keys: how many keys were submitted.
        wrong: what is wrong with a key's jobs, by key; empty when all is well.
        told: how often each trouble was told to the program.
    """

    crashes: int
    program_kills: int
    keys: int
    wrong: dict[str, str]
    told: collections.Counter[str]


class CrashCampaign:
    """One session of the program, in a cell whose qmaster is killed again and again.

    Args:
        cell: a real cell of the campaign's own.
        directory: a new one, for the jobs' files and the session.
        seed: of the moments.
        settings: ``DRMAA_CLI_*`` variables; the defaults if none are given.
    """

    def __init__(self, cell: RealCell, directory: Path, seed: int, **settings: str) -> None:
        directory.mkdir()
        self.cell, self.directory = cell, directory
        self.chance = random.Random(seed)
        self.env = {
            **cell.env,
            "PATH": f"{cell.bin_directory}:/usr/bin:/bin",
            "HOME": str(directory),
            "PYTHONPATH": str(ROOT),
            "DRMAA_CLI_STATE_DIR": str(directory / "state"),
            **settings,
        }
        self.errors = directory / "errors"
        self._said = ""

    def run(self, crashes: int) -> Result:
        """Crash the qmaster in one submission after the other, submit the rest, look at every key's jobs."""
        keys = crashes + 3
        done = kills = 0
        program = self._start(keys)
        try:
            while done < crashes:
                if not self._wait_for_submission(program):
                    break  # it has submitted everything
                latest = self.chance.choice((0.014, 0.06))  # a qsub takes some 10 ms, more on a busy machine
                time.sleep(self.chance.uniform(0.001, latest))
                self._kill_qmaster()
                done += 1
                if done % 2 == 0:
                    time.sleep(self.chance.uniform(0, 1.5))
                    self._end(program)
                    kills += 1
                time.sleep(self.chance.choice((0.0, self.chance.uniform(0, 3))))
                self.cell.start_qmaster()
                if done % 2 == 0:
                    program = self._start(keys)
            while self._wait_for_submission(program):
                pass
            code = program.wait(PATIENCE)
        finally:
            self._end(program)
        if code != 0:
            raise AssertionError(self.errors.read_text())
        ids = json.loads(self._said)
        return Result(done, kills, keys, self._wrong(ids), self._told())

    def _start(self, keys: int) -> subprocess.Popen[str]:
        self._said = ""
        argv = [sys.executable, str(PROGRAM), str(self.directory), "session=crash", str(keys)]
        with self.errors.open("a") as errors:
            return subprocess.Popen(
                argv,
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=self.directory,
            )

    @staticmethod
    def _end(program: subprocess.Popen[str]) -> None:
        program.kill()
        program.wait()
        for stream in (program.stdin, program.stdout):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def _wait_for_submission(self, program: subprocess.Popen[str]) -> bool:
        """Let a qsub begin; False when the program has come to its end and said its last word."""
        assert program.stdout is not None
        assert program.stdin is not None
        if self._said in ("", READY, SUBMITTING):
            self._said = program.stdout.readline()
        if self._said == READY:
            program.stdin.write("go\n")
            program.stdin.flush()
            self._said = program.stdout.readline()
        return self._said == SUBMITTING

    def _kill_qmaster(self) -> None:
        pid = int((self.cell.directory / "spool" / "qmaster" / "qmaster.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while running(pid):
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def _wrong(self, ids: dict[str, list[str]]) -> dict[str, str]:
        stuck = self._settle()
        told_of = {told[0].partition(".")[0] for told in ids.values()}
        wrong = dict.fromkeys(sorted(stuck - told_of), "is a job of no key")
        for key, told in ids.items():
            number = told[0].partition(".")[0]
            expected = [number] if len(told) == 1 else [f"{number}.{task}" for task in range(1, TASKS + 1)]
            names = [key] if len(told) == 1 else [f"{key}.{task}" for task in range(1, TASKS + 1)]
            ran = {name: set(self._numbers(name)) for name in names}
            never = {name for name, numbers in ran.items() if not numbers}
            others = any(numbers - {number} for numbers in ran.values())
            if told != expected or others or (never and number not in stuck):
                wrong[key] = f"told {told}, ran {ran}"
        return wrong

    def _settle(self) -> set[str]:
        """Wait for the ends of all jobs; the numbers of those that a qmaster which was killed never lets end.

        A real one can forget that it has sent a job to its host: that stays in state ``t``, and may keep the
        scheduler from all others (observed: "scheduler tries to schedule job 1.1 twice").
        """
        listing, since = "", time.monotonic()
        while True:
            now = self.cell.run("qstat").stdout
            if not now:
                return set()
            if now != listing:
                listing, since = now, time.monotonic()
            elif time.monotonic() - since > SETTLED:
                return {line.split()[0] for line in listing.splitlines()[2:]}
            time.sleep(0.5)

    def _numbers(self, name: str) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return (self.directory / name).read_text().split()
        return []

    def _told(self) -> collections.Counter[str]:
        lines = self.errors.read_text().splitlines()
        return collections.Counter(line.split(";")[0].split(" using port")[0] for line in lines)


def campaign(seed: int, crashes: int) -> Result:
    """A campaign in a cell of its own, with the default settings."""
    with tempfile.TemporaryDirectory(prefix="crash") as directory, RealCell(Path(directory, "cell")) as cell:
        result = CrashCampaign(cell, Path(directory, "run"), seed).run(crashes)
    print(f"seed {seed}: {result}", flush=True)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crashes", type=int, default=200)
    parser.add_argument("--side-by-side", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    count = options.side_by_side
    began = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        shares = [options.crashes // count + (place < options.crashes % count) for place in range(count)]
        results = list(pool.map(campaign, range(options.seed, options.seed + count), shares))
    wrong = sum(len(result.wrong) for result in results)
    print(
        f"{sum(result.crashes for result in results)} crashes of the qmaster,"
        f" {sum(result.program_kills for result in results)} with the program,"
        f" {sum(result.keys for result in results)} keys, {wrong} wrong, {time.monotonic() - began:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
