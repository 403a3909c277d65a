"""The cell: where it was found, its commands, its qmaster, what is open to this user."""

from __future__ import annotations

from pathlib import PurePosixPath

from drmaa_cli.diagnosis.finding import Examined, StepResult, ok, problem, warning
from drmaa_cli.gridengine import access, probe
from drmaa_cli.gridengine.dialect import JSON_FILE, PLAIN_FILE
from drmaa_cli.gridengine.known_faults import known_faults
from drmaa_cli.gridengine.records import Hold
from drmaa_cli.session.contact import Contact
from drmaa_cli.session.reach import open_host, ssh_host
from drmaa_cli.system.cell import Cluster
from drmaa_cli.system.commands import Tool
from drmaa_cli.system.host import Host
from drmaa_cli.system.runner import CommandNotFound

NEEDED = ("qsub", "qstat", "qdel", "qhold", "qrls", "qmod")
WANTED = ("qconf", "qacct", "qselect")
MOST_NAMES = 12
SETUP = "; for another host: DRMAA_CLI_SSH_SETUP='. /path/to/settings.sh'"
VARIABLES = ("SGE_ROOT", "SGE_CELL", "SGE_CLUSTER_NAME", "SGE_QMASTER_PORT", "SGE_EXECD_PORT", "SGE_ARCH")


def environment(site: Examined) -> StepResult:
    """What the commands begin with, and where Grid Engine was found."""
    if site.shell is None:
        site.host = open_host(Contact(), site.config, site.runner, None)
        found_by = ""
    else:
        there = ssh_host(site.shell, site.contact, site.config)
        site.host, found_by = there, there.found_by
    recorder = site.recorder.around(site.host)
    site.cluster = Cluster(site.config, site.host, runner=recorder)
    env = site.host.environ
    shown = [f"{name}={env[name]}" for name in VARIABLES if env.get(name)]
    text = (
        f"{site.cluster.user} on {site.host.name}; {', '.join(shown) or 'no variable of Grid Engine is set'}"
    )
    return ok(f"{text}; found by: {found_by}" if found_by else text)


def commands(site: Examined) -> StepResult:
    """Which commands there are, and whether they are wrappers."""
    cluster, host = site.ready_cluster(), site.ready_host()
    places: dict[str, list[str]] = {}
    lacking: list[str] = []
    for name in (*NEEDED, *WANTED):
        try:
            tool = cluster.tool(name)
        except CommandNotFound:
            lacking.append(name)
            continue
        places.setdefault(_place(name, tool, host), []).append(name)
    text = "; ".join(f"{', '.join(names)} in {place}" for place, names in places.items())
    if missing := [name for name in lacking if name in NEEDED]:
        return problem(
            f"{', '.join(missing)} not found; {text or 'nor any other command'}",
            "source the cell's settings.sh, or set PATH or SGE_ROOT" + (SETUP if site.is_remote else ""),
        )
    if lacking:
        return warning(
            f"{', '.join(lacking)} not found; {text}",
            "install the rest of Grid Engine's client commands: without qconf its defaults are assumed,"
            " without qacct an unreadable accounting file leaves ends unknown",
        )
    return ok(text)


def _place(name: str, tool: Tool, host: Host) -> str:
    folder = str(PurePosixPath(tool.path).parent)
    on_path = host.which(name, host.environ.get("PATH", ""))
    if on_path is not None and on_path != tool.path:
        return f"{folder} (behind the wrapper {PurePosixPath(on_path).parent})"
    is_script = host.read_file(tool.path, 2) == b"#!"
    return f"{folder} (scripts of the site)" if is_script else folder


def cell(site: Examined) -> StepResult:
    """Whether the cell's directory is there, and who its qmaster is."""
    env = site.ready_cluster().environment()
    root, name = env.get("SGE_ROOT", ""), env.get("SGE_CELL") or "default"
    if not root:
        return problem(
            "SGE_ROOT is not set, and nothing says where the cell is", "source the cell's settings.sh"
        )
    site.common = f"{root}/{name}/common"
    try:
        master = site.ready_host().read_file(f"{site.common}/act_qmaster").decode("utf-8", "replace").strip()
    except OSError as err:
        return problem(
            f"{site.common}/act_qmaster cannot be read: {type(err).__name__}",
            "check SGE_ROOT and SGE_CELL; the directory is often shared by NFS: is it mounted?",
        )
    if not master:
        return problem(
            f"{site.common}/act_qmaster is empty: an installation that nobody has configured",
            "source the settings.sh of the cell that is used" + (SETUP if site.is_remote else ""),
        )
    return ok(f"{root}, cell {name}, qmaster on {master}")


