"""What runs on the execution host: one call of a bundle, from its file to the file of its result.

A copy of this module stands in the spool directory, so that a host needs Python and cloudpickle only. It is
the job's main program, takes the standard library alone, and imports little: it is the overhead of every
call.

A bundle is a directory. ``setup`` is a pickled dict: what all calls have in common. ``calls`` holds the
pickles of functions and arguments, ``places`` four 8-byte numbers for each call: begin and length of its
function, and of its arguments. The result of call N appears as ``N.result`` in one step: a pickled dict that
says what came, and behind it, where there is one, the pickled value or exception.
"""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys

TYPE_CHECKING = False  # typing takes 5 ms to import
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Callable, NoReturn

EXIT_RAISED = 1  # the function raised, or what it returned could not be sent: the result file says which
EXIT_UNWRITTEN = 112  # no result could be written, not even that
EXIT_NOT_SHARED = 113  # this host has another directory of the spool directory's name
SPECIAL = (99, 100, EXIT_UNWRITTEN, EXIT_NOT_SHARED)
"""With the first Grid Engine runs a job once more, with the second it leaves it in an error state."""

PLACE = struct.Struct("<QQQQ")
TOKEN = "token"
SETUP = "setup"
CALLS = "calls"
PLACES = "places"
RESULT = ".result"

RETURNED = "returned"
RAISED = "raised"
EXITED = "exited"  # by SystemExit
NOT_PICKLED = "not pickled"
UNWRITTEN = "unwritten"
UNREADABLE = "unreadable"  # the call itself could not be read here
OTHER_PYTHON = "other python"


class _Unsendable(Exception):
    """What the function returned cannot be pickled."""


def main(spool: str, bundle: str, token: str) -> None:
    """Run the call that this task is for."""
    try:
        with open(os.path.join(spool, TOKEN)) as file:  # noqa: PTH118, PTH123  # pathlib takes 5 ms to import
            shared = file.read() == token
    except OSError:
        shared = False
    if not shared:
        _give_up(f"this host does not share the spool directory {spool}", EXIT_NOT_SHARED)
    task = os.environ.get("SGE_TASK_ID", "undefined")
    number = int(task) if task.isdigit() else 1
    sys.exit(_run(os.path.join(spool, bundle), number))  # noqa: PTH118


def _run(directory: str, number: int) -> int:
    owner = os.getpid()
    path = os.path.join(directory, str(number) + RESULT)  # noqa: PTH118
    with open(os.path.join(directory, SETUP), "rb") as file:  # noqa: PTH118, PTH123
        setup = pickle.load(file)
    if tuple(setup["python"]) != sys.version_info[:2]:
        return _publish(path, {"kind": OTHER_PYTHON}, owner)
    _arrange(setup)
    try:
        call = _read_call(directory, number, setup["chunked"])
    except BaseException as err:  # noqa: BLE001  # it is reported
        return _publish(path, _of_exception(UNREADABLE, err), owner, err)
    _adopt(setup.get("classes", ()))
    try:
        value = call()
    except SystemExit as err:
        status = _status_of(err)
        _publish(path, {"kind": EXITED, "status": status, "text": _text_of(err)}, owner)
        return EXIT_RAISED if status in SPECIAL else status
    except BaseException as err:  # noqa: BLE001  # it is reported
        return _publish(path, _of_exception(RAISED, err), owner, err)
    return _publish(path, {"kind": RETURNED}, owner, value)


