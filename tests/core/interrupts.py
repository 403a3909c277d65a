"""An exception at a chosen instant, as a signal handler would raise it there."""

from __future__ import annotations

import dis
import functools
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any


class Interrupt(BaseException):
    """What a signal handler raises."""


@functools.cache
def returns(code: CodeType) -> frozenset[int]:
    """Where a function returns."""
    words = code.co_code
    return frozenset(at for at in range(0, len(words), 2) if dis.opname[words[at]].startswith("RETURN"))


def interrupted_at(count: int, do: Callable[[], object], ours: Callable[[str], bool]) -> bool:
    """Do something, with an exception at the count-th instruction in these files; False: it is shorter.

    Returning is no such instant: what is returned has left the frame by then, and is its caller's to lose.
    """
    left = count

    def enter(frame: FrameType, _: str, __: Any) -> Any:
        if not ours(frame.f_code.co_filename):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = sys.version_info >= (3, 10)  # 3.9 loses what is raised where both are told
        ends = returns(frame.f_code)

        def instant(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal left
            if event in ("line", "opcode") and frame.f_lasti not in ends:
                left -= 1
                if left == 0:
                    raise Interrupt
            return instant

        return instant

    before = sys.gettrace()
    sys.settrace(enter)  # of this thread alone
    try:
        do()
    except Interrupt:
        return True
    finally:
        sys.settrace(before)
    return False
