"""The process-wide session: static use, class attributes, one at a time, fork."""

from __future__ import annotations

import inspect
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import drmaa_cli
from drmaa_cli.errors import (
    AlreadyActiveSessionException,
    DrmaaException,
    DrmCommunicationException,
    InvalidArgumentException,
    NoActiveSessionException,
)
from drmaa_cli.session import current
from drmaa_cli.session import job_session as connection_module
from drmaa_cli.session.drmaa_session import DrmaaSession
from drmaa_cli.session.job_session import JobSession
from drmaa_cli.session.process_session import Session
from tests.core.conftest import Cell
from tests.core.world import HANG_GUARD


@pytest.fixture(autouse=True)
def _no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests of this process may have left a session."""
    monkeypatch.setattr(current.process, "active", None)


@pytest.fixture
def process(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cell]:
    """Session.initialize() opens its connection to the small cell."""

    def open_session(contact: Any = None, *, runner: object = None) -> JobSession:
        assert runner is None
        return cell.connect(contact)

    monkeypatch.setattr(connection_module, "JobSession", open_session)
    yield cell
    if current.process.active is not None:
        Session.exit()


def submit() -> str:
    template = Session.createJobTemplate()
    template.remoteCommand = "/bin/true"
    number = Session.runJob(template)
    Session.deleteJobTemplate(template)
    return number


def taken(function: Callable[..., object]) -> list[tuple[str, object, object]]:
    """What a function takes: names, kinds, defaults."""
    parameters = inspect.signature(function).parameters.values()
    return [(one.name, one.kind, one.default) for one in parameters if one.name != "self"]


def test_every_verb_of_a_session_is_one_of_the_process_and_takes_the_same() -> None:
    for name, verb in {**vars(DrmaaSession), **vars(JobSession)}.items():
        if inspect.isfunction(verb) and not name.startswith("_"):
            of_the_process = vars(Session).get(name)
            assert of_the_process is not None, f"{name}() is to be added to session/process_session.py"
            assert taken(of_the_process.__func__) == taken(verb), f"{name}() of session/process_session.py"


def test_without_an_instance(process: Cell) -> None:
    Session.initialize()
    number = submit()
    assert Session.jobStatus(number) == "queued_active"
    process.qmaster.end(int(number), 3)
    Session.synchronize([number], Session.TIMEOUT_WAIT_FOREVER, False)
    assert Session.wait(number, Session.TIMEOUT_NO_WAIT).exitStatus == 3
    Session.exit()


def test_with_an_instance_and_a_context(process: Cell) -> None:
    with Session() as session:
        assert session.contact.startswith("session=")
        assert session.contact == Session.contact
        number = submit()
        process.qmaster.end(int(number))
        assert session.wait(number).hasExited
    assert Session.contact == ""
    with Session("session=mine") as session:
        assert session.contact == "session=mine"
        Session.exit()
    with pytest.raises(ZeroDivisionError), Session():
        raise ZeroDivisionError
    assert current.process.active is None


def test_a_subclass(process: Cell) -> None:
    class Mine(Session):
        def run(self) -> str:
            return submit()

    with Mine() as session:
        assert session.run() in map(str, process.qmaster.made)
        assert Mine.contact == Session.contact != ""


def test_class_attributes(process: Cell) -> None:
    assert Session.TIMEOUT_WAIT_FOREVER == -1
    assert Session.TIMEOUT_NO_WAIT == 0
    assert isinstance(Session.JOB_IDS_SESSION_ANY, (bytes, str))
    assert str(Session.version) == "1.0"
    Session.initialize()
    for source in (Session, Session()):
        assert source.drmsInfo == source.drmaaImplementation == "SGE 8.1.9"


def test_one_session_at_a_time(process: Cell) -> None:
    text = r"^code 11: Initialization failed due to existing DRMAA session\.$"
    Session.initialize()
    with pytest.raises(AlreadyActiveSessionException, match=text):
        Session.initialize()
    with pytest.raises(AlreadyActiveSessionException, match=text), Session():
        pass
    Session.exit()
    with pytest.raises(NoActiveSessionException, match=r"^code 5: "):
        Session.exit()
    Session.initialize()
    assert submit()


def test_only_one_of_many_threads_begins_the_session(process: Cell) -> None:
    results: list[object] = []
    start = threading.Barrier(8)

    def begin() -> None:
        start.wait(HANG_GUARD)
        try:
            results.append(Session.initialize())
        except DrmaaException as err:
            results.append(type(err))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG_GUARD)
    assert sorted(map(str, results)) == sorted(["None", *[str(AlreadyActiveSessionException)] * 7])


VERBS = [
    Session.createJobTemplate,
    lambda: Session.jobStatus("1"),
    lambda: Session.wait("1"),
    lambda: Session.synchronize(["1"]),
    lambda: Session.control("1", "hold"),
    Session.exit,
]


@pytest.mark.parametrize("verb", VERBS)
def test_without_a_session_every_verb_says_so(process: Cell, verb: Any) -> None:
    with pytest.raises(NoActiveSessionException, match=r"^code 5: "):
        verb()


def test_a_wrong_operation_is_told_before_a_missing_session(process: Cell) -> None:
    with pytest.raises(ValueError, match="'bogus' is not in list"):
        Session.control("1", "bogus")


def test_a_wrong_contact_leaves_no_session(process: Cell) -> None:
    for wrong in (7, "nonsense", "session="):
        with pytest.raises(InvalidArgumentException):
            Session.initialize(wrong)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(DrmCommunicationException, match=r"Slash \('/'\) not allowed in objectname"):
        Session.initialize("session=a/b")
    assert current.process.active is None
    Session.initialize("session=x;session=mine")
    assert Session.contact == "session=mine"


def test_a_qmaster_that_is_away_leaves_no_session(process: Cell) -> None:
    process.runner.outage = "refused"
    with pytest.raises(DrmCommunicationException):
        Session.initialize()
    process.runner.outage = None
    Session.initialize()
    assert submit()


def test_a_template_outlives_its_session_but_is_of_no_use(process: Cell) -> None:
    Session.initialize()
    template = Session.createJobTemplate()
    template.remoteCommand = "/bin/true"
    Session.exit()
    with pytest.raises(NoActiveSessionException):
        Session.runJob(template)


def test_a_child_may_begin_its_own_session(process: Cell) -> None:
    Session.initialize()
    number = submit()
    with current.process.lock, warnings.catch_warnings():  # held in the child for ever
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if child == 0:
            try:
                assert Session.contact == ""
                Session.initialize("session=child")
                submit()
                Session.exit()
                os._exit(0)
            finally:
                os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    process.qmaster.end(int(number), 4)
    assert Session.wait(number).exitStatus == 4


def test_connect_is_beside_the_process_wide_session(process: Cell) -> None:
    Session.initialize()
    one, other = process.connect(), process.connect()
    assert len({Session.contact, one.contact, other.contact}) == 3
    found = one.createJobTemplate(remoteCommand="/bin/true")
    number = one.runJob(found)
    with pytest.raises(drmaa_cli.InvalidJobException):
        other.wait(number)
    assert other.jobStatus(number) == "queued_active"
    Session.exit()
    assert one.jobStatus(number) == "queued_active"


@pytest.mark.parametrize(
    ("old", "new"), [("connect", "open_session"), ("Connection", "JobSession"), ("HeldJob", "SessionJob")]
)
def test_old_names_are_told(old: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=rf"drmaa_cli\.{old} is now drmaa_cli\.{new}"):
        assert getattr(drmaa_cli, old) is getattr(drmaa_cli, new)


def test_a_misspelt_name_of_the_package() -> None:
    with pytest.raises(AttributeError, match="did you mean 'open_session'"):
        drmaa_cli.opensession  # type: ignore[attr-defined]  # noqa: B018  # on purpose


def test_a_misspelt_setting() -> None:
    with pytest.raises(InvalidArgumentException, match="did you mean 'outage_limit'"):
        drmaa_cli.open_session(outagelimit=3)  # type: ignore[call-arg]  # on purpose


def test_a_contact_without_its_key(process: Cell) -> None:
    with pytest.raises(InvalidArgumentException, match="perhaps 'session=nightly'"):
        Session.initialize("nightly")


def test_a_session_has_the_constants_of_the_class(process: Cell) -> None:
    with process.connect() as session:
        for name in ("TIMEOUT_WAIT_FOREVER", "TIMEOUT_NO_WAIT", "JOB_IDS_SESSION_ANY", "JOB_IDS_SESSION_ALL"):
            assert getattr(session, name) == getattr(Session, name)
