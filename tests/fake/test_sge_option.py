"""``--sge``: the same fixtures on a private real Grid Engine and on the one that is there; verified tests."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fake_sge
from fake_sge import compare
from fake_sge.cells import describe
from fake_sge.comparison import changed_lines
from fake_sge.real.site import SiteCell
from tests.conftest import require_real_cell
from tests.fake.kit import fake_sge_program, wait_for
from tests.fake.test_plugin import ARGS, importable  # noqa: F401  a fixture for each test

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

MIXED = """
    import pytest

    pytestmark = pytest.mark.fake_sge(login_shells=False)

    def test_both(fake_sge):
        done = fake_sge.run("qsub", "-terse", "-b", "y", "-o", "/dev/null", "-j", "y", "true", cwd="/tmp")
        assert done.returncode == 0, done.stderr
        fake_sge.wait_idle()
        number = done.stdout.decode().strip()
        assert f":{number}:" in fake_sge.accounting.read_text()

    def test_again(fake_sge_path):
        import subprocess
        assert subprocess.run(["qstat"], capture_output=True, check=True).stdout == b""
        assert not fake_sge_path.accounting.exists()
        fake_sge_path.run("qconf", "-mattr", "queue", "slots", "77", "all.q")
        assert b"slots                 77" in fake_sge_path.run("qconf", "-sq", "all.q").stdout

    def test_changed_by_the_one_before(fake_sge):
        assert b"slots                 77" not in fake_sge.run("qconf", "-sq", "all.q").stdout

    @pytest.mark.fake_sge(slots=3, login_shells=False)
    def test_options(fake_sge):
        assert b"slots                 3" in fake_sge.run("qconf", "-sq", "all.q").stdout

    def test_fault(fake_sge):
        fake_sge.fault("refused", "qstat")
        assert fake_sge.run("qstat").returncode == 1

    @pytest.mark.fake_sge(flavour="ocs-9.1")
    def test_flavour(fake_sge):
        assert fake_sge.submit_simulated(1) == [1]
