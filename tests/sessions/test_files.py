"""The session file: its mode, what is no session file, expiry, and ``drmaa-cli sessions``."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from drmaa_cli.cli import main
from drmaa_cli.errors import DrmsInitException, InternalException
from drmaa_cli.gridengine.cell_identity import CellIdentity
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.store.database import SCHEMA_VERSION
from drmaa_cli.store.expiry import DAY, STAMP, expire, is_expired, read
from drmaa_cli.store.places import remote_directory
from drmaa_cli.store.rows import StoredJob
from drmaa_cli.store.session_store import Store
from drmaa_cli.system.clock import Clock
from fake_sge.cell import Cell
from tests.cli.schemas import valid
from tests.sessions.kit import PATIENCE, job
from tests.sessions.places import path_of

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def use(name: str, *, key: str | None = None, wait: bool = True) -> str:
    with JobSession(f"session={name}") as session:
        number = session.runJob(job(session, "exit 3"), key=key)
        if wait:
            session.wait(number)
        return number


def test_only_the_user_may_read_it(state: Path) -> None:
    old = os.umask(0)
    try:
        use("private")
    finally:
        os.umask(old)
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for path in state.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_an_unnamed_session_leaves_nothing_behind(state: Path) -> None:
    with JobSession() as session:
        session.wait(session.runJob(job(session, "exit 0")))
    assert [path.name for path in state.iterdir()] == [STAMP]


def test_an_unnamed_session_with_something_to_tell_stays(state: Path) -> None:
    with JobSession() as session:
        number = session.runJob(job(session, "exit 4"))
    with JobSession(session.contact) as again:
        assert again.wait(number).exitStatus == 4


@pytest.mark.parametrize("name", ["a", "x" * 300, ".hidden", "UPPER+1@host", "..", "semi,colon#"])
def test_names_become_files_of_their_own(state: Path, name: str) -> None:
    path = path_of(state, name)
    assert path.parent == state
    assert len(os.fsencode(path.name)) < 255
    assert not path.name.startswith(".")
    assert path != path_of(state, name + "x")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"not a database, but long enough to be looked at" * 50, "move it away to begin the session anew"),
        (b"SQLite format 3\0" + b"\xff" * 5000, "move it away"),
    ],
)
def test_a_damaged_file_is_left_alone(state: Path, content: bytes, text: str) -> None:
    state.mkdir(mode=0o700)
    path = path_of(state, "broken")
    path.write_bytes(content)
    with pytest.raises(DrmsInitException, match=text) as caught:
        JobSession("session=broken")
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


def test_a_file_that_was_cut_off(state: Path) -> None:
    use("cut", wait=False)
    path = path_of(state, "cut")
    path.write_bytes(path.read_bytes()[:9000])
    Path(f"{path}-journal").unlink()
    with pytest.raises(DrmsInitException, match="cannot be read"):
        JobSession("session=cut")


@pytest.mark.parametrize("table", ["other", "jobs"])
def test_a_foreign_database_is_left_alone(state: Path, table: str) -> None:
    state.mkdir(mode=0o700)
    path = path_of(state, "foreign")
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"CREATE TABLE {table} (x)")
    db.close()
    content = path.read_bytes()
    with pytest.raises(DrmsInitException, match="is not a session file of drmaa_cli"):
        JobSession("session=foreign")
    assert path.read_bytes() == content


def test_a_file_of_a_newer_version(state: Path) -> None:
    use("newer")
    with sqlite3.connect(path_of(state, "newer")) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    with pytest.raises(
        DrmsInitException, match=f"written by a newer drmaa_cli .version {SCHEMA_VERSION + 1}"
    ):
        JobSession("session=newer")


def test_a_state_directory_that_cannot_be_made(state: Path) -> None:
    state.write_text("a file is in the way")
    with JobSession() as session:  # it lives as long as this process
        assert session.wait(session.runJob(job(session, "exit 3"))).exitStatus == 3
    with JobSession("session=named") as session:
        found = job(session, "exit 3")
        with pytest.raises(InternalException, match="nothing was submitted"):
            session.runJob(found)


# --- expiry -------------------------------------------------------------------------------------------------


def age(path: Path, days: float) -> None:
    moment = time.time() - days * DAY
    os.utime(path, (moment, moment))


def test_what_expires(state: Path) -> None:
    use("done")
    use("keyed", key="k")
    number = use("unheard", wait=False)
    old = time.time() + 31 * DAY
    done, keyed, unheard = (read(path_of(state, name)) for name in ("done", "keyed", "unheard"))
    assert is_expired(done, old, 30, None)
    assert not is_expired(done, old, 32, None)
    assert not is_expired(done, old, 0, None)
    assert not is_expired(keyed, old, 30, set())
    assert not is_expired(unheard, old, 30, None)  # nobody could be asked
    assert not is_expired(unheard, old, 30, {int(number)})
    assert is_expired(unheard, old, 30, set())


def test_a_submission_in_doubt_without_a_key_does_not_keep_a_session_for_ever(state: Path) -> None:
    use("done")
    done = read(path_of(state, "done"))
    (job,) = done.jobs
    doubt = StoredJob(2, job.intent, None, ())
    old = time.time() + 31 * DAY
    assert is_expired(done._replace(jobs=(job, doubt)), old, 30, None)
    keyed = doubt._replace(intent=job.intent._replace(key="k"))
    assert not is_expired(done._replace(jobs=(job, keyed)), old, 30, None)


def test_once_a_day_when_a_session_is_made(state: Path) -> None:
    use("first")
    age(path_of(state, "first"), 31)
    use("second")
    assert path_of(state, "first").exists()  # looked through today
    age(state / STAMP, 1.01)
    use("third")
    assert not path_of(state, "first").exists()
    assert path_of(state, "second").exists()


class Ahead(Clock):
    """A clock that is more than a year ahead of the file server's."""

    def time(self) -> float:
        return super().time() + 400 * DAY


