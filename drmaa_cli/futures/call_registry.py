"""The calls that an executor was given: it pickles them, gives them keys, and makes their futures."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Iterable, Mapping, Sequence

from drmaa_cli.constants import JobState
from drmaa_cli.errors import DrmaaException, InvalidJobException, NoActiveSessionException
from drmaa_cli.futures import host
from drmaa_cli.futures.calls import Call, Common
from drmaa_cli.futures.errors import CallNotPickledError
from drmaa_cli.futures.future import JobFuture
from drmaa_cli.futures.keys import KeyMaker
from drmaa_cli.futures.pickling import name_of, not_pickled, pickled
from drmaa_cli.futures.resources import Resources
from drmaa_cli.futures.spool import PickledCall, Spool
from drmaa_cli.futures.watcher import BundleWatcher, Returning
from drmaa_cli.system.locks import Lock
from drmaa_cli.typed import Any, Callable

WAITING = (
    JobState.QUEUED_ACTIVE,
    JobState.SYSTEM_ON_HOLD,
    JobState.USER_ON_HOLD,
    JobState.USER_SYSTEM_ON_HOLD,
)


class CallRegistry:
    """The calls of an executor.

    Args:
        watcher: what has them run.
        spool: where their results are.
        with_keys: whether each call has a key, made of its content.
    """

    def __init__(self, watcher: BundleWatcher, spool: Spool, *, with_keys: bool) -> None:
        self.spool, self._watcher = spool, watcher
        self._runs_now = self._is_running  # one for all futures
        self._keys = KeyMaker() if with_keys else None
        self._by_key: weakref.WeakValueDictionary[str, JobFuture[Any]] = weakref.WeakValueDictionary()
        self._lock = Lock()
        self._path: tuple[list[str], tuple[str, ...]] = ([], ())

    @property
    def lasting(self) -> bool:
        """Whether a later program can take up what this one leaves."""
        return self.spool.lasting

    # --- calls ---------------------------------------------------------------------------------------------

    def enter(
        self,
        resources: Resources,
        key: str | None,
        fn: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> JobFuture[Any]:
        """Have a call made; its future.

        Raises:
            RuntimeError: after shutdown(), and in a child of the process.
        """
        self._check()
        try:
            if key is None:
                key = self._key(fn, args, kwargs)
            data = PickledCall(pickled("the function", fn), pickled("an argument", (args, kwargs)), key)
        except CallNotPickledError as err:
            return self._failed(err)
        call = self._call(data, self._common(resources), name_of(fn))
        if key is None:
            self._watcher.add([call])
            return call.future
        return self._once(key, call)

    def enter_many(
        self, resources: Resources, fn: Callable[..., Any], parts: Iterable[Sequence[Any]], *, chunked: bool
    ) -> list[JobFuture[Any]]:
        """Have a function called for each chunk of arguments; a future for each chunk.

        Raises:
            RuntimeError: as :meth:`enter`.
        """
        self._check()
        common = self._common(resources)._replace(chunked=chunked)
        futures = []
        calls = []
        try:
            function, name = pickled("the function", fn), name_of(fn)
        except CallNotPickledError as err:
            return [self._failed(err)]
        for part in parts:
            args = (part,) if chunked else part[0]
            try:
                key = self._key(fn, args, {})
                data = PickledCall(function, pickled("an argument", (args, {})), key)
            except CallNotPickledError as err:
                futures.append(self._failed(err))
                continue
            call = self._call(data, common, name)
            if key is None:
                calls.append(call)
                futures.append(call.future)
            else:
                futures.append(self._once(key, call))
        self._watcher.add(calls)
        return futures

    def _check(self) -> None:
        self._watcher.check_process()
        if self._watcher.is_over:
            raise RuntimeError("cannot schedule new futures after shutdown")

    def _key(self, fn: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
        if self._keys is None:
            return None
        try:
            with self._lock:
                return self._keys.key(fn, args, kwargs)
        except Exception as err:
            raise not_pickled("the function or an argument", err) from err

    def _call(self, data: PickledCall, common: Common, name: str) -> Call:
        common = common._replace(keyed=data.key is not None)
        return Call(JobFuture(data.key, self._watcher.cancelled, self._runs_now), data, common, name)

    def _common(self, resources: Resources) -> Common:
        return Common(resources, os.getcwd(), self._module_path())  # noqa: PTH109  # a str, for each call

    def _failed(self, err: CallNotPickledError) -> JobFuture[Any]:
        future: JobFuture[Any] = JobFuture(None, self._watcher.cancelled, self._runs_now)
        future.settle(None, err)
        return future

    def _module_path(self) -> tuple[str, ...]:
        if sys.path != self._path[0]:
            here = os.getcwd()  # noqa: PTH109
            self._path = (list(sys.path), tuple(entry or here for entry in sys.path))
        return self._path[1]

    # --- calls that were made before -----------------------------------------------------------------------

    def _once(self, key: str, call: Call) -> JobFuture[Any]:
        """The future of a call with a key: the one that there is, in this program or from an earlier one."""
        with self._lock:
            before = self._by_key.get(key)
            if before is not None and not (before.done() and _failed(before)):
                return before
            self._by_key[key] = call.future
            place = self.spool.places.get(key)
        if place is None or not self._found(call, *place):
            self._watcher.add([call])
        return call.future

    def _found(self, call: Call, bundle: str, number: int) -> bool:
        """Whether the call was made before, and its end is known, or can be waited for."""
        result = self.spool.result(bundle, number)
        if result is not None and result.head["kind"] == host.RETURNED and result.trouble is None:
            call.future.settle(result.value, None)
            return True
        if self.spool.was_told(bundle, number):
            return False
        self._watcher.take_up(Returning(call.future, call, bundle, number))
        return True

    def clear(self) -> None:
        """Remove the bundles of which every call has ended."""
        for bundle, _ in list(self.spool.bundles()):
            if self.spool.is_complete(bundle):
                self.spool.remove(bundle)

    # --- the end -------------------------------------------------------------------------------------------

    def shutdown(self, *, cancel_futures: bool) -> None:
        """Take no more calls; cancel those that do not run."""
        if cancel_futures:
            self._watcher.close_doors()
            for future in self._watcher.unfinished():
                if self._is_waiting(future):
                    future.cancel()
        self._watcher.end()

    def _is_waiting(self, future: JobFuture[Any]) -> bool:
        try:
            return self._state(future) in WAITING
        except DrmaaException:
            return False  # nobody knows

    def _is_running(self, future: JobFuture[Any]) -> bool:
        return self._state(future) not in (*WAITING, JobState.DONE, JobState.FAILED)

    def _state(self, future: JobFuture[Any]) -> str:
        if future.job is None:
            return JobState.QUEUED_ACTIVE  # no job has been submitted for it yet
        try:
            return self._watcher.state(future.job.id)
        except (InvalidJobException, NoActiveSessionException):
            return JobState.DONE  # it has just ended, and so has all

    def join(self) -> None:
        """Wait until everything is delivered."""
        self._watcher.join()

    def detach(self) -> None:
        """End at once; jobs go on."""
        self._watcher.detach()

    def cancel_all(self) -> None:
        """End soon; jobs are deleted, whether they run or not."""
        self._watcher.close_doors()
        for future in self._watcher.unfinished():
            future.cancel()
        self._watcher.end()


def _failed(future: JobFuture[Any]) -> bool:
    return future.cancelled() or future.exception() is not None
