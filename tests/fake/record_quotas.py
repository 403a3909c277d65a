"""Record stories of what jobs share on a real cell: ``python -m tests.fake.record_quotas [again]`` (as root).

``data/quotas.jsonl`` is about resource quotas, ``data/global_host.jsonl`` about the consumables of all hosts.

Those that have no answers yet, or all of them again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from fake_sge import RealCell as Private
from tests.fake.stories import Step, record, told
from tests.fake.twin import Answer, use_long_numbers
from tests.real_cell import BINARIES, RealCell

SETTLE_SECONDS = 2.6
OPTIONS = {
    "slots": 10,
    "complexes": (
        "gpu gpu INT <= YES YES 0 0",
        "mem mem MEMORY <= YES YES 0 0",
        "seconds sec TIME <= YES YES 0 0",
        "perjob pj INT <= YES JOB 0 0",
        "feat feat BOOL == YES NO 0 0",
        "least least INT >= YES NO 0 0",
    ),
    "complex_values": "gpu=8,mem=64G,seconds=1000",
}


def tell(real: RealCell, home: Path, steps: list[Step]) -> Iterator[Step]:
    """One story on the real cell, which is left empty."""

    def run(words: list[str], user: str, stdin: bytes) -> Answer | None:
        if words[0] == "settle":
            time.sleep(SETTLE_SECONDS)
            return None
        if words[0] == "write":
            (home / words[1]).write_bytes(stdin)
            return None
        other = {} if user == "root" else {"user": user, "group": 65534, "extra_groups": []}
        done = subprocess.run(
            [str(BINARIES / words[0]), *words[1:]],
            env={"HOME": str(home), "PATH": "/usr/bin:/bin", "USER": user, "LOGNAME": user, **real.env},
            cwd=home,
            input=stdin,
            capture_output=True,
            check=False,
            **other,
        )  # type: ignore[call-overload]
        return done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr)

    yield from told(steps, run)
    real.run("qdel", "-u", "*", check=False)
    while real.run("qstat", "-u", "*").stdout:
        time.sleep(0.2)
    for name in real.run("qconf", "-srqsl", check=False).stdout.split():
        real.run("qconf", "-drqs", name)
    for kind, values, place in (
        ("exechost", "NONE", "global"),
        ("exechost", OPTIONS["complex_values"], "localhost"),
        ("queue", "NONE", "all.q"),
    ):
        real.run("qconf", "-rattr", kind, "complex_values", str(values), place)


def main() -> None:
    """Record all stories of both files."""
    with tempfile.TemporaryDirectory(prefix="record") as directory:
        home = Path(directory)
        home.chmod(0o755)
        real = RealCell(home / "c")
        real.private = Private(home / "c", login_shells=False, **OPTIONS)
        with real:
            use_long_numbers(real)
            while "-NA-" in real.run("qstat", "-f").stdout:  # no load was told of since its start
                time.sleep(0.2)
            for name in ("quotas", "global_host"):
                record(name, lambda steps: tell(real, home, steps), "again" in sys.argv)


if __name__ == "__main__":
    main()
