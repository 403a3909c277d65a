"""Every exit code that Grid Engine's commands were seen to end with, by command.

An exit code alone is no verdict: a submission succeeds with 1, a query of an unknown job ends with 0, and
each command has a code of its own for the same trouble. The texts decide
(:mod:`drmaa_cli.gridengine.replies`); the codes tell refusals of a command itself from those of the qmaster.
With ``-sync y`` qsub ends with the job's own exit code. Sources: captures of 8.1.9, Open Cluster Scheduler
9.0 to 9.2 and daimh's fork.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["EXIT_CODES"]

DONE = 0
FAILED = 1  # whatever went wrong, in most commands
QSUB_BAD_OPTION = 2
QSUB_BAD_JSV = 3
QSUB_NO_INPUT = 4
QSUB_STRAY_WORD = 5
QSUB_BAD_VALUE = 7
QSUB_NO_SCRIPT = 14
QSUB_TOO_MANY_JOBS = 25
QSUB_TOO_MANY_JOBS_LATER = 27
HOLD_UNKNOWN_JOB = 3
HOLD_NOT_MANAGER = 10
HOLD_NO_QMASTER = 11
HOLD_NOT_OWNER = 18
ALTER_ONE_TASK = 4

EXIT_CODES: Mapping[str, Mapping[int, str]] = {
    "qsub": {
        DONE: "submitted; with -verify and -w v, -w p: verified",
        FAILED: "refused by the qmaster or a JSV, no qmaster, wrong environment; or submitted with a warning",
        QSUB_BAD_OPTION: "an option that does not exist, lacks its argument or contradicts others",
        QSUB_BAD_JSV: "the client's JSV is no executable file",
        QSUB_NO_INPUT: "no script on standard input, or one that cannot be read",
        QSUB_STRAY_WORD: "a word that is no option, in a script's #$ line or a default file",
        QSUB_BAD_VALUE: "an option's argument that cannot be read",
        QSUB_NO_SCRIPT: "there is no such script",
        QSUB_TOO_MANY_JOBS: "a limit on jobs is reached",
        QSUB_TOO_MANY_JOBS_LATER: "the same from Open Cluster Scheduler 9.1 on",
    },
    "qstat": {DONE: "answered, also of unknown jobs", FAILED: "unknown job without -xml, no qmaster"},
    "qdel": {DONE: "all that was asked for", FAILED: "something was refused, no qmaster"},
    "qhold": {
        DONE: "done, or nothing to do",
        FAILED: "wrong environment, no qmaster",
        HOLD_UNKNOWN_JOB: "there is no such job",
        HOLD_NOT_MANAGER: "a kind of hold that only managers set",
        HOLD_NO_QMASTER: "no qmaster",
        HOLD_NOT_OWNER: "somebody else's job",
    },
    "qrls": {
        DONE: "done, or nothing to do",
        FAILED: "wrong environment, no qmaster",
        HOLD_UNKNOWN_JOB: "there is no such job",
        HOLD_NO_QMASTER: "no qmaster",
        HOLD_NOT_OWNER: "somebody else's job",
    },
    "qmod": {DONE: "done, or refused for the job's state", FAILED: "refused, no qmaster"},
    "qalter": {
        DONE: "done",
        FAILED: "refused, no qmaster",
        ALTER_ONE_TASK: "an option that only whole jobs have, for a task",
    },
    "qacct": {DONE: "records, or totals only", FAILED: "no such job, no accounting file"},
    "qconf": {DONE: "done", FAILED: "nothing to show, refused, no qmaster"},
    "qhost": {DONE: "answered", FAILED: "no qmaster, wrong environment"},
    "qselect": {DONE: "answered", FAILED: "no queue matches"},
}
"""What each exit code of each command stands for."""
