"""A ``map`` from its job log to its exit code: what was there before, what is new, ctrl-C, the summary."""

from __future__ import annotations

import contextlib
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from drmaa_cli.cli import ends
from drmaa_cli.cli.ends import BadInput
from drmaa_cli.cli.follow import home_of, is_here, make_directory, remove_directory
from drmaa_cli.cli.map import plan
from drmaa_cli.cli.map.display import Display
from drmaa_cli.cli.map.joblog import EndedAttempt, History, Identity, JobLog, Round, identity, wanted
from drmaa_cli.cli.map.lines import Item
from drmaa_cli.cli.map.plan import ArrayTask, Rule
from drmaa_cli.cli.map.rounds import Retry, Rounds, of_items
from drmaa_cli.cli.map.summary import print_begun, print_result, print_summary
from drmaa_cli.cli.place import SessionPlace
from drmaa_cli.cli.request import Request
from drmaa_cli.cli.watch import ask
from drmaa_cli.cli.words import jobs, number
from drmaa_cli.constants import JobControlAction
from drmaa_cli.errors import DrmaaException
from drmaa_cli.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drmaa_cli.cli.map.command import MapWork
    from drmaa_cli.session.job_session import JobSession


def run(
    work: MapWork,
    place: SessionPlace,
    request: Request,
    times: int,
    rules: Sequence[Rule],
    options: Mapping[str, Any],
) -> int:
    """Do it; the exit code.

    Raises:
        BadInput: the run before has not ended, or is another one's.
        DrmaaException, OSError: nothing was submitted, or the jobs are lost from sight and can be taken up.
    """
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        log = JobLog(work.directory)
        stack.callback(log.close)
        history = _history(log, work, options)
        is_anew = history is not None and not options["resume"]
        where = place if history is None or is_anew else _place_of(history, place)
        session = stack.enter_context(where.begin())
        if is_anew:
            log.set_aside()
            history = None
        return _Run(work, session, log, history, Retry(times, rules, request), options).to_the_end(began)


def _history(log: JobLog, work: MapWork, options: Mapping[str, Any]) -> History | None:
    """What the job log tells of the run before, if that may be gone on with or set aside."""
    history = log.read()
    if history is None:
        return None
    if history.source != work.source and _is_there(history.source):
        raise BadInput(
            f"{work.directory} belongs to {history.source}; --log-dir names another place for this run"
        )
    if history.unfinished and not options["resume"] and not options["fresh"]:
        count = history.unfinished
        open_ = "1 command is open" if count == 1 else f"{number(count)} commands are open"
        raise BadInput(
            f"the run before has not ended: {open_}; --resume goes on with it, --fresh begins anew"
        )
    return history


def _is_there(source: str) -> bool:
    return not source.startswith("/") or Path(source).exists()


def _place_of(history: History, place: SessionPlace) -> SessionPlace:
    """The session that has the jobs of a run."""
    before = SessionPlace.of(None, history.contact)
    if place.chosen and place.name != before.name:
        raise BadInput(f"this run is in session {before.name}, and --session names {place.name}")
    if history.submitted and not before.exists:
        raise BadInput(
            f"the session {before.name}, which has the jobs of this run, is gone; --fresh begins anew"
        )
    return before


