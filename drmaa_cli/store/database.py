"""The format of a session file: how it is made, what tells it from anybody else's.

A file that is damaged, foreign or too new is never touched: a session begun anew in its place would submit
again what the old one submitted. The error names the file; the user decides.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from drmaa_cli.gridengine.cell_identity import CellIdentity
from drmaa_cli.store.places import StoreError, check_directory, make_directory, own_file, parent_of
from drmaa_cli.typed import NamedTuple

SCHEMA_VERSION = 7  # whoever raises it adds the step from the one before to _STEPS
APPLICATION_ID = 0x44524D43  # "DRMC": tells our files from anybody else's
BUSY_SECONDS = 60.0
RACES = 100  # how often somebody may remove a file while we open it
IN_MEMORY = ":memory:"
NOT_UTF_8 = "decode to UTF-8"  # sqlite's word for a text that is none

_SCHEMA = """
CREATE TABLE session (
    contact TEXT NOT NULL, created REAL NOT NULL, host TEXT NOT NULL, cell TEXT NOT NULL DEFAULT ''
);
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
    kept INTEGER NOT NULL,
    files TEXT,
    template BLOB
);
CREATE TABLE tasks (
    position INTEGER NOT NULL REFERENCES jobs(position) ON DELETE CASCADE,
    task INTEGER NOT NULL,
    outcome TEXT, value INTEGER, usage TEXT, facts TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    wished INTEGER NOT NULL DEFAULT 0,
    reaped INTEGER NOT NULL DEFAULT 0,
    last INTEGER,
    PRIMARY KEY (position, task)
) WITHOUT ROWID;
CREATE INDEX ranges ON tasks (position) WHERE last IS NOT NULL;
"""

# Version -> what makes a file of it one of the next. A process of the older version may go on with the file.
_STEPS = {
    1: ("ALTER TABLE tasks ADD COLUMN facts TEXT",),
    2: ("ALTER TABLE jobs ADD COLUMN files TEXT",),
    3: ("ALTER TABLE tasks ADD COLUMN wished INTEGER NOT NULL DEFAULT 0",),
    4: ("ALTER TABLE jobs ADD COLUMN template BLOB",),
    5: (
        "ALTER TABLE tasks ADD COLUMN last INTEGER",
        "CREATE INDEX ranges ON tasks (position) WHERE last IS NOT NULL",
    ),
    6: ("ALTER TABLE session ADD COLUMN cell TEXT NOT NULL DEFAULT ''",),
}


class Opened(NamedTuple):
    """A session's file that is open.

    Attributes:
        db: the connection.
        inode: which file it is: another one may come into its place.
    """

    db: sqlite3.Connection
    inode: int


def open_database(path: str, contact: str, created: float, host: str, cell: str = "") -> Opened:
    """Open a session's file; make it if there is none. Mode 0600, its directory 0700.

    Args:
        path: the file.
        contact: the session's contact string.
        created: the moment, epoch seconds.
        host: name of this host.
        cell: of which cell the session is, as :meth:`CellIdentity.dump` writes it; '' if nobody knows.

    Raises:
        StoreError: it cannot be made, is not a session file, is damaged or of a newer version, or is a
            session of another cell.
    """
    for _ in range(RACES):
        try:
            make_directory(parent_of(path))
            opened = connect_own(path, make=True)
        except (OSError, ValueError, sqlite3.Error) as err:  # ValueError: a path that no file can have
            raise StoreError(f"cannot open the session file {path}: {err}") from err
        try:
            with errors(path):
                _prepare(opened.db, path, (contact, created, host, cell))
                _check_cell(opened.db, path, cell)
            return opened
        except BaseException as err:
            opened.db.close()
            if not isinstance(err, StoreError) or inode_of(path) == opened.inode:
                raise  # else it was removed just now, for which sqlite has no words
    raise StoreError(f"cannot open the session file {path}: others go on removing it")


def connect_own(path: str, *, make: bool) -> Opened:
    """A connection to the file of this name, as it is; sqlite itself makes none, and follows no link.

    Raises:
        OSError, ValueError, StoreError: as :func:`drmaa_cli.store.places.own_file`.
        sqlite3.Error: it cannot be opened.
    """
    for _ in range(RACES):  # others may remove it just now: drmaa_cli.store.unused
        try:
            with own_file(path, make=make) as held:
                if make:
                    os.utime(path)  # in use: expiry goes by it
                db = connect(path)
                if inode_of(path) == held.st_ino:
                    return Opened(db, held.st_ino)
                db.close()
        except FileNotFoundError:
            if not make:
                raise
        except sqlite3.OperationalError:
            if os.path.exists(path):
                raise
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def inode_of(path: str) -> int | None:
    """Which file has this name now; None where there is none."""
    try:
        return os.stat(path).st_ino
    except OSError:
        return None


def has_jobs(db: sqlite3.Connection) -> bool:
    """Whether anything was submitted, or is about to be, in the session of a file.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    return db.execute("SELECT 1 FROM jobs LIMIT 1").fetchone() is not None


