"""Where a session keeps its jobs: in memory until its first submission, in a file from then on."""

from __future__ import annotations

from drmaa_cli.store.places import is_there
from drmaa_cli.store.session_store import Store, StoreError
from drmaa_cli.system.clock import Clock
from drmaa_cli.system.locks import Lock
from drmaa_cli.system.log import log
from drmaa_cli.typed import NamedTuple


class Begun(NamedTuple):
    """A session's store as it is for a submission.

    Attributes:
        store: the store.
        is_new: whether its file was made just now.
    """

    store: Store
    is_new: bool


class SessionFile:
    """The store of one session. It stays in memory where no file can be kept.

    Args:
        path: the session's file.
        contact: its contact string.
        must_last: whether the session is useless without its file (it was asked for by name, or has keys).
        clock: the time.
        host, cell: name of this host, and the cell, for the record.
    """

    def __init__(self, path: str, contact: str, must_last: bool, clock: Clock, host: str, cell: str) -> None:
        self.path, self.must_last = path, must_last
        self._contact, self._clock = contact, clock
        self._host, self._cell = host, cell
        self._file: Store | None = None
        self._memory: Store | None = None  # made when it is first wanted: mostly the file comes before
        self._left: list[Store] = []  # whose files are gone, and may be in use in another thread
        self._given_up = self._closed = False
        self._opening, self._making = Lock(), Lock()

    @property
    def store(self) -> Store:
        """Where the jobs are now.

        Raises:
            StoreError: the session is over, and had no file.
        """
        file = self._file
        if file is not None:
            return file
        with self._making:
            if self._memory is None:
                self._check_open()
                self._memory = Store.memory(self.path, self._contact, self._clock.time(), self._host)
            return self._memory

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"the session of {self.path} is over")

    @property
    def lasts(self) -> bool:
        """Whether there is a file."""
        return self._file is not None

    def begin(self) -> Begun:
        """Have the file, if that is possible.

        Raises:
            StoreError: it cannot be used, and the session is useless without it.
        """
        with self._opening:
            self._check_open()
            self._leave_void()
            if self.lasts or self._given_up:
                return Begun(self.store, False)
            try:
                is_new = not is_there(self.path)
                self._file = Store.open(self.path, self._contact, self._clock.time(), self._host, self._cell)
            except StoreError as err:
                if self.must_last:
                    raise
                self._given_up, is_new = True, False
                log.warning("this session will not outlive this process: %s", err)
            return Begun(self.store, is_new)

    def look(self) -> None:
        """Use the file that another process has made, or has made anew, meanwhile.

        Raises:
            StoreError: it cannot be used.
        """
        if self._file is not None and self._file.is_void():
            with self._opening:
                self._leave_void()
        if not self.lasts and is_there(self.path):
            self.begin()

    def _leave_void(self) -> None:
        """Be as before the first submission when the file went, and had none: see drmaa_cli.store.unused."""
        if self._file is not None and self._file.is_void():
            self._left.append(self._file)
            self._file = None

    def close(self) -> None:
        """Close the file as it is.

        Raises:
            StoreError: something could not be written before, and still cannot.
        """
        self._closed = True
        try:
            for left in self._left:
                left.close()
            if self._file is not None:
                self._file.close()
        finally:
            with self._making:
                if self._memory is not None:
                    self._memory.close()