class _Run:
    """One run of ``map``."""

    def __init__(
        self,
        work: MapWork,
        session: JobSession,
        log: JobLog,
        history: History | None,
        retry: Retry,
        options: Mapping[str, Any],
    ) -> None:
        self._work, self._session, self._log, self._options = work, session, log, options
        self._request = retry.request._replace(directory=retry.request.directory or home_of(session))
        self._retry = retry._replace(request=self._request)
        self._history = history or History.new(work.source, session.contact, secrets.token_hex(4))
        self._is_new = history is None
        self._ends: dict[Identity, EndedAttempt] = dict(self._history.ends)
        done = sum(end is not None and end.well for _, end in of_items(self._ends, work.items))
        self._display = Display(len(work.items), done, quiet=options["quiet"])
        self._rounds = Rounds(
            session,
            log,
            self._history.run,
            self._request.name or work.name,
            self._retry,
            self._told,
            self._display.counts,
        )

    def to_the_end(self, began: float) -> int:
        """Submit, follow, tell."""
        try:
            self._begin()
            if self._options["detach"]:
                self._log.flush()
                self._tell_jobs()
                return ends.OK
            while True:
                try:
                    self._rounds.follow()
                    break
                except KeyboardInterrupt:
                    self._log.flush()
                    self._display.close()
                    if not self._goes_on():
                        return ends.INTERRUPTED
                except (DrmaaException, OSError):
                    self._display.close()
                    if self._rounds.numbers:
                        self._left()
                    raise
        finally:
            self._display.close()
        self._log.flush()
        return self._tell(began)

    def _begin(self) -> None:
        history = self._history
        if self._is_new:
            self._log.begin(history.source, history.contact, history.run)
        rounds = self._rounds_of(history)
        new = wanted(self._work.items, history)
        for round_ in rounds:
            chosen = self._chosen(history.open_tasks(round_))
            if chosen:
                self._rounds.attach(round_, chosen, stopped=round_.key in history.stopped)
        self._rounds.catch_up()
        if new:
            count = 1 + max((round_.number for round_ in history.rounds), default=0)
            try:
                self._rounds.submit(self._round(history, count, new))
            except DrmaaException:
                if self._log.is_void and not is_here(self._session):
                    remove_directory(self._session, self._directory_there())
                raise

    def _rounds_of(self, history: History) -> list[Round]:
        """The rounds that have open tasks; those that were never submitted are struck out."""
        rounds = [round_ for round_ in history.rounds if history.open_tasks(round_)]
        if not rounds:
            return []
        doubtful = [round_ for round_ in rounds if round_.key not in history.submitted]
        keys = {job.key for job in self._session.jobs()} if doubtful else set()
        for round_ in doubtful:
            if round_.key not in keys:
                self._log.void(round_.key)
                history.rounds.remove(round_)
        return [round_ for round_ in rounds if round_ in history.rounds]

    def _chosen(self, tasks: Sequence[ArrayTask]) -> list[ArrayTask]:
        """Those of some tasks that have a command that is still wanted."""
        now = {identity(item) for item in self._work.items}
        chosen = [task for task in tasks if any(identity(item) in now for item in task.items)]
        if len(chosen) < len(tasks):
            left = len(tasks) - len(chosen)
            one = "1 job of a command that is" if left == 1 else f"{number(left)} jobs of commands that are"
            go = "goes on" if left == 1 else "go on"
            print(f"{one} gone from {self._work.source} {go}", file=sys.stderr)
        return chosen

    def _round(self, history: History, count: int, items: Sequence[Item]) -> Round:
        """What is missing, as tasks; those of one request are bundled."""
        attempts, before = history.attempts, history.requests()
        alike: dict[str, tuple[Request, list[Item]]] = {}
        for item in items:
            request = self._request_of(item, history, before)
            alike.setdefault(repr(request), (request, []))[1].append(item)
        tasks = tuple(
            ArrayTask(bundle, 1 + max(attempts.get(identity(item), 0) for item in bundle), request)
            for request, some in alike.values()
            for bundle in plan.bundles(some, self._options["bundle"])
        )
        base = f"{self._files()}/{count}-"
        return Round(count, f"map-{history.run}-{count}", self._options["shell"], base, tasks)

    def _request_of(self, item: Item, history: History, before: Mapping[Identity, Request]) -> Request:
        """What a command asks for: by the options, and by the rules if it failed in the run before."""
        end = history.ends.get(identity(item))
        if end is None or not self._retry.rules:
            return self._request
        last = before.get(identity(item), self._request)
        return plan.changed_later(self._request, last, self._retry.rules, end.kinds)

    def _files(self) -> str:
        """The directory of the outputs, on the submit host."""
        if is_here(self._session):
            return str(self._work.directory)
        directory = self._directory_there()
        make_directory(self._session, directory)
        return directory

    def _directory_there(self) -> str:
        return f"{home_of(self._session)}/.drmaa_cli/map/{self._history.run}"

    def _told(self, end: EndedAttempt) -> None:
        self._ends[identity(end.item)] = end
        self._display.ended(well=end.well)

    def _goes_on(self) -> bool:
        answer = self._options["on_interrupt"]
        numbers, what = self._rounds.numbers, self._what()
        try:
            if answer == "ask":
                answer = ask(what)
            if answer == "watch":
                return True
            if answer == "end":
                for key in self._rounds.keys:
                    self._log.stopped(key)
                self._session.controlJobs(numbers, JobControlAction.TERMINATE)
                print(
                    f"{what}: being ended; run again what is missing: {self._work.again.line}",
                    file=sys.stderr,
                )
                return False
        except KeyboardInterrupt:  # impatient: whatever is to become of the jobs, they are on record
            pass
        self._left()
        return False

    def _what(self) -> str:
        numbers = self._rounds.numbers
        return f"job {numbers[0]}" if len(numbers) == 1 else jobs(len(numbers))

    def _left(self) -> None:
        print(f"{self._what()}: left running; go on with: {self._work.again.line}", file=sys.stderr)

    def _tell_jobs(self) -> None:
        results = of_items(self._ends, self._work.items)
        try:
            with ends.writing(sys.stdout):
                if self._options["as_json"]:
                    print_begun(self._session, results, str(self._log.path), self._rounds.numbers)
                else:
                    print("\n".join(self._rounds.numbers))
        except OSError:
            self._left()
            raise

    def _tell(self, began: float) -> int:
        results = of_items(self._ends, self._work.items)
        job_log = str(self._log.path)
        if self._options["as_json"]:
            print_result(self._session, results, job_log)
        else:
            print_summary(self._session, results, time.monotonic() - began, job_log, self._work.again)
        return ends.OK if all(end is not None and end.well for _, end in results) else ends.FAILED