"""


@pytest.fixture
def real() -> None:
    require_real_cell()


def test_the_fake_by_default(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MIXED)
    pytester.runpytest_inprocess(*ARGS).assert_outcomes(passed=6)


@pytest.mark.real_cell
def test_a_real_one_by_one_switch(pytester: pytest.Pytester, real: None) -> None:
    pytester.makepyfile(MIXED)
    found = pytester.runpytest_inprocess(*ARGS, "--sge=real", "-rs")
    found.assert_outcomes(passed=4, skipped=2)
    found.stdout.fnmatch_lines_random(
        ["*only a fake cell can break when it is told to", "*a real cell has no option flavour"]
    )


@pytest.fixture(scope="module")
def site_for_all() -> Iterator[fake_sge.RealCell]:
    require_real_cell()
    with fake_sge.RealCell(slots=2, login_shells=False) as cell:
        yield cell


@pytest.fixture
def site(
    real: None, site_for_all: fake_sge.RealCell, monkeypatch: pytest.MonkeyPatch
) -> Iterator[fake_sge.RealCell]:
    """A real cell in the environment, without jobs."""
    for name, value in site_for_all.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", site_for_all.env["PATH"])
    yield site_for_all
    site_for_all.run("qdel", "-u", "*")
    wait_for(lambda: not site_for_all.jobs())


@pytest.mark.real_cell
def test_the_sites_own(pytester: pytest.Pytester, site: fake_sge.RealCell) -> None:
    foreign = site.run("qsub", "-terse", "-h", "-b", "y", "true", cwd="/").stdout.decode().strip()
    pytester.makepyfile("""
        import pytest

        def test_jobs_end_with_their_test(fake_sge_path):
            cell = fake_sge_path
            held = cell.run("qsub", "-terse", "-h", "-b", "y", "-N", "held", "true", cwd="/tmp")
            job = held.stdout.decode().strip()
            assert [str(group.job) for group in cell.jobs()] == [job]
            details = cell.run("qstat", "-j", job).stdout.decode()
            assert "h_rt=60" in details and "job_name:                   held" in details

        def test_exit_code_and_output_of_qsub(fake_sge):
            words = ["qsub", "-sync", "y", "-o", "/dev/null", "-j", "y"]
            done = fake_sge.run(*words, stdin=b"exit 3", cwd="/tmp")
            assert done.returncode == 3
            assert done.stdout.startswith(b"Your job ")
            assert fake_sge.run("qsub", "-nosuch").returncode == 2

        def test_it_is_not_changed(fake_sge):
            fake_sge.stop_qmaster()

        @pytest.mark.fake_sge(login_shells=False)
        def test_its_shells_are_what_they_are(fake_sge):
            pass

        @pytest.mark.fake_sge(slots=1)
        def test_it_has_no_options(fake_sge):
            pass
    """)
    found = pytester.runpytest_inprocess(*ARGS, "--sge=site", "--sge-request=-l h_rt=60")
    found.assert_outcomes(passed=3, skipped=2)
    assert [str(group.job) for group in site.jobs()] == [foreign]


@pytest.mark.real_cell
def test_no_job_of_a_test_stays_at_the_site(pytester: pytest.Pytester, site: fake_sge.RealCell) -> None:
    foreign = site.run("qsub", "-terse", "-h", "-b", "y", "true", cwd="/", text=True).stdout.strip()
    (site.common / "sge_qstat").write_text("-s r\n")  # what the site's qstat lists by itself
    pytester.makepyfile("""
        import subprocess, time

        def number_of(listed, name):
            [number] = [group.job for group in listed if group.name == name]
            return number

        def listed(cell, *names):
            end = time.monotonic() + 60
            while {group.name for group in cell.jobs()} != set(names):
                assert time.monotonic() < end, cell.jobs()
                time.sleep(0.1)
            return cell.jobs()

        def test_it(fake_sge_path):
            cell = fake_sge_path
            words = ["-b", "y", "-h", "-o", "/dev/null", "-j", "y"]
            commands = [
                ["qsub", "-sync", "y", "-N", "killed", *words, "sleep", "600"],
                ["qrsh", "-now", "n", "-N", "waits", "-h", "true"],
            ]
            null = subprocess.DEVNULL
            started = [subprocess.Popen(command, stdout=null, stderr=null) for command in commands]
            cell.run("qsub", "-N", "held", "-ac", "own=1", *words, "true", cwd="/tmp", check=True)
            held = number_of(listed(cell, "killed", "waits", "held"), "held")
            details = cell.run("qstat", "-j", str(held), text=True).stdout
            assert "own=1" in details and "h_rt=60" in details
            again = cell.run("qresub", "-h", "u", str(held), cwd="/tmp", text=True)
            assert again.returncode == 0, again.stderr
            assert sorted(group.name for group in cell.jobs()) == ["held", "held", "killed", "waits"]
            for process in started:
                process.kill()
                process.wait()

        def test_a_signal_reaches_qsub(fake_sge_path):
            words = ["qsub", "-sync", "y", "-b", "y", "-h", "-N", "waited-for", "sleep", "600"]
            qsub = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            listed(fake_sge_path, "waited-for")
            qsub.terminate()
            said = qsub.communicate(timeout=60)
            assert b"Please wait while qsub shuts down." in said[1], said
            listed(fake_sge_path)
    """)
    found = pytester.runpytest_inprocess(*ARGS, "--sge=site", "--sge-request=-l h_rt=60")
    found.assert_outcomes(passed=2)
    (site.common / "sge_qstat").unlink()
    assert [str(group.job) for group in site.jobs()] == [foreign]


@pytest.mark.parametrize("kind", [fake_sge.RealCell, SiteCell])
def test_cells_of_each_kind_have_what_a_fake_one_has(kind: type) -> None:
    inside = {"directory", "call", "create"}  # an attribute of each object; the fake's own way
    wanted = {name for name in dir(fake_sge.Cell) if not name.startswith("_")} - inside
    assert wanted <= set(dir(kind))


def test_no_grid_engine_is_a_failure(pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.makepyfile("def test_it(fake_sge): pass")
    found = pytester.runpytest_inprocess(*ARGS, "--sge=real", f"--sge-root={tmp_path}")
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["*NotInstalledError: there is no bin/ARCH/sge_qmaster in *"])


@pytest.mark.parametrize("words", [[], ["-p", "xdist", "-n", "1"]])
@pytest.mark.real_cell
def test_a_verified_test_runs_on_both(pytester: pytest.Pytester, real: None, words: list[str]) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.sge_verified
        def test_same(fake_sge):
            fake_sge.run("qsub", "-terse", "-h", "-b", "y", "-N", "x", "true", cwd="/tmp")
            assert b" x " in fake_sge.run("qstat").stdout
            assert fake_sge.run("qdel", "99999").returncode == 1

        @pytest.mark.sge_verified
        @pytest.mark.parametrize("word", ["one", "two"])
        def test_different(fake_sge, sge_kind, word):
            fake_sge.run("sh", "-c", f"echo {word if word == 'one' else sge_kind}")
    """)
    found = pytester.runpytest_inprocess(*ARGS, "-W", "error", *words)
    found.assert_outcomes(passed=6, errors=1)
    found.stdout.fnmatch_lines(["*the fake and the real Grid Engine differ:", "-out| real", "+out| fake"])


def test_without_a_real_one_it_is_not_verified(pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.sge_verified
        def test_it(fake_sge):
            fake_sge.run("qstat")
    """)
    found = pytester.runpytest_inprocess(*ARGS, f"--sge-root={tmp_path}", "-rs")
    found.assert_outcomes(passed=1, skipped=1)
    found.stdout.fnmatch_lines(["*not verified: there is no bin/ARCH/sge_qmaster in *"])


def test_a_failed_test_shows_its_cell(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_it(fake_sge):
            fake_sge.submit_simulated(60, name="the-one")
            fake_sge.submit_simulated(0, name="over")
            fake_sge.advance(1)
            assert False
    """)
    found = pytester.runpytest_inprocess(*ARGS)
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(
        ["*Grid Engine cell in *", "*the-one*", "the last accounting records:", "*:over:*"]
    )


