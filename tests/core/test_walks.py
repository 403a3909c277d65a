"""The two walks of docs/architecture.md on real calls: how many files lie one above the other."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import pytest

import drmaa_cli
from fake_sge import Cell

PACKAGE = f"{Path(drmaa_cli.__file__).parent}/"
MOST = 10


def files_below(frame: FrameType | None) -> tuple[str, ...]:
    """The files of drmaa_cli that a call has come through, each once where it calls itself."""
    found: list[str] = []
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(PACKAGE) and (not found or found[-1] != path[len(PACKAGE) :]):
            found.append(path[len(PACKAGE) :])
        frame = frame.f_back
    return tuple(reversed(found))


@contextmanager
def ways() -> Iterator[set[tuple[str, ...]]]:
    """The ways that calls take meanwhile, in this thread and in those that begin."""
    found: set[tuple[str, ...]] = set()

    def look(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            found.add(files_below(frame))

    before = sys.getprofile()
    threading.setprofile(look)
    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


def test_no_way_leads_through_more_than_ten_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        cell = stack.enter_context(Cell(home=str(tmp_path)))
        for name, value in cell.env.items():
            monkeypatch.setenv(name, value)
        session = stack.enter_context(drmaa_cli.open_session())
        template = session.createJobTemplate(
            remoteCommand="/bin/true", outputPath=":/dev/null", joinFiles=True
        )
        session.wait(session.runJob(template))  # modules are loaded now
        with ways() as submitting:
            job = session.runJob(template)
            session.runBulkJobs(template, 1, 2, 1)
            session.runJobs([template, template])
        with ways() as waiting:
            session.wait(job)
            session.wait(session.JOB_IDS_SESSION_ANY)
            session.synchronize([session.JOB_IDS_SESSION_ALL], dispose=True)
    assert any(way[-1] == "gridengine/qsub.py" for way in submitting)
    assert any(way[-1] == "jobs/job_end.py" for way in waiting)
    assert [way for way in submitting | waiting if len(way) > MOST] == []
