"""A session file that is damaged, somebody else's, or out of reach: documented exceptions, nothing else."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drmaa_cli.cli import main
from drmaa_cli.errors import DrmsInitException, InternalException, InvalidArgumentException
from drmaa_cli.gridengine.records import TaskRange
from drmaa_cli.jobs.job_end import End, Outcome
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.store.database import connect
from drmaa_cli.store.expiry import read, read_all
from drmaa_cli.store.places import StoreError, answer_files, answers_beside, remove_files
from drmaa_cli.store.session_store import Intent, Store
from drmaa_cli.system.accounting_log import Mark
from drmaa_cli.system.processes import NOBODY
from fake_sge import Cell
from tests.sessions.kit import job
from tests.sessions.places import path_of

CONTACT = "session=kept"
TOKENS = [f"{number:032x}" for number in range(3)]


def filled(directory: Path, contact: str = CONTACT) -> Path:
    """A session's file with an array, a single job and an end, all of whose jobs have ended."""
    path = path_of(directory, contact.partition("=")[2])
    store = Store.open(str(path), contact, time.time(), "here")
    for count, tasks in enumerate((TaskRange(1, 4, 2), None)):
        intent = Intent(TOKENS[count], f"key{count}", "name", tasks, time.time(), False, Mark(7, 9), NOBODY)
        position = store.record_intent(intent)
        store.accepted(position, 100 + count)
        numbers = [0] if tasks is None else list(tasks.numbers())
        end = End(Outcome.EXITED, 3, "cpu=1.0000")
        store.ended((position, TaskRange(task, task), end) for task in numbers)
    store.close()
    return path


def judged(path: Path) -> str:
    """What becomes of reading a session's file with everything that reads one; only StoreError may leave."""
    try:
        store = Store.existing(str(path))
    except StoreError:
        return "not opened"
    try:
        for reader in (store.jobs, store.numbers, store.in_doubt, store.contact, store.is_of_use):
            reader()
        store.by_key("key0")
        store.news([1, 2])
        store.claim([(1, TaskRange(1, 1)), (2, TaskRange(0, 0))])
        store.accepted(1, 100)
        return "read"
    except StoreError:
        return "not read"
    finally:
        with contextlib.suppress(StoreError):  # what could not be written before
            store.close()
        summary = read(path)
        assert summary.name
        assert [summary.tasks, summary.ended, summary.reaped, summary.keys, summary.unfinished]


