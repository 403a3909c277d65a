"""``drmaa-cli usage`` on jobs of sessions, and on those of accounting."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess

import pytest

from fake_sge.cell import Cell
from tests.cli.conftest import Desk, ended
from tests.cli.schemas import valid
from tests.cli.usage.conftest import GIBIBYTE

pytestmark = pytest.mark.slow


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# --- accounting -------------------------------------------------------------------------------------------


def test_all_jobs_since_a_day(past: Desk) -> None:
    lines = past.good("usage", "--since", "1d").splitlines()
    assert re.fullmatch(r"since [-\d]+ [:\d]+: 290 jobs: 287 ended well, 3 failed", lines[0])
    assert [re.split(r"  +", line) for line in lines[1:5]] == [
        ["GROUP", "JOBS", "FAILED", "SLOTS", "MEMORY", "TIME", "CPU"],
        ["align-*", "60", "1", "1", "4.0 GiB of 8.0 GiB", "0:11:00 of 4:00:00", "95%"],
        ["call_chr*", "30", "2", "1", "1000 MiB of 1.0 GiB", "0:01:40", "50%"],
        ["tiny", "200", "0", "1", "5.0 MiB", "3 s", "67%"],
    ]


def test_a_group_in_detail(past: Desk) -> None:
    text = past.good("usage", "--since", "1d", "-g", "align-*")
    assert "tiny" not in text
    assert "asked for 8.0 GiB, 13% used on average" in text
    number = re.search(r"stand out  by memory: (\d+) \(4.0 GiB\); in the middle 1.0 GiB", text)
    assert number is not None
    assert "next time  -l h_vmem=5G,h_rt=0:14:00\n" in text
    assert f"h_vmem=1536M would have been enough for 98.3% of them, not for {number[1]}" in text
    assert "h_rt=0:14:00 would have been enough for all" in text


def test_more_is_advised_after_a_limit(past: Desk) -> None:
    text = past.good("usage", "--since", "1d", "-g", "call*")
    assert "next time  -l h_vmem=2G,h_rt=0:03:00\n" in text
    assert "2 of 30 probably came to the limit of memory (1.0 GiB: " in text
    short = past.good("usage", "--since", "1d", "-g", "tiny")
    assert "'drmaa-cli map --bundle 20'" in short


def test_words_choose_jobs_of_accounting(past: Desk) -> None:
    first = past.good("usage", "--since", "1d", "align-1?", "tiny").splitlines()[0]
    assert first.endswith(": 210 jobs: 210 ended well, 0 failed")
    assert "no job 99999 among those" in past.refused("usage", "--since", "1d", "99999")


def test_programs_are_told_the_same(past: Desk) -> None:
    found = valid(past.good("usage", "--since", "1d", "--json", "--each"), "usage-1")
    assert (found["ended"], found["well"], len(found["jobs"])) == (290, 287, 290)
    assert [group["name"] for group in found["groups"]] == ["align-*", "call_chr*", "tiny"]
    first = found["groups"][0]
    assert first["asked_memory"]["most"] == 8 * GIBIBYTE
    assert first["memory"]["most"] == pytest.approx(4 * GIBIBYTE, rel=0.01)
    assert first["request"] == "-l h_vmem=5G,h_rt=0:14:00"
    assert {one["resource"]: one["verdict"] for one in first["advice"]} == {"h_vmem": "less", "h_rt": "less"}
    assert "jobs" not in json.loads(past.good("usage", "--since", "1d", "--json"))
    table = read(past.good("usage", "--since", "1d", "--csv"))
    assert (table[0]["name"], table[0]["jobs"], table[0]["request"]) == (
        "align-*",
        "60",
        "-l h_vmem=5G,h_rt=0:14:00",
    )
    each = read(past.good("usage", "--since", "1d", "--csv", "--each"))
    assert len(each) == 290
    assert {row["kind"] for row in each} == {"exited", "out of memory"}


def test_other_groups(past: Desk) -> None:
    found = json.loads(past.good("usage", "--since", "1d", "--json", "--by", "queue"))
    assert [(group["name"], group["jobs"]) for group in found["groups"]] == [("all.q", 290)]
    text = past.refused("usage", "--since", "1d", "-g", "nope", code=2)
    assert text == "there is no group nope; there are align-*, call_chr*, tiny"


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("full", [(), ("--histogram",), ("--each",)])
def test_it_keeps_to_the_width_of_the_terminal(past: Desk, columns: int, full: tuple[str, ...]) -> None:
    code, text = ended(past.terminal("usage", "--since", "1d", *full, columns=columns))
    assert code == 0
    assert max(map(len, text.splitlines())) <= columns
    assert ("█" in text) is (full != ("--each",))
    assert "290 jobs" in text


def test_colours_and_letters(past: Desk) -> None:
    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        child = past.terminal("usage", "--since", "1d", **env)
        ended(child)
        assert ("\x1b[33m" in str(child.before)) is coloured
    plain = past.run("usage", "--since", "1d", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    assert plain.stdout.isascii()
    assert "|@" in plain.stdout


def test_a_reader_that_goes_away(past: Desk) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    argv = past.argv("usage", "--since", "1d", "--each")
    try:
        done = subprocess.run(
            argv, env=past.env, cwd=past.directory, stdout=writer, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("when", ["1", "soon", "2099-01-01"])
def test_wrong_moments(past: Desk, when: str) -> None:
    done = past.run("usage", "--since", when)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Invalid value for '--since': '{when}' " in done.stderr


def test_nothing_since_then(own_desk: tuple[Desk, Cell]) -> None:
    desk, _ = own_desk
    done = desk.run("usage", "--since", "1d")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "drmaa-cli: no job of yours that began to run since then has ended, by accounting\n"


# --- sessions ---------------------------------------------------------------------------------------------


def test_jobs_of_a_session(desk: Desk) -> None:
    (desk.directory / "c.txt").write_text("".join(f"exit {int(at == 7)}\n" for at in range(20)))
    assert desk.run("map", "-q", "-T", "10", "c.txt").returncode == 1
    held = desk.good("run", "--detach", "--hold", "--key", "k", "true")
    text = desk.good("usage")
    assert re.match(r"session work-\w+: 21 jobs: 19 ended well, 1 failed, 1 held\n", text)
    assert "map-c.txt" in text
    assert "asked for 0:10:00" in text
    found = valid(desk.good("usage", "--json", "--by", "key", "--each"), "usage-1")
    assert (found["ended"], found["unfinished"], found["since"]) == (20, {"held": 1}, None)
    assert found["jobs"][0]["session"] == found["sessions"][0]
    (name,) = found["sessions"]
    assert " 20 jobs: " in desk.good("usage", "-g", "map*"), "the held one is no job of this group"
    twice = json.loads(desk.good("usage", "--json", name, held))
    assert (twice["ended"], twice["unfinished"]) == (20, {"held": 1})
    assert json.loads(desk.good("usage", "--json", "map-*"))["unfinished"] == {}
    assert json.loads(desk.good("usage", "--json", "--all"))["ended"] == 20
    assert json.loads(desk.good("usage", "--json", "-s", name, "--since", "1d"))["ended"] == 20
    done = desk.run("usage", held)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "drmaa-cli: the job has not ended yet: its state is held\n"
    desk.good("kill", "k")
    assert desk.run("wait", "-q", "k").returncode == 1
    text = desk.good("usage", "k")
    assert "1 job: 0 ended well, 0 failed, 1 never ran" in text
    assert "next time  none of them ran" in text


def test_where_nothing_is(desk: Desk) -> None:
    done = desk.run("usage")
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing was submitted in this directory" in done.stderr
    assert valid(desk.good("usage", "--json"), "usage-1")["groups"] == []
    assert read(desk.good("usage", "--csv")) == read(desk.good("usage", "--csv", "--each")) == []
    assert desk.good("usage", "--csv").startswith("name,slots_least,slots_most,jobs,")
    assert desk.good("usage", "--csv", "--each").startswith("session,id,key,name,group,")
    assert "there is no session 'nobody'" in desk.refused("usage", "-s", "nobody")
    assert "there is no job x" in desk.refused("usage", "x")
    assert "say one of both" in desk.refused("usage", "--csv", "--json", code=2)
    assert "the name of a resource" in desk.refused("usage", "--memory-name", "a=b,c", code=2)
    assert not desk.state.exists()


def test_an_outage_is_one_line(own_desk: tuple[Desk, Cell]) -> None:
    desk, cell = own_desk
    desk.good("run", "--detach", "true")
    cell.stop_qmaster()
    assert desk.refused("usage", DRMAA_CLI_RETRY_FOR="0.1")
    assert desk.refused("usage", "--since", "1d", DRMAA_CLI_RETRY_FOR="0.1")
