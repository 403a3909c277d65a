"""Published programs, and the tutorial, on a cell behind a login: the contact is set, a secret typed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.clients.conftest import environment
from tests.ssh.accounts import common_folder, pam_server, require_accounts
from tests.ssh.away import ROOT, environment_away
from tests.ssh.server import SshServer
from tests.ssh.test_programs import SECRET, TUTORIAL, lock_key

pytestmark = pytest.mark.slow

PATIENCE = 240
PEXPECT = "pexpect>=4.8"
PROGRAMS = ROOT / "tests" / "clients" / "programs"
QUESTIONS = {"passphrase": "Enter passphrase for key '.*user_key': ", "password": r"[Pp]assword: "}
# A PAM service that takes one password from whoever runs the tests.
CHECK = f"#!/bin/sh\n[ \"$PAM_TYPE\" != auth ] || [ \"$(tr -d '\\0')\" = '{SECRET}' ]\n"


class Typing:
    """Runs programs at a terminal, and types the secret when it is asked for.

    Args:
        settings: the environment of a host without Grid Engine.
        question: what is asked there, as a pattern.
        home: of the logins.
    """

    def __init__(self, settings: dict[str, str], question: str, home: Path) -> None:
        self.settings, self.question, self.home = settings, question, home

    def run(self, *argv: str, path: Path | None = None, shell: str = "") -> str:
        """Run a command that must succeed, and return what stood on the terminal after the secret.

        Args:
            argv: its words.
            path: a directory in front of PATH.
            shell: runs the command in its turn, as ``"$@"``; '' for none.
        """
        words = [sys.executable, "-m", "drmaa_cli.cli", "exec", "--", *argv]
        if shell:
            words = ["/bin/sh", "-c", shell, "sh", *words]
        variables = {**self.settings, "TERM": "dumb", "PYTHONUNBUFFERED": "1"}
        if path is not None:
            variables["PATH"] = f"{path}{os.pathsep}{variables['PATH']}"
        child = pexpect.spawn(
            words[0], words[1:], cwd=str(self.home), env=variables, encoding="utf-8", timeout=PATIENCE
        )
        child.expect(self.question)
        child.waitnoecho()
        child.sendline(SECRET)
        child.expect(pexpect.EOF)
        child.close()
        assert SECRET not in child.before
        assert child.exitstatus == 0, child.before
        return child.before


@pytest.fixture(params=["passphrase", "password"])
def typing(request: pytest.FixtureRequest, exports: dict[str, str], short_path: Path) -> Iterator[Typing]:
    question = QUESTIONS[request.param]
    if request.param == "passphrase":
        server: SshServer = request.getfixturevalue("server")
        lock_key(server)
        yield Typing(environment_away(server, short_path, exports), question, server.home)
        return
    require_accounts()
    with common_folder() as folder:
        (folder / "check").write_text(CHECK)
        (folder / "check").chmod(0o755)
        auth = f"auth required pam_exec.so expose_authtok quiet {folder}/check\nauth required pam_permit.so"
        options = f"PermitRootLogin yes\nSetEnv HOME={folder}/server/home"
        with pam_server(folder / "server", auth=auth, options=options) as server:
            yield Typing(environment_away(server, short_path, exports), question, server.home)


@pytest.mark.parametrize(
    "shell",
    [
        "",
        'out=$("$@" </dev/null 2>&1) && echo "$out"',  # the question comes to the terminal all the same
    ],
)
def test_the_tutorial(typing: Typing, shell: str) -> None:
    shutil.copy(TUTORIAL / "report.sh", typing.home)
    (typing.home / "report.sh").chmod(0o755)
    said = typing.run(sys.executable, str(TUTORIAL / "wait_for_job.py"), shell=shell)
    assert "getExitStatus: 23" in said


@pytest.fixture
def workflow(typing: Typing) -> Path:
    shutil.copy(PROGRAMS / "Snakefile", typing.home)
    return typing.home


def squares(workflow: Path) -> list[str]:
    return [(workflow / "out" / name).read_text() for name in "123"]


@pytest.mark.clients
@pytest.mark.timeout(600)
def test_snakemake_and_its_executor_plugin(typing: Typing, workflow: Path) -> None:
    path = environment("snakemake", "snakemake==8.30.0", "snakemake-executor-plugin-drmaa==0.1.5", PEXPECT)
    logs = str(workflow / "logs")
    typing.run(
        *("snakemake", "--executor", "drmaa", "--jobs", "4", "--drmaa-args= -p -1", "--drmaa-log-dir", logs),
        path=path,
    )
    assert squares(workflow) == ["1\n", "4\n", "9\n"]


@pytest.mark.clients
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="snakemake 7 does not run on newer Pythons")
def test_snakemake_with_drmaa_built_in(typing: Typing, workflow: Path) -> None:
    path = environment("snakemake7", "snakemake==7.32.4", "pulp<2.8", PEXPECT)
    typing.run("snakemake", "--drmaa", " -p -1", "--jobs", "4", path=path)
    assert squares(workflow) == ["1\n", "4\n", "9\n"]
