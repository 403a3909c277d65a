"""Where the output of a job will go, by the attributes of its template and the options below them."""

from __future__ import annotations

from collections.abc import Sequence

from drmaa_cli import constants as c
from drmaa_cli.gridengine.native import YES, Native
from drmaa_cli.gridengine.output_files import OutputFiles
from drmaa_cli.template.qsub_command import QsubCommand
from drmaa_cli.template.script_plan import JobPlace
from drmaa_cli.typed import Callable


def output_files(qsub: QsubCommand, place: JobPlace) -> OutputFiles:
    """The files of a job's output before Grid Engine's variables in them are replaced.

    Args:
        qsub: what the job is submitted with.
        place: its directory, and those of its paths that are attributes.
    """
    return at_place(without_place(qsub), place)


def without_place(qsub: QsubCommand) -> OutputFiles:
    """The same of a job whose directory and paths are no attributes: the options decide."""

    def given(option: str) -> tuple[str, ...]:
        value = _option(qsub, option)
        return () if value is None else tuple(value.split(","))

    joined = qsub.value(c.JOIN_FILES) or _option(qsub, "-j") or "n"
    return OutputFiles(
        _directory(qsub),
        given("-o"),
        given("-e"),
        joined.lower() in YES,
        qsub.environment.home,
        qsub.environment.user,
    )


def at_place(files: OutputFiles, place: JobPlace) -> OutputFiles:
    """What becomes of :func:`without_place` in a place."""

    def given(attribute: bytes, otherwise: tuple[str, ...]) -> tuple[str, ...]:
        path = place.paths.get(attribute)
        if path is None:
            return otherwise
        # the directory itself: of a task, the only way to have its output there
        return (f":{path}/" if path == place.directory else f":{path}",)

    return files._replace(
        directory=place.directory or files.directory,
        output=given(c.OUTPUT_PATH, files.output),
        error=given(c.ERROR_PATH, files.error),
    )


def of_tasks(files: Sequence[OutputFiles]) -> tuple[OutputFiles, ...]:
    """The files of an array's tasks, once if all have the same."""
    same = all(each == files[0] for each in files)
    return (files[0],) if same else tuple(files)


def _directory(qsub: QsubCommand) -> str:
    """The directory that options choose: the last of ``-wd`` and ``-cwd``, else the home directory."""
    for options in _given(qsub):
        for name, arguments in reversed(options.options):
            if name in ("-wd", "-cwd"):
                return arguments[-1] if arguments else qsub.environment.cwd
    if not any(options.cleared for options in _given(qsub)):
        value = qsub.default("-wd")
        if value is not None:
            return value
        if "-cwd" in qsub.environment.default_options:
            return qsub.environment.cwd
    return qsub.environment.home


def _option(qsub: QsubCommand, name: str) -> str | None:
    """The value of an option, of the command line, the script or the default files; None when not given."""
    asked: list[Callable[[str], str | None]] = [options.last for options in _given(qsub)]
    if not any(options.cleared for options in _given(qsub)):
        asked.append(qsub.default)
    return next((value for value in (ask(name) for ask in asked) if value is not None), None)


def _given(qsub: QsubCommand) -> tuple[Native, ...]:
    """The options of the command line and of the script: of that none after a ``-clear`` of the former."""
    return (qsub.options,) if qsub.options.cleared else (qsub.options, qsub.embedded)