def version(site: Examined) -> StepResult:
    """Which Grid Engine it is; asks no qmaster."""
    return ok(site.ready_cluster().product())


def qmaster(site: Examined) -> StepResult:
    """Whether the qmaster answers, by asking for its configuration; how fast is in the seconds."""
    site.configuration = site.ready_cluster().configuration()
    if not site.configuration:
        return warning(
            "it answers, but not to `qconf -sconf`: Grid Engine's defaults are assumed",
            "ask for the right to read the configuration if the cell differs from the defaults much",
        )
    return ok(f"answers; at most {probe.max_aj_tasks(site.configuration)} tasks in an array")


def status_query(site: Examined) -> StepResult:
    """Whether the user's jobs can be listed, which is what waiting rests on."""
    cluster = site.ready_cluster()
    jobs = {row.job for row in cluster.listing(cluster.user).rows}
    count = "1 job" if len(jobs) == 1 else f"{len(jobs)} jobs"
    return ok(f"{count} of {cluster.user} {'is' if len(jobs) == 1 else 'are'} in the qmaster")


def hold_filters(site: Examined) -> StepResult:
    """Whether the kinds of hold can be told apart."""
    cluster = site.ready_cluster()
    held = [len({row.job for row in cluster.listing(cluster.user, None, kind).rows}) for kind in HOLDS]
    if not any(held):
        return ok("no job is held")
    return ok("1 job is held" if sum(held) == 1 else f"{sum(held)} jobs are held")


HOLDS = (Hold.USER, Hold.OPERATOR, Hold.SYSTEM)


def flavour(site: Examined) -> StepResult:
    """Which engine it is and what it can do."""
    cluster, host = site.ready_cluster(), site.ready_host()
    site.accounting = host.accounting(f"{site.common}/{PLAIN_FILE}", f"{site.common}/{JSON_FILE}")
    site.accounting.open()
    site.flavour = cluster.flavour(site.accounting.sample())
    features = [name for name, value in site.flavour.features._asdict().items() if value]
    return ok(f"{site.flavour}; {', '.join(features)}")


def faults(site: Examined) -> StepResult:
    """What is known to be wrong with this engine."""
    assert site.flavour is not None
    known = known_faults(site.flavour)
    if not known:
        return ok(f"none of {site.flavour.name} that drmaa_cli does not make good")
    return warning("; ".join(fault.text for fault in known), "; ".join(fault.advice for fault in known))


def submission(site: Examined) -> StepResult:
    """Whether the user may submit from this host; asked without submitting (``qsub -w v``)."""
    verified = _verified(site)
    if verified.possible:
        return ok("a job of this user would be taken")
    if "submit host" in verified.text:
        return problem(verified.text, "work on a submit host, or have an administrator do: qconf -as HOST")
    return warning(
        verified.text,
        "the cell may want an option of every job (-q, -P, -l): give it in nativeSpecification, or in"
        " ~/.sge_request",
    )


def queues(site: Examined) -> StepResult:
    """The queues that are open to the user."""
    cluster = site.ready_cluster()
    instances = access.parse_queues(cluster.ask(access.queues_argv(cluster.user)))
    if not instances:
        return problem(f"no queue is open to {cluster.user}", "ask for access to a queue (its user_lists)")
    hosts: dict[str, int] = {}
    for instance in instances:
        queue = instance.partition("@")[0]
        hosts[queue] = hosts.get(queue, 0) + 1
    return ok(
        _some([f"{queue} on {count} host{'' if count == 1 else 's'}" for queue, count in hosts.items()])
    )


def environments(site: Examined) -> StepResult:
    """The parallel environments that are open to the user."""
    names = access.parse_environments(site.ready_cluster().ask(access.ENVIRONMENTS_ARGV))
    if not names:
        return ok("the cell has no parallel environment")
    closed = [name for name in names if access.is_closed_environment(_verified(site, "-pe", name, "1"))]
    names = [name for name in names if name not in closed]
    text = _some(names) or "none"
    return ok(f"{text}; closed: {_some(closed)}" if closed else text)


def _verified(site: Examined, *options: str) -> access.Verified:
    cluster = site.ready_cluster()
    verified = access.parse_verification(cluster.ask(access.verification_argv(*options)))
    if verified.job is not None:
        cluster.ask(("qdel", str(verified.job)))
    return verified


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
