"""What every DRMAA implementation is expected to do about sessions, templates, and questions about itself."""

from __future__ import annotations

import inspect

import pytest

from tests.contract.harness import NO_SUCH_JOB, World

ERRORS = [
    "Internal",
    "DrmCommunication",
    "Authorization",
    "InvalidArgument",
    "NoActiveSession",
    "OutOfMemory",
    "InvalidContactString",
    "DefaultContactString",
    "NoDefaultContactStringSelected",
    "DrmsInit",
    "AlreadyActiveSession",
    "DrmsExit",
    "InvalidAttributeFormat",
    "InvalidAttributeValue",
    "ConflictingAttributeValues",
    "TryLater",
    "DeniedByDrm",
    "InvalidJob",
    "ResumeInconsistentState",
    "SuspendInconsistentState",
    "HoldInconsistentState",
    "ReleaseInconsistentState",
    "ExitTimeout",
]
SUPPORTED = {
    "remoteCommand": "/bin/true",
    "jobSubmissionState": "drmaa_hold",
    "workingDirectory": "/tmp",
    "jobName": "name",
    "inputPath": ":/dev/null",
    "outputPath": ":/dev/null",
    "errorPath": ":/dev/null",
    "joinFiles": True,
    "jobCategory": "x",
    "nativeSpecification": "-p -1",
    "blockEmail": True,
    "startTime": "11:11",
}
SUPPORTED_VECTORS = {"args": ["a", "b"], "jobEnvironment": {"A": "1"}, "email": ["a@b"]}


def test_every_error_of_drmaa_is_an_exception(idle: World) -> None:
    for name in ERRORS:
        error = getattr(idle.api, f"{name}Exception")
        assert issubclass(error, idle.api.errors.DrmaaException)
        assert error is getattr(idle.api.errors, f"{name}Exception")


def test_a_session_cannot_be_begun_twice(idle: World) -> None:
    idle.session.initialize()
    with idle.refuses("AlreadyActiveSessionException"):
        idle.session.initialize()


def test_a_session_cannot_be_ended_twice(idle: World) -> None:
    idle.session.initialize()
    idle.session.exit()
    with idle.refuses("NoActiveSessionException"):
        idle.session.exit()


def test_attributes_are_kept_as_they_were_set(session: World) -> None:
    with session.api.JobTemplate(**SUPPORTED) as template:
        assert {name: getattr(template, name) for name in SUPPORTED} == SUPPORTED
        assert len(template.attributeNames) >= len(SUPPORTED)


def test_vector_attributes_are_kept_as_they_were_set(session: World) -> None:
    with session.api.JobTemplate(**SUPPORTED_VECTORS) as template:
        assert {name: getattr(template, name) for name in SUPPORTED_VECTORS} == SUPPORTED_VECTORS


def test_attributes_that_are_not_supported_are_refused(session: World) -> None:
    with session.session.createJobTemplate() as template:
        for name in ("transferFiles", "deadlineTime"):
            with session.refuses("InvalidArgumentException"):
                setattr(template, name, "ieo")


def test_vector_attributes_are_not_among_the_names(session: World) -> None:
    with session.session.createJobTemplate() as template:
        names = template.attributeNames
        assert not {"drmaa_v_argv", "drmaa_v_env", "drmaa_v_email", "drmaa_blah"} & set(names)


def test_the_version_of_drmaa(idle: World) -> None:
    assert tuple(idle.session.version) == (1, 0)
    idle.session.initialize()
    assert str(idle.session.version) == "1.0"


@pytest.mark.here  # the contact names the host besides
def test_the_contact_is_empty_until_the_session_begins(idle: World) -> None:
    assert idle.session.contact == ""
    idle.session.initialize()
    assert idle.session.contact.startswith("session=")


def test_the_name_of_the_drm_system(idle: World) -> None:
    before = idle.session.drmsInfo
    idle.session.initialize()
    assert before == idle.session.drmsInfo == idle.banner


def test_the_name_of_the_implementation(idle: World) -> None:
    before = idle.session.drmaaImplementation
    idle.session.initialize()
    assert before == idle.session.drmaaImplementation == idle.banner


def test_waiting_in_a_session_without_jobs_is_refused_at_once(fresh: World) -> None:
    with fresh.refuses("InvalidJobException", NO_SUCH_JOB):
        fresh.session.wait(fresh.anyone, fresh.session.TIMEOUT_WAIT_FOREVER)


@pytest.mark.parametrize("dispose", [True, False], ids=["dispose", "keep"])
def test_synchronize_in_a_session_without_jobs_returns_at_once(fresh: World, dispose: bool) -> None:
    fresh.session.synchronize([fresh.everything], fresh.session.TIMEOUT_WAIT_FOREVER, dispose)


def test_control_in_a_session_without_jobs_does_nothing(fresh: World) -> None:
    for action in ("suspend", "resume", "hold", "release", "terminate"):
        fresh.session.control(fresh.everything, action)


def test_session_methods_are_static(session: World) -> None:
    names = (
        "initialize",
        "exit",
        "createJobTemplate",
        "deleteJobTemplate",
        "runJob",
        "runBulkJobs",
        "control",
        "synchronize",
        "wait",
        "jobStatus",
    )
    for name in names:
        assert isinstance(inspect.getattr_static(session.session, name), staticmethod), name
