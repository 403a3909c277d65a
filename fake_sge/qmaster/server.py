"""The qmaster's socket: one thread for each connection, one command at a time under the cell's lock."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ..commands.dispatch import dispatch
from ..execution.users import group_name, user_name
from ..faults import AFTER, BEFORE, INSIDE, Fault, FaultKind, spoil
from ..lighter import Any
from ..model.flavours import FLAVOURS
from ..model.requests import ClientSignal, Reply, Request, RunByClient
from ..wire import frame, receive
from .journal import Closed, StoreError
from .log import log
from .qmaster import Qmaster
from .view import Client, CommandView, settle

_CREDENTIALS = struct.Struct("3i")
DEFAULT_SILENCE = 122.0


class NotTheOwner(Exception):
    """Another user of this host asks for what only the cell's owner may do."""


def socket_mode(owner: int) -> int:
    """Who may connect: only root's cell serves others, whose jobs it can run as them."""
    return 0o777 if owner == 0 else 0o600


def check_owner(caller: int, owner: int, what: str) -> None:
    """Raises NotTheOwner unless the caller is the cell's owner or root; both are user ids."""
    if caller not in (0, owner):
        raise NotTheOwner(f"only the owner of the cell may {what}")


class RemoteClient(Client):
    """The process at the other end of a connection."""

    def __init__(self, line: Connection, qmaster: Qmaster) -> None:
        super().__init__()
        self.line = line
        self.qmaster = qmaster
        self.watching = False

    def listen(self) -> None:
        """Learn of signals and of the client's end from now on."""
        if not self.watching:
            self.watching = True
            threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        number = 0
        while number != 9:
            try:
                kind, data = self.line.receive()
                number = int(data) if kind == b"S" else 9
            except (EOFError, OSError):
                number = 9
            with self.qmaster.lock:
                self.signal = number
                self.qmaster.changed.notify_all()


