"""How Grid Engine prints numbers, sizes, durations, dates and text inside XML."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

_SIZES = ((1024.0**4, "T"), (1024.0**3, "G"), (1024.0**2, "M"), (1024.0, "K"))
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_XML = str.maketrans({"&": "&amp;", "<": "%lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


def encode(text: str) -> bytes:
    """The bytes of text that was decoded with ``os.fsdecode``."""
    return text.encode("utf-8", "surrogateescape")


def memory(value: float) -> str:
    """Bytes with a unit letter as in ``qstat -F`` and ``qstat -j``: ``22.743G``, ``0.000``."""
    for size, letter in _SIZES:
        if abs(value) >= size:
            return f"{value / size:.3f}{letter}"
    return f"{value:.3f}"


def memory_bytes(value: float) -> str:
    """Bytes with a unit as in qacct: ``4.648KB``, ``1.000TB`` (1e30 and inf are TB too, nan is B)."""
    if math.isnan(value):
        return "nanB"
    return memory(value) + "B"


def duration(seconds: float) -> str:
    """Seconds as ``HH:MM:SS``, with days ``D:HH:MM:SS`` (cpu in ``qstat -j``, time resources in ``-F``)."""
    whole = int(seconds)
    days, rest = divmod(whole, 86400)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}:{text}" if days else text


def days_duration(seconds: float) -> str:
    """Seconds as ``D:HH:MM:SS``: the cpu column of ``qstat -ext``."""
    whole = int(seconds)
    return f"{whole // 86400}:{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def fixed(text: str, width: int) -> str:
    """C's ``%-N.Ns``: cut and padded to exactly ``width``."""
    return text[:width].ljust(width)


def xml_escape(text: str) -> str:
    """Text in XML as Grid Engine writes it: ``<`` becomes ``%lt;`` (its defect)."""
    return text.translate(_XML)


class Clock:
    """Dates in the time zone of ``localtime``. Epoch seconds in, text out."""

    def __init__(self, localtime: Callable[[int], time.struct_time]) -> None:
        self._localtime = localtime
        self._tables: dict[int, str] = {}
        self._isos: dict[int, str] = {}

    def broken_down(self, seconds: float) -> time.struct_time:
        """Local time as a struct_time."""
        return self._localtime(int(seconds))

    def table(self, seconds: float) -> str:
        """``11/23/2026 09:13:51``: the qstat table and error reasons."""
        key = int(seconds)
        text = self._tables.get(key)
        if text is None:
            t = self._localtime(key)
            text = (
                f"{t.tm_mon:02d}/{t.tm_mday:02d}/{t.tm_year:04d} "
                f"{t.tm_hour:02d}:{t.tm_min:02d}:{t.tm_sec:02d}"
            )
            self._tables[key] = text
        return text

    def iso(self, seconds: float) -> str:
        """``2026-11-23T09:13:51``: ``qstat -xml``."""
        key = int(seconds)
        text = self._isos.get(key)
        if text is None:
            t = self._localtime(key)
            text = (
                f"{t.tm_year:04d}-{t.tm_mon:02d}-{t.tm_mday:02d}"
                f"T{t.tm_hour:02d}:{t.tm_min:02d}:{t.tm_sec:02d}"
            )
            self._isos[key] = text
        return text

    def ctime(self, seconds: float) -> str:
        """``Mon Nov 23 09:13:51 2026``: ``qstat -j`` and qacct."""
        t = self._localtime(int(seconds))
        return (
            f"{_WEEKDAYS[t.tm_wday]} {_MONTHS[t.tm_mon - 1]} {t.tm_mday:2d} "
            f"{t.tm_hour:02d}:{t.tm_min:02d}:{t.tm_sec:02d} {t.tm_year}"
        )
