"""The help texts: the real banner and usage line (captures ``help.*``), options that the commands know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fake_sge.layout import TOOLS
from fake_sge.model import Simulation
from tests.fake.help_text import cut_help
from tests.fake.pure import PureCell
from tests.tables import each_row

SAMPLES = {  # of the arguments that the texts name; a word itself where it is not here
    "DATE": "12312359",
    "TIME": "60",
    "DAYS": "1",
    "NUMBER": "1",
    "SECONDS": "60",
    "NAME=VALUE,...": "h_rt=60",
    "PAIRS": "A=b",
    "LETTERS": "a",
    "LETTERS|SECONDS": "s",
    "y|n": "n",
    "e|w|n|v|p": "n",
    "-1023...1024": "-5",
    "FIRST-LAST:STEP": "1-3:1",
    "RANGE": "1-3",
    "NAME RANGES": "smp 1-2",
    "set|env|pe] STRATEGY": "set linear:1",
    "PATHS": "/tmp/x",
    "HOST": "localhost",
    "SLOTS": "1",
    "RESERVATION": "1",
    "HOSTS": "localhost",
}
# What a real qconf -mprj says besides, of a project that there is not (data/administration.jsonl).
OF_DAEMONS = ("-ke", "-kej", "-km")  # of qconf: test_administration.py
AFTER_NO_PROJECT = 'is not known as a project\nerror: invalid option argument "NAME"'
COMPLAINTS = ("invalid option", "Unknown option", "must have", "no option argument", "usage: ")
WITH_JOB = ("qalter", "qdel", "qhold", "qrls")


def options_of(text: str) -> list[tuple[str, str]]:
    found = re.findall(r"(?m)^   \[(-[\w@]+)(?: (.*?))?\] ", text)
    assert found, text
    return found


def arguments(tool: str, option: str, argument: str, directory: Path) -> list[str]:
    """Words for one option, so that the command has nothing to complain of."""
    word = argument.strip("[]")
    special = {"-jsv": str(directory / "jsv"), "-m": "b", "-h": "u"} if tool != "qhost" else {}
    sample = special.get(option) or {"FILE": str(directory / "file")}.get(word) or SAMPLES.get(word, word)
    words = [option, *sample.split()] if argument and not (tool == "qsub" and option == "-h") else [option]
    if option == "-t" and tool not in ("qstat", "qsub"):
        return {"qacct": ["-j", "1", *words], "qmod": ["-sj", "1", *words]}.get(tool, ["1", *words])
    if tool == "qmod" and option in ("-f", "-help"):
        return [*words, "-d", "all.q"]
    extra = {"qsub": ["-b", "y", "true"], "qrsh": ["true"]}.get(tool, ["1"] if tool in WITH_JOB else [])
    return [*words, *extra]


@pytest.mark.parametrize("tool", TOOLS)
def test_each_option_of_the_help_is_understood(tool: str, tmp_path: Path) -> None:
    cell = PureCell(tmp_path)
    cell.qmaster.simulation = Simulation(run_time=1)
    (tmp_path / "file").write_text("")
    (tmp_path / "jsv").write_text("#!/bin/sh\necho STARTED\necho RESULT STATE ACCEPT\nexec cat > /dev/null\n")
    (tmp_path / "jsv").chmod(0o755)
    code, text, err = cell.run([tool, "-help"])
    assert (code, err) == (0, "")
    for option, argument in options_of(text):
        if option not in ("-help", *OF_DAEMONS):
            words = arguments(tool, option, argument, tmp_path)
            out, err = cell.run([tool, *words], "root")[1:]
            err = err.replace(AFTER_NO_PROJECT, "")
            assert not [item for item in COMPLAINTS if item in out + err], (tool, words, out, err)


@each_row("tool", TOOLS)
def test_only_the_head_of_a_help_is_compared(tool: str, tmp_path: Path) -> None:
    text = PureCell(tmp_path).run([tool, "-help"])[1]
    head = "".join(text.splitlines(keepends=True)[:2])
    assert cut_help(text) == head
    assert (
        cut_help(f"{text}error: -x option must have argument\n")
        == f"{head}error: -x option must have argument\n"
    )
    assert max(map(len, text.splitlines())) <= 120
