"""An exception at a chosen instant, as a signal handler would raise it there."""

from __future__ import annotations

import dis
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupt(BaseException):
    """What a signal handler raises."""


def is_return(frame: FrameType) -> bool:
    """Whether a frame is about to return."""
    return dis.opname[frame.f_code.co_code[frame.f_lasti]].startswith("RETURN")


def interrupted_at(count: int, do: Callable[[], object], ours: Callable[[str], bool]) -> bool:
    """Do something, with an exception at the count-th instruction in these files; False: it is shorter.

    Returning is no such instant: what is returned has left the frame by then, and is its caller's to lose.
    """
    left = count
    thread = threading.get_ident()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if not ours(frame.f_code.co_filename) or threading.get_ident() != thread:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = sys.version_info >= (3, 10)  # 3.9 loses what is raised where both are told
        if event in ("line", "opcode") and not is_return(frame):
            left -= 1
            if left == 0:
                raise Interrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        do()
    except Interrupt:
        return True
    finally:
        sys.settrace(before)
    return False
