"""The administrator's side of a recorded cell, read from its qconf transcripts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from fake_sge.model import ClusterQueue, ComplexEntry, Host, ParallelEnvironment

Case = dict[str, Any]
NAME_LISTS = {
    "-sm": "managers",
    "-so": "operators",
    "-sh": "admin_hosts",
    "-ss": "submit_hosts",
    "-suserl": "users",
}


def key_values(text: str) -> dict[str, str]:
    """``qconf`` objects: a word and the rest of the line; continued lines are joined."""
    joined = re.sub(r" *\\\n +", lambda found: "" if text[found.start() - 1] == "," else " ", text)
    pairs = (line.split(None, 1) for line in joined.splitlines() if line and not line.startswith("#"))
    return {pair[0]: pair[1].rstrip() if len(pair) > 1 else "" for pair in pairs}


def complexes(text: str) -> list[ComplexEntry]:
    """``qconf -sc``."""
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return [ComplexEntry(*row[:8]) for row in rows]


class Configuration:
    """Applies what successful qconf transcripts say to a cell."""

    def __init__(self, cell: Any) -> None:
        self.cell = cell
        self.config = cell.config

    def apply(self, items: Iterable[Case]) -> None:
        for item in items:
            argv, text = item["argv"], item["stdout"]
            if not argv[0].endswith("qconf") or item["exit_code"] or item["env"].get("TZ"):
                continue
            method = getattr(self, argv[1][1:], None)
            if argv[1] in NAME_LISTS:
                getattr(self.config, NAME_LISTS[argv[1]])[:] = text.split()
            elif method is not None:
                method(text, argv[2:])

    def sconf(self, text: str, _words: list[str]) -> None:
        self.config.global_config = key_values(text)

    def ssconf(self, text: str, _words: list[str]) -> None:
        self.config.scheduler = key_values(text)

    def sc(self, text: str, _words: list[str]) -> None:
        self.config.complexes = complexes(text)

    def sql(self, text: str, _words: list[str]) -> None:
        known = self.config.queues
        template = next(iter(known.values())).attributes if known else self.cell.template
        for name in text.split():
            if name not in known:
                known[name] = ClusterQueue(name, {**template, "qname": name})

    def sq(self, text: str, words: list[str]) -> None:
        if "@" in words[0]:
            return
        rows = key_values(text)
        queue = self.config.queues.setdefault(rows["qname"], ClusterQueue(rows["qname"], rows))
        queue.attributes = rows

    def spl(self, text: str, _words: list[str]) -> None:
        for name in text.split():
            self.config.parallel_environments.setdefault(name, ParallelEnvironment(name, {"pe_name": name}))

    def sprjl(self, text: str, _words: list[str]) -> None:
        self.config.projects[:] = text.split()

    def sp(self, text: str, words: list[str]) -> None:
        self.config.parallel_environments[words[0]] = ParallelEnvironment(words[0], key_values(text))

    def sul(self, text: str, _words: list[str]) -> None:
        for name in text.split():
            self.config.usersets.setdefault(name, {})

    def su(self, text: str, _words: list[str]) -> None:
        for block in text.split("\n\n"):
            rows = key_values(block)
            if rows:
                self.config.usersets[rows.pop("name")] = rows

    def sel(self, text: str, _words: list[str]) -> None:
        for name in text.split():
            self.config.hosts.setdefault(name, Host(name))

    def se(self, text: str, words: list[str]) -> None:
        rows = key_values(text)
        if words[0] == "global":
            return
        values = "" if rows["load_values"] == "NONE" else rows.pop("load_values")
        loads = dict(word.partition("=")[::2] for word in values.replace(" ", "").split(",") if word)
        self.config.hosts[words[0]] = Host(words[0], loads, rows)

    def secl(self, text: str, _words: list[str]) -> None:
        self.cell.clients[:] = [
            (int(words[0]), words[1], words[2]) for words in map(str.split, text.splitlines()[2:])
        ]
