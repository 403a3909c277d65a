"""What no engine has printed yet, put into what five real ones did: passed over, and a cut is an error."""

from __future__ import annotations

import json
import re

import pytest

from drmaa_cli.gridengine import accounting, probe, qacct, qstat
from drmaa_cli.gridengine.records import CommandResult
from drmaa_cli.gridengine.replies import UnreadableReply
from tests.gridengine import captured
from tests.gridengine.captured import ENGINES, OTHERS
from tests.tables import each_row, together

NEW = "<XX_new>7</XX_new><XX_list><element><XX_a>b</XX_a></element></XX_list><XX_none/>"


def with_new_elements(xml: str) -> str:
    """A new element with children after each field, in each list and in each job."""
    xml = re.sub(r"(</[A-Z]{2,4}_\w+>)", rf"\1{NEW}", xml)
    return re.sub(r"(<job_list [^>]*>)", rf"\1{NEW}", xml)


@each_row("engine", ENGINES)
def test_new_elements(engine: str) -> None:
    listing = captured.case("state.array_mix.xml", engine).result
    new = listing._replace(stdout=with_new_elements(listing.out).encode())
    assert new.stdout.count(b"XX_new") > 20
    assert qstat.parse_listing(new) == qstat.parse_listing(listing)
    for name in ("state.array_mix.j_xml", "state.Eqw_badcwd.j_xml"):
        details = captured.case(name, engine).result
        new = details._replace(stdout=with_new_elements(details.out).encode())
        assert qstat.parse_details(new, [1]) == qstat.parse_details(details, [1])


@each_row("engine", ENGINES)
def test_new_fields_of_qacct(engine: str) -> None:
    case = captured.case("qacct.j_exit1", engine).result
    words = "new_figure   1.5x\nnew.words    one  two\nnew_empty\n"
    new = case.out.replace("\nfailed", f"\n{words}failed").rstrip("\n") + f"\n{words}"
    assert qacct.parse(case._replace(stdout=new.encode())) == qacct.parse(case)


@each_row("engine", ENGINES)
def test_new_fields_of_the_accounting_file(engine: str) -> None:
    (line,) = captured.case("qacct.j_exit1", engine).accounting_lines
    if line.startswith("{"):
        raw = json.loads(line)
        raw["usage"]["rusage"]["ru_new"] = "x"
        new = json.dumps({"first": [1], **raw, "new": {"job_number": 5}, "newer": None})
        assert accounting.line_id(new.encode()) == (raw["job_number"], raw["task_number"])
    else:
        new = f"{line}:NONE:1.500000:pier.example"
    assert accounting.parse_line(new.encode()) == accounting.parse_line(line.encode())


def test_new_fields_after_a_category_with_colons() -> None:
    (line,) = captured.case("qacct.j_h_rt", "sge-daimh-8.1.x").accounting_lines
    fields = line.split(":")
    for category in ("-l h_rt=1:00:00 -q a:b", "-l x=1.5:NONE", "0:1:2"):
        longer = ":".join([*fields[:39], category, *fields[40:]])
        whole = accounting.parse_line(longer.encode())
        assert whole == accounting.parse_line(line.encode())._replace(category=category)
        assert accounting.parse_line(f"{longer}:NONE:1.5:pier.example".encode()) == whole


@pytest.mark.parametrize("engine", ENGINES)
def test_a_listing_cut_off_anywhere_is_an_error(engine: str) -> None:
    """Never a shorter list, whatever stands before or after it."""
    whole = captured.case("state.array_mix.xml", engine).result
    last = whole.stdout.rindex(b"</job_info>") + len(b"</job_info>")
    for length in [*range(0, last, 37), *range(last - 25, last)]:
        for words in (b"", b"Please cite the project ABC.\n"):
            cut = whole._replace(stdout=whole.stdout[:length] + words)
            with pytest.raises(UnreadableReply):
                qstat.parse_listing(cut)


@pytest.mark.parametrize("engine", OTHERS)
def test_details_cut_off_anywhere_are_an_error(engine: str) -> None:
    whole = captured.case("state.array_mix.j_xml", engine).result
    last = whole.stdout.rindex(b"</detailed_job_info>") + len(b"</detailed_job_info>")
    for length in [*range(0, last, 331), *range(last - 40, last)]:
        with pytest.raises(UnreadableReply):
            qstat.parse_details(whole._replace(stdout=whole.stdout[:length]), [1])


@together
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Welcome to the cluster!\n", b""),
        (b"", b"\nPlease cite the project ABC.\n"),
        (b"\x1b[1mMaintenance on Monday\x1b[0m\r\n\n", b"* 3 new messages & more *"),
    ],
)
def test_words_around_a_listing(engine: str, before: bytes, after: bytes) -> None:
    whole = captured.case("state.array_mix.xml", engine).result
    told = whole._replace(stdout=before + whole.stdout + after, stderr=b"You have mail.\n")
    assert qstat.parse_listing(told) == qstat.parse_listing(whole)


def test_a_document_is_not_made_of_two() -> None:
    whole = captured.case("state.r.xml", "ocs-9.1.4").result
    with pytest.raises(UnreadableReply):
        qstat.parse_listing(whole._replace(stdout=whole.stdout + whole.stdout))
    with pytest.raises(UnreadableReply):
        qstat.parse_listing(CommandResult(("qstat",), 0, b"Please cite ABC > 3 times", b""))


@together
@pytest.mark.parametrize("engine", OTHERS)
@pytest.mark.parametrize(
    "name", ["qacct.j_exit1", "qacct.j_array", "qacct.j_unknown", "qacct.o_nouser", "qacct.o_user_b_j"]
)
def test_words_around_qacct(engine: str, name: str) -> None:
    case = captured.case(name, engine).result
    words = b"Welcome to Reef!\n\nPlease acknowledge grant 17-42.\n"
    for told in (
        case._replace(stdout=words + case.stdout),
        case._replace(stdout=case.stdout + words),
        case._replace(stderr=words + case.stderr),
    ):
        assert qacct.parse(told) == qacct.parse(case)


@each_row("engine", ENGINES)
def test_words_around_help(engine: str) -> None:
    case = captured.case("help.qstat", engine).result
    words = b"Welcome to Reef!\nusage is accounted.\n"
    for told in (case._replace(stdout=words + case.stdout), case._replace(stderr=words)):
        assert probe.banner(told) == probe.banner(case)
