"""Holds, dependencies and times: what the scheduler does not look at."""

from __future__ import annotations

from tests.why.site import Site
from tests.why.situation import Made, situation


@situation("held", "held by a hold of a user")
def user_hold(site: Site) -> Made:
    return Made(site.submit("-h", "sleep", "9"))


@situation("held", "held by a hold of an operator")
def operator_hold(site: Site) -> Made:
    job = site.submit("-h", "sleep", "9")
    site.run("qhold", "-h", "o", job)
    site.run("qrls", "-h", "u", job)
    return Made(job)


@situation("held", "held by a hold of the system")
def system_hold(site: Site) -> Made:
    job = site.submit("-h", "sleep", "9")
    site.run("qhold", "-h", "s", job)
    site.run("qrls", "-h", "u", job)
    return Made(job)


@situation("held", "held by holds of a user and an operator")
def two_holds(site: Site) -> Made:
    job = site.submit("-h", "sleep", "9")
    site.run("qhold", "-h", "o", job)
    return Made(job)


@situation("dependency", "waiting for job {other} (first), which runs (-hold_jid)")
def dependency_that_runs(site: Site) -> Made:
    first = site.sleeper("-N", "first")
    return Made(site.submit("-hold_jid", first, "sleep", "9"), first)


@situation("dependency", "waiting for job {other} (first), which is held itself (-hold_jid)")
def dependency_that_is_held(site: Site) -> Made:
    first = site.submit("-h", "-N", "first", "sleep", "9")
    return Made(site.submit("-hold_jid", "first", "sleep", "9"), first)


@situation("dependency", "waiting for job {other} (first), which waits itself (-hold_jid)")
def dependency_that_waits(site: Site) -> Made:
    first = site.submit("-l", "arch=none", "-N", "first", "sleep", "9")
    return Made(site.submit("-hold_jid", first, "sleep", "9"), first)


@situation(
    "dependency",
    "waiting for job {other} (first), which is in its error state and will not end by itself (-hold_jid)",
)
def dependency_in_error(site: Site) -> Made:
    first = site.submit("-wd", "/no/such/directory", "-N", "first", "sleep", "9")
    site.wait_for(first, "Eqw")
    return Made(site.submit("-hold_jid", first, "sleep", "9"), first)


@situation("dependency", "waiting for job {other} (first), which is suspended (-hold_jid)")
def dependency_that_is_suspended(site: Site) -> Made:
    first = site.sleeper("-N", "first")
    site.run("qmod", "-sj", first)
    site.wait_for(first, "s")
    return Made(site.submit("-hold_jid", first, "sleep", "9"), first)


@situation(
    "dependency", "waiting for the same task of job {other} (first), which is held itself (-hold_jid_ad)"
)
def dependency_task_by_task(site: Site) -> Made:
    first = site.submit("-h", "-t", "1-2", "-N", "first", "sleep", "9")
    return Made(site.submit("-t", "1-2", "-hold_jid_ad", first, "sleep", "9"), first)


@situation("running", "running on all.q@localhost")
def a_dependency_that_failed_has_ended(site: Site) -> Made:
    first = site.submit("-N", "first", "sh", "-c", "exit 3")
    job = site.submit("-hold_jid", first, "sleep", "900")
    site.wait_for(job, "r")
    return Made(job)


@situation(
    "held",
    "held by a hold of a user, and waiting for job {other} (first), which runs (-hold_jid), and waiting for"
    " its start time, 2037-12-31 23:59:00 (-a)",
)
def three_things_at_once(site: Site) -> Made:
    first = site.sleeper("-N", "first")
    return Made(site.submit("-h", "-hold_jid", first, "-a", "203712312359", "sleep", "9"), first)


@situation("start time", "waiting for its start time, 2037-12-31 23:59:00 (-a)")
def start_time(site: Site) -> Made:
    return Made(site.submit("-a", "203712312359", "sleep", "9"))
