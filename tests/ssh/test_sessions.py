"""What is kept of sessions on other hosts, here and there: listed, shown, and removed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

import drmaa_cli
from drmaa_cli.cli import main
from tests.patience import PATIENCE
from tests.ssh.server import SshServer
from tests.ssh.test_runner import until

KEPT = ".local/state/drmaa_cli/answers"


def submit(contact: str | None, name: str) -> str:
    words = f"{contact};session={name}"
    with drmaa_cli.open_session(words) as session:
        template = session.createJobTemplate(remoteCommand="/bin/true", outputPath=":/dev/null")
        job = session.runJob(template, key="once")
        session.wait(job, PATIENCE)
        return session.contact


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    assert main(["sessions", "--json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.slow
def test_of_several_hosts(
    at_home: dict[str, str], server: SshServer, capsys: pytest.CaptureFixture[str]
) -> None:
    first = submit(server.contact, "nightly")
    user = os.environ.get("LOGNAME", "root")
    other = submit(server.contact.replace("ssh://", f"ssh://{user}@"), "nightly")
    assert first != other
    found = listed(capsys)
    assert [(session["name"], session["contact"]) for session in found] == [
        ("nightly", first),
        ("nightly", other),
    ]
    assert found[0]["host"] == server.contact
    assert len({str(session["file"]) for session in found}) == 2
    assert main(["sessions"]) == 0
    assert first in capsys.readouterr().out
    assert main(["sessions", "show", first]) == 0
    assert "once" in capsys.readouterr().out
    assert main(["sessions", "show", "nightly"]) == 1
    assert main(["sessions", "show", server.contact]) == 1
    assert "names no session" in capsys.readouterr().err
    assert main(["sessions", "prune", first]) == 0
    assert capsys.readouterr().out == f"removed {first}\n"
    assert [session["contact"] for session in listed(capsys)] == [other]


@pytest.mark.slow
def test_variables_in_the_contact_are_no_part_of_the_name(
    at_home: dict[str, str], server: SshServer, capsys: pytest.CaptureFixture[str]
) -> None:
    root = next(word for word in at_home["DRMAA_CLI_SSH_SETUP"].split("; ") if "SGE_ROOT" in word)
    contact = submit(f"{server.contact};SGE_ROOT={root.partition('=')[2]}", "named")
    assert contact.endswith("named;SGE_ROOT=" + root.partition("=")[2])
    assert [session["name"] for session in listed(capsys)] == ["named"]
    assert main(["sessions", "show", contact]) == 0


@pytest.mark.slow
def test_what_is_kept_there_is_removed_by_age(at_home: dict[str, str], server: SshServer) -> None:
    folder = server.home / KEPT
    folder.mkdir(parents=True)
    old, young = time.time() - 100 * 86400, time.time() - 80 * 86400
    for name, when in {"old.1": old, "young.1": young}.items():
        (folder / name).symlink_to("4711")
        (folder / f"{name}.out").write_text("17\n")
        for path in (folder / name, folder / f"{name}.out"):
            os.utime(path, (when, when), follow_symlinks=False)
    drmaa_cli.open_session().exit()
    until("the old ones to go", lambda: not os.path.lexists(folder / "old.1"))
    until("all of them", lambda: not (folder / "old.1.out").exists())
    assert {"young.1", "young.1.out"} <= {path.name for path in folder.iterdir()}
    (folder / "old.1").symlink_to("4711")
    os.utime(folder / "old.1", (old, old), follow_symlinks=False)
    drmaa_cli.open_session().exit()  # on the same day
    assert os.path.lexists(folder / "old.1")


def test_nothing_is_made_where_nothing_is_kept(at_home: dict[str, str], server: SshServer) -> None:
    drmaa_cli.open_session().exit()
    assert not Path(server.home, ".local").exists()


def test_no_value_of_a_job_stands_on_a_command_line_there(
    at_home: dict[str, str], server: SshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of variables that qsub itself reads, nor of those that a shell does not pass on."""
    spy = server.home / "spy"
    spy.mkdir()
    seen = server.home / "words"
    qsub = spy / "qsub"
    qsub.write_text(
        f'#!/bin/sh\ncat /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n" >>{seen}\nexec real-qsub "$@"\n'
    )
    qsub.chmod(0o755)
    setup = at_home["DRMAA_CLI_SSH_SETUP"]
    monkeypatch.setenv(
        "DRMAA_CLI_SSH_SETUP", f"{setup}; ln -sf $(command -v qsub) {spy}/real-qsub; PATH={spy}:$PATH"
    )
    given = {
        "PATH": "/only-told-there/bin:/usr/bin",
        "SGE_X": "only-told-there",
        "odd.name": "only-told-there",
        "LC_X": "only-told-there",
        "A": "only-told-there",
    }
    out = server.home / "out"
    with drmaa_cli.open_session(f"{server.contact};session=secret") as session:
        template = session.createJobTemplate(
            remoteCommand="/usr/bin/env", outputPath=f":{out}", joinFiles=True, jobEnvironment=given
        )
        session.wait(session.runJob(template, key="once"), PATIENCE)
    told = dict(line.partition("=")[::2] for line in out.read_text().splitlines())
    assert told.pop("PATH").endswith(f":{given.pop('PATH')}")
    assert {name: told.get(name) for name in given} == given
    words = seen.read_text(errors="replace")
    assert "-terse" in words
    assert "only-told-there" not in words


@pytest.mark.slow
def test_usage_and_report_of_a_session_there(
    at_home: dict[str, str], server: SshServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = server.home / "log"
    with drmaa_cli.open_session(f"{server.contact};session=there") as session:
        template = session.createJobTemplate(
            remoteCommand="/bin/sh", args=["-c", "echo was here; exit 3"], jobName="far", joinFiles=True
        )
        template.outputPath = f":{log}"
        job = session.runJob(template)
        session.wait(job, 180)
        contact = session.contact
    page = tmp_path / "page.html"
    assert main(["sessions", "report", contact, "-o", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    for words in ("<h1>there</h1>", "echo was here; exit 3", "was here\n", "exit 3", server.contact):
        assert words.rstrip() in text
    capsys.readouterr()
    assert main(["usage", "--json", "there"]) == 0
    assert json.loads(capsys.readouterr().out)["groups"][0]["failed"] == 1
    assert main(["usage", "--json", "--each", "--since", "1d", "far"]) == 0
    (past,) = json.loads(capsys.readouterr().out)["jobs"]
    assert past["id"] == job
    server.stop()
    assert main(["sessions", "report", contact, "-o", str(page)]) == 1
    assert "could not be asked" in capsys.readouterr().err
    assert "its host could not be asked" in page.read_text(encoding="utf-8")
