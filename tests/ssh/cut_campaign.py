"""kill -9 of programs that submit over ssh, cut off at random: each key gives exactly one job.

``python -m tests.ssh.cut_campaign [--runs 200] [--side-by-side 2] [--seed 1] [--real]`` boots cells, puts an
ssh server and a relay before each, and says what came of it.
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
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import fake_sge
from tests.real_cell import RealCell
from tests.sessions.crash_program import TASKS
from tests.ssh.away import environment_away
from tests.ssh.relay import Relay, Way, relay_to
from tests.ssh.server import SshServer, running_server

PROGRAM = Path(__file__).with_name("cut_program.py")
PATIENCE = 600.0  # a hang guard
RUNS_FOR_A_SESSION = 8
KEYS = 36
KINDS = ("bytes", "server's end", "bytes", "master", "bytes", "nothing", "bytes", "server's end")
CALLS = 400  # of functions of drmaa_cli, for one submission over ssh and what belongs to it
BYTES = 30_000  # one way, for a login and some submissions


class Result(NamedTuple):
    """What a campaign came to.

    Attributes:
        kills: how often the program was killed.
        cuts: how often a connection was cut, by what was done to it.
        keys: how many keys were submitted.
        wrong: what is wrong with a key's jobs; empty when all is well.
        left: processes of ssh that stayed behind.
    """

    kills: int
    cuts: collections.Counter[str]
    keys: int
    wrong: dict[str, str]
    left: list[str]


class CutCampaign:
    """Sessions of the program on a host behind an ssh login.

    Args:
        folder: a new directory with a short path.
        exports: what the commands of the cell need.
        seed: of the moments.
        settings: ``DRMAA_CLI_*`` variables.
    """

    def __init__(
        self, folder: Path, exports: Mapping[str, str], server: SshServer, relay: Relay, seed: int
    ) -> None:
        self._server, self._relay, self._folder = server, relay, folder
        self._chance = random.Random(seed)
        folder.mkdir()
        self.env = {
            **environment_away(server, folder, exports, server.reached_at(relay.port)),
            "DRMAA_CLI_ACCOUNTING_MARGIN": "1",
            "DRMAA_CLI_POLL_MIN": "0.1",
            "DRMAA_CLI_DUTY_CYCLE": "0.5",
            "DRMAA_CLI_COMMAND_TIMEOUT": "20",
        }
        self._result = Result(0, collections.Counter(), 0, {}, [])

    def run(self, runs: int) -> Result:
        """Run the program so many times, each to be disturbed, and after some of them to its end."""
        session = 0
        while runs > 0:
            self._session(f"s{session}", min(runs, RUNS_FOR_A_SESSION))
            runs -= RUNS_FOR_A_SESSION
            session += 1
        left = [" ".join(words) for words in commands_with(str(self._folder))]
        return self._result._replace(left=left)

    def _session(self, name: str, runs: int) -> None:
        directory = self._folder / name
        directory.mkdir()
        for count in range(runs):
            self._disturbed(directory, KINDS[count % len(KINDS)], is_killed=count % 8 != 7)
        code, said, errors = self._program(directory, "")
        if code != 0:
            self._result.wrong[name] = errors
            return
        found = json.loads(said)
        self._result = self._result._replace(keys=self._result.keys + len(found))
        for key, told in found.items():
            wrong = self._wrong(directory, key, told)
            if wrong:
                self._result.wrong[f"{name} {key}"] = wrong
        left = list((self._folder / "state").rglob(f"{name}.session.*"))
        if left:
            self._result.wrong[name] = f"left behind: {left}"

    def _disturbed(self, directory: Path, cut: str, is_killed: bool) -> None:
        submissions = self._chance.choice((0, 1, 1, 2, 3))
        kill_at = f"qsub:{submissions}:{self._chance.randint(1, CALLS)}" if is_killed else ""
        stop = threading.Event()
        cutter = threading.Thread(target=self._cut, args=(cut, stop))
        cutter.start()
        try:
            code, _, errors = self._program(directory, kill_at)
        finally:
            stop.set()
            cutter.join()
        if code not in (0, -signal.SIGKILL):
            self._result.wrong[f"{directory.name} {kill_at} {cut}"] = errors
        if code == -signal.SIGKILL:
            self._result = self._result._replace(kills=self._result.kills + 1)

    def _cut(self, cut: str, stop: threading.Event) -> None:
        """Disturb the connection now and then until the program has ended."""
        earlier = self._relay.cuts
        for _ in range(self._chance.randint(1, 3)):
            if cut == "bytes":
                self._relay.cut_after(self._chance.choice(list(Way)), self._chance.randint(1, BYTES))
            if stop.wait(self._chance.uniform(0.3, 1.2)):
                break
            if cut == "server's end":
                self._server.cut_connections()
            elif cut == "master":
                for pid in masters(str(self._folder)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            self._result.cuts[cut] += cut not in ("bytes", "nothing")
        self._result.cuts["bytes"] += self._relay.cuts - earlier

    def _program(self, directory: Path, kill_at: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, str(PROGRAM), str(directory), f"session={directory.name}", str(KEYS)],
            env={**self.env, "KILL_AT": kill_at},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def _wrong(self, directory: Path, key: str, told: list[dict[str, Any]]) -> str:
        is_array = int(key.partition("-")[2]) % 3
        names = [f"{key}.{task}" for task in range(1, TASKS + 1)] if is_array else [key]
        ran = {name: (directory / name).read_text().split() for name in names}
        number = ran[names[0]][0]
        ids = [f"{number}.{task}" for task in range(1, TASKS + 1)] if is_array else [number]
        expected = [{"id": job, "exited": True, "status": 0, "times": 1} for job in ids]
        is_right = told == expected and all(numbers == [number] for numbers in ran.values())
        return "" if is_right else f"told {told}, ran {ran}"


def masters(word: str) -> list[int]:
    """The ssh masters whose socket's path has the word."""
    return [int(pid) for pid, *words in commands_with(word) if words[-1:] == ["[mux]"]]


