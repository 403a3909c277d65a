"""The same command on the fake and on a real cell, with answers made comparable.

Each cell has its own job numbers: they are replaced by labels in the order of submission. Times, priorities
and the host are masked, usage texts are cut after their first lines; everything else must be equal.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.fake.help_text import cut_help
from tests.fake.pure import PureCell
from tests.real_cell import BINARIES, RealCell

SUBMITTED = re.compile(r"Your job(?:-array)? (\d+)|^(\d+)(?:\.\d+-\d+:\d+)?$", re.MULTILINE)
WHOLE_NUMBER = re.compile(r"\b[0-9]+\b")
PRIORITY = re.compile(r"\b[01]\.\d{5}\b")
TIME = re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d")
LABEL = re.compile(r" *<(\d+)> PRIO")
SETTLE_SECONDS = 90.0
Answer = tuple[int, str, str]


@dataclass
class Side:
    """One cell's job numbers by label."""

    numbers: list[int] = field(default_factory=list)

    def fill(self, words: list[str]) -> list[str]:
        """Words with ``{n}`` replaced by the number of the n-th submitted job."""
        return [
            re.sub(r"\{(\d+)\}", lambda found: str(self.numbers[int(found.group(1))]), word) for word in words
        ]

    def learn(self, answer: Answer) -> None:
        found = SUBMITTED.search(answer[1]) or SUBMITTED.search(answer[2])
        if found:
            self.numbers.append(int(found.group(1) or found.group(2)))

    def mask(self, text: str) -> str:
        labels = {str(number): f"<{index}>" for index, number in reversed([*enumerate(self.numbers)])}
        text = WHOLE_NUMBER.sub(lambda found: labels.get(found[0], found[0]), text)
        text = PRIORITY.sub("PRIO", text)
        text = TIME.sub("TIME", text)
        return LABEL.sub(r"<\1> PRIO", text)


def use_long_numbers(real: RealCell) -> None:
    """Have the real cell number its jobs from 500001 on, so that a number in a text is a job number."""
    sequence = real.directory / "spool" / "qmaster" / "jobseqnum"
    real.stop_qmaster(graceful=True)
    if int(sequence.read_text()) < 500000:
        sequence.write_text("500000\n")
    real.start_qmaster()


class Twin:
    """A pure cell and a real one."""

    def __init__(self, real: RealCell, directory: Path, slots: int) -> None:
        self.real = real
        self.directory = directory
        self.pure = PureCell(directory, slots=slots, first_job_number=700001)
        self.pure.qmaster.now = time.time()
        self.sides = (Side(), Side())
        self.home = directory / "home"
        self.trace: list[str] = []

    def on_real(self, words: list[str], user: str, stdin: bytes = b"", clock: float = 60.0) -> Answer:
        env = {
            "HOME": str(self.home),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "USER": user,
            "LOGNAME": user,
            **self.real.env,
        }
        other = {} if user == "root" else {"user": user, "group": 65534, "extra_groups": []}
        done = subprocess.run(
            [str(BINARIES / words[0]), *words[1:]],
            env=env,
            cwd=self.home,
            input=stdin,
            capture_output=True,
            timeout=clock,
            check=False,
            **other,
        )  # type: ignore[call-overload]
        return done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr)

    def both(self, words: list[str], user: str = "root", stdin: bytes = b"") -> tuple[Answer, Answer]:
        """Run a command on both; the masked answers, the fake's first."""
        fake, real = self.sides
        got = self.pure.run(fake.fill(words), user, stdin=stdin)
        expected = self.on_real(real.fill(words), user, stdin)
        if words[0] == "qsub":
            fake.learn(got)
            real.learn(expected)
        masked = [
            (code, side.mask(cut_help(out)), side.mask(cut_help(err)))
            for side, (code, out, err) in ((fake, got), (real, expected))
        ]
        self.trace.append(f"{user}: {' '.join(words)} -> {masked[1]}")
        return masked[0], masked[1]

    def check(self, words: list[str], user: str = "root", stdin: bytes = b"") -> None:
        got, expected = self.both(words, user, stdin)
        assert got == expected, self._report(words, got, expected)

    def _report(self, words: list[str], got: object, expected: object) -> str:
        steps = "\n".join(self.trace[-25:])
        return f"\n{words}\nfake {got}\nreal {expected}\nsteps:\n{steps}"

    def listings(self) -> tuple[str, str]:
        """qstat of both, as sorted masked lines."""
        self.pure.qmaster.tick()
        found = []
        for side, (_, out, _) in zip(
            self.sides,
            (self.pure.run(["qstat", "-u", "*"], "root"), self.on_real(["qstat", "-u", "*"], "root")),
        ):
            lines = sorted(" ".join(line.split()) for line in side.mask(out).splitlines()[2:])
            found.append("\n".join(lines))
        return found[0], found[1]

    def settle(self) -> None:
        """Wait until both cells list the same jobs in the same states, and ended ones are forgotten."""
        end = time.monotonic() + SETTLE_SECONDS
        while True:
            self.pure.settle(1.0)
            fake, real = self.listings()
            if fake == real and self._forgotten():
                return
            assert time.monotonic() < end, self._report(["qstat"], fake, real)
            time.sleep(0.1)

    def _forgotten(self) -> bool:
        known = self.pure.qmaster.engine.state.jobs
        for fake, real in zip(self.sides[0].numbers, self.sides[1].numbers):
            if fake not in known and self.on_real(["qstat", "-j", str(real)], "root")[0] == 0:
                return False
        return True

    def clear(self) -> None:
        """Delete all jobs of the real cell and wait until they are gone."""
        self.on_real(["qdel", "-u", "*"], "root")
        end = time.monotonic() + SETTLE_SECONDS
        while self.on_real(["qstat", "-u", "*"], "root")[1]:
            assert time.monotonic() < end, "the real cell does not get empty"
            time.sleep(0.1)
