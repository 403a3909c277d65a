"""Keyed submissions over ssh by programs that are killed, over connections that are cut: a job for each key.

More of it: ``python -m tests.ssh.cut_campaign``.
"""

from __future__ import annotations

import pytest

from tests.ssh.cut_campaign import campaign


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_some_kills_and_cuts() -> None:
    kills = cuts = 0
    seed = 3
    while kills < 2 or cuts < 1:  # how many come in time depends on the speed of the machine
        result = campaign(seed, 4, is_real=False)
        assert result.keys
        assert not result.wrong
        assert not result.left
        kills, cuts, seed = kills + result.kills, cuts + sum(result.cuts.values()), seed + 1


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("is_real", [False, pytest.param(True, marks=pytest.mark.real_cell)])
def test_many_kills_and_cuts(is_real: bool) -> None:
    result = campaign(11, 120, is_real)
    assert result.kills >= 60
    assert sum(result.cuts.values()) >= 100
    assert not result.wrong
    assert not result.left
