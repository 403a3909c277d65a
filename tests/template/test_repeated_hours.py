"""Which moments a clock change makes the clocks show twice."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from drmaa_cli.template.start_time import is_repeated
from tests.tables import each_row


@each_row(
    "zone, moment, repeated",
    [
        ("Europe/Berlin", "2026-10-25 00:00:00", True),
        ("Europe/Berlin", "2026-10-24 23:59:59", False),
        ("Europe/Berlin", "2026-10-25 01:59:59", True),
        ("Europe/Berlin", "2026-10-25 02:00:00", False),
        ("Europe/Berlin", "2026-03-29 01:00:00", False),
        ("America/New_York", "2026-11-01 05:00:00", True),
        ("America/New_York", "2026-11-01 07:00:00", False),
        ("Australia/Lord_Howe", "2027-04-03 14:30:00", True),
        ("Australia/Lord_Howe", "2027-04-03 14:29:59", False),
        ("Australia/Lord_Howe", "2027-04-03 15:29:59", True),
        ("Australia/Lord_Howe", "2027-04-03 15:30:00", False),
        ("Asia/Kathmandu", "2026-10-25 00:00:00", False),
    ],
)
def test_local_times_that_come_twice(zone: str, moment: str, repeated: bool) -> None:
    when = datetime.fromisoformat(moment).replace(tzinfo=timezone.utc).timestamp()
    place = ZoneInfo(zone)

    def localtime(seconds: float) -> time.struct_time:
        return datetime.fromtimestamp(seconds, place).timetuple()

    assert is_repeated(when, localtime) == repeated
