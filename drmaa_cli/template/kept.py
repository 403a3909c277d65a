"""Templates as they are kept in a session's file, so that what was submitted can be submitted again."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

from drmaa_cli.constants import REMOTE_COMMAND, V_ARGV
from drmaa_cli.gridengine.json_text import dumps
from drmaa_cli.template.attributes import Text
from drmaa_cli.template.submission import Values

SHELLS = ("sh", "bash", "dash", "ksh", "zsh")
FASTEST = 1  # of the levels of zlib: templates that differ a little shrink to a tenth by it


def to_bytes(templates: Sequence[Values]) -> bytes:
    """The templates of one submission: one for all its tasks, or one for each."""
    names = {name: name.decode() for name in {name for values in templates for name in values}}
    plain = [{names[name]: value for name, value in values.items()} for values in templates]
    if len(plain) == 1:
        text = dumps(plain, ",", ":")
    else:
        import json  # noqa: PLC0415  # faster where there are many

        text = json.dumps(plain, separators=(",", ":"))
    return zlib.compress(text.encode(), FASTEST)


def of_bytes(data: bytes) -> list[dict[bytes, Text]]:
    """What :func:`to_bytes` wrote.

    Raises:
        ValueError: it did not.
    """
    import json  # noqa: PLC0415  # not for those who submit

    try:
        found = json.loads(zlib.decompress(data))
    except zlib.error as err:
        raise ValueError(f"not templates: {err}") from err
    if not isinstance(found, list) or not all(isinstance(values, dict) for values in found):
        raise ValueError("not templates")
    return [{name.encode(): _text(value) for name, value in values.items()} for values in found]


def command_line(values: Mapping[bytes, Text]) -> str:
    """What a template runs, as a line for a shell; the line itself, if it is one for a shell already."""
    arguments = values.get(V_ARGV, ())
    more = (arguments,) if isinstance(arguments, str) else arguments
    words = [str(values.get(REMOTE_COMMAND, "")), *map(str, more)]
    if len(words) == 3 and words[1] == "-c" and words[0].rpartition("/")[2] in SHELLS:
        return words[2]
    import shlex  # noqa: PLC0415  # loaded when it is needed

    return shlex.join(words)


def _text(value: object) -> Text:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError(f"not a value of a template: {value!r}")
