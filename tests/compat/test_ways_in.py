"""The ways in: drmaa-cli exec, drmaa-cli shim-path, install_as_drmaa(); none of them needs a Grid Engine."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import lxml
import pytest

import drmaa_cli
from drmaa_cli.compat.install import shim_path
from tests.patience import PATIENCE

ROOT = Path(drmaa_cli.__file__).parent.parent
PYTHON = sys.executable
THIS = f"this is {PYTHON}, of version {sys.version.split()[0]}"


def run(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def cli(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), env.pop("PYTHONPATH", "")]).rstrip(os.pathsep)
    return run(PYTHON, "-m", "drmaa_cli.cli", *argv, PYTHONPATH=path, **env)


def program(text: str, *path: Path, flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return run(PYTHON, *flags, "-c", text, PYTHONPATH=os.pathsep.join(map(str, path)))


def good(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def real_drmaa(tmp_path: Path) -> Path:
    """A directory with another package called drmaa, which loads."""
    package = tmp_path / "site" / "drmaa"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from drmaa.const import REAL\nfrom drmaa.session import Session\n")
    (package / "const.py").write_text("REAL = True\n")
    (package / "session.py").write_text("class Session:\n    pass\n")
    (package / "more.py").write_text("")
    return package.parent


@pytest.fixture
def broken_drmaa(real_drmaa: Path) -> Path:
    """The same, failing half-way, as drmaa-python does where libdrmaa does not load."""
    path = real_drmaa / "drmaa" / "__init__.py"
    path.write_text(
        "from drmaa.const import REAL\nraise OSError('cannot allocate memory in static TLS block')\n"
    )
    return real_drmaa


# --- drmaa-cli exec ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fence", [[], ["--"]])
def test_the_program_gets_its_arguments_untouched(fence: list[str]) -> None:
    words = ["--version", "-h", "--", "a b", "", "-x", "--"]
    done = cli("exec", *fence, PYTHON, "-c", "import sys; print(sys.argv[1:])", *words)
    assert good(done) == str(words)


def test_both_packages_are_found_and_children_inherit() -> None:
    child = "import drmaa, DRMAA; print(drmaa.__file__); print(DRMAA.__file__)"
    done = cli("exec", "--", "sh", "-c", f"{PYTHON} -c '{child}'")
    assert good(done).splitlines() == [str(shim_path() / name / "__init__.py") for name in ("drmaa", "DRMAA")]


def test_the_exit_code_is_the_programs() -> None:
    assert cli("exec", "--", "sh", "-c", "exit 43").returncode == 43


def test_the_signal_is_the_programs() -> None:
    assert cli("exec", "--", "sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM


@pytest.mark.slow
def test_the_program_ends_by_a_closed_pipe_as_any_other() -> None:
    ignored = int(good(cli("exec", "--", "grep", "SigIgn", "/proc/self/status")).split()[1], 16)
    assert not ignored & (1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1))


@pytest.mark.slow
def test_the_process_is_replaced() -> None:
    with subprocess.Popen(
        [PYTHON, "-m", "drmaa_cli.cli", "exec", "--", "sh", "-c", "echo $$"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.communicate()[0].strip() == str(process.pid)


def test_what_was_on_pythonpath_stays_behind_the_shim(tmp_path: Path) -> None:
    text = "import os; print(os.environ['PYTHONPATH'])"
    done = cli("exec", "--", PYTHON, "-c", text, PYTHONPATH=str(tmp_path))
    assert good(done).split(os.pathsep) == [str(shim_path()), str(ROOT), str(tmp_path)]


@pytest.mark.slow
def test_exec_inside_exec_changes_nothing() -> None:
    show = [PYTHON, "-c", "import os; print(os.environ['PYTHONPATH'])"]
    once = good(cli("exec", *show))
    assert good(cli("exec", PYTHON, "-m", "drmaa_cli.cli", "exec", *show)) == once


def test_a_missing_program_is_127() -> None:
    done = cli("exec", "--", "no-such-program-at-all")
    assert (done.returncode, done.stderr) == (
        127,
        "drmaa-cli: no-such-program-at-all: No such file or directory\n",
    )


@pytest.mark.slow
def test_what_cannot_be_executed_is_126(tmp_path: Path) -> None:
    done = cli("exec", str(tmp_path))
    assert (done.returncode, done.stderr) == (126, f"drmaa-cli: {tmp_path}: Permission denied\n")


@pytest.mark.slow
@pytest.mark.parametrize("words", [["exec"], ["exec", "--"]])
def test_exec_without_a_program_shows_its_usage(words: list[str]) -> None:
    done = cli(*words)
    assert done.returncode == 2
    assert "usage: drmaa-cli exec [-h] -- PROGRAM" in done.stderr
    assert "required: PROGRAM" in done.stderr


# --- the command ---------------------------------------------------------------------------------------


def test_version() -> None:
    assert good(cli("--version")) == f"drmaa-cli {drmaa_cli.__version__}"


@pytest.mark.slow
@pytest.mark.parametrize("words", [["--help"], ["-h"]])
def test_help_names_the_commands(words: list[str]) -> None:
    text = good(cli(*words))
    assert "exec" in text
    assert "shim-path" in text


@pytest.mark.slow
@pytest.mark.parametrize("words", [[], ["nope"], ["--nope"], ["shim-path", "more"], ["exec", "--nope"]])
def test_wrong_usage_is_2_and_says_how(words: list[str]) -> None:
    done = cli(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: drmaa-cli")
    assert not done.stdout


@pytest.mark.slow
def test_shim_path_prints_a_directory_of_nothing_but_the_two_packages() -> None:
    directory = Path(good(cli("shim-path")))
    assert directory.is_dir()
    names = {entry.name for entry in directory.iterdir()} - {"__pycache__", "_drmaa_cli_shim.py"}
    assert names == {"drmaa", "DRMAA"}


# --- the shim on PYTHONPATH ----------------------------------------------------------------------------


def test_an_installed_drmaa_is_hidden_whole(real_drmaa: Path) -> None:
    text = """
