"""JobTemplate: what is accepted, read back and refused, and how (as observed of libdrmaa)."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drmaa_cli import constants
from drmaa_cli.errors import (
    InvalidArgumentException,
    InvalidAttributeValueException,
    NoActiveSessionException,
)
from drmaa_cli.session import current
from drmaa_cli.session.arguments import values_of
from drmaa_cli.session.templates import JobTemplate
from drmaa_cli.template.attributes import (
    Attribute,
    BoolConverter,
    DictAttribute,
    VectorAttribute,
)
from drmaa_cli.template.job_template import TemplateAttributes
from tests.tables import each_combination, together
from tests.template.submissions import template

UNSET = "code 14: The value for the job attribute is invalid."
INVALID = "code 4: The input value for an argument is invalid."
TEXTS = (
    "remoteCommand",
    "workingDirectory",
    "jobCategory",
    "nativeSpecification",
    "startTime",
    "jobName",
    "inputPath",
    "outputPath",
    "errorPath",
)
UNSUPPORTED = ("transferFiles", "deadlineTime", "hardRunDurationLimit", "softRunDurationLimit")
LIMITS = ("hardWallclockTimeLimit", "softWallclockTimeLimit")
EVERY = (
    *TEXTS,
    *UNSUPPORTED,
    *LIMITS,
    "jobSubmissionState",
    "blockEmail",
    "joinFiles",
    "email",
    "args",
    "jobEnvironment",
)


class Active:
    """A process-wide session, of which a template only asks whether it is there."""

    def check(self) -> None:
        pass


@pytest.fixture
def jt() -> TemplateAttributes:
    return template()


@pytest.fixture
def process_session(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(current.process, "active", Active())
    return monkeypatch


@together
@pytest.mark.parametrize("name", EVERY)
def test_unset_attributes_raise_code_14(jt: TemplateAttributes, name: str) -> None:
    with pytest.raises(InvalidAttributeValueException) as caught:
        getattr(jt, name)
    assert str(caught.value) == UNSET
    assert not hasattr(jt, name)


@each_combination(
    name=TEXTS, value=["abc", "", " ", "grüß", "x" * 5000, "a\nb", ":/tmp/$drmaa_incr_ph$", "/x"]
)
def test_texts_are_read_back_whole(jt: TemplateAttributes, name: str, value: str) -> None:
    setattr(jt, name, value)
    assert getattr(jt, name) == value
    setattr(jt, name, value.encode())
    assert getattr(jt, name) == value


@pytest.mark.parametrize("name", [*TEXTS, "jobSubmissionState"])
def test_none_is_code_4(jt: TemplateAttributes, name: str) -> None:
    with pytest.raises(InvalidArgumentException) as caught:
        setattr(jt, name, None)
    assert str(caught.value) == INVALID


@each_combination(name=[*TEXTS, "jobSubmissionState"], value=[5, True, False, 1.5, [], {}, object()])
def test_other_types_are_code_4_and_named(jt: TemplateAttributes, name: str, value: object) -> None:
    attribute = getattr(JobTemplate, name).name.decode()
    with pytest.raises(InvalidArgumentException) as caught:
        setattr(jt, name, value)
    assert str(caught.value) == f"{INVALID} {attribute} cannot be {value!r}: str or bytes is expected"
    assert not hasattr(jt, name)


@pytest.mark.parametrize("value", ["abc", "", " ", "a b", "DRMAA_HOLD", "hold", b"active"])
def test_submission_state_is_checked_when_set(jt: TemplateAttributes, value: object) -> None:
    with pytest.raises(InvalidAttributeValueException) as caught:
        jt.jobSubmissionState = value
    assert str(caught.value) == (
        'code 14: attribute "drmaa_js_state" must be either "drmaa_active" or "drmaa_hold"\n'
    )


@pytest.mark.parametrize("value", ["drmaa_active", b"drmaa_hold", constants.JobSubmissionState.HOLD_STATE])
def test_submission_states(jt: TemplateAttributes, value: object) -> None:
    jt.jobSubmissionState = value
    assert jt.jobSubmissionState == (value.decode() if isinstance(value, bytes) else value)


@each_combination(name=UNSUPPORTED, value=["ioe", "", b"x", "abc", 5, True])
def test_what_grid_engine_has_not_is_code_4_without_text(
    jt: TemplateAttributes, name: str, value: object
) -> None:
    with pytest.raises(InvalidArgumentException) as caught:
        setattr(jt, name, value)
    if name == "transferFiles":
        assert "qsub, which submits the jobs here, has no option that asks for it" in str(caught.value)
    else:
        assert str(caught.value) == "code 4: "


@pytest.mark.parametrize(("name", "text"), list(zip(UNSUPPORTED, (INVALID, INVALID, "code 4: ", "code 4: "))))
def test_none_for_what_grid_engine_has_not(jt: TemplateAttributes, name: str, text: str) -> None:
    with pytest.raises(InvalidArgumentException) as caught:
        setattr(jt, name, None)
    assert str(caught.value) == text


@each_combination(name=["blockEmail", "joinFiles"], value=[1, True, 0, False])
def test_flags(jt: TemplateAttributes, name: str, value: object) -> None:
    setattr(jt, name, value)
    assert getattr(jt, name) is bool(value)


@each_combination(
    name=["blockEmail", "joinFiles"],
    value=["n", "no", "yes", "0", b"n", 2, 1.5, "grüß", "", None, [], {}, b""],
)
def test_what_is_no_flag_is_refused(jt: TemplateAttributes, name: str, value: object) -> None:
    with pytest.raises(InvalidArgumentException, match=r"^code 4: .* True or False is expected$"):
        setattr(jt, name, value)
    assert not hasattr(jt, name)


def test_assignment_replaces_and_reading_copies(jt: TemplateAttributes) -> None:
    jt.args = ["a", "b"]
    jt.args.append("c")
    assert jt.args == ["a", "b"]
    jt.args = ["c"]
    jt.jobEnvironment = {"A": "1"}
    jt.jobEnvironment = {"B": "2"}
    assert (jt.args, jt.jobEnvironment) == (["c"], {"B": "2"})
    jt.args = []
    assert jt.args == []


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("remotecommand", "remoteCommand"),
        ("outputpath", "outputPath"),
        ("job_name", "jobName"),
        ("colour", ""),
    ],
)
def test_an_attribute_that_a_template_has_not_is_refused(
    jt: TemplateAttributes, wrong: str, right: str
) -> None:
    hint = f"; did you mean {right!r}?" if right else ""
    text = f"{INVALID} A job template has no attribute {wrong!r}{hint}"
    with pytest.raises(InvalidArgumentException) as caught:
        setattr(jt, wrong, "/bin/true")
    assert str(caught.value) == text
    with pytest.raises(InvalidArgumentException) as caught:
        template(**{wrong: "/bin/true"})
    assert str(caught.value) == text
    assert not hasattr(jt, wrong)


def test_a_subclass_may_have_attributes_of_its_own() -> None:
    class Template(TemplateAttributes):
        colour: str = "red"

        def note(self, text: str) -> None:
            self._note = text

    mine = Template(lambda: None, {"jobName": "x"})
    mine.colour = "blue"
    mine.note("of its own")
    assert (mine.colour, mine.jobName) == ("blue", "x")


def test_attributes_cannot_be_deleted(jt: TemplateAttributes) -> None:
    with pytest.raises(AttributeError):
        del jt.jobName


def test_attribute_names_are_libdrmaas_and_the_limits(jt: TemplateAttributes) -> None:
    assert jt.attributeNames == [
        "drmaa_remote_command",
        "drmaa_js_state",
        "drmaa_wd",
        "drmaa_job_name",
        "drmaa_input_path",
        "drmaa_output_path",
        "drmaa_error_path",
        "drmaa_join_files",
        "drmaa_job_category",
        "drmaa_native_specification",
        "drmaa_block_email",
        "drmaa_start_time",
        "drmaa_wct_hlimit",
        "drmaa_wct_slimit",
    ]


def test_class_access_gives_the_descriptor() -> None:
    assert isinstance(JobTemplate.remoteCommand, Attribute)
    assert JobTemplate.remoteCommand.name == constants.REMOTE_COMMAND
    assert isinstance(JobTemplate.args, VectorAttribute)
    assert isinstance(JobTemplate.jobEnvironment, DictAttribute)
    placeholders = (JobTemplate.HOME_DIRECTORY, JobTemplate.WORKING_DIRECTORY, JobTemplate.PARAMETRIC_INDEX)
    assert placeholders == ("$drmaa_hd_ph$", "$drmaa_wd_ph$", "$drmaa_incr_ph$")


def test_a_client_can_define_its_own_attributes() -> None:
    class Template(TemplateAttributes):
        queue = Attribute("my_queue", type_converter=BoolConverter("on", b"off"))

    mine = Template(lambda: None, {"queue": 1})
    assert mine.queue is True
    assert values_of(mine) == {b"my_queue": "on"}


def test_after_delete_nothing_works_and_nothing_crashes(jt: TemplateAttributes) -> None:
    jt.jobName = "x"
    jt.delete()
    jt.delete()
    for name in EVERY:
        with pytest.raises(InvalidAttributeValueException):
            getattr(jt, name)
        with pytest.raises(InvalidArgumentException) as caught:
            setattr(jt, name, "x")
        assert str(caught.value) == INVALID
    with pytest.raises(InvalidArgumentException):
        values_of(jt)


def test_context_manager_deletes() -> None:
    with template(jobName="x") as jt:
        assert jt.jobName == "x"
    assert not hasattr(jt, "jobName")


def test_a_bad_keyword_leaves_no_template() -> None:
    with pytest.raises(InvalidArgumentException):
        template(jobName="x", outputPath=5)


def test_everything_but_delete_needs_a_session(process_session: pytest.MonkeyPatch) -> None:
    template_of_session = JobTemplate(jobName="x")
    process_session.setattr(current.process, "active", None)
    with pytest.raises(NoActiveSessionException, match=r"^code 5: No active session$"):
        JobTemplate()
    for name in EVERY:
        with pytest.raises(NoActiveSessionException):
            getattr(template_of_session, name)
        with pytest.raises(NoActiveSessionException):
            setattr(template_of_session, name, 5)
    with pytest.raises(NoActiveSessionException):
        template_of_session.attributeNames  # noqa: B018  # a property
    process_session.setattr(current.process, "active", Active())
    assert template_of_session.jobName == "x"  # usable again in a later session
    process_session.setattr(current.process, "active", None)
    template_of_session.delete()


def test_values_are_a_snapshot(jt: TemplateAttributes) -> None:
    jt.args = ["a"]
    jt.joinFiles = True
    before = values_of(jt)
    jt.args = ["b"]
    assert dict(before) == {constants.V_ARGV: ("a",), constants.JOIN_FILES: "y"}
    with pytest.raises(TypeError):
        before[constants.WD] = "/"  # type: ignore[index]  # the point of the test


@settings(deadline=None)
@given(st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.text())))
def test_any_value_is_kept_or_refused(value: object) -> None:
    jt = template()
    for name in EVERY:
        try:
            setattr(jt, name, value)
        except (InvalidArgumentException, InvalidAttributeValueException):
            continue
        getattr(jt, name)


def test_a_copy_is_changed_by_itself() -> None:
    first = template(remoteCommand="/bin/true", args=["a"])
    second = copy.copy(first)
    second.args, second.jobName = ["b"], "copied"
    assert values_of(first) == values_of(template(remoteCommand="/bin/true", args=["a"]))
    assert values_of(second) == values_of(template(remoteCommand="/bin/true", args=["b"], jobName="copied"))
    first.delete()
    with pytest.raises(InvalidArgumentException):
        copy.copy(first)
    assert second.args == ["b"]
