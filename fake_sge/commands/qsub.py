"""qsub: submit a job, perhaps wait for it (captures ``qsub.*``, ``cell2.*``, ``defaults.*``)."""

from __future__ import annotations

import signal

from ..model import JobSpec, failures
from ..model.operations import Finished, JobOperation, SubmissionReply, Warn
from ..model.requests import ClientSignal, QmasterUnreachable, Reply, Request, Unreachable, actor_of, encode
from ..render.command_line import quoted
from .interface.environment import NO_ENVIRONMENT, commlib_line, environment_refusal, send_error
from .interface.qmaster_interface import QmasterInterface
from .submission import jsv
from .submission.common import (
    Script,
    default_options,
    is_binary,
    job_identifier,
    parse_context,
    printed,
    read_script,
    submitted_line,
    with_script,
)
from .submission.spec_text import show_spec
from .submit_options.job_spec import Submitted, build, unknown_option_answers
from .submit_options.parsed import Option, Parsed
from .submit_options.parser import parse_command_line
from .submit_options.table import help_text

ARCH = "lx-amd64"
_WAITING = "Waiting for immediate job to be scheduled.\n"
_NAMELESS = ("SIGSTKFLT", "SIGPWR", "SIGSYS")
_DIAGNOSIS_LENGTH = (
    100  # the event client's error text is cut there (capture env.unresolvable_qmaster.qsub_sync)
)


def main(request: Request, qmaster: QmasterInterface) -> Reply:
    """Run qsub."""
    problem = environment_refusal(request)
    if problem is not None:
        return problem
    call = _Call(request, qmaster)
    try:
        return call.run()
    except QmasterUnreachable as error:
        return call.unreachable(error)


