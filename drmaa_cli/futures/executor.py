"""Python functions as Grid Engine jobs, by the interface of :mod:`concurrent.futures`."""

from __future__ import annotations

import os
import secrets
import sys
import weakref
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from pathlib import Path

from drmaa_cli.config import Config
from drmaa_cli.futures.call_registry import CallRegistry
from drmaa_cli.futures.future import JobFuture
from drmaa_cli.futures.mapping import chunks, results
from drmaa_cli.futures.pickling import need_cloudpickle
from drmaa_cli.futures.resources import Resources
from drmaa_cli.futures.spool import Spool, sweep
from drmaa_cli.futures.watcher import BundleWatcher
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.typed import TYPE_CHECKING, Any, Callable, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Unpack

    from drmaa_cli.futures.resources import ResourceOptions

T = TypeVar("T")
GATHER_SECONDS = 0.05


class BoundExecutor(Executor):
    """An executor with resources of its own: what :meth:`options` returns.

    It shares everything else with the executor it was made of; to shut one down is to shut both down.
    """

    def __init__(self, calls: CallRegistry, resources: Resources, key: str | None) -> None:
        self._calls, self._resources, self._key = calls, resources, key

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError(
            "an executor cannot be sent to a job; make one there (the host must be a submit host)"
        )

    def options(self, *, key: str | None = None, **resources: Unpack[ResourceOptions]) -> BoundExecutor:
        """The same executor for calls with other resources.

        Args:
            key: the program's own name for the one call that follows: a call of this key that an earlier
                program of the session has made is not made again.
            **resources: in the place of the executor's own; see
                :class:`drmaa_cli.futures.resources.Resources`.

        Raises:
            InvalidArgumentException: there is no such resource, or it cannot have this value.
            ValueError: a key, and the session has no name.
        """
        if key is not None and not self._calls.lasting:
            raise ValueError(
                "a key is for a later program, which finds it in a session with a name: session="
            )
        return BoundExecutor(self._calls, self._resources.but(resources), key)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> JobFuture[T]:  # noqa: ANN401
        """Have ``fn(*args, **kwargs)`` run as a job.

        Calls that follow each other closely become the tasks of one array job.

        Raises:
            RuntimeError: after shutdown(), and in a child of this process.
        """
        return self._calls.enter(self._resources, self._key, fn, args, kwargs)

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[T]:
        """The results of ``fn`` for the items of the iterables, in their order, each chunk of them one task.

        Args:
            fn: called with an item of each iterable.
            *iterables: as of the built-in map(); they are read at once, unless there is a buffersize.
            timeout: seconds from now after which the iterator raises TimeoutError.
            chunksize: so many items are one task.
            buffersize: so many tasks are submitted ahead of what is consumed; None for all.

        Raises:
            ValueError: chunksize or buffersize is less than 1.
            RuntimeError: as submit().
        """
        if self._key is not None:
            raise ValueError("a key names one call; map() makes many")
        parts = chunks(iterables, chunksize)
        return results(self._calls, self._resources, fn, parts, timeout, chunksize, buffersize)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; those that were made are finished.

        Args:
            wait: return only when all have ended. Otherwise the program ends only then.
            cancel_futures: cancel the calls whose jobs do not run yet.
        """
        self._calls.shutdown(cancel_futures=cancel_futures)
        if wait:
            self._calls.join()


class JobExecutor(BoundExecutor):
    """Runs functions as Grid Engine jobs.

    ::

        with JobExecutor(memory="2G", walltime=3600) as executor:
            future = executor.submit(pow, 2, 10)
            print(future.result())

    Args:
        spool: the spool directory, which the hosts must share; by default ``futures`` in the directory
            where sessions are kept.
        session: a name by which a later program takes up what this one leaves behind. One program at a time.
        keys: know every call by its function, arguments and order, so that a program that was killed and is
            started again gets what it had, running or finished, and runs nothing twice.
        python: the interpreter on the hosts; by default the program's own. It must be of the same version.
        gather: seconds without a further call after which calls are submitted.
        **resources: what each job asks for; see :class:`drmaa_cli.futures.resources.Resources`.

    Raises:
        ImportError: cloudpickle is not installed.
        ValueError: keys without a session.
        SpoolError: the spool directory cannot be used, or another program is at work in it.
        InvalidArgumentException: there is no such resource, or it cannot have this value.
        DrmaaException: as :func:`drmaa_cli.open_session`.
    """

    def __init__(
        self,
        spool: str | os.PathLike[str] | None = None,
        *,
        session: str | None = None,
        keys: bool = False,
        python: str = sys.executable,
        gather: float = GATHER_SECONDS,
        **resources: Unpack[ResourceOptions],
    ) -> None:
        need_cloudpickle()
        if keys and session is None:
            raise ValueError("keys=True is for a later program, which needs the session's name: session=")
        wanted = Resources().but(resources)
        config = Config.load()
        place = config.directory(os.environ) / "futures" if spool is None else Path(spool).absolute()
        if session is None:
            sweep(place, config.keep_days)
            own = Spool(place / f"unnamed-{secrets.token_hex(8)}", lasting=False)
            connection = _opened(own, None, state_dir=own.path / "session")
        else:
            connection = JobSession(f"session={session}")
            try:
                own = Spool(place / _folder(session), lasting=True)
            except BaseException:
                connection.exit()
                raise
        self._watcher = BundleWatcher(connection, own, python, gather)
        super().__init__(CallRegistry(self._watcher, own, with_keys=keys), wanted, None)
        self._finalizer = weakref.finalize(self, self._watcher.end)

    @property
    def spool(self) -> Path:
        """Where calls, results and what jobs print are kept."""
        return self._calls.spool.path

    def detach(self) -> None:
        """Leave what is under way to a later program of the same session, and end at once.

        Futures that have not come to anything are cancelled here; their jobs go on.

        Raises:
            ValueError: the session has no name: no program could take them up.
        """
        if not self._calls.lasting:
            raise ValueError("only a session with a name can be taken up later: session=")
        self._calls.detach()

    def cancel_all(self) -> None:
        """Cancel every call, whether its job runs or not, and take no more."""
        self._calls.cancel_all()

    def clear(self) -> None:
        """Forget the results of a session with a name: all bundles of calls that have ended."""
        self._calls.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Shut down and wait. At ctrl-C jobs are left to a later program, or else deleted."""
        if kind is None or not issubclass(kind, KeyboardInterrupt):
            self.shutdown()
        elif self._calls.lasting:
            self.detach()
        else:
            self.cancel_all()
        return None


def _folder(session: str) -> str:
    """The name of a session's directory; that of two sessions would be another directory's."""
    return session.replace(".", "%2E") if session in (".", "..") else session


def _opened(spool: Spool, contact: str | None, state_dir: Path) -> JobSession:
    try:
        return JobSession(contact, state_dir=str(state_dir))
    except BaseException:
        spool.close(frozenset())
        raise
