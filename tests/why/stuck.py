"""Errors, suspension, restarts, and jobs of which nothing is known."""

from __future__ import annotations

from tests.why.site import Site
from tests.why.situation import Made, situation


@situation("error state", "in its error state: its working directory /no/such/directory does not exist")
def missing_directory(site: Site) -> Made:
    return _in_error(site, "-wd", "/no/such/directory", "sleep", "9")


@situation(
    "error state",
    "in its error state: the directory of its output file /no/such/directory/out does not exist",
)
def missing_output_directory(site: Site) -> Made:
    return _in_error(site, "-o", "/no/such/directory/out", "sleep", "9")


@situation("error state", "in its error state: its input file /no/such/file cannot be read")
def missing_input(site: Site) -> Made:
    return _in_error(site, "-i", "/no/such/file", "sleep", "9")


@situation("error state", "in its error state: its input /tmp is a directory, and no file", on_fake=False)
def input_that_is_a_directory(site: Site) -> Made:
    return _in_error(site, "-i", "/tmp", "sleep", "9")


@situation(
    "error state",
    "in its error state: its program /no/such/program does not exist on the host, or the interpreter of its"
    " first line does not",
)
def missing_program(site: Site) -> Made:
    return _in_error(site, "/no/such/program")


@situation("error state", "in its error state: its program /etc/passwd is not executable")
def program_that_is_not_executable(site: Site) -> Made:
    return _in_error(site, "/etc/passwd")


@situation("error state", "in its error state: its shell /no/such/shell does not exist on the host")
def missing_shell(site: Site) -> Made:
    script = site.folder / "script"
    script.write_text("true\n")
    job = site.script("-S", "/no/such/shell", str(script))
    site.wait_for(job, "Eqw")
    return Made(job)


@situation(
    "error state",
    "in its error state: it exited with 100, by which a job says that it must not be tried again",
)
def application_error(site: Site) -> Made:
    return _in_error(site, "sh", "-c", "exit 100")


def _in_error(site: Site, *words: str) -> Made:
    job = site.submit(*words)
    site.wait_for(job, "Eqw")
    return Made(job)


@situation("suspended", "suspended by qmod -sj on all.q@localhost")
def suspended_job(site: Site) -> Made:
    job = site.sleeper()
    site.run("qmod", "-sj", job)
    site.wait_for(job, "s")
    return Made(job)


@situation("suspended", "suspended: its queue all.q@localhost is suspended")
def job_of_a_suspended_queue(site: Site) -> Made:
    job = site.sleeper("-q", "all.q")
    site.set("qmod", "-sq", "all.q", undo=("qmod", "-usq", "all.q"))
    site.wait_for(job, "S")
    return Made(job)


@situation("suspended", "suspended by qmod -sj on all.q@localhost, and so is its queue all.q@localhost")
def job_suspended_twice(site: Site) -> Made:
    job = site.sleeper("-q", "all.q")
    site.set("qmod", "-sq", "all.q", undo=("qmod", "-usq", "all.q"))
    site.run("qmod", "-sj", job)
    site.wait_for(job, "Ss")
    return Made(job)


@situation(
    "suspended",
    "suspended: its queue all.q@localhost is suspended for the jobs of another queue",
    on_fake=False,
)
def job_of_a_subordinate_queue(site: Site) -> Made:
    job = site.sleeper("-q", "all.q")
    site.add_queue("master.q", subordinate_list="all.q=1")
    other = site.submit("-q", "master.q", "sleep", "900")
    site.wait_for(other, "r")
    site.wait_for(job, "S")
    return Made(job)


@situation("suspended", "suspended: its host is above suspend_thresholds of all.q@localhost", on_fake=False)
def job_above_a_suspend_threshold(site: Site) -> Made:
    job = site.sleeper("-q", "all.q")
    site.queue(suspend_thresholds="load_avg=0", suspend_interval="0:0:1", nsuspend="1")
    site.wait_for(job, "T")
    return Made(job)


@situation("deleting", "to be deleted, and not gone, for host localhost does not answer", on_fake=False)
def deleted_on_a_host_that_does_not_answer(site: Site) -> Made:
    job = site.sleeper("-q", "all.q")
    site.silence_host()
    site.run("qdel", job)
    return Made(job)


@situation(
    "running",
    "running on all.q@localhost, as far as is known: the host does not answer",
    on_fake=False,
    certain=False,
)
def running_on_a_host_that_does_not_answer(site: Site) -> Made:
    job = site.sleeper("-q", "all.q")
    site.silence_host()
    return Made(job)


@situation(
    "restart", "waiting to be started again: it exited with 99 on localhost, by which a job asks for that"
)
def exit_99(site: Site) -> Made:
    job = site.submit("-r", "y", "sh", "-c", "exit 99")
    site.wait_for(job, "Rq")
    return Made(job)


@situation(
    "restart", "waiting to be started again: its last run, on localhost, was broken off to be run again"
)
def rescheduled(site: Site) -> Made:
    job = site.sleeper("-r", "y")
    site.run("qmod", "-rj", job)
    site.wait_for(job, "Rq")
    return Made(job)


@situation("running", "running on all.q@localhost")
def running(site: Site) -> Made:
    return Made(site.sleeper("-q", "all.q"))


@situation("unknown", "unknown: neither the qmaster nor accounting has such a job", certain=False)
def unknown_job(site: Site) -> Made:  # as the others
    return Made("777777")
