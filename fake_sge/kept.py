"""The options with which the cell in a directory was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import CellError
from .options import CellOptions


def options(settings: Path) -> CellOptions | None:
    """Those of the cell that has this file of settings; None where there is none.

    Raises:
        CellError: the file is damaged.
    """
    try:
        return CellOptions.from_json(json.loads(settings.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise CellError(f"{settings} is damaged: {error}") from error


def check(existing: CellOptions, given: Mapping[str, Any], directory: Path) -> None:
    """See that nothing else is asked for than what an existing cell is.

    Args:
        existing: how it was made.
        given: the options that somebody asks for now, by their names.
        directory: the cell's.

    Raises:
        CellError: something differs.
    """
    has, wants = (made.to_json() for made in (existing, CellOptions(**given)))
    other = [
        f"{name} is {has[name]!r}, not {wants[name]!r}"
        for name in given
        if json.dumps(has[name], sort_keys=True) != json.dumps(wants[name], sort_keys=True)
    ]
    if other:
        raise CellError(
            f"the cell in {directory} was made with other options: {'; '.join(other)}. Start it without them "
            "and change it (qconf, fake-sge set), or remove it first"
        )
