"""The prompt's commands on a submit host that is an ssh login away."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

import drmaa_cli
from drmaa_cli.cli import follow, main
from tests.ssh.server import SshServer

pytestmark = pytest.mark.slow


@pytest.fixture
def contact(
    at_home: dict[str, str], server: SshServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> str:
    monkeypatch.delenv("DRMAA_CLI_CONTACT", raising=False)
    monkeypatch.setenv("DRMAA_CLI_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return server.contact


def test_run_map_ps_logs_and_info(
    contact: str, server: SshServer, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def say(*words: str) -> tuple[int, str]:
        code = main([words[0], "--contact", contact, *words[1:]])
        return code, capfd.readouterr().out

    code, out = say("run", "-q", "--", "sh", "-c", "pwd; echo away; exit 3")
    assert (code, out.splitlines()) == (3, [str(server.home), "away"])
    Path("commands.txt").write_text("echo one\necho 'two  2'; exit 4\n")
    code, out = say("map", "-q", "--json", "commands.txt")
    (failed,) = json.loads(out.splitlines()[-1])["failed"]
    assert (code, failed["line"], failed["exit"], failed["output"]) == (1, 2, 4, "two  2")
    code, out = say("map", "-q", "--json", "--bundle", "2", "--fresh", "commands.txt")
    (failed,) = json.loads(out.splitlines()[-1])["failed"]
    assert (code, failed["line"], failed["exit"], failed["output"]) == (1, 2, 4, "two  2")
    code, out = say("ps", "--json")
    jobs = json.loads(out)["jobs"]
    assert len(jobs) == 4
    code, out = say("logs", "-n", "1", jobs[0]["id"])
    assert (code, out) == (0, "away\n")
    assert say("info", jobs[0]["id"])[0] == 0
    assert os.listdir(tmp_path / "here") != []  # noqa: PTH208  # the job log is here


def test_output_is_read_on_where_the_host_was_away_for_a_while(
    contact: str, server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    path.write_text("first\n")
    with drmaa_cli.open_session(contact) as session:
        first = follow.read_from(session, str(path), 0)
        path.write_text("first\nsecond\n")
        server.stop()
        for ask in (
            lambda: follow.read_from(session, str(path), first.end, patient=False),
            lambda: follow.size_of(session, str(path)),
        ):
            with pytest.raises(drmaa_cli.DrmCommunicationException, match=r"127\.0\.0\.1"):
                ask()
        monkeypatch.setattr(follow, "PAUSE", 0.01)
        back = threading.Timer(2, server.start)  # whenever it is there again
        back.start()
        assert follow.read_from(session, str(path), first.end).data == b"second\n"
        back.join()


def test_why(contact: str, capfd: pytest.CaptureFixture[str]) -> None:
    def say(*words: str) -> tuple[int, str]:
        code = main([words[0], "--contact", contact, *words[1:]])
        return code, capfd.readouterr().out

    held = say("run", "--detach", "--native", "-h", "true")[1].strip()
    ended = say("run", "--detach", "sh", "-c", "no-such-command")[1].strip()
    say("wait", ended)
    code, out = say("why", held)
    assert (code, out.splitlines()[0]) == (0, f"job {held} (true): held by a hold of a user")
    code, out = say("why", "--json", ended)
    (shape,) = json.loads(out)["jobs"]
    assert shape["sentence"] == "ended by itself with exit status 127: a command of it is not there"
    assert "no-such-command" in shape["evidence"][-2]


def test_a_host_that_cannot_be_reached_is_one_line(contact: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["ps", "--contact", "ssh://nobody@127.0.0.1:1", "-s", "x"]) == 1
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert main(["run", "--contact", "ssh://nobody@127.0.0.1:1", "true"]) == 125
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert main(["run", "--contact", "http://x", "true"]) == 2
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
