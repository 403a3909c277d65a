"""Sessions, as observed of libdrmaa: everything that can be shown inside one process."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.harness import BAD_ARGUMENT, NO_SESSION, World, in_threads
from tests.patience import PATIENCE
from tests.tables import each_row

ALREADY_ACTIVE = "code 11: Initialization failed due to existing DRMAA session."

WORK_CALLS: list[tuple[str, Callable[[World], Any]]] = [
    ("createJobTemplate", lambda world: world.session.createJobTemplate()),
    ("JobTemplate", lambda world: world.api.JobTemplate(remoteCommand="x")),
    ("wait", lambda world: world.session.wait("1", 0)),
    ("synchronize", lambda world: world.session.synchronize(["1"], 0, False)),
    ("control", lambda world: world.session.control("1", "terminate")),
    ("jobStatus", lambda world: world.session.jobStatus("1")),
]
OLD_TEMPLATE_CALLS: list[tuple[str, Callable[[World, Any], Any]]] = [
    ("get", lambda world, template: template.remoteCommand),
    ("set", lambda world, template: setattr(template, "remoteCommand", "x")),
    ("attributeNames", lambda world, template: template.attributeNames),
    ("runJob", lambda world, template: world.session.runJob(template)),
    ("runBulkJobs", lambda world, template: world.session.runBulkJobs(template, 1, 2, 1)),
]
MALFORMED_CONTACTS = ("garbage", "session=", ";", " ", "cell=default", "foo=bar", "session = x")


def test_contact_is_empty_without_a_session(idle: World) -> None:
    assert idle.session.contact == ""
    assert idle.session().contact == ""


@pytest.mark.here  # the contact names the host besides
def test_contact_of_a_new_session(idle: World) -> None:
    idle.session.initialize()
    assert re.fullmatch(r"session=\S+\.[0-9]+\.[0-9a-zA-Z]+", idle.session.contact)
    assert idle.session.contact == idle.session().contact
    idle.session.exit()
    assert idle.session.contact == ""


def test_information_needs_no_session(idle: World) -> None:
    def facts() -> list[str]:
        session = idle.session()
        assert isinstance(session.version, tuple)
        return [session.drmsInfo, session.drmaaImplementation, str(session.version)]

    expected = [idle.banner, idle.banner, "1.0"]
    assert facts() == expected
    idle.session.initialize()
    assert facts() == expected
    idle.session.exit()
    assert facts() == expected
    assert (idle.session.version.major, idle.session.version.minor) == (1, 0)
    assert type(idle.session.version).__name__ == "Version"


@each_row("call", [call for _, call in WORK_CALLS], ids=[name for name, _ in WORK_CALLS])
def test_work_needs_a_session(idle: World, call: Callable[[World], Any]) -> None:
    with idle.refuses("NoActiveSessionException", NO_SESSION):
        call(idle)


def test_an_old_template_needs_a_session(idle: World) -> None:
    idle.session.initialize()
    template = idle.session.createJobTemplate()
    template.remoteCommand = "/bin/true"
    idle.session.exit()
    for _, call in OLD_TEMPLATE_CALLS:
        with idle.refuses("NoActiveSessionException", NO_SESSION):
            call(idle, template)
    template.delete()


def test_a_template_outlives_its_session(idle: World) -> None:
    idle.begin()
    with idle.template() as template:
        idle.session.exit()
        idle.session.initialize(f"session=later-on-{idle.backend}")
        job = idle.session.runJob(template)
        assert idle.session.wait(job, PATIENCE).exitStatus == 0


def test_exit_without_a_session(idle: World) -> None:
    with idle.refuses("NoActiveSessionException", "code 5: "):
        idle.session.exit()


def test_second_exit(fresh: World) -> None:
    fresh.session.exit()
    with fresh.refuses("NoActiveSessionException", "code 5: "):
        fresh.session.exit()


def test_initialize_twice(fresh: World) -> None:
    for call in (
        fresh.session.initialize,
        fresh.session().initialize,
        lambda: fresh.session.initialize("session=x"),
    ):
        with fresh.refuses("AlreadyActiveSessionException", ALREADY_ACTIVE):
            call()
    (answer,) = in_threads([fresh.session.initialize])
    assert type(answer).__name__ == "AlreadyActiveSessionException"


def test_a_malformed_contact_is_reported_before_the_active_session(fresh: World) -> None:
    with fresh.refuses("InvalidArgumentException", BAD_ARGUMENT, more=not fresh.is_oracle):
        fresh.session.initialize("garbage")


@each_row("contact", MALFORMED_CONTACTS)
def test_malformed_contact(idle: World, contact: str) -> None:
    with idle.refuses("InvalidArgumentException", BAD_ARGUMENT, more=not idle.is_oracle):
        idle.session.initialize(contact)
    assert not idle.active


@pytest.mark.here  # the contact names the host besides
def test_empty_contact_begins_a_new_session(idle: World) -> None:
    idle.session.initialize("")
    assert re.fullmatch(r"session=\S+\.[0-9]+\.[0-9a-zA-Z]+", idle.session.contact)


@pytest.mark.parametrize(
    ("contact", "becomes"),
    [
        ("session=foo", "session=foo"),
        (b"session=foo", "session=foo"),
        ("SESSION=foo", "session=foo"),
        ("session=" + "x" * 300, "session=" + "x" * 300),
        ("session=a;session=b", "session=b"),
    ],
    ids=["name", "bytes", "upper case", "long", "last wins"],
)
@pytest.mark.here  # the contact names the host besides
def test_named_contact(idle: World, contact: str, becomes: str) -> None:
    idle.session.initialize(contact)
    assert idle.session.contact == becomes


@pytest.mark.parametrize(
    ("name", "text"),
    [("a b", "Space (' ') not allowed in objectname"), ("/x", "Slash ('/') not allowed in objectname")],
    ids=["space", "slash"],
)
@pytest.mark.slow
def test_session_names_that_are_refused(idle: World, name: str, text: str) -> None:
    # In a new process: libdrmaa gives the text of its first refusal to all later errors of a process.
    body = "answer = [told(lambda: api.Session.initialize('session=' + name)), api.Session.contact]"
    answer = idle.elsewhere(body, name=name)
    assert answer == [["DrmCommunicationException", f"code 2: {text}"], ""]


def test_contact_of_a_wrong_type(idle: World) -> None:
    with idle.refuses_type(5):
        idle.session.initialize(5)
    assert not idle.active


@pytest.mark.here  # the contact names the host besides
def test_session_as_context_manager(idle: World) -> None:
    with idle.api.Session("session=ctx") as session:
        assert session.contact == "session=ctx"
        assert session.__exit__ is not None
    assert not idle.active
    manager = idle.api.Session()
    manager.__enter__()
    assert manager.__exit__(None, None, None) is False


def test_a_session_can_begin_again(fresh: World) -> None:
    for _ in range(3):
        fresh.session.exit()
        fresh.session.initialize()
    assert fresh.active


RECONNECT = """
session = api.Session
session.initialize(contact)
answer = [session.jobStatus(held), session.jobStatus(running)]
session.control(held, "release")
session.control(running, "terminate")
answer += [session.wait(held, 180).exitStatus, session.wait(running, 180).wasAborted]
session.exit()
"""


@pytest.mark.slow
def test_a_new_process_finds_the_jobs_again_by_the_contact(fresh: World) -> None:
    contact = fresh.session.contact
    held, running = fresh.held(), fresh.sleeper()
    fresh.end()
    answer = fresh.elsewhere(RECONNECT, contact=contact, held=held, running=running)
    assert answer == ["user_on_hold", "running", 0, True]


def test_a_job_of_another_session_is_not_waited_for(fresh: World) -> None:
    job = fresh.held()
    fresh.begin()
    with fresh.refuses("InvalidJobException"):
        fresh.session.wait(job, 0)
    assert fresh.status(job) == "user_on_hold"
