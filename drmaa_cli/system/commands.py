"""Where Grid Engine's commands are, and the environment they run in.

Debian's /usr/bin/q* are one shell wrapper that fills in SGE_ROOT and SGE_CELL and costs 60 ms a call, most of
a command's time. Where exactly that wrapper is met, its work is done here once and the binary behind it is
called; any other wrapper is the site's own wish and is called as it is.

Where SGE_ROOT is not set and no wrapper sets it, the cell's ``settings.sh`` beside the binary says it, or
else ``/etc/default/gridengine``: a program that a daemon or cron starts has sourced neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from drmaa_cli.system.files import Files, LocalFiles
from drmaa_cli.system.runner import CommandNotFound
from drmaa_cli.typed import NamedTuple

# Variables that change what the tools print or how they start (captures env.SGE_LONG_*, dialect of 8.1.9).
_DISTURBING = frozenset(("SGE_DEBUG_LEVEL", "SGE_ND", "LANGUAGE", "LANG", "TZ"))
_DISTURBING_BEGINNINGS = ("SGE_LONG_", "LC_")

_WRAPPER_MARK = "SGE Wrapper script"
_WRAPPER_LINES = (  # its last one, its defaults, and where its configuration is; what they set is one word
    ("exec ", '/${PROG} "$@"'),
    ("DEFAULT_SGE_ROOT=", ""),
    ("DEFAULT_SGE_CELL=", ""),
    ("CONFIG_PATH=", ""),
)
_PLAIN = str.maketrans("_./-", "aaaa")
_ARCHITECTURE = "SGE_ARCH="  # decides nothing once the binary is found
HEAD_BYTES = 4096
LOCAL_FILES = LocalFiles()
SITE_FILE = "/etc/default/gridengine"
# Lines of settings.sh, as util/create_settings.sh of 8.1.9 writes them: NAME=value; export NAME
_EXPORT = (
    r"""(?m)^(SGE_(?:ROOT|CELL|CLUSTER_NAME|QMASTER_PORT|EXECD_PORT))=(["']?)([\w./-]+)\2 *; *export \1\b"""
)


class Tool(NamedTuple):
    """An executable, and the variables that must be set for it if the caller has not set them."""

    path: str
    defaults: Mapping[str, str]


def find_tool(name: str, env: Mapping[str, str], files: Files = LOCAL_FILES) -> Tool:
    """Find a Grid Engine command on PATH, or where SGE_ROOT says.

    Debian's wrapper runs the machine's own commands whatever SGE_ROOT says: where that has commands of its
    own below it, they are meant.

    Args:
        name: the command.
        env: the environment in which it will run.
        files: those of the host on which it will run.

    Raises:
        CommandNotFound: it is nowhere; the text says where was looked.
    """
    path = files.which(name, env.get("PATH", "")) or _below_root(name, env, files)
    site: Mapping[str, str] = {}
    if not env.get("SGE_ROOT") and (path is None or not _script(path, files)):
        site = _of_site(path, env, files)
        path = path or _below_root(name, {**site, **env}, files)
    if path is None:
        where = "PATH" + (
            f" or {env['SGE_ROOT']}/bin" if env.get("SGE_ROOT") else ", and SGE_ROOT is not set"
        )
        raise CommandNotFound(name, f"not found on {where}; is this a Grid Engine submit host?")
    behind = _behind_wrapper(name, path, files)
    if behind is None:
        return Tool(path, site)
    return Tool(_below_root(name, env, files) or behind.path, behind.defaults)


def quiet_environment(env: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """The environment for commands whose output is parsed: C locale, UTC, nothing that alters it."""
    given = {
        name: value
        for name, value in env.items()
        if name not in _DISTURBING and not name.startswith(_DISTURBING_BEGINNINGS)
    }
    return {**with_defaults(given, defaults), "LC_ALL": "C", "TZ": "UTC"}


def with_defaults(env: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """An environment in which missing and empty variables have their defaults, as the wrapper does it."""
    return {**env, **{name: value for name, value in defaults.items() if not env.get(name)}}


def _of_site(path: str | None, env: Mapping[str, str], files: Files) -> Mapping[str, str]:
    """SGE_ROOT and its relatives from the cell's settings.sh, else from the system's file; empty if neither.

    Args:
        path: a Grid Engine binary, which may be that of the cell: ROOT/bin/ARCHITECTURE/NAME.
        env: SGE_CELL of it counts.
        files: where to look.
    """
    words = "" if path is None else files.resolve(path)
    *root, folder, _, _ = ("", "", "", *words.split("/"))
    if len(root) > 4 and folder == "bin":
        place = "/".join(root[3:])
        found = files.expand(f"{place}/{env.get('SGE_CELL') or '*'}/common/settings.sh")
        cells = {settings.split("/")[-3]: settings for settings in found}
        chosen = "default" if "default" in cells else next(iter(cells), "")
        if len(cells) == 1 or chosen == "default":
            exports = {key: value for key, _, value in re.findall(_EXPORT, _text(cells[chosen], files))}
            if "SGE_ROOT" in exports:
                return {"SGE_CELL": chosen, **exports}
    settings = _settings(_text(SITE_FILE, files)) or {}
    return settings if "SGE_ROOT" in settings else {}


def _below_root(name: str, env: Mapping[str, str], files: Files) -> str | None:
    root = env.get("SGE_ROOT")
    if not root:
        return None
    if env.get("SGE_ARCH") and (found := files.which(f"{root}/bin/{env['SGE_ARCH']}/{name}", "")):
        return found
    candidates = files.expand(f"{root}/bin/*/{name}")
    return next((found for found in (files.which(path, "") for path in candidates) if found), None)


def _behind_wrapper(name: str, path: str, files: Files) -> Tool | None:
    text = _script(path, files)
    if _WRAPPER_MARK not in text:
        return None
    target, root, cell, config = (_word(text, *line) for line in _WRAPPER_LINES)
    if not (target and root.startswith("/") and cell.replace("_", "a").isalnum()):
        return None
    binary = files.which(name, target)
    if binary is None:
        return None
    defaults = {"SGE_ROOT": root, "SGE_CELL": cell}
    settings = _settings(_text(config, files)) if config.startswith("/") else {}
    if settings is None:
        return None
    return Tool(binary, {**defaults, **settings})


def _word(text: str, before: str, after: str) -> str:
    """The word between two texts, where they are a whole line; '' when there is none."""
    lines = (line for line in text.split("\n") if line.startswith(before) and line.endswith(after))
    words = (line[len(before) : len(line) - len(after)] for line in lines)
    return next((word for word in words if word and not any(map(str.isspace, word))), "")


def _settings(text: str) -> dict[str, str] | None:
    """What the wrapper's configuration sets; None when it takes a shell to tell."""
    found = {}
    for line in text.splitlines():
        assignment = _assignment(line)
        if assignment is None:
            if (
                line.strip()
                and not line.lstrip().startswith("#")
                and not line.lstrip().startswith(_ARCHITECTURE)
            ):
                return None
        elif assignment[0] in ("SGE_ROOT", "SGE_CELL") and assignment[1]:
            found[assignment[0]] = assignment[1]
    return found


def _assignment(line: str) -> tuple[str, str] | None:
    """What of the wrapper's configuration needs no shell: the assignment of a plain word."""
    name, equals, value = line.strip().partition("=")
    if value[:1] in ("'", '"'):
        if len(value) < 2 or value[-1] != value[0]:
            return None
        value = value[1:-1]
    is_plain = name.replace("_", "a").isalnum() and f"a{value}".translate(_PLAIN).isalnum()
    return (name, value) if equals and is_plain else None


def _script(path: str, files: Files) -> str:
    text = _text(path, files)
    return text if text.startswith("#!") else ""


def _text(path: str, files: Files) -> str:
    """The head of a file; '' when it cannot be read: then it is no file that we know."""
    try:
        return files.read_file(path, HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