class _Call:
    """One qsub call: what it has printed so far."""

    def __init__(self, request: Request, qmaster: QmasterInterface) -> None:
        self.request = request
        self.qmaster = qmaster
        self.out = ""
        self.err = ""
        self.sync = False
        self.defaults = 0  # how many of the options come from default files

    def reply(self, code: int) -> Reply:
        return Reply.of_text(code, self.out, self.err)

    def unreachable(self, error: QmasterUnreachable) -> Reply:
        cause = send_error(error)
        if self.sync and error.kind is not Unreachable.SILENT:
            if self.request.flavour.absence.all_lines_of_sync:
                self.err += f"{commlib_line(error)}error: {cause}\n{NO_ENVIRONMENT.format(cause)}"
            else:
                self.err += NO_ENVIRONMENT.format(cause[:_DIAGNOSIS_LENGTH])
        else:
            self.err += commlib_line(error) + self.refusal(cause)
        return self.reply(1)

    def refusal(self, text: str) -> str:
        """``Unable to run job: ...``."""
        return f"Unable to run job: {text}{self.request.flavour.wording.stop}\nExiting.\n"

    def say(self, parsed: Parsed, prefix: str, warning: str) -> int:
        """Print a parser's answers; the exit code, 0 to go on."""
        self.err += parsed.stray
        shown = printed(parsed.answers, prefix, warning)
        self.out += shown.out
        self.err += shown.err
        return shown.code

    def run(self) -> Reply:
        request = self.request
        context = parse_context(request, _now(self.qmaster))
        defaults = default_options(request, context)
        code = self.say(defaults, "", "warning: ")
        if code:
            return self.reply(code)
        command_line = parse_command_line(request.argv[1:], context)
        if request.flavour.is_ocs and not command_line.failed:  # it takes the first -t only
            arrays = [option for option in command_line.options if option.switch == "-t"]
            command_line.answers += unknown_option_answers(arrays[1:])
        code = self.say(command_line, "qsub: ", "qsub: warning: ")
        if code:
            return self.reply(code)
        if any(option.switch == "-help" for option in command_line.options):
            return Reply.of_text(0, self.out + help_text(request.flavour, "qsub"), self.err)
        script: Script | None = None
        if not is_binary(command_line, defaults):
            script = read_script(request, command_line, context)
            code = self.say(script.parsed, "Unable to read script file because of error: ", "warning: ")
            if code:
                return self.reply(code)
        self.defaults = len(defaults.options)
        return self.submit(
            [*defaults.options, *(script.parsed.options if script else []), *command_line.options], script
        )

    def submit(self, options: list[Option], script: Script | None) -> Reply:
        first = 0 if self.request.flavour.terse_in_files else self.defaults
        terse = any(option.switch == "-terse" for option in options[first:])
        self.sync = any(option.switch == "-sync" and option.value for option in options)
        submitted = build(options, self.request)
        code = self.say(Parsed(answers=submitted.answers), "qsub: ", "warning: ")
        if code:
            return self.reply(code)
        submitted.spec = with_script(submitted.spec, script)
        submitted.spec = submitted.spec._replace(command_line=command_line_of(self.request))
        if submitted.verify:
            self.out += show_spec(submitted, self.request)
            return self.reply(0)
        return self.send(submitted, terse)

    def send(self, submitted: Submitted, terse: bool) -> Reply:
        spec = submitted.spec
        watched = self.sync or spec.immediate
        if watched:
            refusal = self.qmaster.can_watch()
            if refusal:
                self.err += NO_ENVIRONMENT.format(refusal)
                return self.reply(1)
        if submitted.jsv:
            spec, text = jsv.ask(submitted.jsv, spec, self.request, self.qmaster)
            self.out += text.shown
            self.err += "".join(f"error: {line}\n" for line in text.complaints)
            if text.refusal is not None:
                self.err += self.refusal(text.refusal)
                return self.reply(1)
        spec, refused = jsv.ask_server(spec, self.request, self.qmaster)
        if refused is not None:
            self.err += self.refusal(refused)
            return self.reply(1)
        answer = self.qmaster.submit(spec)
        return self.answer(spec, answer, terse, watched)

    def answer(self, spec: JobSpec, answer: SubmissionReply, terse: bool, watched: bool) -> Reply:
        number = answer.number
        if answer.unscheduled is not None:
            name = job_identifier(answer.unscheduled, spec, self.request.flavour)
            self.out += (
                f"{name if terse else submitted_line(answer.unscheduled, spec, self.request.flavour)}\n"
            )
            self.err += f"{_WAITING}\nYour qsub request could not be scheduled; try again later.\n"
            return self.reply(1)
        if answer.refusal:
            self.err += self.refusal("\n".join(answer.refusal))
            return self.reply(answer.code)
        if number is None:
            self.out += "verification: found suitable queue(s)\n"
            return self.reply(0)
        line = submitted_line(number, spec, self.request.flavour)
        unsuitable = "warning: no suitable queues\n" if Warn.NO_SUITABLE_QUEUES in answer.warnings else ""
        if Warn.NOT_ALLOWED_IN_ANY_QUEUE in answer.warnings:
            warning = self.request.flavour.wording.no_queue.format(spec.owner)
            self.err += self.refusal(f"{warning}\n{unsuitable}{line}")
            return self.reply(1)
        name = job_identifier(number, spec, self.request.flavour)
        self.out += f"{name}\n" if terse else f"{unsuitable}{line}\n"
        return self.wait(number, spec) if watched else self.reply(0)

    def flush(self) -> None:
        """Send what a terminal would see now; a pipe sees stdout at the end only."""
        out = self.out if self.request.stdout_is_tty else ""
        if out or self.err:
            self.request.emit(encode(out), encode(self.err))
        self.out = "" if out else self.out
        self.err = ""

    def wait(self, number: int, spec: JobSpec) -> Reply:
        client = self.qmaster.watch(number, "qsub")
        try:
            code = self.wait_for_start(number, spec) if spec.immediate else 0
            if self.sync and not code:
                code = self.wait_for_end(number, spec)
        except ClientSignal as caught:
            if caught.signal == signal.SIGKILL:
                raise
            self.qmaster.operate(JobOperation.DELETE, number, None, actor_of(self.request))
            self.err += "\nInterrupted!\nPlease wait while qsub shuts down.\n"
            code = 1
        self.qmaster.unwatch(client)
        return self.reply(code)

    def wait_for_start(self, number: int, spec: JobSpec) -> int:
        self.err += _WAITING
        self.flush()
        qmaster = self.qmaster

        def decided() -> bool:
            job = qmaster.job(number)
            return job is None or bool(job.tasks) or bool(qmaster.finished_tasks(number))

        qmaster.start_immediately(number)
        qmaster.wait_until(decided)
        job = qmaster.job(number)
        ends = qmaster.finished_tasks(number)
        if (job is None or not job.tasks) and all(end.deleted for end in ends):
            self.err += "\nYour qsub request could not be scheduled; try again later.\n"
            return 1
        name = job_identifier(number, spec, self.request.flavour)
        self.err += f"\nYour immediate job {name} has been successfully scheduled.\n"
        return 0

    def wait_for_end(self, number: int, spec: JobSpec) -> int:
        self.flush()
        qmaster, code, seen = self.qmaster, 0, 0
        total = len(spec.array.ids())
        while seen < total:
            known = seen
            qmaster.wait_until(lambda: len(qmaster.finished_tasks(number, known)) > 0)  # noqa: B023
            for end in qmaster.finished_tasks(number, seen):
                seen += 1
                status = self.report(end, f"{number}.{end.task}" if spec.is_array else str(number))
                code = code or status
                self.flush()
        return code

    def report(self, end: Finished, name: str) -> int:
        """Print how a task ended; its part in the exit code."""
        code = end.exit_status
        line = f"Job {name} exited with exit code {code}.\n"
        if end.deleted:
            code, line = 0, f"Unable to run job {name}\n"
        elif end.failed == failures.NO_EXIT_STATUS:
            code, line = 1, f"No information available on job {name}'s exit status.\n"
        elif end.signal:
            code, line = 1, f"Job {name} exited because of signal {signal_name(end.signal)}\n"
        if code or end.deleted:
            self.complain(line)
        else:
            self.out += line
        return code

    def complain(self, line: str) -> None:
        """Bad news of a job: stderr, or stdout like the good ones."""
        if self.request.flavour.sync_on_stdout:
            self.out += line
        else:
            self.err += line


def command_line_of(request: Request) -> str:
    """The call as an Open Cluster Scheduler keeps it."""
    return " ".join(
        [f"{request.sge_root}/bin/{ARCH}/{request.argv[0]}", *(quoted(word) for word in request.argv[1:])]
    )


def signal_name(number: int) -> str:
    """``SIGKILL``; unknown ones are ``SIGunknown signal`` (observed of 8.1.9: 30, 31, 34, 64)."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        return "SIGunknown signal"
    return "SIGunknown signal" if name in _NAMELESS or number > 31 else name


def _now(qmaster: QmasterInterface) -> float:
    """The cell's time, 0 without a qmaster (it only matters for -a without a year)."""
    try:
        return qmaster.now
    except QmasterUnreachable:
        return 0.0
