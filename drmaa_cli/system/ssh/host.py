"""A submit host over ssh, as :mod:`drmaa_cli.system.host` describes one."""

from __future__ import annotations

import os
import posixpath
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from time import struct_time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drmaa_cli.errors import DrmsInitException, error
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system.commands import HEAD_BYTES, find_tool, with_defaults
from drmaa_cli.system.log import log
from drmaa_cli.system.runner import AnswerFiles, Command, CommandNotFound, CommandTimeout, HostUnreachable
from drmaa_cli.system.ssh import transfer
from drmaa_cli.system.ssh.remote_log import RemoteLog
from drmaa_cli.system.ssh.remote_processes import IS_RUNNING
from drmaa_cli.system.ssh.remote_shell import quote, tidy_line
from drmaa_cli.system.ssh.runner import SshRunner
from drmaa_cli.system.transfer import Progress
from drmaa_cli.typed import NamedTuple

SHELL = "/bin/sh"
COMMAND_SECONDS = 60.0
KEPT_DAYS = 90  # for which what became of a submission is kept at least
DAY = 86400.0
FRESH_SECONDS = 30.0  # for so long a file that was read is not read again
_NONE, _FOLDER, _FORBIDDEN = 44, 45, 46
_ERRORS = {_NONE: FileNotFoundError, _FOLDER: IsADirectoryError, _FORBIDDEN: PermissionError}

_READABLE = f'[ -e "$1" ] || exit {_NONE}; [ -d "$1" ] && exit {_FOLDER}; [ -r "$1" ] || exit {_FORBIDDEN};'
_READ = f'{_READABLE} if [ "$2" -lt 0 ]; then cat "$1"; else head -c "$2" "$1"; fi'
# $1 stands, with an exit status, behind each of the files that follow it.
_READ_ALL = (
    f'mark=$1; shift; for file; do if [ ! -e "$file" ]; then code={_NONE}; elif [ -d "$file" ]; then'
    f' code={_FOLDER}; elif [ ! -r "$file" ]; then code={_FORBIDDEN}; elif [ -f "$file" ]; then cat "$file";'
    ' code=$?; else code=1; fi; printf \'\\n%s %s\\n\' "$mark" "$code"; done'
)
_READ_END = f'{_READABLE} tail -c "$2" "$1"'
_WHICH = (
    'case $1 in */*) [ -f "$1" ] && [ -x "$1" ] && printf %s "$1"; exit;; esac; IFS=:; set -f;'
    " for folder in $2; do file=$folder/$1;"
    ' [ -f "$file" ] && [ -x "$file" ] && { printf %s "$file"; exit; }; done'
)
_EXPAND = 'IFS=; for path in $1; do [ -e "$path" ] && printf "%s\\0" "$path"; done'
# $1 is the setup. Prints the variables before and after it, an empty item after each, then who and where.
_DISCOVER = (
    "setup=$1; shift; command -p cat /proc/self/environ; printf '\\0';"
    ' eval "$setup" </dev/null >/dev/null; set +eu;'
    " command -p cat /proc/self/environ; printf '\\0';"
    ' home=$(command -p getent passwd "$(command -p id -u)" 2>/dev/null | command -p cut -d: -f6);'
    ' printf \'%s\\0\' "$(command -p id -un)" "$(command -p uname -n)" "${home:-$(cd && pwd)}" "$(pwd)"'
    ' "$(command -p date +%z)" "${TZ:-$(command -p readlink /etc/localtime || command -p cat /etc/timezone)}"'
    ' "$(command -v qsub)"'
)
# Where a site may have put the setup of Grid Engine, if a login without a terminal has none.
_USUAL_PLACES = (
    "for file in /etc/profile.d/*sge*.sh /etc/profile.d/*gridengine*.sh /etc/profile.d/*[gu]ge*.sh"
    " /opt/*/*/common/settings.sh /usr/share/gridengine/*/common/settings.sh; do"
    ' [ -r "$file" ] && ( . "$file" >/dev/null 2>&1; [ -n "$SGE_ROOT" ] && command -v qsub >/dev/null 2>&1 )'
    ' && printf "%s\\0" "$file"; done'
)
# $1 stands before the variables of a login shell: text on standard input is what all shells take with -l.
_PRINT_VARIABLES = "exec /bin/sh -c 'echo $1; command -p cat /proc/self/environ'"
_LOGIN_SHELL = f'echo "{_PRINT_VARIABLES}" | "${{SHELL:-/bin/sh}}" -l 2>/dev/null'
_OF_A_SHELL = {"_", "PWD", "OLDPWD", "SHLVL"}
QMASTER = "common/act_qmaster"  # of a cell: empty in an installation that nobody has configured
_OWN_PATH = ":/usr/bin:/bin"  # behind the login's, for the texts above


class _About(NamedTuple):
    """What a host says of itself; the paths and names are the user's there."""

    before: Mapping[str, str]
    environ: Mapping[str, str]
    user: str
    name: str
    home: str
    directory: str
    zone: tzinfo
    has_qsub: bool


