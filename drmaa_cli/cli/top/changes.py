"""What became of jobs that were to be changed, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from textual.message import Message

from drmaa_cli.cli.control import VERBS
from drmaa_cli.cli.screen import visible
from drmaa_cli.cli.words import number

MOST = 4  # so many refusals are told of


class Changed(Message):
    """Jobs have been changed, or refused to be.

    Args:
        verb: what was to be done.
        wanted: the jobs' ids, by their sessions.
        refused: what was said against it, by ids.
        trouble: why it could not be done at all, or ''; some may have been changed nevertheless.
    """

    def __init__(
        self,
        verb: str,
        wanted: Mapping[str, Sequence[str]],
        refused: Mapping[str, str],
        trouble: str = "",
    ) -> None:
        super().__init__()
        self.verb, self.wanted, self.refused, self.trouble = verb, wanted, refused, trouble

    @property
    def is_good(self) -> bool:
        """Whether all of it was done."""
        return not (self.refused or self.trouble)

    def texts(self) -> Iterator[tuple[str, bool]]:
        """What is to be said of it, each with whether it is good."""
        if self.trouble:
            yield visible(self.trouble), False
            return
        done = [job for some in self.wanted.values() for job in some if job not in self.refused]
        if done:
            what = f"job {done[0]}" if len(done) == 1 else f"{number(len(done))} jobs"
            yield f"{what}: {VERBS[self.verb].done}", True
        for at, (job, text) in enumerate(self.refused.items()):
            if at == MOST:
                yield f"and {number(len(self.refused) - MOST)} more could not be changed", False
                break
            yield f"job {job}: {visible(text)}", False
