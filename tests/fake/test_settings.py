"""What a cell is told works, or is refused with the name that was meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_sge import Cell, CellError
from tests.tables import each_row

from .kit import ended, state, submit, wait_for


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    with Cell(tmp_path_factory.mktemp("settings") / "cell", login_shells=False) as made:
        yield made


@each_row(
    "options, error, text",
    [
        ({"slot": 4}, TypeError, "a cell has no option 'slot'; did you mean 'slots'?"),
        ({"global_config": {"max_u_job": "1"}}, ValueError, "did you mean 'max_u_jobs'?"),
        ({"global_config": {"max_u_jobs": "x"}}, ValueError, "max_u_jobs .* is a whole number, not 'x'"),
        ({"scheduler": {"schedule_interval": "soon"}}, ValueError, "is a time or a size, not 'soon'"),
        ({"queues": {"a.q": {"slotz": "1"}}}, ValueError, "the queue has no 'slotz'; did you mean 'slots'?"),
        ({"queues": {"a.q": {"h_rt": "1h"}}}, ValueError, "h_rt of the queue is a time or a size, not '1h'"),
        ({"queues": {"a.q": {"rerun": "y"}}}, ValueError, "rerun of the queue is true or false, not 'y'"),
        ({"parallel_environments": {"p": {"slot": "1"}}}, ValueError, "did you mean 'slots'?"),
        ({"global_config": {"prolog": "/x"}}, ValueError, "shows prolog .*, but does not act on it"),
        ({"queues": {"a.q": {"starter_method": "/x"}}}, ValueError, "does not act on it"),
        (
            {"global_config": {"qmaster_params": "FORBID_RESCHEDUL=1"}},
            ValueError,
            "does not act on FORBID_RESCHEDUL in qmaster_params; did you mean 'FORBID_RESCHEDULE'?",
        ),
    ],
)
def test_options_of_a_cell(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Cell(**options)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"max_u_jobs": "x"}, "max_u_jobs of the global configuration is a whole number, not 'x'"),
        ({"foo": "bar"}, "the global configuration has no 'foo': one of "),
        ({"queues": {"all.q": {"slotz": "1"}}}, "did you mean 'slots'?"),
        ({"queues": {"a.q": {"slots": "1"}}}, "there is no queue 'a.q'; did you mean 'all.q'?"),
        ({"scheduler": {"weight_tickets": "1"}}, "did you mean 'weight_ticket'?"),
        ({"load_sensor": "/x"}, "does not act on it"),
    ],
)
def test_a_running_cell_stays_as_it_is(cell: Cell, changes: dict[str, Any], text: str) -> None:
    before = cell.run("qconf", "-sconf").stdout
    with pytest.raises(CellError, match=text):
        cell.configure(**changes)
    assert cell.run("qconf", "-sconf").stdout == before


def test_faults_that_there_are_not(cell: Cell) -> None:
    with pytest.raises(ValueError, match=r"there is no command 'qstatt'; did you mean 'qstat'\?"):
        cell.fault("refused", "qstatt")
    with pytest.raises(ValueError, match=r"there is no fault 'refuse'; did you mean 'refused'\?"):
        cell.fault("refuse")


def test_the_output_of_a_fault_can_be_text(cell: Cell) -> None:
    cell.fault("exit", "qhost", out="gr\u00fcn\n", err=b"rot\n", code=3)
    done = cell.run("qhost")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (3, "gr\u00fcn\n", b"rot\n")


@pytest.mark.parametrize(
    ("value", "failed"),
    [("FORBID_RESCHEDULE=true", "0"), ("FORBID_RESCHEDULE=1", "0"), ("FORBID_RESCHEDULE=0", "25")],
)
def test_exit_99_where_jobs_may_not_reschedule_themselves(
    cell: Cell, tmp_path: Path, value: str, failed: str
) -> None:
    """Real cell: failed 0 and exit status 99, and the job is gone."""
    cell.configure(qmaster_params=value)
    number = submit(cell, tmp_path, "-cwd", "-N", "x", "-b", "y", "-o", "/dev/null", "-j", "y", "exit 99")
    line = ended(cell, number)
    cell.run("qdel", str(number))
    assert (line[11], line[12]) == (failed, "99")


def test_exit_100_where_jobs_may_not_put_themselves_in_error(cell: Cell, tmp_path: Path) -> None:
    """Real cell: failed 0 and exit status 100; the bare word is a yes."""
    cell.configure(qmaster_params="FORBID_APPERROR")
    number = submit(cell, tmp_path, "-cwd", "-N", "x", "-b", "y", "-o", "/dev/null", "-j", "y", "exit 100")
    line = ended(cell, number)
    assert (line[11], line[12]) == ("0", "100")
    wait_for(lambda: state(cell, number) == "")


@pytest.mark.parametrize("name", ["a:b", "a\nb"], ids=repr)
def test_a_directory_that_cannot_stand_in_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(CellError, match="a directory with a colon or newline"):
        Cell(tmp_path / name)


@pytest.mark.slow
def test_rotation_before_any_job_has_ended(tmp_path: Path) -> None:
    with Cell(tmp_path / "cell") as own, pytest.raises(CellError, match=r"^there is no accounting file yet"):
        own.rotate_accounting()
