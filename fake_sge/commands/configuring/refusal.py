"""What ends a qconf call that would change something."""

from __future__ import annotations


class ChangeRefused(Exception):
    """A change that is refused: what is said, and the exit code."""

    def __init__(self, *lines: str, code: int = 1, stops: bool = False) -> None:
        """``stops``: the options that follow are not looked at either."""
        super().__init__(*lines)
        self.lines = lines
        self.code = code
        self.stops = stops
