"""Completion in real shells, as somebody types: bash, zsh and fish."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pexpect
import pytest

from tests.cli.conftest import ROOT, Desk
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow
SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], 'eval "$(drmaa-cli completion bash)"'),
    "zsh": (["-f", "-i"], 'autoload -Uz compinit; compinit -u -D; eval "$(drmaa-cli completion zsh)"'),
    "fish": (["--no-config", "-i"], "drmaa-cli completion fish | source"),
}
TAB, KILL_LINE = "\t", "\x15"


class Prompt:
    """A shell in which drmaa-cli completes."""

    def __init__(self, shell: str, desk: Desk, home: Path) -> None:
        tools = home / "bin"
        tools.mkdir(parents=True)
        tool = tools / "drmaa-cli"
        tool.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m drmaa_cli.cli "$@"\n')
        tool.chmod(0o755)
        arguments, setup = SHELLS[shell]
        env = {**desk.env, "HOME": str(home), "PATH": f"{tools}{os.pathsep}{desk.env['PATH']}", "PS1": "$ "}
        self._child = pexpect.spawn(
            shell,
            arguments,
            env=env,  # type: ignore[arg-type]  # os._Environ in the stubs
            cwd=str(desk.directory),
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(40, 120),
        )
        self._child.sendline(f"{setup}; echo re''ady")
        self._child.expect("ready")

    def completes(self, line: str, word: str) -> None:
        """Type a line and a tab, see what was not seen before, and take the line away again."""
        self._child.send(line + TAB)
        self._child.expect_exact(word)
        self._child.send(KILL_LINE)

    def offers(self, line: str, word: str) -> None:
        """Type a line that several words could complete, and see what is said of one of them."""
        self._child.send(line + TAB + TAB)
        self._child.expect_exact(word)

    def close(self) -> None:
        """End it."""
        self._child.close(force=True)


@pytest.mark.parametrize("shell", SHELLS)
def test_words_files_and_sessions_are_completed(shell: str, desk: Desk, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    (desk.directory / "commands, all.txt").write_text("true\n")
    (desk.directory / "logs_of_it").mkdir()
    for name in ("nightly-42", "weekly-42"):
        desk.good("run", "--detach", "--hold", "-s", name, "--", "true")
    prompt = Prompt(shell, desk, tmp_path / "home")
    prompt.completes("drmaa-cli susp", "suspend")
    if shell == "bash":  # which words there are is not the shell's
        prompt.completes("drmaa-cli sessions exp", "export")
        prompt.completes("drmaa-cli map --retry-w", "--retry-with")
        prompt.completes("drmaa-cli completion z", "zsh")
    prompt.completes("drmaa-cli map comm", "all.txt")
    prompt.completes("drmaa-cli map --log-dir log", "logs_of_it")
    prompt.completes("drmaa-cli ps -s night", "nightly-42")
    if shell == "bash":
        prompt.completes("drmaa-cli sessions show week", "weekly-42")
    if shell != "bash":  # which shows no descriptions
        prompt.offers("drmaa-cli s", "list, show and remove the sessions")
    prompt.close()
    desk.good("kill", "--all")
