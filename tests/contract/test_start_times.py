"""When a job may start: full and partial times, offsets, and what overrides what."""

from __future__ import annotations

import datetime
import re
import time

import pytest

from tests.contract.harness import World


def start_of(world: World, job: str) -> float:
    """The instant from which a job may start, in seconds since the epoch."""
    xml = world.tool("qstat", "-j", job, "-xml").stdout
    found = re.search(r"<JB_execution_time>([\dT:.-]+)</", xml)
    assert found is not None, xml
    return world.instant(found[1])


def local(*fields: int) -> float:
    return datetime.datetime(*fields).astimezone().timestamp()  # type: ignore[arg-type]


def test_full_start_times(session: World) -> None:
    rows = {
        "2031/02/03 04:05:06": local(2031, 2, 3, 4, 5, 6),
        "2031/02/03 04:05": local(2031, 2, 3, 4, 5),
        "31/02/03 4:05": local(2031, 2, 3, 4, 5),
        "2031/02/03  04:05:06 ": local(2031, 2, 3, 4, 5, 6),
        "2001/02/03 04:05": local(2001, 2, 3, 4, 5),
        "1970/01/01 00:00": 0.0,
    }
    assert {text: start_of(session, session.held(startTime=text)) for text in rows} == rows


def begun_day() -> datetime.datetime:
    """The first instant of today, of which there are minutes left: just before midnight of the next."""
    while (now := datetime.datetime.now()).time() > datetime.time(23, 58, 30):
        time.sleep(1)
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def test_partial_start_times(session: World) -> None:
    past = begun_day()
    soon, tomorrow = past.replace(hour=23, minute=59, second=59), past + datetime.timedelta(days=1)
    next_year = past.replace(year=past.year + 1) if (past.month, past.day) != (2, 29) else None
    rows = {
        "23:59:59": soon.timestamp(),
        "00:00:00": tomorrow.timestamp(),
        " 23:59 ": soon.replace(second=0).timestamp(),
        f"{soon:%d %H:%M:%S}": soon.timestamp(),
        f"{soon:%m/%d %H:%M:%S}": soon.timestamp(),
    }
    if next_year is not None:
        rows[f"{past:%m/%d %H:%M:%S}"] = next_year.timestamp()
    assert {text: start_of(session, session.held(startTime=text)) for text in rows} == rows


@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa aborts the process, or gives a wrong instant
def test_start_times_with_an_offset(session: World) -> None:
    base = datetime.datetime(2031, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc).timestamp()
    rows = {
        "2031/02/03 04:05:06 +00:00": base,
        "2031/02/03 04:05:06 +05:30": base - 5.5 * 3600,
        "2031/02/03 04:05:06 -07:00": base + 7 * 3600,
        "2031/02/03 04:05:06+01:00": base - 3600,
    }
    assert {text: start_of(session, session.held(startTime=text)) for text in rows} == rows


def test_start_time_wins_over_native(session: World) -> None:
    job = session.held(startTime="2031/02/03 04:05:06", nativeSpecification="-a 203501010000")
    xml = session.tool("qstat", "-j", job, "-xml").stdout
    [found] = re.findall(r"<JB_execution_time>([^<]*)<", xml)
    assert session.instant(found) == local(2031, 2, 3, 4, 5, 6)


@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa silently sets the hour to zero
def test_what_is_not_well_said_after_a_time(session: World) -> None:
    for text in ("2031/02/03 04:05 Z", "2031/02/03 04:05 UTC", "04:05 PM", "04:05 +0100"):
        with session.refuses("DeniedByDrmException", "code 17: Error parsing DRMAA date string"):
            session.run(startTime=text)
