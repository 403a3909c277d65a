"""The recorded transcripts, and a qmaster that does not answer."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from fake_sge.model.requests import QmasterUnreachable, Unreachable

DATA = Path(__file__).parent.parent / "data"
FOLDERS = {
    "sge-8.1.9": "captures",
    "sge-daimh": "captures-sge-daimh-8.1.x",
    "ocs-9.0": "captures-ocs-9.0.13",
    "ocs-9.1": "captures-ocs-9.1.4",
    "ocs-9.2": "captures-ocs-9.2pre",
}
"""Where the transcripts of each recorded flavour are."""


@cache
def captures(group: str, flavour: str = "sge-8.1.9") -> dict[str, dict[str, Any]]:
    """The transcripts of a file by case; none when the flavour has no such file."""
    path = DATA / FOLDERS[flavour] / f"{group}.jsonl"
    if not path.exists():
        return {}
    found = {item["case"]: item for item in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
    for item in found.values():
        item.setdefault("env", {})
        item.setdefault("notes", "")
    return found


class NoCell:
    """Stands for a qmaster that does not answer."""

    def __init__(
        self, kind: Unreachable = Unreachable.REFUSED, host: str = "localhost", port: str = "6444"
    ) -> None:
        self._error = QmasterUnreachable(kind, host, port)

    def __getattr__(self, name: str) -> Any:
        raise self._error
