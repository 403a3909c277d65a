"""Files of sessions that hold no submission, and how they go: any process may remove one at any moment.

A session's file is made just before its first submission. Where that is refused, or the program is killed
before it, the file holds nothing that anybody could miss. It is removed under sqlite's lock for writing: who
has it open sees before writing that it is gone, and that nothing was in it, and makes a new one.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from drmaa_cli.store.database import connect_own, errors, inode_of, open_existing
from drmaa_cli.store.places import StoreError, is_there, remove_files


def has_jobs(db: sqlite3.Connection) -> bool:
    """Whether anything was submitted, or is about to be, in the session of a file.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    return db.execute("SELECT 1 FROM jobs LIMIT 1").fetchone() is not None


def remove_unused(path: str, db: sqlite3.Connection, inode: int) -> bool:
    """Remove a session's file if it holds no submission and nobody works with it at this moment.

    Args:
        path: the file.
        db: a connection to it, in no transaction.
        inode: which file it is.

    Returns:
        Whether it was removed.

    Raises:
        OSError: it cannot be removed.
        sqlite3.Error: it cannot be read.
    """
    if has_jobs(db) or not _lock(db):
        return False
    try:
        if has_jobs(db) or inode_of(path) != inode:
            return False
        remove_files(path)
    finally:
        db.execute("ROLLBACK")
    return True


def remove(path: str) -> bool:
    """The same of a file that is not open, also of one with nothing in it.

    Raises:
        OSError: it cannot be removed.
        StoreError: it cannot be read.
    """
    try:
        opened = open_existing(path) if is_there(path) else connect_own(path, make=False)
    except FileNotFoundError:
        return False
    except StoreError as err:
        if isinstance(err.__cause__, FileNotFoundError):  # somebody else was faster
            return False
        raise
    with errors(path), closing(opened.db):
        if is_there(path):
            return remove_unused(path, *opened)
        if not _lock(opened.db):
            return False
        try:
            is_still = inode_of(path) == opened.inode and not is_there(path)
            if is_still:
                remove_files(path)
        finally:
            opened.db.execute("ROLLBACK")
        return is_still


def _lock(db: sqlite3.Connection) -> bool:
    """Have the file for oneself, without waiting for anybody."""
    patience = db.execute("PRAGMA busy_timeout").fetchone()[0]
    db.execute("PRAGMA busy_timeout = 0")
    try:
        db.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(patience)}")
    return True
