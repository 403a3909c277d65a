"""How variables reach a job: by name through qsub's environment, or with their value in an option file.

What stands on a command line can be read by every user of the host, in its list of processes. So a value
goes there only where nothing else carries it, not even a script (:meth:`Qsub.shows`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from drmaa_cli import constants as c
from drmaa_cli.errors import ConflictingAttributeValuesException, error
from drmaa_cli.template.attributes import pairs
from drmaa_cli.template.limits import check_variables
from drmaa_cli.template.paths import refused
from drmaa_cli.template.script_plan import is_dropped
from drmaa_cli.typed import NamedTuple

STRIPPED_PREFIX = "SGE_LONG_"
STRIPPED = frozenset({"SGE_DEBUG_LEVEL", "SGE_DEBUG_TARGET", "SGE_ND"})
"""These garble the tools' output (observed)."""
QSUBS_PREFIXES = ("SGE_", "LD_", "GLIBC_", "MALLOC_", "RES_")
QSUBS_OWN = frozenset({"GCONV_PATH", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH", "NLSPATH", "OPENSSL_CONF"})
"""With these it would change what qsub itself does or where it finds its cell: never set for it by a job."""
QSUBS_PREFERENCES = frozenset(
    {"HOME", "LANG", "LANGUAGE", "LOGNAME", "MAIL", "PATH", "SHELL", "TMPDIR", "TZ", "USER"}
)
"""These qsub records as SGE_O_* or prints by: set for it only when there is no other way."""
ALWAYS_SET = frozenset({"HOME", "LOGNAME", "SHELL", "TMPDIR", "USER"})
"""Of these every job has Grid Engine's own value, whatever it is given (observed)."""
PLAIN = r"(?a)[A-Za-z_][A-Za-z0-9_]*"
NOT_IN_FILES = r"[\"'#\n\r]"
"""qsub takes them out of the words of an option file, quoted or not, or ends the word there (observed)."""


class Qsub(NamedTuple):
    """What there is of qsub for variables.

    Attributes:
        own: the environment that it has anyway.
        has_start_time: whether it reads a time, which depends on its time zone.
        has_file: whether there can be an option file.
        is_begun_by_shell: whether a shell starts it, which passes on no variables of other than plain names.
    """

    own: Mapping[str, str]
    has_start_time: bool = False
    has_file: bool = True
    is_begun_by_shell: bool = False

    def names(self, name: str, value: str) -> bool:
        """Whether the name is enough: the value is there, or every job has Grid Engine's own."""
        is_own = self.own.get(name) == value and not (name == "TZ" and self.has_start_time)
        return is_own or name in ALWAYS_SET

    def reads(self, name: str, value: str) -> bool:
        """Whether the value is to be given in an option file."""
        return (
            self.has_file and (is_qsubs(name) or self._is_lost(name)) and fits_file(name) and fits_file(value)
        )

    def shows(self, name: str, value: str) -> bool:
        """Whether the value can only be given on a command line, for everybody to see."""
        if self.names(name, value) or self.reads(name, value):
            return False
        is_read = is_obeyed(name) or (name == "TZ" and self.has_start_time) or self._is_lost(name)
        return is_read or (is_qsubs(name) and not self.has_file)

    def _is_lost(self, name: str) -> bool:
        return self.is_begun_by_shell and not re.fullmatch(PLAIN, name)


class Variables(NamedTuple):
    """The variables of a job.

    Attributes:
        options: qsub's ``-v``.
        values: what qsub's own environment must have for those that are given by name.
        lines: of an option file (``-@``).
        shown: the names of those whose values everybody on the submit host can see for a moment.
    """

    options: list[str]
    values: dict[str, str]
    lines: list[str]
    shown: list[str]


def variable_options(environment: Sequence[str], elsewhere: frozenset[str], qsub: Qsub) -> Variables:
    """``-v NAME`` with the value in qsub's own environment: so every value arrives byte for byte.

    Args:
        environment: the attribute ``drmaa_v_env``.
        elsewhere: the variables that a script sets.
        qsub: what there is for them.

    Raises:
        InvalidAttributeValueException: Grid Engine would drop the variable, or cannot carry its value.
        ConflictingAttributeValuesException: a start time excludes such a time zone.
    """
    found = Variables([], {}, [], [])
    variables = pairs(environment)
    check_variables(variables)
    for name, value in variables.items():
        if name in elsewhere:
            continue
        if is_dropped(name, value):
            text = (
                "Grid Engine takes this variable out of every job's environment, and only a command that"
                " is started without a shell (-b y -shell n) can be given it all the same"
            )
            raise refused(c.V_ENV, {name: value}, text)
        if qsub.names(name, value):
            found.options.extend(["-v", name])
        elif qsub.reads(name, value):
            found.lines.append(f'-v "{name}={value}"')
        elif not qsub.shows(name, value):
            found.values[name] = value
            found.options.extend(["-v", name])
        else:
            if "," not in value:
                found.shown.append(name)
                found.options.extend(["-v", f"{name}={value}"])
                continue
            if is_obeyed(name):
                raise refused(
                    c.V_ENV, {name: value}, "qsub needs this variable itself and cannot pass on a comma"
                )
            if name == "TZ" and qsub.has_start_time:
                text = f"a start time and {name}={value} with a comma in drmaa_v_env exclude each other"
                raise error(ConflictingAttributeValuesException, text)
            found.values[name] = value
            found.options.extend(["-v", name])
    return found


def with_named(
    argv: Sequence[str], env: Mapping[str, str], elsewhere: Mapping[str, str]
) -> Mapping[str, str]:
    """An environment for qsub in which variables that are given by name alone (``-v NAME``) are found.

    Args:
        argv: the command line of qsub.
        env: its environment, which comes first.
        elsewhere: where a variable is taken from that it lacks.
    """
    lists = [given for option, given in zip(argv, argv[1:]) if option == "-v"]
    names = {name for given in lists for name in given.split(",") if "=" not in name}
    lent = {name: elsewhere[name] for name in names if name in elsewhere and name not in env}
    return {**env, **lent} if lent else env


def is_obeyed(name: str) -> bool:
    """Whether qsub would do something else with the variable in its environment."""
    return name in QSUBS_OWN or name.startswith(QSUBS_PREFIXES)


def is_qsubs(name: str) -> bool:
    """Whether a variable means something to qsub itself."""
    return is_obeyed(name) or name in QSUBS_PREFERENCES or name.startswith("LC_")


def fits_file(value: str) -> bool:
    """Whether an option file carries a value as it is; a comma ends it in ``-v``."""
    return "," not in value and re.search(NOT_IN_FILES, value) is None


def environment_of_qsub(own: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The environment that qsub runs in: the program's without what garbles its output, and what is given."""
    kept = {
        name: value
        for name, value in own.items()
        if name not in STRIPPED and not name.startswith(STRIPPED_PREFIX)
    }
    return {**kept, **given}
