"""Every way in which a job can end, made in a cell: what is said of it, in the session and outside."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from drmaa_cli import JobControlAction
from tests.why.ends import WAYS, Way
from tests.why.site import Site
from tests.why.test_situations import FIGURE


def rows(kind: str) -> list[object]:
    """The ways as parameters, for one kind of cell."""
    marks = [pytest.mark.slow, *([pytest.mark.real_cell] if kind == "real" else [])]
    return [
        pytest.param(kind, way, id=f"{kind}-{way.name}", marks=marks)
        for way in WAYS
        if kind == "real" or way.on_fake
    ]


def read(file: Path) -> str:
    """What the execution daemon has written there."""
    return file.read_text()


def make(site: Site, way: Way) -> str:
    """Have a job of the session end so; its id."""
    session = site.session
    assert session is not None
    template = session.createJobTemplate(
        remoteCommand=way.command[0],
        args=list(way.command[1:]),
        nativeSpecification=way.native,
        outputPath=f":{site.folder}/out.$JOB_ID",
        joinFiles=True,
    )
    job = session.runJob(template)
    state, _, who = way.then.partition(": ")
    if who:
        site.wait_for(job, state)
    if who == "session":
        session.control(job, JobControlAction.TERMINATE)
    elif who == "shepherd":
        pattern = f"spool/execd/*/active_jobs/{job}.1/pid"
        site.wait_until(lambda: any(map(read, site.cell.directory.glob(pattern))), "the shepherd's pid")
        (file,) = site.cell.directory.glob(pattern)
        os.kill(int(file.read_text()), signal.SIGKILL)
    elif who == "wait":
        session.wait(job)
    elif who:
        site.run("qdel", job)
    site.wait_until(lambda: not site.state(job), f"job {job} gone")
    return job


@pytest.mark.parametrize(("site", "way"), [*rows("fake"), *rows("real")], indirect=["site"])
def test_a_way_to_end(site: Site, way: Way) -> None:
    job = make(site, way)
    site.wait_until(lambda: site.why(job)[0].ended, f"the end of job {job} known")
    (only,) = site.why(job)
    expected = re.escape(way.sentence).replace("<N>", FIGURE)
    assert re.fullmatch(expected, only.sentence), only
    assert (only.kind.value, only.certain) == (way.kind, way.certain)
    assert way.evidence in "\n".join(only.evidence), only.evidence
    assert way.advice in "\n".join(only.advice), only.advice
    assert "{" not in "".join(only.advice)