def test_settings_in_the_ini_file(pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.makeini(f"[pytest]\nsge = real\nsge_root = {tmp_path}\n")
    pytester.makepyfile("def test_it(fake_sge): pass")
    pytester.runpytest_inprocess(*ARGS).assert_outcomes(errors=1)
    pytester.runpytest_inprocess(*ARGS, "--sge=fake").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nsge = rael\n")
    found = pytester.runpytest_inprocess(*ARGS)
    found.stderr.fnmatch_lines(["*sge is one of fake, real, site, not 'rael'"])


def test_one_cell_for_all(pytester: pytest.Pytester) -> None:
    for name in ("test_one.py", "test_two.py"):
        pytester.makepyfile(**{name: "def test_it(fake_sge_session): fake_sge_session.submit_simulated(60)"})
    pytester.makepyfile(test_zero="def test_it(fake_sge_session): assert fake_sge_session.jobs() == []")
    pytester.makepyfile(test_zz="def test_it(fake_sge_session): assert len(fake_sge_session.jobs()) == 2")
    names = [f"test_{name}.py" for name in ("zero", "one", "two", "zz")]
    pytester.runpytest_inprocess(*ARGS, *names).assert_outcomes(passed=4)


@pytest.mark.real_cell
def test_the_comparison_finds_what_differs(
    real: None, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    equal = [
        "qsub -terse -b y -o /dev/null -j y sleep 30",
        "qsub -h -b y -N arr -t 1-7:2 -hold_jid 500001 true",
        "qstat",
        "qstat -xml",
        "qdel 500001 500001.3 99",
        "qstat -j 500002 | grep -v '^\\(env_list\\|submission_time\\)'",
        "qconf -sql; qstat -g c; qsub -nosuch",
        'qsub -b y -l nosuch=1 true; cat "$SGE_ROOT/default/common/act_qmaster"',
    ]
    commands = tmp_path / "commands"
    commands.write_text('# the one thing that differs\n\necho "${SGE_ROOT#*/compare-*/}"\n')
    assert compare.main([*equal, "--file", str(commands)]) == 1
    told = capfd.readouterr().out
    assert [line[:11] for line in changed_lines(told)] == ["-out| real/", "+out| fake/"], told


def test_a_comparison_without_a_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[Any] = []

    def no_difference(lines: list[str], _cells: Any, **options: Any) -> str:
        given.append((lines, options))
        return ""

    monkeypatch.setattr(compare, "compare", no_difference)
    assert compare.main(["qstat", "qdel {1}", "--idle", "--wait", "0"]) == 0
    assert given == [(["qstat", "qdel {1}"], {"idle": True, "wait": 0.0})]
    assert capsys.readouterr().out == ""


def test_a_comparison_without_a_real_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKE_SGE_REAL_ROOT", str(tmp_path))
    assert compare.main(["qstat"]) == 2
    assert "there is no bin/ARCH/sge_qmaster" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        compare.main([])
    assert end.value.code == 2


@pytest.mark.real_cell
def test_real_cells_on_the_command_line(real: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shell = 'qsub -terse -sync y -b y -o /dev/null -j y false; echo "$?"; echo "$SGE_ROOT"; exit 7'
    done = fake_sge_program("run", "--real", "--no-login-shells", "--", "sh", "-c", shell)
    assert done.returncode == 7, done.stderr
    number, code, root = done.stdout.split()
    assert (number, code) == ("2", "1")
    assert not Path(root).exists()

    with tempfile.TemporaryDirectory(prefix="cell") as parent:
        Path(parent).chmod(0o755)
        directory = f"{parent}/cell"
        try:
            assert fake_sge_program("start", "--real", "--slots", "3", directory).returncode == 0
            set_up = f'eval "$({shlex.quote(sys.executable)} -m fake_sge.cli env {directory})"; '
            listed = subprocess.run(
                ["sh", "-c", set_up + "qstat -f"], capture_output=True, text=True, check=True
            )
            assert "0/0/3" in listed.stdout
            assert json.loads(fake_sge_program("status", directory).stdout)["jobs"] == 0
            refused = fake_sge_program("fault", directory, "refused")
            assert (refused.returncode, refused.stderr) == (
                1,
                "fake-sge: only a fake cell can break when it is told to\n",
            )
            assert fake_sge_program("qmaster", directory, "kill").returncode == 0
            assert fake_sge_program("status", directory).returncode == 1
            assert fake_sge_program("start", directory).returncode == 0
            assert json.loads(fake_sge_program("status", directory).stdout)["running"] == 0
        finally:
            stopped = fake_sge_program("stop", "--remove", directory)
        assert stopped.returncode == 0, stopped.stderr
        assert not Path(directory).exists()


def test_the_report_of_a_failed_test_does_not_wait_for_a_cell_that_is_silent(tmp_path: Path) -> None:
    with fake_sge.Cell(tmp_path / "cell") as cell:
        cell.fault("silent", times=None)
        text = describe(cell, patience=0.2)
    assert text.count("no answer within 0.2 s") == 2
