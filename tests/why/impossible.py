"""Never: what no place in the cell can run."""

from __future__ import annotations

from tests.why.site import Site
from tests.why.situation import NEVER, Made, situation


@situation("impossible", f"{NEVER}it asks for arch=none, and host localhost has lx-amd64")
def another_architecture(site: Site) -> Made:
    return Made(site.submit("-l", "arch=none", "sleep", "9"))


@situation("impossible", f"{NEVER}it asks for hostname=none*, and queue all.q@localhost has localhost")
def another_host(site: Site) -> Made:
    return Made(site.submit("-l", "h=none*", "-q", "all.q", "sleep", "9"))


@situation("impossible", f"{NEVER}it asks for lic=3, and host localhost has 1 in all")
def more_than_there_is(site: Site) -> Made:
    return Made(site.submit("-l", "lic=3", "sleep", "9"))


@situation("impossible", f"{NEVER}it asks for disk=20G, and host localhost has 10G in all")
def more_memory_than_there_is(site: Site) -> Made:
    return Made(site.submit("-l", "disk=20G", "sleep", "9"))


@situation("impossible", f"{NEVER}it asks for feat=1, which queue all.q@localhost does not have")
def resource_that_is_nowhere(site: Site) -> Made:
    return Made(site.submit("-l", "feat=1", "-q", "all.q", "sleep", "9"))


@situation("impossible", f"{NEVER}it asks for mem_free=9000G, and no host has more than <N> of memory")
def more_memory_than_any_host_has(site: Site) -> Made:
    return Made(site.submit("-l", "mem_free=9000G", "sleep", "9"))


@situation("impossible", f"{NEVER}it asks for h_rt=36000, and queue all.q does not allow that")
def longer_than_the_queue_allows(site: Site) -> Made:
    site.queue(h_rt="0:0:10")
    return Made(site.submit("-q", "all.q", "-l", "h_rt=10:0:0", "sleep", "9"))


@situation("impossible", f"{NEVER}it asks for 50 slots on one host, and no host has more than 2")
def more_slots_than_a_host_has(site: Site) -> Made:
    return Made(site.submit("-pe", "smp", "50", "sleep", "9"))


@situation("impossible", f"{NEVER}it asks for 9 slots on one host, and no host has more than 2")
def more_slots_than_any_environment_of_a_pattern_has(site: Site) -> Made:
    return Made(site.submit("-pe", "s*", "9", "sleep", "9"))


@situation("impossible", f"{NEVER}it asks for 2 slots, and parallel environment few has 1 in all")
def more_slots_than_the_environment_has(site: Site) -> Made:
    return Made(site.submit("-pe", "few", "2", "sleep", "9"))


@situation("impossible", f"{NEVER}no queue offers parallel environment nowhere")
def environment_of_no_queue(site: Site) -> Made:
    return Made(site.submit("-pe", "nowhere", "2", "sleep", "9"))


@situation("impossible", f"{NEVER}queue all.q@localhost takes no batch jobs")
def interactive_queue(site: Site) -> Made:
    site.queue(qtype="INTERACTIVE")
    return Made(site.submit("-q", "all.q", "sleep", "9"))


@situation("impossible", f"{NEVER}queue all.q is not open to user {{user}}", on_fake=False)
def queue_for_others(site: Site) -> Made:
    site.qconf("-Au", "name staff\ntype ACL\nfshare 0\noticket 0\nentries nobody\n", undo=("-dul", "staff"))
    site.queue(user_lists="staff")
    return Made(site.submit("-q", "all.q", "sleep", "9"))


def _queue_of_others(site: Site) -> None:
    """Beside that of everybody."""
    site.qconf("-Au", "name staff\ntype ACL\nfshare 0\noticket 0\nentries nobody\n", undo=("-dul", "staff"))
    site.add_queue("second.q", user_lists="staff", pe_list="smp")


@situation(
    "impossible",
    f"{NEVER}it asks for 50 slots on one host, and no host has more than 2;"
    " queue second.q is not open to user {user}",
    on_fake=False,
)
def more_slots_than_a_host_has_and_a_queue_for_others(site: Site) -> Made:
    _queue_of_others(site)
    return Made(site.submit("-pe", "smp", "50", "sleep", "9"))


@situation("impossible", f"{NEVER}queue second.q is not open to user {{user}}", on_fake=False)
def master_task_in_a_queue_for_others(site: Site) -> Made:
    _queue_of_others(site)
    return Made(site.submit("-q", "all.q,second.q", "-masterq", "second.q", "-pe", "smp", "1", "sleep", "9"))


@situation(
    "impossible",
    f"{NEVER}it asks for more than rule max/1 of the resource quotas ever allows (users {{{{*}}}} to lic=0)",
    on_fake=False,
)
def more_than_a_quota_ever_allows(site: Site) -> Made:
    text = "{\nname max\nenabled TRUE\nlimit users {*} to lic=0\n}\n"
    site.qconf("-Arqs", text, undo=("-drqs", "max"))
    return Made(site.submit("-l", "lic=1", "sleep", "9"))


@situation("impossible", f"{NEVER}host localhost is not open to user {{user}}", on_fake=False)
def host_for_others(site: Site) -> Made:
    site.qconf("-Au", "name staff\ntype ACL\nfshare 0\noticket 0\nentries nobody\n", undo=("-dul", "staff"))
    change = ("qconf", "-rattr", "exechost", "user_lists")
    site.set(*change, "staff", "localhost", undo=(*change, "NONE", "localhost"))
    return Made(site.submit("sleep", "9"))


@situation("impossible", f"{NEVER}parallel environment smp is not open to user {{user}}", on_fake=False)
def environment_for_others(site: Site) -> Made:
    site.qconf("-Au", "name staff\ntype ACL\nfshare 0\noticket 0\nentries nobody\n", undo=("-dul", "staff"))
    change = ("qconf", "-rattr", "pe", "user_lists")
    site.set(*change, "staff", "smp", undo=(*change, "NONE", "smp"))
    return Made(site.submit("-pe", "smp", "1", "sleep", "9"))


@situation("impossible", f"{NEVER}queue all.q is not open to jobs without a project", on_fake=False)
def queue_for_a_project(site: Site) -> Made:
    site.qconf("-Aprj", "name ours\noticket 0\nfshare 0\nacl NONE\nxacl NONE\n", undo=("-dprj", "ours"))
    site.queue(projects="ours")
    return Made(site.submit("-q", "all.q", "sleep", "9"))


@situation(
    "impossible",
    f"{NEVER}it may only run in third.q (-q), and there is no such queue any more",
    on_fake=False,
)
def queue_that_is_gone(site: Site) -> Made:
    site.configure(queues={"third.q": {}})
    job = site.submit("-q", "third.q", "-h", "sleep", "9")
    site.run("qconf", "-dq", "third.q")
    site.run("qrls", job)
    return Made(job)
