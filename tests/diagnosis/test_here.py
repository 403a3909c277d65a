"""Each step on this host: what a site has wrong is found at its step, and what depends on it is skipped."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

import fake_sge
from drmaa_cli.diagnosis import Status, records, state
from drmaa_cli.diagnosis.examination import NAMES
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.system import commands
from drmaa_cli.system.accounting_log import AccountingFile
from drmaa_cli.system.runner import CommandTimeout
from tests.diagnosis.conftest import Instead, examined
from tests.gridengine import captured
from tests.gridengine.captured import result

REMOTE = ("ssh", "connection", "host key", "login", "login shell", "round trip")
Patch = pytest.MonkeyPatch


def test_a_site_where_all_is_well(here: fake_sge.Cell) -> None:
    found = examined()
    assert [made.name for made in found.values()] == [
        name for name in NAMES if name not in REMOTE and not name.startswith(("job ", "clock of"))
    ]
    bad = {made.name: made for made in found.values() if made.status != Status.OK}
    assert list(bad) == ["clock"]
    assert bad["clock"].status == Status.SKIPPED
    assert found["version"].text == "SGE 8.1.9"
    assert found["queues"].text == "all.q on 1 host"
    assert found["parallel environments"].text == "smp"
    assert all(made.seconds >= 0 and not made.advice for made in found.values())


def test_a_job_of_one_second(here: fake_sge.Cell) -> None:
    found = examined(submit=True)
    steps = [found[name] for name in NAMES if name.startswith("job ") or name == "clock of the qmaster"]
    assert [made.status for made in steps] == [Status.OK] * 5
    assert found["job ended"].seconds >= 1
    assert here.jobs() == []


def test_a_job_that_does_not_start(here: fake_sge.Cell) -> None:
    words = ("-pe", "smp", "4", "-o", "/dev/null", "-j", "y", "-b", "y", "sleep", "300")
    here.run("qsub", *words)  # it has all the slots
    try:
        found = examined(submit=True, job_seconds=0.5)
        assert [group.name for group in here.jobs()] == ["sleep"]
    finally:
        here.run("qdel", "-u", "*")
        here.wait_idle()
    assert found["job ended"].status == Status.PROBLEM
    assert "queued_active after 0.5 s, and was deleted" in found["job ended"].text


class Row(NamedTuple):
    """A site with one thing wrong: what is found at which step, and what that step keeps from being tried."""

    wrong: str
    step: str
    status: str
    text: str
    advice: str
    skipped: tuple[str, ...] = ()
    answers: Mapping[tuple[str, ...], CommandResult | Exception] = {}
    env: Mapping[str, str | None] = {}
    contact: str | None = None


def of(case: str) -> CommandResult:
    return captured.case(case).result


USER = pwd.getpwuid(os.geteuid()).pw_name
LATE = CommandTimeout(result("", "", -9, "qconf"), 7)
AFTER_QMASTER = ("status query", "submission", "queues", "parallel environments", "accounting")
ROWS = [
    Row("a contact", "contact", "problem", "Space", "message", ("commands",), contact="session=a b"),
    Row("a setting", "contact", "problem", "a number", "message", env={"DRMAA_CLI_POLL_MIN": "x"}),
    Row("a misspelt setting", "contact", "problem", "POLL_MIN", "message", env={"DRMAA_CLI_POL_MIN": "1"}),
    Row(
        "no Grid Engine", "commands", "problem", "qsub, qstat", "settings.sh", ("cell", "qmaster", "qacct"),
        env={"PATH": "/nowhere", "SGE_ROOT": None},
    ),
    Row(
        "another cell", "cell", "problem", "nocell/common/act_qmaster", "SGE_CELL", ("qmaster",),
        env={"SGE_CELL": "nocell"},
    ),
    Row(
        "PBS's qstat", "version", "problem", "no version in the help", "by hand", ("engine", "known faults"),
        {("qstat", "-help"): result("usage: qstat [-f] [-W site_specific]\n")},
    ),
    Row(
        "no qmaster", "qmaster", "problem", "unable to send message to qmaster", "qping", AFTER_QMASTER,
        {("qconf", "-sconf"): of("access.environments_no_qmaster")},
    ),
    Row(
        "a slow qmaster", "qmaster", "problem", "within 7 seconds", "command_timeout", AFTER_QMASTER,
        {("qconf",): LATE},
    ),
    Row(
        "no right to qconf", "qmaster", "warning", "defaults are assumed", "right to read", (),
        {("qconf", "-sconf"): of("qconf.mattr_denied")},
    ),
    Row(
        "a listing cut off", "status query", "problem", "ended with 0", "by hand", ("hold filters", "engine"),
        {("qstat", "-xml"): result("<?xml version='1.0'?>\n<job_info>")},
    ),
    Row(
        "no hold filter", "hold filters", "problem", "ended with 1", "by hand", (),
        {("qstat", "-xml", "-u", USER, "-s", "hu"): result("", "", 1)},
    ),
    Row(
        "no submit host", "submission", "problem", 'host "localhost" is not a submit host', "qconf -as",
        ("parallel environments",), {("qsub", "-w"): of("access.verified_no_submit_host")},
    ),
    Row(
        "OCS's no submit host", "submission", "problem", "is no submit host", "qconf -as",
        ("parallel environments",),
        {("qsub", "-w"): captured.case("cell2.qsub_not_submit_host", "ocs-9.1.4").result},
    ),
    Row(
        "an option is wanted", "submission", "warning", "no suitable queues", "nativeSpecification", (),
        {("qsub", "-w"): of("qsub.err_unsatisfiable_w_v")},
    ),
    Row(
        "no queue is open", "queues", "problem", f"no queue is open to {USER}", "user_lists", (),
        {("qselect",): of("access.queues_none")},
    ),
    Row(
        "a closed environment", "parallel environments", "ok", "none; closed: smp", "", (),
        {("qsub", "-w", "v", "-h", "-N", "verified", "-pe"): of("access.verified_pe_closed")},
    ),
    Row(
        "no environments", "parallel environments", "ok", "the cell has no parallel environment", "", (),
        {("qconf", "-spl"): of("qconf.spl")},
    ),
    Row(
        "no accounting", "accounting", "warning", "writes no accounting", "accounting=true", (),
        {("qconf", "-sconf"): result("reporting_params accounting=false reporting=false\n")},
    ),
    Row(
        "a request limit", "known faults", "warning", "request limit", "runJobs", (),
        {("qconf", "-sconf"): result("gdi_request_limits *:*:*:*:50\n")},
    ),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.wrong)
def test_one_thing_wrong(here: fake_sge.Cell, monkeypatch: Patch, row: Row) -> None:
    monkeypatch.setattr(commands, "SITE_FILE", "/nowhere")  # that of the machine
    for name, value in row.env.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    found = examined(row.contact, runner=Instead(row.answers), retry_for=0)
    made = found[row.step]
    assert made.status == row.status
    assert row.text in made.text
    assert row.advice in made.advice
    assert bool(made.advice) == (made.status in (Status.PROBLEM, Status.WARNING))
    assert {found[name].status for name in row.skipped} <= {Status.SKIPPED}
    problems = [name for name, other in found.items() if other.status == Status.PROBLEM]
    assert problems == ([row.step] if row.status == Status.PROBLEM else [])


def test_an_installation_that_nobody_has_configured(
    here: fake_sge.Cell, monkeypatch: Patch, tmp_path: Path
) -> None:
    common = tmp_path / "root" / "default" / "common"
    common.mkdir(parents=True)
    (common / "act_qmaster").write_text("\n")
    monkeypatch.setenv("SGE_ROOT", str(tmp_path / "root"))
    found = examined()
    assert found["cell"].status == Status.PROBLEM
    assert "nobody has configured" in found["cell"].text
    assert found["qmaster"].status == found["version"].status == Status.SKIPPED


def only(folder: Path, cell: fake_sge.Cell, *left_out: str) -> str:
    """A PATH on which some of the cell's commands are missing."""
    folder.mkdir()
    for tool in cell.path.iterdir():
        if tool.name not in left_out:
            (folder / tool.name).symlink_to(tool)
    return str(folder)


