"""The line that tells how far a map has come."""

from __future__ import annotations

import pytest

from drmaa_cli.cli.map.display import Display
from drmaa_cli.jobs.progress import Progress


def test_a_listing_older_than_the_last_ends_never_makes_more_commands_than_there_are() -> None:
    display = Display(5, 0, quiet=True)
    display.counts(Progress(5, running=4, pending=1))
    for _ in range(3):
        display.ended(well=True)
    assert display.line(200).startswith("[############........] 3 of 5, 2 running, 0 waiting")
    for _ in range(2):
        display.ended(well=False)
    assert display.line(200).endswith("5 of 5, 2 failed, 0 running, 0 waiting")


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (1234.5, "1,234/s"),
        (99.96, "100/s"),
        (84.44, "84.4/s"),
        (1.0, "1/s"),
        (0.5, "30/min"),
        (0.004, "0.24/min"),
    ],
)
def test_rates_are_figures_that_people_read(rate: float, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    display = Display(1000, 0, quiet=True)
    monkeypatch.setattr(Display, "rate", lambda self: rate)
    assert display.line(200).endswith(f" left, {text}")
