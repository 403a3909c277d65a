"""Answers of a site without what tells who and where: pure.

What is read out of an answer is kept, with its names replaced by words that are the same everywhere (``u1``,
``h1``, ``q1.q``, ``/p1``); of everything else no more than its form is left.
"""

from __future__ import annotations

import re

from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from drmaa_cli.system.host import Host

_KEPT_SETTINGS = re.compile(
    r"#.*|reporting_params|max_(?:aj_tasks|aj_instances|u_jobs|jobs)|gdi_request_limits|enforce_(?:user|project)"
)
_KEPT_ELEMENTS = re.compile(
    r"JB_(?:job_number|submission_time|owner)|JAT_(?:prio|start_time|submission_time)"
    r"|state|slots|tasks|queue_name"
)
_USAGE = re.compile(r"^.*\n?usage: .*\n", re.MULTILINE)
_ELEMENT = re.compile(r"<([A-Za-z]\w*)([^<>]*)>([^<]*)</\1>")
_OPTION = re.compile(r"^\s*(\[-[^\]\n]*\])", re.MULTILINE)
_SETTING = re.compile(r"^(\S+)( +)(\S.*)$", re.MULTILINE)
_CONTINUED = re.compile(r"\\\n *")
_AT = re.compile(r"(?<![\w.@-])([\w.+-]+)@([\w.-]+)")
_PATH = re.compile(r"(?<![\w./<:-])/(?:[\w.+@%-]+/)*[\w.+@%-]*[\w+@%-]")
_NAMED = re.compile(
    r"\b(queue|PE|environment|project|userset|department|user|attribute|resource) \"([\w.@*-]+)\"",
    re.IGNORECASE,
)
_KINDS = {"queue": "q", "pe": "pe", "environment": "pe", "user": "u"}
_NUMERIC = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{1,4}\b")
_WHOSE_HOST = re.compile(r"\bhost \"([\w.-]+)\"")
_PUBLIC = frozenset(("localhost", "NONE", "none", "/bin/true", "/dev/null", "/bin/sleep"))
_SHORTEST = 2  # a shorter name stands in too many words


def scrub(result: CommandResult) -> CommandResult:
    """A command's answer without what nobody reads out of it."""
    return result._replace(stdout=_scrubbed(result.argv, result.out).encode())


def _scrubbed(argv: tuple[str, ...], text: str) -> str:
    if usage := _USAGE.search(text):
        options = "".join(f"   {option}\n" for option in _OPTION.findall(text[usage.end() :]))
        return usage[0] + options
    if argv[:2] == ("qconf", "-sconf"):
        return _SETTING.sub(_setting, _CONTINUED.sub(" ", text))
    if "-xml" in argv:
        return _ELEMENT.sub(_element, text)
    return text


def _setting(found: re.Match[str]) -> str:
    return found[0] if _KEPT_SETTINGS.fullmatch(found[1]) else f"{found[1]}{found[2]}x"


def _element(found: re.Match[str]) -> str:
    if _KEPT_ELEMENTS.fullmatch(found[1]) or not found[3].strip():
        return found[0]
    return f"<{found[1]}{found[2]}>x</{found[1]}>"


class Anonymous:
    """Replaces names, each always by the same word."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self.user = ""

    def know(self, host: Host, common: str) -> None:
        """Who and where we are."""
        self.user = self.add("u", host.user)
        self.add("h", host.name)
        self.add("h", host.name.partition(".")[0])
        cell = common.rpartition("/")[0]
        for path in (host.home, cell, cell.rpartition("/")[0]):
            self.add("/p", path)

    def add(self, kind: str, name: str) -> str:
        """The word for a name of a kind."""
        name = name.strip()
        if len(name) < _SHORTEST or name in _PUBLIC or name in self._words.values():
            return name
        if name not in self._words:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._words[name] = f"{kind}{self._counts[kind]}"
        return self._words[name]

    def learn(self, result: CommandResult) -> None:
        """The names that an answer has."""
        text = f"{result.out}\n{result.err}"
        if result.argv[:1] == ("qselect",) or "-xml" in result.argv:
            for queue, host in _AT.findall(text):
                self.add("q", queue)
                self.add("h", host)
        if result.argv[:2] == ("qconf", "-spl"):
            for name in result.out.split():
                self.add("pe", name)
        for name in re.findall(r"<JB_owner>([^<]*)<", text):
            self.add("u", name)
        for owner, host in _AT.findall(text):
            self.add("u", owner)
            self.add("h", host)
        for what, name in _NAMED.findall(text):
            self.add(_KINDS.get(what.lower(), "name"), name.partition("@")[0])
        for host in _WHOSE_HOST.findall(text):
            self.add("h", host)
        for number in _NUMERIC.findall(text):
            self.add("a", number)
        for path in _PATH.findall(text):
            self.add("/p", path)

    def apply(self, text: str) -> str:
        """The text with every name replaced, the longest first."""
        for name in sorted(self._words, key=len, reverse=True):
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", self._words[name], text)
        return text
