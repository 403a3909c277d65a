"""The format of a session file: where it is, how it is made, what tells it from anybody else's.

A file that is damaged, foreign or too new is never touched: a session begun anew in its place would submit
again what the old one submitted. The error names the file; the user decides.
"""

from __future__ import annotations

import glob
import hashlib
import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drmaa_cli.system.runner import AnswerFiles

log = logging.getLogger("drmaa_cli")

SUFFIX = ".session"
SCHEMA_VERSION = 1  # the first; whoever raises it writes the step from the one before into _prepare()
APPLICATION_ID = 0x44524D43  # "DRMC": tells our files from anybody else's
BUSY_SECONDS = 60.0
IN_MEMORY = ":memory:"
LONGEST_NAME = 200

_SCHEMA = """
CREATE TABLE session (contact TEXT NOT NULL, created REAL NOT NULL, host TEXT NOT NULL);
CREATE TABLE jobs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL UNIQUE,
    key TEXT UNIQUE,
    name TEXT NOT NULL,
    number INTEGER,
    first INTEGER, last INTEGER, step INTEGER,
    submitted REAL NOT NULL,
    start_time INTEGER NOT NULL,
    inode INTEGER, offset INTEGER,
    owner TEXT NOT NULL,
    kept INTEGER NOT NULL
);
CREATE TABLE tasks (
    position INTEGER NOT NULL REFERENCES jobs(position) ON DELETE CASCADE,
    task INTEGER NOT NULL,
    outcome TEXT, value INTEGER, usage TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    reaped INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (position, task)
) WITHOUT ROWID;
"""


class StoreError(Exception):
    """The session file cannot be used; the text names the file and says what can be done."""


def path_of(directory: Path, name: str) -> Path:
    """The file of the session of this name (the contact string without ``session=``)."""
    if len(name) > LONGEST_NAME or not re.fullmatch(r"[\w.@+-]+", name, re.ASCII) or name.startswith("."):
        name = (
            f"{re.sub(r'[^A-Za-z0-9]', '_', name)[:40]}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:32]}"
        )
    return directory / f"{name}{SUFFIX}"


def answer_files(path: Path, token: str) -> AnswerFiles:
    """Where the output and the messages of a submission's qsub are kept until its number is on record."""
    return AnswerFiles(Path(f"{path}.{token}.out"), Path(f"{path}.{token}.err"))


def answers_beside(path: Path) -> set[str]:
    """The tokens of the submissions whose answers lie beside a session's file."""
    names = (found.name for found in path.parent.glob(f"{glob.escape(path.name)}.*.out"))
    return {name[len(path.name) + 1 : -len(".out")] for name in names}


def remove_answer(files: AnswerFiles) -> None:
    """The answer of a qsub is on record: its files are not needed any more."""
    for path in reversed(files):  # the first last: it is the one that is looked for
        try:
            path.unlink(missing_ok=True)
        except OSError as err:  # it lies about until the session is removed
            log.warning("cannot remove %s: %s", path, err)


def remove_files(path: Path) -> None:
    """Delete a session's file and what lies beside it.

    Raises:
        OSError: one cannot be deleted.
    """
    for beside in [*path.parent.glob(f"{glob.escape(path.name)}.*"), Path(f"{path}-journal"), path]:
        beside.unlink(missing_ok=True)


def open_database(path: Path, contact: str, created: float, host: str) -> sqlite3.Connection:
    """Open a session's file; make it if there is none. Mode 0600, its directory 0700.

    Raises:
        StoreError: it cannot be made, is not a session file, is damaged or of a newer version.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        os.utime(path)  # in use: expiry goes by it
        db = connect(path)
    except (OSError, sqlite3.Error) as err:
        raise StoreError(f"cannot open the session file {path}: {err}") from err
    try:
        with errors(path):
            _prepare(db, path, contact, created, host)
    except BaseException:
        db.close()
        raise
    return db


def memory_database(contact: str, created: float, host: str) -> sqlite3.Connection:
    """A session's tables in memory."""
    db = connect(IN_MEMORY)
    _prepare(db, Path(IN_MEMORY), contact, created, host)
    return db


def open_existing(path: Path) -> sqlite3.Connection:
    """Open a session's file as it is.

    Raises:
        StoreError: it is not there, no session file, damaged or of another version.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except OSError as err:
        raise StoreError(f"cannot open the session file {path}: {err}") from err
    db = connect(path)
    try:
        with errors(path):
            _check(db, path)
    except BaseException:
        db.close()
        raise
    return db


def connect(path: Path | str) -> sqlite3.Connection:
    """A connection that threads may share, each under a lock; it begins and ends transactions by itself."""
    return sqlite3.connect(
        str(path), timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=32
    )


@contextmanager
def errors(path: Path) -> Iterator[None]:
    """Turn sqlite's exceptions into StoreError."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.ProgrammingError) as err:  # the latter: closed by exit()
        raise StoreError(f"cannot use the session file {path}: {err}") from err
    except sqlite3.DatabaseError as err:
        raise StoreError(
            f"the session file {path} cannot be read ({err}); move it away to begin the session anew: what it"
            " submitted will not be known then"
        ) from err


def _prepare(db: sqlite3.Connection, path: Path, contact: str, created: float, host: str) -> None:
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    kind = db.execute("PRAGMA application_id").fetchone()[0]
    # an empty file: a process that made one may have died before it came further
    if version == 0 and kind == 0 and not db.execute("SELECT 1 FROM sqlite_master").fetchone():
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.execute("INSERT INTO session VALUES (?, ?, ?)", (contact, created, host))
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")
    _check(db, path)
    db.execute("PRAGMA journal_mode = PERSIST")


def _check(db: sqlite3.Connection, path: Path) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    kind = db.execute("PRAGMA application_id").fetchone()[0]
    if kind != APPLICATION_ID:
        raise StoreError(f"{path} is not a session file of drmaa_cli; move it away")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by a newer drmaa_cli (version {version}); use that one for this session"
        )
