"""Session files with invented histories: nothing is run for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from drmaa_cli.gridengine.accounting import parse_line
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.jobs.job_end import End, end_of_record
from drmaa_cli.store.rows import Intent
from drmaa_cli.store.session_store import Store
from drmaa_cli.system.processes import NOBODY
from drmaa_cli.template.kept import to_bytes
from tests.sessions.places import path_of

START = 1_795_800_000
MEBIBYTE, GIBIBYTE = 2**20, 2**30


class Past(NamedTuple):
    """How a task went.

    Attributes:
        start: seconds from its submission to its start.
        seconds: how long it ran.
        memory: bytes.
        failed: accounting's code.
        exit_status: its exit status.
        output: where its output and errors are; '' when that is not known.
    """

    start: float = 5
    seconds: float = 100
    memory: int = 100 * MEBIBYTE
    failed: int = 0
    exit_status: int = 0
    output: str = ""

    def end(self, number: int, task: int, name: str, submitted: float, requests: str, slots: int) -> End:
        """Its end, by a record of accounting as 8.1.9 writes them."""
        began = submitted + self.start
        over = began + self.seconds
        cpu = self.seconds * slots * 0.9
        fields = ":".join(
            [
                f"all.q:node{number % 3}:users:anna:{name}:{number}:sge:0:{submitted}:{began}:{over}",
                f"{self.failed}:{self.exit_status}:{self.seconds}:{cpu}:0.0:{self.memory / 1024 * 0.9}",
                "0:" * 14 + f"NONE:dep:NONE:{slots}:{task}:{cpu}:0.0:0.0",
                f"{requests or 'NONE'}:0.0:NONE:{self.memory}:0:0",
            ]
        )
        found = end_of_record(parse_line(fields.encode()))
        return found._replace(facts=found.facts._replace(output_path=self.output, error_path=self.output))


class History:
    """A session's file that grows."""

    def __init__(self, state: Path, name: str) -> None:
        self.path = path_of(state, name)
        self._store = Store.open(str(self.path), f"session={name}", float(START), "submit")
        self._tokens = itertools.count()

    def add(
        self,
        number: int | None,
        tasks: Sequence[Past | None] | Past | None,
        *,
        name: str = "job",
        key: str | None = None,
        requests: str = "",
        slots: int = 1,
        submitted: float = START,
        commands: Iterable[Sequence[str]] = (),
    ) -> None:
        """A submission; None stands for what has not ended."""
        many = None if tasks is None or isinstance(tasks, Past) else TaskRange(1, len(tasks), 1)
        values: list[dict[bytes, str | tuple[str, ...]]] = [
            {b"drmaa_remote_command": words[0], b"drmaa_v_argv": tuple(words[1:])} for words in commands
        ]
        intent = Intent(
            f"t{next(self._tokens)}",
            key,
            name,
            many,
            submitted,
            False,
            None,
            NOBODY,
            template=to_bytes(values) if values else b"",
        )
        position = self._store.record_intent(intent)
        if number is None:
            return
        self._store.accepted(position, number)
        pasts = [tasks] if tasks is None or isinstance(tasks, Past) else tasks
        self._store.ended(
            (position, TaskRange(task, task), past.end(number, task, name, submitted, requests, slots))
            for task, past in enumerate(pasts, 0 if many is None else 1)
            if past is not None
        )

    def close(self) -> Path:
        """Its file."""
        self._store.close()
        return self.path
