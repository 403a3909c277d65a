"""kill -9 at any moment: nothing is lost, nothing runs twice, and every JobInfo is right."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from tests.real_cell import RealCell
from tests.sessions.kit import Campaign
from tests.sessions.program import POINTS

SEEDS = (1, 2, 3)
SIDE_BY_SIDE = 3
MOST_ROUNDS = 60


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(point: str, shared_cell: Cell, tmp_path: Path) -> None:
    campaign = Campaign(tmp_path / "c", shared_cell.env, singles=4, tasks=3)
    for count in (1, 2, 1, 3):
        campaign.run_until(f"{point}:{count}")
    campaign.check(campaign.finish())
    assert campaign.kills >= (1 if point.endswith("-end") else 3)  # ends are written down many at a time


def kill_often(campaign: Campaign, seed: int, seconds: float, kills: int, *, with_children: bool) -> int:
    chance = random.Random(seed)
    for _ in range(MOST_ROUNDS):
        if campaign.kills < kills and campaign.run_and_kill(seconds, chance, with_children=with_children):
            continue
        break
    campaign.check(campaign.finish())
    return campaign.kills


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_random_moments(seed: int, shared_cell: Cell, tmp_path: Path) -> None:
    # several sessions at once, with the same job names: none takes another's job for its own
    env = {**shared_cell.env, "DRMAA_CLI_STATE_DIR": str(tmp_path / "state")}
    campaigns = [Campaign(tmp_path / f"c{index}", env) for index in range(SIDE_BY_SIDE)]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        runs = [
            pool.submit(kill_often, campaign, 100 * seed + index, 0.12, 20, with_children=False)
            for index, campaign in enumerate(campaigns)
        ]
        kills = [run.result() for run in runs]
    print("kills:", kills)
    assert sum(kills) >= 40


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_killed_with_its_qsub(shared_cell: Cell, tmp_path: Path) -> None:
    kills = kill_often(Campaign(tmp_path / "c", shared_cell.env), 7, 0.2, 20, with_children=True)
    assert kills >= 15


@pytest.mark.slow
@pytest.mark.real_cell
@pytest.mark.timeout(400)
def test_killed_at_random_moments_on_a_real_cell(real_cell: RealCell, tmp_path: Path) -> None:
    env = {**real_cell.env, "PATH": f"{real_cell.bin_directory}:/usr/bin:/bin", "HOME": str(tmp_path)}
    kills = 0
    for seed in range(10):  # a fast machine is done before it was killed so often
        kills += kill_often(Campaign(tmp_path / f"c{seed}", env), seed, 0.15, 20 - kills, with_children=False)
        if kills >= 20:
            break
    print("kills:", kills)
    assert kills == 20