class Connection:
    """Frames over a socket."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.closed = False

    def receive(self) -> tuple[bytes, bytes]:
        """The next frame. Raises EOFError."""
        return receive(self.line)

    def send(self, *frames: bytes) -> None:
        """Send frames; a client that is gone does not want them."""
        if not self.closed:
            try:
                self.line.sendall(b"".join(frames))
            except OSError:
                self.closed = True

    def caller(self) -> tuple[int, int]:
        """User and group id of the process at the other end."""
        data = self.line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        _, uid, gid = _CREDENTIALS.unpack(data)
        return uid, gid


class Server:
    """Listens on the cell's socket and serves commands and control calls."""

    def __init__(self, qmaster: Qmaster, control: Callable[[Qmaster, dict[str, Any]], Any]) -> None:
        self.qmaster = qmaster
        self.control = control
        self.names: dict[tuple[str, int], str] = {}
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.closed = False

    def listen(self) -> None:
        """Bind; a socket left over by a dead daemon is replaced (the caller holds the cell's lock)."""
        path = self.qmaster.layout.socket
        path.unlink(missing_ok=True)
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.listener.bind(f"/proc/self/fd/{directory}/{path.name}")
        finally:
            os.close(directory)
        path.chmod(socket_mode(os.geteuid()))
        self.listener.listen(512)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening and remove the socket."""
        self.closed = True
        self.qmaster.layout.socket.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        while not self.closed:
            try:
                line, _ = self.listener.accept()
            except OSError as error:
                if not self.closed:
                    log.error("cannot take a connection: %s", error.strerror)
                    time.sleep(0.1)  # too many files are open, or no memory: that passes
                continue
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        connection = Connection(line)
        try:
            while True:
                try:
                    kind, data = connection.receive()
                except (EOFError, ConnectionError):
                    return  # the client has gone
                if kind == b"R":
                    self._command(connection, data)
                    return
                if kind == b"W":
                    with self.qmaster.lock:
                        self.qmaster.attempt("reports", self.qmaster.read_reports)
                        self.qmaster.tick()
                        self.qmaster.changed.notify_all()
                    return
                if kind == b"C":
                    self._control(connection, data)
        except Closed:
            pass  # a qmaster that has gone gives no answer
        except Exception:  # noqa: BLE001 told in the log
            log.exception("a connection failed")
        finally:
            line.close()

    # ---- control calls ---------------------------------------------------------------------------
    def _control(self, connection: Connection, data: bytes) -> None:
        with self.qmaster.lock:
            try:
                check_owner(connection.caller()[0], os.geteuid(), "control it")
                answer = {"ok": self.control(self.qmaster, json.loads(data))}
            except (ValueError, StoreError, NotTheOwner) as error:
                answer = {"error": str(error)}
            except (KeyError, TypeError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            self.qmaster.changed.notify_all()
            connection.send(frame(b"j", json.dumps(answer).encode()))
            self.qmaster.tick()

    # ---- commands --------------------------------------------------------------------------------
    def _request(self, connection: Connection, data: bytes) -> Request:
        fields = data.split(b"\0")
        count = int(fields[3])
        argv = [os.fsdecode(word) for word in fields[4 : 4 + count]]
        env: dict[str, str] = {}
        for item in fields[4 + count :]:
            name, equals, value = os.fsdecode(item).partition("=")
            if equals:
                env.setdefault(name, value)  # the first of two is the one that getenv() finds
        uid, gid = connection.caller()
        user = self._name("user", uid)
        if env.get("FAKE_SGE_USER"):
            check_owner(uid, os.geteuid(), "be another user by FAKE_SGE_USER")
            user = env["FAKE_SGE_USER"]
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam(user)
                uid, gid = entry.pw_uid, entry.pw_gid
        qmaster = self.qmaster

        def read_stdin() -> bytes:
            with qmaster.unlocked():
                connection.send(frame(b"i"))
                return connection.receive()[1]

        def emit(out: bytes, err: bytes) -> None:
            connection.send(*_output(out, err))

        host = next(iter(qmaster.engine.state.config.hosts))
        return Request(
            argv,
            env,
            os.fsdecode(fields[0]),
            user,
            uid,
            self._name("group", gid),
            gid,
            host,
            int(fields[1]),
            FLAVOURS[qmaster.options.flavour],
            fields[2] == b"1",
            read_stdin,
            emit,
        )

    def _name(self, kind: str, number: int) -> str:
        found = self.names.get((kind, number))
        if found is None:
            found = user_name(number) if kind == "user" else group_name(number)
            self.names[kind, number] = found
        return found

    def _command(self, connection: Connection, data: bytes) -> None:
        with self.qmaster.lock:
            try:
                request = self._request(connection, data)
            except NotTheOwner as error:
                connection.send(*_output(b"", f"fake_sge: {error}\n".encode()), frame(b"x", b"1 0"))
                return
            tool = request.argv[0]
            if request.env.get("SGE_QMASTER_PORT", self.qmaster.port) != self.qmaster.port:
                connection.send(frame(b"u", b"refused"))
                return
            before = self.qmaster.faults.take(BEFORE, tool)
            if self._instead(connection, before):
                return
            inside = self.qmaster.faults.take(INSIDE, tool)
            try:
                reply = self._run(connection, request, inside)
            except RunByClient as part:
                connection.send(frame(b"u", str(part).encode()))
                return
            for fault in self.qmaster.faults.take(AFTER, tool):
                reply = spoil(reply, fault)
            connection.send(
                *_output(reply.out, reply.err), frame(b"x", b"%d %d" % (reply.code, reply.signal))
            )
            self.qmaster.tick()
            self.qmaster.changed.notify_all()

    def _instead(self, connection: Connection, faults: list[Fault]) -> bool:
        for fault in faults:
            if fault.kind is FaultKind.SLOW:
                settle(self.qmaster, fault.seconds)
            elif fault.kind is FaultKind.EXIT:
                connection.send(*_output(fault.out, fault.err), frame(b"x", b"%d 0" % fault.code))
                return True
            else:
                if fault.kind is FaultKind.SILENT:
                    self._silence(connection, fault.seconds or DEFAULT_SILENCE)
                connection.send(frame(b"u", fault.kind.value.encode()))
                return True
        return False

    def _silence(self, connection: Connection, seconds: float) -> None:
        connection.line.settimeout(seconds)
        with self.qmaster.unlocked(), contextlib.suppress(EOFError, OSError):
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                connection.receive()
        connection.line.settimeout(None)

    def _run(self, connection: Connection, request: Request, faults: list[Fault]) -> Reply:
        client = RemoteClient(connection, self.qmaster)
        try:
            return dispatch(request, CommandView(self.qmaster, faults, client))
        except RunByClient:
            raise
        except ClientSignal as signalled:
            return Reply(128 + signalled.signal, signal=signalled.signal)
        except Closed:
            raise
        except StoreError as error:
            log.error("%s", error)
            return Reply.of_text(1, "", f"fake_sge: {error}\n")
        except Exception:  # noqa: BLE001 told in the log
            log.exception("%s failed", request.argv)
            where = Path(self.qmaster.layout.log)
            return Reply.of_text(70, "", f"fake_sge: internal error in {request.argv[0]}, see {where}\n")


def _output(out: bytes, err: bytes) -> list[bytes]:
    return [frame(kind, data) for kind, data in ((b"o", out), (b"e", err)) if data]
