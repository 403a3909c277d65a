"""Why jobs ended, judged from what real Grid Engines have on record of them."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli import Cause, JobInfo, Reason, ReasonKind
from drmaa_cli.gridengine import accounting, requests
from drmaa_cli.gridengine.records import JobId
from drmaa_cli.jobs.job_end import end_of_record, end_of_usage, end_without_record
from drmaa_cli.jobs.job_info import NO_FACTS, Facts
from drmaa_cli.jobs.judgement import Evidence, judge
from drmaa_cli.jobs.reason import Deletion
from tests.ends.situations import SITUATIONS
from tests.gridengine import captured
from tests.tables import each_row, together

RECORDED = Path(__file__).parent.parent / "data" / "ends" / "sge-8.1.9.jsonl"
LINES: dict[str, dict[str, Any]] = {
    line["case"]: line for line in map(json.loads, RECORDED.read_text(encoding="utf-8").splitlines())
}
SURE, LIKELY = True, False
KIND = ReasonKind
EXPECTED = {  # what each situation is, and whether its records prove that
    "exit_0": (KIND.EXITED, SURE),
    "exit_3": (KIND.EXITED, SURE),
    "exit_137_of_a_child": (KIND.EXITED, LIKELY),
    "exit_255": (KIND.EXITED, SURE),
    "exit_1_with_limits_far_away": (KIND.EXITED, LIKELY),
    "exit_0_at_the_limit_of_memory": (KIND.EXITED, SURE),
    "sigkill": (KIND.SIGNALLED, LIKELY),
    "sigkill_with_limits_far_away": (KIND.SIGNALLED, LIKELY),
    "sigkill_of_a_large_job": (KIND.SIGNALLED, LIKELY),
    "sigkill_from_outside": (KIND.SIGNALLED, LIKELY),
    "sigterm_from_outside": (KIND.SIGNALLED, SURE),
    "sigsegv": (KIND.SIGNALLED, SURE),
    "sigabrt": (KIND.SIGNALLED, SURE),
    "sigusr1_without_limits": (KIND.SIGNALLED, LIKELY),
    "sigxcpu_without_limits": (KIND.CPU_LIMIT, LIKELY),
    "sigxfsz_without_limits": (KIND.FILE_SIZE_LIMIT, LIKELY),
    "h_rt": (KIND.TIME_LIMIT, SURE),
    "h_rt_notify": (KIND.TIME_LIMIT, SURE),
    "h_rt_clock": (KIND.TIME_LIMIT, SURE),
    "h_rt_rerunnable": (KIND.TIME_LIMIT, SURE),
    "h_rt_parallel": (KIND.TIME_LIMIT, SURE),
    "h_rt_of_the_queue": (KIND.LIMIT, SURE),
    "h_rt_sigterm_before": (KIND.SIGNALLED, SURE),
    "s_rt": (KIND.SOFT_TIME_LIMIT, SURE),
    "s_rt_of_the_queue": (KIND.SIGNALLED, LIKELY),
    "s_rt_caught": (KIND.EXITED, SURE),
    "s_rt_caught_exit_7": (KIND.SOFT_TIME_LIMIT, LIKELY),
    "s_rt_ignored_then_h_rt": (KIND.TIME_LIMIT, SURE),
    "s_rt_is_h_rt": (KIND.TIME_LIMIT, SURE),
    "h_rt_of_a_killed_child": (KIND.EXITED, LIKELY),
    "h_cpu": (KIND.CPU_LIMIT, LIKELY),
    "h_cpu_parallel": (KIND.CPU_LIMIT, SURE),
    "h_cpu_of_a_child": (KIND.CPU_LIMIT, LIKELY),
    "h_cpu_of_the_queue": (KIND.SIGNALLED, LIKELY),
    "s_cpu": (KIND.CPU_LIMIT, SURE),
    "s_cpu_ignored_then_h_cpu": (KIND.CPU_LIMIT, LIKELY),
    "h_vmem_python": (KIND.OUT_OF_MEMORY, LIKELY),
    "h_vmem_mmap": (KIND.EXITED, LIKELY),
    "h_vmem_abort": (KIND.OUT_OF_MEMORY, LIKELY),
    "h_vmem_segfault": (KIND.OUT_OF_MEMORY, LIKELY),
    "h_vmem_slow": (KIND.OUT_OF_MEMORY, LIKELY),
    "h_vmem_children": (KIND.OUT_OF_MEMORY, LIKELY),
    "h_vmem_parallel": (KIND.OUT_OF_MEMORY, LIKELY),
    "h_vmem_perl": (KIND.OUT_OF_MEMORY, LIKELY),
    "h_vmem_bash": (KIND.EXITED, LIKELY),  # it doubles what it has: two thirds of the limit are all on record
    "h_vmem_of_the_queue": (
        KIND.EXITED,
        SURE,
    ),  # that it exited, and with what; of its queue nothing is known
    "h_vmem_too_small_to_start": (KIND.OUT_OF_MEMORY, LIKELY),
    "s_vmem": (KIND.OUT_OF_MEMORY, LIKELY),
    "h_data": (KIND.OUT_OF_MEMORY, LIKELY),
    "h_rss": (KIND.EXITED, SURE),
    "h_stack": (KIND.SIGNALLED, SURE),
    "h_fsize": (KIND.FILE_SIZE_LIMIT, SURE),
    "h_fsize_python": (KIND.EXITED, SURE),  # it ignores SIGXFSZ
    "s_fsize": (KIND.FILE_SIZE_LIMIT, SURE),
    "qdel_running": (KIND.SIGNALLED, LIKELY),  # so it looks to who did not hear of the deletion
    "qdel_notify": (KIND.SIGNALLED, LIKELY),
    "qdel_caught": (KIND.EXITED, SURE),
    "qdel_forced": (KIND.DELETED, LIKELY),
    "exit_100": (KIND.APPLICATION_ERROR, SURE),
    "exit_100_deleted": (KIND.APPLICATION_ERROR, SURE),
    "no_such_directory": (KIND.NOT_STARTED, SURE),
    "no_such_program": (KIND.NOT_STARTED, SURE),
    "no_such_program_deleted": (KIND.NOT_STARTED, SURE),
    "no_such_input": (KIND.NOT_STARTED, SURE),
    "no_such_output_directory": (KIND.NOT_STARTED, SURE),
    "not_executable": (KIND.NOT_STARTED, SURE),
    "shepherd_killed": (KIND.LOST, SURE),
    "rescheduled_then_done": (KIND.EXITED, SURE),
    "exit_99_then_done": (KIND.EXITED, SURE),
}


def recorded(case: str, deletion: Deletion = Deletion.NONE) -> Reason:
    """The reason of a recorded end."""
    line = LINES[case]
    found = [accounting.parse_line(text.encode()) for text in line["accounting_lines"]]
    (record,) = [record for record in found if accounting.is_final(record)]
    return end_of_record(record, deletion, "; ".join(line["messages"])).job_info(JobId(1)).reason


def test_every_situation_is_recorded_and_judged() -> None:
    assert set(LINES) == set(EXPECTED)
    assert [(case.case, case.options, list(case.argv), case.then) for case in SITUATIONS] == [
        (line["case"], line["options"], line["argv"], line["then"]) for line in LINES.values()
    ]


@each_row("case", EXPECTED)
def test_why_it_ended(case: str) -> None:
    reason = recorded(case)
    assert (reason.kind, reason.certain) == EXPECTED[case]
    assert reason.evidence
    assert all(sentence.strip() and "None" not in sentence for sentence in reason.evidence)
    assert bool(reason) is not (reason.kind in (KIND.EXITED, KIND.UNKNOWN))


@each_row(
    "limit, cpu, kind",
    [
        (1, 0.5, KIND.CPU_LIMIT),
        (2, 1.55, KIND.CPU_LIMIT),
        (2, 1.4, KIND.SIGNALLED),
        (100, 85.0, KIND.CPU_LIMIT),
        (100, 84.0, KIND.SIGNALLED),
    ],
)
def test_the_kernel_kills_a_little_before_the_limit_by_the_figures_on_record(
    limit: int, cpu: float, kind: ReasonKind
) -> None:
    """It counts in ticks: of a busy machine's 2 s at a limit 1.7 were on record, of 8 s 7.1."""
    record = accounting.parse_line(LINES["h_cpu"]["accounting_lines"][0].encode())
    killed = end_of_record(record._replace(cpu=cpu, category=f"-l h_cpu={limit}"))
    assert killed.job_info(JobId(1)).reason.kind is kind