import drmaa, drmaa.const, drmaa.session
assert not hasattr(drmaa, "REAL") and not hasattr(drmaa.const, "REAL")
try:
    import drmaa.more
except ModuleNotFoundError as error:
    print(error.name)
"""
    assert good(program(text, shim_path(), ROOT, real_drmaa)) == "drmaa.more"


def test_wrappers_say_what_they_are() -> None:
    done = program("import drmaa.wrappers", shim_path(), ROOT)
    assert done.stderr.splitlines()[-1].startswith("ImportError: drmaa.wrappers is drmaa-python's ctypes")


def test_importing_costs_no_command_and_no_qsub() -> None:
    text = """
import sys
forbidden = ("subprocess", "os.fork", "os.posix_spawn", "os.exec", "socket.connect", "sqlite3")
sys.addaudithook(lambda event, _: event.startswith(forbidden) and print(event))
import drmaa, DRMAA, drmaa.helpers
print(repr(drmaa.Session.contact), drmaa.Session().version, DRMAA.Session().getVersion())
for first in (drmaa.Session().initialize, DRMAA.Session().init):
    try:
        first()
    except drmaa.errors.DrmsInitException as error:
        assert "qsub" in str(error), error
        print(str(error)[:8])
"""
    done = run(PYTHON, "-c", text, PYTHONPATH=f"{shim_path()}{os.pathsep}{ROOT}", PATH="", SGE_ROOT="/no")
    assert good(done).splitlines() == ["'' 1.0 1.0", "code 10:", "code 10:"]


@pytest.mark.slow
def test_the_packages_are_the_same_classes_as_drmaa_cli() -> None:
    text = """
import drmaa, DRMAA, drmaa_cli
assert issubclass(drmaa.Session, drmaa_cli.Session) and drmaa.JobTemplate is DRMAA.JobTemplate
assert issubclass(drmaa.JobTemplate, drmaa_cli.JobTemplate)
assert drmaa.InvalidJobException is drmaa.errors.InvalidJobException is DRMAA.InvalidJobException
"""
    good(program(text, shim_path(), ROOT))


def test_an_interpreter_without_drmaa_cli_is_given_it(tmp_path: Path) -> None:
    """A pipeline in an environment of its own, where only lxml is installed."""
    (tmp_path / "lxml").symlink_to(Path(lxml.__file__).parent)
    for name in ("drmaa", "DRMAA"):
        text = (
            f"import {name}, drmaa_cli, sys; print(drmaa_cli.__file__); assert {str(ROOT)!r} not in sys.path"
        )
        done = program(
            text, shim_path(), tmp_path, flags=("-S", "-P") if sys.version_info >= (3, 11) else ("-S",)
        )
        assert good(done) == str(ROOT / "drmaa_cli" / "__init__.py")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["drmaa", "DRMAA"])
def test_an_interpreter_that_cannot_have_it_says_what_is_missing(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [PYTHON, "-S", "-c", f"import {name}"],
        env={"PYTHONPATH": str(shim_path())},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: drmaa here is drmaa_cli, which needs lxml")
    assert f"{PYTHON} -m pip install lxml" in last


@pytest.mark.slow
@pytest.mark.parametrize("environment", [False, True])
def test_where_pip_may_not_install_it_says_another_way(environment: bool, tmp_path: Path) -> None:
    """PEP 668: in Debian's own Python, but not in a virtual environment made with it."""
    (tmp_path / "EXTERNALLY-MANAGED").touch()
    text = f"""
import sys, sysconfig
sys.path.remove("")
sysconfig.get_path = lambda name: {str(tmp_path)!r}
sys.prefix = "/environment" if {environment} else sys.base_prefix
import drmaa
"""
    last = program(text, shim_path(), flags=("-S",)).stderr.splitlines()[-1]
    assert ("-m pip install lxml" in last) == environment
    assert ("apt-get install python3-lxml" in last) != environment


