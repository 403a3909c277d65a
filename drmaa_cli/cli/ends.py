"""How a command ends: its exit code, and one line on standard error that says why."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator
from typing import TextIO

import click

from drmaa_cli import cli
from drmaa_cli.cli.parser import PROGRAM
from drmaa_cli.errors import (
    DrmaaException,
    DrmCommunicationException,
    DrmsInitException,
    NoResourceUsageException,
    UnknownSubmissionException,
)

OK = 0
FAILED = 1  # it could not be done, or some jobs failed
BAD_INPUT = 2  # nothing was done: what was asked for makes no sense
UNEXPECTED = 70  # sysexits(3): a defect of drmaa-cli
TIME_OVER = 124  # timeout(1)'s
OWN_FAILURE = 125  # of commands that hand on a job's exit code: as env(1) and timeout(1)
ABORTED = 126  # the job could not start, or was deleted
OF_SIGNAL = 128  # and its number: what a shell makes of one
INTERRUPTED = cli.INTERRUPTED
BROKEN_PIPE = 141  # what a shell makes of SIGPIPE

INCOMPLETE = "drmaa_cli.incomplete"  # in a context's meta
SITE = "drmaa_cli.site"  # the same: the submit host, if it is not this one


class BadInput(click.ClickException):
    """What was asked for makes no sense, and nothing was done."""

    exit_code = BAD_INPUT


class Failure(click.ClickException):
    """It could not be done."""

    exit_code = FAILED


def complain(text: str, code: int = FAILED) -> int:
    """Say in one line on standard error what is wrong; returns the code."""
    _say(f"{PROGRAM}: {one_line(text)}")
    return code


def incomplete(text: str) -> None:
    """Say what is missing from an answer that is given all the same: a command that else ends well fails."""
    complain(text)
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta[INCOMPLETE] = True


def one_line(text: object) -> str:
    """A text of any number of lines as one: Grid Engine's have line ends at odd places."""
    return " ".join(str(text).split())


def of_system(trouble: OSError) -> str:
    """What the operating system refused, and of which file."""
    if trouble.strerror is None:
        return str(trouble)
    if trouble.filename is None:
        return trouble.strerror
    return f"{os.fsdecode(trouble.filename)}: {trouble.strerror}"


def of_drmaa(trouble: DrmaaException | NoResourceUsageException) -> str:
    """What a session says; where Grid Engine is not to be reached, with how to find out why."""
    text = one_line(trouble.text)
    is_away = isinstance(trouble, (DrmCommunicationException, DrmsInitException))
    if not is_away or isinstance(trouble, UnknownSubmissionException) or _is_of_store(trouble.__cause__):
        return text
    context = click.get_current_context(silent=True)
    site = "" if context is None else context.meta.get(SITE, "")
    return f"{text} ('{' '.join([PROGRAM, 'doctor', *([site] if site else [])])}' finds out why)"


def _is_of_store(cause: BaseException | None) -> bool:
    from drmaa_cli.store.places import StoreError  # noqa: PLC0415  # not for --help

    return isinstance(cause, StoreError)


def show_usage(mistake: click.UsageError) -> int:
    """Say how a command is used and what is wrong with how it was; returns the exit code."""
    name = PROGRAM
    if mistake.ctx is not None:
        name = mistake.ctx.command_path
        _say(mistake.ctx.get_usage())
    _say(f"{name}: error: {one_line(_mistake(mistake))}")
    return mistake.exit_code


def _mistake(mistake: click.UsageError) -> str:
    if isinstance(mistake, click.MissingParameter) and isinstance(mistake.param, click.Argument):
        return f"the following arguments are required: {mistake.param.metavar or mistake.param.name}"
    return mistake.format_message()


def show_warning(
    message: Warning | str,
    category: type[Warning],  # noqa: ARG001  # the signature of warnings.showwarning
    filename: str,  # noqa: ARG001
    lineno: int,  # noqa: ARG001
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    """A warning of the library as a line for people."""
    _say(f"{PROGRAM}: warning: {one_line(message)}")


def _say(line: str) -> None:
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:  # nobody is there to read it
        pass


SHOWN = "drmaa_cli.shown"  # how letters are written that an encoding does not have


def _shown(trouble: UnicodeError) -> tuple[str, int]:
    """Letters by their numbers; bytes of the system's that are no letters as such."""
    assert isinstance(trouble, UnicodeEncodeError)
    text = trouble.object[trouble.start : trouble.end]
    shown = re.sub("[\udc80-\udcff]", lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)
    return shown.encode("ascii", "backslashreplace").decode("ascii"), trouble.end


codecs.register_error(SHOWN, _shown)


def prepare_streams() -> None:
    """Let any text be written in any locale, and a stream that was closed before we began be written to."""
    for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        stream = getattr(sys, name)
        if stream is None:
            _fill(number)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
        elif isinstance(stream, io.TextIOWrapper) and mode == "w":
            is_utf8 = stream.encoding.lower().replace("-", "") == "utf8"
            stream.reconfigure(errors="surrogateescape" if is_utf8 else SHOWN)


def _fill(number: int) -> None:
    """Have something open under this number, so that no other file gets it by chance."""
    other = os.open(os.devnull, os.O_RDWR)
    if other != number:
        os.dup2(other, number)
        os.close(other)


@contextlib.contextmanager
def writing(stream: TextIO) -> Iterator[None]:
    """Have what is written to a standard stream be out, and errors name it; nothing is tried again."""
    try:
        yield
        stream.flush()
    except OSError as trouble:
        trouble.filename = "standard output" if stream is sys.stdout else "standard error"
        _let_go(stream)
        raise


def let_go_of_streams() -> None:
    """Write what is left; what cannot be written must not be tried again by Python's end."""
    for stream in (sys.stdout, sys.stderr):
        _let_go(stream)


def _let_go(stream: TextIO) -> None:
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
