"""The help of the commands: Grid Engine's banner and usage line, then the options with what they do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..model.flavours import Flavour

_WITH_JOBS = ("qalter", "qdel", "qhold", "qrls")
_WIDTH = 34


class OptionHelp(NamedTuple):
    """An option, its argument ("" for none, in brackets when it may be left out), and what it does."""

    switch: str
    argument: str
    text: str


def usage(flavour: Flavour, tool: str, options: Iterable[OptionHelp]) -> str:
    """What ``TOOL -help`` prints on stdout and a usage error on stderr (head: captures ``help.*``)."""
    operands = " job_task_list" if tool in _WITH_JOBS else ""
    lines = [flavour.banner, f"usage: {tool} [options]{operands}"]
    for switch, argument, text in options:
        word = f"[{switch} {argument}]" if argument else f"[{switch}]"
        lines.append(f"   {word:<{_WIDTH}} {text}")
    return "".join(f"{line}\n" for line in lines)
