"""Grid Engine as seen from here: the only place where its commands meet a runner.

Each method runs one command (a few, where argument lists are long) and returns what the pure layer reads out
of it; what reads an answer is loaded when such an answer comes. Trouble leaves as an exception of the pure
layer or of the runner; :func:`drmaa_cli.system.trouble.drmaa_error` says which DRMAA exception that is.
"""

from __future__ import annotations

import collections
import os
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence

from drmaa_cli.config import Config
from drmaa_cli.errors import (
    InternalException,
    error,
)
from drmaa_cli.gridengine import probe, qsub
from drmaa_cli.gridengine.records import JSON_FILE, CommandResult, Details
from drmaa_cli.gridengine.replies import (
    CommandFailed,
    Outcome,
    QmasterUnreachable,
    UnreadableReply,
    find_environment_error,
)
from drmaa_cli.system.accounting_log import Sample
from drmaa_cli.system.clock import Clock
from drmaa_cli.system.commands import Tool, find_tool, quiet_environment, with_defaults
from drmaa_cli.system.host import AccountingLog, Host, LocalHost
from drmaa_cli.system.locks import Lock
from drmaa_cli.system.log import CommandLine, log
from drmaa_cli.system.option_files import OptionFiles
from drmaa_cli.system.runner import (
    AnswerFiles,
    Command,
    CommandNotFound,
    Runner,
    Traits,
)
from drmaa_cli.system.trouble import TROUBLE, drmaa_error
from drmaa_cli.typed import TYPE_CHECKING, Callable, NamedTuple, TypeVar

if TYPE_CHECKING:
    from drmaa_cli.gridengine.dialect import Flavour
    from drmaa_cli.gridengine.records import (
        AccountingRecord,
        Hold,
        JobDetail,
        JobId,
        JobRow,
        Snapshot,
        TaskRange,
    )
    from drmaa_cli.gridengine.replies import Answer

T = TypeVar("T")

IDS_PER_COMMAND = 1000
FEW = 3  # so many jobs are asked for one by one, more by their owner and time
NO_NAME = "user number {} has no name here (no passwd entry), and Grid Engine needs one"
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0


class Controlled(NamedTuple):
    """What came of a change that was asked for.

    Attributes:
        answers: the lines of the last command's answer, and one for each id that it did not mention.
        repeated: whether an earlier attempt's answer was lost: that one may have made the change.
    """

    answers: list[Answer]
    repeated: bool


