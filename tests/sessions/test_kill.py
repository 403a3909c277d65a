"""kill -9 at any moment: nothing is lost, nothing runs twice, and every JobInfo is right.

A moment is a place the program has come to, never a time: how often it is killed does not depend on how fast
the machine is.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from tests.real_cell import RealCell
from tests.sessions.kit import MOMENTS_OF_QSUB, Campaign
from tests.sessions.program import POINTS

pytestmark = pytest.mark.slow

SIDE_BY_SIDE = 3
CALLS_OF_A_SUBMISSION = 350  # of functions of drmaa_cli, as counted
CALLS_AT_LEAST = 10_000  # of 20 submissions and of the waiting for everything


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(point: str, shared_cell: Cell, tmp_path: Path) -> None:
    campaign = Campaign(tmp_path / "c", shared_cell.env, singles=4, tasks=3)
    for count in (1, 2, 1, 3):
        campaign.run_until(f"{point}:{count}")
    campaign.check(campaign.finish())
    assert campaign.kills >= (1 if point.endswith("-end") else 3)  # ends are written down many at a time


def moments(seed: int) -> Iterator[str]:
    """Twenty moments while a program of 51 submissions starts, submits (at most 31), and at last waits."""
    chance = random.Random(seed)
    for qsubs in (0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3):
        yield f"qsub:{qsubs}:{chance.randint(1, CALLS_OF_A_SUBMISSION)}"
    yield f"qsub:1:{chance.randint(1, CALLS_AT_LEAST)}"


def kill_often(campaign: Campaign, seed: int) -> None:
    for moment in moments(seed):
        assert campaign.run_until(moment), f"not killed at {moment}"
    campaign.check(campaign.finish())


@pytest.mark.long
def test_killed_at_random_moments(shared_cell: Cell, tmp_path: Path) -> None:
    # several sessions at once, with the same job names: none takes another's job for its own
    env = {**shared_cell.env, "DRMAA_CLI_STATE_DIR": str(tmp_path / "state")}
    campaigns = [Campaign(tmp_path / f"c{index}", env) for index in range(SIDE_BY_SIDE)]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        runs = [pool.submit(kill_often, campaign, seed) for seed, campaign in enumerate(campaigns, 100)]
        for run in runs:
            run.result()


def test_killed_with_its_qsub(shared_cell: Cell, tmp_path: Path) -> None:
    campaign = Campaign(tmp_path / "c", shared_cell.env, singles=25, tasks=20)
    for count in (1, 3, 2):
        for moment in MOMENTS_OF_QSUB:
            assert campaign.run_until_qsub(moment, count), f"not killed {moment} of qsub {count}"
    campaign.check(campaign.finish())


@pytest.mark.long
@pytest.mark.real_cell
def test_killed_at_random_moments_on_a_real_cell(real_cell: RealCell, tmp_path: Path) -> None:
    env = {**real_cell.env, "PATH": f"{real_cell.bin_directory}:/usr/bin:/bin", "HOME": str(tmp_path)}
    kill_often(Campaign(tmp_path / "c", env), 10)
