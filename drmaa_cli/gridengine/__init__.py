"""Grid Engine's command line as pure functions: command lines out, replies in, states.

One module per command: functions named ``argv`` say what to run, those named ``parse`` read the
:class:`~drmaa_cli.gridengine.records.CommandResult`. Running the command, the clock and the mapping to DRMAA
exceptions belong to the layers above.

The modules listed here are public, with the names of their own ``__all__``: docs/gridengine.md shows how they
are used without a session, and docs/api.md says what stays as it is.
"""

__all__ = [
    "access",
    "accounting",
    "control",
    "dialect",
    "failed",
    "known_faults",
    "native",
    "probe",
    "qacct",
    "qstat",
    "qsub",
    "qtask",
    "ranges",
    "records",
    "replies",
    "requests",
    "signals",
    "states",
    "units",
]