@pytest.mark.parametrize("name", ["drmaa", "DRMAA"])
@pytest.mark.parametrize("version", [(2, 7), (3, 6), (3, 8)])
def test_an_old_python_is_told_which_one_is_needed(name: str, version: tuple[int, int]) -> None:
    done = program(f"import sys; sys.version_info = {version}; import {name}", shim_path())
    last = done.stderr.splitlines()[-1]
    assert last == f"ImportError: {name} here is drmaa_cli, which needs Python 3.9 or newer; {THIS}"


@pytest.mark.parametrize("version", [(3, 6), (3, 8)])
def test_an_old_python_that_finds_the_package_is_told_the_same(version: tuple[int, int]) -> None:
    source = (shim_path().parents[1] / "__init__.py").read_text()
    tree = ast.parse(source, feature_version=(3, 6))
    assert not any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in ast.walk(tree)
    )
    done = program(f"import sys; sys.version_info = {version}; import drmaa_cli", shim_path().parents[2])
    assert done.stderr.splitlines()[-1] == f"ImportError: drmaa_cli needs Python 3.9 or newer; {THIS}"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["drmaa", "DRMAA"])
def test_an_old_python_can_read_that(name: str) -> None:
    """Nothing in the package's first file is newer than Python 2.7, which reads it before it says a word."""
    source = (shim_path() / name / "__init__.py").read_bytes()
    assert source.isascii()
    tree = ast.parse(source, feature_version=(3, 4))
    for node in ast.walk(tree):
        assert not isinstance(node, (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.Starred))
        assert not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Try)) or (
            isinstance(node, ast.Try) and not node.finalbody
        )
        assert not (isinstance(node, ast.ImportFrom) and node.module == "__future__")
    for python in filter(None, map(shutil.which, ("python2.7", "python3.6", "python3.7", "python3.8"))):
        if run(python, "-c", "").returncode == 0:  # no stand-in that says there is none
            done = run(python, "-c", f"import {name}", PYTHONPATH=str(shim_path()))
            assert "needs Python 3.9 or newer" in done.stderr


# --- install_as_drmaa() --------------------------------------------------------------------------------


def test_install_as_drmaa(real_drmaa: Path) -> None:
    text = """
import drmaa_cli
drmaa_cli.install_as_drmaa()
import drmaa, DRMAA, drmaa.const
from drmaa.helpers import Attribute
assert issubclass(drmaa.Session, drmaa_cli.Session)
drmaa_cli.install_as_drmaa()
import drmaa as again
assert again is drmaa
print(drmaa.__file__)
"""
    assert good(program(text, real_drmaa, ROOT)) == str(shim_path() / "drmaa" / "__init__.py")


@pytest.mark.slow
def test_install_as_drmaa_comes_too_late_for_an_imported_drmaa(real_drmaa: Path) -> None:
    text = """
import drmaa, drmaa_cli, sys
before = dict(sys.modules)
try:
    drmaa_cli.install_as_drmaa()
except ImportError as error:
    print(error)
import drmaa as again
assert again is drmaa and again.REAL and "DRMAA" not in sys.modules
"""
    answer = good(program(text, real_drmaa, ROOT))
    assert answer == (
        "install_as_drmaa() came too late: 'drmaa' was already imported from "
        f"{real_drmaa}/drmaa/__init__.py; call it before the first import"
    )


@pytest.mark.slow
def test_install_as_drmaa_after_a_failed_import_mixes_nothing(broken_drmaa: Path) -> None:
    text = """
import sys, drmaa_cli
try:
    import drmaa
except OSError:
    assert "drmaa.const" in sys.modules
    drmaa_cli.install_as_drmaa()
import drmaa
assert not hasattr(drmaa.const, "REAL")
print(drmaa.const.__file__)
"""
    assert good(program(text, broken_drmaa, ROOT)) == str(shim_path() / "drmaa" / "const.py")


@pytest.mark.slow
def test_install_as_drmaa_does_not_reach_children() -> None:
    text = """
import drmaa_cli, os, sys
before = dict(os.environ), list(sys.path)
drmaa_cli.install_as_drmaa()
assert before == (dict(os.environ), list(sys.path))
"""
    good(program(text, ROOT))
