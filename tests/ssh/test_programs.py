"""Programs that know nothing of ssh: moved to a cell behind a login by their environment alone."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

import drmaa_cli
from drmaa_cli.errors import AuthorizationException, DrmCommunicationException, InvalidArgumentException
from tests.ssh.away import ROOT
from tests.ssh.server import SshServer

pytestmark = pytest.mark.slow

TUTORIAL = ROOT / "examples" / "tutorial"
PATIENCE = 180
SECRET = "Tr0ub4dor & 3"


def lock_key(server: SshServer) -> None:
    key = server.folder / "user_key"
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", SECRET, "-f", key], check=True)


def test_the_contact_takes_up_the_session(at_home: dict[str, str], server: SshServer) -> None:
    with drmaa_cli.open_session() as session:
        template = session.createJobTemplate(remoteCommand="/bin/sh", args=["-c", "exit 3"])
        job = session.runJob(template, key="once")
        contact = session.contact
    assert contact.startswith(f"{server.contact};session=")
    with drmaa_cli.open_session(contact) as session:
        assert session.runJob(template, key="once") == job
        assert session.wait(job, PATIENCE).exitStatus == 3


def test_environment_values_arrive_and_are_in_no_command_line(
    at_home: dict[str, str], server: SshServer
) -> None:
    value = "two\nlines = 'quoted' $HOME"
    out = server.home / "out"
    with drmaa_cli.open_session() as session:
        template = session.createJobTemplate(
            remoteCommand="/bin/sh", args=["-c", 'printf %s "$SECRET"'], outputPath=f":{out}", joinFiles=True
        )
        template.jobEnvironment = {"SECRET": value}
        session.wait(session.runJob(template), PATIENCE)
    assert out.read_text() == value


def test_a_lost_connection_loses_no_job(at_home: dict[str, str], server: SshServer) -> None:
    with drmaa_cli.open_session() as session:
        template = session.createJobTemplate(remoteCommand="/bin/true")
        jobs = []
        for _ in range(4):
            server.cut_connections()
            jobs.append(session.runJob(template))
        server.cut_connections()
        session.synchronize(jobs, PATIENCE)
        assert len(set(jobs)) == 4
        assert sorted(job.id for job in session.jobs()) == sorted(jobs)


def test_a_host_that_is_away_is_named(at_home: dict[str, str], server: SshServer) -> None:
    server.stop()
    with pytest.raises(DrmCommunicationException, match=rf"127\.0\.0\.1:{server.port}.*Connection refused"):
        drmaa_cli.open_session()


def test_answers_come_from_the_programs_function(at_home: dict[str, str], server: SshServer) -> None:
    lock_key(server)
    asked = []

    def answer(question: str) -> str:
        asked.append(question)
        return SECRET

    drmaa_cli.open_session(ssh_answer=answer).exit()
    assert len(asked) == 1
    with pytest.raises(AuthorizationException):
        drmaa_cli.open_session(ssh_answer=lambda _: "wrong")


def test_answers_come_from_a_command(
    at_home: dict[str, str], server: SshServer, short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_key(server)
    command = short_path / "askpass"
    command.write_text(f'#!/bin/sh\necho "$1" >> {short_path}/asked\necho {shlex.quote(SECRET)}\n')
    command.chmod(0o755)
    monkeypatch.setenv("DRMAA_CLI_SSH_ASKPASS", str(command))
    drmaa_cli.open_session().exit()
    assert (short_path / "asked").read_text().startswith("Enter passphrase for key")
    command.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(AuthorizationException, match="exit code 1"):
        drmaa_cli.open_session()


@pytest.mark.parametrize(
    ("contact", "error", "words"),
    [
        ("ssh://-oProxyCommand=x", InvalidArgumentException, "host"),
        ("ssh://host;nonsense", InvalidArgumentException, "contact string"),
        ("ssh://host:port", InvalidArgumentException, "port"),
        ("ssh://host;session=a b", DrmCommunicationException, "Space"),
    ],
)
def test_malformed_contacts(contact: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        drmaa_cli.open_session(contact)


def test_settings_that_are_refused() -> None:
    with pytest.raises(InvalidArgumentException, match="'ask', 'accept-new' or 'strict', not 'yes'"):
        drmaa_cli.open_session("ssh://host", ssh_host_key="yes")
    with pytest.raises(InvalidArgumentException, match="one line"):
        drmaa_cli.open_session("ssh://host", ssh_setup="a\nb")
    for name in ("ssh_config", "ssh_askpass"):
        for path in ("-F/etc/passwd", "a\nb", "a\tb", "\x1b[2J"):
            with pytest.raises(InvalidArgumentException, match=f"{name} is the path of a file"):
                drmaa_cli.open_session("ssh://host", **{name: path})  # type: ignore[arg-type]


def test_round_trips_of_submissions(at_home: dict[str, str], server: SshServer) -> None:
    """One, of the first one and of thousands, too; one more where option files have not been read of late."""
    with drmaa_cli.open_session() as session:
        hold = drmaa_cli.JobSubmissionState.HOLD_STATE
        templates = [
            session.createJobTemplate(
                remoteCommand="/bin/true",
                args=[str(number)],
                outputPath=":/dev/null",
                jobSubmissionState=hold,
            )
            for number in range(2_000)
        ]
        trips = []
        for submit in (
            lambda: session.runJob(templates[0]),
            lambda: session.runJobs(templates),
            lambda: session.runJob(templates[1]),
        ):
            before = session.host.runner.trips  # type: ignore[attr-defined]  # of the ssh runner
            submit()
            trips.append(session.host.runner.trips - before)  # type: ignore[attr-defined]
        assert trips == [1, 1, 1]
        templates[2].workingDirectory = str(server.home)
        session.host._read.clear()  # type: ignore[attr-defined]  # noqa: SLF001  # as after half a minute
        before = session.host.runner.trips  # type: ignore[attr-defined]
        session.runJob(templates[2])
        assert session.host.runner.trips - before == 2  # type: ignore[attr-defined]
        session.control(drmaa_cli.JOB_IDS_SESSION_ALL, drmaa_cli.JobControlAction.TERMINATE)


def test_variables_given_by_name(
    at_home: dict[str, str], server: SshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``-v NAME`` is the host's value where it has one, else the program's; ``-V`` is the host's."""
    monkeypatch.setenv("MINE", "it's, mine\n!")
    monkeypatch.setenv("OTHER", "not asked for")
    monkeypatch.setenv("SGE_CELL", "of this host")
    setup = at_home["DRMAA_CLI_SSH_SETUP"]
    monkeypatch.setenv("DRMAA_CLI_SSH_SETUP", f"{setup}; export THEIRS=there")
    shown = 'printf "%s|" "$MINE" "$OTHER" "$SGE_CELL" "$THEIRS" "$ABSENT" "$SET"'
    printed = []
    with drmaa_cli.open_session() as session:
        for number, options in enumerate(["-v MINE,SGE_CELL,THEIRS,ABSENT,SET=1", "-V"]):
            out = server.home / f"out{number}"
            template = session.createJobTemplate(
                remoteCommand="/bin/sh", args=["-c", shown], outputPath=f":{out}", joinFiles=True
            )
            template.nativeSpecification = options
            session.wait(session.runJob(template), PATIENCE)
            printed.append(out.read_text())
    assert printed == ["it's, mine\n!||default|there||1|", "||default|there|||"]