def test_whom_accounting_names_has_deleted_it() -> None:
    """As the Open Cluster Scheduler's does: nobody else has to have seen it."""
    record = accounting.parse_line(LINES["qdel_running"]["accounting_lines"][0].encode())
    reason = end_of_record(record._replace(deleted_by="anna@node1")).job_info(JobId(1)).reason
    assert (reason.kind, reason.certain) == (KIND.DELETED, True)
    assert reason.evidence == (
        "this session did not ask for it",
        "accounting: deleted by anna@node1",
    )


@pytest.mark.parametrize("case", ["qdel_running", "qdel_notify", "qdel_caught", "qdel_forced"])
def test_a_deletion_is_known_to_who_asked_for_it_or_saw_it(case: str) -> None:
    ours = recorded(case, Deletion.CERTAIN)
    assert (ours.kind, ours.certain, ours) == (KIND.DELETED_BY_SESSION, True, "deleted")
    theirs = recorded(case, Deletion.SEEN)
    assert (theirs.kind, theirs.certain) == (KIND.DELETED, True)
    assert "this session did not ask for it" in theirs.evidence


def test_a_deletion_whose_answer_was_lost() -> None:
    reason = recorded("qdel_running", Deletion.ASKED)
    assert (reason.kind, reason.certain) == (KIND.DELETED_BY_SESSION, False)
    assert recorded("sigterm_from_outside", Deletion.ASKED).kind is KIND.SIGNALLED


