"""The ways in which a job can end: how each is made, and what is to be said of it.

``<N>`` in a sentence is a figure that differs from run to run.
"""

from __future__ import annotations

from typing import NamedTuple

KEEP = "exec('kept = [bytearray(2**24) for _ in range(10**6)]')"
BUSY = "while :; do :; done"


class Way(NamedTuple):
    """One way to end.

    Attributes:
        name: what it is called.
        kind: the kind to be told.
        sentence: the sentence to be told.
        certain: whether it is to be told as certain.
        command: the job's program and arguments.
        native: options of qsub.
        then: what is done to it once it is in the state before the colon: ``r: qdel``, ``r: session`` or
            ``hqw: ...``; ``wait`` has the session take its end.
        evidence: a part of what must stand among the evidence.
        advice: a part of what must stand in the advice.
        on_fake: whether the fake cell has it.
    """

    name: str
    kind: str
    sentence: str
    certain: bool
    command: tuple[str, ...]
    native: str = ""
    then: str = ""
    evidence: str = ""
    advice: str = ""
    on_fake: bool = True


def sh(text: str) -> tuple[str, ...]:
    """A shell's text as a program."""
    return ("/bin/sh", "-c", text)


SLEEP = ("/bin/sleep", "900")
STATUS = "ended by itself with exit status"
WAYS = (
    Way("exit_0", "exited", "ended well, with exit status 0", True, ("/bin/true",)),
    Way("exit_3", "exited", f"{STATUS} 3", True, sh("echo oops; exit 3"), evidence="oops", advice="logs"),
    Way(
        "a_command_that_is_not_there",
        "exited",
        f"{STATUS} 127: a command of it is not there",
        True,
        sh("no-such-command"),
        evidence="not found",
        advice="PATH",
    ),
    Way(
        "exit_127_for_another_reason",
        "exited",
        f"{STATUS} 127: probably a command of it is not there",
        False,
        sh("exit 127"),
    ),
    Way(
        "a_command_that_is_not_executable",
        "exited",
        f"{STATUS} 126: a command of it is not executable",
        True,
        sh("/etc/passwd"),
        evidence="Permission denied",
        advice="chmod",
    ),
    Way(
        "exit_137_of_a_child",
        "exited",
        f"{STATUS} 137: probably a program that it ran was ended by SIGKILL",
        False,
        sh("sh -c 'kill -9 $$'; exit $?"),
    ),
    Way(
        "sigkill",
        "signalled",
        "killed by SIGKILL, by whom is not on record",
        False,
        sh("kill -9 $$"),
        evidence="a person",
    ),
    Way("sigsegv", "signalled", "killed by SIGSEGV", True, sh("ulimit -c 0; kill -SEGV $$")),
    Way(
        "h_rt",
        "time limit",
        "ended at its limit of run time: it ran for <N> s and had h_rt=2",
        True,
        SLEEP,
        "-l h_rt=2",
        advice="ask for more time",
    ),
    Way(
        "s_rt",
        "soft time limit",
        "killed by SIGUSR1, at its soft limit of run time: it ran for <N> s and had s_rt=2",
        True,
        SLEEP,
        "-l s_rt=2",
    ),
    Way(
        "h_cpu",
        "cpu limit",
        "killed by SIGKILL, probably at its limit of CPU time: it used <N> s of CPU time and had h_cpu=2",
        False,
        sh(BUSY),
        "-l h_cpu=2",
        on_fake=False,
    ),
    Way(
        "h_vmem",
        "out of memory",
        f"{STATUS} 1, probably out of memory",
        False,
        ("/usr/bin/python3", "-c", KEEP),
        "-l h_vmem=300M",
        evidence="MemoryError",
        advice="ask for more memory",
        on_fake=False,
    ),
    Way(
        "shepherd_killed",
        "lost",
        "lost: it ran, and what became of it is not on record"
        " (the shepherd died before it wrote down how the job ended)",
        True,
        SLEEP,
        then="r: shepherd",
        on_fake=False,
    ),
    Way(
        "deleted_by_the_session",
        "deleted by the session",
        "deleted by this session while it ran",
        True,
        SLEEP,
        then="r: session",
    ),
    Way(
        "deleted_by_somebody_unseen",
        "signalled",
        "killed by SIGKILL, by whom is not on record",
        False,
        SLEEP,
        then="r: qdel",
        evidence="who sent it is not on record",
    ),
    Way(
        "deleted_before_it_ran",
        "deleted by the session",
        "deleted by this session before it ran",
        True,
        SLEEP,
        "-h",
        then="hqw: session",
    ),
    Way(
        "deleted_by_somebody_before_it_ran",
        "deleted by somebody",
        "probably deleted before it ran",
        False,
        SLEEP,
        "-h",
        then="hqw: qdel",
    ),
    Way(
        "given_up_in_its_error_state",
        "not started",
        "could not start: its working directory /no/such/directory does not exist",
        True,
        SLEEP,
        "-wd /no/such/directory",
        then="Eqw: wait",
        advice="make /no/such/directory",
    ),
)
