"""Whether SGE_ROOT and SGE_CELL of a call are good."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

from ..model.requests import Request


class EnvProblem(enum.Enum):
    """What is wrong with the environment of a call."""

    ROOT_UNSET = "SGE_ROOT unset"
    ROOT_MISSING = "SGE_ROOT is no directory"
    CELL_MISSING = "the cell directory does not exist"


@dataclass(frozen=True)
class BadEnvironment:
    """A problem and the path that the tools name: SGE_ROOT, or ``$SGE_ROOT/$SGE_CELL``."""

    problem: EnvProblem
    path: str


def check(request: Request) -> BadEnvironment | None:
    """None when SGE_ROOT and SGE_CELL are good. Each tool words it in its own way (captures ``env.*``)."""
    root = request.sge_root
    if not root:
        return BadEnvironment(EnvProblem.ROOT_UNSET, "")
    if not Path(root).is_dir():
        return BadEnvironment(EnvProblem.ROOT_MISSING, root)
    cell = f"{root}/{request.env.get('SGE_CELL') or 'default'}"
    if not Path(cell).is_dir():
        return BadEnvironment(EnvProblem.CELL_MISSING, cell)
    return None