def memory_database(contact: str, created: float, host: str) -> sqlite3.Connection:
    """A session's tables in memory."""
    db = connect(None)
    _prepare(db, IN_MEMORY, (contact, created, host, ""))
    return db


def open_existing(path: str) -> Opened:
    """Open a session's file as it is.

    Raises:
        StoreError: it is not there, no session file, damaged or of another version.
    """
    try:
        check_directory(parent_of(path))
        opened = connect_own(path, make=False)
    except (OSError, ValueError, sqlite3.Error) as err:
        raise StoreError(f"cannot open the session file {path}: {err}") from err
    db = opened.db
    try:
        with errors(path):
            _check(db, path)
            _bring_up_to_date(db)
    except BaseException:
        db.close()
        raise
    return opened


def connect(path: str | None) -> sqlite3.Connection:
    """A connection that threads may share, each under a lock; it begins and ends transactions by itself.

    Args:
        path: a file that is there; None for one in memory.
    """
    return sqlite3.connect(
        _uri(path) if path else IN_MEMORY,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=32,
        uri=path is not None,
    )


def _uri(path: str) -> str:
    name = os.path.join(os.getcwd(), path)
    for letter in "%?#":
        name = name.replace(letter, f"%{ord(letter):02x}")
    return f"file://{name}?mode=rw"


@contextmanager
def errors(path: str) -> Iterator[None]:
    """Turn whatever reading and writing a session file can raise into StoreError.

    Sqlite's own exceptions, and those of values that are not what the schema says (a damaged file): what
    reads rows belongs inside.
    """
    try:
        yield
    except UnicodeEncodeError as err:
        raise StoreError(f"cannot write {err.object!r} to the session file {path}: {err.reason}") from err
    except (sqlite3.Error, sqlite3.Warning, ValueError, TypeError, LookupError, OverflowError) as err:
        in_use = (sqlite3.OperationalError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
        if isinstance(err, in_use) and NOT_UTF_8 not in str(err):  # the latter two: closed by exit()
            raise StoreError(f"cannot use the session file {path}: {err}") from err
        raise StoreError(
            f"the session file {path} cannot be read ({err}); move it away to begin the session anew: what it"
            " submitted will not be known then"
        ) from err


def _prepare(db: sqlite3.Connection, path: str, origin: tuple[str, float, str, str]) -> None:
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    kind = db.execute("PRAGMA application_id").fetchone()[0]
    # an empty file: a process that made one may have died before it came further
    if version == 0 and kind == 0 and not db.execute("SELECT 1 FROM sqlite_master").fetchone():
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.execute("INSERT INTO session VALUES (?, ?, ?, ?)", origin)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")
    _check(db, path)
    _bring_up_to_date(db)
    db.execute("PRAGMA journal_mode = PERSIST")


def _bring_up_to_date(db: sqlite3.Connection) -> None:
    """Take the steps from the version of a session file to the present one."""
    if db.execute("PRAGMA user_version").fetchone()[0] >= SCHEMA_VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for version in range(db.execute("PRAGMA user_version").fetchone()[0], SCHEMA_VERSION):
            for statement in _STEPS[version]:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _check_cell(db: sqlite3.Connection, path: str, here: str) -> None:
    kept = db.execute("SELECT cell FROM session").fetchone()[0]
    if not kept or not here or kept == here:
        return
    own, this = CellIdentity.parse(kept), CellIdentity.parse(here)
    if own.is_other(this):
        raise StoreError(
            f"the session of {path} belongs to another Grid Engine, {own}: its job numbers are other"
            f" jobs' here. Set SGE_ROOT and SGE_CELL as they were, or choose another name for a session"
            f" of {this}"
        )


def _check(db: sqlite3.Connection, path: str) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    kind = db.execute("PRAGMA application_id").fetchone()[0]
    if kind != APPLICATION_ID:
        raise StoreError(f"{path} is not a session file of drmaa_cli; move it away")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by a newer drmaa_cli (version {version}); use that one for this session"
        )
