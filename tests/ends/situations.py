"""The ways a job can end, for the recorder: what is submitted, and what is done to it."""

from __future__ import annotations

from typing import NamedTuple

LARGE = 2**24
FILL = f"import mmap; kept = [mmap.mmap(-1, {LARGE}) for _ in range(10**6)]"
KEEP = f"kept = [bytearray({LARGE}) for _ in range(10**6)]"
KEEP_SLOWLY = f"import time; kept = []\nwhile 1: kept.append(bytearray({LARGE})); time.sleep(0.3)"
ALLOCATE = f"""
import ctypes
c = ctypes.CDLL(None)
c.malloc.restype = ctypes.c_void_p
c.memset.argtypes = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
p = 1
while p:
    p = c.malloc({LARGE})
    if p:
        c.memset(p, 1, {LARGE})
"""
RECURSION = """
import ctypes, sys
sys.setrecursionlimit(10**9)
deeper = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: deeper())
deeper()
"""
LARGE_UNTIL_KILLED = "b = bytearray(2**28); import time, os; time.sleep(4); os.kill(os.getpid(), 9)"
WRITE = ("dd", "if=/dev/zero", "bs=1M", "count=4", "status=none")
AGAIN = '[ -n "$(cat {0})" ] || {{ echo x >{0}; {1}; }}'  # the first run differs from the second
BUSY = "while :; do :; done"
CHILD = 'python3 -c "b = bytearray(2**27); import time; time.sleep(90)" &'


class Situation(NamedTuple):
    """One way for a job to end.

    Attributes:
        case: its name.
        options: qsub's, besides those that every job has.
        argv: the job's program.
        then: what is done to it: a command of Grid Engine, where ``JOB`` stands for its number,
            ``signal NUMBER`` or ``kill-shepherd``.
        state: its letters when that is done.
        stays: whether it stays in the qmaster, in its error state.
    """

    case: str
    options: str
    argv: tuple[str, ...]
    then: str = ""
    state: str = "r"
    stays: bool = False


def sh(text: str) -> tuple[str, ...]:
    """A job that is a shell's text."""
    return ("bash", "-c", text)


def python(text: str) -> tuple[str, ...]:
    """A job that is a program of Python's, in one line."""
    return ("python3", "-c", f"exec({text!r})")


