"""Dates as the recorded commands print them."""

from __future__ import annotations

from datetime import datetime, timezone

FORMS = ("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%a %b %d %H:%M:%S %Y")


def instant(text: str) -> float:
    """A date in UTC of any flavour: seconds, ``2026-11-23T09:13:51.5``, ``11/23/2026 09:13:51`` ..."""
    if text.isdigit():
        return float(text)
    whole, _, fraction = text.replace("T", " ", int(text[4] == "-")).partition(".")
    form = FORMS[0 if whole[4] == "-" else 2 if whole[0].isalpha() else 1]
    when = datetime.strptime(whole, form).replace(tzinfo=timezone.utc).timestamp()
    return when + (float(f"0.{fraction}") if fraction else 0.0)
