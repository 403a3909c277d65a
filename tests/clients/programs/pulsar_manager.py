"""pulsar runs jobs through its queued_drmaa manager: a good one, one that exits 3, one that is killed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from pulsar.core import PulsarApp

ENDED = ("complete", "failed", "cancelled", "lost")
COMMANDS = {"good": "echo fine", "bad": "echo ouch >&2; exit 3", "endless": "sleep 300"}


def main() -> int:
    here = Path.cwd()
    app = PulsarApp(
        staging_directory=str(here / "staging"),
        persistence_directory=str(here / "persisted"),
        tool_dependency_dir="none",
        managers={"_default_": {"type": "queued_drmaa"}},
    )
    manager = app.only_manager
    for name, command in COMMANDS.items():
        manager.setup_job(name, "tool", "1.0")
        manager.preprocess_and_launch(name, {"command_line": command})
    while manager.get_status("endless") != "running":
        time.sleep(0.2)
    manager.kill("endless")
    for name in COMMANDS:
        while (state := manager.get_status(name)) not in ENDED:
            time.sleep(0.2)
        words = [name, state]
        if name == "good":
            words += [str(manager.return_code(name)), manager.job_stdout_contents(name).decode().strip()]
        print(*words)
    app.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
