"""A real qmaster takes a job, and its answer never arrives: whatever qsub says then, there is one job.

Between the session and the qmaster stands a proxy that knows of Grid Engine's protocol only where an answer
begins, and how a qmaster says that it goes away.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drmaa_cli.session.job_session import JobSession
from tests.real_cell import RealCell
from tests.sessions.kit import PATIENCE, job, wait_for

pytestmark = pytest.mark.real_cell
NAME = "lostanswer"
NAMED = {"jobName": NAME}
AWAY_SECONDS = 1.5  # qsub asks for about a second whether the qmaster is alive
GOING_AWAY = b'<ccm version="0.1"></ccm>'
ANSWERS_BEFORE = 1  # the qmaster's first words are its welcome


class Proxy:
    """Passes everything on, but for the answer to the next qsub after ``lose`` was set.

    Attributes:
        lose: how the next answer is lost: ``orderly`` (the qmaster says that it goes away), ``cut`` (the
            connection just ends), or None. The port is closed for a while afterwards.
        lost: how many answers were lost.
    """

    def __init__(self, port: int) -> None:
        self._qmaster = port
        self.lose: str | None = None
        self.lost = 0
        self._closed = False
        self._sockets: list[socket.socket] = []
        self.port = 0
        self._listen()

    def _listen(self) -> None:
        self._listener = listener = socket.socket()
        self._sockets.append(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        listener.listen(20)
        threading.Thread(target=self._serve, args=(listener,), daemon=True).start()

    def _serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("localhost", self._qmaster))
                self._sockets += [client, server]
                is_qsub = threading.Event()
                for arguments in ((client, server, is_qsub, True), (server, client, is_qsub, False)):
                    threading.Thread(target=self._pass_on, args=arguments, daemon=True).start()

    def _pass_on(
        self, source: socket.socket, target: socket.socket, is_qsub: threading.Event, from_client: bool
    ) -> None:
        passed, is_lost = 0, False
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if from_client and b'comp="qsub"' in data:
                    is_qsub.set()
                is_lost = (
                    not from_client and is_qsub.is_set() and bool(self.lose) and passed >= ANSWERS_BEFORE
                )
                if is_lost:
                    break
                target.sendall(data)
                passed += 1
        if is_lost:
            self._swallow(target)
        else:
            end(target)

    def _swallow(self, client: socket.socket) -> None:
        how, self.lose = self.lose, None
        self.lost += 1
        end(self._listener)
        if how == "orderly":
            head = b'<mih version="0.1"><mid>2</mid><dl>%d</dl><df>ccm</df><mat>nak</mat><tag>0</tag>'
            head = head % len(GOING_AWAY) + b"<rid>0</rid></mih>"
            client.sendall(b"<gmsh><dl>%d</dl></gmsh>" % len(head) + head + GOING_AWAY)
            time.sleep(0.3)
        end(client)
        time.sleep(AWAY_SECONDS)
        if not self._closed:
            self._listen()

    def close(self) -> None:
        self._closed = True
        for found in self._sockets:
            end(found)


def end(found: socket.socket) -> None:
    """Close a connection or a listener, and wake the thread that waits for it."""
    with contextlib.suppress(OSError):
        found.shutdown(socket.SHUT_RDWR)
    found.close()


@pytest.fixture
def proxy(real_environment: RealCell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    found = Proxy(real_environment.ports[0])
    monkeypatch.setenv("SGE_QMASTER_PORT", str(found.port))
    yield found
    found.close()


@pytest.mark.parametrize("how", ["orderly", "cut"])
@pytest.mark.parametrize("kind", ["single", "bulk", "several"])
def test_an_answer_lost_on_its_way(
    proxy: Proxy, real_environment: RealCell, tmp_path: Path, how: str, kind: str
) -> None:
    settings = {"state_dir": str(tmp_path / "state"), "retry_for": 30.0, "accounting_margin": 1.0}
    ran = tmp_path / "ran"
    with JobSession("session=lost", **settings) as session:  # type: ignore[arg-type]  # of their kinds
        found = job(session, f"echo $JOB_ID >> {ran}", **NAMED)
        proxy.lose = how
        if kind == "single":
            ids = [session.runJob(found, key="a")]
        elif kind == "bulk":
            ids = session.runBulkJobs(found, 1, 2, 1, key="a")
        else:
            ids = session.runJobs([found, job(session, f"echo $JOB_ID >> {ran}; true", **NAMED)], key="a")
        assert proxy.lost == 1
        wait_for(lambda: NAME not in real_environment.run("qstat").stdout, "the end of the jobs")
        assert {session.wait(number, PATIENCE).exitStatus for number in ids} == {0}
    numbers = ran.read_text().split()
    assert numbers == [ids[0].partition(".")[0]] * len(ids)
