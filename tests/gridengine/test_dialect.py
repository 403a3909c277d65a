"""Which engine it is: from its help, its schema, its accounting and its configuration, on five real ones."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from drmaa_cli.gridengine import accounting, dialect, qstat
from drmaa_cli.gridengine.dialect import Features, Flavour, flavour
from drmaa_cli.gridengine.replies import CommandFailed, UnreadableReply
from tests.gridengine import captured
from tests.gridengine.captured import ENGINES, result
from tests.tables import each_row, together

PACKAGE = Path(__file__).resolve().parents[2] / "drmaa_cli"

JSON_LINES = Features(json_accounting=True, microseconds=True, exit_of_parallel_jobs=False)
EXPECTED = {
    "8.1.9": Flavour("Son of Grid Engine", "8.1.9", "SGE 8.1.9", Features()),
    "sge-daimh-8.1.x": Flavour("Some Grid Engine", "r.", "SGE r.", Features()),
    "ocs-9.0.13": Flavour("Open Cluster Scheduler", "9.0.13", "OCS 9.0.13", JSON_LINES),
    "ocs-9.1.4": Flavour(
        "Open Cluster Scheduler", "9.1.4", "OCS 9.1.4", JSON_LINES._replace(deleted_by=True)
    ),
    "ocs-9.2pre": Flavour(
        "Open Cluster Scheduler",
        "9.2.0prealpha",
        "OCS 9.2.0prealpha",
        JSON_LINES._replace(
            deleted_by=True,
            retained_jobs=True,
            json_output=True,
            qmaster_zone=True,
            exit_of_parallel_jobs=True,
        ),
    ),
}


def lines(engine: str) -> list[bytes]:
    return [line.encode() for case in captured.cases(engine) for line in case.accounting_lines]


@each_row("engine", ENGINES)
def test_five_real_engines(engine: str) -> None:
    found = flavour(
        captured.case("help.qstat", engine).result,
        captured.case("state.r.xml", engine).result.stdout,
        lines(engine),
    )
    assert found == EXPECTED[engine]
    assert str(found) == f"{found.name} {found.version}"


@each_row("engine", ENGINES)
def test_an_empty_cell_shows_less_and_nothing_false(engine: str) -> None:
    """No job has ended, none is there: what is not shown is not claimed."""
    listing = captured.case("state.empty.xml", engine) if engine != "8.1.9" else None
    found = flavour(
        captured.case("help.qstat", engine).result, b"" if listing is None else listing.result.stdout
    )
    assert found.name == (EXPECTED[engine].name if listing else "Grid Engine")
    assert found.features.json_accounting is False
    for name in ("retained_jobs", "json_output", "qmaster_zone"):
        assert getattr(found.features, name) == getattr(EXPECTED[engine].features, name)
    again = flavour(captured.case("help.qstat", engine).result, files=("accounting.jsonl",))
    assert again.features.json_accounting


@each_row(
    "head, schema, name",
    [
        ("OCS 9.0.10 (4f2a)", "", "Open Cluster Scheduler"),
        ("GCS 9.1.0", "hpc-gridware/clusterscheduler/qstat.xsd", "Gridware Cluster Scheduler"),
        ("UGE 8.6.6", "http://www.univa.com", "Univa Grid Engine"),
        ("AGE 2025.1.0", "http://www.univa.com", "Altair Grid Engine"),
        ("OGS/GE 2011.11p1", "", "Open Grid Scheduler"),
        ("GE 6.2u5", "http://gridengine.sunsource.net/source/qstat.xsd?revision=1.11", "Sun Grid Engine"),
        ("SGE 6.2u5", "", "Grid Engine"),
        ("SGE r1234.5f0c", "http://arc.liv.ac.uk/qstat.xsd", "Some Grid Engine"),
        ("XGE 1.0", "http://nobody.example/qstat.xsd", "Grid Engine"),
    ],
)
def test_names(head: str, schema: str, name: str) -> None:
    listing = f"<?xml version='1.0'?>\n<job_info  xmlns:xsd=\"{schema}\">\n</job_info>\n"
    found = flavour(result(f"{head}\nusage: qstat [options]\n"), listing.encode())
    assert (found.name, found.banner) == (name, head)
    assert f"{head.partition(' ')[0]} {found.version}" == head


FIXTURES = {
    "sge-6.0": "Grid Engine",
    "sge-6.2u5": "Sun Grid Engine",
    "sge-8.1.9": "Son of Grid Engine",
    "ogs": "Open Grid Scheduler",
    "uge": "Univa Grid Engine",
    "ocs": "Open Cluster Scheduler",
}


@together
@pytest.mark.parametrize(
    "path", sorted((captured.DATA / "flavours").glob("*.xml")), ids=lambda path: path.name
)
def test_schemas_of_the_fixtures(path: Path) -> None:
    found = flavour(result("SGE x\nusage: qstat [options]\n"), path.read_bytes())
    (name,) = (name for prefix, name in FIXTURES.items() if path.name.startswith(prefix))
    assert found.name == name


def test_a_plain_accounting_line_of_a_univa_names_who_deleted_a_job() -> None:
    """By its number of fields (tests/data/flavours: uge-8.2_accounting); one of 8.1.9 has fewer."""
    path = captured.DATA / "flavours" / "uge-8.2_accounting"
    lines = [line for line in path.read_bytes().splitlines() if not line.startswith(b"#")]
    said = result("SGE x\nusage: qstat [options]\n")
    assert flavour(said, b"", lines, ("accounting",)).features.deleted_by
    assert not flavour(said, b"", [b"#" + lines[0]], ("accounting",)).features.deleted_by
    plain = captured.case("qacct.j_exit0").accounting_lines[0].encode()
    assert not flavour(said, b"", [plain], ("accounting",)).features.deleted_by


def test_request_limits_are_configured() -> None:
    said = captured.case("help.qstat", "ocs-9.1.4").result
    assert not flavour(said, configuration={}).features.request_limits
    assert not flavour(said, configuration={"gdi_request_limits": "NONE"}).features.request_limits
    assert flavour(said, configuration={"gdi_request_limits": "*:*:*:*:*=9"}).features.request_limits


def test_no_grid_engine_at_all() -> None:
    with pytest.raises(UnreadableReply):
        flavour(result("pbs_version = 23.06.06\n"))
    with pytest.raises(CommandFailed):
        flavour(captured.case("env.bad_cell.qstat_help", "ocs-9.1.4").result)


@each_row("engine", ENGINES)
def test_parallel_jobs_with_exit_status_0(engine: str) -> None:
    known = EXPECTED[engine].features.exit_of_parallel_jobs
    if engine == "8.1.9":
        assert known
        return
    (line,) = captured.case("special.pe_exit3", engine).accounting_lines
    record = accounting.parse_line(line.encode())
    assert dialect.is_parallel_success(record) == (not known)
    (line,) = captured.case("qacct.j_exit0", engine).accounting_lines
    assert not dialect.is_parallel_success(accounting.parse_line(line.encode()))


@pytest.mark.parametrize("name", ["single", "array", "signal", "deleted"])
def test_a_retained_job_has_ended(name: str) -> None:
    """Its times in the usage list are no use: six digits of microseconds."""
    case = captured.case(f"special.retained.j_xml_{name}", "ocs-9.2pre")
    (job,) = qstat.parse_details(case.result, [1]).jobs
    assert len(job.details) == (3 if name == "array" else 1)
    for task in job.details:
        assert task.status == 65536
        expected = {"single": 3, "array": task.task, "signal": 137, "deleted": 137}[name]
        assert task.usage["exit_status"] == expected
        assert "ru_utime" in task.usage
        assert not {"submission_time", "start_time", "end_time"} & task.usage.keys()


NAMES = re.compile(
    r"\b(OCS|GCS|UGE|AGE|OGS|Univa|Altair|Gridware|Open Cluster|Son of|Some Grid|Sun Grid|Open Grid S)"
)


def may_know_a_name(path: Path) -> bool:
    """Whether a name stands in a module at all, wherever: most have none, and need not be read in earnest."""
    joined = re.sub(r"""["']\s*[bfr]*["']""", "", path.read_text())  # texts in pieces
    return re.search(NAMES.pattern.replace(r"\b", ""), joined) is not None


def constants(path: Path) -> list[str]:
    """The strings of a module that are no docstrings, and its identifiers."""
    told = set()
    found = []
    for node in ast.walk(ast.parse(path.read_text())):  # what holds a docstring comes before it
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                told.add(first.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in told:
            found.append(node.value)
        elif isinstance(node, ast.Name):
            found.append(node.id)
    return found


def test_no_other_module_knows_a_name() -> None:
    knowing = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if may_know_a_name(path) and any(NAMES.search(text) for text in constants(path))
    }
    modules = ("dialect", "exit_codes", "known_faults")
    assert knowing == {f"gridengine/{name}.py" for name in modules}
