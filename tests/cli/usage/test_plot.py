"""``usage --plot``: whole pictures, the same for the same jobs, or one line that says why not."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from drmaa_cli import ReasonKind
from drmaa_cli.jobs.usage_groups import UsedJob
from tests import forked
from tests.cli.conftest import Desk
from tests.ends.jobs import GIBIBYTE, job

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="the extra 'plot' is not installed"
)
SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(__file__).parents[3]
DRAW = """
import sys
from drmaa_cli.cli.usage import plot
from drmaa_cli.jobs.usage_groups import usage_groups
from tests.cli.usage.test_plot import JOBS
print(plot.write(usage_groups(JOBS[sys.argv[2]]()), sys.argv[1]))
"""


LOADED = (
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.dates",
    "tests.cli.usage.test_plot",
)
JOBS = {
    "mixed": lambda: [
        *(("align-*", job(str(at), wallclock=60 + at, requests="-l h_vmem=1G,h_rt=600")) for at in range(40)),
        ("call $x_1$ <&>", job("99", memory=None, wallclock=0, kind=ReasonKind.OUT_OF_MEMORY)),
        ("grösse 日本", job("98", memory=7 * GIBIBYTE, wallclock=1e6)),
        ("never", UsedJob("97", well=False)),
    ],
    "many": lambda: [(f"group {at % 30}", job(str(at), wallclock=60 + at % 977)) for at in range(3_000)],
    "no figures": lambda: [("x", job("1", memory=None, wallclock=0))],
    "never ran": lambda: [("x", UsedJob("1"))],
}


def write(path: Path, jobs: str) -> bool:
    """Draw in another process: matplotlib dies in one that libdrmaa has brought its own allocator into."""
    done = forked.run(["-c", DRAW, str(path), jobs], env=forked.usual(os.environ), cwd=ROOT, loaded=LOADED)
    assert done.stderr == ""
    return {"True\n": True, "False\n": False}[done.stdout]


def drawn(path: Path, jobs: str) -> bytes:
    assert write(path, jobs)
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    return path.read_bytes()


@pytest.mark.parametrize(("suffix", "again"), [("png", "png"), ("svg", "SVG")])
@pytest.mark.slow
def test_the_same_jobs_are_the_same_picture(
    tmp_path: Path, suffix: str, again: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = drawn(tmp_path / f"a.{suffix}", "mixed")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    (tmp_path / f"a.{suffix}").unlink()
    assert drawn(tmp_path / f"a.{again}", "mixed") == first
    if suffix == "png":
        assert first.startswith(b"\x89PNG")
        assert b"Software" not in first
    else:
        root = ElementTree.fromstring(first)
        texts = ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]
        assert "42 jobs that ran, 1 failed (red); grey: waiting" in texts
        assert "call $x_1$ <&>" in texts
        assert "grösse 日本" in texts


@pytest.mark.slow
def test_thousands_of_jobs_are_no_thousands_of_lines(tmp_path: Path) -> None:
    data = drawn(tmp_path / "a.svg", "many")
    assert len(data) < 500_000
    assert b"23 others" in data
    assert data.count(b">group ") == 7


@pytest.mark.slow
def test_jobs_without_any_figure(tmp_path: Path) -> None:
    drawn(tmp_path / "a.png", "no figures")
    assert not write(tmp_path / "b.png", "never ran")
    assert not (tmp_path / "b.png").exists()


@pytest.mark.slow
def test_at_the_prompt(past: Desk) -> None:
    text = past.good("usage", "--since", "1d", "--plot", "a.svg")
    assert text.splitlines()[1:] == past.good("usage", "--since", "1d").splitlines()[1:]
    assert ElementTree.parse(past.directory / "a.svg").getroot().tag == f"{SVG}svg"
    assert os.listdir(past.directory) == ["a.svg"]  # noqa: PTH208


@pytest.mark.slow
def test_where_nothing_can_be_drawn(past: Desk, tmp_path: Path) -> None:
    refused = past.refused("usage", "--since", "1d", "--plot", "a.pdf", code=2)
    assert refused == "--plot makes a .png or a .svg, not a.pdf"
    assert "is no directory" in past.refused("usage", "--since", "1d", "--plot", "nowhere/a.png", code=2)
    (past.directory / "b.svg").mkdir()
    assert "b.svg is a directory" in past.refused("usage", "--since", "1d", "--plot", "b.svg", code=2)
    assert past.refused("usage", "--since", "1d", "--plot", "/proc/a.svg").startswith("/proc/a.svg: ")
    nothing = past.run("usage", "--plot", "c.svg")
    assert nothing.returncode == 1
    assert "none of the jobs ran: c.svg is not written" in nothing.stderr
    assert sorted(os.listdir(past.directory)) == ["b.svg"]  # noqa: PTH208


@pytest.mark.slow
def test_without_matplotlib(past: Desk) -> None:
    (past.directory / "matplotlib.py").write_text("raise ImportError('not here')\n")
    text = past.refused("usage", "--plot", "a.png", PYTHONPATH=f"{past.directory}:{past.env['PYTHONPATH']}")
    assert text == "--plot needs matplotlib: pip install 'drmaa-cli[plot]' (not here)"
