"""Limits of a job: what its processes see of them, one by one and together."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from tests.tables import slow

from .kit import ended, quick, submit, wait_for

pytestmark = pytest.mark.slow

BINARY = ("-b", "y", "-shell", "n", "-cwd")


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    with Cell(tmp_path_factory.mktemp("limits") / "cell", login_shells=False, slots=16) as made:
        yield made


def test_memory_limits_are_set(cell: Cell, tmp_path: Path) -> None:
    number = quick(
        cell, tmp_path, "-l", "h_vmem=2G,h_cpu=100,h_fsize=1M", "sh", "-c", "ulimit -v; ulimit -t; ulimit -f"
    )
    ended(cell, number)
    assert (tmp_path / "out").read_text().split() == [str(2 * 1024**2), "100", "2048"]


def test_limits_of_infinity_raise_the_soft_ones(cell: Cell, tmp_path: Path) -> None:
    """As on the real cell: a job's soft limits are its hard ones unless something is asked for."""
    number = submit(
        cell,
        tmp_path,
        *BINARY,
        "-o",
        "out",
        "bash",
        "-c",
        "for kind in S H; do for name in c s v t; do ulimit -$kind$name; done; done",
    )
    ended(cell, number)
    lines = (tmp_path / "out").read_text().split()
    assert lines[:4] == lines[4:]


@pytest.mark.parametrize(
    ("request_", "option", "shown"),
    [
        ("h_cpu=1", "-t", "2"),
        ("s_fsize=1", "-Sf", "15"),
        ("h_stack=100K", "-s", "1024"),
        ("h_data=1M", "-d", "10240"),
        ("h_vmem=3M", "-v", "10240"),
        ("s_rss=1K", "-Sm", "10240"),
        ("h_core=1K", "-c", "1"),
        ("h_fsize=20K", "-f", "20"),
    ],
)
def test_small_limits_are_raised(cell: Cell, tmp_path: Path, request_: str, option: str, shown: str) -> None:
    """To the least that the real cell gave for them."""
    number = submit(cell, tmp_path, *BINARY, "-l", request_, "-o", "out", "bash", "-c", f"ulimit {option}")
    ended(cell, number)
    assert (tmp_path / "out").read_text() == f"{shown}\n"


def test_a_parallel_job_has_some_limits_for_each_slot(cell: Cell, tmp_path: Path) -> None:
    """As the real cell gave them to a job with three slots; of all but s_vmem the hard one."""
    asked = "h_vmem=200M,s_vmem=100M,h_cpu=100,h_stack=8M,h_data=1G,h_fsize=1M,h_rss=1G,h_core=1M"
    shown = "for option in -Hv -Sv -Ht -Hs -Hd -Hf -Hm -Hc; do ulimit $option; done"
    number = submit(cell, tmp_path, *BINARY, "-l", asked, "-pe", "smp", "3", "-o", "out", "bash", "-c", shown)
    ended(cell, number)
    limits = (tmp_path / "out").read_text().split()
    assert limits == ["614400", "307200", "300", "24576", "3145728", "1024", "1048576", "1024"]


@pytest.mark.parametrize(
    ("limit", "failed", "status"),
    [
        ("h_vmem=100M", "37", "137"),
        ("s_vmem=100M", "100", "152"),
        slow("h_cpu=1", "37", "137"),
    ],
)
def test_what_processes_use_together_is_limited(
    cell: Cell, tmp_path: Path, limit: str, failed: str, status: str
) -> None:
    """Two processes, each within the limit of one; as on the real cell, which looks at them every second."""
    code = "while 1: pass" if "cpu" in limit else "x = b'a' * (60 << 20); import time; time.sleep(600)"
    (tmp_path / "two").write_text(f'for i in 1 2; do {sys.executable} -S -c "{code}" & done; wait\n')
    number = submit(cell, tmp_path, "-cwd", "-S", "/bin/sh", "-l", limit, "-o", "out", "-j", "y", "two")
    line = ended(cell, number)
    assert (line[11], line[12]) == (failed, status)
    assert float(line[42]) > (100 << 20 if "vmem" in limit else 1 << 20)  # maxvmem is that of all together


