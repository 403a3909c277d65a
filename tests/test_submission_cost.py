"""What one submission costs, in counts: commands, transactions, files, and what is worked out anew."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from fake_sge import Cell

COUNTED = """
import collections, json, pwd, sys
counts = collections.Counter()
counting = False

def note(what):
    if counting:
        counts[what] += 1

def hook(event, arguments):
    if event in ("open", "os.remove", "subprocess.Popen", "sqlite3.connect"):
        note(event)

def counted(module, name):
    whole = getattr(module, name)
    def call(*arguments, **keywords):
        note(name)
        return whole(*arguments, **keywords)
    setattr(module, name, call)

import drmaa_cli
session = drmaa_cli.Session()
session.initialize()
def made(*arguments):
    template = session.createJobTemplate()
    template.remoteCommand, template.args = "/bin/true", list(arguments)
    template.outputPath, template.joinFiles = ":/dev/null", True
    return template

template = made()
loaded = set(sys.modules)
session.runJob(template)
late = sorted(name for name in set(sys.modules) - loaded if name.startswith("drmaa_cli."))
from drmaa_cli.session import submissions
from drmaa_cli.session.process_session import current
from drmaa_cli.template import arrays, build
counted(pwd, "getpwuid")
for module, name in (
    (build, "build"), (build, "to_bytes"), (submissions, "to_bytes"), (arrays, "at_place"),
    (arrays, "without_place"), (arrays, "resolved_paths"), (arrays, "check_command"),
):
    counted(module, name)
current()._session_jobs._store._db.set_trace_callback(note)
sys.addaudithook(hook)
found = {"late": late}
for kind, submit in (
    ("again", lambda: session.runJob(template)),
    ("other", lambda: session.runJob(made("x"))),
    ("many", lambda: session.runJobs([made(str(number)) for number in range(300)])),
):
    counts.clear()
    counting = True
    submit()
    counting = False
    found[kind] = dict(counts)
session.exit()
print(json.dumps(found))
"""
OPTION_FILES, ANSWER_FILES, INPUT = 3, 2, 1  # of a qsub that reads nothing the input is /dev/null


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    directory = tmp_path_factory.mktemp("cost")
    with Cell(login_shells=False) as cell:
        done = subprocess.run(
            [sys.executable, "-c", COUNTED],
            env={**cell.env, "XDG_STATE_HOME": str(directory), "HOME": str(directory)},
            cwd=directory,
            capture_output=True,
            text=True,
            check=True,
        )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("kind", ["again", "other", "many"])
def test_one_command_and_two_transactions(found: dict[str, Any], kind: str) -> None:
    counts = found[kind]
    assert counts["subprocess.Popen"] == 1
    assert counts["BEGIN IMMEDIATE"] == counts["COMMIT"] == 2
    assert "sqlite3.connect" not in counts


def test_few_files(found: dict[str, Any]) -> None:
    for kind in ("again", "other", "many"):
        assert found[kind]["open"] == OPTION_FILES + ANSWER_FILES + INPUT
        assert found[kind]["os.remove"] == ANSWER_FILES


def test_the_user_is_looked_up_once(found: dict[str, Any]) -> None:
    assert [found[kind].get("getpwuid", 0) for kind in ("again", "other", "many")] == [0, 0, 0]


def test_the_same_template_is_built_once(found: dict[str, Any]) -> None:
    assert [found[kind].get("build", 0) for kind in ("again", "other")] == [0, 1]
    assert [found[kind].get("to_bytes", 0) for kind in ("again", "other", "many")] == [0, 1, 1]


def test_what_many_jobs_agree_in_is_worked_out_once(found: dict[str, Any]) -> None:
    names = ("at_place", "without_place", "resolved_paths", "check_command")
    assert [found["many"].get(name, 0) for name in names] == [1, 1, 1, 1]


def test_what_submits_is_loaded_before_the_submission(found: dict[str, Any]) -> None:
    """A program makes its template at leisure; libdrmaa has loaded everything by then."""
    assert [
        name for name in found["late"] if name.startswith(("drmaa_cli.template.", "drmaa_cli.session."))
    ] == []
