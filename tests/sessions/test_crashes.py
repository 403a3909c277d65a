"""Keyed submissions while the qmaster dies: each key gives exactly one job.

Two hundred crashes: ``python -m tests.sessions.crashes``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real_cell import RealCell
from tests.sessions.crashes import CrashCampaign

CRASHES = 6


@pytest.mark.campaign
@pytest.mark.real_cell
@pytest.mark.timeout(900)
def test_crashes_of_a_real_qmaster(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with RealCell(tmp_path_factory.mktemp("crash") / "cell") as cell:
        result = CrashCampaign(cell, tmp_path / "run", 7, DRMAA_CLI_ACCOUNTING_MARGIN="3").run(CRASHES)
    assert result.crashes == CRASHES
    assert result.program_kills == CRASHES // 2
    assert not result.wrong
