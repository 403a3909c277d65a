"""qrsh CMD: run a command as a job and give back its output and exit code (captures ``cell2.qrsh_*``)."""

from __future__ import annotations

import signal
import tempfile
from pathlib import Path

from ..engine.admission import ANSWER_LOST
from ..engine.submission import NO_SUITABLE_QUEUES, UNSUITABLE
from ..lighter import replace
from ..model import HostPath, JobSpec, JobType, Rerun, Task
from ..model.interactive import CHANNEL, COMMAND, SEPARATOR
from ..model.operations import Finished, JobOperation, Warn
from ..model.requests import ClientSignal, QmasterUnreachable, Reply, Request, actor_of, encode
from . import pe_tasks
from .interface.environment import environment_error, unreachable_text
from .interface.qmaster_interface import QmasterInterface
from .submission import jsv
from .submission.common import (
    Script,
    default_options,
    first,
    parse_context,
    printed,
    read_script,
    with_script,
)
from .submission.spec_text import show_spec
from .submit_options.job_spec import Submitted, apply_clear, base_name, build
from .submit_options.parsed import Option, Parsed
from .submit_options.parser import parse_command_line
from .submit_options.table import help_text

_NO_SLOT = 'Your "qrsh" request could not be scheduled, try again later.\n'
_NOT_HERE = (  # real cell: each by itself
    *("-a", "-c", "-C", "-ckpt", "-dl", "-he", "-i", "-ot", "-r", "-S", "-shell", "-sync", "-t", "-tc"),
    *("-terse", "-u", "-xml"),
)
_NOT_WITHOUT_COMMAND = (  # the same: real cell, each by itself and with another one
    *("-b", "-wd", "-hold_jid", "-hold_jid_ad", "-v", "-V", "-display", "-h"),
)
_NOT_HEEDED = (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM)  # while the job waits (real cell)
_INTERRUPTED = 'error: error while waiting for builtin IJS connection: "got select timeout"\n'
_SESSION = "QRLOGIN"
_VERIFY_FIRST, _VERIFY_ONLY = 2, 3  # -w e, and v (p is 4)
_NOT_SIMULATED = "fake_sge: qrsh without a command is not simulated\n"
_OWN = ("-nostdin", "-noshell", "-verbose", "-display")
_IN_JOB = (  # all others are unknown with -inherit (real cell: each by itself)
    *("-inherit", "-cwd", "-wd", "-v", "-V", "-pty", *_OWN),
    *("script", "jobarg"),
)
_NOWHERE = (HostPath("/dev/null"),)


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qrsh with a command."""
    bad = environment_error(request)
    if bad is not None:
        return bad
    context = parse_context(request, 0.0)
    parsed = parse_command_line(request.argv[1:], context)
    shown = printed(parsed.answers, "error: ", "warning: ")
    if shown.code:
        return Reply.of_text(1, "", parsed.stray + shown.out + shown.err)
    warnings = shown.out
    switches = [option.switch for option in parsed.options]
    if "-inherit" in switches and "-help" not in switches:
        return _in_job(parsed, set(switches), request, qmaster)
    answer = _without_a_job(request, parsed.options)
    if answer is not None:
        return answer
    script: Script | None = None
    if "script" in switches and first(parsed.options, "-b") is False:
        script = read_script(request, parsed, context)
        shown = printed(script.parsed.answers, "error: ", "warning: ")
        if shown.code:
            return Reply.of_text(1, "", script.parsed.stray + shown.out + shown.err)
    given = (
        *default_options(request, context).options,
        *(script.parsed.options if script else ()),
        *parsed.options,
    )
    own = [Option("-b", "script" in switches), Option("-now", True), Option("-r", Rerun.NO)]
    left_out = (*_OWN, *_NOT_HERE)
    told = apply_clear([option for option in given if option.switch not in left_out])  # own ones stay
    built = build([*own, *told], request)
    shown = printed(built.answers, "error: ", "")
    if shown.code:
        return Reply.of_text(1, "", shown.err)
    if warnings:
        request.emit(b"", encode(warnings))
    if script is not None:
        built.spec = with_script(built.spec, script)
    if "-noshell" in switches:
        built.spec = built.spec._replace(job_type=built.spec.job_type | JobType.NO_SHELL)
    return _done(request, qmaster, built, switches)


def _without_a_job(request: Request, options: list[Option]) -> Reply | None:
    """What is answered before a job is thought of; None: nothing.

    Of the options that are looked for in all of them the first is told, of those that are left over each.
    """
    switches = ["-V" if option.switch == "-v" and not option.shown else option.switch for option in options]
    if "-help" in switches:
        return Reply.of_text(0, help_text(request.flavour, "qrsh", _NOT_HERE))
    alone = "script" not in switches
    unknown = (*_NOT_HERE, *(_NOT_WITHOUT_COMMAND if alone else ()))
    wrong = [switch for switch in switches if switch in unknown][:1]
    left = ("-cell", "-notify") if alone else ("-cell",)
    wrong = wrong or [
        f"{option.switch} {option.shown or ''}".rstrip() for option in options if option.switch in left
    ]
    if wrong:
        return Reply.of_text(1, "", "".join(f"error: Unknown option {switch}\n" for switch in wrong))
    return None


def _done(request: Request, qmaster: QmasterInterface, built: Submitted, switches: list[str]) -> Reply:
    if built.verify:
        return Reply.of_text(0, _shown(built, request))
    try:
        if "script" not in switches:
            return _without_command(built, qmaster)
        return _Session(request, qmaster, switches).run(built.spec)
    except QmasterUnreachable as error:
        return Reply.of_text(1, "", unreachable_text(error, ""))


def _without_command(built: Submitted, qmaster: QmasterInterface) -> Reply:
    """What the qmaster has against a session without a command; it is not run.

    With no terminal at its end the real one ends at once, in one of two ways: which one is a race.
    """
    named = built.spec.name if "name" in built.given else _SESSION
    spec = built.spec._replace(name=named, job_type=built.spec.job_type | JobType.BINARY)
    only = spec.verify_suitable >= _VERIFY_ONLY
    answer = qmaster.submit(spec if only else spec._replace(verify_suitable=_VERIFY_ONLY))
    unsuitable = answer.refusal[-1:] == (UNSUITABLE,)
    if answer.refusal and (only or not unsuitable):
        return Reply.of_text(1, "", "\n".join(answer.refusal) + "\n")
    if only:
        return Reply.of_text(0, "verification: found suitable queue(s)\n")
    if unsuitable and spec.verify_suitable == _VERIFY_FIRST:
        return Reply.of_text(1, "", f"{NO_SUITABLE_QUEUES}\n")
    return Reply.of_text(1, "", _NO_SLOT if unsuitable and spec.immediate else _NOT_SIMULATED)


def _in_job(parsed: Parsed, switches: set[str], request: Request, qmaster: QmasterInterface) -> Reply:
    """``-inherit``: a task of the job in which this is called."""
    if "JOB_ID" not in request.env:
        return Reply.of_text(1, "", pe_tasks.NO_JOB)
    wrong = [option for option in parsed.options if option.switch not in _IN_JOB]
    if wrong:
        return Reply.of_text(1, "", f"error: Unknown option {wrong[0].switch}\n")
    words = [str(option.value) for option in parsed.options if option.switch in ("script", "jobarg")]
    options = [option for option in parsed.options if option.switch not in (*_OWN, "-inherit")]
    built = build([Option("-b", True), *options], request)
    try:
        return pe_tasks.run(built, words, switches, request, qmaster)
    except QmasterUnreachable as error:
        return Reply.of_text(1, "", unreachable_text(error, ""))


class _Session:
    """One command: its job, and the files through which its input and output pass."""

    def __init__(self, request: Request, qmaster: QmasterInterface, switches: list[str]) -> None:
        self.request = request
        self.qmaster = qmaster
        self.switches = switches
        self.verbose = "-verbose" in switches
        self.told = b""  # what -verbose has still to say on stdout

    def run(self, spec: JobSpec) -> Reply:
        with tempfile.TemporaryDirectory(prefix="qrsh.") as directory:
            place = Path(directory)
            place.chmod(0o700)
            (place / "in").write_bytes(b"" if "-nostdin" in self.switches else self.request.read_stdin())
            (place / "out").touch()
            (place / "err").touch()
            terminal = self.request.env.get("TERM")
            return self._submit(_as_job(spec, place, terminal), place)

    def _submit(self, spec: JobSpec, place: Path) -> Reply:
        qmaster = self.qmaster
        spec, refused = jsv.ask_server(spec, self.request, qmaster)
        if refused is not None:
            return Reply.of_text(1, "", f"{refused}\n")
        answer = qmaster.submit(spec)
        if answer.unscheduled is not None:
            self._announce(answer.unscheduled, spec)
            return Reply(1, self.told, encode(_NO_SLOT))
        if Warn.NOT_ALLOWED_IN_ANY_QUEUE in answer.warnings:  # the job waits on (real cell)
            return Reply.of_text(1, "", self.request.flavour.wording.no_queue.format(spec.owner) + "\n")
        if answer.number is not None:
            return self._follow(answer.number, spec, place)
        if not answer.refusal:
            return Reply.of_text(0, "verification: found suitable queue(s)\n")
        lost = answer.refusal == (ANSWER_LOST,)
        return Reply.of_text(1, "", _NO_SLOT if lost else "\n".join(answer.refusal) + "\n")

    def _follow(self, number: int, spec: JobSpec, place: Path) -> Reply:
        """Wait for the job's end."""
        qmaster = self.qmaster
        client = qmaster.watch(number, "qrsh")
        try:
            self._announce(number, spec)
            end = self._end(number, spec.immediate)
        except ClientSignal as caught:
            killed = caught.signal == signal.SIGKILL
            waited = self._task(number) is None
            if not killed or not waited:  # or it waits on (real cell)
                qmaster.operate(JobOperation.DELETE, number, None, actor_of(self.request))
            if killed:
                raise
            if caught.signal == signal.SIGINT and waited:
                return Reply(1, self.told, encode(_INTERRUPTED))
            return Reply(0, *self._output(place))
        finally:
            qmaster.unwatch(client)
        code = 128 + end.signal if end.signal else end.exit_status
        if end.deleted and not code:  # before it ran
            return Reply(1, self.told, encode("" if end.failed else _NO_SLOT))
        return Reply(code, *self._output(place))

    def _end(self, number: int, immediate: bool) -> Finished:
        """The end of the job's task. Raises ClientSignal, but for those that a waiting qrsh does not heed."""
        while True:
            try:
                if immediate:
                    self.qmaster.start_immediately(number)
                self._tell(number)
                self.qmaster.wait_until(lambda: len(self.qmaster.finished_tasks(number)) > 0)
                return self.qmaster.finished_tasks(number)[0]
            except ClientSignal as caught:
                if caught.signal not in _NOT_HEEDED or self._task(number) is not None:
                    raise
                self.qmaster.forget_signal()

    def _announce(self, number: int, spec: JobSpec) -> None:
        """What -verbose says first."""
        if not self.verbose:
            return
        text = encode(f'Your job {number} ("{spec.name}") has been submitted\n')
        if not self.request.stdout_is_tty:  # a pipe gets it at the end
            self.told, text = text, b""
        self.request.emit(text, b"waiting for interactive job to be scheduled ...")

    def _tell(self, number: int) -> None:
        """What -verbose says when the job has been started."""
        if not self.verbose:
            return
        self.qmaster.wait_until(
            lambda: self._task(number) is not None or bool(self.qmaster.finished_tasks(number))
        )
        started = self._task(number)
        if started is not None:
            host = started.granted[0].host
            self.request.emit(
                b"",
                encode(
                    f"\nYour interactive job {number} has been successfully scheduled.\n"
                    f"Establishing builtin session to host {host} ...\n"
                ),
            )

    def _task(self, number: int) -> Task | None:
        """The job's task, if it has been started."""
        job = self.qmaster.job(number)
        return next((task for task in job.tasks.values() if task.granted), None) if job else None

    def _output(self, place: Path) -> tuple[bytes, bytes]:
        return (place / "out").read_bytes() + self.told, (place / "err").read_bytes()


