"""Files of sessions that hold no submission, and how they go when nobody has used them for a while.

A session's file is made just before its first submission. Where that is refused, or the program is killed
before it, the file holds nothing that anybody could miss. It is removed under sqlite's lock for writing: who
has it open sees before writing that it is gone, and that nothing was in it, and makes a new one. One that was
used just now stays: sqlite knows its journal by the name alone, and would take that of a new file for it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

from drmaa_cli.store.database import connect_own, errors, has_jobs, inode_of, open_existing
from drmaa_cli.store.places import StoreError, is_there, remove_files

UNUSED_SECONDS = 3600.0  # of a file in which nothing was submitted, until it may be removed


def remove(path: str, now: float, *, dry_run: bool = False) -> bool:
    """Remove a session's file if it holds no submission and nobody has used it for UNUSED_SECONDS.

    Args:
        path: the file; one with nothing in it is removed, too.
        now: epoch seconds.
        dry_run: leave it, and only tell whether it would go.

    Returns:
        Whether it was removed.

    Raises:
        OSError: it cannot be removed.
        StoreError: it cannot be read.
    """
    try:
        if now - os.stat(path).st_mtime < UNUSED_SECONDS:
            return False
        opened = open_existing(path) if is_there(path) else connect_own(path, make=False)
    except (FileNotFoundError, StoreError):
        if os.path.exists(path):
            raise
        return False
    db = opened.db
    with errors(path), closing(db):
        if (is_there(path) and has_jobs(db)) or not _lock(db):
            return False
        try:
            goes = inode_of(path) == opened.inode and not (is_there(path) and has_jobs(db))
            if goes and not dry_run:
                remove_files(path)
        finally:
            db.execute("ROLLBACK")
        return goes


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
