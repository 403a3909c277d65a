"""What can be said of the hosts of a cell, what follows from it, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from fake_sge import CellOptions
from fake_sge.host_options import parse_host
from fake_sge.model.host_loads import with_changes
from fake_sge.model.host_values import split_value, value_on
from fake_sge.options import make_config
from tests.tables import each_row


def loads(hosts: Mapping[str, Any], name: str) -> dict[str, str]:
    return make_config(CellOptions(hosts=hosts), "/tmp", "/spool", "root").hosts[name].load_values


def test_a_number_is_a_number_of_slots() -> None:
    config = make_config(
        CellOptions(hosts={"big": 8, "small": {}, "tiny": {"slots": "1"}}, slots=3), "/t", "", ""
    )
    assert config.queues["all.q"].attributes["slots"] == "3,[big=8],[tiny=1]"
    assert [config.queue_on("all.q", name).slots for name in config.hosts] == [8, 3, 1]  # type: ignore[union-attr]
    assert config.host_groups == {"@allhosts": ("big", "small", "tiny")}


def test_memory_that_follows_from_the_total() -> None:
    found = loads({"big": {"mem": "64G", "swap_total": "1G"}}, "big")
    assert found["mem_total"] == "65536.000000M"
    assert found["mem_free"] == f"{65536 - 793.808594:.6f}M"
    assert found["virtual_total"] == "66560.000000M"
    assert found["virtual_used"] == found["mem_used"] == "793.808594M"
    assert found["swap_free"] == "1024.000000M"


def test_free_memory_tells_what_is_used() -> None:
    found = loads({"big": {"mem_total": "4G", "mem_free": "1G"}}, "big")
    assert (found["mem_used"], found["virtual_free"]) == ("3072.000000M", "1024.000000M")


def test_a_host_does_not_use_more_than_it_has() -> None:
    assert loads({"small": {"mem_total": "100M"}}, "small")["mem_used"] == "100.000000M"


def test_the_load_for_each_processor() -> None:
    found = loads({"big": {"num_proc": 8, "load": 2}}, "big")
    assert (found["load_avg"], found["np_load_avg"], found["np_load_long"]) == (
        "2.000000",
        "0.250000",
        "0.250000",
    )
    assert (found["m_core"], found["m_topology"]) == ("8", "SCCCCCCCC")
    again = with_changes(found, {"load_short": 4})
    assert (again["np_load_short"], again["np_load_avg"]) == ("0.500000", "0.250000")


def test_the_load_of_a_host_without_processors_is_as_that_of_one() -> None:
    assert loads({"odd": {"num_proc": 0, "load": 3}}, "odd")["np_load_avg"] == "3.000000"


def test_values_that_are_told_count_before_those_that_follow() -> None:
    found = loads({"odd": {"load_avg": 1, "np_load_avg": 9, "virtual_free": "5M"}}, "odd")
    assert (found["np_load_avg"], found["virtual_free"]) == ("9.000000", "5.000000M")


@each_row(
    "hosts, text",
    [
        ({"big": {"slot": 8}}, "host 'big' has no 'slot'; did you mean 'slots'?"),
        ({"big": {"slots": "many"}}, "slots of host 'big' is a whole number, not 'many'"),
        ({"big": {"slots": -1}}, "slots of host 'big' is a whole number, not -1"),
        ({"big": {"mem_totl": "1G"}}, "host 'big' has no 'mem_totl'; did you mean 'mem_total'?"),
        ({"big": {"mem_total": "much"}}, "host 'big': the load value mem_total is a number, not 'much'"),
        ({"big": {"up": "perhaps"}}, "up of host 'big' is true or false, not 'perhaps'"),
        ({"two words": 1}, "'two words' cannot be the name of a host"),
        ({"global": 1}, "'global' cannot be the name of a host"),
        (("a", "a b"), "'a b' cannot be the name of a host"),
        ({}, "a cell needs at least one host and no negative slots"),
    ],
)
def test_what_is_refused(hosts: Any, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        CellOptions(hosts=hosts)


@pytest.mark.parametrize("hosts", ["big", {"big": "8"}, {"big": True}, {"big": None}])
def test_shapes_that_are_refused(hosts: Any) -> None:
    with pytest.raises(TypeError):
        CellOptions(hosts=hosts)


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"hostlist": "big smal"}, "there is no host 'smal'; did you mean 'small'?"),
        ({"slots": "4,[bigg=8]"}, "there is no host 'bigg'; did you mean 'big'?"),
        ({"h_rt": "INFINITY,[@allhost=60]"}, "there is no host '@allhost'; did you mean '@allhosts'?"),
        ({"slots": "4,[big=many]"}, "slots of the queue is a whole number, not '4,[big=many]'"),
    ],
)
def test_places_of_queues_are_checked(attributes: dict[str, str], text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        CellOptions(hosts=("big", "small"), queues={"all.q": attributes})


def test_places_of_queues_that_there_are() -> None:
    attributes = {"hostlist": "@allhosts", "slots": "4,[big=8]", "h_rt": "INFINITY,[@allhosts=60]"}
    config = make_config(CellOptions(hosts=("big", "small"), queues={"a.q": attributes}), "/t", "/s", "me")
    found = {name: config.queue_on("a.q", name) for name in ("big", "small")}
    assert [(item.slots, item.attributes["h_rt"]) for item in found.values() if item] == [
        (8, "60"),
        (4, "60"),
    ]


def test_options_survive_their_file() -> None:
    options = CellOptions(hosts={"big": {"slots": 8, "up": False}, "small": 2})
    assert CellOptions.from_json(options.to_json()) == options


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("big", "big", {}),
        ("big:8", "big", {"slots": 8}),
        ("big:slots=8,mem=64G", "big", {"slots": "8", "mem": "64G"}),
    ],
)
def test_hosts_of_a_command_line(text: str, name: str, values: dict[str, object]) -> None:
    assert parse_host(text) == (name, values)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("big:slots", "'slots' is not NAME=VALUE"),
        ("big:slotz=1", "did you mean 'slots'"),
        ("big:mem=x", "is a number, not 'x'"),
        (":8", "cannot be the name of a host"),
    ],
)
def test_bad_hosts_of_a_command_line(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_host(text)


@pytest.mark.parametrize(
    ("text", "common", "overrides"),
    [
        ("4", "4", []),
        ("4,[big=8],[@small=2]", "4", [("big", "8"), ("@small", "2")]),
        ("NONE,[big=a=1,b=2]", "NONE", [("big", "a=1,b=2")]),
        ("smp mpi,[big=smp]", "smp mpi", [("big", "smp")]),
    ],
)
def test_values_that_differ_by_host(text: str, common: str, overrides: list[tuple[str, str]]) -> None:
    assert split_value(text) == (common, overrides)


def test_a_hosts_own_value_counts_before_that_of_its_group() -> None:
    groups = {"@small": ("a", "b")}
    text = "4,[@small=2],[b=1]"
    assert [value_on(text, host, groups) for host in "abc"] == ["2", "1", "4"]
