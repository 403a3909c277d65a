"""JSVs of the client (``qsub -jsv SCRIPT``) and of the server (``jsv_url``), see jsv(1).

A dialogue over the script's stdin and stdout. A server's script is started for each job here; the real one
goes on to the next.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import IO

from ...lighter import record
from ...model import JobSpec, JobType, Range, Rerun, Resource
from ...model.requests import Request
from ...render.detail_resources import (
    addresses_as_given,
    checkpoint_letters,
    mail_option_letters,
    paths_as_given,
)
from ..interface.caller import as_caller
from ..interface.qmaster_interface import QmasterInterface
from ..submit_options.job_spec import FieldBuilder
from ..submit_options.option_values import OptionError
from ..submit_options.parsed import Option, ParseContext
from ..submit_options.table import OPTIONS
from ..times.local_time import localtime
from .common import parse_context

_ONLY_VERIFIED = 3  # -w v and -w p
_TIMEOUT = 10.0  # seconds; Grid Engine waits that long for an answer
_REJECTED = {"REJECT": "JSV rejected job", "REJECT_WAIT": "JSV temporarily rejected job"}
_PLAIN = ("A", "N", "p", "P", "ckpt", "js", "r", "R", "j", "shell", "b", "now", "w", "tc", "wd")
_LISTS = ("o", "e", "i", "S", "M", "m", "hold_jid", "hold_jid_ad", "a", "dl", "masterq")


@record
class ScriptVerdict:
    """What the script says: text for stdout, and why the job is refused (None: it is not)."""

    shown: str = ""
    refusal: str | None = None


def ask(
    scripts: tuple[str, ...], spec: JobSpec, request: Request, qmaster: QmasterInterface
) -> tuple[JobSpec, ScriptVerdict]:
    """Have each script look at the job; the job as corrected."""
    verdict = ScriptVerdict()
    for script in scripts:
        dialogue = _Dialogue(spec, request, parse_context(request, qmaster.now))
        with qmaster.unlocked():
            dialogue.run(script)
        verdict.shown += dialogue.verdict.shown
        verdict.refusal = dialogue.verdict.refusal
        if verdict.refusal is not None:
            break
        spec = dialogue.corrected()
    return spec, verdict


def ask_server(spec: JobSpec, request: Request, qmaster: QmasterInterface) -> tuple[JobSpec, str | None]:
    """Have the script of ``jsv_url`` look at the job; the job as corrected, and why it is refused.

    A refusal uses up the job's number. A job that is only verified is not shown to it (8.1.9: -w v).
    """
    url = qmaster.config.global_config["jsv_url"]
    if url.lower() == "none" or spec.verify_suitable >= _ONLY_VERIFIED:
        return spec, None
    dialogue = _Dialogue(spec, request, parse_context(request, qmaster.now), qmaster.next_number)
    with qmaster.unlocked():
        dialogue.run(url.rpartition(":")[2].rpartition("@")[2])
    changed = spec if dialogue.verdict.refusal is not None else dialogue.corrected()
    refusal = dialogue.verdict.refusal
    if refusal is not None:
        qmaster.take_number()
    return changed, refusal


class _Dialogue:
    def __init__(
        self, spec: JobSpec, request: Request, context: ParseContext, number: int | None = None
    ) -> None:
        self.number = number  # of a job that has reached the server
        self.spec = spec
        self.request = request
        self.context = context
        self.verdict = ScriptVerdict()
        self.changes: dict[str, str] = {}
        self.env = dict(spec.env)
        self.corrects = False

    def run(self, script: str) -> None:
        """Start the script, tell it the job and take its answers."""
        with subprocess.Popen(
            [script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self.request.cwd,
            env=self.request.env,
            text=True,
            errors="surrogateescape",
            **as_caller(self.request),
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                self._talk(process.stdin, process.stdout)
                process.stdin.write("QUIT\n")
                process.stdin.close()
            except BrokenPipeError:
                self.verdict.refusal = self.verdict.refusal or "JSV stopped unexpectedly"
            try:
                process.wait(_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()

    def _talk(self, to: IO[str], answers: IO[str]) -> None:
        to.write("START\n")
        to.flush()
        sends_environment = False
        for line in answers:
            if line.strip() == "SEND ENV":
                sends_environment = True
            elif line.strip() == "STARTED":
                break
        for name, value in parameters(self.spec, self.request, self.number):
            to.write(f"PARAM {name} {value}\n")
        if sends_environment:
            for name, text in self.spec.env:
                to.write(f"ENV ADD {name} {text or ''}\n")
        to.write("BEGIN\n")
        to.flush()
        for line in answers:
            if self._answer(line.rstrip("\n")):
                break

    def _answer(self, line: str) -> bool:
        """One line of the script; whether it was the last."""
        command, _, rest = line.partition(" ")
        if command == "LOG":
            self.verdict.shown += rest.partition(" ")[2] + "\n"
        elif command == "PARAM":
            name, _, value = rest.partition(" ")
            self.changes[name] = value
        elif command == "ENV":
            self._environment(rest)
        elif command == "RESULT" and rest.startswith("STATE "):
            state, _, message = rest[len("STATE ") :].partition(" ")
            if state in _REJECTED:
                self.verdict.refusal = message or _REJECTED[state]
            elif state not in ("ACCEPT", "CORRECT"):
                self.verdict.refusal = f'JSV sent unknown result "{state}"'
            self.corrects = state == "CORRECT"
            return True
        elif command:
            self.verdict.refusal = f'master got unknown command from JSV: "{command}"'
            return True
        return False

    def _environment(self, rest: str) -> None:
        action, _, pair = rest.partition(" ")
        name, _, value = pair.partition(" ")
        if action == "DEL":
            self.env.pop(name, None)
        else:
            self.env[name] = value

    def corrected(self) -> JobSpec:
        """The job with the script's corrections; a bad value becomes the refusal."""
        if not self.corrects:
            return self.spec
        builder = FieldBuilder(self.request)
        builder.fields = {"env": tuple(self.env.items()), "job_type": self.spec.job_type}
        for name, value in self.changes.items():
            try:
                self._correct(builder, name, value)
            except OptionError as error:
                self.verdict.refusal = (
                    f"{error.texts[0] if error.texts else ''}\n"
                    "unable to allocate memory for binding during JSV execution"
                )
                return self.spec
        fields = builder.fields
        if "rerun" in fields:
            fields["rerun"] = Rerun(fields["rerun"])
        return self.spec._replace(**fields)

    def _correct(self, builder: FieldBuilder, name: str, value: str) -> None:
        if name in ("l_hard", "l_soft", "q_hard", "q_soft"):
            switch, kind = f"-{name[0]}", OPTIONS[f"-{name[0]}"]
            if value and kind.parse is not None:
                builder.add(
                    Option(switch, kind.parse(value, self.context), value, 2 if name.endswith("soft") else 1)
                )
            else:
                prefix = "soft" if name.endswith("soft") else "hard"
                builder.fields[f"{prefix}_{'resources' if name[0] == 'l' else 'queues'}"] = ()
        elif name in (*_PLAIN, *_LISTS):
            kind = OPTIONS[f"-{name}"]
            if kind.parse is not None:
                builder.add(Option(f"-{name}", kind.parse(value, self.context), value))
        elif name == "cwd":
            builder.fields["cwd"] = value or None
        elif name == "h":
            builder.fields["user_hold"] = "u" in value
        elif name == "notify":
            builder.fields["notify"] = value == "y"
        elif name == "CMDNAME":
            builder.fields["command"] = value
        elif name == "pe_name":
            builder.fields["pe"] = value or None
        elif name in ("pe_min", "pe_max") and self.spec.pe_ranges:
            first = int(self.changes.get("pe_min", self.spec.pe_ranges[0].first))
            last = int(self.changes.get("pe_max", self.spec.pe_ranges[-1].last))
            builder.fields["pe_ranges"] = (Range(first, last),)


