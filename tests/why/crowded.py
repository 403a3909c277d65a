"""No room: slots, resources, limits and quotas that are used up; queues that are closed."""

from __future__ import annotations

from tests.why.site import Site
from tests.why.situation import Made, situation


@situation("no free slot", "waiting for a free slot: all 2 slots of all.q@localhost are in use")
def no_free_slot(site: Site) -> Made:
    site.sleeper()
    site.sleeper()
    return Made(site.submit("sleep", "9"))


@situation("no free slot", "waiting for a free slot: the one slot of all.q@localhost is in use")
def no_free_slot_of_one(site: Site) -> Made:
    site.queue(slots="1")
    site.sleeper()
    return Made(site.submit("sleep", "9"))


@situation(
    "no free slot",
    "waiting for 2 free slots in parallel environment smp: no host has more than 1 free",
)
def too_few_free_slots(site: Site) -> Made:
    site.sleeper()
    return Made(site.submit("-pe", "smp", "2", "sleep", "9"))


@situation(
    "no free slot",
    "waiting for 2 free slots in parallel environment smp: all 2 slots of all.q@localhost are in use",
)
def no_free_slot_for_a_parallel_job(site: Site) -> Made:
    site.sleeper()
    site.sleeper()
    return Made(site.submit("-pe", "smp", "2", "sleep", "9"))


@situation(
    "no free slot",
    "waiting for a free slot: all 2 slots of all.q@localhost are in use; second.q@localhost is disabled",
    on_fake=False,
)
def one_queue_full_and_one_disabled(site: Site) -> Made:
    site.add_queue("second.q")
    site.run("qmod", "-d", "second.q")
    site.sleeper()
    site.sleeper()
    return Made(site.submit("-q", "all.q,second.q", "sleep", "9"))


@situation(
    "resource",
    "waiting for what it asks for: it asks for lic=1, and host localhost has 0 left",
)
def consumable_in_use(site: Site) -> Made:
    site.sleeper("-l", "lic=1")
    return Made(site.submit("-l", "lic=1", "sleep", "9"))


@situation(
    "resource",
    "waiting for what it asks for: it wants host localhost for itself (solo=1), where other jobs run",
    on_fake=False,
)
def exclusive_host_in_use(site: Site) -> Made:
    site.sleeper("-l", "solo=1")
    return Made(site.submit("-l", "solo=1", "sleep", "9"))


@situation(
    "resource",
    "waiting for what it asks for: another job has host localhost for itself (solo)",
    on_fake=False,
)
def host_that_another_job_has_for_itself(site: Site) -> Made:
    site.sleeper("-l", "solo=1")
    return Made(site.submit("sleep", "9"))


@situation(
    "concurrency",
    "waiting for other tasks of its array: 1 run, and no more than 1 may (-tc)",
)
def as_many_tasks_as_may(site: Site) -> Made:
    job = site.submit("-t", "1-5", "-tc", "1", "sleep", "900")
    site.wait_for(job, "r")
    return Made(f"{job}.3")


@situation(
    "user limit",
    "waiting for other jobs of user {user}: 1 run, and no more than 1 of one user may (maxujobs)",
    on_fake=False,
)
def as_many_jobs_as_one_user_may_have(site: Site) -> Made:
    site.scheduler(maxujobs="1")
    site.sleeper()
    return Made(site.submit("sleep", "9"))


@situation(
    "quota",
    "waiting at a resource quota: rule max/1 of the resource quotas allows no more (users {{*}} to slots=1)",
)
def resource_quota(site: Site) -> Made:
    text = "{\nname max\nenabled TRUE\nlimit users {*} to slots=1\n}\n"
    site.qconf("-Arqs", text, undo=("-drqs", "max"))
    site.sleeper()
    return Made(site.submit("sleep", "9"))


@situation(
    "reservation",
    "waiting for slots that are kept for another job: the free ones of queue all.q@localhost are reserved,"
    " and it might not end before they are needed",
    on_fake=False,
    silent=False,
)
def reservation(site: Site) -> Made:
    site.scheduler(max_reservation="20", default_duration="0:10:0")
    site.sleeper("-l", "h_rt=900")
    site.submit("-R", "y", "-pe", "smp", "2", "sleep", "9")
    return Made(site.submit("-l", "h_rt=2000", "sleep", "9"))


@situation("queue", "waiting for a queue: all.q@localhost is disabled")
def disabled_queue(site: Site) -> Made:
    site.set("qmod", "-d", "all.q", undo=("qmod", "-e", "all.q"))
    return Made(site.submit("sleep", "9"))


@situation("queue", "waiting for a queue: all.q@localhost is suspended")
def suspended_queue(site: Site) -> Made:
    site.set("qmod", "-sq", "all.q", undo=("qmod", "-usq", "all.q"))
    return Made(site.submit("sleep", "9"))


@situation("queue", "waiting for a queue: all.q@localhost is in its error state", on_fake=False)
def queue_in_error(site: Site) -> Made:
    site.queue(prolog="/bin/false")
    job = site.submit("sleep", "9")
    site.wait_until(lambda: " E" in site.run("qstat", "-f"), "all.q in error")
    site.afterwards(lambda: site.run("qmod", "-cq", "all.q"))
    return Made(job)


@situation(
    "queue",
    "waiting for a queue: all.q@localhost is not heard of: its host does not answer",
    on_fake=False,
)
def host_that_does_not_answer(site: Site) -> Made:
    site.silence_host()
    return Made(site.submit("sleep", "9"))


@situation(
    "queue",
    "waiting for a queue: all.q@localhost is suspended for the jobs of another queue",
    on_fake=False,
)
def subordinate_queue(site: Site) -> Made:
    site.add_queue("master.q", subordinate_list="all.q=1")
    site.sleeper("-q", "master.q")
    site.wait_until(lambda: " S" in site.run("qstat", "-f"), "all.q suspended")
    return Made(site.submit("-q", "all.q", "sleep", "9"))


@situation("queue", "waiting for a queue: all.q@localhost is disabled by its calendar", on_fake=False)
def closed_by_its_calendar(site: Site) -> Made:
    text = "calendar_name closed\nyear NONE\nweek mon-sun=0-24=off\n"
    site.qconf("-Acal", text, undo=("-dcal", "closed"))
    site.queue(calendar="closed")
    return Made(site.submit("sleep", "9"))


@situation("load", "waiting for the load to fall: all.q@localhost is in load alarm")
def load_alarm(site: Site) -> Made:
    site.queue(load_thresholds="load_avg=0")
    site.wait_until(lambda: site.run("qstat", "-f").split()[-1] == "a", "all.q in alarm")
    return Made(site.submit("sleep", "9"))
