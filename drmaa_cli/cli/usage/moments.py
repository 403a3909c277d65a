"""Moments in the past as people say them: ``2d``, ``36h``, ``2026-11-25 14:30``, ``yesterday``."""

from __future__ import annotations

import datetime
import re

UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
AGO = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s?([mhdw])", re.ASCII)
FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")
HINT = "say 90m, 12h, 2d, 1w, a date such as 2026-11-25 or '2026-11-25 14:30', 14:30, today or yesterday"


def since(text: str, now: float) -> float:
    """The moment, in epoch seconds.

    Args:
        text: how long ago, a date, or a time of today; local time.
        now: epoch seconds.

    Raises:
        ValueError: it is none, or lies in the future.
    """
    word = text.strip().lower()
    ago = AGO.fullmatch(word)
    if ago is not None:
        return max(now - float(ago[1]) * UNITS[ago[2]], 0.0)
    moment = _date(text.strip(), datetime.datetime.fromtimestamp(now))
    if moment is None:
        raise ValueError(f"{text!r} is no moment: {HINT}")
    found = max(moment.timestamp(), 0.0) if moment.year >= 1970 else 0.0
    if found > now:
        raise ValueError(f"{text!r} lies in the future: {HINT}")
    return found


def _date(text: str, now: datetime.datetime) -> datetime.datetime | None:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if text.lower() in ("today", "yesterday"):
        return today - datetime.timedelta(days=text.lower() == "yesterday")
    for form in FORMS:
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            continue
    try:
        clock = datetime.datetime.strptime(text, "%H:%M")
    except ValueError:
        return None
    return today.replace(hour=clock.hour, minute=clock.minute)
