"""The text that is sent to a remote shell, and its answer: pure. The only place where anything is quoted.

Whatever login shell a user has (sh, bash, zsh, tcsh, fish), it is given the same short line, which all of
them read alike (see loader()): it becomes ``/bin/sh`` and runs one line that is sent on standard input. So
neither arguments nor environment values appear in the process list of the submit host before the command
itself does, and the output of rc files, which comes first, is kept apart by markers that nobody can know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_LOADER = """exec /bin/sh -c 'IFS= read -r line && eval "$line"' {}"""
NOT_FOUND, NOT_EXECUTABLE = 127, 126  # exit statuses of a POSIX shell for a command it cannot run
NOT_BEGUN = 125  # ours: the directory for a kept answer was there before, or could not be made
KEPT = '"${XDG_STATE_HOME:-$HOME/.local/state}/drmaa_cli/answers"'

_LINE_END = "line_end"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PREPARE = f"{_LINE_END}=$(printf '\\nx'); {_LINE_END}=${{{_LINE_END}%x}}"


class Answer(NamedTuple):
    """What came back from a remote command.

    Attributes:
        exit_code: its exit status; None when the connection ended before the command did.
        stdout: its standard output, without anything that others printed.
        stderr: its standard error, likewise; complete only when ``exit_code`` is there.
        process_group: the number of its process group on the remote host; None when it was never begun.
        before: what was printed before the command began: output of rc files, ssh's own messages.
        after: what was printed after its end: the answer of what travelled with it.
    """

    exit_code: int | None
    stdout: bytes
    stderr: bytes
    process_group: int | None = None
    before: bytes = b""
    after: bytes = b""


def loader(label: str) -> str:
    """The line for the login shell; its label (letters, digits, ``._@+-``) stands in the process list."""
    if not re.fullmatch(r"[\w.@+-]+", label, re.ASCII):
        raise ValueError(f"{label!r} cannot stand on the command line of a login shell")
    return _LOADER.format(label)


def quote(text: str) -> str:
    """A word for /bin/sh that stands for this text, on one line whatever it contains.

    Raises:
        ValueError: it has a NUL character, which no shell can carry.
    """
    if "\0" in text:
        raise ValueError(f"a NUL character cannot be sent to a remote command: {text!r}")
    quoted = "'" + text.replace("'", "'\\''") + "'"
    return quoted.replace("\n", f"'\"${_LINE_END}\"'")


def script_line(
    argv: Sequence[str],
    changes: Mapping[str, str | None],
    marker: str,
    kept_in: str = "",
    then: str = "",
) -> str:
    """One line for the loader: runs a command in the login environment with some changes.

    Args:
        argv: the command; ``argv[0]`` is looked for on the remote PATH unless it has a slash.
        changes: variables to set, or with None to remove. Names that /bin/sh cannot export are carried by
            env(1).
        marker: letters and digits that appear nowhere else; the answer stands between two of them.
        kept_in: a directory for what becomes of the command, below KEPT; '' for none. It is there when the
            connection ends meanwhile, and made by who is first: the command, or :func:`forestall_line`.
        then: a shell command for afterwards; its output stands behind the second marker.
    """
    plain = {name: value for name, value in changes.items() if _NAME.fullmatch(name)}
    odd = {name: value for name, value in changes.items() if name not in plain and value is not None}
    unset = [name for name, value in plain.items() if value is None]
    exports = [f"export {name}={quote(value)}" for name, value in plain.items() if value is not None]
    words = [*(["env", "--", *(f"{name}={value}" for name, value in odd.items())] if odd else []), *argv]
    command = " ".join(quote(word) for word in words)
    steps = [
        _PREPARE,
        f"printf '%s %s\\n' {quote(marker)} $$",
        f"printf '%s\\n' {quote(marker)} >&2",
        *([f'kept={KEPT}; mkdir -p -m 700 "$kept"'] if kept_in else []),
        *([f"unset {' '.join(unset)}"] if unset else []),
        *exports,
        _keeping(command, kept_in) if kept_in else f"{command}; status=$?",
        f"printf '\\n%s %s\\n' {quote(marker)} $status",
        f"printf '\\n%s\\n' {quote(marker)} >&2",
        *([then] if then else []),
    ]
    return "; ".join(steps)


def _keeping(command: str, kept_in: str) -> str:
    place = f'"$kept"/{quote(kept_in)}'
    steps = [
        f"echo $$ >{place}/group",
        f"{command} >{place}/out 2>{place}/err",
        "status=$?",
        f"echo $status >{place}/new",
        f"mv {place}/new {place}/status",
        f"cat {place}/out",
        f"cat {place}/err >&2",
    ]
    return f"umask 077; status={NOT_BEGUN}; mkdir {place} && {{ {'; '.join(steps)}; }}"


def forestall_line(kept_in: str) -> str:
    """A shell command that tells what became of a command, or keeps it from beginning.

    It prints ``forestalled``: it had not begun and never will; ``running``; or, followed by its standard
    output, ``ended STATUS`` or ``gone``: it was killed.
    """
    place = f'"$kept"/{quote(kept_in)}'
    printed = f"cat {place}/out; cat {place}/err >&2"
    ended = f"[ -f {place}/status ]; then echo ended $(cat {place}/status); {printed}"
    return (
        f'kept={KEPT}; mkdir -p -m 700 "$kept"; if mkdir {place} 2>/dev/null; then echo forestalled;'
        f" elif {ended}; elif kill -0 -$(cat {place}/group) 2>/dev/null; then echo running; elif {ended};"
        f" elif [ -f {place}/group ]; then echo gone; {printed}; else echo forestalled; fi"
    )


def read_answer(stdout: bytes, stderr: bytes, marker: str) -> Answer:
    """Take a remote command's answer from what ssh printed; see :func:`script_line`."""
    mark = marker.encode()
    begin = re.search(rb"(?:^|\n?)" + mark + rb" ([0-9]+)\n", stdout)
    messages = stderr.partition(mark + b"\n")
    if begin is None:
        return Answer(None, b"", b"", None, stdout + stderr)
    rest = stdout[begin.end() :]
    end = re.search(rb"\n" + mark + rb" ([0-9]+)\n", rest)
    closed = messages[2].rpartition(b"\n" + mark + b"\n")
    said = closed[0] if closed[1] else messages[2]
    before = stdout[: begin.start()] + messages[0]
    if end is None:
        return Answer(None, rest, said, int(begin.group(1)), before)
    group, after = int(begin.group(1)), rest[end.end() :]
    return Answer(int(end.group(1)), rest[: end.start()], said, group, before, after)