def test_by_the_file_servers_clock(state: Path) -> None:
    use("other")
    (state / STAMP).unlink()
    with JobSession("session=mine", clock=Ahead()) as session:
        assert session.wait(session.runJob(job(session, "exit 3")), PATIENCE).exitStatus == 3
    assert path_of(state, "mine").exists()
    assert path_of(state, "other").exists()


def test_the_qmaster_is_asked_only_when_it_matters(state: Path) -> None:
    def asked() -> set[int]:
        raise AssertionError("there was no need")

    state.mkdir()
    assert expire(state, time.time(), 30, asked, CellIdentity("/opt/sge", "default")) == []
    use("fresh")
    assert expire(state, time.time() + 2 * DAY, 30, asked, CellIdentity("/opt/sge", "default")) == []


# --- the command --------------------------------------------------------------------------------------------


def test_list_show_and_prune(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def say(*words: str) -> tuple[int, str, str]:
        code = main(["sessions", *words])
        return (code, *capsys.readouterr())

    assert say() == (0, "SESSION  JOBS  ENDED  REAPED  KEYS  LAST USED\n", "")
    number = use("nightly", key="align-7")
    with JobSession("session=weekly") as session:
        session.runBulkJobs(job(session, "exit 1", jobName="w"), 1, 3, 1)
    path_of(state, "bad").write_text("x" * 2000)
    code, out, err = say("list")
    rows = [line.split()[:5] for line in out.splitlines()[1:]]
    assert rows == [["bad", *"????"], ["nightly", *"1111"], ["weekly", *"3000"]]
    assert "move it away" in err
    found: list[dict[str, Any]] = valid(say("--json")[1], "sessions-1")
    assert [(item["name"], item["jobs"], item["contact"]) for item in found] == [
        ("bad", 0, None), ("nightly", 1, "session=nightly"), ("weekly", 3, "session=weekly"),
    ]  # fmt: skip

    code, out, err = say("show", "nightly")
    assert (code, out.splitlines()[1].split(), err) == (0, [number, "align-7", "sh", "exit", "3", "yes"], "")
    shown = json.loads(say("show", "weekly", "--json")[1])
    assert [(item["end"], item["name"]) for item in shown["entries"]] == [(None, "w")] * 3
    assert say("show", "nobody")[0] == 1

    code, out, err = say("prune")
    assert (code, out) == (1, ""), "one could not be read"
    assert "bad.session" in err
    assert say("prune", "--older-than", "0", "--dry-run", "nightly") == (0, "would remove nightly\n", "")
    code, out, err = say("prune", "nightly", "weekly", "bad", "nobody")
    assert (code, out) == (1, "removed nightly\n")
    assert "3 of its jobs have not ended" in err
    assert sorted(path.name for path in state.glob("*.session")) == ["bad.session", "weekly.session"]
    assert say("prune", "--force", "weekly", "bad") == (0, "removed weekly\nremoved bad\n", "")
    assert [path.name for path in state.iterdir()] == [STAMP]


def test_prune_by_age(inside: Cell, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("old", "new"):
        use(name)
    age(path_of(state, "old"), 8)
    assert main(["sessions", "prune", "--older-than", "7"]) == 0
    assert capsys.readouterr().out == "removed old\n"


def test_prune_what_never_had_a_job(inside: Cell, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use("kept", key="k")
    far = Path(remote_directory(str(state), "far"))
    for place, name in ((state, "refused"), (state, "busy"), (far, "away")):
        Store.open(str(path_of(place, name)), f"session={name}", time.time(), "here").close()
    path_of(state, "full").touch(mode=0o600)
    path_of(far, "nowhere").touch(mode=0o600)
    gone = ["refused", "away", "full", "nowhere"]
    assert main(["sessions", "prune"]) == 0  # somebody may be about to use them
    assert capsys.readouterr().out == ""
    for place in (state, far):
        for file in place.glob("*.session"):
            os.utime(file, (time.time() - 4000,) * 2)
    with sqlite3.connect(path_of(state, "busy"), isolation_level=None) as busy:
        busy.execute("BEGIN IMMEDIATE")
        assert main(["sessions", "prune", "--dry-run"]) == 0
        assert capsys.readouterr().out == "".join(f"would remove {name}\n" for name in gone)
        assert main(["sessions", "prune", "full"]) == 1
        assert capsys.readouterr().err == "drmaa-cli: there is no session full\n"
        assert main(["sessions", "prune", "--json"]) == 0
        assert valid(capsys.readouterr().out, "pruned-1") == {"removed": gone, "kept": []}
    busy.close()
    assert main(["sessions", "prune"]) == 0
    assert capsys.readouterr().out == "removed busy\n"
    assert sorted(path.name for path in state.rglob("*.session*")) == ["kept.session", "kept.session-journal"]


def test_what_is_shown_of_a_lost_answer(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use("air")
    with sqlite3.connect(path_of(state, "air")) as db:
        db.execute("UPDATE jobs SET number = NULL")
    db.close()
    assert main(["sessions", "show", "air"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("?   -    sh")
