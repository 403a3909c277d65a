"""What libdrmaa and drmaa_cli say of each ``failed`` code, side by side on a real cell.

The cell's shepherds are replaced by a script that runs the real one and then puts the code in the place where
the execution daemon looks for it. The codes that put the queue into its error state and the job back among
the pending ones (1 to 11, 15, 34, 36) are not the end of a job; 24 and 25 neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.harness import PATIENCE_SECONDS, World

SHEPHERD = """#!/bin/sh
code=$(sed -n 's/^job_name=failed//p' config)
/usr/lib/gridengine/sge_shepherd "$@"
status=$?
test -n "$code" || exit $status
echo "$code" > exit_status
exit "$code"
"""
EXITED = (12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 31, 37, 39, 40, 100, 101, 137)
ABORTED = (26, 27, 28, 29, 30, 32, 33, 35, 38)
KILLED = (0, 12, 19, 26, 30, 37, 38, 100)  # some of all kinds: a signal decides, whatever the code


def brief(info: Any) -> tuple[bool, bool, bool, int, str]:
    return (info.hasExited, info.hasSignal, info.wasAborted, info.exitStatus, info.terminatedSignal)


@pytest.fixture
def codes(session: World) -> Iterator[World]:
    """A session in a cell whose shepherds fail as the job's name says."""
    script = session.file("shepherd")
    script.write_text(SHEPHERD)
    script.chmod(0o755)
    before = session.tool("qconf", "-sconf", check=True).stdout
    configure(session, re.sub(r"(?m)^shepherd_cmd .*$", f"shepherd_cmd {script}", before))
    try:
        session.eventually(lambda: is_replaced(session), bool)
        yield session
    finally:
        configure(session, before)
        session.eventually(lambda: is_replaced(session), lambda replaced: not replaced)


def configure(world: World, text: str) -> None:
    path: Path = world.directory / "global"
    path.write_text("".join(line for line in text.splitlines(keepends=True) if not line.startswith("#")))
    world.tool("qconf", "-Mconf", str(path), check=True)


def is_replaced(world: World) -> bool:
    """Whether the execution daemon has taken in the change: it does so after a while."""
    job = world.run("/bin/true", jobName="failed13")
    info = world.session.wait(job, PATIENCE_SECONDS)
    line = world.tool("qacct", "-j", job)
    if line.returncode != 0:  # not yet written
        world.eventually(lambda: world.tool("qacct", "-j", job).returncode, lambda code: code == 0)
        line = world.tool("qacct", "-j", job)
    assert info.hasExited
    return re.search(r"^failed +13\b", line.stdout, re.MULTILINE) is not None


@pytest.mark.only_on("cli-real", "oracle")
def test_every_code(codes: World) -> None:
    jobs = {code: codes.run("/bin/sh", "-c", "exit 3", jobName=f"failed{code}") for code in EXITED + ABORTED}
    infos = {code: codes.session.wait(job, PATIENCE_SECONDS) for code, job in jobs.items()}
    assert {code: brief(info) for code, info in infos.items()} == {
        **dict.fromkeys(EXITED, (True, False, False, 3, "")),
        **dict.fromkeys(ABORTED, (False, False, True, 0, "")),
    }
    if codes.is_oracle:
        return
    assert {code: info.failed for code, info in infos.items()} == {code: code for code in infos}
    assert all(info.reason and not info.succeeded for info in infos.values())


@pytest.mark.only_on("cli-real", "oracle")
def test_a_killed_job_under_every_code(codes: World) -> None:
    jobs = {
        code: codes.run("/bin/sh", "-c", "kill -9 $$", jobName=f"failed{code}" if code else "none")
        for code in KILLED
    }
    seen = {code: brief(codes.session.wait(job, PATIENCE_SECONDS)) for code, job in jobs.items()}
    assert seen == dict.fromkeys(KILLED, (False, True, False, 0, "SIGKILL"))


@pytest.mark.only_on("cli-real", "oracle")
@pytest.mark.parametrize("code", [8, 15])
def test_a_job_whose_queue_is_to_blame_stays(codes: World, code: int) -> None:
    """libdrmaa and drmaa_cli alike: it is pending again and runs when the queue's error is cleared."""
    job = codes.run("/bin/sh", "-c", "exit 3", jobName=f"failed{code}")
    try:
        codes.until_letters(job, "qw")
        codes.eventually(
            lambda: codes.tool("qstat", "-f", "-explain", "E").stdout, lambda out: "QERROR" in out
        )
        with pytest.raises(codes.error_class("ExitTimeoutException")):
            codes.session.wait(job, 3)
        assert codes.status(job) == "queued_active"
    finally:
        codes.session.control(job, "terminate")
        codes.tool("qmod", "-cq", "*")


@pytest.mark.only_on("cli-real", "oracle")
def test_a_job_whose_shepherd_was_killed(session: World) -> None:
    """It ran, and nothing tells how it ended: failed 19 without start and end."""
    pid = session.file("pid")
    script = f"ps -o ppid= -p $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 30"
    job = session.run("/bin/sh", "-c", script)
    session.eventually(pid.exists, bool)
    session.until(job, "running")
    session.tool("/bin/kill", "-9", pid.read_text().strip(), check=True)
    session.session.synchronize([job], PATIENCE_SECONDS, False)
    assert session.status(job) == "done"
    info = session.session.wait(job, PATIENCE_SECONDS)
    assert brief(info) == (False, False, False, 0, "")
    sampled = ["io", "iow", "mem", "cpu", "vmem", "maxvmem"]
    assert list(info.resourceUsage) == [*sampled, "submission_time", "priority"]
    if not session.is_oracle:
        assert not info.succeeded
        assert info.failed == 19
        assert info.reason == "the shepherd died before it wrote down how the job ended"
