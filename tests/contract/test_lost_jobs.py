"""A job of which nothing tells how it ended, side by side with libdrmaa on a real cell."""

from __future__ import annotations

import pytest

from tests.contract.harness import World
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow


@pytest.mark.only_on("cli-fake", "cli-real", "oracle")
def test_a_job_whose_shepherd_was_killed(session: World) -> None:
    """It ran, and nothing tells how it ended: failed 19 without start and end."""
    pid = session.file("pid")
    script = f"ps -o ppid= -p $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 30"
    job = session.run("/bin/sh", "-c", script)
    session.eventually(pid.exists, bool)
    session.until(job, "running")
    session.tool("/bin/kill", "-9", pid.read_text().strip(), check=True)
    session.session.synchronize([job], PATIENCE, False)
    assert session.status(job) == "done"
    info = session.session.wait(job, PATIENCE)
    assert info[1:7] == (False, False, "", False, False, 0)
    sampled = ["io", "iow", "mem", "cpu", "vmem", "maxvmem"]
    assert list(info.resourceUsage) == [*sampled, "submission_time", "priority"]
    if not session.is_oracle:
        assert not info.succeeded
        assert info.failed == 19
        assert info.reason == "the shepherd died before it wrote down how the job ended"
