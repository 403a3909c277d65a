"""The ``-help`` texts of the tools, as printed by Son of Grid Engine 8.1.9 (captures ``help.*``, real cell).

``qlogin``, ``qsh`` and the ones without a capture were taken from the same release with ``TOOL -help``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

BANNER = "SGE 8.1.9"


@cache
def _stored(tool: str) -> str:
    return (Path(__file__).parent / f"{tool}.txt").read_text(encoding="ascii")


def usage(tool: str, banner: str = BANNER) -> str:
    """What ``TOOL -help`` prints on stdout and a usage error on stderr.

    ``banner`` is the version line that other dialects print instead. Raises FileNotFoundError for a
    name that is no tool.
    """
    return banner + _stored(tool)[len(BANNER) :]
