"""Why a job could not be started: the messages of its error state, and what to do.

The forms are those of a real 8.1.9 cell and of four other engines (``tests/data/ends``, ``tests/why``,
captures ``state.*``, ``err.*``): the same message stands behind ``error reason`` of ``qstat -j`` and in a
session's record of the end.
"""

from __future__ import annotations

import re

from drmaa_cli.typed import Callable, NamedTuple


class Trouble(NamedTuple):
    """What kept a job from being started.

    Attributes:
        sentence: what, in a few words.
        advice: what is to be made good before it is tried again.
    """

    sentence: str
    advice: str


_MISSING, _FORBIDDEN = "No such file or directory", "Permission denied"
_WHY = {
    _MISSING: "does not exist",
    _FORBIDDEN: "may not be used by the job's owner",
    "Not a directory": "is not a directory",
}


def _why(text: str) -> str:
    """The system's words about a path, as a predicate."""
    return _WHY.get(text.strip(), f"cannot be used ({text.strip()})")


def _directory(found: re.Match[str]) -> Trouble:
    path, why = found["path"], found["why"]
    missing = why.strip() == _MISSING
    advice = (
        f"make {path} on the host, or submit with another directory (-wd)"
        if missing
        else f"let the job's owner enter {path} on the host, or submit with another directory (-wd)"
    )
    return Trouble(f"its working directory {path} {_why(why)}", advice)


def _output(found: re.Match[str]) -> Trouble:
    path = found["path"]
    folder = path.rpartition("/")[0] or "/"
    why = found["why"].strip()
    if why == _MISSING:
        return Trouble(
            f"the directory of its output file {path} does not exist",
            f"make {folder} on the host, or submit with another output path (-o, -e)",
        )
    if why == _FORBIDDEN:
        return Trouble(
            f"its output file {path} may not be written by its owner",
            f"make {path} writable, or submit with another output path (-o, -e)",
        )
    return Trouble(
        f"its output file {path} cannot be written ({why})",
        "submit with another output path (-o, -e), or make room there",
    )


def _input(found: re.Match[str]) -> Trouble:
    path = found["path"]
    return Trouble(
        f"its input file {path} cannot be read",
        f"put {path} on the host, readable for the job's owner, or submit with another one (-i)",
    )


def _input_directory(found: re.Match[str]) -> Trouble:
    return Trouble(f"its input {found['path']} is a directory, and no file", "submit with a file (-i)")


def _program(found: re.Match[str]) -> Trouble:
    path, why = found["path"], found["why"].strip()
    if why == _MISSING:
        return Trouble(
            f"its program {path} does not exist on the host, or the interpreter of its first line does not",
            "submit with the path of a program that is there on every host",
        )
    if why == _FORBIDDEN:
        return Trouble(
            f"its program {path} is not executable", f"chmod +x {path}, or run it by its interpreter"
        )
    if why == "Exec format error":
        return Trouble(
            f"its program {path} is for another machine, or a script whose first line names no shell",
            "begin the script with #!/bin/sh, or submit the program of this architecture",
        )
    return Trouble(f"its program {path} cannot be executed ({why})", "submit with another program")


def _shell(found: re.Match[str]) -> Trouble:
    path = found["path"]
    return Trouble(
        f"its shell {path} does not exist on the host", f"submit with a shell that is there (-S), not {path}"
    )


def _no_user(found: re.Match[str]) -> Trouble:
    user = found["path"]
    return Trouble(
        f"the host knows no user {user}", "have the administrator make the account known on the host"
    )


APPLICATION = Trouble(
    "it exited with 100, by which a job says that it must not be tried again",
    "read its output for what it complained of",
)


def _application(_: re.Match[str]) -> Trouble:
    return APPLICATION


def _procedure(found: re.Match[str]) -> Trouble:
    what = found["path"]
    return Trouble(
        f"the {what} of its queue or parallel environment exited with {found['why']}",
        f"have the administrator look at the {what}",
    )


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Trouble]], ...] = tuple(
    (re.compile(form), make)
    for form, make in (
        (r"can't chdir to (?P<path>.+?): (?P<why>[^:\n]+)", _directory),
        (r'can\'t open output file "(?P<path>[^"]+)": (?P<why>[^:\n]+)', _output),
        (r'can\'t make directory "(?P<path>[^"]+)" as std\w+_path: (?P<why>[^:\n]+?)(?: KRB5|$)', _output),
        (r'can\'t stat\(\) "(?P<path>[^"]+)" as std\w+_path: (?P<why>[^:\n]+?)(?: KRB5|$)', _output),
        (r"can't open (?P<path>.+?) as dummy input file", _input),
        (r'"(?P<path>[^"]+)" is a directory not a file', _input_directory),
        (r'execv\w*\((?P<path>.+?), ".*\) failed: (?P<why>[^:\n]+)', _program),
        (r'unable to find shell "(?P<path>[^"]+)"', _shell),
        (r"can't get password entry for user \"(?P<path>[^\"]+)\"", _no_user),
        (r"exit_status of job start = 100", _application),
        (r"exit_status of (?P<path>prolog|pe_start|pe_stop|epilog) = (?P<why>\d+)", _procedure),
    )
)


def plain(message: str) -> str:
    """A message without the time and the process that a shepherd begins it with."""
    return re.sub(r"^\d+/\d+/\d+ \d+:\d+:\d+ \[\d+:\d+\]: ", "", " ".join(message.split()))


def explain(message: str) -> Trouble | None:
    """What a message says; None for one in no known form."""
    text = " ".join(message.split())
    for form, make in _FORMS:
        found = form.search(text)
        if found is not None:
            return make(found)
    return None
