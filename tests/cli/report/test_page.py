"""The page of a report: whatever a session holds, it is one page of HTML that is well-formed and says so."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drmaa_cli import ReasonKind
from drmaa_cli.cli.report import svg
from drmaa_cli.cli.report.facts import FailedJob, Report, ReportedJob
from drmaa_cli.cli.report.page import page
from drmaa_cli.jobs.usage_groups import UsedJob, group_name, usage_groups
from tests.ends.jobs import START, job
from tests.tables import slow

VOID = {"meta", "link", "br", "img", "input"}
ODD = "<script>alert('x')</script>&amp;\"' \x1b[31m\x00\x07\u202e\udcff é 日本"


class Checker(HTMLParser):
    """Follows the elements of a page; what it shows is in ``text``."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [
            f"{name}={value}" for name, value in attrs if name in ("src", "href") or name.startswith("on")
        ]
        if tag not in VOID and not (self.open and self.open[-1] == "svg" and tag in ("rect", "path", "line")):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data


def checked(report: Report, own: str = "") -> Checker:
    """A page that is sound; ``own`` is what somebody's texts in it are."""
    html = page(report, "p { margin: 0; }\n")
    html.encode("utf-8")
    assert html.startswith("<!doctype html>\n")
    found = Checker()
    found.feed(html)
    found.close()
    assert found.open == []
    assert found.links == []
    assert "script" not in found.seen
    assert "nan" in own.lower() or "nan" not in html.lower().replace("anna", "")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", html)
    return found


def reported(used: UsedJob, name: str = "job", key: str | None = None) -> ReportedJob:
    state = "exit 0" if used.well else used.reason.kind.value
    return ReportedJob(used.id, key, name, START, state, used.well, host="node1", used=used)


def report(*jobs: ReportedJob, failed: tuple[FailedJob, ...] = (), notes: tuple[str, ...] = ()) -> Report:
    groups = usage_groups((group_name(one.name), one.used) for one in jobs if one.used is not None)
    return Report("nightly", "", START + 5000, "CET", notes, jobs, failed, groups)


def test_figures_of_one_of_few_of_many_and_of_none() -> None:
    one = checked(report(reported(job("1", wallclock=30))))
    assert "1job" in one.text
    assert "1 submission" in one.text
    few = checked(report(*(reported(job(str(n), wallclock=20 + n)) for n in (1, 2, 3)))).text
    assert "used 21 s to 23 s" in few
    assert "3jobs" in few
    many = checked(report(*(reported(job(str(n), wallclock=20 + n)) for n in range(1, 21)))).text
    assert "half used up to 30 s, 95% up to 39 s, all up to 40 s" in many
    none = checked(report(reported(job("1")._replace(memory=None, cpu=None))))
    assert "most memory" not in none.text
    assert "CPU time" not in none.text


def test_an_empty_session() -> None:
    found = checked(report())
    assert "Nothing was ever submitted in this session." in found.text
    assert "svg" not in found.seen


def test_a_session_in_progress() -> None:
    jobs = [
        ReportedJob("1", None, "a", START, "running", None, running=True),
        ReportedJob("2", None, "b", START, "held", None),
        ReportedJob("", None, "c", START, "the answer of qsub was lost", None),
    ]
    found = checked(report(*jobs, notes=("Grid Engine could not be asked: it sleeps",)))
    for words in (
        "1running",
        "2not ended yet",
        "it sleeps",
        "held",
        "the answer of qsub was lost",
        "3 submissions",
    ):
        assert words in found.text
    assert "0failed" in found.text
    assert "pre" not in found.seen


def test_what_waits_is_not_charted_as_if_it_ran() -> None:
    def several(first: int, count: int, **fields: bool) -> list[ReportedJob]:
        return [ReportedJob(str(first + at), None, "a", START, "?", None, **fields) for at in range(count)]

    done = reported(job("1", wallclock=30))
    found = checked(report(done, *several(10, 3, running=True), *several(20, 5, waiting=True))).text
    assert "at most 4 at a time" in found  # with the one that has ended
    assert "at most 5 at a time" in found
    assert "not shown" not in found
    found = checked(report(done, *several(10, 7))).text  # Grid Engine could not be asked
    assert "at most 1 at a time; not shown: 7 of which it is not known whether they run" in found
    assert "When they ran" not in checked(report(*several(10, 7))).text


def test_from_first_to_last_is_no_less_than_a_run_time() -> None:
    used = job("1", wallclock=1)._replace(submitted=START, started=START, ended=START + 1)
    found = checked(
        report(reported(used)._replace(submitted=START + 0.8))
    ).text  # our own clock has fractions
    assert "1 sfrom first to last" in found


