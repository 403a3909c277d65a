"""The text that is sent to a remote shell, and its answer: pure. The only place where anything is quoted.

Whatever login shell a user has (sh, bash, zsh, tcsh, fish), it is given the same short line, which all of
them read alike (see loader()): it becomes ``/bin/sh`` and runs one line that is sent on standard input. So
neither arguments nor environment values appear in the process list of the submit host before the command
itself does, and the output of rc files, which comes first, is kept apart by markers that nobody can know.
Where an rc file has read that line, nothing is run: what follows it does not begin with the label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from drmaa_cli.typed import NamedTuple

_LOADER = (
    'exec /bin/sh -c \'IFS= read -r line && case $line in "$0 "*) eval "${{line#* }}";; *) exit 1;; esac\' {}'
)
# Reads a label, a word and a number; runs what so many bytes say, as the loader does, in a session of its
# own; passes over what is left of them, up to the word, and says the word on both streams.
STANDING = (
    "command -p setsid true && command -p head -c 0 </dev/null || {{ echo {}; exit; }};"
    ' while IFS=" " read -r label end size; do'
    ' command -p head -c "$size" | command -p setsid {};'
    ' word=; until [ "$word" = "$end" ]; do IFS= read -r word || exit; done;'
    ' echo; echo "$end"; echo >&2; echo "$end" >&2; done'
)
NOT_FOUND, NOT_EXECUTABLE = 127, 126  # exit statuses of a POSIX shell for a command it cannot run
NOT_BEGUN = 125  # ours: an answer could not be kept, or the command was forestalled
KEPT = '"${XDG_STATE_HOME:-$HOME/.local/state}/drmaa_cli/answers"'

_KEPT_DIRECTORY = f'kept={KEPT}; [ -d "$kept" ] || command -p mkdir -p -m 700 "$kept"'
_LINE_END = "line_end"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PREPARE = f"{_LINE_END}=$(printf '\\nx'); {_LINE_END}=${{{_LINE_END}%x}}"


class Stdin(NamedTuple):
    """What a command reads, as a file.

    Attributes:
        name: of the file in KEPT; it has none any more when the command begins.
        size: in bytes.
    """

    name: str
    size: int


class RemoteResult(NamedTuple):
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
    """The line for the login shell; its label (letters, digits, ``._@+-``) stands in the process list.

    What is to be run is sent as :func:`payload` makes it.
    """
    if not re.fullmatch(r"[\w.@+-]+", label, re.ASCII):
        raise ValueError(f"{label!r} cannot stand on the command line of a login shell")
    return _LOADER.format(label)


def payload(label: str, line: str, stdin: bytes = b"") -> bytes:
    """The standard input for the loader: a line of :func:`script_line`, and what the command is to read."""
    return f"{label} {line}\n".encode("utf-8", "surrogateescape") + stdin


def standing_line(unfit: str) -> str:
    """A line for the loader that reads further ones; ``unfit`` is said where the host cannot do that."""
    return STANDING.format(unfit, _LOADER.format('"$label"').removeprefix("exec "))


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
    stdin: Stdin | None = None,
) -> str:
    """One line for the loader: runs a command in the login environment with some changes.

    Args:
        argv: the command; ``argv[0]`` is looked for on the remote PATH unless it has a slash.
        changes: variables to set, or with None to remove. Names that /bin/sh cannot export are carried by
            env(1).
        marker: letters and digits that appear nowhere else; the answer stands between two of them.
        kept_in: a name for what becomes of the command, in KEPT; '' for none. It is there when the
            connection ends meanwhile, and taken by who is first: the command, or :func:`forestall_line`.
        then: a shell command for afterwards; its output stands behind the second marker.
        stdin: how the command has what is sent behind the line, if it is to be a file.
    """
    plain = {name: value for name, value in changes.items() if _NAME.fullmatch(name)}
    odd = {name: value for name, value in changes.items() if name not in plain and value is not None}
    unset = [name for name, value in plain.items() if value is None]
    exports = [f"export {name}={quote(value)}" for name, value in plain.items() if value is not None]
    words = [*(["env", "--", *(f"{name}={value}" for name, value in odd.items())] if odd else []), *argv]
    command = " ".join(quote(word) for word in words)
    steps = [
        f"printf '%s %s\\n' {quote(marker)} $$",
        f"printf '%s\\n' {quote(marker)} >&2",
        *([_KEPT_DIRECTORY] if kept_in or stdin else []),
        *([f"unset {' '.join(unset)}"] if unset else []),
        *exports,
        _keeping(command, kept_in, stdin) if kept_in else _with_input(f"{command}; status=$?", stdin),
        f"printf '\\n%s %s\\n' {quote(marker)} $status",
        f"printf '\\n%s\\n' {quote(marker)} >&2",
        *([then] if then else []),
    ]
    line = "; ".join(steps)
    return f"{_PREPARE}; {line}" if f"${_LINE_END}" in line else line


def _with_input(run: str, stdin: Stdin | None) -> str:
    return run if stdin is None else f"if {_take_input(stdin)}; then {run}; else status={NOT_BEGUN}; fi"


def _take_input(stdin: Stdin) -> str:
    """Have what is sent as a file without a name, all of it: a lost connection may have cut it."""
    place = f'"$kept"/{quote(stdin.name)}.in'
    whole = f'[ "$(command -p wc -c <{place})" -eq {stdin.size} ]'
    return f"( umask 077; command -p cat >{place} ) && {whole} && exec <{place} && command -p rm -f {place}"


def _keeping(command: str, kept_in: str, stdin: Stdin | None) -> str:
    """Claim, run, keep. Claim and status are symbolic links, which are never there without their content."""
    place = f'"$kept"/{quote(kept_in)}'
    steps = [
        f"{command} >{place}.out 2>{place}.err",
        "status=$?",
        f"command -p ln -s $status {place}.status",
        f"command -p cat {place}.out",
        f"[ ! -s {place}.err ] || command -p cat {place}.err >&2",
    ]
    can_be_kept = f"( umask 077; echo >{place}.out && echo >{place}.err ) 2>/dev/null"  # there is room
    if stdin is not None:
        can_be_kept += f" && {_take_input(stdin)}"
    why = f"command -p env printf x >{place}.out"
    return (
        f"status={NOT_BEGUN}; command -p ln -s $$ {place} && if {can_be_kept}; then {'; '.join(steps)};"
        f" else {why}; command -p rm -f {place}.out {place}.err {place}.in {place}; fi"
    )


def forestall_line(kept_in: str) -> str:
    """A shell command that tells what became of a command, or keeps it from beginning.

    It prints ``forestalled``: it had not begun and never will; ``running``; or, followed by its standard
    output, ``ended STATUS`` or ``gone``: it was killed. It fails where it can do neither.
    """
    place = f'"$kept"/{quote(kept_in)}'
    tell = f"command -p cat {place}.out; command -p cat {place}.err >&2"
    ended = f"status=$(command -p readlink {place}.status)"
    return (
        f"{_KEPT_DIRECTORY}; why=$(command -p ln -s forestalled {place} 2>&1) && echo forestalled && exit;"
        f" group=$(command -p readlink {place}); case $group in forestalled) echo forestalled; exit;;"
        ' \'\') printf "%s\\n" "$why" >&2; exit 1;; esac;'
        f" if {ended} || {{ ! kill -0 $group && ! kill -0 -$group && {ended}; }} 2>/dev/null;"
        f" then echo ended $status; {tell};"
        f" elif {{ kill -0 $group || kill -0 -$group; }} 2>/dev/null; then echo running;"
        f" else echo gone; {{ {tell}; }} 2>/dev/null; :; fi"
    )


def forget_line(kept_in: Sequence[str]) -> str:
    """A shell command that removes what was kept of commands, while others go on; '' when there are none."""
    places = [f"{KEPT}/{quote(name)}" for name in kept_in]
    files = " ".join(f"{place}.out {place}.err {place}.in {place}.status {place}" for place in places)
    return f"command -p rm -f {files} </dev/null >/dev/null 2>&1 &" if files else ""


def tidy_line(days: int) -> str:
    """A shell command that removes what was kept of commands for longer, once a day, while others go on."""
    return (
        f'( cd {KEPT} && [ -z "$(command -p find .tidied -mtime -1)" ] && : >.tidied && command -p find .'
        f" -mindepth 1 -maxdepth 1 -mtime +{days} -exec rm -f {{}} + ) </dev/null >/dev/null 2>&1 &"
    )


def read_answer(stdout: bytes, stderr: bytes, marker: str) -> RemoteResult:
    """Take a remote command's answer from what ssh printed; see :func:`script_line`.

    Only an answer that is whole has an exit status: both of its streams came to their end.
    """
    mark = marker.encode()
    begin = re.search(rb"(?:^|\n?)" + mark + rb" ([0-9]+)\n", stdout)
    messages = stderr.partition(mark + b"\n")
    if begin is None:
        return RemoteResult(None, b"", b"", None, stdout + stderr)
    rest = stdout[begin.end() :]
    end = re.search(rb"\n" + mark + rb" ([0-9]+)\n", rest)
    closed = messages[2].rpartition(b"\n" + mark + b"\n")
    said = closed[0] if closed[1] else messages[2]
    before = stdout[: begin.start()] + messages[0]
    group = int(begin.group(1))
    if end is None:
        return RemoteResult(None, rest, said, group, before)
    out, after = rest[: end.start()], rest[end.end() :]
    return RemoteResult(int(end.group(1)) if closed[1] else None, out, said, group, before, after)