@pytest.mark.slow
def test_every_region_of_the_file_damaged(tmp_path: Path) -> None:
    """Each 64 bytes are overwritten in two of four ways; what stands there may be text, number, page."""
    path = filled(tmp_path)
    whole = path.read_bytes()
    chance = random.Random(1)
    outcomes = set()
    for start in range(0, len(whole), 64):
        part = whole[start : start + 64]
        damages = [bytes(64), b"\xff" * 64, bytes(byte ^ 0x81 for byte in part), chance.randbytes(64)]
        for damage in damages[start // 64 % 2 :: 2] if any(part) else damages[1:2]:
            path.write_bytes(whole[:start] + damage[: len(part)] + whole[start + 64 :])
            outcomes.add(judged(path))
    assert outcomes == {"not opened", "not read", "read"}


@pytest.mark.slow
def test_single_bytes_changed(tmp_path: Path) -> None:
    path = filled(tmp_path)
    whole = path.read_bytes()
    used = [position for position, byte in enumerate(whole) if byte]
    chance = random.Random(2)
    for position in chance.sample(used, min(400, len(used))):
        changed = bytearray(whole)
        changed[position] ^= chance.randrange(1, 256)
        path.write_bytes(changed)
        judged(path)


def test_every_length(tmp_path: Path) -> None:
    path = filled(tmp_path)
    whole = path.read_bytes()
    outcomes = []
    for length in range(0, len(whole), 509):
        path.write_bytes(whole[:length])
        outcomes.append(judged(path))
    assert set(outcomes[: len(outcomes) // 2]) <= {"not opened", "not read"}


BLOB, HUGE, NEGATIVE = b"\xff\xfe", 2**62, -5


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("session", "contact", [BLOB]),
        ("jobs", "token", [BLOB, "../../x", "a/b"]),
        ("jobs", "key", [BLOB]),
        ("jobs", "name", [BLOB]),
        ("jobs", "number", [BLOB, "many", NEGATIVE, 0, 1.5]),
        ("jobs", "first", [BLOB, HUGE, NEGATIVE, 0, "x"]),
        ("jobs", "last", [BLOB, HUGE, NEGATIVE, 0, None]),
        ("jobs", "step", [BLOB, HUGE, NEGATIVE, 0, None]),
        ("jobs", "submitted", [BLOB, "long ago", 9e999]),
        ("jobs", "start_time", [BLOB, "x"]),
        ("jobs", "inode", [BLOB, NEGATIVE, "x"]),
        ("jobs", "offset", [BLOB, NEGATIVE, None]),
        ("jobs", "owner", [BLOB, "", "a b c d", "a 1 2"]),
        ("jobs", "kept", [BLOB, "x"]),
        ("tasks", "task", [BLOB, HUGE, NEGATIVE]),
        ("tasks", "outcome", [BLOB, "bored", 5]),
        ("tasks", "value", [BLOB, "x", None, 1.5]),
        ("tasks", "usage", [BLOB, None]),
        ("tasks", "deleted", [BLOB, "x", 9]),
        ("tasks", "reaped", [BLOB, "x"]),
    ],
)
def test_values_that_the_schema_does_not_have(
    tmp_path: Path, table: str, column: str, values: list[object]
) -> None:
    for count, value in enumerate(values):
        path = filled(tmp_path / str(count))
        db = connect(str(path))
        db.execute(f"UPDATE OR REPLACE {table} SET {column} = ?", (value,))
        db.close()
        assert judged(path) == "not read", value


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    for column in ("token", "key", "name", "owner"):
        path = filled(tmp_path / column)
        db = connect(str(path))
        db.execute(f"UPDATE jobs SET {column} = CAST(X'61FF62' || position AS TEXT)")
        db.close()
        assert judged(path) == "not read", column


@pytest.mark.slow
def test_a_damaged_file_as_programs_and_the_command_meet_it(
    own: Cell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    path = filled(state)
    db = connect(str(path))
    db.execute("UPDATE jobs SET name = CAST(X'61FF62' AS TEXT)")
    db.close()
    with pytest.raises(DrmsInitException, match="cannot be read"):
        JobSession(CONTACT)
    assert main(["sessions"]) == 1
    assert main(["sessions", "show", "kept"]) == 1
    assert main(["sessions", "prune", "kept"]) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert path.exists()


def test_damage_while_a_session_uses_the_file(own: Cell, tmp_path: Path) -> None:
    path = path_of(tmp_path / "state", "kept")
    session = JobSession(CONTACT)
    number = session.runJob(job(session, "exit 0"))
    session.wait(number)
    db = sqlite3.connect(str(path))
    db.execute("UPDATE jobs SET name = X'FF', number = number")
    db.execute("INSERT INTO jobs SELECT 99, 'x', 'other', X'FF', 1, 1, 2, 1, 1, 1, 1, 1, 'a', 0, NULL, NULL")
    db.commit()
    db.close()
    for call in (session.jobs, lambda: session.runJob(job(session, "exit 0"), key="other")):
        with pytest.raises(InternalException, match=r"session file .* cannot be read"):
            call()
    session.exit()


# --- whose files --------------------------------------------------------------------------------------------


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_what_is_made_is_the_users_alone(tmp_path: Path, open_umask: None) -> None:
    path = filled(tmp_path / "a" / "b" / "state")
    for directory in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "state"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for beside in path.parent.iterdir():
        assert stat.S_IMODE(beside.stat().st_mode) == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o703, 0o1777])
def test_a_directory_that_others_may_write_to(own: Cell, tmp_path: Path, mode: int) -> None:
    state = tmp_path / "state"
    filled(state)
    state.chmod(mode)
    with pytest.raises(DrmsInitException, match=r"others may write to .*, the place of session files: chmod"):
        JobSession(CONTACT)
    assert "others may write" in read_all(state)[0].problem
    with JobSession() as session:  # it lives as long as this process
        assert session.wait(session.runJob(job(session, "exit 3"))).exitStatus == 3


@pytest.mark.slow
def test_a_file_that_others_may_write_to(own: Cell, tmp_path: Path) -> None:
    filled(tmp_path / "state").chmod(0o666)
    with pytest.raises(DrmsInitException, match="others may write to the session file"):
        JobSession(CONTACT)


def test_a_symbolic_link_is_not_followed(own: Cell, tmp_path: Path) -> None:
    elsewhere = filled(tmp_path / "elsewhere")
    (tmp_path / "state").mkdir(mode=0o700)
    path_of(tmp_path / "state", "kept").symlink_to(elsewhere)
    with pytest.raises(DrmsInitException, match="cannot open the session file"):
        JobSession(CONTACT)
    assert read_all(tmp_path / "state")[0].problem


