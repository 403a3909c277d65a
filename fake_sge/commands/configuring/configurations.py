"""The configuration of the cell and those of single hosts: -Mconf, -mconf, -Aconf, -aconf, -dconf."""

from __future__ import annotations

import os
import re

from ...model import defaults
from ...settings import HARMLESS, check, check_effect
from . import configuration_values, files, shown
from .change import ConfigChange
from .refusal import ChangeRefused
from .words import parts_of

_GLOBAL = "global"
_SPOOL = "execd_spool_dir"
_NOT_AT_ONCE = 'Change of "{}" will not be effective before sge_execd restart as described in sge_conf(5)'
_SINGLE = 'only a single value is allowed for configuration attribute "{}"'
_LISTS = (
    *("user_lists", "xuser_lists", "projects", "xprojects", "login_shells"),
    *("qmaster_params", "execd_params", "reporting_params", "prolog", "epilog", "shepherd_cmd", "jsv_url"),
    *("load_sensor", "qlogin_command", "qlogin_daemon", "rlogin_command", "rlogin_daemon"),
    *("rsh_command", "rsh_daemon", "set_token_cmd", "pag_cmd", "jsv_allowed_mod", "gid_range"),
)


_UNSET = {"min_uid": "0", "min_gid": "0"}  # sge_conf(5), where it differs from a new cell's


def modify(change: ConfigChange, file: str = _GLOBAL) -> None:
    """``-Mconf FILE``: the file is named like the host, or ``global``, and is the whole of it."""
    name = _named(change, file)
    if name != _GLOBAL and name not in change.config.host_configurations:
        raise ChangeRefused(f"configuration {name} does not exist")
    _take(change, name, _read(change, file))


def add(change: ConfigChange, file: str = _GLOBAL) -> None:
    """``-Aconf FILE``: of a host."""
    name = os.path.basename(file)  # noqa: PTH119 a name, no file
    if name == _GLOBAL or name in change.config.host_configurations:
        raise ChangeRefused(f"configuration {name} already exists")
    unknown = [] if _is_known(change, name) else [_unknown_host(file)]
    try:
        text = _read(change, file)
    except ChangeRefused as refused:
        raise ChangeRefused(*unknown, *refused.lines) from None
    if unknown:
        raise ChangeRefused(*unknown, _unresolved(name))
    _take(change, name, text)


def _read(change: ConfigChange, file: str) -> str:
    try:
        text = files.text_of(change.request, file)
        if not files.lines(text):
            raise ChangeRefused(f'error: error reading file: "{file}"')
    except ChangeRefused as refused:
        raise ChangeRefused(*refused.lines, f"error reading configuration from file {file}") from None
    return text


def edit(change: ConfigChange, *names: str) -> None:
    """``-mconf [HOST]``; a host without a configuration gets one."""
    change.manager()
    name = names[0] if names else _GLOBAL
    unknown = []
    if name != _GLOBAL and not _is_known(change, name):
        unknown = [_unknown_host(name)]
    left = change.edit(shown.configuration(change.config, name) + "\n")
    if not files.lines(left.text) and left.changed:
        raise ChangeRefused(f'error: error reading file: "{left.file}"', "error reading temp file")
    if not left.changed:
        raise ChangeRefused(*unknown, "configuration unchanged")
    if unknown:
        raise ChangeRefused(*unknown, _unresolved(name))
    _take(change, name, left.text)


def edit_new(change: ConfigChange, name: str = _GLOBAL) -> None:
    """``-aconf HOST``."""
    change.manager()
    if name == _GLOBAL or name in change.config.host_configurations:
        raise ChangeRefused(f"configuration {name} already exists")
    if not _is_known(change, name):
        raise ChangeRefused(_unknown_host(name))
    edit(change, name)


