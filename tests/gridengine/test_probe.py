from __future__ import annotations

import pytest

from drmaa_cli.gridengine import probe
from drmaa_cli.gridengine.replies import CommandFailed, QmasterUnreachable, UnreadableReply
from tests.gridengine import captured
from tests.gridengine.captured import result
from tests.tables import each_row

HELP = captured.case("qstat.help").result


def test_the_version() -> None:
    assert probe.banner(HELP) == "SGE 8.1.9"
    assert probe.banner(HELP._replace(exit_code=1, stdout=b"", stderr=HELP.stdout)) == "SGE 8.1.9"
    assert probe.banner(HELP._replace(stdout=b"Welcome!\n" + HELP.stdout)) == "SGE 8.1.9"


@each_row("line", ["OGS/GE 2011.11p1", "GE 6.2u5", "UGE 8.6.6", "OCS 9.1.4 (abc)", "SGE r1.deadbee"])
def test_the_version_of_other_flavours(line: str) -> None:
    assert probe.banner(result(f"{line}\nusage: qstat [options]\n")) == line


@pytest.mark.parametrize("name", ["env.bad_cell.qstat_help", "env.bad_root.qstat_help"])
def test_no_version_without_a_cell(name: str) -> None:
    with pytest.raises(CommandFailed):
        probe.banner(captured.case(name).result)


def test_no_version_in_anything_else() -> None:
    with pytest.raises(UnreadableReply):
        probe.banner(result("hello\n"))


def test_the_configuration() -> None:
    case = captured.case("qconf.sconf")
    configuration = probe.parse_sconf(case.result)
    plain = [line.split(None, 1) for line in case.out.splitlines() if line[:1].isalpha() and "\\" not in line]
    assert len(plain) > 40
    for name, value in plain:
        assert configuration[name] == value.strip()
    expected = "accounting=true reporting=false flush_time=00:00:15 joblog=false sharelog=00:00:00"
    assert configuration["reporting_params"] == expected
    assert probe.accounting_flush_seconds(configuration) == 15
    assert probe.max_aj_tasks(configuration) == 75000


# accounting_flush_time as a real cell prints it, over three lines
THREE_LINES = """\
reporting_params             accounting=true reporting=false \\
                             accounting_flush_time=00:00:00 \\
                             flush_time=00:00:01 joblog=false sharelog=00:00:00
"""


@each_row(
    "text, seconds",
    [
        (THREE_LINES, 0),
        ("reporting_params flush_time=00:01:30\n", 90),
        ("reporting_params accounting_flush_time=00:00:05,flush_time=00:00:15\n", 5),
        ("reporting_params none\n", 15),
        ("reporting_params flush_time=soon\n", 15),
        ("x y\n", 15),
    ],
)
def test_how_long_records_are_held_back(text: str, seconds: int) -> None:
    assert probe.accounting_flush_seconds(probe.parse_sconf(result(text))) == seconds


def test_defaults() -> None:
    assert probe.max_aj_tasks({}) == 75000
    assert probe.max_aj_tasks({"max_aj_tasks": "10"}) == 10


def test_no_configuration() -> None:
    with pytest.raises(QmasterUnreachable):
        probe.parse_sconf(captured.case("env.dead_port.qconf_sconf").result)
    with pytest.raises(CommandFailed):
        probe.parse_sconf(captured.case("env.bad_root.qconf_sconf").result)
    with pytest.raises(CommandFailed, match="denied: "):
        probe.parse_sconf(captured.case("qconf.mattr_denied").result)
    with pytest.raises(UnreadableReply):
        probe.parse_sconf(result(""))
    with pytest.raises(UnreadableReply):
        probe.parse_sconf(result("max_aj_tasks 750"))
    with pytest.raises(UnreadableReply, match="no configuration"):
        probe.parse_sconf(result("#local:\n\n"))