def _yes(flag: object) -> str:
    return "y" if flag else ""


def _requests(entries: tuple[Resource, ...]) -> str:
    return ",".join(f"{name}={value}" for name, value in entries)


def _date(seconds: float, zone: str | None) -> str:
    """The month is one too low, as Grid Engine sends it."""
    when = localtime(seconds, zone)
    return (
        f"{when.tm_year:04d}{when.tm_mon - 1:02d}{when.tm_mday:02d}{when.tm_hour:02d}{when.tm_min:02d}"
        f".{when.tm_sec:02d}"
    )


def parameters(spec: JobSpec, request: Request, number: int | None = None) -> Iterator[tuple[str, str]]:
    """All PARAM lines of a job, in Grid Engine's order; ``number`` of one that has reached the server."""
    yield from (
        ("VERSION", "1.0"),
        ("CONTEXT", "client" if number is None else "server"),
        ("CLIENT", request.argv[0] if number is None else "qmaster"),
        ("USER", spec.owner),
        ("GROUP", spec.group),
        *(() if number is None else (("JOB_ID", str(number)),)),
        ("CMDNAME", spec.command),
        ("CMDARGS", str(len(spec.args))),
    )
    yield from ((f"CMDARG{index}", arg) for index, arg in enumerate(spec.args))
    yield from (
        (name, value) for name, value in (*_first_half(spec, request, number), *_second_half(spec)) if value
    )


