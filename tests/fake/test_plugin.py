"""The fixtures as another project's tests would use them."""

from __future__ import annotations

from importlib.metadata import distributions
from pathlib import Path

import pytest

import fake_sge

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

INSTALLED = any(
    point.value == "fake_sge.pytest_plugin" for found in distributions() for point in found.entry_points
)
OUR_PLUGIN = ("-p", "fake_sge.pytest_plugin")
ARGS = ("-p", "no:cacheprovider", *OUR_PLUGIN)
"""With ``importable``: no other plugin, which all take longer to load than a test takes."""


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(fake_sge.__file__).parent.parent))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def test_a_cell_for_each_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        seen = set()

        @pytest.mark.parametrize("index", [1, 2])
        def test_cell(fake_sge, index):
            assert fake_sge.submit_simulated(60) == [1]
            assert fake_sge.path.joinpath("qsub").exists()
            fake_sge.advance(61)
            assert fake_sge.jobs() == []
            seen.add(fake_sge.directory)
            assert len(seen) == index

        @pytest.mark.fake_sge(slots=1)
        def test_options(fake_sge):
            fake_sge.submit_simulated(60, count=2)
            assert fake_sge.status().running == 1
    """)
    pytester.runpytest_inprocess(*ARGS).assert_outcomes(passed=3)


def test_module_factory_and_path(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import os, shutil, subprocess

        def test_first(fake_sge_module):
            assert fake_sge_module.submit_simulated(0) == [1]

        def test_second(fake_sge_module):
            assert fake_sge_module.submit_simulated(0) == [2]

        def test_factory(fake_sge_factory):
            one, two = fake_sge_factory(slots=1), fake_sge_factory(profile="stock")
            assert one.directory != two.directory
            one.fault("refused", "qstat")
            assert (one.run("qstat").returncode, two.run("qstat").returncode) == (1, 0)

        def test_path(fake_sge_path):
            assert shutil.which("qsub") == str(fake_sge_path.path / "qsub")
            out = subprocess.run(["qsub", "-terse", "-h", "-b", "y", "true"], capture_output=True, check=True)
            assert out.stdout == b"1\\n"
            assert os.environ["SGE_ROOT"] == str(fake_sge_path.layout.root)
    """)
    pytester.runpytest_inprocess(*ARGS).assert_outcomes(passed=4)


def test_daemons_end_with_their_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import os
        pids = []

        def test_use(fake_sge, fake_sge_module):
            pids.extend([fake_sge.qmaster_pid])

        def test_gone():
            assert not os.path.exists(f"/proc/{pids[0]}")
    """)
    pytester.runpytest_inprocess(*ARGS).assert_outcomes(passed=2)


def test_an_installed_plugin_is_found_and_its_marker_documented(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    result = pytester.runpytest_subprocess("--markers", *(() if INSTALLED else OUR_PLUGIN))
    result.stdout.fnmatch_lines(["@pytest.mark.fake_sge(*options of this test's*"])
