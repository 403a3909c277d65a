"""The files that hold options beside the command line: qtask, sge_request, and what ``-@`` names."""

from __future__ import annotations

from drmaa_cli.gridengine.qstat_defaults import DefaultFilter, filters, undoing
from drmaa_cli.gridengine.qtask import parse_default_options, parse_qtask
from drmaa_cli.gridengine.replies import CommandFailed
from drmaa_cli.system.files import Files

USER_QTASK = ".qtask"
DEFAULT_OPTIONS = "sge_request"
QSTAT_OPTIONS = "sge_qstat"
FILTERED_TEXT = (
    "{}, line {}: qstat's default option {} takes jobs out of every listing, and no option of its command"
    " line takes it back: take it out of the file"
)


class OptionFiles:
    """The option files of a user of a cell.

    Args:
        files: those of the submit host.
        common: ``$SGE_ROOT/$SGE_CELL/common`` there.
        home: home directory in the password database (qsub does not ask ``$HOME``: observed).
    """

    def __init__(self, files: Files, common: str, home: str) -> None:
        self._files, self._common, self._home = files, common, home

    def categories(self) -> dict[str, list[str]]:
        """The job categories that the user has.

        Raises:
            OSError: a file is there and cannot be read.
        """
        paths = f"{self._common}/qtask", f"{self._home}/{USER_QTASK}"
        self._files.foresee(paths)
        return parse_qtask(*map(self._text, paths))

    def default_options(self, directory: str) -> frozenset[str]:
        """What the three sge_request files set (sge_request(5)).

        See :func:`drmaa_cli.gridengine.qtask.parse_default_options`.

        Args:
            directory: the directory in which qsub will run.

        Raises:
            OSError: a file is there and cannot be read.
        """
        paths = (
            f"{self._common}/{DEFAULT_OPTIONS}",
            *(f"{at}/.{DEFAULT_OPTIONS}" for at in (self._home, directory)),
        )
        self._files.foresee(paths)
        return parse_default_options(map(self._text, paths), self.included)

    def listing_options(self) -> list[str]:
        """The options of qstat that take back what the two sge_qstat files leave out of every listing.

        Raises:
            CommandFailed: nothing takes it back.
            OSError: a file is there and cannot be read.
        """
        found: list[DefaultFilter] = []
        paths = f"{self._common}/{QSTAT_OPTIONS}", f"{self._home}/.{QSTAT_OPTIONS}"
        of_qsub = f"{self._common}/{DEFAULT_OPTIONS}", f"{self._home}/.{DEFAULT_OPTIONS}"
        self._files.foresee((*paths, *of_qsub))
        for path in paths:
            of_file = filters(self._text(path))
            for line, option, undone_by in of_file:
                if not undone_by:
                    raise CommandFailed(FILTERED_TEXT.format(path, line, option))
            found += of_file
        return undoing(found)

    def included(self, path: str) -> str | None:
        """The text of a file named by ``-@``; None when it cannot be read: libdrmaa says nothing then."""
        try:
            return self._files.read_file(path).decode("utf-8", "surrogateescape")
        except (OSError, ValueError):
            return None

    def _text(self, path: str) -> str:
        try:
            return self._files.read_file(path).decode("utf-8", "surrogateescape")
        except (FileNotFoundError, NotADirectoryError):
            return ""
