"""JSON of few plain words, as every submission writes it: :mod:`json` takes longer to be loaded than that."""

from __future__ import annotations

__all__ = ["dumps"]


class _NotPlain(Exception):
    """It takes :mod:`json` to write this."""


def dumps(value: object, item: str = ", ", pair: str = ": ") -> str:
    """What :func:`json.dumps` makes of a value with these separators.

    Raises:
        TypeError, ValueError: as :func:`json.dumps`.
    """
    try:
        return _text(value, item, pair)
    except _NotPlain:
        import json  # noqa: PLC0415  # loaded when it is needed

        return json.dumps(value, separators=(item, pair))


def _text(value: object, item: str, pair: str) -> str:
    if isinstance(value, str):
        if value.isascii() and (value.isprintable() or not value) and '"' not in value and "\\" not in value:
            return f'"{value}"'
    elif value is True or value is False:
        return "true" if value else "false"
    elif isinstance(value, (list, tuple)):
        return f"[{item.join(_text(one, item, pair) for one in value)}]"
    elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
        pairs = (f"{_text(key, item, pair)}{pair}{_text(one, item, pair)}" for key, one in value.items())
        return f"{{{item.join(pairs)}}}"
    raise _NotPlain
