"""Finding Grid Engine's commands, with and without Debian's wrapper, and the environment they run in."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from drmaa_cli.system import commands
from drmaa_cli.system.commands import Tool, find_tool, quiet_environment, with_defaults
from drmaa_cli.system.runner import CommandNotFound
from tests.conftest import require_real_cell

# Does what Debian's wrapper does. Its first comment and its last line are what the wrapper is known by.
WRAPPER = """\
#!/bin/sh
# SGE Wrapper script
DEFAULT_SGE_ROOT=/var/lib/gridengine
DEFAULT_SGE_CELL=default
CONFIG_PATH=/etc/default/gridengine
PROG=${0##*/}
root=$SGE_ROOT cell=$SGE_CELL
[ ! -r $CONFIG_PATH ] || . $CONFIG_PATH
SGE_ROOT=${root:-${SGE_ROOT:-$DEFAULT_SGE_ROOT}}
SGE_CELL=${cell:-${SGE_CELL:-$DEFAULT_SGE_CELL}}
export SGE_ROOT SGE_CELL
exec /usr/lib/gridengine/${PROG} "$@"
"""
CONFIG = """\
# Which daemons start with the machine, and where the cell is.
SGE_START_QMASTER=no

SGE_ROOT=/var/lib/gridengine
SGE_CELL=default
SGE_ARCH=`$SGE_ROOT/util/arch`
"""


def script(path: Path, text: str = "#!/bin/sh\nexit 0\n", mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture(autouse=True)
def _no_file_of_the_system(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "real_cell" not in request.keywords:
        monkeypatch.setattr(commands, "SITE_FILE", str(tmp_path / "etc-default"))


@pytest.fixture
def debian(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Debian's layout below another root: the wrapper, the binary behind it, its configuration."""
    binary = script(tmp_path / "lib" / "qsub", "#!/bin/sh\nexec /usr/bin/env\n")
    config = script(tmp_path / "default", CONFIG, 0o644)
    text = WRAPPER.replace("/usr/lib/gridengine/", f"{binary.parent}/")
    text = text.replace("/etc/default/gridengine", str(config))
    assert text != WRAPPER
    return script(tmp_path / "bin" / "qsub", text), binary, config


def env(wrapper: Path, **others: str) -> dict[str, str]:
    return {"PATH": str(wrapper.parent), **others}


def cell_of(argv: list[str], env: Mapping[str, str]) -> dict[str, str]:
    """What a program that prints its environment has of SGE_ROOT and SGE_CELL."""
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
    assert not [line for line in done.stderr.splitlines() if "util/arch" not in line]
    variables = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return {name: variables[name] for name in ("SGE_ROOT", "SGE_CELL")}


@pytest.mark.real_cell
def test_the_installed_wrapper_is_recognised(tmp_path: Path) -> None:
    """Debian's own, where it is installed: the binary behind it, and what it would have set."""
    require_real_cell()
    tool = find_tool("qsub", {"PATH": "/usr/bin"})
    assert tool.path == "/usr/lib/gridengine/qsub"
    shell = Path("/usr/bin/qsub").read_text()
    shown = script(
        tmp_path / "qsub", shell.replace('exec /usr/lib/gridengine/${PROG} "$@"', "exec /usr/bin/env")
    )
    for env in ({}, {"SGE_ROOT": "/opt/sge"}, {"SGE_ROOT": "", "SGE_CELL": "test"}):
        given = {"PATH": "/usr/bin:/bin", **env}
        assert cell_of([str(shown)], given).items() <= with_defaults(given, tool.defaults).items()


CONFIGS = [CONFIG, "SGE_CELL=prod\n", "SGE_ROOT='/opt/sge'\nSGE_CELL=\"x.1\"\n", "SGE_ROOT=\n", "# nothing\n"]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("given", [{}, {"SGE_ROOT": "/my/sge"}, {"SGE_ROOT": "", "SGE_CELL": "mine"}])
def test_the_defaults_are_what_the_wrapper_would_have_set(
    debian: tuple[Path, Path, Path], config: str, given: dict[str, str]
) -> None:
    wrapper, _, path = debian
    path.write_text(config)
    tool = find_tool("qsub", env(wrapper, **given))
    assert cell_of([str(wrapper)], given).items() <= with_defaults(given, tool.defaults).items()


def test_the_binary_behind_debians_wrapper(debian: tuple[Path, Path, Path]) -> None:
    wrapper, binary, _ = debian
    tool = find_tool("qsub", env(wrapper))
    assert tool.path == str(binary)
    assert tool.defaults == {"SGE_ROOT": "/var/lib/gridengine", "SGE_CELL": "default"}


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_link_to_the_wrapper_is_the_wrapper(debian: tuple[Path, Path, Path], kind: str) -> None:
    wrapper, binary, _ = debian
    if kind == "link":
        real = wrapper.rename(wrapper.with_name("gridengine-wrapper"))
        wrapper.symlink_to(real)
    assert find_tool("qsub", env(wrapper)).path == str(binary)


def test_the_wrappers_configuration_counts(debian: tuple[Path, Path, Path]) -> None:
    wrapper, _, config = debian
    config.write_text("SGE_ROOT=/opt/sge\nSGE_CELL=prod\n")
    assert find_tool("qsub", env(wrapper)).defaults == {"SGE_ROOT": "/opt/sge", "SGE_CELL": "prod"}
    config.unlink()
    defaults = find_tool("qsub", env(wrapper)).defaults
    assert defaults == {"SGE_ROOT": "/var/lib/gridengine", "SGE_CELL": "default"}


@pytest.mark.parametrize("line", ['SGE_ROOT="/opt/sge"', "SGE_ROOT='/opt/sge'", " SGE_ROOT=/opt/sge "])
def test_a_plain_assignment_is_read(debian: tuple[Path, Path, Path], line: str) -> None:
    wrapper, _, config = debian
    config.write_text(f"{line}\n")
    assert find_tool("qsub", env(wrapper)).defaults["SGE_ROOT"] == "/opt/sge"


SHELL = [
    "export SGE_ROOT=/opt/sge", " SGE_ROOT=/opt/sge # ours", "SGE_ROOT=$(cat /etc/sge-root)",
    "SGE_CELL=`hostname`", "if true; then SGE_ROOT=/a; fi", ". /etc/sge",
]  # fmt: skip


@pytest.mark.parametrize("line", SHELL)
def test_a_configuration_that_only_a_shell_can_read_is_left_to_the_shell(
    debian: tuple[Path, Path, Path], line: str
) -> None:
    wrapper, _, config = debian
    config.write_text(f"{line}\n")
    assert find_tool("qsub", env(wrapper)) == (str(wrapper), {})


def test_the_wrapper_without_its_binary_is_called_as_it_is(debian: tuple[Path, Path, Path]) -> None:
    wrapper, binary, _ = debian
    binary.unlink()
    assert find_tool("qsub", env(wrapper)) == (str(wrapper), {})


@pytest.mark.parametrize(
    "text",
    [
        '#!/bin/sh\n. /opt/sge/default/common/settings.sh\nexec /opt/sge/bin/lx-amd64/qsub "$@"\n',
        WRAPPER.replace("SGE Wrapper script", "Site script"),
        WRAPPER.replace("exec /usr/lib/gridengine/", "exec nice /usr/lib/gridengine/"),
        "\x7fELF" + WRAPPER[2:],
    ],
    ids=["site", "another name", "another ending", "binary"],
)
def test_other_programs_are_called_as_they_are(tmp_path: Path, text: str) -> None:
    wrapper = script(tmp_path / "bin" / "qsub", text)
    assert find_tool("qsub", env(wrapper)) == (str(wrapper), {})


def test_below_sge_root_when_path_has_none(tmp_path: Path) -> None:
    root = tmp_path / "sge"
    for arch in ("lx-amd64", "sol-sparc64"):
        script(root / "bin" / arch / "qstat")
    script(root / "bin" / "aix" / "qstat", mode=0o644)
    found = find_tool("qstat", {"PATH": str(tmp_path), "SGE_ROOT": str(root)})
    assert found == (str(root / "bin" / "lx-amd64" / "qstat"), {})
    found = find_tool("qstat", {"PATH": "", "SGE_ROOT": str(root), "SGE_ARCH": "sol-sparc64"})
    assert found.path == str(root / "bin" / "sol-sparc64" / "qstat")


def test_path_goes_before_sge_root(tmp_path: Path) -> None:
    root = tmp_path / "sge"
    script(root / "bin" / "lx-amd64" / "qstat")
    ours = script(tmp_path / "bin" / "qstat")
    assert find_tool("qstat", {"PATH": str(ours.parent), "SGE_ROOT": str(root)}).path == str(ours)


def test_nowhere(tmp_path: Path) -> None:
    with pytest.raises(CommandNotFound, match="'qsub': not found on PATH, and SGE_ROOT is not set; is this"):
        find_tool("qsub", {"PATH": str(tmp_path)})
    with pytest.raises(CommandNotFound, match="not found on PATH or /no/sge/bin; is this"):
        find_tool("qsub", {"PATH": "", "SGE_ROOT": "/no/sge"})


def test_the_environment_of_questions() -> None:
    given = {
        "SGE_LONG_QNAMES": "40", "SGE_LONG_JOB_NAMES": "1", "SGE_DEBUG_LEVEL": "2 0 0", "SGE_ND": "1",
        "LANG": "de_DE", "LANGUAGE": "de", "LC_MESSAGES": "de_DE", "LC_ALL": "de_DE", "TZ": "Asia/Tokyo",
        "SGE_ROOT": "/opt/sge", "SGE_CLUSTER_NAME": "p1", "PATH": "/bin", "LANGUID": "kept", "MY_TZ": "kept",
    }  # fmt: skip
    assert quiet_environment(given, {"SGE_ROOT": "/var/lib/gridengine", "SGE_CELL": "default"}) == {
        "SGE_ROOT": "/opt/sge", "SGE_CELL": "default", "SGE_CLUSTER_NAME": "p1", "PATH": "/bin",
        "LANGUID": "kept", "MY_TZ": "kept", "LC_ALL": "C", "TZ": "UTC",
    }  # fmt: skip


def test_an_empty_variable_is_as_good_as_none_to_the_wrapper() -> None:
    """Debian's wrapper replaces an empty SGE_ROOT by its default (`[ -z "${SGE_ROOT}" ]`)."""
    defaults = {"SGE_ROOT": "/var/lib/gridengine", "SGE_CELL": "default"}
    found = quiet_environment({"SGE_ROOT": "", "SGE_CELL": ""}, defaults)
    assert (found["SGE_ROOT"], found["SGE_CELL"]) == ("/var/lib/gridengine", "default")


# What util/create_settings.sh of 8.1.9 writes, as far as it is assignments.
SETTINGS = """\
SGE_ROOT={root}; export SGE_ROOT

if [ -x $SGE_ROOT/util/arch ]; then
SGE_ARCH=`$SGE_ROOT/util/arch`; export SGE_ARCH

SGE_CELL={cell}; export SGE_CELL
SGE_CLUSTER_NAME=reef; export SGE_CLUSTER_NAME
SGE_QMASTER_PORT=7101; export SGE_QMASTER_PORT
unset SGE_EXECD_PORT
fi
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """An installation below another root with two cells."""
    root = tmp_path / "ge"
    script(root / "bin" / "lx-amd64" / "qsub", "\x7fELF")
    for cell in ("default", "prod"):
        script(root / cell / "common" / "settings.sh", SETTINGS.format(root=root, cell=cell), 0o644)
    return root


def test_the_settings_of_the_cell_say_where_it_is(installed: Path, tmp_path: Path) -> None:
    binary = installed / "bin" / "lx-amd64" / "qsub"
    expected = {"SGE_ROOT": str(installed), "SGE_CLUSTER_NAME": "reef", "SGE_QMASTER_PORT": "7101"}
    path = {"PATH": str(binary.parent)}
    assert find_tool("qsub", path) == Tool(str(binary), {**expected, "SGE_CELL": "default"})
    assert find_tool("qsub", {**path, "SGE_CELL": "prod"}).defaults == {**expected, "SGE_CELL": "prod"}
    link = tmp_path / "bin" / "qsub"
    link.parent.mkdir()
    link.symlink_to(binary)
    assert find_tool("qsub", {"PATH": str(link.parent)}).defaults["SGE_ROOT"] == str(installed)


def test_what_the_environment_says_counts_more(installed: Path) -> None:
    given = {"PATH": str(installed / "bin" / "lx-amd64"), "SGE_ROOT": "/opt/other"}
    assert find_tool("qsub", given).defaults == {}


def test_the_only_cell_need_not_be_called_default(installed: Path) -> None:
    path = {"PATH": str(installed / "bin" / "lx-amd64")}
    (installed / "default" / "common" / "settings.sh").unlink()
    assert find_tool("qsub", path).defaults["SGE_CELL"] == "prod"
    script(installed / "test" / "common" / "settings.sh", SETTINGS.format(root=installed, cell="test"), 0o644)
    assert find_tool("qsub", path).defaults == {}, "which of two is not to be guessed"
    assert find_tool("qsub", {**path, "SGE_CELL": "test"}).defaults["SGE_CELL"] == "test"


def test_the_file_of_the_system_says_where_it_is(installed: Path) -> None:
    """With the commands on PATH or without."""
    script(Path(commands.SITE_FILE), f"# ours\nSGE_ROOT={installed}\nSGE_CELL=prod\n", 0o644)
    found = find_tool("qsub", {"PATH": "/nowhere"})
    assert found.path == str(installed / "bin" / "lx-amd64" / "qsub")
    assert found.defaults == {"SGE_ROOT": str(installed), "SGE_CELL": "prod"}
    elsewhere = script(installed.parent / "usr" / "bin" / "qsub", "\x7fELF")
    assert find_tool("qsub", {"PATH": str(elsewhere.parent)}).defaults["SGE_CELL"] == "prod"


def test_a_sites_own_wrapper_is_left_alone(installed: Path) -> None:
    script(Path(commands.SITE_FILE), f"SGE_ROOT={installed}\nSGE_CELL=prod\n", 0o644)
    wrapper = script(installed.parent / "wrappers" / "qsub", '#!/bin/sh\nexec qsub.real "$@"\n')
    assert find_tool("qsub", {"PATH": str(wrapper.parent)}) == Tool(str(wrapper), {})


def test_nowhere_at_all(installed: Path) -> None:
    with pytest.raises(CommandNotFound, match="SGE_ROOT is not set"):
        find_tool("qsub", {"PATH": "/nowhere"})


def test_another_cell_has_commands_of_its_own(debian: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """The wrapper's would ask that cell's qmaster in the machine's own way."""
    wrapper, binary, _ = debian
    own = script(tmp_path / "sge" / "bin" / "lx-amd64" / "qsub", "#!/bin/sh\n")
    assert find_tool("qsub", env(wrapper, SGE_ROOT=str(tmp_path / "sge"))).path == str(own)
    assert find_tool("qsub", env(wrapper, SGE_ROOT=str(tmp_path))).path == str(binary)