def test_failures_are_told_of_with_their_last_lines() -> None:
    bad = reported(job("7.3", kind=ReasonKind.OUT_OF_MEMORY, requests="-l h_vmem=1G"), "align-3", "k")
    told, heard = bad._replace(command="./align 's 3'"), ("first", "\tsecond <b>")
    one = FailedJob(told, ("accounting: SIGKILL",), ("ask for more",), "/tmp/o", heard, "")
    two = FailedJob(bad, (), (), "", (), "where its output went is not on record")
    found = checked(report(bad, bad, bad, failed=(one, two)))
    for words in (
        "3 failed",
        "./align 's 3'",
        "accounting: SIGKILL",
        "first\n\tsecond <b>",
        "key k",
        "to do ask for more",
        "Times are those of CET",
        "its output: where its output went is not on record",
        "1 more failed; --failures N",
        "-l h_vmem=2G",
    ):
        assert words in found.text, words


def test_everything_of_somebodys_is_escaped() -> None:
    bad = reported(job("1", well=False), ODD, ODD)._replace(state=ODD, host=ODD)
    one = FailedJob(bad._replace(command=f"{ODD}\n{ODD}"), (ODD,), (ODD,), ODD, (ODD, f"a\t{ODD}"), ODD)
    whole = report(bad, ReportedJob("2", ODD, ODD, START, ODD, None), failed=(one,), notes=(ODD,))
    found = checked(whole._replace(name=ODD, host=ODD))
    assert found.text.count("<script>alert('x')</script>&amp;\"' \\x1b[31m\\x00\\x07\\u202e\\xff é 日本") > 12


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=5))
@example([("", "NAN")])
def test_any_text_is_shown_and_nothing_else(texts: list[tuple[str, str]]) -> None:
    jobs = [
        reported(job(str(at), well=False), name, key or None)._replace(command=key)
        for at, (name, key) in enumerate(texts, 1)
    ]
    failed = tuple(
        FailedJob(one, (one.name,), (one.name,), one.name, one.name.splitlines(), "") for one in jobs
    )
    checked(report(*jobs, failed=failed), "".join(map("".join, texts)))


@pytest.mark.parametrize("count", [1, 2, 60, 61, slow(10_000)])
def test_any_number_of_jobs(count: int) -> None:
    jobs = [
        reported(
            job(f"{at // 5000 + 1}.{at}", wallclock=at % 977, memory=at * 2**20, well=at % 100 != 50), "align"
        )
        for at in range(1, count + 1)
    ]
    text = page(report(*jobs), "")
    assert len(text) < 800_000
    found = checked(report(*jobs))
    assert f"{count:,}job{'s' if count > 1 else ''}\n" in found.text
    assert ("and 9,000 more: drmaa-cli sessions export" in found.text) is (count == 10_000)
    assert (found.seen.count("title") > 1) is (1 < count <= 60)


def test_jobs_without_figures() -> None:
    none = [
        UsedJob("1", well=False),
        job("2", memory=None, wallclock=0, cpu=0.0),
        job("3", memory=0, wallclock=0),
    ]
    checked(report(*map(reported, none)))
    checked(report(reported(none[0])))
    early = job("4", wallclock=10)._replace(started=START, ended=START - 100, submitted=START + 50)
    checked(report(reported(early)))


# --- charts -----------------------------------------------------------------------------------------------


def test_counts_are_the_most_at_a_time() -> None:
    spans = [
        svg.Span("run", 0, 50),
        svg.Span("run", 25, 75),
        svg.Span("wait", 0, 25),
        svg.Span("run", 100, 100),
    ]
    found = svg.counts(spans, "run", (0, 100))
    assert [found[at] for at in (0, 99, 100, 199, 200, 299, 300, 399)] == [1, 1, 2, 2, 1, 1, 0, 1]
    assert svg.peak(spans, ("run",)) == svg.peak(spans, ("run", "wait")) == 2
    assert svg.peak([svg.Span("run", at, at + 1) for at in range(9)], ("run",)) == 1
    assert svg.peak([svg.Span("run", 7, 7)] * 3, ("run",)) == 3
    assert max(svg.counts([svg.Span("run", at, at + 1) for at in range(9999)], "run", (0, 9999))) == 1
    shapes = svg.areas([("run", found), ("wait", svg.counts(spans, "wait", (0, 100)))])
    assert shapes.startswith('<path class="run" d="M0 50H250L250 0H500L500 50H750L750 100H997.5L')


def test_nothing_leaves_a_chart() -> None:
    shapes = svg.bars([svg.Bar([svg.Span("run", 99.99, 100)], "x")], (0, 100), 10)
    assert 'x="997" y="1.5" width="3"' in shapes
    assert svg.ticks([100.0, 100.0, 0.0], "bad", (0, 100)).count("<rect") == 2
    assert svg.counts([svg.Span("run", 5, 5)], "run", (5, 5))[0] == 1
    assert 'x1="998"' in svg.histogram([1.0, 2.0], 2.0, [("ask", 2.0)])
