"""The life of a session: how it begins, what belongs to it, how it ends."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping

from drmaa_cli.config import Config
from drmaa_cli.errors import (
    NO_SESSION_TEXT,
    DrmsInitException,
    InternalException,
    NoActiveSessionException,
    error,
)
from drmaa_cli.gridengine import probe
from drmaa_cli.gridengine.records import JSON_FILE, PLAIN_FILE
from drmaa_cli.session import opening
from drmaa_cli.session.contact import chosen_contact, new_name
from drmaa_cli.session.reach import AskPerson, open_host, session_directory, told
from drmaa_cli.session.session_file import SessionFile
from drmaa_cli.session.session_jobs import SessionJobs
from drmaa_cli.session.waiters import Waiters
from drmaa_cli.store.places import StoreError, path_of
from drmaa_cli.system.background import undisturbed
from drmaa_cli.system.cell import Cluster
from drmaa_cli.system.clock import Clock
from drmaa_cli.system.locks import Lock
from drmaa_cli.system.runner import Runner
from drmaa_cli.typed import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from drmaa_cli.config import Settings
    from drmaa_cli.gridengine.dialect import Flavour
    from drmaa_cli.session.change import Changing
    from drmaa_cli.session.monitor import Monitor
    from drmaa_cli.session.overview import Overview
    from drmaa_cli.session.recover import SubmissionRecovery
    from drmaa_cli.session.submissions import Submissions
    from drmaa_cli.session.submit import LateRecovery, Submitter
    from drmaa_cli.session.wait import Waiting
    from drmaa_cli.system.host import AccountingLog

    Self = TypeVar("Self", bound="SessionLife")


class SessionLife:
    """A session from its beginning to its end; what it can do, its subclasses say."""

    def __init__(
        self,
        contact: str | bytes | None = None,
        *,
        runner: Runner | None = None,
        clock: Clock | None = None,
        ssh_answer: AskPerson | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        self.config = Config.load(settings)
        self._contact = chosen_contact(contact, os.environ)
        self._pid = os.getpid()
        self._named = self._contact.name is not None
        self.name = self._contact.name or new_name()
        with told():
            self.host = open_host(self._contact, self.config, runner, ssh_answer)
            try:
                self._set_up(clock)
            except BaseException:
                self.host.close()
                raise

    def _set_up(self, clock: Clock | None) -> None:
        """Find Grid Engine on the host, and go on with what the session has."""
        self.cluster = Cluster(self.config, self.host, clock)
        configuration = opening.reach(self.cluster)
        opening.check_listings(self.cluster)
        rules = opening.rules_of(self.cluster, configuration)
        self._most_tasks = probe.max_aj_tasks(configuration)
        path = path_of(session_directory(self.config, self._contact), self.name)
        self._cell = opening.identity(self.cluster, is_here=self._contact.address is None)
        clock, cell = self.cluster.clock, self._cell.dump()
        file = SessionFile(path, self.contact, self._named, clock, os.uname().nodename, cell)
        self._session_jobs = SessionJobs(file, clock, rules)
        self._table = self._session_jobs.table
        self._path, self._common, self._grace = path, self.cluster.common, rules.grace
        self._accounting = self._open_accounting()
        self._waiters = Waiters(self.cluster.clock)
        self._known_monitor: Monitor | None = None
        self._lock, self._loading = Lock(), Lock()
        try:
            self._take_up()
            opening.warn_of_accounting(self.cluster, self._accounting, rules)
        except BaseException:
            self._session_jobs.let_go()
            self._accounting.close()
            raise

    def _open_accounting(self) -> AccountingLog:
        """A reader of the cell's accounting file."""
        return self.host.accounting(f"{self._common}/{PLAIN_FILE}", f"{self._common}/{JSON_FILE}")

    def _load_submissions(self) -> None:
        """Load what submits: who makes a template is going to submit it, and without delay then."""
        self._submissions  # noqa: B018

    @functools.cached_property
    def _submissions(self) -> Submissions:
        """What submits; what it needs is loaded when it is first wanted: many programs only look."""
        submissions, late_recovery, submitter = undisturbed(_load_submitting)
        recovery = late_recovery(self._recovery)
        submits = submitter(self.cluster, self._common, self._accounting, recovery, self._session_jobs)
        return submissions(
            self._session_jobs, submits, recovery, self._waiters, self._lock, self.cluster.clock
        )

    def _recovery(self) -> SubmissionRecovery:
        from drmaa_cli.session.recover import SubmissionRecovery  # noqa: PLC0415
        from drmaa_cli.store.places import answer_files  # noqa: PLC0415

        return SubmissionRecovery(
            self.cluster,
            self._accounting,
            self._grace,
            self._session_jobs.claimed,
            lambda token: answer_files(self._path, token),
        )

    @property
    def _monitor(self) -> Monitor:
        """What is asked of Grid Engine for all who wait; there is one, loaded for the first of them."""
        with self._loading:
            if self._known_monitor is None:
                monitor = undisturbed(_load_monitor)
                self._known_monitor = monitor(self.cluster, self._table, self._accounting, self._waiters)
            return self._known_monitor

    @functools.cached_property
    def _waiting(self) -> Waiting:
        """How threads wait, loaded when it is first wanted."""
        return undisturbed(_load_waiting)(
            self.cluster, self._session_jobs, self._monitor, self._waiters, self._accounting, self._lock
        )

    @functools.cached_property
    def _overview(self) -> Overview:
        """What is said of many jobs at once, loaded when it is first wanted."""
        return undisturbed(_load_overview)(
            self.cluster, self._session_jobs, self._monitor, self._waiting, self._lock
        )

    @functools.cached_property
    def _changing(self) -> Changing:
        """What changes jobs, loaded when it is first wanted."""
        return undisturbed(_load_changing)(
            self.cluster, self._session_jobs, self._monitor, self._waiting, self._lock
        )

    @property
    def contact(self) -> str:
        """The contact string that takes this session up again."""
        return self._contact.text(self.name)

    @property
    def flavour(self) -> Flavour:
        """Which Grid Engine this is and what it can do; asked once, when it is first wanted.

        Raises:
            DrmCommunicationException: no qmaster answers.
            InternalException: the commands cannot work here.
        """
        return self.cluster.retrying(lambda: self.cluster.flavour(self._accounting.sample()))

    @property
    def most_tasks(self) -> int:
        """The greatest number of tasks that the cell takes in an array job; 0 for no limit."""
        return self._most_tasks

    def exit(self) -> None:
        """End the session here; its jobs go on. Threads that wait get ExitTimeoutException."""
        self.check()
        with self._lock:
            self.check()  # not ended by another thread just now
            self._waiters.close()
            if self._known_monitor is not None:
                self._known_monitor.close()
            self._session_jobs.close()
        self._accounting.close()
        self.host.close()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.closed and self._pid == os.getpid():
            self.exit()

    @property
    def closed(self) -> bool:
        """Whether exit() has ended it."""
        return self._waiters.closed

    def check(self) -> None:
        """Raise NoActiveSessionException after exit(), and in a child process after fork()."""
        if self.closed or self._pid != os.getpid():
            raise error(NoActiveSessionException, NO_SESSION_TEXT)

    @property
    def commands(self) -> Mapping[str, int]:
        """How many commands of each name this connection has run."""
        return dict(self.cluster.commands)

    def _begin(self) -> None:
        """Have the session's file before the first submission."""
        try:
            made = self._session_jobs.begin()
        except StoreError as err:
            raise error(InternalException, f"nothing was submitted: {err}") from err
        if made:
            opening.expire_old_sessions(self.cluster, self._session_jobs.path, self._cell)

    def _take_up(self) -> None:
        """Go on where the session was left, if it was begun before; resolve what was left in doubt."""
        if not self._named:
            self._accounting.open()
            return
        try:
            with self._lock:
                self._waiters.added(self._session_jobs.take_up(self._accounting))
            self._resolve_all()
        except StoreError as err:
            raise error(DrmsInitException, str(err)) from err

    def _resolve_all(self) -> None:
        if self._session_jobs.in_doubt():
            self._submissions.resolve_all()

    def _resolve_rest(self) -> None:
        """Find out what became of submissions that other processes gave up on meanwhile."""
        try:
            self._resolve_all()
        except StoreError as err:
            raise error(InternalException, str(err)) from err


def _load_submitting() -> tuple[type[Submissions], type[LateRecovery], type[Submitter]]:
    from drmaa_cli.session.submissions import Submissions  # noqa: PLC0415
    from drmaa_cli.session.submit import LateRecovery, Submitter  # noqa: PLC0415

    return Submissions, LateRecovery, Submitter


def _load_overview() -> type[Overview]:
    from drmaa_cli.session.overview import Overview  # noqa: PLC0415

    return Overview


def _load_changing() -> type[Changing]:
    from drmaa_cli.session.change import Changing  # noqa: PLC0415

    return Changing


def _load_monitor() -> type[Monitor]:
    from drmaa_cli.session.monitor import Monitor  # noqa: PLC0415

    return Monitor


def _load_waiting() -> type[Waiting]:
    from drmaa_cli.session.wait import Waiting  # noqa: PLC0415

    return Waiting
