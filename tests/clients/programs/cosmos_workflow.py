"""cosmos-wfm runs a workflow: three good tasks, and (with "fail") one that exits 3."""

from __future__ import annotations

import sys
from pathlib import Path

from cosmos.api import Cosmos


def write(text: str, out_file: str) -> str:
    return f"echo {text} > {out_file}"


def fail() -> str:
    return "exit 3"


def main() -> int:
    directory = Path.cwd()
    cosmos = Cosmos(f"sqlite:///{directory}/cosmos.sqlite", default_drm="drmaa")
    cosmos.initdb()
    workflow = cosmos.start(sys.argv[1], restart=True, skip_confirm=True)
    for text in ("one", "two", "three"):
        params = {"text": text, "out_file": str(directory / f"{sys.argv[1]}.{text}")}
        workflow.add_task(func=write, params=params, uid=text)
    if sys.argv[1] == "fail":
        workflow.add_task(func=fail, params={}, uid="bad", max_attempts=1)
    workflow.make_output_dirs()
    workflow.run(max_cores=4, cmd_wrapper=None)
    for task in sorted(workflow.tasks, key=lambda task: str(task.uid)):
        print("task", task.uid, task.status.name, task.exit_status, task.wall_time is not None)
    print("workflow", workflow.status.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
