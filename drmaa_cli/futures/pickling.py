"""Functions and arguments as bytes."""

from __future__ import annotations

from drmaa_cli.futures.errors import CallNotPickledError
from drmaa_cli.typed import Any, Callable

MISSING = "drmaa_cli.futures needs cloudpickle: pip install 'drmaa-cli[futures]'"


def need_cloudpickle() -> None:
    """Raise ImportError that says what to install where cloudpickle is missing."""
    try:
        import cloudpickle  # noqa: F401, PLC0415
    except ImportError as err:
        raise ImportError(MISSING) from err


def pickled(what: str, value: object) -> bytes:
    """A value as bytes, for the hosts.

    Args:
        what: what it is, for the exception.
        value: a function, or its arguments.

    Raises:
        CallNotPickledError: it cannot be pickled.
    """
    import cloudpickle  # noqa: PLC0415

    try:
        data: bytes = cloudpickle.dumps(value, protocol=5)
    except Exception as err:
        raise not_pickled(what, err) from err
    return data


def not_pickled(what: str, err: Exception) -> CallNotPickledError:
    """The exception for a value that cannot be pickled."""
    return CallNotPickledError(f"{what} cannot be pickled: {type(err).__name__}: {err}")


def name_of(function: Callable[..., Any]) -> str:
    """What a function is called: of a partial, that of its function."""
    function = getattr(function, "func", function)
    return str(getattr(function, "__name__", type(function).__name__))