def _shown(built: Submitted, request: Request) -> str:
    """What -verify prints: of a command its first word, of a session without one a job called QRLOGIN."""
    spec = built.spec._replace(stdout_paths=_NOWHERE, stderr_paths=_NOWHERE, args=())
    if spec.job_type & JobType.BINARY and "name" not in built.given:
        spec = spec._replace(name=base_name(spec.command.split(" ")[0]))
    elif not spec.job_type & JobType.BINARY and spec.script is None:
        named = spec.name if "name" in built.given else _SESSION
        spec = spec._replace(name=named, command="")
    terminal = request.env.get("TERM")
    variables = [variable for variable in built.given["env"] if variable[0] != "TERM"]
    if terminal is not None:
        variables.insert(0, ("TERM", terminal))
    given = {**built.given, "env": tuple(variables)}
    return show_spec(replace(built, spec=spec, given=given), request)


def _as_job(spec: JobSpec, place: Path, terminal: str | None) -> JobSpec:
    """The command as the real qrsh submits it: by its first word, the whole of it in a variable.

    Its input and output do not pass through files that the job was given, but through the session's. The
    script of -b n is a command on its host.
    """
    given = tuple(variable for variable in spec.env if variable[0] != "TERM")
    spec = spec._replace(
        env=(*given, ("TERM", terminal)),
        stdout_paths=_NOWHERE,
        stderr_paths=_NOWHERE,
        extra=(*spec.extra, (CHANNEL, str(place))),
        job_type=spec.job_type | JobType.QRSH,
    )
    if not spec.job_type & JobType.BINARY:
        return spec
    words = (spec.command, *spec.args)
    return spec._replace(
        name=spec.name if spec.name != base_name(spec.command) else base_name(spec.command.split(" ")[0]),
        args=(),
        env=(*spec.env, (COMMAND, SEPARATOR.join(words))),
    )
