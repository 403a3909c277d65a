"""The values of ``failed`` in an accounting record that the fake itself gives (texts: ``qacct -j``)."""

from __future__ import annotations

EXECUTING_SHEPHERD = 1
NO_EXIT_STATUS = 19  # the shepherd died without a report
RESCHEDULED = 25
FILE = 26  # an input or output file cannot be opened
SHELL = 27
DIRECTORY = 28
APPLICATION_ERROR = 30  # exit status 100
LIMIT = 37  # h_rt, h_cpu or h_vmem
AFTER_JOB = 100  # ended by a signal
NEVER_STARTED = (FILE, SHELL, DIRECTORY)
# Attempts that end in the error state of the job: it stays in the qmaster (sge_diagnostics(1)).
ERROR_STATE = frozenset({1, 2, 3, 4, 5, 6, 8, 9, 10, 11, FILE, SHELL, DIRECTORY, 29, APPLICATION_ERROR})