class Cluster:
    """One Grid Engine cell, reached through its commands in this process's environment.

    Attributes:
        commands: how many commands were run, by name: the load that was put on the qmaster.
        host: where they run.
        traits: what its runner undertakes.
    """

    def __init__(
        self,
        config: Config,
        host: Host | None = None,
        clock: Clock | None = None,
        runner: Runner | None = None,
    ) -> None:
        self.config = config
        self.clock = clock or Clock()
        self.commands: Counter[str] = collections.Counter()
        self.host = host or LocalHost()
        self._runner = runner or self.host.runner
        self.traits = Traits.of(self._runner)
        self._tools: dict[tuple[str, ...], Tool] = {}
        self._flavour: Flavour | None = None
        self._listing_options: list[str] | None = None
        self._doubted = False
        self._unknown_letters: set[str] = set()
        self._lock = Lock()

    @property
    def user(self) -> str:
        """The name under which jobs of this process run.

        Raises:
            InternalException: the user that the process has become has none.
        """
        return self._known(lambda: self.host.user)

    @property
    def home(self) -> str:
        """The user's home directory, as Grid Engine knows it. Raises InternalException as :attr:`user`."""
        return self._known(lambda: self.host.home)

    @property
    def common(self) -> str:
        """The cell's ``common`` directory, ``$SGE_ROOT/$SGE_CELL/common``."""
        return f"{self.variable('SGE_ROOT')}/{self.variable('SGE_CELL') or 'default'}/common"

    def _known(self, ask: Callable[[], str]) -> str:
        try:
            return ask()
        except KeyError as err:
            raise error(InternalException, NO_NAME.format(os.geteuid())) from err

    def tool(self, name: str) -> Tool:
        """Where a command is; CommandNotFound when it is nowhere."""
        key = (name, *(self.host.environ.get(variable, "") for variable in ("PATH", "SGE_ROOT", "SGE_ARCH")))
        with self._lock:
            found = self._tools.get(key)
        if found is None:
            found = find_tool(name, self.host.environ, self.host)
            with self._lock:
                self._tools[key] = found
        return found

    def variable(self, name: str) -> str:
        """One variable of :meth:`environment`; '' where it is not set."""
        return self.host.environ.get(name) or self.tool("qsub").defaults.get(name, "")

    def environment(self) -> dict[str, str]:
        """The environment of commands with SGE_ROOT and SGE_CELL as the commands will see them."""
        return with_defaults(self.host.environ, self.tool("qsub").defaults)

    def submit(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        stdin: bytes | None,
        answer: AnswerFiles | None = None,
    ) -> qsub.Accepted | qsub.Refused:
        """Run one qsub in the environment that was made for it.

        Args:
            argv: its arguments.
            env: its environment.
            stdin: its script, if any.
            answer: where its answer goes, for :meth:`kept_answer`; None unless :attr:`keeps_answers`.
        """
        log.debug("submitting: %s", CommandLine(argv))
        return qsub.parse_submission(self._run(argv, env, stdin, answer))

    def kept_answer(self, files: AnswerFiles) -> qsub.Accepted | qsub.Refused | None:
        """What a qsub that has ended left in its files; None when it was never begun.

        Raises:
            OSError: the files cannot be read.
            CommandFailed: SGE_ROOT or the cell was wrong.
        """
        kept = self.host.kept_answer(files)
        if kept is None:
            return None
        is_cut = not kept.stderr.rstrip().endswith(qsub.CLOSING.encode())
        if not kept.stdout and qsub.REFUSED.encode() in kept.stderr and is_cut:
            return qsub.Refused(qsub.Refusal.NO_ANSWER, "qsub was cut off", certain=False)
        return qsub.parse_submission(kept)

    def listing(
        self, user: str | None, wanted: Container[int] | None = None, hold: Hold | None = None
    ) -> Snapshot:
        """The user's jobs in the qmaster (None: everybody's), or those with one kind of hold."""
        from drmaa_cli.gridengine import qstat, states  # noqa: PLC0415

        argv = qstat.listing_argv(user, hold, undoing=self.listing_options())
        snapshot = qstat.parse_listing(self.ask(argv), wanted)
        for row in snapshot.rows:
            if letters := states.unknown(row.state):
                self._wonder_at(row, letters)
        return snapshot

    def listing_options(self) -> list[str]:
        """What listings need so that no default file leaves jobs out of them; the files are read once.

        Raises:
            CommandFailed: a default file has an option that nothing takes back.
        """
        if self._listing_options is None:
            try:
                self._listing_options = OptionFiles(self.host, self.common, self.home).listing_options()
            except OSError as err:
                log.warning("whether listings are complete cannot be told: %s", err)
                self._listing_options = []
        return self._listing_options

    def _wonder_at(self, row: JobRow, letters: str) -> None:
        with self._lock:
            new = set(letters) - self._unknown_letters
            self._unknown_letters |= new
        if new:
            text = "job %s is in state %r: what %r means is not known, and it is passed over"
            log.warning(text, row.job, row.state, "".join(sorted(new)))

    def details(self, numbers: Sequence[int]) -> Details:
        """`qstat -j` of these job numbers."""
        from drmaa_cli.gridengine import qstat  # noqa: PLC0415

        jobs: list[JobDetail] = []
        for part in _parts(numbers):
            jobs.extend(qstat.parse_details(self.ask(qstat.details_argv(part)), part).jobs)
        return Details.of(jobs, numbers)

    def control(
        self, action: str, ids: Sequence[JobId], arrays: Mapping[int, TaskRange] | None = None
    ) -> Controlled:
        """Hold, release, suspend, resume or terminate jobs: every line of the answer, in order.

        The commands may safely be given twice. What a second one says of a change that the first one made
        (``already suspended``, ``does not exist``) is no refusal: see Controlled.

        Args:
            action: which of them.
            ids: at most IDS_PER_COMMAND jobs or tasks.
            arrays: see :func:`drmaa_cli.gridengine.control.argv`.

        Raises:
            DrmaaException: the qmaster could not be reached, or the command could not run.
        """
        from drmaa_cli.gridengine import control  # noqa: PLC0415

        attempts = 0

        def ask() -> list[Answer]:
            nonlocal attempts
            attempts += 1
            result = self.ask(control.argv(action, ids, arrays or {}))
            answers = control.parse(action, result, ids)
            for answer in answers:
                if answer.outcome is Outcome.NO_QMASTER:  # perhaps after some were changed
                    raise find_environment_error(result) or QmasterUnreachable(answer.text)
            return answers

        return Controlled(self.retrying(ask), repeated=attempts > 1)

    def records(self, numbers: Sequence[int], since: float) -> list[AccountingRecord]:
        """What `qacct` has of these jobs of ours that were submitted after an instant, oldest first."""
        from drmaa_cli.gridengine import qacct  # noqa: PLC0415

        if len(numbers) <= FEW:
            return [found for number in numbers for found in self._accounted(qacct.argv(number))]
        chosen = set(numbers)
        return [record for record in self.records_since(since) if record.job in chosen]

    def records_since(self, since: float) -> list[AccountingRecord]:
        """What `qacct` has of all jobs of ours that were submitted after an instant, oldest first."""
        from drmaa_cli.gridengine import qacct  # noqa: PLC0415

        return self._accounted(qacct.argv_for_owner(self.user, since))

    def records_of_account(self, account: str) -> list[AccountingRecord]:
        """What `qacct` has of all jobs with an account string, oldest first."""
        from drmaa_cli.gridengine import qacct  # noqa: PLC0415

        return self._accounted(qacct.argv_for_account(account))

    def _accounted(self, argv: Sequence[str]) -> list[AccountingRecord]:
        from drmaa_cli.gridengine import qacct  # noqa: PLC0415

        try:
            return qacct.parse(self.ask(argv))
        except qacct.NoAccounting as err:
            if not err.is_there and self._is_qmaster_here():
                return []  # the qmaster would write it here: no job of this cell has ended yet
            raise

    def _is_qmaster_here(self) -> bool:
        try:
            name = self.host.read_file(f"{self.common}/act_qmaster").decode("utf-8", "replace")
        except OSError:
            return False
        return name.strip().partition(".")[0] in ("localhost", self.host.name.partition(".")[0])

    def configuration(self) -> Mapping[str, str]:
        """The global configuration (`qconf -sconf`); empty, with a warning, for a user who may not ask."""
        try:
            found = probe.parse_sconf(self.ask(probe.SCONF_ARGV))
            probe.max_aj_tasks(found)  # with figures that can be read
            return found
        except (CommandFailed, CommandNotFound) as err:
            self.listing(self.user, ())  # what keeps everything from working is said by this, too
            log.warning("the configuration cannot be read (%s): Grid Engine's defaults are assumed", err)
            return {}

    def product(self) -> str:
        """Name and version of the Grid Engine, such as ``SGE 8.1.9``; asks no qmaster."""
        return probe.banner(self.ask(probe.BANNER_ARGV))

    def flavour(self, accounting: Sample) -> Flavour:
        """Which Grid Engine this is; asked once.

        Args:
            accounting: what there is of the accounting file.
        """
        from drmaa_cli.gridengine import dialect, qstat  # noqa: PLC0415

        if self._flavour is None:
            self._flavour = dialect.flavour(
                self.ask(probe.BANNER_ARGV),
                self.ask(qstat.listing_argv(self.user, undoing=self.listing_options())).stdout,
                accounting.lines,
                accounting.files,
                self.configuration(),
            )
        return self._flavour

    def check_exits(self, records: Iterable[AccountingRecord], accounting: AccountingLog) -> None:
        """Warn, once, if a parallel job's recorded exit status 0 may not be the true one."""
        from drmaa_cli.gridengine import dialect  # noqa: PLC0415

        if self._doubted or not any(map(dialect.is_parallel_success, records)):
            return
        sample = accounting.sample()
        if JSON_FILE not in sample.files:
            return
        try:
            features = self.flavour(sample).features
        except TROUBLE as err:  # the jobs' ends do not wait for it; the next such job asks again
            log.info("whether exit statuses of parallel jobs are recorded was not to be learnt: %s", err)
            return
        self._doubted = True
        if not features.exit_of_parallel_jobs:
            log.warning(
                "%s records exit status 0 for a parallel job that started no task of its parallel environment"
                " (control_slaves), whatever its exit status was: let such jobs say how they ended",
                self.flavour(sample),
            )

    def abort(self, thread: int | None) -> None:
        """End the command that a thread (``threading.get_ident()``) runs, where the runner can do that."""
        abort = getattr(self._runner, "abort", None)
        if abort is not None and thread is not None:
            abort(thread)

    def retrying(self, ask: Callable[[], T]) -> T:
        """Ask again for a little while when no qmaster answers, then raise the DRMAA exception for it.

        Only for questions and for commands that may safely be given twice.
        """
        until = self.clock.monotonic() + self.config.retry_for
        pause = FIRST_PAUSE
        while True:
            try:
                return ask()
            except (QmasterUnreachable, UnreadableReply) as err:
                if self.clock.monotonic() + pause > until:
                    raise drmaa_error(err) from err
            except TROUBLE as err:
                raise drmaa_error(err) from err
            self.clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def ask(self, argv: Sequence[str]) -> CommandResult:
        """Run a command that changes nothing, in an environment in which its answer can be read."""
        return self._run(argv, quiet_environment(self.host.environ, self.tool(argv[0]).defaults))

    def _run(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        stdin: bytes | None = None,
        answer: AnswerFiles | None = None,
    ) -> CommandResult:
        program = self.tool(argv[0]).path
        with self._lock:
            self.commands[argv[0]] += 1
        return self._runner.run(
            Command(tuple(argv), program, env, self.config.command_timeout, stdin, answer)
        )


def _parts(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + IDS_PER_COMMAND] for start in range(0, len(items), IDS_PER_COMMAND)]