def _arrange(setup: dict[str, Any]) -> None:
    """The same directory and module path as where the call was made."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)  # a job that is killed leaves its last lines
    sys.argv = [setup["argv0"]]
    sys.path[:] = setup["path"] + [entry for entry in sys.path if entry not in setup["path"]]
    directory = setup["directory"]
    try:
        os.chdir(directory)
    except OSError as err:
        if setup["directory_given"]:
            raise
        sys.stderr.write(f"drmaa_cli: not in the directory of the program: {err}\n")


def _read_call(directory: str, number: int, chunked: bool) -> Callable[[], object]:
    with open(os.path.join(directory, PLACES), "rb") as places:  # noqa: PTH118, PTH123
        places.seek((number - 1) * PLACE.size)
        function_at, function_size, arguments_at, arguments_size = PLACE.unpack(places.read(PLACE.size))
    with open(os.path.join(directory, CALLS), "rb") as calls:  # noqa: PTH118, PTH123
        calls.seek(function_at)
        function = pickle.loads(calls.read(function_size))
        calls.seek(arguments_at)
        args, kwargs = pickle.loads(calls.read(arguments_size))
    if chunked:
        return lambda: [function(*each) for each in args[0]]
    return lambda: function(*args, **kwargs)


def _adopt(names: Sequence[str]) -> None:
    """Give the classes of the program itself, of which cloudpickle made copies here, their names here.

    What comes back of them is sent by name then, and found there: also by a program that was started again.
    """
    main = sys.modules["__main__"]
    copies = getattr(sys.modules.get("cloudpickle.cloudpickle"), "_DYNAMIC_CLASS_TRACKER_BY_ID", {})
    kinds: list[type] = list(copies.values())
    for kind in kinds:
        if kind.__module__ == "__main__" and kind.__qualname__ in names:
            setattr(main, kind.__qualname__, kind)


def _publish(path: str, head: dict[str, Any], owner: int, value: object = None) -> int:
    """Write a result beside its place, and put it there whole; the exit status of the job."""
    if os.getpid() != owner:
        os._exit(EXIT_RAISED)  # a child that the function forked came back
    head["host"] = os.uname().nodename
    head["python"] = sys.version.split()[0]
    head["executable"] = sys.executable
    error: BaseException | None = None
    for _ in ("the result", "why there is none"):
        try:
            if error is None:
                _write(path, head, value)
            else:
                _write(path, _failure(head, error), None)
        except _Unsendable as err:
            error = err.__cause__ or err
        except OSError as err:
            error = err
        else:
            return 0 if error is None and head["kind"] == RETURNED else EXIT_RAISED
    return _give_up(f"the result could not be written: {error}", EXIT_UNWRITTEN)


def _give_up(text: str, status: int) -> NoReturn:
    """Say why, and end with this status: Python has one of its own for output on a full disk."""
    try:
        sys.stderr.write(f"drmaa_cli: {text}\n")
        sys.stderr.flush()
    finally:
        os._exit(status)


def _failure(head: dict[str, Any], error: BaseException) -> dict[str, Any]:
    """What is said in place of a result that could not be sent."""
    if head["kind"] in (RAISED, UNREADABLE):
        return head  # it says in words what the exception was
    kind = UNWRITTEN if isinstance(error, OSError) else NOT_PICKLED
    return {**_of_exception(kind, error), **{name: head[name] for name in ("host", "python", "executable")}}


def _write(path: str, head: dict[str, Any], value: object) -> None:
    beside = f"{path}.{os.uname().nodename}.{os.getpid()}"
    unsendable: Exception | None = None
    try:
        for dump in _picklers():
            with open(beside, "wb") as file:  # noqa: PTH123
                pickle.dump(head, file, protocol=5)
                if value is None and head["kind"] != RETURNED:
                    break
                try:
                    dump(value, file)
                except OSError:
                    raise
                except Exception as err:  # noqa: BLE001  # any code of the value's class
                    unsendable = err
                else:
                    break
        else:
            raise _Unsendable from unsendable
        os.replace(beside, path)  # noqa: PTH105
    except BaseException:
        try:
            os.unlink(beside)  # noqa: PTH108
        except OSError:
            pass  # it could not be made at all
        raise


def _picklers() -> Iterator[Callable[[object, io.BufferedWriter], None]]:
    """Python's own first: cloudpickle is needed for what has no importable name, and takes long to import."""
    yield lambda value, file: pickle.Pickler(file, protocol=5).dump(value)
    import cloudpickle  # noqa: PLC0415

    class ByName(cloudpickle.Pickler):  # type: ignore[misc]  # nothing is known of it
        def reducer_override(self, obj: Any) -> Any:  # noqa: ANN401
            name = obj.__qualname__ if isinstance(obj, type) else None
            if name is not None and vars(sys.modules["__main__"]).get(name) is obj:
                return name
            return super().reducer_override(obj)

    yield lambda value, file: ByName(file, protocol=5).dump(value)


def _of_exception(kind: str, err: BaseException) -> dict[str, Any]:
    import traceback  # noqa: PLC0415

    frames = err.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next  # the caller's own code begins below these
    err.__traceback__ = frames
    return {
        "kind": kind,
        "type": _name_of(type(err)),
        "text": _text_of(err),
        "module": getattr(err, "name", None) if isinstance(err, ImportError) else None,
        "errno": err.errno if isinstance(err, OSError) else None,
        "traceback": "".join(traceback.format_exception(type(err), err, frames)),
    }


def _name_of(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _text_of(err: BaseException) -> str:
    try:
        return str(err)
    except Exception as worse:  # noqa: BLE001  # a class of the user's
        return f"(its text cannot be had: {type(worse).__name__})"


def _status_of(err: SystemExit) -> int:
    """The exit status that Python would give."""
    if err.code is None:
        return 0
    return err.code & 0xFF if isinstance(err.code, int) else 1
