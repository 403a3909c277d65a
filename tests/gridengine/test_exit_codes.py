"""The table of exit codes against every recorded run."""

from __future__ import annotations

from drmaa_cli.gridengine.exit_codes import EXIT_CODES
from tests.gridengine import captured
from tests.tables import each_combination, each_row

ENGINES = ("8.1.9", "ocs-9.0.13", "ocs-9.1.4", "ocs-9.2pre", "sge-daimh-8.1.x")


def is_the_jobs_own(case: captured.Case) -> bool:
    """Whether qsub waited for the job and ended as it did."""
    return " exited with exit code " in case.out + case.err


@each_combination(engine=ENGINES, tool=EXIT_CODES)
def test_every_recorded_exit_code_has_its_name(tool: str, engine: str) -> None:
    cases = captured.cases(captured.REFERENCE if engine == "8.1.9" else engine)
    own = [case for case in cases if case.argv[0].rpartition("/")[2] == tool and not is_the_jobs_own(case)]
    seen = {case.result.exit_code for case in own if case.result.exit_code >= 0}  # killed by a signal: none
    assert seen
    assert seen <= EXIT_CODES[tool].keys()


@each_row("tool", EXIT_CODES)
def test_no_exit_code_is_made_up(tool: str) -> None:
    cases = [case for engine in ENGINES[1:] for case in captured.cases(engine)]
    cases += captured.cases()
    seen = {case.result.exit_code for case in cases if case.argv[0].rpartition("/")[2] == tool}
    assert EXIT_CODES[tool].keys() <= seen
