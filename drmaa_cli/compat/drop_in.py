"""Session and JobTemplate as programs for drmaa-python know them: what that takes is taken, with a warning.

drmaa_cli's own classes refuse what can hardly be meant: a text as list of arguments, ``joinFiles = "no"``, an
attribute that a template has not. drmaa-python makes something of it, and a program may rely on that.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from drmaa_cli.errors import meant
from drmaa_cli.session import process_session, templates
from drmaa_cli.template.job_template import PYTHON_NAMES

PACKAGE = str(Path(__file__).parents[1])
FALSE_WORDS = ("", "0", "n", "no", "f", "false", "off")


class JobTemplate(templates.JobTemplate):
    """drmaa-python's template.

    Other Python attributes may be set freely and mean nothing; a name close to that of a template's attribute
    gives a warning. So does a text where a list or a flag is meant.

    Args:
        **kwargs: initial attributes by name.
    """

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]  # of any type, as in drmaa-python

    def _unknown(self, name: str) -> None:
        near = meant(name, PYTHON_NAMES)
        if near:
            _warn(f"a job template has no attribute {name!r}, and setting it has no effect{near}")

    def _doubt(self, name: bytes, value: object, expected: str, taken: str) -> None:
        word = value.decode(errors="replace") if isinstance(value, bytes) else value
        if isinstance(word, str) and (taken not in ("True", "False") or word.lower() in FALSE_WORDS[1:]):
            _warn(f"{name.decode()} = {value!r} is taken as {taken}: {expected}")


class Session(process_session.Session):
    """drmaa-python's session: the process-wide one, with drmaa-python's templates."""

    @staticmethod
    def createJobTemplate(**kwargs: object) -> JobTemplate:
        """A new template; NoActiveSessionException without a session."""
        return JobTemplate(**kwargs)


def _warn(text: str) -> None:
    """Warn of the line of the program that this package was called from."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, UserWarning, stacklevel=level)
