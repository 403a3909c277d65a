"""How jobs end is told by accounting; what keeps a listing from being complete; whether clocks agree."""

from __future__ import annotations

import time

from drmaa_cli.diagnosis.finding import Examined, StepResult, ok, problem, skipped, warning
from drmaa_cli.gridengine import probe
from drmaa_cli.gridengine.replies import CommandFailed
from drmaa_cli.system.option_files import OptionFiles
from drmaa_cli.system.runner import Command
from drmaa_cli.system.trouble import TROUBLE

UNKNOWN_JOB = 9999999  # the largest number that Grid Engine gives by default (sge_conf(5), MAX_SEQNUM)
LARGEST_SKEW = 60.0  # seconds
CLOCK_SECONDS = 30.0
DAY = 86400.0


def accounting(site: Examined) -> StepResult:
    """Whether the accounting file can be read, and when a job's record is in it."""
    assert site.accounting is not None
    if not probe.has_accounting(site.configuration):
        return warning(
            "this cell writes no accounting (reporting_params has accounting=false)",
            "how jobs ended is seldom known then: ask for accounting=true",
        )
    late = probe.accounting_flush_seconds(site.configuration)
    when = f"at most {late} s after its end" if late else "as soon as it has ended"
    text = f"a job's record is there {when}"
    if site.accounting.readable:
        return ok(f"{site.accounting.path} can be read; {text}")
    if site.accounting.sample().files:
        return warning(
            f"{site.accounting.path} is there and may not be read; qacct is asked, later and later",
            "ask for the right to read it: chmod a+r",
        )
    return warning(
        f"there is no {site.accounting.path}: no job has ended yet, or the file is on another host",
        "where it is on another host, mount its directory here: until then qacct must work",
    )


def qacct(site: Examined) -> StepResult:
    """Whether qacct can stand in for the accounting file."""
    assert site.accounting is not None
    try:
        site.ready_cluster().records([UNKNOWN_JOB], time.time() - DAY)
    except TROUBLE as err:
        if site.accounting.readable:
            return ok(f"is not needed: the accounting file can be read ({err})")
        return problem(
            str(err), "let qacct or this program read the cell's accounting file: ends are unknown else"
        )
    return ok("answers")


def listing_filters(site: Examined) -> StepResult:
    """Whether an option file takes jobs out of every listing."""
    files = OptionFiles(site.ready_host(), site.common, site.ready_cluster().home)
    try:
        taken_back = files.listing_options()
    except CommandFailed as err:
        return problem(err.text, "until then no session can begin")
    if taken_back:
        words = " ".join(taken_back)
        return ok(f"sge_qstat files take jobs out of listings; sessions take that back with {words}")
    return ok("no sge_qstat file leaves jobs out")


def clock(site: Examined) -> StepResult:
    """Whether this host and the submit host have the same time."""
    if site.shell is None:
        return skipped("this host is the submit host: a job (submit) tells the qmaster's time")
    before = time.time()
    done = site.shell.run(Command(("date", "+%s"), "/bin/date", {}, CLOCK_SECONDS))
    after = time.time()
    there = float(done.out)
    skew = max(there - after, before - there - 1.0, 0.0)
    return skew_of("the submit host", skew if there > after else -skew)


def skew_of(whose: str, seconds: float) -> StepResult:
    """What a difference of clocks means; the sign is that of the other one."""
    if abs(seconds) <= LARGEST_SKEW:
        return ok(f"{whose} and this host agree within a minute")
    way = "ahead of" if seconds > 0 else "behind"
    return warning(
        f"{whose}'s clock is {abs(seconds):.0f} s {way} this host's",
        "have both follow NTP: start times and time stamps are off until then",
    )
