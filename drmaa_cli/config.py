"""All settings in one place: keywords of :func:`drmaa_cli.open_session`, or ``DRMAA_CLI_*`` variables."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping

from drmaa_cli.errors import InvalidArgumentException, error, meant
from drmaa_cli.typed import TYPE_CHECKING, Any, NamedTuple, TypedDict

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "DRMAA_CLI_"
CONTACT_VARIABLE = PREFIX + "CONTACT"  # the contact string where a program gives none


class Settings(TypedDict, total=False):
    """The settings as keywords; :class:`Config` says what each means."""

    poll_min: float
    poll_max: float
    duty_cycle: float
    command_timeout: float
    retry_for: float
    outage_limit: float
    accounting_margin: float
    state_dir: str | os.PathLike[str]
    keep_days: float
    strict_states: bool
    ssh_askpass: str | os.PathLike[str]
    ssh_setup: str
    ssh_host_key: str
    ssh_config: str | os.PathLike[str]


class Config(NamedTuple):
    """What can be tuned. Times are seconds; ``poll_min`` has the variable ``DRMAA_CLI_POLL_MIN``, and so on.

    Attributes:
        poll_min: the shortest time between two status queries of a process.
        poll_max: the longest, for jobs that have been quiet for long, or where a query takes long.
        duty_cycle: the largest share of time that status queries may take (0.02: two per cent).
        command_timeout: how long one Grid Engine command may take before it is killed.
        retry_for: how long verbs other than wait() and synchronize() go on trying while no qmaster answers.
        outage_limit: how long wait() and synchronize() ride out an outage before they raise.
        accounting_margin: how long after the cell's own flush time a missing accounting record is waited for.
        state_dir: where sessions are kept; '' is $XDG_STATE_HOME/drmaa_cli (~/.local/state/drmaa_cli).
        keep_days: days for which an unused session is kept whose jobs have all ended; 0: for ever.
        strict_states: a job that exited non-zero or was killed is ``failed`` instead of libdrmaa's ``done``.
        ssh_askpass: a command that answers what a login asks; the question is its argument.
        ssh_setup: shell text that runs on the submit host before anything else, such as
            ``. /opt/sge/default/common/settings.sh``.
        ssh_host_key: ``strict``, ``accept-new`` or ``ask`` (whoever answers the login's questions); '' for
            what ssh_config says, where a question of ssh's is answered with no.
        ssh_config: another file than the user's ssh_config.
    """

    poll_min: float = 0.25
    poll_max: float = 15.0
    duty_cycle: float = 0.02
    command_timeout: float = 60.0
    retry_for: float = 2.0
    outage_limit: float = 600.0
    accounting_margin: float = 15.0
    state_dir: str = ""
    keep_days: float = 30.0
    strict_states: bool = False
    ssh_askpass: str = ""
    ssh_setup: str = ""
    ssh_host_key: str = ""
    ssh_config: str = ""

    @classmethod
    def load(
        cls, keywords: Mapping[str, object] | None = None, env: Mapping[str, str] | None = None
    ) -> Config:
        """The defaults, overridden by the environment, overridden by keywords.

        Args:
            keywords: values by the names of the settings.
            env: the environment; that of the process when None.

        Raises:
            InvalidArgumentException: a value is not of its setting's kind; there is no such setting; a
                variable looks like a misspelt one. Any other variable that begins with ``DRMAA_CLI_`` and is
                no setting gives a warning.
        """
        environ = os.environ if env is None else env
        values: dict[str, Any] = {}
        given = dict(keywords or {})
        for name, default in cls._field_defaults.items():
            text = environ.get(PREFIX + name.upper())
            if name in given:
                values[name] = _convert(name, given.pop(name), default)
            elif text is not None:
                values[name] = _convert(PREFIX + name.upper(), text, default)
        for name in sorted(given):
            raise error(InvalidArgumentException, f"no such setting: {name}{meant(name, cls._fields)}")
        _check_variables(environ)
        return cls(**values)

    def directory(self, env: Mapping[str, str]) -> Path:
        """Where session files live.

        Raises:
            InvalidArgumentException: it is not set, and there is no home directory.
        """
        from pathlib import Path  # noqa: PLC0415  # not for those who submit

        return Path(self.state_directory(env))

    def state_directory(self, env: Mapping[str, str]) -> str:
        """The same as text, without loading pathlib."""
        if self.state_dir:
            return self.state_dir
        base = env.get("XDG_STATE_HOME", "")
        if base.startswith("/"):
            return os.path.join(base, "drmaa_cli")  # a relative one is to be ignored (XDG specification)
        home = os.path.expanduser(env.get("HOME") or "~")
        if home.startswith("~"):
            text = "there is no home directory in which sessions could be kept; set DRMAA_CLI_STATE_DIR"
            raise error(InvalidArgumentException, text)
        return os.path.join(home, ".local", "state", "drmaa_cli")


def _check_variables(env: Mapping[str, str]) -> None:
    known = [CONTACT_VARIABLE, *(PREFIX + name.upper() for name in Config._fields)]
    for name in sorted(env):
        if not name.startswith(PREFIX) or name in known:
            continue
        near = meant(name, known)
        if near:
            raise error(InvalidArgumentException, f"the variable {name} is no setting{near}")
        warnings.warn(f"the variable {name} is no setting of drmaa_cli", UserWarning, stacklevel=4)


def _convert(name: str, value: object, default: object) -> object:
    if isinstance(default, bool):
        if str(value).lower() in ("1", "true", "yes", "on"):
            return True
        if str(value).lower() in ("0", "false", "no", "off", ""):
            return False
        raise error(InvalidArgumentException, f"{name} takes 1 or 0, not {value!r}")
    if isinstance(default, str):
        if isinstance(value, (str, os.PathLike)) and isinstance(os.fspath(value), str):
            return os.fspath(value)
        raise error(InvalidArgumentException, f"{name} takes a path, not {value!r}")
    try:
        number = float(str(value))
    except (TypeError, ValueError):
        raise error(InvalidArgumentException, f"{name} takes a number of seconds, not {value!r}") from None
    if not 0 <= number < float("inf"):
        raise error(InvalidArgumentException, f"{name} takes a number of seconds >= 0, not {value!r}")
    return number
