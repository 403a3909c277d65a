"""What a site's commands answered during the examination, for an issue and for the test suite."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from drmaa_cli.diagnosis.anonymous import Anonymous, scrub
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.host import Host
from drmaa_cli.system.runner import Command, Runner
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.diagnosis.finding import Check, Examined

FORMAT = 1


class Recorder:
    """Keeps each command of the cell and its answer."""

    def __init__(self) -> None:
        self.results: list[CommandResult] = []
        self._lock = threading.Lock()

    def around(self, host: Host) -> Runner:
        """A runner that runs what it is given on the host, and keeps it."""
        return _Recording(host.runner, self)

    def keep(self, result: CommandResult) -> None:
        """One more answer."""
        with self._lock:
            self.results.append(result)


class _Recording:
    def __init__(self, runner: Runner, recorder: Recorder) -> None:
        self._runner, self._recorder = runner, recorder

    def run(self, command: Command, /) -> CommandResult:
        """Run it there; see :class:`drmaa_cli.system.runner.Runner`."""
        result = self._runner.run(command)
        self._recorder.keep(result)
        return result


def write_report(path: str | os.PathLike[str], site: Examined, checks: list[Check]) -> None:
    """Write what was asked and found, a JSON object a line, with nothing in it that tells who and where.

    The first line says which engine it was and how each step came out; the others are transcripts in the form
    of tests/data/captures.

    Raises:
        OSError: it cannot be written.
    """
    names = Anonymous()
    if site.host is not None and site.cluster is not None:
        names.know(site.host, site.common)
    results = [scrub(result) for result in site.recorder.results]
    for result in results:
        names.learn(result)
    lines: list[dict[str, object]] = [
        {
            "report": FORMAT,
            "engine": None if site.flavour is None else site.flavour.banner,
            "remote": site.is_remote,
            "user": names.user,
            "checks": {made.name: made.status for made in checks},
        }
    ]
    for number, result in enumerate(results):
        argv = [names.apply(word) for word in result.argv]
        lines.append(
            {
                "case": f"report.{number}.{argv[0]}",
                "argv": argv,
                "user": names.user,
                "env": {},
                "stdin": "",
                "exit_code": result.exit_code,
                "notes": "",
                "stdout": names.apply(result.out),
                "stderr": names.apply(result.err),
            }
        )
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    with Path(path).open("w", encoding="utf-8") as file:
        file.write(text)
