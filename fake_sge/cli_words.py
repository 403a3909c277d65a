"""What words on the command line of ``fake-sge`` mean, and a cell's environment as shells take it. Pure."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Mapping, Sequence

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
SHELLS = ("sh", "csh", "fish")


def seconds(text: str) -> float:
    """``90``, ``1.5``, ``90s``, ``5m``, ``1h``, ``1h30m``, ``2d`` or ``1:30:00``, in seconds.

    Raises:
        ValueError: it is none of these.
    """
    if re.fullmatch(r"\d+(\.\d*)?", text):
        return float(text)
    if re.fullmatch(r"\d+(:\d\d){1,2}", text):
        total = 0
        for part in text.split(":"):
            total = total * 60 + int(part)
        return float(total)
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no duration: 90, 90s, 5m, 1h30m, 2d or 1:30:00")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def pairs(words: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` words. Raises ValueError for another one."""
    for word in words:
        if "=" not in word:
            raise ValueError(f"{word!r} is not NAME=VALUE")
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def signal_number(text: str) -> int:
    """``11``, ``SEGV`` or ``SIGSEGV``.

    Raises:
        ValueError: there is no such signal.
    """
    if text.isdigit():
        return int(text)
    name = text.upper()
    found = signal.Signals.__members__.get(name if name.startswith("SIG") else f"SIG{name}")
    if found is None:
        raise ValueError(f"there is no signal {text!r}: a number, or a name such as SEGV, KILL or XCPU")
    return int(found)


def environment(variables: Mapping[str, str], path: str, shell: str) -> str:
    """The commands that put a cell on PATH, for ``sh`` (bash, zsh, ksh too), ``csh`` (tcsh) or ``fish``."""
    if shell == "fish":
        lines = [f"set -gx {name} {_fish(value)};" for name, value in variables.items()]
        lines.append(f"set -gx PATH {_fish(path)} $PATH;")
    elif shell == "csh":
        lines = [f"setenv {name} {csh_quoted(value)};" for name, value in variables.items()]
        lines.append(f'setenv PATH {csh_quoted(path)}":$PATH";')
    else:
        lines = [f"export {name}={_quoted(value)}" for name, value in variables.items()]
        lines.append(f'export PATH={_quoted(path)}:"$PATH"')
    return "".join(f"{line}\n" for line in lines)


def reason(error: Exception) -> str:
    """What an error says; of the system's errors the file and the text alone."""
    if isinstance(error, OSError) and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def csh_quoted(text: str) -> str:
    """For csh, which looks for its history also in single quotes."""
    return _quoted(text).replace("!", "\\!")


def _quoted(text: str) -> str:
    """For sh, in whose single quotes only ``'`` means something."""
    quoted = text.replace("'", "'\"'\"'")
    return f"'{quoted}'"


def _fish(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"