@pytest.mark.parametrize(
    ("on_warning", "status"), [("trap 'exit 4' USR2", "4"), ("trap 'exit 0' USR2", "0"), (":", "140")]
)
def test_a_job_that_ends_by_the_warning_of_its_limit(
    cell: Cell, tmp_path: Path, on_warning: str, status: str
) -> None:
    """Real cell: failed 37, however the job ends within the time that notify gives it."""
    (tmp_path / "job").write_text(f"{on_warning}\nwhile :; do sleep 0.1; done\n")
    number = submit(cell, tmp_path, "-cwd", "-S", "/bin/sh", "-notify", "-l", "h_rt=2", "-j", "y", "job")
    line = ended(cell, number)
    assert (line[11], line[12]) == ("37", status)


@pytest.mark.parametrize(
    ("request_", "shown"),
    [
        ("h_data=6M", "30720 unlimited 30720 unlimited"),
        ("h_vmem=1", "unlimited unlimited unlimited 30720"),
        ("h_stack=1", "unlimited 3072 unlimited unlimited"),
        ("s_data=1", "unlimited unlimited 30720 unlimited"),
    ],
)
def test_the_least_that_a_limit_is_counts_for_each_slot(
    cell: Cell, tmp_path: Path, request_: str, shown: str
) -> None:
    """As the real cell gave them to a job with three slots."""
    script = "ulimit -Hd; ulimit -Hs; ulimit -Sd; ulimit -Hv"
    number = submit(
        cell, tmp_path, *BINARY, "-l", request_, "-pe", "smp", "3", "-o", "out", "bash", "-c", script
    )
    ended(cell, number)
    assert (tmp_path / "out").read_text().split() == shown.split()


NO_CONFIGURATION = "qrsh_starter: cannot read job configuration from file "


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("-l", "h_data=1M"), 129, ""),
        (("-l", "s_data=1M"), 129, ""),
        (("-l", "h_data=10M", "-wd", "/nosuch"), 129, ""),
        (("-l", "h_data=1M", "-noshell"), 129, ""),
        (("-l", "h_vmem=16M"), 129, ""),
        (("-l", "s_vmem=12M"), 129, ""),
        (("-l", "h_vmem=20M,h_data=10M"), 129, ""),
        (("-l", "h_vmem=1M"), 129, NO_CONFIGURATION),
        (("-l", "h_vmem=1M", "-wd", "/nosuch"), 129, NO_CONFIGURATION),
        (("-l", "h_data=12M"), 0, ""),
        (("-l", "h_data=6M", "-pe", "smp", "2"), 0, ""),
    ],
)
def test_a_qrsh_needs_some_memory_itself(
    cell: Cell, tmp_path: Path, options: tuple[str, ...], code: int, told: str
) -> None:
    """As on the real cell: without it the session hangs up before anything else is tried."""
    done = cell.run("qrsh", "-now", "n", *options, "ulimit", cwd=tmp_path)
    assert done.returncode == code, done.stderr
    err = done.stderr.decode()
    assert err.startswith(told) if told else err == ""
    assert err.count('can\'t get configuration value for "qrsh_tmpdir"\n') == (3 if told else 0)


def test_the_record_of_a_qrsh_without_memory(cell: Cell, tmp_path: Path) -> None:
    cell.run("qrsh", "-now", "n", "-N", "without", "-l", "h_data=1M", "true", cwd=tmp_path)
    wait_for(lambda: cell.accounting.exists() and ":without:" in cell.accounting.read_text())
    line = next(line for line in cell.accounting.read_text().splitlines() if ":without:" in line)
    assert line.split(":")[11:13] == ["100", "129"]
