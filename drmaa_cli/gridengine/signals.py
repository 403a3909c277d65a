"""Signals as Grid Engine numbers and names them (sge_signal.h, sge_signal.c; libdrmaa 8.1.9)."""

from __future__ import annotations

__all__ = [
    "SIGNALS",
    "SIGNAL_BASE",
    "sge_signal_number",
    "signal_name",
    "signal_number",
    "signal_of",
]

SIGNAL_BASE = 128  # an exit_status above it, with a failed code that says so, is 128 + signal
UNKNOWN_NAME = "SIGunknown signal"  # libdrmaa's name for a signal that Grid Engine has no name for

# Linux number -> (name, Grid Engine's own number). Its table has no VTALRM, PROF, PWR, SYS and no
# real-time signals: those keep their plain number.
SIGNALS = {
    1: ("SIGHUP", 901),
    2: ("SIGINT", 902),
    3: ("SIGQUIT", 903),
    4: ("SIGILL", 904),
    5: ("SIGTRAP", 905),
    6: ("SIGABRT", 906),
    7: ("SIGBUS", 911),
    8: ("SIGFPE", 909),
    9: ("SIGKILL", 910),
    10: ("SIGUSR1", 931),
    11: ("SIGSEGV", 912),
    12: ("SIGUSR2", 932),
    13: ("SIGPIPE", 914),
    14: ("SIGALRM", 915),
    15: ("SIGTERM", 916),
    17: ("SIGCHLD", 921),
    18: ("SIGCONT", 920),
    19: ("SIGSTOP", 918),
    20: ("SIGTSTP", 919),
    21: ("SIGTTIN", 922),
    22: ("SIGTTOU", 923),
    23: ("SIGURG", 917),
    24: ("SIGXCPU", 925),
    25: ("SIGXFSZ", 926),
    28: ("SIGWINCH", 929),
    29: ("SIGIO", 924),
}

_NUMBERS = {name: number for number, (name, _) in SIGNALS.items()}


def signal_of(exit_status: int) -> int:
    """The signal that an ``exit_status`` of a killed job stands for; 0 when it stands for none."""
    return exit_status - SIGNAL_BASE if exit_status > SIGNAL_BASE else 0


def sge_signal_number(signal: int) -> int:
    """Grid Engine's number of a signal, as in the resource usage: 910 for SIGKILL, 34 for 34, 0 for 0."""
    return SIGNALS[signal][1] if signal in SIGNALS else signal


def signal_number(name: str) -> int:
    """The number of a signal by the name libdrmaa gives it; 0 for any other text."""
    return _NUMBERS.get(name, 0)


def signal_name(signal: int) -> str:
    """The name libdrmaa gives a signal: ``SIGKILL``, or ``SIGunknown signal``; ``''`` for 0."""
    if signal in SIGNALS:
        return SIGNALS[signal][0]
    return UNKNOWN_NAME if signal else ""
