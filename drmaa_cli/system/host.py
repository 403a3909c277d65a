"""The submit host: who the user is there, what its commands begin with, its files; this host, if not told."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from time import localtime, mktime, struct_time

from drmaa_cli.gridengine.records import AccountingRecord, CommandResult
from drmaa_cli.system.accounting_log import AccountingFile, Mark, Sample
from drmaa_cli.system.files import Files, LocalFiles, contents
from drmaa_cli.system.processes import running_with
from drmaa_cli.system.runner import AnswerFiles, LocalRunner, Runner
from drmaa_cli.typed import TYPE_CHECKING, Callable, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from drmaa_cli.system.transfer import Progress


class AccountingLog(Protocol):
    """A reader's position in the accounting file of the cell; AccountingFile is that of this host."""

    @property
    def path(self) -> str:
        """The file that is read."""

    @property
    def readable(self) -> bool:
        """Whether the file could be read when it was last tried."""

    def open(self, mark: Mark | None = None, since: float | None = None) -> bool:
        """Start at a mark, or at the end; False when the file cannot be read."""

    def close(self) -> None:
        """Let go of the file."""

    def mark(self) -> Mark | None:
        """How far it has been read."""

    def changed(self) -> bool:
        """Whether there is something new; costs next to nothing."""

    def read_new(self, wanted: Callable[[int], bool]) -> list[AccountingRecord]:
        """The records since the last call whose job number is wanted."""

    def look_back(
        self, mark: Mark | None, since: float, wanted: Callable[[int], bool], *, unread: bool = False
    ) -> list[AccountingRecord]:
        """The records between a mark and what has been read."""

    def sample(self) -> Sample:
        """What there is of accounting, for telling its form."""


class Host(Files, Protocol):
    """A submit host."""

    @property
    def name(self) -> str:
        """Its node name."""

    @property
    def user(self) -> str:
        """The name under which jobs run. Raises KeyError where it has none."""

    @property
    def home(self) -> str:
        """The user's home directory in the password database (qsub does not ask ``$HOME``: observed)."""

    @property
    def directory(self) -> str:
        """The directory in which commands run."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment that commands begin with."""

    @property
    def lent(self) -> Mapping[str, str]:
        """Variables of this program that the commands do not begin with."""

    @property
    def runner(self) -> Runner:
        """What runs commands there."""

    def localtime(self, instant: float) -> struct_time:
        """An instant in the time zone in which qsub reads ``-a`` there; see :func:`time.localtime`."""

    def mktime(self, moment: tuple[int, int, int, int, int, int, int, int, int]) -> float:
        """The instant of a local time there; see :func:`time.mktime`."""

    def accounting(self, *paths: str) -> AccountingLog:
        """A reader of the accounting file."""

    def kept_answer(self, files: AnswerFiles) -> CommandResult | None:
        """What a command that has ended left behind; None when it was never begun. Raises OSError."""

    @property
    def kept_for(self) -> float:
        """Seconds for which an answer is kept at least: that an older one is missing says nothing."""

    def is_running(self, word: str) -> bool:
        """Whether a process there has the word in its command line."""

    def put(self, source: Path, place: str, progress: Progress | None) -> None:
        """Copy a file or directory of this host there.

        Args:
            source: it, here.
            place: what it is to be there; relative to :attr:`directory`.
            progress: is told how far it has come.

        Raises:
            OSError: it cannot be read here, or not be written there; nothing is left at its place then.
            HostUnreachable: there is no connection.
        """

    def get(self, source: str, place: Path, progress: Progress | None) -> None:
        """Copy a file or directory from there to this host; as :meth:`put`, the other way round."""

    def close(self) -> None:
        """Leave it."""


class LocalHost(LocalFiles):
    """This host.

    Args:
        runner: what runs commands.
    """

    def __init__(self, runner: Runner | None = None) -> None:
        self.runner: Runner = runner or LocalRunner()
        self.localtime = localtime
        self.mktime = mktime
        self._account: tuple[int, pwd.struct_passwd] | None = None

    @property
    def name(self) -> str:
        """See :class:`Host`."""
        return os.uname().nodename

    @property
    def user(self) -> str:
        """See :class:`Host`."""
        return self._entry().pw_name

    @property
    def home(self) -> str:
        """See :class:`Host`."""
        return self._entry().pw_dir

    def _entry(self) -> pwd.struct_passwd:
        """The user's in the password database, looked up once: every submission needs it."""
        user = os.geteuid()
        known = self._account
        if known is None or known[0] != user:
            known = self._account = (user, pwd.getpwuid(user))
        return known[1]

    @property
    def directory(self) -> str:
        """See :class:`Host`; the root directory where the own one is gone: qsub says so itself."""
        try:
            return os.getcwd()  # as text
        except OSError:
            return "/"

    @property
    def environ(self) -> Mapping[str, str]:
        """See :class:`Host`."""
        return os.environ

    @property
    def lent(self) -> Mapping[str, str]:
        """See :class:`Host`; they begin with all."""
        return {}

    def accounting(self, *paths: str) -> AccountingLog:
        """See :class:`Host`."""
        return AccountingFile(*paths)

    def kept_answer(self, files: AnswerFiles) -> CommandResult | None:
        """See :class:`Host`; its exit status is not kept: 0 where it named a job."""
        try:
            out, err = (contents(path) for path in files.names)
        except FileNotFoundError:
            return None
        return CommandResult(("qsub",), 0 if out else 1, out, err)

    @property
    def kept_for(self) -> float:
        """See :class:`Host`; until its session is removed."""
        return float("inf")

    def is_running(self, word: str) -> bool:
        """See :class:`Host`."""
        return running_with(word)

    def put(self, source: Path, place: str, progress: Progress | None) -> None:
        """See :class:`Host`."""
        from pathlib import Path  # noqa: PLC0415  # few programs need it

        from drmaa_cli.system.transfer import copy  # noqa: PLC0415

        copy(source, Path(self.directory, place), progress)

    def get(self, source: str, place: Path, progress: Progress | None) -> None:
        """See :class:`Host`."""
        from pathlib import Path  # noqa: PLC0415

        from drmaa_cli.system.transfer import copy  # noqa: PLC0415

        copy(Path(self.directory, source), place, progress)

    def close(self) -> None:
        """See :class:`Host`; nothing is to be left here."""
