"""Rules for job names and account strings, in the order in which Grid Engine checks them (real cell)."""

from __future__ import annotations

MAX_LENGTH = 512
_FORBIDDEN = (
    ("\n", "Return"),
    ("\t", "Tab"),
    ("\r", "Carriage return"),
    ("/", "Slash ('/')"),
    (":", "Colon (':')"),
    ("@", "At ('@')"),
    ("\\", "Backslash ('\\')"),
    ("*", "Asterisk ('*')"),
    ("?", "Questionmark ('?')"),
)
_KEYWORDS = ("NONE", "ALL", "TEMPLATE")


def _refuse(text: str, too_long: str) -> str:
    if len(text) > MAX_LENGTH:
        return too_long
    if text.upper() in _KEYWORDS:
        return f'Keyword ("{text.upper()}") not allowed as objectname'
    for letter, name in _FORBIDDEN:
        if letter in text:
            return f"{name} not allowed in objectname"
    return ""


_FORBIDDEN_IN_OBJECTS = (
    *(("\n", "Return"), ("\t", "Tab"), ("\r", "Carriage return"), (" ", "Space (' ')"), ("/", "Slash ('/')")),
    *((":", "Colon (':')"), ("'", "Quote (''')"), ('"', "Double quote ('\"')"), ("\\", "Backslash ('\\')")),
    *(("{", "Braces ('{')"), ("}", "Braces ('}')"), ("|", "Pipe ('|')"), ("(", "Parenthesis ('(')")),
    *((")", "Parenthesis (')')"), ("@", "At ('@')"), ("%", "Percent ('%')"), (",", "Comma (',')")),
)
_FORBIDDEN_BUT_IN_PATTERNS = (("[", "Brackets ('[')"), ("]", "Brackets (']')"))


def refuse_object_name(text: str, pattern: bool = False) -> str:
    """Why a project, checkpointing or parallel environment (a ``pattern``) is refused, "" when it is not."""
    if len(text) > MAX_LENGTH:
        return f"string is longer than {MAX_LENGTH}, this is not allowed for objectnames"
    if text.upper() in _KEYWORDS:
        return f'Keyword ("{text.upper()}") not allowed as objectname'
    for letter, name in ((".", "Dot ('.')"), ("#", "Hash ('#')")):
        if text.startswith(letter):
            return f"{name} not allowed as first character of objectname"
    forbidden = _FORBIDDEN_IN_OBJECTS if pattern else _FORBIDDEN_IN_OBJECTS + _FORBIDDEN_BUT_IN_PATTERNS
    return next((f"{name} not allowed in objectname" for letter, name in forbidden if letter in text), "")


def refuse_account(text: str) -> str:
    """Why an account string (-A) is refused, "" when it is not."""
    return _refuse(text, f"string is longer than {MAX_LENGTH}, this is not allowed for objectnames")


def refuse_job_name(text: str) -> str:
    """Why a job name is refused, "" when it is not. The length limit of names is one lower (really)."""
    if text[:1].isdigit():
        return f'denied: "{text}" is not a valid object name (cannot start with a digit)'
    if len(text) >= MAX_LENGTH:
        return f"job name too long, maximum allowed length is {MAX_LENGTH} characters"
    return _refuse(text, "")


def is_unspoolable(text: str) -> bool:
    """Whether a name breaks the qmaster's answer: blanks, control characters, anything but ASCII.

    ``Error reading answer list from qmaster`` is all that qsub then says (capture ``qsub.name_space``).
    """
    return any(not "!" <= letter <= "~" for letter in text)
