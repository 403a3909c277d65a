"""Accounting's ``failed``: what each code says of a run attempt (accounting(5), sge_status(5)).

What becomes of a job was observed for every code from 0 to 40, 100, 101 and 137 on a real 8.1.9 cell, with
libdrmaa beside it: a ``shepherd_cmd`` that runs the real shepherd and then puts the code in its place, each
with a job that exits with 3 and with one killed by SIGKILL; missing programs, directories, files, shells,
prologs, epilogs and parallel environments' procedures; killed shepherds.

* A job killed by a signal has 100 with 128 + signal, whatever its shepherd said, from code 12 on.
* Codes 1 to 11, 15, 34 and 36 put the *queue* into its error state and the job back among the pending ones;
  their record has no submission time, no start and no end, and is not the job's last. 13 does so to the
  queue, and the job has ended.
* A code without a start time (a killed shepherd: 19) leaves nothing but the times and figures of the last
  sample: libdrmaa then says neither exited, nor signalled, nor aborted.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from drmaa_cli.typed import NamedTuple

__all__ = ["FailedCode", "Fate", "of_code"]

OK = 0
RESCHEDULED = 25
APPLICATION_ERROR = 30
QMASTER_LIMIT = 37
AFTER_JOB = 100


class Fate(enum.Enum):
    """What a code says became of the job's program."""

    RAN = "ran"  # it ran to its end, and the exit status is its own
    KILLED = "killed"  # by a signal or at a limit: 128 + signal is the exit status
    DOUBTFUL = "doubtful"  # it ran; the exit status is what was on record when its shepherd failed
    AGAIN = "again"  # it was stopped to be run again: another attempt follows
    NOT_STARTED = "not started"  # it never ran
    APPLICATION_ERROR = "application error"  # it, or its prolog or epilog, exited with 100


class FailedCode(NamedTuple):
    """One code.

    Attributes:
        fate: what became of the job's program.
        text: what went wrong, in a few words; '' for code 0.
    """

    fate: Fate
    text: str


CODES: Mapping[int, FailedCode] = {
    OK: FailedCode(Fate.RAN, ""),
    1: FailedCode(Fate.NOT_STARTED, "the execution daemon could not start the job"),
    2: FailedCode(Fate.NOT_STARTED, "the shepherd could not be executed"),
    3: FailedCode(Fate.NOT_STARTED, "the shepherd's configuration could not be written"),
    4: FailedCode(Fate.NOT_STARTED, "the shepherd did not write its process number"),
    5: FailedCode(Fate.NOT_STARTED, "the shepherd could not read its configuration"),
    6: FailedCode(Fate.NOT_STARTED, "the processor set could not be made"),
    7: FailedCode(Fate.NOT_STARTED, "the prolog could not be started"),
    8: FailedCode(Fate.NOT_STARTED, "the prolog failed"),
    9: FailedCode(Fate.NOT_STARTED, "the parallel environment's start procedure could not be started"),
    10: FailedCode(Fate.NOT_STARTED, "the parallel environment's start procedure failed"),
    11: FailedCode(Fate.NOT_STARTED, "the shepherd could not start the job"),
    12: FailedCode(Fate.RAN, "the parallel environment's stop procedure could not be started"),
    13: FailedCode(Fate.RAN, "the parallel environment's stop procedure failed"),
    14: FailedCode(Fate.RAN, "the epilog could not be started"),
    15: FailedCode(Fate.RAN, "the epilog failed"),
    16: FailedCode(Fate.RAN, "the processor set could not be released"),
    17: FailedCode(Fate.KILLED, "a signal ended the shepherd"),
    18: FailedCode(Fate.DOUBTFUL, "the shepherd ended with an error"),
    19: FailedCode(Fate.DOUBTFUL, "the shepherd died before it wrote down how the job ended"),
    20: FailedCode(Fate.DOUBTFUL, "the shepherd left an error behind"),
    21: FailedCode(Fate.DOUBTFUL, "the execution daemon did not know the job"),
    22: FailedCode(Fate.DOUBTFUL, "the execution daemon lost the running job"),
    23: FailedCode(Fate.DOUBTFUL, "the job's processes could not be found"),
    24: FailedCode(Fate.AGAIN, "migrating"),
    RESCHEDULED: FailedCode(Fate.AGAIN, "rescheduled"),
    26: FailedCode(Fate.NOT_STARTED, "an input, output or error file could not be opened"),
    27: FailedCode(Fate.NOT_STARTED, "the program or its shell could not be executed"),
    28: FailedCode(Fate.NOT_STARTED, "the working directory could not be entered"),
    29: FailedCode(Fate.NOT_STARTED, "AFS could not be set up"),
    APPLICATION_ERROR: FailedCode(Fate.APPLICATION_ERROR, "exit status 100: an error of the application"),
    31: FailedCode(Fate.DOUBTFUL, "the password file could not be read"),
    32: FailedCode(Fate.NOT_STARTED, "the user is not in the password file"),
    33: FailedCode(Fate.NOT_STARTED, "the password is wrong"),
    34: FailedCode(Fate.NOT_STARTED, "the helper service did not answer"),
    35: FailedCode(Fate.NOT_STARTED, "the helper service failed before the job"),
    36: FailedCode(Fate.NOT_STARTED, "the daemon for interactive jobs is not there"),
    QMASTER_LIMIT: FailedCode(Fate.KILLED, "a limit of run time, CPU time or memory was exceeded"),
    38: FailedCode(Fate.NOT_STARTED, "the job's supplementary group could not be set"),
    AFTER_JOB: FailedCode(Fate.KILLED, "ended by a signal, or with its shepherd or host"),
}


def of_code(code: int) -> FailedCode:
    """What a code says; a code that no release documents counts as DOUBTFUL (observed: 39, 40, 101, 137)."""
    return CODES.get(code) or FailedCode(Fate.DOUBTFUL, f"failed for an unknown reason (code {code})")