REFUSED_MEMORY = python(f"try:\n {FILL}\nexcept (MemoryError, OSError): pass")
RESCHEDULED = sh(AGAIN.format("one", "sleep 99"))
SITUATIONS = (
    Situation("exit_0", "", ("true",)),
    Situation("exit_3", "", sh("exit 3")),
    Situation("exit_137_of_a_child", "", sh("sh -c 'kill -9 $$'; exit $?")),
    Situation("exit_255", "", sh("exit 255")),
    Situation("exit_1_with_limits_far_away", "-l h_rt=3600,h_vmem=8G,h_cpu=3600", sh("exit 1")),
    Situation("exit_0_at_the_limit_of_memory", "-l h_vmem=300M", REFUSED_MEMORY),
    Situation("sigkill", "", sh("kill -9 $$")),
    Situation("sigkill_with_limits_far_away", "-l h_rt=3600,h_vmem=8G", sh("kill -9 $$")),
    Situation("sigkill_of_a_large_job", "", python(LARGE_UNTIL_KILLED)),
    Situation("sigkill_from_outside", "", ("sleep", "99"), then="signal 9"),
    Situation("sigterm_from_outside", "", ("sleep", "99"), then="signal 15"),
    Situation("sigsegv", "", sh("kill -SEGV $$")),
    Situation("sigabrt", "", sh("kill -ABRT $$")),
    Situation("sigusr1_without_limits", "", sh("kill -USR1 $$")),
    Situation("sigxcpu_without_limits", "", sh("kill -XCPU $$")),
    Situation("sigxfsz_without_limits", "", sh("kill -XFSZ $$")),
    Situation("h_rt", "-l h_rt=3", ("sleep", "99")),
    Situation("h_rt_notify", "-notify -l h_rt=3", ("sleep", "99")),
    Situation("h_rt_clock", "-l h_rt=0:0:4", ("sleep", "99")),
    Situation("h_rt_rerunnable", "-r y -l h_rt=3", ("sleep", "99")),
    Situation("h_rt_parallel", "-pe smp 2 -l h_rt=3", ("sleep", "99")),
    Situation("h_rt_of_the_queue", "-q short.q", ("sleep", "99")),
    Situation("h_rt_sigterm_before", "-l h_rt=60", sh("sleep 1; kill -TERM $$")),
    Situation("s_rt", "-l s_rt=3", ("sleep", "99")),
    Situation("s_rt_of_the_queue", "-q soft.q", ("sleep", "99")),
    Situation("s_rt_caught", "-l s_rt=3", sh("trap 'kill %1; exit 0' USR1; sleep 99 & wait")),
    Situation("s_rt_caught_exit_7", "-l s_rt=3", sh("trap 'kill %1; exit 7' USR1; sleep 99 & wait")),
    Situation("s_rt_ignored_then_h_rt", "-l s_rt=2,h_rt=6", sh("trap '' USR1; sleep 99")),
    Situation("s_rt_is_h_rt", "-l s_rt=4,h_rt=4", ("sleep", "99")),
    Situation("h_rt_of_a_killed_child", "-l h_rt=60", sh("sh -c 'kill -9 $$'; exit $?")),
    Situation("h_cpu", "-l h_cpu=2", sh(BUSY)),
    Situation("h_cpu_parallel", "-pe smp 2 -l h_cpu=2", sh(f"({BUSY}) & {BUSY}")),
    Situation("h_cpu_of_a_child", "-l h_cpu=2", sh(f"sh -c '{BUSY}'; exit $?")),
    Situation("h_cpu_of_the_queue", "-q cpu.q", sh(BUSY)),
    Situation("s_cpu", "-l s_cpu=2", sh(BUSY)),
    Situation("s_cpu_ignored_then_h_cpu", "-l s_cpu=1,h_cpu=3", sh(f"trap '' XCPU; {BUSY}")),
    Situation("h_vmem_python", "-l h_vmem=300M", python(KEEP)),
    Situation("h_vmem_mmap", "-l h_vmem=300M", python(FILL)),
    Situation("h_vmem_abort", "-l h_vmem=300M", python(f"{ALLOCATE}c.abort()")),
    Situation("h_vmem_segfault", "-l h_vmem=300M", python(f"{ALLOCATE}c.memset(p, 0, 9)")),
    Situation("h_vmem_slow", "-l h_vmem=300M", python(KEEP_SLOWLY)),
    Situation("h_vmem_children", "-l h_vmem=300M", sh(f"{CHILD} {CHILD} {CHILD} {CHILD} wait")),
    Situation("h_vmem_parallel", "-pe smp 2 -l h_vmem=200M", python(KEEP)),
    Situation("h_vmem_perl", "-l h_vmem=300M", ("perl", "-e", "push @a, 'x' x 2**24 while 1")),
    Situation("h_vmem_bash", "-l h_vmem=300M", sh("a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done")),
    Situation("h_vmem_of_the_queue", "-q small.q", python(KEEP)),
    Situation("h_vmem_too_small_to_start", "-l h_vmem=1M", python("pass")),
    Situation("s_vmem", "-l s_vmem=300M", python(KEEP_SLOWLY)),
    Situation("h_data", "-l h_data=200M", python(KEEP)),
    Situation("h_rss", "-l h_rss=100M", python("b = bytearray(2**28)")),
    Situation("h_stack", "-l h_stack=8M", python(RECURSION)),
    Situation("h_fsize", "-l h_fsize=1M", (*WRITE, "of=large")),
    Situation("h_fsize_python", "-l h_fsize=1M", python("open('largest', 'wb').write(bytes(2**22))")),
    Situation("s_fsize", "-l s_fsize=1M", (*WRITE, "of=larger")),
    Situation("qdel_running", "-l h_rt=3600", ("sleep", "99"), then="qdel JOB"),
    Situation("qdel_notify", "-notify", ("sleep", "99"), then="qdel JOB"),
    Situation("qdel_caught", "-notify", sh("trap 'exit 0' USR2; sleep 99 & wait"), then="qdel JOB"),
    Situation("qdel_forced", "", ("sleep", "99"), then="qdel -f JOB"),
    Situation("exit_100", "", sh("exit 100"), stays=True),
    Situation("exit_100_deleted", "", sh("exit 100"), then="qdel JOB", state="Eqw"),
    Situation("no_such_directory", "-wd /no/such/directory", ("true",), stays=True),
    Situation("no_such_program", "", ("/no/such/program",), stays=True),
    Situation("no_such_program_deleted", "", ("/no/such/program",), then="qdel JOB", state="Eqw"),
    Situation("no_such_input", "-i /no/such/input", ("true",), stays=True),
    Situation("no_such_output_directory", "-o /no/such/directory/file", ("true",), stays=True),
    Situation("not_executable", "", ("/etc/passwd",), stays=True),
    Situation("shepherd_killed", "", ("sleep", "99"), then="kill-shepherd"),
    Situation("rescheduled_then_done", "-r y", RESCHEDULED, then="qmod -rj JOB"),
    Situation("exit_99_then_done", "", sh(AGAIN.format("two", "exit 99"))),
)  # fmt: skip

QUEUES = {
    "short.q": {"h_rt": "0:0:3"},
    "soft.q": {"s_rt": "0:0:3"},
    "cpu.q": {"h_cpu": "0:0:2"},
    "small.q": {"h_vmem": "300M"},
}
