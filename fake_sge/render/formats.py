"""How Grid Engine prints numbers, sizes, durations, dates and text inside XML."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from ..model import failures
from ..model.flavours import Flavour, Times
from ..model.values import memory

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = "{0.tm_year:04d}-{0.tm_mon:02d}-{0.tm_mday:02d}"
_TIME = "{0.tm_hour:02d}:{0.tm_min:02d}:{0.tm_sec:02d}"
_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


def memory_bytes(value: float) -> str:
    """Bytes with a unit as in qacct: ``4.648KB``, ``1.000TB`` (1e30 and inf are TB too, nan is B)."""
    if math.isnan(value):
        return "nanB"
    return memory(value) + "B"


def days_duration(seconds: float) -> str:
    """Seconds as ``D:HH:MM:SS``: the cpu column of ``qstat -ext``."""
    whole = int(seconds)
    return f"{whole // 86400}:{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def fixed(text: str, width: int) -> str:
    """C's ``%-N.Ns``: cut and padded to exactly ``width``."""
    return text[:width].ljust(width)


def xml_escape(text: str) -> str:
    """Text in XML; the whole document goes through :func:`finished`."""
    return text.translate(_XML)


def finished(flavour: Flavour, document: str) -> str:
    """A document with ``<`` as the flavour writes it: ``%lt;`` is a defect of most of them."""
    return document.replace("&lt;", flavour.less_than)


class Clock:
    """Dates in the time zone of ``localtime``. Epoch seconds in, text out."""

    def __init__(
        self,
        localtime: Callable[[int], time.struct_time],
        times: Times = Times(),  # noqa: B008 - a constant
    ) -> None:
        self._localtime = localtime
        self._times = times
        self._texts: dict[tuple[str, int], str] = {}

    def _text(self, form: str, seconds: float) -> str:
        key = (form, int(seconds))
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = form.format(self._localtime(key[1]))
        return text

    def table(self, seconds: float) -> str:
        """``11/23/2026 09:13:51`` or ``2026-11-23 09:13:51``: the qstat table."""
        day = _DAY + " " if self._times.iso else "{0.tm_mon:02d}/{0.tm_mday:02d}/{0.tm_year:04d} "
        return self._text(day + _TIME, seconds)

    def broken_down(self, seconds: float) -> time.struct_time:
        """Local time as a struct_time."""
        return self._localtime(int(seconds))

    def iso(self, seconds: float) -> str:
        """``2026-11-23T09:13:51``."""
        return self._text(_DAY + "T" + _TIME, seconds)

    def _fraction(self, seconds: float) -> str:
        digits = self._times.digits
        return f".{int((seconds % 1) * 10**digits + 0.5):0{digits}d}" if digits else ""

    def xml(self, seconds: float) -> str:
        """``2026-11-23T09:13:51``, with a fraction where the flavour has one: ``qstat -xml``."""
        return self.iso(seconds) + self._fraction(seconds)

    def stamp(self, seconds: float) -> str:
        """Seconds since 1970, or the date as :meth:`xml`: ``qstat -j -xml``; 0 for never."""
        return str(int(seconds)) if self._times.epoch or not seconds else self.xml(seconds)

    def long(self, seconds: float) -> str:
        """``Mon Nov 23 09:13:51 2026`` or ``2026-11-23 09:13:51.123456``: ``qstat -j`` and qacct."""
        return self.table(seconds) + self._fraction(seconds) if self._times.iso else self.ctime(seconds)

    def reason(self, seconds: float, text: str) -> str:
        """An error reason: a shepherd has dated it, an execution daemon has not (real cell)."""
        return (
            text if text == failures.NO_TMPDIR else f"{self.table(seconds)}{self._fraction(seconds)} {text}"
        )

    def ctime(self, seconds: float) -> str:
        """``Mon Nov 23 09:13:51 2026``."""
        t = self._localtime(int(seconds))
        day = f"{_WEEKDAYS[t.tm_wday]} {_MONTHS[t.tm_mon - 1]} {t.tm_mday:2d}"
        return f"{day} {_TIME.format(t)} {t.tm_year}"