def test_commands_that_can_be_done_without(here: fake_sge.Cell, monkeypatch: Patch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", only(tmp_path / "bin", here, "qselect", "qacct"))
    monkeypatch.setenv("SGE_ROOT", str(without_binaries(here, tmp_path)))
    found = examined()
    assert found["commands"].status == Status.WARNING
    assert found["commands"].text.startswith("qacct, qselect not found; qsub, ")
    assert "is not needed" in found["qacct"].text
    assert found["queues"].status == Status.PROBLEM
    assert found["submission"].status == Status.OK


def without_binaries(cell: fake_sge.Cell, folder: Path) -> Path:
    """The cell's SGE_ROOT with nothing but its common directory."""
    root = folder / "root"
    root.mkdir()
    (root / "default").symlink_to(Path(cell.variables["SGE_ROOT"]) / "default")
    return root


def test_wrappers_are_named(here: fake_sge.Cell, monkeypatch: Patch, tmp_path: Path) -> None:
    assert "(scripts of the site)" in examined()["commands"].text


@pytest.mark.slow
def test_an_accounting_file_that_may_not_be_read(
    here: fake_sge.Cell, monkeypatch: Patch, tmp_path: Path
) -> None:
    monkeypatch.setattr(AccountingFile, "open", lambda *_, **__: False)
    monkeypatch.setattr(AccountingFile, "readable", False)
    found = examined()
    assert found["accounting"].status == Status.WARNING
    assert "may not be read" in found["accounting"].text
    assert found["qacct"].text == "answers"
    found = examined(runner=Instead({("qacct",): of("qacct.f_unreadable")}))
    assert found["qacct"].status == Status.PROBLEM


@pytest.mark.parametrize(
    ("options", "status", "text"),
    [
        ("-q all.q", Status.OK, "sessions take that back with -q *"),
        ("-g d\n-qs E", Status.PROBLEM, "{file}, line 2: qstat's default option -qs E takes jobs out"),
    ],
)
def test_an_option_file_that_hides_jobs(here: fake_sge.Cell, options: str, status: Status, text: str) -> None:
    file = here.accounting.parent / "sge_qstat"
    file.write_text(f"{options}\n")
    try:
        made = examined()["listing filters"]
    finally:
        file.unlink()
    assert made.status == status
    assert text.format(file=file) in made.text


def test_a_job_that_was_submitted_by_the_question_is_deleted(here: fake_sge.Cell) -> None:
    job = here.run("qsub", "-terse", "-h", "-b", "y", "/bin/true").stdout.decode().strip()
    accepted = of("qsub.plain_hold")._replace(
        stdout=f'Your job {job} ("verified") has been submitted\n'.encode()
    )
    assert examined(runner=Instead({("qsub", "-w"): accepted}))["submission"].status == Status.OK
    assert here.jobs() == []


@pytest.mark.parametrize("flavour", ["ocs-9.0", "ocs-9.2"])
@pytest.mark.slow
def test_known_faults_of_another_engine(monkeypatch: Patch, tmp_path: Path, flavour: str) -> None:
    with fake_sge.Cell(flavour=flavour, login_shells=False) as other:
        for name, value in {**other.env, "XDG_STATE_HOME": str(tmp_path)}.items():
            monkeypatch.setenv(name, value)
        other.run("qsub", "-b", "y", "-o", "/dev/null", "-j", "y", "/bin/true")
        other.wait_idle()
        found = examined()
    assert found["known faults"].status == Status.WARNING
    assert ("exit status 0 is recorded" in found["known faults"].text) == (flavour == "ocs-9.0")


# --- the state directory -----------------------------------------------------------------------------------


def test_a_directory_that_others_may_change(here: fake_sge.Cell, tmp_path: Path) -> None:
    (tmp_path / "state" / "drmaa_cli").mkdir(parents=True)
    (tmp_path / "state" / "drmaa_cli").chmod(0o777)
    made = examined()["state directory"]
    assert made.status == Status.PROBLEM
    assert "others may write" in made.text


def test_a_directory_that_is_a_file(here: fake_sge.Cell, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    assert examined()["state directory"].status == Status.PROBLEM


def test_locks_that_do_not_hold(here: fake_sge.Cell, monkeypatch: Patch) -> None:
    monkeypatch.setattr(state, "ASK_FOR_LOCK", "")  # the other process gets everything it asks for
    made = examined()["state directory"]
    assert made.status == Status.PROBLEM
    assert "given to another" in made.text


@pytest.mark.parametrize(("kind", "status"), [("nfs4", "warning"), ("ext4", "ok")])
@pytest.mark.slow
def test_file_systems(here: fake_sge.Cell, monkeypatch: Patch, kind: str, status: str) -> None:
    monkeypatch.setattr(state, "file_system", lambda _: kind)
    made = examined()["state directory"]
    assert (made.status, f" on {kind};" in made.text) == (status, True)


def test_the_kind_of_a_file_system() -> None:
    assert state.file_system(Path("/proc")) == "proc"


def test_a_full_disk(here: fake_sge.Cell, monkeypatch: Patch) -> None:
    about = os.statvfs("/proc")  # it has no room at all
    monkeypatch.setattr(os, "statvfs", lambda _: about)
    assert "nearly full" in examined()["state directory"].text


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0, "agree"), (-3600.0, "3600 s behind"), (61.0, "61 s ahead")]
)
def test_clocks(seconds: float, words: str) -> None:
    assert words in records.skew_of("the qmaster", seconds).text
