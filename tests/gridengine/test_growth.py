"""Texts that grow: no reader may take more than in proportion.

A text ten times as long may take ten times as long; what is quadratic takes a hundred times. The processor
time of the thread is compared, the least of several runs, so a busy machine does not matter.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from drmaa_cli.gridengine import control, probe, qacct, qstat, qsub
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.gridengine.replies import GridEngineError
from tests.gridengine.captured import result

SHORT, LONG = 300, 3_000
MOST = 35.0  # times as long; linear is 10, quadratic 100
FLOOR = 5e-5  # seconds: what is faster than that has no measure


def growth(run: Callable[[int], object]) -> float:
    """How many times as long the long text takes; 1 for what takes no time to speak of."""

    def least(length: int, runs: int) -> float:
        times = []
        for _ in range(runs):
            began = time.thread_time()
            run(length)
            times.append(time.thread_time() - began)
        return min(times)

    if least(LONG, 1) < MOST * FLOOR:
        return 1.0
    return least(LONG, 4) / max(least(SHORT, 4), FLOOR)


PIECES = [
    " ", "\n", "a", "1", ":", "-", ".", '"', "\\", "\\\n", " \\\n", "<", "< ", "<a ", "qsub: ",
    "The job 1 of user(s) ", 'Your job 1 ("', 'job "1" ', "denied: ", " - ", "usage: q", "$HOME", "1,", "1:",
    "session=", "error: ", '"job_number" ', "commlib error: ", "1.1 ", "root has deleted job ",
]  # fmt: skip


JOBS = [JobId(5), JobId(7, 1)]
READERS: dict[str, Callable[[str], object]] = {
    "listing": lambda text: qstat.parse_listing(result(text)),
    "listing of XML": lambda text: qstat.parse_listing(
        result(f"<?xml version='1.0'?><job_info>{text}</job_info>")
    ),
    "details": lambda text: qstat.parse_details(result(f"<?xml version='1.0'?><a>{text}"), [5]),
    "qacct": lambda text: qacct.parse(result("=" * 62 + f"\n{text}\n")),
    "qsub": lambda text: qsub.parse_submission(result(text, text, 1)),
    "control": lambda text: control.parse("terminate", result(text, text, 1), JOBS),
    "sconf": lambda text: probe.parse_sconf(result(f"{text}\n")),
    "banner": lambda text: probe.banner(result(text)),
}


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_is_linear(reader: str) -> None:
    for piece in PIECES:

        def run(length: int, piece: str = piece) -> object:
            try:
                return READERS[reader](piece * (length // len(piece)))
            except GridEngineError as error:
                return error

        assert growth(run) < MOST, piece
