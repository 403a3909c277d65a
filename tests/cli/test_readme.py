"""The way of a newcomer: what README.md says to type, typed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from tests.cli.conftest import CHOSEN
from tests.documentation import ROOT, blocks

TENTH = {"seq 1000 ": "seq 100 ", "% 300": "% 30", "why 1.300": "why 1.30"}  # the way counts, not the number
SECTION = re.compile(r"^## In two minutes\n(.*?)^## ", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_many_commands_three_failures_found_explained_and_mended(tmp_path: Path) -> None:
    found = SECTION.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert found is not None
    lines = [line for block in blocks(found[1]) if block.language == "sh" for line in block.code.splitlines()]
    assert lines[0] == "pip install drmaa-cli"
    typed = "\n".join(lines[1:])
    for text, shorter in TENTH.items():
        assert typed.count(text) == 1
        typed = typed.replace(text, shorter)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, module in (("drmaa-cli", "drmaa_cli.cli"), ("fake-sge", "fake_sge.cli")):
        (tools / name).write_text(
            f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m {module} "$@"\n'
        )
        (tools / name).chmod(0o755)
    place = tmp_path / "try"
    place.mkdir()
    done = subprocess.run(
        ["sh"],
        input=typed,
        cwd=place,
        env={
            **{name: value for name, value in os.environ.items() if name not in CHOSEN},
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    out = done.stdout
    assert "100 commands: 97 done, 3 failed in " in out
    for line in (30, 60, 90):
        assert (
            f"line {line}: exit 3 (job 1.{line})\n  $ sh analyse.sh {line}\n  | genome.fa is missing\n" in out
        )
    assert "why one failed: drmaa-cli why 1.30\nall its output: drmaa-cli logs 1.30\n" in out
    assert "try them again: drmaa-cli map --resume commands.txt" in out
    assert "100 commands: 100 done, 0 failed in " in out
    assert "job 1.30 (map-commands.txt): ended by itself with exit status 3" in out
    assert "its output ends with: genome.fa is missing" in out
    assert [path.name for path in place.iterdir() if path.name == "cell"] == []


def test_the_pictures_are_shown_and_need_nothing_from_elsewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "docs" / "cli.md"]
    shown = {
        (page.parent / name).resolve()
        for page in pages
        for name in re.findall(r"!\[[^]]+\]\(([^)]+\.svg)\)", page.read_text(encoding="utf-8"))
    }
    assert shown == set((ROOT / "docs" / "pictures").glob("*.svg"))
    for path in shown:
        picture = path.read_text(encoding="utf-8")
        assert etree.fromstring(picture.encode()).tag == "{http://www.w3.org/2000/svg}svg"
        assert set(re.findall(r"https?://[^\"\s]+", picture)) == {"http://www.w3.org/2000/svg"}
        assert not re.search(r"/tmp/|/root|pytest|Traceback", picture), path
