"""Runs recorded queries again that need no jobs: qacct, qconf, calls without a cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fake_sge.model.flavours import FLAVOURS
from fake_sge.model.requests import Reply, Request, Unreachable
from fake_sge.options import CellOptions
from fake_sge.qmaster.view import CommandView

from .cells import NoCell, captures
from .configurations import Configuration
from .expected import expected
from .help_text import cut_help
from .pure import PureQmaster, QuietClient
from .surroundings import accounting_file, surroundings

FILES = (
    "qstat",
    "state",
    "hold_filter",
    "qacct",
    "qconf",
    "qhost",
    "time",
    "locale",
    "defaults",
    "env",
    "help",
    "op",
    "cell2",
    "render",
    "special",
)
TOOLS = ("qstat", "qacct", "qconf", "qhost", "qselect")


# What the rebuilt cell cannot know is left out of the comparison.
COMPARED: dict[str, Callable[[str], str]] = {
    # the total is that of exact usage; the blocks that it is rebuilt from are rounded
    "qacct.j_noarg": lambda text: text[: text.rstrip().rfind("\n")],
    # a record of a reschedule has no submission time; qacct shows the time of the call instead
    "qacct.j_rerun": lambda text: re.sub(
        r"(?m)^(qsub_time +).*(?=\n(?:.*\n){1,2}end_time +-/-)", r"\1NOW", text
    ),
}
CRASHES = ("w1.longq-1_plain",)  # of the real tool: a column that fits the longest name, without any name

# They name the qmaster's machine, vm; in the recordings of the other engines it is written as host1.
NAMES_MACHINE = re.compile(r"\bqconf[.-]s(ss|ecl)$|secl_after_kill$")

Case = dict[str, Any]


@cache
def query_cases(flavour: str = "sge-8.1.9") -> list[tuple[str, Case]]:
    found = []
    for name in FILES:
        for case, item in captures(name, flavour).items():
            if Path((item.get("argv") or [""])[0]).name in TOOLS:
                found.append((case, item))
    return found


def configured(item: Case, flavour: str) -> Any:
    """A cell without jobs, configured as recorded answers of qconf say."""
    group = item["case"].split(".")[0]
    sources = list(captures("render", flavour).items()) if re.fullmatch(r"w\d", group) else []
    sources = [(case, found) for case, found in sources if case.startswith(f"{group}.")]
    qmaster = PureQmaster(CellOptions(flavour=flavour))
    config = qmaster.engine.state.config
    config.parallel_environments.clear()
    target = SimpleNamespace(config=config, template=config.queues["all.q"].attributes, clients=[])
    Configuration(target).apply([found for _, found in sources or captures("qconf", flavour).items()])
    made = [found["stdout"].split() for _, found in sources if found["argv"] == ["qselect"]]
    if made:  # the queues in the order in which they were made
        names = [name.split("@")[0] for name in made[0]]
        config.queues = {name: config.queues[name] for name in names}
    if NAMES_MACHINE.search(item["case"]):
        config.hosts = dict(zip(["vm"], config.hosts.values()))
    qmaster.apply("configure", config, None)
    return CommandView(qmaster, [], QuietClient())  # type: ignore[arg-type]


# ---- running -------------------------------------------------------------------------------------
def qmaster_of(item: Case, flavour: str) -> Any:
    case = item["case"]
    port = item["env"].get("SGE_QMASTER_PORT", "6444")
    found = re.search(r'using port (\d+) on host "([^"]*)"', item["stderr"])
    if "dead_port" in case or "qmaster_down" in case:
        return NoCell(Unreachable.REFUSED, "localhost", found[1] if found else port)
    if "silent_port" in case:
        return NoCell(Unreachable.SILENT, "localhost", port)
    if "unresolvable" in case:
        host, port = (found[2], found[1]) if found else ("nosuchhost.invalid", "6444")
        return NoCell(Unreachable.UNRESOLVABLE, host, port)
    return configured(item, flavour)


def run(
    item: Case, tmp_path: Path, qmaster: Any, argv: list[str] | None = None, flavour: str = "sge-8.1.9"
) -> tuple[Reply, str, str]:
    env, masks = surroundings(tmp_path, item, flavour)
    words = [Path(item["argv"][0]).name, *(argv or item["argv"])[1:]]
    user = item["user"]
    reply = import_module(f"fake_sge.commands.{words[0]}").main(
        Request(words, env, str(tmp_path), user, 0, user, 0, flavour=FLAVOURS[flavour]), qmaster
    )
    out, err = (data.decode("utf-8", "surrogateescape") for data in (reply.out, reply.err))
    if NAMES_MACHINE.search(item["case"]) and flavour != "sge-8.1.9":
        masks = {**masks, "vm": "host1"}
    for real, shown in masks.items():
        out, err = out.replace(real, shown), err.replace(real, shown)
    return reply, out, err


def check(item: Case, reply: Reply, out: str, err: str) -> None:
    code, want_out, want_err = expected(item)
    compared = COMPARED.get(item["case"], str)
    assert compared(cut_help(out)) == compared(cut_help(want_out))
    assert cut_help(err) == cut_help(want_err)
    assert (-reply.signal or reply.code) == code


def replay(item: Case, flavour: str, tmp_path: Path) -> tuple[Reply, str, str]:
    """Run a recorded query on the rebuilt cell: the reply, and its texts as recorded."""
    if not item["argv"][0].endswith("qacct"):
        return run(item, tmp_path, qmaster_of(item, flavour), flavour=flavour)
    argv = accounting_file(item, tmp_path, flavour)
    reply, out, err = run(item, tmp_path, NoCell(), argv, flavour)
    if "-f" in argv:
        given = item["argv"][item["argv"].index("-f") + 1]
        out, err = (text.replace(str(tmp_path / "given"), given) for text in (out, err))
    return reply, out, err
