"""The job template before it is submitted, as observed of libdrmaa and drmaa-python."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from tests.contract.harness import BAD_ARGUMENT, BAD_VALUE, World
from tests.tables import each_row

SCALARS = (
    "remoteCommand",
    "jobSubmissionState",
    "workingDirectory",
    "jobCategory",
    "nativeSpecification",
    "startTime",
    "jobName",
    "inputPath",
    "outputPath",
    "errorPath",
)
SWITCHES = ("blockEmail", "joinFiles")
LISTS = ("args", "email")
UNSUPPORTED_TEXTS = ("transferFiles", "deadlineTime")
WALLCLOCK = ("hardWallclockTimeLimit", "softWallclockTimeLimit")
DURATIONS = ("hardRunDurationLimit", "softRunDurationLimit")
EVERY = (*SCALARS, *SWITCHES, *LISTS, "jobEnvironment", *UNSUPPORTED_TEXTS, *WALLCLOCK, *DURATIONS)
NAMES = (
    "drmaa_remote_command drmaa_js_state drmaa_wd drmaa_job_name drmaa_input_path drmaa_output_path "
    "drmaa_error_path drmaa_join_files drmaa_job_category drmaa_native_specification "
    "drmaa_block_email drmaa_start_time"
).split()
ALSO_ATTRIBUTE_ERRORS = (
    "InvalidArgumentException",
    "InvalidAttributeValueException",
    "InvalidAttributeFormatException",
    "ConflictingAttributeValuesException",
    "UnsupportedAttributeException",
)


@pytest.fixture
def template(session: World) -> Iterator[Any]:
    made = session.session.createJobTemplate()
    yield made
    made.delete()


def test_attribute_names(session: World, template: Any) -> None:
    # libdrmaa also lists an attribute that only its C programs have, and has no limits on the wall clock.
    more = ["drmaa_submit_as_euid"] if session.is_oracle else ["drmaa_wct_hlimit", "drmaa_wct_slimit"]
    assert template.attributeNames == NAMES + more


def test_placeholders_and_limits_of_the_classes(session: World) -> None:
    template, of_session = session.api.JobTemplate, session.api.Session
    assert template.HOME_DIRECTORY == "$drmaa_hd_ph$"
    assert template.WORKING_DIRECTORY == "$drmaa_wd_ph$"
    assert template.PARAMETRIC_INDEX == "$drmaa_incr_ph$"
    assert of_session.TIMEOUT_WAIT_FOREVER == -1
    assert of_session.TIMEOUT_NO_WAIT == 0


@each_row("name", EVERY)
def test_unset_attribute(session: World, template: Any, name: str) -> None:
    with session.refuses("InvalidAttributeValueException", BAD_VALUE):
        getattr(template, name)
    assert not hasattr(template, name)


@each_row("name", [*SCALARS, *UNSUPPORTED_TEXTS])
def test_none_is_no_value(session: World, template: Any, name: str) -> None:
    with session.refuses("InvalidArgumentException", BAD_ARGUMENT):
        setattr(template, name, None)


@each_row(
    "name, value",
    product(
        ["remoteCommand", "jobName", "startTime", "outputPath", "jobSubmissionState"], [5, True, 1.5, ["x"]]
    ),
)
def test_scalar_of_a_wrong_type(session: World, template: Any, name: str, value: object) -> None:
    with session.refuses_type(value):
        setattr(template, name, value)
    assert not hasattr(template, name)


@each_row(
    "name, value",
    product(
        [name for name in SCALARS if name != "jobSubmissionState"],
        ["x", "", "a b", "größe", "not: valid *", "9"],
    ),
)
def test_text_is_kept_as_it_is(session: World, template: Any, name: str, value: str) -> None:
    setattr(template, name, value)
    assert getattr(template, name) == value
    setattr(template, name, value.encode())
    assert getattr(template, name) == value


def test_long_text(session: World, template: Any) -> None:
    template.jobName = template.remoteCommand = "x" * 3000
    template.args = ["y" * 3000]
    template.jobEnvironment = {"Z": "z" * 3000}
    if session.is_oracle:  # its getter has a buffer of 1024 bytes; nothing is lost at submission
        assert len(template.jobName) == 1024
        assert len(template.args[0]) == 1024
    else:
        assert len(template.jobName) == len(template.args[0]) == len(template.jobEnvironment["Z"]) == 3000


def test_submission_state(session: World, template: Any) -> None:
    for state in ("drmaa_hold", "drmaa_active", session.api.JobSubmissionState.HOLD_STATE):
        template.jobSubmissionState = state
        assert template.jobSubmissionState == state
    text = 'code 14: attribute "drmaa_js_state" must be either "drmaa_active" or "drmaa_hold"\n'
    for state in ("", "hold", "DRMAA_HOLD"):
        with session.refuses("InvalidAttributeValueException", text):
            template.jobSubmissionState = state


@pytest.mark.parametrize("name", UNSUPPORTED_TEXTS)
def test_unsupported_attribute(session: World, template: Any, name: str) -> None:
    with session.refuses("InvalidArgumentException") as caught:
        setattr(template, name, "x")
    text = str(caught.value)
    if session.is_oracle or name != "transferFiles":
        assert text == "code 4: "
    else:  # it says why
        assert text.startswith("code 4: transferFiles cannot be set: ")


@pytest.mark.parametrize("name", DURATIONS)
def test_limits_of_run_time_are_unsupported(session: World, template: Any, name: str) -> None:
    with session.refuses("InvalidArgumentException", "code 4: "):
        setattr(template, name, 60)


@pytest.mark.parametrize("name", WALLCLOCK)
def test_limits_of_wall_clock_time(session: World, template: Any, name: str) -> None:
    if session.is_oracle:
        with session.refuses("InvalidArgumentException", "code 4: "):
            setattr(template, name, 60)
    else:  # better on purpose: Grid Engine has h_rt and s_rt
        setattr(template, name, 60)
        assert getattr(template, name) == 60
        for value in (None, "soon", -1, 1.5, [60]):
            with session.refuses_type(value):
                setattr(template, name, value)
        assert getattr(template, name) == 60


@pytest.mark.filterwarnings("ignore:drmaa_.* is taken as True")  # ours warns of the "n"
@each_row(
    "name, value, seen",
    [
        (name, *row)
        for name in SWITCHES
        for row in (
            *((True, True), (False, False), ("n", True), ("", False)),
            *((None, False), (0, False), (2, True)),
        )
    ],
)
def test_switches_take_the_truth_of_anything(
    session: World, template: Any, name: str, value: object, seen: bool
) -> None:
    setattr(template, name, value)
    assert getattr(template, name) is seen


@pytest.mark.filterwarnings("ignore:drmaa_.* is taken as its characters")  # ours warns of a text
@each_row(
    "name, value, seen",
    [
        (name, *row)
        for name in LISTS
        for row in (
            (["a", "b"], ["a", "b"]),
            (("a", ""), ["a", ""]),
            ([1, None, 1.5], ["1", "None", "1.5"]),
            ([b"x"], ["x"]),
            ("abc", ["a", "b", "c"]),
            ([], []),
            ({"k": 1}, ["k"]),
        )
    ],
)
def test_lists(session: World, template: Any, name: str, value: Any, seen: list[str]) -> None:
    setattr(template, name, ["old", "values"])
    setattr(template, name, value)
    assert getattr(template, name) == seen


@each_row("name, value", product(LISTS, [iter(["a"]), 5, None]))
def test_what_has_no_length_is_no_list(session: World, template: Any, name: str, value: object) -> None:
    with pytest.raises(TypeError, match=r"object of type '\w+' has no len\(\)"):
        setattr(template, name, value)


def test_environment(session: World, template: Any) -> None:
    template.jobEnvironment = {"A": "1", "B": "", "C": 3, "D": 'größe, "quoted"'}
    assert template.jobEnvironment == {"A": "1", "B": "", "C": "3", "D": 'größe, "quoted"'}
    template.jobEnvironment = {"A=B": "c"}
    assert template.jobEnvironment == {"A": "B=c"}
    template.jobEnvironment = {}
    assert template.jobEnvironment == {}


def test_environment_is_a_mapping(session: World, template: Any) -> None:
    for value in (["A=1"], "A=1", None):
        with pytest.raises(AttributeError):
            template.jobEnvironment = value


def test_an_attribute_can_be_set_again(session: World, template: Any) -> None:
    template.jobName = "first"
    template.jobName = "second"
    assert template.jobName == "second"


def test_other_attributes_are_just_python(session: World, template: Any) -> None:
    template.colour = "red"
    assert template.colour == "red"
    with session.api.JobTemplate(colour="blue", jobName="x") as other:
        assert (other.colour, other.jobName) == ("blue", "x")


def test_deleting_an_attribute(session: World, template: Any) -> None:
    template.jobName = "x"
    with pytest.raises(AttributeError, match="__delete__"):
        del template.jobName
    assert template.jobName == "x"


@pytest.mark.only_on("cli-real", "cli-fake")  # libdrmaa reads freed memory and crashes
def test_use_after_delete(session: World) -> None:
    template = session.session.createJobTemplate()
    template.jobName = "x"
    session.session.deleteJobTemplate(template)
    with session.refuses("InvalidAttributeValueException", BAD_VALUE):
        template.jobName  # noqa: B018  # read for what it raises
    with session.refuses("InvalidArgumentException", BAD_ARGUMENT):
        template.jobName = "y"
    with session.refuses("InvalidArgumentException", BAD_ARGUMENT):
        session.session.runJob(template)


def test_what_is_no_template(session: World) -> None:
    with session.refuses("InvalidArgumentException", BAD_ARGUMENT):
        session.session.runJob(None)
    with session.refuses_type("x"):
        session.session.runJob("x")


def test_a_bad_keyword_leaves_no_template(session: World) -> None:
    with session.refuses("InvalidAttributeValueException"):
        session.api.JobTemplate(jobSubmissionState="x")


def test_bases_of_the_exceptions(session: World) -> None:
    errors = session.api.errors
    for name in ALSO_ATTRIBUTE_ERRORS:
        assert issubclass(getattr(errors, name), (errors.DrmaaException, AttributeError))
        assert issubclass(getattr(errors, name), AttributeError)
    assert issubclass(errors.OutOfMemoryException, MemoryError)
    for name in session.api.__all__:
        found = getattr(session.api, name)
        if name.endswith("Exception") and name != "NoResourceUsageException":
            assert issubclass(found, errors.DrmaaException), name
