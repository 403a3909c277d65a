"""The files of a job's standard output and error: from what qsub was told to what the job got.

Grid Engine replaces ``$HOME``, ``$USER``, ``$JOB_ID``, ``$JOB_NAME``, ``$HOSTNAME`` and ``$TASK_ID`` where
the job runs (qsub(1), ``-o``), so the paths are known when its accounting record tells host and name.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from drmaa_cli.gridengine.json_text import dumps
from drmaa_cli.typed import Callable, NamedTuple

__all__ = ["OutputFiles", "of_text", "to_text"]

# `$$` becomes `$`, whatever else begins with `$` stays as it is (observed).
_VARIABLE = r"\$(\$|HOME|USER|JOB_ID|JOB_NAME|HOSTNAME|TASK_ID)"
TILDE = "~/"


class OutputFiles(NamedTuple):
    """Where the output of a job, or of one task, goes: as it was submitted.

    Attributes:
        directory: where the job is started; a relative path is relative to it.
        output: ``[[HOST]:]PATH`` of standard output, as ``-o`` takes them; empty for Grid Engine's default.
        error: the same of standard error.
        joined: whether standard error goes where standard output goes.
        home: the user's home directory.
        user: the user's name.
    """

    directory: str
    output: tuple[str, ...] = ()
    error: tuple[str, ...] = ()
    joined: bool = False
    home: str = ""
    user: str = ""

    def paths(self, job: int, task: int | None, name: str, host: str) -> tuple[str, str]:
        """The paths of standard output and standard error on the host where the job ran.

        A path that ends with ``/``, and ``.``, is a directory: the file in it has Grid Engine's usual name.
        Of other paths that are directories nothing here can know: see :meth:`with_directories`.

        Args:
            job: job number.
            task: task number, None for a job that is no array.
            name: job name.
            host: the host's name; '' when it is not known, then ``$HOSTNAME`` stays as it is.
        """
        values = {
            "$": "$",
            "HOME": self.home,
            "USER": self.user,
            "JOB_ID": str(job),
            "JOB_NAME": name,
            "HOSTNAME": host or "$HOSTNAME",
            "TASK_ID": str(task or 0),
        }
        number = str(job) if task is None else f"{job}.{task}"
        output = self._path(self.output, values, f"{name}.o{number}", host)
        if self.joined:
            return output, output
        return output, self._path(self.error, values, f"{name}.e{number}", host)

    def with_directories(self, is_directory: Callable[[str], bool]) -> OutputFiles:
        """The same with ``/`` behind each path that is a directory, as :meth:`paths` takes them.

        Args:
            is_directory: of a path without variables of the job, which nobody can know yet.
        """
        values = {name: f"${name}" for name in ("JOB_ID", "JOB_NAME", "HOSTNAME", "TASK_ID")}
        values.update({"$": "$", "HOME": self.home, "USER": self.user})
        directory = _expanded(self.directory, values)

        def seen(given: str) -> str:
            path = _expanded(given.rpartition(":")[2], values)
            known = path and not path.endswith("/") and "$" not in path
            return f"{given}/" if known and is_directory(posixpath.join(directory, path)) else given

        return self._replace(output=tuple(map(seen, self.output)), error=tuple(map(seen, self.error)))

    def _path(self, given: Sequence[str], values: Mapping[str, str], usual: str, host: str) -> str:
        directory = _expanded(self.directory, values)
        path = _expanded(_of_host(given, host), values)
        while path.startswith("./"):
            path = path[2:]
        if path in ("", "."):
            return posixpath.join(directory, usual)
        path = posixpath.join(directory, path)
        return posixpath.join(path, usual) if path.endswith("/") else path


_written: list[tuple[str, tuple[OutputFiles, ...]]] = [("", ())]  # what to_text() made last, and of what


def to_text(files: Sequence[OutputFiles]) -> str:
    """The files of a job (one for all its tasks, or one for each) as one line of text."""
    text = dumps([list(each) for each in files])
    _written[0] = (text, tuple(files))
    return text


def of_text(text: str) -> tuple[OutputFiles, ...]:
    """What :func:`to_text` wrote.

    Raises:
        ValueError: it did not.
    """
    last, files = _written[0]
    if text == last:  # a session reads what it has written, and json takes long to be loaded
        return files
    import json  # noqa: PLC0415  # loaded when it is needed

    return tuple(_of_value(value) for value in _list(json.loads(text)))


def _of_value(value: object) -> OutputFiles:
    fields = _list(value)
    if len(fields) != len(OutputFiles._fields):
        raise ValueError(f"not the files of a job: {value!r}")
    directory, output, error, joined, home, user = fields
    words = [directory, home, user, *_list(output), *_list(error)]
    if not isinstance(joined, bool) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"not the files of a job: {value!r}")
    return OutputFiles(
        str(directory),
        tuple(map(str, _list(output))),
        tuple(map(str, _list(error))),
        joined,
        str(home),
        str(user),
    )


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"not the files of a job: {value!r}")
    return value


def _of_host(given: Sequence[str], host: str) -> str:
    """The path of a host among ``[[HOST]:]PATH``; '' for none."""
    paths = {at: path for at, colon, path in (word.rpartition(":") for word in reversed(given))}
    short = host.partition(".")[0]
    return paths.get(host, paths.get(short, paths.get("", "")))


def _expanded(path: str, values: Mapping[str, str]) -> str:
    if path == "~" or path.startswith(TILDE):
        path = "$HOME" + path[1:]
    if "$" not in path:
        return path
    return re.sub(_VARIABLE, lambda found: values[found.group(1)], path)
