r"""Job scripts that carry what qsub's command line cannot, and many different commands in one array job.

qsub cuts an argument at a line end and takes a comma for the end of a path; the shepherd cuts an argument at
99,990 bytes and a variable at 9,999 (all observed on 8.1.9). A script has none of these limits. The ones made
here quote every byte of the user's, evaluate none, and replace themselves by the command (``exec``), so that
process number, signals, exit status and usage are the command's own.

An array's script keeps one line for each task below its first few lines and reads only the line it needs:
with 20,000 tasks a task starts within some 10 ms. Whatever keeps a command from being started ends with exit
status 100, by which Grid Engine puts a job in error state (queue_conf(5), sge_conf(5) FORBID_APPERROR): what
becomes of a job whose directory or files it cannot open itself.

Grid Engine puts the job's own temporary directory in front of the PATH that a job is given, and its own SGE_*
variables come before those given: so it is here (observed).

The script is started through ``/usr/bin/env`` (``-S``), because with ``-S /bin/sh`` Grid Engine would start a
login shell, which reads the user's profile (``login_shells``, observed).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from drmaa_cli.typed import NamedTuple

OPTIONS = ("-b", "n", "-S", "/usr/bin/env", "-C", "")  # -C '': no line is taken for an embedded option
REPLACED = ("-b", "-shell", "-S", "-C")  # options of others that would contradict these

EXIT_NOT_STARTED = 100

_HEAD = """\
#!/bin/sh
trap 'exit 100' 0
test -z "$BASH_VERSION" || shopt -s execfail
SHELL=${SGE_O_SHELL:-/bin/sh}
c() { command cd "$1" || exit; unset OLDPWD; }
o() { test ! -d "$1" || set -- "$1/$JOB_NAME.oSUFFIX"; exec >>"$1" || exit; }
e() { test ! -d "$1" || set -- "$1/$JOB_NAME.eSUFFIX"; exec 2>>"$1" || exit; }
set -- '
'
"""
_OWN_LINE = """\
eval "$(PATH=/usr/bin:/bin:$PATH; LC_ALL=C; export LC_ALL; exec sed -n "$((SGE_TASK_ID+LINES)){p;q;}" "$0")"
"""
_END = f"exit {EXIT_NOT_STARTED}\n"

# What Grid Engine replaces in a path, followed by anything (observed; `$$` becomes `$`, others are left).
_VARIABLE = r"\$(\$|HOME|USER|JOB_ID|JOB_NAME|HOSTNAME|TASK_ID)"
_TILDE = r"~([A-Za-z0-9_.-]*)(/|$)"

_IDENTIFIER = r"(?a)[A-Za-z_][A-Za-z0-9_]*"
# Names to which a shell gives a meaning or a value of its own: assigning them can fail, or change the value.
_SHELLS_OWN = (
    r"(BASH|COMP_|EPOCH|FUNC|HIST|KSH|OPT|READLINE|SH_).*"
    r"|_|BASHOPTS|COPROC|DIRSTACK|ENV|ERRNO|E?UID|GROUPS|IFS|LINENO|MAPFILE|OLDPWD|PIPESTATUS|POSIXLY_CORRECT"
    r"|PPID|PS[0-4]|PWD|RANDOM|REPLY|SECONDS|SHELLOPTS|SHLVL|SRANDOM|TMOUT"
)


class ScriptTask(NamedTuple):
    """What one task runs, and what is done before it.

    Attributes:
        command: found through the job's PATH when there is no slash in it.
        arguments: its arguments.
        variables: environment variables that are set for it.
        directory: where it is started; '' is where Grid Engine starts the job. Expanded as ``-wd`` is.
        input: file of its standard input; None leaves it alone. Expanded as by ``-i``, as are the others.
        output: file that its standard output is appended to, or the directory of it; None leaves it alone.
        error: the same for its standard error.
        joined: whether standard error goes where ``output`` goes.
    """

    command: str
    arguments: Sequence[str] = ()
    variables: Mapping[str, str] = {}
    directory: str = ""
    input: str | None = None
    output: str | None = None
    error: str | None = None
    joined: bool = False


def one(task: ScriptTask, *, is_array: bool) -> str:
    """The script of a job that runs the same in all its tasks.

    Args:
        task: what it runs.
        is_array: whether the job has several tasks.
    """
    return f"{_head(is_array)}{line(task, is_array=is_array)}\n{_END}"


def many(lines: Iterable[str]) -> str:
    """The script of an array job whose task N is the Nth of some lines made by :func:`line`."""
    start = _head(True) + _OWN_LINE + _END
    return start.replace("LINES", str(start.count("\n"))) + "\n".join(lines) + "\n"


def line(task: ScriptTask, *, is_array: bool = True) -> str:
    """One task as one line of shell. ``$1`` is a line end when it is evaluated.

    Raises:
        ValueError: a command with ``=`` in it and a variable that a shell cannot set exclude each other.
    """
    words = []
    if task.directory:
        words.append(f"c {expanded(task.directory, is_array)};")
    if task.error is not None and not task.joined:
        words.append(f"e {expanded(task.error, is_array)};")
    if task.output is not None:
        words.append(f"o {expanded(task.output, is_array)};")
        words += ["exec 2>&1;"] if task.joined else []
    if task.input is not None:
        words.append(f"exec <{expanded(task.input, is_array)} || exit;")
    words += [*_environment(task), quoted(task.command), *map(quoted, task.arguments)]
    return " ".join(words)


def plain_line(command: str, arguments: Sequence[str]) -> str:
    """What :func:`line` makes of a task that has a command and arguments, and nothing else."""
    return f"exec {' '.join(map(quoted, (command, *arguments)))}"


def quoted(text: str) -> str:
    """A text as one word of shell on one line, every character for itself."""
    if "'" in text:
        text = text.replace("'", "'\\''")
    if "\n" in text:
        text = text.replace("\n", "'\"$1\"'")
    return f"'{text}'"


def expanded(path: str, is_array: bool) -> str:
    """A path as one word of shell in which is replaced what Grid Engine would replace (observed)."""
    if "$" not in path and path[:1] != "~":
        return quoted(path)
    word = ""
    tilde = re.match(_TILDE, path)
    if tilde:
        word, path = tilde.group() if tilde.group(1) else '"$HOME"' + tilde.group(2), path[tilde.end() :]
    for position, part in enumerate(re.split(_VARIABLE, path)):
        if position % 2 == 0:
            word += quoted(part) if part else ""
        elif part == "$":
            word += "'$'"
        elif part == "TASK_ID":
            word += '"$SGE_TASK_ID"' if is_array else "0"
        else:
            word += f'"${part}"'
    return word


def is_plain_name(name: str) -> bool:
    """Whether a shell passes a variable of this name on, and lets it be set, like any other."""
    return re.fullmatch(_IDENTIFIER, name) is not None and re.fullmatch(_SHELLS_OWN, name) is None


def _environment(task: ScriptTask) -> list[str]:
    """The words that set the variables and end with the ``exec`` of the command."""
    if not task.variables:
        return ["exec"]
    plain, others, kept = [], [], []
    for name, value in task.variables.items():
        if not is_plain_name(name):
            others.append(quoted(f"{name}={value}"))
        elif name.startswith("SGE_"):  # Grid Engine's own comes first
            kept.append(f'test "${{{name}+x}}" || {name}={quoted(value)};')
            plain.append(name)
        elif name == "PATH":
            plain += (
                [f'PATH="${{PATH%%:*}}":{quoted(value)}'] if value else []
            )  # the job's own directory first
        else:
            plain.append(f"{name}={quoted(value)}")
    export = [*kept, "export", *plain, ";"] if plain else []
    if not others:
        return [*export, "exec"]
    if "=" in task.command:
        raise ValueError(f"{task.command!r} would be taken for a variable")
    return [*export, f"command -v {quoted(task.command)} >/dev/null||exit;", "exec /usr/bin/env --", *others]


def _head(is_array: bool) -> str:
    return _HEAD.replace("SUFFIX", "$JOB_ID.$SGE_TASK_ID" if is_array else "$JOB_ID")
