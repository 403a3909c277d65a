"""JSVs of the client (``qsub -jsv SCRIPT``) and of the server (``jsv_url``), see jsv(1).

A dialogue over the script's stdin and stdout. A server's script is started for each job here; the real one
goes on to the next.
"""

from __future__ import annotations

import subprocess
import tempfile
from typing import IO

from ...lighter import record
from ...model import JobSpec
from ...model.requests import Request
from ..interface.caller import as_caller
from ..interface.qmaster_interface import QmasterInterface
from ..submit_options.option_values import OptionError
from ..submit_options.parsed import ParseContext
from .common import parse_context
from .jsv_corrections import corrected
from .jsv_parameters import parameters

_ONLY_VERIFIED = 3  # -w v and -w p
_TIMEOUT = 10.0  # seconds; Grid Engine waits that long for an answer
_REJECTED = {"REJECT": "JSV rejected job", "REJECT_WAIT": "JSV temporarily rejected job"}


@record
class ScriptVerdict:
    """What the script says: text for stdout, complaints, and why the job is refused (None: it is not)."""

    shown: str = ""
    complaints: tuple[str, ...] = ()  # what the client's wrote to stderr: it is an error
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
        changed = spec if dialogue.verdict.refusal is not None else dialogue.corrected()
        verdict.shown += dialogue.verdict.shown
        verdict.complaints = dialogue.verdict.complaints
        verdict.refusal = dialogue.verdict.refusal
        if verdict.refusal is not None:
            break
        spec = changed
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
        self.script = ""

    def run(self, script: str) -> None:
        """Start the script, tell it the job and take its answers."""
        self.script = script
        with (
            tempfile.TemporaryFile("w+", errors="surrogateescape") as complaints,
            subprocess.Popen(
                [script],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints if self.number is None else None,
                cwd=self.request.cwd,
                env=self.request.env,
                text=True,
                errors="surrogateescape",
                **as_caller(self.request),
            ) as process,
        ):
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                self._talk(process.stdin, process.stdout)
                self._complain(complaints)
                process.stdin.write("QUIT\n")
                process.stdin.close()
            except BrokenPipeError:
                self.verdict.refusal = self.verdict.refusal or "JSV stopped unexpectedly"
            try:
                process.wait(_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()

    def _complain(self, complaints: IO[str]) -> None:
        """Whatever else the script has answered, lines on its stderr refuse the job."""
        complaints.seek(0)
        lines = complaints.read().splitlines()
        if lines:
            self.verdict.complaints = tuple(f"JSV stderr: {line}" for line in lines)
            self.verdict.refusal = "\n".join([*self.verdict.complaints, f"JSV stderr is - {lines[-1]}"])

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
                return

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
        elif command == "RESULT":
            self._result(*rest.split(" ", 2))
            return True
        elif not command:
            self.verdict.refusal = f'got no response from JSV script "{self.script}"'
            return True
        elif line != "SEND ENV":
            self.verdict.refusal = f'master got unknown command from JSV: "{command}"'
            return True
        return self.verdict.refusal is not None

    def _result(self, word: str = "", state: str = "", message: str = "") -> None:
        """``RESULT STATE ...``; parameters that were changed count with ACCEPT as well as with CORRECT."""
        if word != "STATE" or not state:
            self.verdict.refusal = f'JSV got unknown command "{word or "(null)"}"'
        elif state in _REJECTED:
            self.verdict.refusal = message or _REJECTED[state]
        elif state not in ("ACCEPT", "CORRECT"):
            self.verdict.refusal = f'JSV sent unknown result "{state}"'

    def _environment(self, rest: str) -> None:
        action, _, pair = rest.partition(" ")
        name, blank, value = pair.partition(" ")
        if action == "DEL":
            self.env.pop(name, None)
        elif action in ("ADD", "MOD"):
            self.env[name] = value
        else:
            self.verdict.refusal = f'"ENV {action} {name} {value if blank else "<null>"}" is invalid'

    def corrected(self) -> JobSpec:
        """The job with the script's corrections; a bad value becomes the refusal."""
        try:
            return corrected(self.spec, self.changes, self.env, self.request, self.context)
        except OptionError as error:
            self.verdict.refusal = "\n".join(error.texts)
            return self.spec
