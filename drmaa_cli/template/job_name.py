"""Job names that Grid Engine accepts, and the texts with which the qmaster refuses the others.

libdrmaa 8.1.9 passes the qmaster's texts on; qsub has a text of its own for ``/``, and for blanks and bytes
beyond ASCII there is only "Error reading answer list from qmaster", so names are judged here.
"""

from __future__ import annotations

from drmaa_cli.errors import DeniedByDrmException, InternalException, error

LONGEST = 511  # bytes
EMPTY_TEXT = "job rejected cause there is no job_name in the request"
TOO_LONG_TEXT = "job name too long, maximum allowed length is 512 characters"
DIGIT_TEXT = 'denied: "{}" is not a valid object name (cannot start with a digit)'
CHARACTER_TEXT = "{} not allowed in objectname"
KEYWORD_TEXT = 'Keyword ("{}") not allowed as objectname'
UNREADABLE_TEXT = (
    "Error reading answer list from qmaster (the job name {} contains {}: "
    "Grid Engine takes only printable ASCII characters other than the blank)"
)
KEYWORDS = frozenset({"NONE", "ALL", "TEMPLATE"})
CHARACTERS = {
    "\n": "Return",
    "\t": "Tab",
    "\r": "Carriage return",
    "/": "Slash ('/')",
    ":": "Colon (':')",
    "@": "At ('@')",
    "\\": "Backslash ('\\')",
    "*": "Asterisk ('*')",
    "?": "Questionmark ('?')",
}


def check_job_name(name: str) -> None:
    """Refuse what the qmaster would refuse; several faults are judged in its order.

    Raises:
        DeniedByDrmException: code 17 with the qmaster's text.
        InternalException: code 1, a character that the qmaster cannot answer about.
    """
    if not name:
        raise error(DeniedByDrmException, EMPTY_TEXT)
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST:
        raise error(DeniedByDrmException, TOO_LONG_TEXT)
    if name[0] in "0123456789":
        raise error(DeniedByDrmException, DIGIT_TEXT.format(name))
    for character, known_as in CHARACTERS.items():
        if character in name:
            raise error(DeniedByDrmException, CHARACTER_TEXT.format(known_as))
    if name.upper() in KEYWORDS:
        raise error(DeniedByDrmException, KEYWORD_TEXT.format(name.upper()))
    for character in name:
        if not "!" <= character <= "~":
            raise error(InternalException, UNREADABLE_TEXT.format(ascii(name), ascii(character)))