def _first_half(spec: JobSpec, request: Request, number: int | None) -> Iterator[tuple[str, str]]:
    yield "a", _date(spec.execution_time, request.env.get("TZ")) if spec.execution_time else ""
    yield "ac", ",".join(name if value is None else f"{name}={value}" for name, value in spec.context)
    yield "A", spec.account if spec.account != "sge" or number is not None else ""
    yield "b", _yes(spec.job_type & JobType.BINARY)
    yield "c", checkpoint_letters(spec.checkpoint_attr)
    yield "ckpt", spec.checkpoint or ""
    yield "cwd", spec.cwd or ""
    yield "e", paths_as_given(spec.stderr_paths)
    yield "hold_jid", ",".join(spec.hold_jid)
    yield "hold_jid_ad", ",".join(spec.hold_jid_ad)
    yield "h", "u" if spec.user_hold else ""
    yield "i", paths_as_given(spec.stdin_paths)
    yield "j", _yes(spec.merge_stderr)
    yield "js", str(spec.jobshare) if spec.jobshare else ""
    yield "l_hard", _requests(spec.hard_resources)
    yield "l_soft", _requests(spec.soft_resources)


def _second_half(spec: JobSpec) -> Iterator[tuple[str, str]]:
    yield "m", mail_option_letters(spec.mail_options, "beas")
    yield "M", addresses_as_given(spec.mail_to)
    yield "notify", _yes(spec.notify)
    yield "N", spec.name
    yield "o", paths_as_given(spec.stdout_paths)
    yield "p", str(spec.priority) if spec.priority else ""
    yield "tc", str(spec.max_concurrent) if spec.max_concurrent else ""
    if spec.pe is not None and spec.pe_ranges:
        yield "pe_name", spec.pe
        yield "pe_min", str(spec.pe_ranges[0].first)
        yield "pe_max", str(spec.pe_ranges[-1].last)
    yield "P", spec.project or ""
    yield "q_hard", ",".join(spec.hard_queues)
    yield "q_soft", ",".join(spec.soft_queues)
    yield "R", _yes(spec.reserve)
    yield "r", {Rerun.QUEUE: "", Rerun.YES: "y", Rerun.NO: "n"}[spec.rerun]
    yield "shell", "n" if spec.job_type & JobType.NO_SHELL else ""
    yield "S", paths_as_given(spec.shells)
    if spec.is_array:
        yield "t_min", str(spec.array.first)
        yield "t_max", str(spec.array.last)
        yield "t_step", str(spec.array.step)
    yield "w", {0: "", 1: "w", 2: "e", 3: "v", 4: "p"}[spec.verify_suitable]
