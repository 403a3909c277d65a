"""Templates that runJob() refuses: one row each, with class and text, as observed of libdrmaa."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.contract.harness import World
from tests.tables import each_row

DENIED = "DeniedByDrmException"
NO_SUITABLE_QUEUE = "code 17: error: no suitable queues"
PLACEHOLDER_NEEDS_BULK = (
    'code 17: increment placeholder "$drmaa_incr_ph$" is only allowed in pathes for bulk jobs\n'
)
NO_WD_IN_WD = (
    'code 17: working directory placeholder "$drmaa_wd_ph$" is not allowed in the working directory path\n'
)
NO_COLON = "code 4: The \"drmaa_{}_path\" attribute must begin with a colon, ':'"
NO_COMMAND = 'code 17: job template must have "drmaa_remote_command" attribute set'
BAD_DATE = "code 17: Error parsing DRMAA date string"
GARBLED = "code 1: Error reading answer list from qmaster"


class Row(NamedTuple):
    """A template, the exception class of its refusal and the text after ``code 17: `` (or the whole text)."""

    name: str
    attributes: dict[str, Any]
    text: str
    error: str = DENIED
    engine: bool = False  # the text is the qmaster's own


def native(words: str, text: str) -> Row:
    return Row(words, {"nativeSpecification": words}, f"code 17: {text}")


def engine(words: str, text: str) -> Row:
    return native(words, text)._replace(engine=True)


def job_name(name: str, text: str) -> Row:
    return Row(name, {"jobName": name}, f"code 17: {text}")


COMMANDS = [
    Row("no command", {"remoteCommand": None}, NO_COMMAND),
    Row(
        "no command nor name",
        {"remoteCommand": "", "jobName": None},
        "code 17: job rejected cause there is no job_name in the request",
    ),
    Row("space", {"remoteCommand": "/bin/a b", "jobName": None}, GARBLED, "InternalException"),
    Row("non-ASCII", {"remoteCommand": "/bin/größe", "jobName": None}, GARBLED, "InternalException"),
]
JOB_NAMES = [
    job_name("a/b", "Slash ('/') not allowed in objectname"),
    job_name("a:b", "Colon (':') not allowed in objectname"),
    job_name("a@b", "At ('@') not allowed in objectname"),
    job_name("a\\b", "Backslash ('\\') not allowed in objectname"),
    job_name("a*b", "Asterisk ('*') not allowed in objectname"),
    job_name("a?b", "Questionmark ('?') not allowed in objectname"),
    job_name("a\nb", "Return not allowed in objectname"),
    job_name("a\tb", "Tab not allowed in objectname"),
    job_name("a\rb", "Carriage return not allowed in objectname"),
    job_name("9abc", 'denied: "9abc" is not a valid object name (cannot start with a digit)'),
    job_name("NONE", 'Keyword ("NONE") not allowed as objectname'),
    job_name("all", 'Keyword ("ALL") not allowed as objectname'),
    job_name("Template", 'Keyword ("TEMPLATE") not allowed as objectname'),
    job_name("x" * 512, "job name too long, maximum allowed length is 512 characters"),
    job_name("", "job rejected cause there is no job_name in the request"),
    Row("a b", {"jobName": "a b"}, GARBLED, "InternalException"),
    Row("größe", {"jobName": "größe"}, GARBLED, "InternalException"),
]
START_TIMES = [
    *(
        Row(value, {"startTime": value}, BAD_DATE)
        for value in (
            "24:00",
            "12:60",
            "12:00:60",
            "12:00:61",
            "2030/13/01 12:00",
            "2030/02/30 12:00",
            "2030/1/2",
            "2030/01/02",
            "2030-01-02 12:00",
            "2030/01/02T12:00",
            "noon",
            "",
        )
    ),
    Row("month 00", {"startTime": "2030/00/10 12:00"}, "code 17: invalid format for job start time"),
    Row("year 0001", {"startTime": "0001/01/10 12:00"}, "code 17: invalid format for job start time"),
]
DIRECTORIES = [
    Row("wd placeholder", {"workingDirectory": "$drmaa_wd_ph$"}, NO_WD_IN_WD),
    Row("wd placeholder first", {"workingDirectory": "$drmaa_wd_ph$/x"}, NO_WD_IN_WD),
    Row("incr in wd", {"workingDirectory": "/tmp/$drmaa_incr_ph$"}, PLACEHOLDER_NEEDS_BULK),
]
PATHS = [
    row
    for attribute, kind in (("inputPath", "input"), ("outputPath", "output"), ("errorPath", "error"))
    for row in (
        Row(
            f"{attribute} no colon",
            {attribute: "/dev/null", "joinFiles": False},
            NO_COLON.format(kind),
            "InvalidArgumentException",
        ),
        Row(
            f"{attribute} empty",
            {attribute: "", "joinFiles": False},
            "code 17: paths may not be empty strings",
        ),
        Row(
            f"{attribute} colon",
            {attribute: ":", "joinFiles": False},
            "code 17: paths may not be empty strings",
        ),
        Row(
            f"{attribute} host",
            {attribute: "host:", "joinFiles": False},
            "code 17: paths may not be empty strings",
        ),
        Row(
            f"{attribute} incr",
            {attribute: ":/tmp/$drmaa_incr_ph$", "joinFiles": False},
            PLACEHOLDER_NEEDS_BULK,
        ),
    )
]
NATIVE = [
    *(native(words, "Unknown option script\n") for words in ("word", "-h u", "-notify y", "-terse yes")),
    *(
        native(option, f'invalid option argument "{option}"\n')
        for option in ("-zzz", "-rdi", "-xd", "-scope", "-tcon", "-s", "-")
    ),
    *(native(option, f"Unknown option {option}\n") for option in ("-display :0", "-inherit", "-nostdin")),
    native("-q", "-q option must have queue list argument\n"),
    native("-l", "-l option must have argument\n"),
    native("-N", "-N option must have argument\n"),
    native("-b x", 'invalid option argument "-b x"\n'),
    native("-clear", "job rejected: no script in your request"),
    engine("-q nowhere.q", 'Job was rejected because job requests unknown queue "nowhere.q"'),
    engine("-l nothing=1", 'unknown resource "nothing"'),
    engine("-pe mpi 2", 'job rejected: the requested parallel environment "mpi" does not exist'),
    engine("-ckpt x", 'job rejected: the requested checkpointing environment "x" does not exist'),
    engine("-P p", 'job rejected: the requested project "p" does not exist'),
    engine("-l slots=2", '"job" denied: use parallel environments instead of requesting slots explicitly'),
    engine("-tc 2", 'invalid "task concurrency" value in job request'),
    engine("-hold_jid_ad 1", 'Can only specify "-hold_jid_ad" option with an array job (using "-t" option)'),
    native("-b n", "error opening /no/script: No such file or directory\n")._replace(
        attributes={"nativeSpecification": "-b n", "remoteCommand": "/no/script"}
    ),
    native("-b n directory", "error reading from file /tmp\n")._replace(
        attributes={"nativeSpecification": "-b n", "remoteCommand": "/tmp"}
    ),
    Row("unsatisfiable", {"nativeSpecification": "-l arch=pdp11"}, NO_SUITABLE_QUEUE, engine=True),
    Row(
        "unsatisfiable held",
        {"nativeSpecification": "-l arch=pdp11", "jobSubmissionState": "drmaa_hold"},
        NO_SUITABLE_QUEUE,
        engine=True,
    ),
    Row("unknown category", {"jobCategory": "no_such"}, "code 17: Unknown job category"),
    Row("empty category", {"jobCategory": ""}, "code 17: Unknown job category"),
]
# Which of two faults is reported: measured for each pair of these on libdrmaa 8.1.9, first to last.
FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("native", {"nativeSpecification": "-zzz"}, 'code 17: invalid option argument "-zzz"\n', DENIED),
    ("directory", {"workingDirectory": "$drmaa_wd_ph$"}, NO_WD_IN_WD, DENIED),
    ("output", {"outputPath": "x"}, NO_COLON.format("output"), "InvalidArgumentException"),
    ("error", {"errorPath": "x", "joinFiles": False}, NO_COLON.format("error"), "InvalidArgumentException"),
    ("input", {"inputPath": "x"}, NO_COLON.format("input"), "InvalidArgumentException"),
    ("start", {"startTime": "noon"}, BAD_DATE, DENIED),
    ("command", {"remoteCommand": None}, NO_COMMAND, DENIED),
    ("category", {"jobCategory": "no"}, "code 17: Unknown job category", DENIED),
    ("empty path", {"outputPath": ":"}, "code 17: paths may not be empty strings", DENIED),
    ("name", {"jobName": "a/b"}, "code 17: Slash ('/') not allowed in objectname", DENIED),
]
ORDER = [
    Row(f"{first[0]} before {then[0]}", {**then[1], **first[1]}, first[2], first[3])
    for number, first in enumerate(FAULTS)
    for then in FAULTS[number + 1 :]
    if not set(first[1]) & set(then[1])
]
EVERY = [*COMMANDS, *JOB_NAMES, *START_TIMES, *DIRECTORIES, *PATHS, *NATIVE, *ORDER]


@pytest.fixture
def nothing_left(session: World) -> Iterator[None]:
    """What is refused is not half submitted."""
    before = session.tool("qstat").stdout.count("contract")
    yield
    assert session.tool("qstat").stdout.count("contract") <= before


@each_row("row", [row for row in EVERY if not row.engine], lambda row: row.name)
def test_run_job_refuses(session: World, nothing_left: None, row: Row) -> None:
    # Where libdrmaa's text hides the cause, drmaa_cli adds it in parentheses.
    adds_cause = row.text == GARBLED and not session.is_oracle
    with session.refuses(row.error, row.text, more=adds_cause):
        session.run(**{"command": "/bin/true", **renamed(row.attributes)})


@each_row("row", [row for row in EVERY if row.engine], lambda row: row.name)
def test_the_qmaster_refuses(session: World, nothing_left: None, row: Row) -> None:
    with session.refuses(row.error, session.worded(row.text)):
        session.run(**{"command": "/bin/true", **renamed(row.attributes)})


def renamed(attributes: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments of World.run for a template's attributes."""
    return {("command" if name == "remoteCommand" else name): value for name, value in attributes.items()}
