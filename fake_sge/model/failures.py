"""The values of ``failed`` in an accounting record, and what becomes of the job and of its queue.

Each code from 0 to 40, 100, 101 and 137 was given by a wrapper of the shepherd on a real 8.1.9 cell, after a
job that exited with 3 and after one that was killed.
"""

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
AGAIN = frozenset({24, RESCHEDULED})  # the job is run again
# The job goes into its error state and stays in the qmaster; the queue does, and the job is pending again.
ERROR_STATE = frozenset({FILE, SHELL, DIRECTORY, 29, APPLICATION_ERROR, 32, 33, 35, 38})
QUEUE_ERROR = frozenset({*range(1, 12), 15, 34, 36})
IN_PESTOP = 13  # the queue goes into its error state, and the job has ended
KNOWN = (*range(41), 100, 101, 137)
BEFORE_JOB = 11  # up to this code even the job that a signal ended counts as not started
NO_TMPDIR = "can't make tmpdir"  # what an execution daemon says of it
