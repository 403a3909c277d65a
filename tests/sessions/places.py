"""Where tests find session files."""

from __future__ import annotations

from pathlib import Path

from drmaa_cli.store import places


def path_of(directory: Path, name: str) -> Path:
    """The file of the session of this name."""
    return Path(places.path_of(str(directory), name))