class SshHost:
    """A submit host.

    Args:
        runner: what runs commands there; it is opened here.
        setup: a shell text that runs before anything else and may set variables; '' for none.
        variables: variables for the commands there, beyond its own.

    Attributes:
        found_by: the setup by which Grid Engine was found; '' where the login's environment had it.

    Raises:
        HostUnreachable, AuthorizationException, DrmsInitException: as
            :meth:`drmaa_cli.system.ssh.runner.SshRunner.open`; the latter also where the setup fails.
    """

    def __init__(self, runner: SshRunner, setup: str, variables: Mapping[str, str]) -> None:
        self.runner = runner
        self._read: dict[tuple[str, int], tuple[float, bytes | OSError]] = {}
        runner.open()
        self.found_by = setup
        about = self._ask(setup or ":")
        self.name = about.name
        if not setup and "SGE_ROOT" not in variables and not self._has_cell(about):
            about = self._with_usual_setup(about)
        self._about = about
        self.environ: Mapping[str, str] = {**about.environ, **variables}
        self.user, self.home = about.user, about.home
        self.directory = about.directory
        runner.know_environment(about.before)

    def localtime(self, instant: float) -> struct_time:
        """See :class:`drmaa_cli.system.host.Host`."""
        return datetime.fromtimestamp(instant, self._about.zone).timetuple()

    def mktime(self, moment: tuple[int, int, int, int, int, int, int, int, int]) -> float:
        """See :class:`drmaa_cli.system.host.Host`."""
        return datetime(*moment[:6], tzinfo=self._about.zone).timestamp()

    def read_file(self, path: str, limit: int = -1) -> bytes:
        """See :class:`drmaa_cli.system.files.Files`; for a while the same file is read once."""
        now = time.monotonic()
        at, found = self._read.get((path, limit), (float("-inf"), b""))
        if now - at > FRESH_SECONDS:
            result = self._run(_READ, path, str(limit))
            found = _found(result.exit_code, result.stdout, path)
            self._read[path, limit] = now, found
        if isinstance(found, OSError):
            raise type(found)(f"{path} on {self.name}")
        return found

    def foresee(self, paths: Sequence[str]) -> None:
        """See :class:`drmaa_cli.system.files.Files`; what is fresh is read again as well: all age alike."""
        now, long_ago = time.monotonic(), (float("-inf"), b"")
        if all(now - self._read.get((path, -1), long_ago)[0] <= FRESH_SECONDS for path in paths):
            return
        mark = secrets.token_hex(16)
        rest = self._run(_READ_ALL, mark, *paths).stdout
        for path in paths:
            text, _, rest = rest.partition(f"\n{mark} ".encode())
            code, _, rest = rest.partition(b"\n")
            if code == b"0" or int(code or 1) in _ERRORS:  # else reading it says why
                self._read[path, -1] = now, _found(int(code), text, path)

    def read_end(self, path: str, size: int) -> bytes:
        """See :class:`drmaa_cli.system.files.Files`."""
        result = self._run(_READ_END, path, str(size))
        kind = _ERRORS.get(result.exit_code)
        if kind is not None:
            raise kind(f"{path} on {self.name}")
        return result.stdout

    def which(self, name: str, path: str) -> str | None:
        """See :class:`drmaa_cli.system.files.Files`."""
        return os.fsdecode(self._run(_WHICH, name, path).stdout) or None

    def expand(self, pattern: str) -> list[str]:
        """See :class:`drmaa_cli.system.files.Files`."""
        return sorted(os.fsdecode(self._run(_EXPAND, pattern).stdout).split("\0")[:-1])

    def resolve(self, path: str) -> str:
        """See :class:`drmaa_cli.system.files.Files`."""
        found = os.fsdecode(self._run('readlink -f -- "$1"', path).stdout)
        return found.rstrip("\n") or path

    def accounting(self, *paths: str) -> RemoteLog:
        """See :class:`drmaa_cli.system.host.Host`."""
        reader = RemoteLog(lambda text: self._run(text).stdout, *paths)
        self.runner.carry(reader)
        return reader

    def kept_answer(self, files: AnswerFiles) -> CommandResult | None:
        """See :class:`drmaa_cli.system.host.Host`."""
        return self.runner.look_up(files)

    @property
    def lent(self) -> Mapping[str, str]:
        """See :class:`drmaa_cli.system.host.Host`."""
        return os.environ

    @property
    def kept_for(self) -> float:
        """See :class:`drmaa_cli.system.host.Host`; clocks may differ."""
        return (KEPT_DAYS - 1) * DAY

    def is_running(self, word: str) -> bool:
        """See :class:`drmaa_cli.system.host.Host`."""
        found = self._run(IS_RUNNING, word)
        if found.exit_code > 1:
            said = found.stderr.decode("utf-8", "replace").strip()
            raise HostUnreachable(f"{self.runner.address} does not tell which processes it runs: {said}")
        return found.exit_code == 0

    def put(self, source: Path, place: str, progress: Progress | None) -> None:
        """See :class:`drmaa_cli.system.host.Host`."""
        transfer.put(self.runner, source, posixpath.join(self.directory, place), progress)

    def get(self, source: str, place: Path, progress: Progress | None) -> None:
        """See :class:`drmaa_cli.system.host.Host`."""
        transfer.get(self.runner, posixpath.join(self.directory, source), place, progress)

    def close(self) -> None:
        """See :class:`drmaa_cli.system.host.Host`."""
        self.runner.carry(None)
        self.runner.close()

    def _run(self, text: str, *words: str) -> CommandResult:
        argv = ("sh", "-c", text, "sh", *words)
        env = dict(self._about.before) if hasattr(self, "_about") else {}
        if env:
            env["PATH"] = env.get("PATH", "") + _OWN_PATH
        return self.runner.run(Command(argv, SHELL, env, COMMAND_SECONDS))

    def _ask(self, setup: str) -> _About:
        try:
            result = self._run(f"{tidy_line(KEPT_DAYS)} {_DISCOVER}", setup)
        except CommandTimeout as err:
            if not setup:
                raise
            said = err.result.stderr.decode("utf-8", "replace").strip() or "nothing"
            text = f"the setup {setup!r} did not end on {self.runner.address} within {err.seconds:g} seconds"
            raise error(DrmsInitException, f"{text}; it said {said}") from err
        items = os.fsdecode(result.stdout).split("\0")
        try:
            first = items.index("")
            second = items.index("", first + 1)
            user, name, home, directory, offset, zone, qsub = items[second + 1 : second + 8]
        except ValueError:
            said = result.stderr.decode("utf-8", "replace").strip() or "it said nothing"
            text = f"the setup {setup!r} ended the shell of {self.runner.address}: {said}"
            raise error(DrmsInitException, text) from None
        return _About(
            _variables(items[:first]),
            _variables(items[first + 1 : second]),
            user,
            name,
            home,
            directory,
            _zone(zone, offset),
            bool(qsub),
        )

    def _with_usual_setup(self, about: _About) -> _About:
        """What the host says after the first setup of the usual places by which qsub is found."""
        for place in os.fsdecode(self._run(_USUAL_PLACES).stdout).split("\0")[:-1]:
            found = self._ask(f". {quote(place)}")
            if found.has_qsub:
                self.found_by = f". {place}"
                log.info("Grid Engine on %s was found by %s", about.name, place)
                return found
        found = about._replace(environ={**about.environ, **self._login_variables()}, has_qsub=True)
        is_there = self.which("qsub", found.environ.get("PATH", "")) is not None
        if is_there and (self._has_cell(found) or not about.has_qsub):
            self.found_by = "what a login shell sets"
            log.info("Grid Engine on %s was found by %s", about.name, self.found_by)
            return found
        log.info("no Grid Engine was found on %s in the usual places", about.name)
        return about

    def _has_cell(self, about: _About) -> bool:
        """Whether there are commands, and they have a cell, also where SGE_ROOT is not set."""
        if not about.has_qsub or about.environ.get("SGE_ROOT"):
            return about.has_qsub
        try:
            tool = find_tool("qsub", about.environ, self)
            env = with_defaults(about.environ, tool.defaults)
            if not env.get("SGE_ROOT"):
                return self.read_file(tool.path, 2) == b"#!"  # the site's own: it sets what is needed
            name = f"{env['SGE_ROOT']}/{env.get('SGE_CELL') or 'default'}/{QMASTER}"
            return bool(self.read_file(name, HEAD_BYTES).split())
        except (CommandNotFound, OSError):
            return False

    def _login_variables(self) -> dict[str, str]:
        """What a login shell sets there; nothing where it prints no such thing."""
        mark = secrets.token_hex(16)
        printed = os.fsdecode(self._run(_LOGIN_SHELL, mark).stdout).partition(f"{mark}\n")[2]
        found = _variables(printed.split("\0"))
        return {name: value for name, value in found.items() if name not in _OF_A_SHELL}


def _found(code: int, text: bytes, path: str) -> bytes | OSError:
    kind = _ERRORS.get(code)
    return text if kind is None else kind(0, os.strerror(0), path)


def _variables(items: list[str]) -> dict[str, str]:
    pairs = (item.partition("=") for item in items)
    return {name: value for name, equals, value in pairs if name and equals}


def _zone(name: str, offset: str) -> tzinfo:
    """The time zone of a host: by its name, or by its offset of today where the name is not known here."""
    try:
        return ZoneInfo(name.lstrip(":").rpartition("zoneinfo/")[2])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        minutes = int(offset[1:3]) * 60 + int(offset[3:5]) if offset[1:].isdigit() else 0
        return timezone(timedelta(minutes=-minutes if offset.startswith("-") else minutes))
