"""Writing the accounting file, with its faults."""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable
from pathlib import Path

from ..faults import ACCOUNTING, FaultKind, FaultList
from .log import log

_TAIL = 1 << 20


class AccountingFile:
    """Appends lines; the file is made with its header when the first line comes.

    Args:
        path: the file.
        faults: what goes wrong.
        header: its first lines.
        now: the cell's clock, by which late lines are written.
    """

    def __init__(self, path: Path, faults: FaultList, header: str, now: Callable[[], float]) -> None:
        self.path = path
        self.faults = faults
        self.header = header
        self._now = now
        self._failing = False
        self._late: list[tuple[float, str]] = []

    def write(self, lines: list[str]) -> bool:
        """Append lines; False when that is impossible now (disk full): nothing was written then."""
        text = "".join(self._spoiled(line) for line in lines)
        return self._append(text)

    def _spoiled(self, line: str) -> str:
        text = line + "\n"
        for fault in self.faults.take(ACCOUNTING, "accounting"):
            if fault.kind is FaultKind.ACCOUNTING_LATE:
                heapq.heappush(self._late, (self._now() + fault.seconds, text))
                text = ""
            elif fault.kind is FaultKind.ACCOUNTING_ABSENT:
                text = ""
            elif fault.kind is FaultKind.ACCOUNTING_DUPLICATE:
                text *= 2
            else:
                text = text[: fault.at or len(text) // 2] + "\n"
        return text

    def _append(self, text: str) -> bool:
        if not text:
            return True
        data = os.fsencode(text)
        try:
            with self.path.open("ab", buffering=0) as out:
                size = os.fstat(out.fileno()).st_size
                if size == 0:
                    data = self.header.encode() + data
                try:
                    written = out.write(data)
                    if written != len(data):
                        out.write(data[written:])
                except OSError:
                    os.ftruncate(out.fileno(), size)
                    raise
        except OSError as error:
            if not self._failing:
                log.error("cannot write %s: %s", self.path, error.strerror)
            self._failing = True
            return False
        self._failing = False
        return True

    def write_late(self) -> None:
        """Write the lines that a fault held back, when their time has come."""
        while self._late and self._late[0][0] <= self._now():
            if not self._append(self._late[0][1]):
                return
            heapq.heappop(self._late)

    def next_late(self) -> float:
        """When :meth:`write_late` has something to do, by the cell's clock."""
        return self._late[0][0] if self._late else float("inf")

    def skip_written(self, lines: list[str], apply: Callable[..., object]) -> None:
        """After a crash: lines that had reached the file already are not written again."""
        if not lines:
            return
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
                tail = set(os.fsdecode(file.read()).splitlines())
        except FileNotFoundError:
            return
        count = 0
        while count < len(lines) and lines[count] in tail:
            count += 1
        if count:
            apply("written", count)
