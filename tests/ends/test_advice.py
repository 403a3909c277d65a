"""What to ask for the next time: never less than what was used, nothing from too few, more after a limit."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli import ReasonKind
from drmaa_cli.gridengine.requests import parse
from drmaa_cli.gridengine.units import parse_memory, parse_seconds
from drmaa_cli.jobs.advice import Advice, Verdict, request_of, size_word, time_word, usage_advice
from drmaa_cli.jobs.usage_groups import UsedJob, usage_groups
from tests.ends.jobs import GIBIBYTE, MEBIBYTE, job


def advised(jobs: list[UsedJob], memory_name: str = "") -> dict[str, Advice]:
    (group,) = usage_groups(("x", one) for one in jobs)
    return {one.resource: one for one in usage_advice(group, memory_name)}


def many(count: int = 20, **keywords: object) -> list[UsedJob]:
    return [job(f"1.{at}", **keywords) for at in range(1, count + 1)]  # type: ignore[arg-type]


def test_less_memory_would_have_been_enough() -> None:
    found = advised(many(memory=100 * MEBIBYTE, requests="-l h_vmem=4G"))["h_vmem"]
    assert (found.verdict, found.request, found.amount) == (Verdict.LESS, "h_vmem=128M", 128 * MEBIBYTE)
    assert found.text == (
        "h_vmem=128M would have been enough for all: the most that any used, 100 MiB, and 20% more;"
        " they had 4.0 GiB"
    )


def test_less_time_would_have_been_enough() -> None:
    found = advised(many(wallclock=3000, requests="-l h_rt=86400"))["h_rt"]
    assert (found.verdict, found.request) == (Verdict.LESS, "h_rt=1:05:00")
    assert "the most that any used, 0:50:00, and 25% or a minute more; they had 1 day 0:00:00" in found.text
    assert advised(many(wallclock=2, requests="-l h_rt=3600"))["h_rt"].request == "h_rt=0:02:00"
    assert advised(many(wallclock=20, requests="-l s_rt=3600"))["s_rt"].request == "s_rt=0:02:00"


def test_what_fits_stays() -> None:
    found = advised(many(memory=800 * MEBIBYTE, wallclock=3000, requests="-l h_vmem=1G,h_rt=3700"))
    assert [(one.verdict, one.request) for one in found.values()] == [(Verdict.FITS, "")] * 2
    assert found["h_vmem"].text == "1.0 GiB fits: the most that any used was 800 MiB"


def test_what_was_hardly_enough() -> None:
    found = advised(many(memory=990 * MEBIBYTE, requests="-l h_vmem=1G"))["h_vmem"]
    assert (found.verdict, found.request) == (Verdict.MORE, "h_vmem=1536M")
    assert found.text.startswith(
        "1.0 GiB was hardly enough: try h_vmem=1536M, the most that any used, 990 MiB"
    )


def test_nothing_was_asked_for() -> None:
    found = advised(many(memory=100 * MEBIBYTE))
    assert (found["h_vmem"].verdict, found["h_vmem"].request) == (Verdict.NOT_ASKED, "h_vmem=128M")
    assert (found["h_rt"].verdict, found["h_rt"].request) == (Verdict.NOT_ASKED, "h_rt=0:03:00")
    assert advised(many(), "mem_free")["mem_free"].request == "mem_free=128M"


def test_too_few_jobs() -> None:
    found = advised([*many(9, requests="-l h_vmem=4G"), job("2", well=False)])
    assert [(one.verdict, one.request, one.amount) for one in found.values()] == [
        (Verdict.UNKNOWN, "", None)
    ] * 2
    assert found["h_vmem"].text == "too few jobs for advice: 9 ended well, and it takes 10"
    assert advised(many(10, requests="-l h_vmem=4G"))["h_vmem"].request == "h_vmem=128M"
    none = advised([job("2", well=False)])["h_vmem"]
    assert none.text == "too few jobs for advice: none ended well, and it takes 10"


def test_jobs_that_were_too_short_to_be_measured() -> None:
    """What the kernel says of the largest process is no guide to a limit of address space."""
    found = advised([*many(30, memory=5 * MEBIBYTE, sampled=False, requests="-l h_vmem=1G"), *many(3)])[
        "h_vmem"
    ]
    assert (found.verdict, found.request) == (Verdict.UNKNOWN, "")
    assert found.text == "Grid Engine measured the memory of only 3 of them for long enough (5 s)"


def test_jobs_that_were_seldom_measured() -> None:
    """A limit of address space that one sample says nothing of would end the next ones."""
    found = advised(many(30, wallclock=4, requests="-l h_vmem=4G"))["h_vmem"]
    assert found.text == "Grid Engine measured the memory of none of them for long enough (5 s)"
    assert advised(many(30, wallclock=5, requests="-l h_vmem=4G"))["h_vmem"].request == "h_vmem=128M"


def test_jobs_that_failed_count_for_what_they_used() -> None:
    jobs = many(requests="-l h_vmem=4G,h_rt=36000", wallclock=600)
    worst = job("2", memory=GIBIBYTE, wallclock=7000, well=False, requests="-l h_vmem=4G,h_rt=36000")
    found = advised([*jobs, worst])
    assert found["h_vmem"].amount == 1.5 * GIBIBYTE
    assert found["h_rt"].amount == 150 * 60


def test_few_that_need_most_of_it_are_named() -> None:
    jobs = many(200, memory=GIBIBYTE, requests="-l h_vmem=8G")
    found = advised([*jobs, job("9.9", memory=4 * GIBIBYTE, requests="-l h_vmem=8G")])["h_vmem"]
    assert (found.verdict, found.request, found.ids) == (Verdict.LESS, "h_vmem=5G", ("9.9",))
    assert found.text.endswith("; h_vmem=1536M would have been enough for 99.5% of them, not for 9.9")
    assert found.text.count("enough") == 2
    slower = [*jobs, job("9.9", memory=GIBIBYTE + MEBIBYTE, requests="-l h_vmem=8G")]
    assert advised(slower)["h_vmem"].ids == ()
    two_kinds = [*many(100, memory=GIBIBYTE), *many(100, memory=4 * GIBIBYTE)]
    assert "not for" not in advised(two_kinds)["h_vmem"].text


@pytest.mark.parametrize(("certain", "word"), [(True, "came"), (False, "probably came")])
def test_more_memory_after_a_limit(certain: bool, word: str) -> None:
    killed = many(
        2, memory=900 * MEBIBYTE, requests="-l h_vmem=1G", kind=ReasonKind.OUT_OF_MEMORY, certain=certain
    )
    found = advised([*many(20, requests="-l h_vmem=1G"), *killed])["h_vmem"]
    assert (found.verdict, found.request, found.ids) == (Verdict.MORE, "h_vmem=2G", ("1.1", "1.2"))
    assert found.text == (
        f"2 of 22 {word} to the limit of memory (1.0 GiB: 1.1, 1.2) and needed more; how much is not known:"
        " try h_vmem=2G"
    )
    assert advised(killed[:1])["h_vmem"].request == "h_vmem=2G"  # one is enough to know it


def test_more_after_a_limit_than_others_used_after_a_retry() -> None:
    killed = job("1", requests="-l h_vmem=1G", kind=ReasonKind.OUT_OF_MEMORY)
    found = advised([killed, *many(3, memory=5 * GIBIBYTE, requests="-l h_vmem=8G")])["h_vmem"]
    assert found.request == "h_vmem=6G"


@pytest.mark.parametrize(
    ("killed", "others", "text"), [(1, 0, "it came"), (3, 0, "all 3 came"), (1, 1, "1 of 2 came")]
)
def test_how_many_came_to_a_limit(killed: int, others: int, text: str) -> None:
    jobs = [*many(killed, requests="-l h_rt=60", kind=ReasonKind.TIME_LIMIT), *many(others)]
    assert advised(jobs)["h_rt"].text.startswith(f"{text} to the limit of run time (0:01:00: ")


def test_the_limit_that_is_enforced_is_the_one_to_raise() -> None:
    killed = job("1", requests="-l h_vmem=1G,mem_free=512M", kind=ReasonKind.OUT_OF_MEMORY)
    assert advised([killed], "mem_free")["h_vmem"].request == "h_vmem=2G"


@pytest.mark.parametrize("kind", [ReasonKind.TIME_LIMIT, ReasonKind.SOFT_TIME_LIMIT])
def test_more_time_after_a_limit(kind: ReasonKind) -> None:
    killed = job("1.7", wallclock=3600, requests="-l h_rt=3600", kind=kind)
    found = advised([*many(30, requests="-l h_rt=3600"), killed])["h_rt"]
    assert (found.verdict, found.request, found.ids) == (Verdict.MORE, "h_rt=2:00:00", ("1.7",))
    queues = advised([job("1", wallclock=3600, kind=kind)])["h_rt"]
    assert queues.request == "h_rt=2:00:00"
    assert "(their queue's: 1)" in queues.text


def test_a_limit_that_nobody_knows() -> None:
    found = advised([*many(30, requests="-l h_vmem=4G"), *many(7, kind=ReasonKind.LIMIT)])
    assert {one.verdict for one in found.values()} == {Verdict.UNKNOWN}
    assert found["h_rt"].text == (
        "7 of 37 came to a limit, and which one is not on record (1.1, 1.2, 1.3, 1.4, 1.5, and 2 more)"
    )


def test_more_cpu_time_after_a_limit() -> None:
    killed = many(1, requests="-l h_cpu=60 -pe smp 2", slots=2, kind=ReasonKind.CPU_LIMIT)
    found = advised(killed)["h_cpu"]
    assert (found.verdict, found.request) == (Verdict.MORE, "h_cpu=0:02:00")
    assert advised(many(1, kind=ReasonKind.CPU_LIMIT))["h_cpu"].request == ""


# --- slots -----------------------------------------------------------------------------------------------


def test_slots_that_were_not_used() -> None:
    jobs = many(cpu=150, slots=8, requests="-l h_vmem=1G -pe smp 8", memory=3 * GIBIBYTE)
    found = advised(jobs)
    assert (found["slots"].verdict, found["slots"].request) == (Verdict.LESS, "-pe smp 2")
    assert "of 8 slots 1.5 were busy" in found["slots"].text
    assert found["h_vmem"].request == "h_vmem=2G"  # for each of the two, as much as all used
    assert "for each of 2 slots would have been enough" in found["h_vmem"].text
    (group,) = usage_groups(("x", one) for one in jobs)
    assert request_of(usage_advice(group)) == "-l h_vmem=2G,h_rt=0:03:00 -pe smp 2"


def test_a_parallel_job_that_is_none() -> None:
    found = advised(many(cpu=99, slots=4, requests="-l h_vmem=1G -pe smp 4"))
    assert (found["slots"].request, found["slots"].amount) == ("", 1)
    assert "no parallel environment would have been enough" in found["slots"].text
    assert "slots" not in found["h_vmem"].text
    assert found["h_vmem"].request == "h_vmem=128M"


def test_slots_that_were_used_and_too_few() -> None:
    assert advised(many(cpu=700, slots=8, requests="-pe smp 8"))["slots"].verdict is Verdict.FITS
    found = advised(many(cpu=390))["slots"]
    assert (found.verdict, found.request) == (Verdict.MORE, "-pe PE 4")
    assert "they kept 3.9 processors busy and had 1 slot" in found.text
    assert "had 2 slots" in advised(many(cpu=390, slots=2, requests="-pe mpi 2"))["slots"].text
    assert "slots" not in advised(many())


def test_slots_of_jobs_that_tell_nothing() -> None:
    assert "slots" not in advised(many(cpu=1, wallclock=3, slots=8, requests="-pe smp 8"))
    several = [*many(cpu=1, slots=8, requests="-pe smp 2-8"), *many(cpu=1, slots=2, requests="-pe smp 2-8")]
    found = advised(several)
    assert "slots" not in found
    assert "for each of 2 to 8 slots" in found["h_vmem"].text


def test_very_short_jobs_are_better_bundled() -> None:
    found = advised(many(1000, wallclock=3))["bundle"]
    assert (found.amount, found.request) == (100, "--bundle 100")
    assert "half of the 1,000 ran for no more than 3 s" in found.text
    assert advised(many(100, wallclock=0))["bundle"].amount == 10
    assert "bundle" not in advised(many(99, wallclock=3))
    assert "bundle" not in advised(many(100, wallclock=30))


def test_jobs_that_never_ran_tell_nothing() -> None:
    (group,) = usage_groups([("x", UsedJob("1", well=False))])
    assert usage_advice(group) == ()
    assert request_of(()) == ""


# --- amounts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "word"), [(1, "1M"), (GIBIBYTE, "1G"), (1.5 * GIBIBYTE, "1536M"), (MEBIBYTE + 1, "2M")]
)
def test_words_for_sizes(amount: float, word: str) -> None:
    assert size_word(amount) == word
    assert parse_memory(word) >= amount


@given(st.floats(0, 1e7))
def test_words_for_times(seconds: float) -> None:
    assert seconds <= parse_seconds(time_word(seconds)) <= seconds + 1


@given(
    st.lists(
        st.builds(
            job,
            st.just("1"),
            memory=st.integers(0, 2**44),
            wallclock=st.floats(0, 1e6),
            cpu=st.floats(0, 1e6),
            well=st.booleans(),
            sampled=st.booleans(),
            kind=st.sampled_from(ReasonKind),
            slots=st.just(4),
            requests=st.sampled_from(
                ["-pe smp 4", "-l h_vmem=1G,h_rt=60 -pe smp 4", "-l s_rt=1e3,s_vmem=9T -pe smp 4"]
            ),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_never_less_than_what_was_used(jobs: list[UsedJob]) -> None:
    found = advised(jobs)
    slots = found["slots"].amount if "slots" in found and found["slots"].amount else 4
    for one in found.values():
        if one.amount is None or one.resource not in ("h_vmem", "s_vmem", "h_rt", "s_rt"):
            continue
        words = parse(f"-l {one.request}")
        assert re.fullmatch(r"\w+=[\d:]+[MG]?", one.request)
        if one.resource.endswith("vmem"):
            assert (words.bytes(one.resource) or 0) * slots >= max(used.memory or 0 for used in jobs)
        else:
            assert (words.seconds(one.resource) or 0) >= max(used.wallclock or 0 for used in jobs)
        killed = {used.reason.kind for used in jobs}
        if killed & {ReasonKind.OUT_OF_MEMORY} and one.resource.endswith("vmem"):
            assert one.verdict is Verdict.MORE
        if killed & {ReasonKind.TIME_LIMIT, ReasonKind.SOFT_TIME_LIMIT} and one.resource.endswith("rt"):
            assert one.verdict is Verdict.MORE
