"""User lists and projects: what a real 8.1.9 of two slots said to the same commands of root's.

Its user sets: staff has daemon, admins root, both have both, group root's group.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fake_sge.engine.accounting import category

from .pure import PureCell, does

NOT_ALLOWED = "warning: root's job is not allowed to run in any queue"
CLUSTER_QUEUE = 'has no permission for cluster queue "all.q"'
QUEUE = 'has no permission for queue "all.q@localhost"'
HOST = 'has no permission for host "localhost"'
GLOBAL = 'has no permission for host "global"'
WRONG = "does not have the correct project to run in"
EXCLUDED = "based on the excluded project list"
NO_PE = 'cannot run because no access to PE "smp"'
NO_SLOTS = 'cannot run in PE "smp" because it only offers 0 slots'
FOUND = "verification: found suitable queue(s)\n"


@pytest.fixture
def cell(tmp_path: Path) -> PureCell:
    made = PureCell(tmp_path, slots=2, projects=("proj", "other"))
    for users, name in (("daemon", "staff"), ("root", "admins"), ("root,daemon", "both"), ("@root", "group")):
        does(made, f"qconf -au {users} {name}")
    return made


def given(cell: PureCell, *settings: str) -> None:
    """``queue user_lists staff``: of all.q, localhost, smp or, as ``global``, all hosts."""
    objects = {"queue": "all.q", "exechost": "localhost", "pe": "smp", "global": "global"}
    for setting in settings:
        kind, name, value = setting.split()
        what = "exechost" if kind == "global" else kind
        assert "modified" in does(cell, f"qconf -rattr {what} {name} {value} {objects[kind]}")


def refusal(*reasons: str) -> str:
    """What -w v says."""
    lines = [reason if reason == NOT_ALLOWED else f"Job 1 {reason}" for reason in reasons]
    return "\n".join([f"Unable to run job: {lines[0]}", *lines[1:], "verification: no suitable queues"])


VERIFIED = {  # by what is set and submitted
    ("queue user_lists staff", ""): (NOT_ALLOWED, CLUSTER_QUEUE),
    ("queue user_lists admins", ""): (),
    ("queue user_lists group", ""): (),
    ("queue user_lists staff,admins", ""): (),
    ("queue xuser_lists both", ""): (NOT_ALLOWED, CLUSTER_QUEUE),
    ("queue xuser_lists staff", ""): (),
    ("queue user_lists NONE,[localhost=staff]", ""): (NOT_ALLOWED, QUEUE),
    ("queue user_lists both,[localhost=staff]", ""): (NOT_ALLOWED, QUEUE),
    ("queue user_lists staff,[localhost=both]", ""): (),
    ("queue user_lists staff,[localhost=staff]", ""): (NOT_ALLOWED, CLUSTER_QUEUE),
    ("queue user_lists staff", "-pe smp 1"): (NOT_ALLOWED, CLUSTER_QUEUE, NO_SLOTS),
    ("queue user_lists staff", "-q all.q"): (NOT_ALLOWED, CLUSTER_QUEUE),
    ("queue user_lists staff;queue h_rt 10", "-l h_rt=100"): (
        NOT_ALLOWED,
        '(-l h_rt=100) cannot run in queue "all.q" because of cluster queue',
    ),
    ("queue projects proj", ""): (f'(no project) {WRONG} cluster queue "all.q"',),
    ("queue projects proj", "-P proj"): (),
    ("queue projects proj", "-P other"): (f'(no project) {WRONG} cluster queue "all.q"',),
    ("queue projects proj", "-pe smp 1"): (f'(no project) {WRONG} cluster queue "all.q"', NO_SLOTS),
    ("queue xprojects proj", ""): (),
    ("queue xprojects proj", "-P proj"): (f'(no project) {WRONG} cluster queue "all.q"',),
    ("queue projects proj,other;queue xprojects proj", "-P proj"): (
        f'(no project) {WRONG} cluster queue "all.q"',
    ),
    ("queue projects NONE,[localhost=proj]", ""): (f'(no project) {WRONG} queue "all.q@localhost"',),
    ("queue xprojects NONE,[localhost=proj]", "-P proj"): (
        f'(project proj) is not allowed to run in queue "all.q@localhost" {EXCLUDED}',
    ),
    ("queue projects proj;queue user_lists staff", ""): (
        NOT_ALLOWED,
        f'(no project) {WRONG} cluster queue "all.q"',
    ),
    ("queue projects NONE,[localhost=proj];queue user_lists NONE,[localhost=staff]", ""): (
        NOT_ALLOWED,
        QUEUE,
    ),
    ("exechost user_lists staff", ""): (HOST,),
    ("exechost user_lists staff", "-pe smp 1"): (HOST, NO_SLOTS),
    ("exechost user_lists staff", "-l arch=no"): (HOST,),
    ("exechost xuser_lists both", ""): (HOST,),
    ("exechost projects proj", ""): (f'(no project) {WRONG} host "localhost"',),
    ("exechost projects other", "-P proj"): (f'(project proj) {WRONG} host "localhost"',),
    ("exechost xprojects proj", "-P proj"): (
        f'(project proj) is not allowed to run in host "localhost" {EXCLUDED}',
    ),
    ("exechost projects proj;exechost user_lists staff", ""): (HOST,),
    ("queue user_lists NONE,[localhost=staff];exechost user_lists staff", ""): (NOT_ALLOWED, HOST),
    ("global user_lists staff", ""): (GLOBAL,),
    ("global xuser_lists admins", ""): (GLOBAL,),
    ("global user_lists staff", "-pe smp 1"): (GLOBAL, NO_SLOTS),
    ("global projects other;global user_lists staff", "-P proj"): (GLOBAL,),
    ("global projects other", "-P proj"): (f'(project proj) {WRONG} host "global"',),
    ("global xprojects proj", "-P proj"): (
        f'(project proj) is not allowed to run in host "global" {EXCLUDED}',
    ),
    ("queue user_lists staff;exechost user_lists staff;global user_lists staff", ""): (
        *(NOT_ALLOWED, CLUSTER_QUEUE, GLOBAL),
    ),
    ("pe user_lists staff", ""): (),
    ("pe user_lists staff", "-pe smp 1"): (NO_PE, NO_SLOTS),
    ("pe xuser_lists both", "-pe * 2"): (NO_PE, NO_SLOTS),
    ("pe user_lists staff;queue user_lists staff", "-pe smp 1"): (
        *(NOT_ALLOWED, CLUSTER_QUEUE, NO_PE, NO_SLOTS),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["v", "p"])
def test_verified(cell: PureCell, kind: str) -> None:
    unset: list[str] = []
    for (settings, options), reasons in VERIFIED.items():
        given(cell, *unset, *settings.split(";"))
        unset = []
        for setting in settings.split(";"):
            what, name, _ = setting.split()
            unset.append(f"{what} {name} {'INFINITY' if name == 'h_rt' else 'NONE'}")
        cell.qmaster.engine.state.next_number = 1
        text = does(cell, f"qsub -w {kind} {options} -b y true")
        expected = refusal(*reasons) + "\nExiting.\n" if reasons else FOUND
        assert text == expected, (settings, options)
        for setting in settings.split(";"):
            if "[" in setting:
                does(cell, f"qconf -purge queue {setting.split()[1]} all.q@localhost")


def test_a_job_waits_until_it_may_run(cell: PureCell) -> None:
    given(cell, "queue user_lists staff")
    taken = f'Unable to run job: {NOT_ALLOWED}\nYour job 1 ("true") has been submitted\nExiting.\n'
    assert does(cell, "qsub -terse -b y true") == taken
    unsuitable = taken.replace("\nYour job 1", "\nwarning: no suitable queues\nYour job 2")
    assert does(cell, "qsub -w w -b y true") == unsuitable
    refused = f"Unable to run job: {NOT_ALLOWED}\nerror: no suitable queues\nExiting.\n"
    assert does(cell, "qsub -w e -b y true") == refused
    for options in ("", "-now n "):  # the second of them waits on
        assert does(cell, f"qrsh {options}true") == f"{NOT_ALLOWED}\n"
    assert f"scheduling info:            {CLUSTER_QUEUE}\n" in does(cell, "qstat -j 1")
    summary = "No queue instance with suitable access permissions could be found\n\t1,\t2,\t5"
    assert summary in does(cell, "qstat -j")
    given(cell, "exechost user_lists staff")
    assert f"scheduling info:            {CLUSTER_QUEUE}\n" in does(cell, "qstat -j 1")
    given(cell, "global user_lists staff")
    assert f"scheduling info:            {GLOBAL}\n" in does(cell, "qstat -j 1")
    assert CLUSTER_QUEUE not in does(cell, "qstat -j 1")
    given(cell, "global user_lists NONE", "exechost user_lists admins", "queue user_lists both")
    assert does(cell, "qstat -s r").count(" r ") == 2
    given(cell, "queue user_lists staff")
    assert does(cell, "qstat -s r").count(" r ") == 2


def test_parallel_environments_that_let_a_job_in(cell: PureCell) -> None:
    copy = does(cell, "qconf -sp smp").replace(" smp\n", " smp2\n", 1)
    (cell.home / "smp2").write_text(copy)
    does(cell, f"qconf -Ap {cell.home / 'smp2'}")
    does(cell, "qconf -aattr queue pe_list smp2 all.q")
    given(cell, "pe user_lists staff")
    assert does(cell, "qsub -w v -pe smp* 2 -b y true") == FOUND
    too_few = (NO_PE, NO_SLOTS, NO_SLOTS.replace("smp", "smp2"))
    cell.qmaster.engine.state.next_number = 1
    assert refusal(*too_few) in does(cell, "qsub -w v -pe smp* 3 -b y true")
    does(cell, "qsub -pe smp* 3 -b y true")
    said = does(cell, "qstat -j 2").partition("scheduling info:")[2]
    assert [line.strip() for line in said.splitlines()] == list(too_few)
    does(cell, "qsub -pe smp* 2 -b y true")
    assert cell.qmaster.engine.state.jobs[3].tasks[1].granted_pe == "smp2"


SELECTED = {  # by what is set: for whom all.q is there
    "queue user_lists staff": ("daemon",),
    "queue user_lists both": ("root", "daemon", "root,daemon"),
    "queue user_lists group": ("@root",),
    "queue xuser_lists admins": ("daemon", "nosuch", "@root"),
    "exechost user_lists staff": ("daemon",),
    "global xuser_lists both": ("nosuch", "@root"),
    "pe user_lists staff": ("root", "daemon", "root,daemon", "nosuch", "@root"),
}


def test_queues_of_users(cell: PureCell) -> None:
    none = "error: no queues remaining after -U queue selection\n"
    for setting, users in SELECTED.items():
        given(cell, setting)
        for user in ("root", "daemon", "root,daemon", "nosuch", "@root"):
            expected = "all.q@localhost\n" if user in users else none
            assert does(cell, f"qselect -U {user}") == expected, (setting, user)
        given(cell, setting.rpartition(" ")[0] + " NONE")
    given(cell, "queue user_lists staff")
    assert cell.run("qstat -U root".split(), "root") == (0, "", none)


REFERENCES = {
    "queue xuser_lists staff": 'userset "staff" is still referenced in xuser list of queue "all.q"',
    "exechost user_lists staff": 'userset "staff" is still referenced in user list of exechost "localhost"',
    "global xuser_lists staff": 'userset "staff" is still referenced in xuser list of exechost "global"',
    "pe user_lists staff": 'userset "staff" is still referenced in user list of parallel environment "smp"',
    "queue projects proj": 'project "proj" is still referenced in projects of queue "all.q"',
    "exechost projects proj": 'project "proj" is still referenced in projects of exechost "localhost"',
    "global xprojects proj": 'project "proj" is still referenced in xprojects of exechost "global"',
}


def test_what_is_still_needed(cell: PureCell) -> None:
    for setting, said in REFERENCES.items():
        given(cell, setting)
        option = "-dul" if "user" in setting else "-dprj"
        name = setting.split()[2]
        assert does(cell, f"qconf {option} {name}") == f"denied: {said}\n"
        given(cell, setting.rpartition(" ")[0] + " NONE")
    for kind in ("queue user_lists nosuch all.q", "pe user_lists nosuch smp"):
        assert does(cell, f"qconf -rattr {kind}") == 'Userset "nosuch" does not exist\n'
    assert (
        does(cell, "qconf -rattr pe user_lists staff,admins smp") == 'Userset "staff,admins" does not exist\n'
    )
    assert does(cell, "qconf -rattr queue projects x all.q") == 'Project "x" does not exist\n'
    unknown = 'denied: project "x" referenced in projects of exechost "localhost" does not exist\n'
    assert does(cell, "qconf -rattr exechost projects x localhost") == unknown
    given(cell, "queue user_lists staff,admins", "queue pe_list smp,make", "queue owner_list root,daemon")
    shown = does(cell, "qconf -sq all.q")
    for name, value in {
        "user_lists": "staff admins",
        "pe_list": "smp make",
        "owner_list": "root daemon",
    }.items():
        assert f"\n{name:21} {value}\n" in shown


def test_departments(cell: PureCell) -> None:
    sets = {"dep": ("DEPT", "root"), "dep2": ("DEPT ACL", "@root daemon"), "adep": ("ACL", "root")}
    for name, (kind, entries) in sets.items():
        text = f"name {name}\ntype {kind}\nfshare 0\noticket 0\nentries {entries}\n"
        (cell.home / name).write_text(text)
        does(cell, f"qconf -Au {cell.home / name}")
    does(cell, "qsub -h -b y true")
    (cell.home / "dep").write_text("name dep\ntype DEPT\nfshare 0\noticket 0\nentries daemon\n")
    does(cell, f"qconf -Mu {cell.home / 'dep'}")
    does(cell, "qsub -h -b y true")
    rows = [line.split() for line in does(cell, "qstat -ext").splitlines()[2:]]
    assert [row[6] for row in rows] == ["dep", "defaultdep"]
    (cell.home / "dep").write_text("name dep\ntype DEPT\nfshare 0\noticket 7\nentries daemon\n")
    refused = "fake_sge: the fake does not act on oticket of a department\n"
    assert does(cell, f"qconf -Mu {cell.home / 'dep'}") == refused
    (cell.home / "dep").write_text("name paid\ntype DEPT\nfshare 0\noticket 7\nentries NONE\n")
    does(cell, f"qconf -Au {cell.home / 'dep'}")
    assert does(cell, "qconf -au anna,bob paid") == refused
    assert "entries NONE" in does(cell, "qconf -su paid")


CATEGORIES = {  # of a job of root's with -P proj, as a real 8.1.9 wrote them into its records
    ("queue user_lists both",): "-U both",
    ("queue xuser_lists staff",): "NONE",
    ("exechost user_lists admins",): "-U admins",
    ("global user_lists admins",): "-U admins",
    ("pe user_lists admins",): "-U admins",
    ("queue projects proj",): "-P proj",
    ("exechost projects proj",): "-P proj",
    ("global projects proj",): "-P proj",
    ("queue projects other",): "NONE",
    ("queue user_lists NONE,[localhost=admins]", "queue projects NONE,[localhost=proj]"): "-U admins -P proj",
    ("pe xuser_lists admins", "queue projects proj"): "-U admins -P proj",
    ("pe xuser_lists both", "pe user_lists admins"): "-U admins,both",
}


@pytest.mark.parametrize("settings", CATEGORIES, ids=" ".join)
def test_lists_of_users_and_projects_are_in_the_category(cell: PureCell, settings: tuple[str, ...]) -> None:
    given(cell, *settings)
    does(cell, "qsub -h -b y -P proj true")
    (job,) = cell.qmaster.engine.state.jobs.values()
    assert category(job.spec, cell.qmaster.engine.state.config) == CATEGORIES[settings]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("queue xprojects other", "4,5:24 2,3:0 1:33"),
        ("queue xprojects proj", "4:24 5:3 5:24 2:0 3:3 1:33"),
    ],
)
def test_jobs_of_two_projects_share_messages_until_a_list_has_one(
    tmp_path: Path, setting: str, expected: str
) -> None:
    """The jobs and numbers of the messages, as a real cell told them."""
    licences = {"complexes": ("license lic INT <= YES YES 0 0",), "complex_values": "license=4"}
    cell = PureCell(tmp_path, slots=2, projects=("proj", "other"), **licences)
    given(cell, setting)
    does(cell, "qsub -h -b y true")
    for request in ("-l license=9", "-pe smp 9"):
        for project in ("", "-P proj"):
            does(cell, f"qsub -b y {request} {project} true")
    text = does(cell, "qstat -j -xml")
    found = re.findall(r"<ULNG_value>(\d+)|<MES_message_number>(\d+)", text)
    told = "".join(f"{job}," if job else f":{number} " for job, number in found)
    assert told.replace(",:", ":").strip() == expected
