"""The same jobs on a real cell and on a fake one: environment, files, records and states agree."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fake_sge.cell import Cell
from tests.homes import users_home
from tests.patience import PATIENCE
from tests.real_cell import RealCell

from .kit import environment

pytestmark = pytest.mark.real_cell
Submit = Callable[..., int]
PATH = "/usr/local/bin:/usr/bin:/bin"


class Side:
    """One of the two cells."""

    def __init__(self, env: dict[str, str], tools: Path, root: str) -> None:
        self.env = {"LOGNAME": "me", "USER": "me", "PATH": f"{tools}:{PATH}", **env}
        self.tools = tools
        self.root = root

    def run(self, tool: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        env = {**self.env, "HOME": os.environ["HOME"]}
        return subprocess.run(
            [self.tools / tool, *words],
            cwd=cwd,
            env=env,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=PATIENCE,
        )

    def job(self, cwd: Path, *words: str, ends: int = 1) -> list[list[str]]:
        """Submit a job and wait for its records."""
        done = self.run("qsub", "-terse", "-b", "y", "-cwd", *words, cwd=cwd)
        assert done.returncode == 0, done.stderr
        number = done.stdout.split(".")[0].strip()
        end = time.monotonic() + 90
        while True:
            path = Path(self.root, "default/common/accounting")
            lines = [line.split(":") for line in path.read_text().splitlines()] if path.exists() else []
            found = [line for line in lines if len(line) > 6 and line[5] == number]
            if len(found) >= ends:
                return found
            assert time.monotonic() < end, f"no record of {words}"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    with Cell(tmp_path_factory.mktemp("pair") / "cell", home=str(users_home())) as cell:
        yield Side(cell.variables, cell.path, str(cell.layout.root))


@pytest.fixture
def real(real_cell: RealCell) -> Side:
    return Side(dict(real_cell.env), real_cell.bin_directory, real_cell.env["SGE_ROOT"])


def masked(side: Side, env: dict[str, str], number: str) -> dict[str, str]:
    """What a job's environment says, without what differs between any two cells."""
    base = str(Path(side.root).parent)
    spools = {
        f"{base}/spool/execd": "EXECD",
        f"{base}/tmp/": "/tmp/",
        side.root: "ROOT",
        str(side.tools): "TOOLS",
    }
    found = {}
    for name, value in env.items():
        text = value
        for path, word in sorted(spools.items(), key=lambda item: -len(item[0])):
            text = text.replace(path, word)
        found[name] = text.replace(f"/{number}.", "/NUMBER.")
    assert found.pop("JOB_ID") == number
    for name in ("SGE_QMASTER_PORT", "SGE_EXECD_PORT", "SGE_BINARY_PATH"):
        assert found.pop(name, None), name
    return found


INHERITED = ("SHLVL", "OLDPWD", "_", "PWD", "LANG", "LANGUAGE", "TZ")


@pytest.mark.parametrize(
    "words",
    [
        ("-shell", "n"),
        ("-shell", "n", "-t", "3-7:4"),
        ("-shell", "n", "-pe", "smp", "2", "-N", "other"),
        (
            "-shell",
            "n",
            "-v",
            "A=1,B=x y,PATH=/my:/bin,TMPDIR=/t,JOB_ID=3,BASH_ENV=/b,LD_X=1,ENVX=2,IFS=:,LC_ALL=/l,LC_X=C",
        ),
        ("-shell", "n", "-j", "y", "-A", "acct", "-notify"),
    ],
    ids=lambda words: " ".join(words[2:]) or "plain",
)
def test_environments_agree(fake: Side, real: Side, tmp_path: Path, words: tuple[str, ...]) -> None:
    seen = []
    for name, side in (("fake", fake), ("real", real)):
        cwd = tmp_path / "same"
        cwd.mkdir(exist_ok=True)
        out = f"{name}.$TASK_ID" if "-t" in words else name
        errors = () if "-j" in words else ("-e", "err")
        record = side.job(cwd, *words, "-o", out, *errors, "/usr/bin/env", ends=2 if "-t" in words else 1)[0]
        path = cwd / (f"{name}.3" if "-t" in words else name)
        env = masked(side, environment(path.read_text()), record[5])
        for variable in ("SGE_STDOUT_PATH", "SGE_STDERR_PATH"):
            env[variable] = env[variable].replace(f"/same/{name}", "/same/SIDE")
        seen.append(env)
    ours, theirs = seen
    ours["PATH"] = ours["PATH"].replace(":TOOLS:", ":")  # by which jobs of the fake submit jobs
    for item in ("ENVIRONMENT", "TMPDIR"):  # jobs of root lack them on the real cell
        if item not in theirs:
            assert ours.pop(item)
    inherited = {item for item in theirs if item not in ours and item in os.environ} | set(INHERITED)
    assert {item: value for item, value in ours.items() if item not in inherited} == {
        item: value for item, value in theirs.items() if item not in inherited
    }


FIELDS = (0, 1, 2, 3, 4, 6, 7, 11, 12, 31, 32, 33, 34, 35, 39, 41, 43, 44)


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        (("-shell", "n", "sh", "-c", "exit 3"), 1),
        (("-shell", "n", "sh", "-c", "exit 143"), 1),
        (("-shell", "n", "sh", "-c", "kill -SEGV $$"), 1),
        (("-shell", "n", "-l", "h_rt=0:0:1", "sleep", "60"), 1),
        (("-shell", "n", "-l", "s_rt=1", "sleep", "60"), 1),
        (("-shell", "n", "/no/such/cmd"), 1),
        (("-shell", "n", "-o", "/no/such/x", "true"), 1),
        (("-shell", "n", "-wd", "/no/such", "true"), 1),
        (("-S", "/no/sh", "true"), 1),
        (("-shell", "n", "-i", "/no/in", "true"), 1),
        (("-shell", "n", "sh", "-c", "exit 100"), 1),
        (("-shell", "n", "-t", "2-4:2", "sh", "-c", "exit $SGE_TASK_ID"), 2),
        (("-shell", "n", "sh", "-c", "test $RESTARTED = 1 || exit 99"), 2),
        (("-shell", "n", "-pe", "smp", "1-2", "-A", "acct", "-N", "n", "-p", "-5", "true"), 1),
        (("-shell", "n", "-q", "all.q", "-l", "h_rt=1:0:0,h_vmem=2G,arch=lx-amd64", "true"), 1),
        (("-shell", "n", "-soft", "-l", "h_cpu=0:1:0", "-q", "all.q", "-hard", "-l", "m_core=1", "true"), 1),
    ],
    ids=lambda value: " ".join(value[2:]) if isinstance(value, tuple) else str(value),
)
def test_records_agree(fake: Side, real: Side, tmp_path: Path, words: tuple[str, ...], ends: int) -> None:
    output = () if "-o" in words else ("-o", "out")
    seen = []
    for side in (fake, real):
        lines = side.job(tmp_path, "-j", "y", *output, *words, ends=ends)
        seen.append(sorted([*(line[index] for index in FIELDS), str(line[9] == "0")] for line in lines))
        side.run("qdel", lines[0][5], cwd=tmp_path)
    assert seen[0] == seen[1]