def test_grid_engines_own_words_are_in_it() -> None:
    assert "can't chdir to /no/such/directory: No such file or directory" in recorded("no_such_directory")
    assert any("failed 28" in sentence for sentence in recorded("no_such_directory").evidence)
    assert "can't open output file" in recorded("no_such_output_directory")


def test_figures_are_in_it() -> None:
    assert "had h_rt=3" in recorded("h_rt")
    assert "h_vmem=200M for each of 2 slots" in recorded("h_vmem_parallel").evidence[-1]
    assert recorded("h_vmem_python").startswith("exit status 1, probably out of memory")
    assert recorded("s_rt").startswith("killed by SIGUSR1, at its soft limit of run time")


OTHERS = {  # case -> what it is; certain on: the engines whose records prove it
    "j_exit0": (KIND.EXITED, captured.OTHERS),
    "j_exit1": (KIND.EXITED, captured.OTHERS),
    "j_exit139": (KIND.EXITED, ()),
    "j_sigkill": (KIND.SIGNALLED, ()),
    "j_sigsegv": (KIND.SIGNALLED, captured.OTHERS),
    "j_sigusr1": (KIND.SIGNALLED, ()),
    "j_h_rt": (KIND.TIME_LIMIT, ("sge-daimh-8.1.x", "ocs-9.1.4", "ocs-9.2pre")),
    "j_s_rt": (KIND.SOFT_TIME_LIMIT, captured.OTHERS),
    "j_h_cpu": (KIND.CPU_LIMIT, ("sge-daimh-8.1.x", "ocs-9.1.4", "ocs-9.2pre")),
    "error_state_badcwd": (KIND.NOT_STARTED, captured.OTHERS),
    "error_state_badin": (KIND.NOT_STARTED, captured.OTHERS),
}


@together
@pytest.mark.parametrize("engine", captured.OTHERS)
@pytest.mark.parametrize("name", OTHERS)
def test_why_it_ended_on_other_engines(engine: str, name: str) -> None:
    kind, sure = OTHERS[name]
    for line in captured.case(f"qacct.{name}", engine).accounting_lines:
        reason = end_of_record(accounting.parse_line(line.encode())).job_info(JobId(1)).reason
        assert (reason.kind, reason.certain) == (kind, engine in sure)