def delete(change: ConfigChange, words: str | None = None) -> None:
    """``-dconf HOSTS``; of a host without one it is told as done."""
    if words is None:
        raise ChangeRefused("Need hostname to delete local configuration")
    for name in parts_of(words):
        if not change.config.is_manager(change.request.user):
            if name != _GLOBAL and not _is_known(change, name):
                change.failed(_unresolved(name))
            change.failed(f'denied: "{change.request.user}" must be manager for this operation', code=0)
        elif name == _GLOBAL:
            change.failed(f'can\'t delete configuration "{name}" from list', code=0)
        elif not _is_known(change, name):
            text = f'can\'t delete configuration "{name}" from list: configuration does not exist'
            change.failed(_unresolved(name), text)
        else:
            change.config.host_configurations.pop(change.host(name), None)
            change.done(f'{change.who} removed "{name}" from configuration list')


def _unresolved(name: str) -> str:
    return f'can\'t resolve hostname "{name}"'


def _unknown_host(name: str) -> str:
    return f"{_unresolved(name)}: can't resolve host name"


def _is_known(change: ConfigChange, name: str) -> bool:
    try:
        change.host(name)
    except ChangeRefused:
        return False
    return True


def _named(change: ConfigChange, file: str) -> str:
    """The name of a file's configuration. Raises ChangeRefused for a host that nobody knows."""
    name = os.path.basename(file)  # noqa: PTH119 a name, no file
    if name != _GLOBAL and not _is_known(change, name):
        raise ChangeRefused(_unknown_host(file), f"configuration {name} does not exist")
    return name if name == _GLOBAL else change.host(name)


def _rows(change: ConfigChange, text: str, name: str) -> dict[str, str]:
    """``name value`` lines; a backslash at the end goes on in the next one."""
    rows: dict[str, str] = {}
    for line in files.lines(re.sub(r"[ \t]*\\\n[ \t]*", " ", text)):
        key, *values = line.split(maxsplit=1)
        if not values:
            raise ChangeRefused(f'value == NULL for attribute "{key}" in configuration list of "{name}"')
        value = values[0].strip()
        if key not in _LISTS and len(value.split()) > 1:
            change.failed(_SINGLE.format(key), code=0)
            value = value.split()[0]
        rows[key] = value
    return rows


def _take(change: ConfigChange, name: str, text: str) -> None:
    change.manager()
    config = change.config
    rows = _rows(change, text, name)
    if name != _GLOBAL:
        for key in rows:
            if key not in HARMLESS:
                raise ChangeRefused(f"fake_sge: the fake does not act on {key} of a single host")
        verb = "modified" if name in config.host_configurations else "added"
        config.host_configurations[name] = rows
        change.done(f'{change.who} {verb} "{name}" {"in" if verb == "modified" else "to"} configuration list')
        return
    wrong = configuration_values.fault(config, rows)
    if wrong:
        raise ChangeRefused(wrong)
    program = rows.get("jsv_url", "none").rpartition(":")[2]
    if program.lower() != "none" and not files.is_executable(change.request, program):
        raise ChangeRefused(f'JSV "{program}" is either not a file or not executable')
    old = {key: value for key, value in config.global_config.items() if key not in config.left_out}
    rows.setdefault("reprioritize", "0")
    # The rest of a longer line that an editor has cut is no setting; the real one keeps it, too.
    usable("global configuration", {key: value for key, value in rows.items() if "=" not in key}, old)
    missing = {key: value for key, value in {**defaults.GLOBAL, **_UNSET}.items() if key not in rows}
    if rows.get(_SPOOL) != old.get(_SPOOL):
        change.done(_NOT_AT_ONCE.format(_SPOOL))
    config.global_config.clear()
    config.global_config.update({**rows, **missing})
    config.left_out = tuple(missing)
    change.done(f'{change.who} modified "{name}" in configuration list')


def usable(kind: str, rows: dict[str, str], old: dict[str, str]) -> None:
    """Raises ChangeRefused for a change that the fake would not act on."""
    changed = {key: value for key, value in rows.items() if old.get(key) != value}
    try:
        check(kind, changed)
        check_effect(kind, changed)
    except ValueError as error:
        raise ChangeRefused(f"fake_sge: {error}") from None
