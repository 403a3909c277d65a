"""What a session says at its beginning when Grid Engine cannot be used as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from drmaa_cli.errors import DrmCommunicationException, DrmsInitException
from drmaa_cli.system.files import LocalFiles
from drmaa_cli.system.option_files import OptionFiles
from tests.core.conftest import Cell, template
from tests.gridengine import captured


@pytest.mark.parametrize(
    ("name", "what"), [("env.bad_root.qconf_sconf", "SGE_ROOT"), ("env.bad_cell.qstat_help", "cell")]
)
def test_a_wrong_root_or_cell_is_code_10(cell: Cell, name: str, what: str) -> None:
    case = captured.case(name)
    cell.runner.next("qconf", *[lambda _: case.result] * 50)
    cell.runner.next("qstat", *[lambda _: case.result] * 50)
    with pytest.raises(DrmsInitException, match=rf"code 10: {what} directory .* doesn't exist"):
        cell.connect(retry_for=1.0)


# In the form of getopt(3)'s complaint about an unknown option, with a usage of our own making: any program of
# this name that is not Grid Engine's would do. No other system's text was recorded.
FOREIGN = "qstat: invalid option -- 'x'\nusage:\nqstat [-f] [-J] [-p] [-t] [-x]\n"


def test_the_qstat_of_another_system(cell: Cell) -> None:
    answer = captured.result("", FOREIGN, 2)
    cell.runner.next("qconf", *[lambda _: captured.result("", "command not found\n", 127)] * 50)
    cell.runner.next("qstat", *[lambda _: answer] * 50)
    with pytest.raises(DrmsInitException, match="is not Grid Engine's qstat"):
        cell.connect(retry_for=1.0)


@pytest.mark.parametrize("garbage", ["", "\n\n\n", "\x00\xff", "max_aj_tasks many\n"])
def test_a_garbled_configuration_is_a_drmaa_exception(cell: Cell, garbage: str) -> None:
    cell.runner.next("qconf", *[lambda _: captured.result(garbage)] * 500)
    with pytest.raises(DrmCommunicationException):
        cell.connect(retry_for=1.0)


UNDONE = {
    "-q all.q": ["-q", "*"],
    "-l h_rt=1": ["-l", "h=*"],
    "# -q x\n-u * -g c": ["-g", "d"],
    "-g\nc -l a=1 -l b=2 -q x": ["-g", "d", "-l", "h=*", "-q", "*"],
    "-g d -ext -u nobody -s z -f": [],
    "": [],
}


@pytest.mark.parametrize("text", UNDONE)
@pytest.mark.parametrize("name", ["sge_qstat", ".sge_qstat"])
def test_defaults_of_qstat_that_leave_jobs_out_are_taken_back(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / name).write_text(f"{text}\n")
    assert OptionFiles(LocalFiles(), str(tmp_path), str(tmp_path)).listing_options() == UNDONE[text]


def test_both_files_of_defaults_count(tmp_path: Path) -> None:
    (tmp_path / "sge_qstat").write_text("-q all.q -g c\n")
    (tmp_path / ".sge_qstat").write_text("-l a=1 -q all.q\n")
    found = OptionFiles(LocalFiles(), str(tmp_path), str(tmp_path)).listing_options()
    assert found == ["-q", "*", "-g", "d", "-l", "h=*"]


@pytest.mark.parametrize(
    ("text", "line", "option"),
    [("-qs E", 1, "-qs E"), ("# x\n-g d\n -pe make", 3, "-pe make"), ("-q x\n-j", 2, "-j")],
)
def test_defaults_of_qstat_that_cannot_be_taken_back(cell: Cell, text: str, line: int, option: str) -> None:
    path = cell.qmaster.common / "sge_qstat"
    path.write_text(f"{text}\n")
    with pytest.raises(DrmsInitException) as caught:
        cell.connect()
    assert str(caught.value).startswith(
        f"code 10: {path}, line {line}: qstat's default option {option} takes"
    )


def test_every_listing_takes_the_defaults_back(cell: Cell) -> None:
    (cell.qmaster.common / "sge_qstat").write_text("-g c\n")
    session = cell.connect()
    session.jobStatus(session.runJob(template(session, jobSubmissionState="drmaa_hold")))
    listings = [call for call in cell.runner.calls if call[0] == "qstat" and "-s" in call]
    assert listings
    assert all(call[-2:] == ["-g", "d"] for call in listings)
