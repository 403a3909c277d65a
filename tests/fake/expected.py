"""What a transcript says, as the fake is to say it."""

from __future__ import annotations

import re
from typing import Any


def widened(text: str) -> str:
    """The user "ge" stands for a longer name that was replaced after recording: fill up its column."""
    return re.sub(r"(?m)^( *\d+ \d\.\d{5} .*?)ge {9}(?=\S)", r"\1ge           ", text)


def expected(item: dict[str, Any]) -> tuple[int, str, str]:
    """The transcript; the user "ge" stands for a longer name that was replaced after recording."""
    out = item["stdout"]
    if item["argv"][0].endswith("qacct"):
        out = re.sub(r"(?m)^((?:group|owner) +ge) {16}$", r"\1" + " " * 18, out)
    elif item["user"] == "ge":
        out = widened(out)
    return item["exit_code"], out, item["stderr"]
