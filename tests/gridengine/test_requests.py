"""What a job had asked for, as the engines' accounting keeps it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drmaa_cli.gridengine import accounting, requests
from drmaa_cli.gridengine.requests import NO_REQUESTS
from tests.gridengine import captured
from tests.tables import each_row


@each_row("text", ["NONE", "", "-", " ", "-l", "-soft", "-pe smp", "words"])
def test_nothing_was_asked_for(text: str) -> None:
    assert requests.parse(text) == NO_REQUESTS


def test_sge() -> None:
    found = requests.parse(
        "-u a,b -q all.q,b.q@@some -l arch=lx-amd64,h_rt=4,h_vmem=1.5G,exclusive -pe smp 2-8"
    )
    assert dict(found.resources) == {"arch": "lx-amd64", "h_rt": "4", "h_vmem": "1.5G", "exclusive": "TRUE"}
    assert (found.pe, found.slots, found.queues) == ("smp", "2-8", ("all.q", "b.q@@some"))
    assert (found.seconds("h_rt"), found.bytes("h_vmem")) == (4.0, 1.5 * 2**30)
    assert found.seconds("s_rt") is found.seconds("arch") is found.bytes("exclusive") is None


def test_open_cluster_scheduler() -> None:
    found = requests.parse(
        "-scope global -hard -l h_rt=2 -soft -l m_mem_free=1G -q soft.q -pe mpi 4"
        " -scope master -hard -l h_vmem=3G -scope slave -hard -q c.q -l h_rt=9"
    )
    assert dict(found.resources) == {"h_rt": "2", "h_vmem": "3G"}
    assert dict(found.soft) == {"m_mem_free": "1G"}
    assert (found.pe, found.slots, found.queues) == ("mpi", "4", ())


@pytest.mark.parametrize(
    ("text", "value"), [("INFINITY", None), ("infinity", None), ("1:0:0", 3600.0), ("x", None)]
)
def test_times(text: str, value: float | None) -> None:
    assert requests.parse(f"-l h_rt={text}").seconds("h_rt") == value


@pytest.mark.parametrize("engine", captured.OTHERS)
def test_recorded_categories(engine: str) -> None:
    expected = {"j_h_rt": ("h_rt", 2.0), "j_s_rt": ("s_rt", 2.0), "j_h_cpu": ("h_cpu", 1.0)}
    for name, (resource, seconds) in expected.items():
        (line,) = captured.case(f"qacct.{name}", engine).accounting_lines
        found = requests.parse(accounting.parse_line(line.encode()).category)
        assert found.seconds(resource) == seconds
        assert list(found.resources) == [resource]
    (line,) = captured.case("qacct.j_pe", engine).accounting_lines
    found = requests.parse(accounting.parse_line(line.encode()).category)
    assert (found.pe, found.slots) == ("smp", "2")


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    found = requests.parse(text)
    assert all(name for name in (*found.resources, *found.soft))
    for name in found.resources:
        for value in (found.seconds(name), found.bytes(name)):
            assert value is None or value < float("inf")