def commands_with(word: str) -> Iterator[list[str]]:
    """Number and words of the processes of ssh that have the word in their command lines."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ").split()
            if (
                entry.name.isdigit()
                and words
                and words[0].rstrip(":").endswith("ssh")
                and word in " ".join(words)
            ):
                yield [entry.name, *words]


@contextlib.contextmanager
def cell_exports(is_real: bool, folder: Path) -> Iterator[dict[str, str]]:
    """What the commands of a new cell need."""
    if is_real:
        with RealCell(folder / "cell") as real:
            yield {**real.env, "PATH": f"{real.bin_directory}:/usr/bin:/bin"}
    else:
        with fake_sge.Cell(slots=20, login_shells=False) as fake:
            yield {**fake.variables, "PATH": f"{fake.path}:/usr/bin:/bin"}


def campaign(seed: int, runs: int, is_real: bool) -> Result:
    """A campaign in a cell of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="cut") as name,
        cell_exports(is_real, Path(name)) as exports,
        running_server(Path(name, "server")) as server,
        relay_to(server.port) as relay,
    ):
        result = CutCampaign(Path(name, "run"), exports, server, relay, seed).run(runs)
    print(f"seed {seed}: {result}", flush=True)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--side-by-side", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real", action="store_true", help="on cells of a real Grid Engine")
    options = parser.parse_args()
    count = options.side_by_side
    began = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        shares = [options.runs // count + (place < options.runs % count) for place in range(count)]
        seeds = range(options.seed, options.seed + count)
        results = list(pool.map(campaign, seeds, shares, [options.real] * count))
    wrong = sum(len(result.wrong) + len(result.left) for result in results)
    cuts = sum((result.cuts for result in results), collections.Counter())
    print(
        f"{sum(result.kills for result in results)} kills, {dict(cuts)} cuts,"
        f" {sum(result.keys for result in results)} keys, {wrong} wrong, {time.monotonic() - began:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
