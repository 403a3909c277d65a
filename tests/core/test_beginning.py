"""What a session says at its beginning when Grid Engine cannot be used as it is."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from drmaa_cli.errors import DrmCommunicationException, DrmsInitException
from drmaa_cli.system.files import LocalFiles
from drmaa_cli.system.option_files import OptionFiles
from tests.core.conftest import Cell
from tests.gridengine import captured


@pytest.mark.parametrize("name", ["env.bad_root.qconf_sconf", "env.bad_cell.qstat_help"])
def test_a_wrong_root_or_cell_is_code_10(cell: Cell, name: str) -> None:
    case = captured.case(name)
    cell.runner.next("qconf", *[lambda _: case.result] * 50)
    cell.runner.next("qstat", *[lambda _: case.result] * 50)
    with pytest.raises(DrmsInitException, match=r"code 10: (SGE_ROOT|cell) directory .* doesn't exist"):
        cell.connect(retry_for=1.0)


# As PBS Pro's and Torque's qstat, and Slurm's wrapper of that name, answer an option they do not know.
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
    with pytest.raises((DrmsInitException, DrmCommunicationException)):
        cell.connect(retry_for=1.0)


FILTERS = {
    "-q all.q": "-q all.q",
    "-l h_rt=1": "-l h_rt=1",
    "-qs E": "-qs E",
    "# -q x\n-u * -g c": "-g c",
    "-g d -ext -u nobody -s z -f": None,
    "": None,
}


@pytest.mark.parametrize("text", FILTERS)
def test_defaults_of_qstat_that_leave_jobs_out(cell: Cell, text: str) -> None:
    path = cell.qmaster.common / "sge_qstat"
    path.write_text(f"{text}\n")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        cell.connect()
    texts = [str(warning.message) for warning in told if "takes jobs out" in str(warning.message)]
    expected = FILTERS[text]
    assert len(texts) == (expected is not None)
    assert all(str(path) in said and f"the option {expected}," in said for said in texts)


def test_the_users_own_defaults_of_qstat(tmp_path: Path) -> None:
    (tmp_path / ".sge_qstat").write_text("-q long.q\n-q short.q -l\n")
    found = OptionFiles(LocalFiles(), str(tmp_path / "common"), str(tmp_path)).listing_filters()
    own = str(tmp_path / ".sge_qstat")
    assert found == [(own, "-q long.q"), (own, "-q short.q"), (own, "-l")]