@pytest.mark.parametrize("engine", ["ocs-9.1.4", "ocs-9.2pre"])
def test_who_deleted_it_on_engines_that_tell(engine: str) -> None:
    (line,) = captured.case("qacct.j_qdel_by_root", engine).accounting_lines
    record = accounting.parse_line(line.encode())
    reason = end_of_record(record).job_info(JobId(1)).reason
    assert (reason.kind, reason.certain, reason) == (KIND.DELETED, True, "deleted by root@localhost")
    assert "accounting: deleted by root@localhost" in reason.evidence
    ours = end_of_record(record, Deletion.ASKED).job_info(JobId(1)).reason
    assert (ours.kind, ours.certain) == (KIND.DELETED_BY_SESSION, True)


def test_what_is_known_without_a_record() -> None:
    usage = {"exit_status": 4.0, "signal": 0.0, "end_time": 9.0}
    reason = end_of_usage(usage).job_info(JobId(1)).reason
    assert (reason.kind, reason.certain, reason) == (KIND.EXITED, True, "")
    stuck = end_without_record(1.0, "can't chdir").job_info(JobId(1)).reason
    assert (stuck.kind, stuck.certain, stuck) == (KIND.NOT_STARTED, True, "can't chdir")


def test_what_is_known_of_a_tuple_of_drmaa_python() -> None:
    exited = JobInfo("1", True, False, "", False, False, 3, {})
    killed = JobInfo("1", False, True, "SIGTERM", False, False, 0, {"cpu": "no number"})
    aborted = JobInfo("1", False, False, "", False, True, 0, {})
    assert [info.reason.kind for info in (exited, killed, aborted)] == [
        *(KIND.EXITED, KIND.SIGNALLED, KIND.UNKNOWN)
    ]
    assert (exited.reason, killed.reason, aborted.reason) == ("", "killed by SIGTERM", "")


def test_a_reason_is_a_text_that_does_not_change() -> None:
    reason = recorded("h_rt")
    assert isinstance(reason, str)
    assert repr(reason).startswith("<Reason time limit, certain: 'at its limit of run time")
    for again in (pickle.loads(pickle.dumps(reason)), copy.copy(reason), copy.deepcopy(reason)):
        assert (again, again.kind, again.certain, again.evidence) == (
            *(str(reason), reason.kind, reason.certain, reason.evidence),
        )
    with pytest.raises(AttributeError, match="kind"):
        reason.kind = KIND.LOST
    with pytest.raises(AttributeError, match="certain"):
        del reason.certain
    assert json.loads(json.dumps({"why": reason})) == {"why": str(reason)}


def evidences() -> st.SearchStrategy[Evidence]:
    """Anything that a session file can hold."""
    names = ["ru_wallclock", "cpu", "maxvmem", "ru_maxrss", "start_time", "end_time"]
    figures = st.dictionaries(st.sampled_from(names), st.floats(allow_nan=True))
    asked = st.text("hs_rtcpuvmek=.,0123456789GMK-l ", max_size=30).map(lambda text: f"-l {text}")
    return st.builds(
        Evidence,
        *(st.sampled_from([None, *Cause]), st.sampled_from(["", "text"]), st.booleans(), st.integers(0, 300)),
        *(st.integers(0, 70), st.one_of(st.none(), st.integers(0, 200)), figures, asked.map(requests.parse)),
        *(st.integers(0, 9), st.text(max_size=8), st.text(max_size=8)),
    )


@given(evidences())
def test_any_evidence_has_a_reason_and_memory_is_never_certain(found: Evidence) -> None:
    reason = judge(found)
    assert reason.evidence
    assert not (reason.kind is KIND.OUT_OF_MEMORY and reason.certain)
    assert reason.kind is not KIND.UNKNOWN or not reason.certain


@pytest.mark.parametrize("facts", [NO_FACTS, Facts(deletion="seen", deleted_by="root@node7")])
def test_facts_are_written_as_short_as_can_be(facts: Facts) -> None:
    assert Facts.of_text(facts.to_text()) == facts
    assert (facts.to_text() == "{}") is (facts == NO_FACTS)