@pytest.mark.slow
def test_what_is_no_file(own: Cell, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    os.mkfifo(path_of(state, "kept"))
    with pytest.raises(DrmsInitException, match="no regular file"):
        JobSession(CONTACT)
    path_of(state, "folder").mkdir()
    with pytest.raises(DrmsInitException, match="cannot open"):
        JobSession("session=folder")
    assert [bool(session.problem) for session in read_all(state)] == [True, True]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of another user")
@pytest.mark.slow
def test_files_of_another_user(own: Cell, tmp_path: Path) -> None:
    state = tmp_path / "state"
    os.chown(filled(state), 12345, -1)
    with pytest.raises(DrmsInitException, match="belongs to user number 12345"):
        JobSession(CONTACT)
    os.chown(state, 12345, -1)
    refusal = pytest.raises(InternalException, match=r"nothing was submitted: .* user number 12345")
    with JobSession("session=other") as session, refusal:
        session.runJob(job(session, "exit 0"))


# --- out of reach -------------------------------------------------------------------------------------------


def use(where: Path) -> None:
    """Submit in a named session, which is nothing without a file."""
    with JobSession(CONTACT, state_dir=where) as session:
        session.runJob(job(session, "exit 0"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "refusal"),
    [
        ("x" * 300, DrmsInitException),
        ("loop/state", DrmsInitException),
        ("file/state", InternalException),
        ("\0", DrmsInitException),
    ],
)
def test_a_place_that_cannot_be(
    own: Cell, tmp_path: Path, place: str, refusal: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    where = tmp_path / place
    for _ in range(2):
        with pytest.raises(refusal, match="session file"):
            use(where)
    with JobSession(state_dir=where) as session:
        assert session.wait(session.runJob(job(session, "exit 3"))).exitStatus == 3


def test_the_command_says_what_it_cannot_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setenv("DRMAA_CLI_STATE_DIR", str(tmp_path / "loop" / "state"))
    for words in (["sessions"], ["sessions", "show", "x"], ["sessions", "prune", "x"]):
        assert main(words) == 1
        assert "loop" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("key", ["\ud800", "", 5, b"x"])
def test_keys_that_cannot_be(own: Cell, key: str) -> None:
    with JobSession(CONTACT) as session:
        template = job(session, "exit 0")
        for submit in (
            lambda: session.runJob(template, key=key),
            lambda: session.runBulkJobs(template, 1, 2, 1, key=key),
            lambda: session.runJobs([template], key=key),
        ):
            with pytest.raises(InvalidArgumentException, match="a key is"):
                submit()
        assert session.jobs() == []


# --- names that begin alike ---------------------------------------------------------------------------------


def test_files_of_a_session_whose_name_begins_alike_are_not_its_own(tmp_path: Path) -> None:
    mine, other = filled(tmp_path, "session=a"), filled(tmp_path, "session=a.session.x")
    for path, token in ((mine, TOKENS[0]), (other, TOKENS[1])):
        for answer in answer_files(str(path), token):
            answer.write_bytes(b"")
    assert answers_beside(str(mine)) == {TOKENS[0]}
    assert answers_beside(str(other)) == {TOKENS[1]}
    remove_files(str(mine))
    assert not mine.exists()
    assert not any(answer.exists() for answer in answer_files(str(mine), TOKENS[0]))
    assert other.exists()
    assert all(answer.exists() for answer in answer_files(str(other), TOKENS[1]))
    assert judged(other) == "read"


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["text", "cut", "link", "fifo", "folder"])
def test_a_damaged_old_file_disturbs_no_other_session(own: Cell, tmp_path: Path, damage: str) -> None:
    state = tmp_path / "state"
    path = filled(state)
    if damage == "text":
        db = connect(str(path))
        db.execute("UPDATE jobs SET name = CAST(X'61FF62' AS TEXT), key = NULL")
        db.close()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    else:
        remove_files(str(path))
        make = {
            "link": lambda: path.symlink_to("nowhere"),
            "fifo": lambda: os.mkfifo(path),
            "folder": path.mkdir,
        }
        make[damage]()
    long_ago = time.time() - 100 * 86400
    os.utime(path, (long_ago, long_ago), follow_symlinks=False)
    for contact in ("session=healthy", None):
        with JobSession(contact) as session:
            assert session.wait(session.runJob(job(session, "exit 3"))).exitStatus == 3
    assert os.path.lexists(path)
