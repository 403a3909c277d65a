"""Builds the situation of every recorded call of a submit or control tool, and makes the call again.

Job numbers are not masked: each situation is built with the numbers of the recording.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from fake_sge.model import Simulation
from fake_sge.model.requests import QmasterUnreachable, Unreachable

from .cells import captures
from .engine_situations import noted_settings, prepare_engine_case
from .help_text import cut_help
from .op_situations import build_situation
from .pure import PureCell

TOOLS = ("qsub", "qalter", "qdel", "qhold", "qrls", "qmod", "qrsh")

KILLED = {"cell2.sync_bad_cwd_timeout": 12, "cell2.sync_two_hold": 8, "cell2.sync_sigkill": 1}
"""Calls that wait for ever: the recording killed them after so many seconds."""

GROUPS = ("qsub", "cell2", "op", "env", "defaults", "locale", "help", "state", "special")


@cache
def submit_cases(flavour: str = "sge-8.1.9") -> list[dict[str, Any]]:
    found = []
    for group in GROUPS:
        for case in captures(group, flavour).values():
            argv = case.get("argv") or [""]
            argv = argv[2:] if argv[:2] == ["stdbuf", "-oL"] else argv
            if Path(argv[0]).name in TOOLS:
                found.append({**case, "argv": argv})
    return found


def _files(cell: PureCell) -> None:
    home = cell.home
    (home / "opts.txt").write_text("-N fromfile\n# a comment\n-h\n")
    (home / "empty.sh").write_text("")
    (home / "ex.sh").write_text('#!/bin/sh\nexit "$1"\n')
    (home / "segv.sh").write_text("#!/bin/sh\nkill -SEGV $$\n")


def _number(case: dict[str, Any]) -> int:
    """The job number that the recording shows, so that the fake gives the same."""
    text = case["stdout"] + case["stderr"]
    found = re.search(r"Your job(?:-array)? (\d+)", text) or re.search(r"^(\d+)(?:\.|$)", text, re.MULTILINE)
    found = found or re.search(r"^(?:Unable to run job: )?Job (\d+) ", text, re.MULTILINE)
    return int(found.group(1)) if found else 1


def _plan(case: dict[str, Any]) -> Simulation | dict[int, Simulation] | None:
    """How the job of a -sync or qrsh call ends, from its command line."""
    argv, name = case["argv"], case["case"]
    if name == "cell2.sync_signal":
        return Simulation(run_time=1, signal=11)
    if name == "cell2.sync_h_rt":
        return Simulation(run_time=2, signal=9, failed=37)
    if name == "cell2.sync_bad_cwd_timeout":
        return Simulation(failed=26)
    if "ex.sh" in argv:
        return Simulation(run_time=1, exit_status=int(argv[-1]))
    if name == "qsub.sync_signal":
        return Simulation(run_time=1, signal=9)
    if name == "qsub.sync_qdel_running":
        return Simulation(run_time=60)
    if argv[0] == "qrsh":
        return Simulation(run_time=1, exit_status=int(argv[-1]) if argv[-2] == "exit" else 0)
    if "-sync" in argv and "qdel" not in name and "sig" not in name:
        return Simulation(run_time=1)
    return None


ARRAYS = {
    "cell2.sync_array_last_fast": {1: (5, 4.0), 2: (9, 1.0)},
    "cell2.sync_array_mixed": {1: (1, 1.0), 2: (2, 2.0), 3: (3, 3.0)},
    "cell2.sync_array_mixed321": {1: (3, 1.0), 2: (2, 2.0), 3: (1, 3.0)},
}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "cell2.enforce_project": {"queues": {}, "global_config": {"enforce_project": "true"}},
    "cell2.enforce_user": {"queues": {}, "global_config": {"enforce_user": "true"}},
    "cell2.max_aj_tasks": {"queues": {}, "global_config": {"max_aj_tasks": "10"}},
    "cell2.max_jobs": {"queues": {}, "global_config": {"max_jobs": "3"}},
    "cell2.max_u_jobs": {"queues": {}, "global_config": {"max_u_jobs": "3"}},
    "cell2.max_dyn_ec_sync": {"global_config": {"qmaster_params": "MAX_DYN_EC=2"}},
    "cell2.user_denied": {"queues": {}, "global_config": {"xuser_lists": "denied"}},
    "cell2.no_queue": {"queues": {}},
    "cell2.qsub_no_queue": {"queues": {}},
}


def _cell(case: dict[str, Any], directory: Path, flavour: str) -> PureCell:
    name = case["case"]
    options: dict[str, Any] = (
        {"queues": {"all.q": {}, "cap.q": {}}} if name.startswith(("qsub", "op", "env", "defaults")) else {}
    )
    for prefix, found in CONFIGURATIONS.items():
        if name.startswith(prefix):
            options = dict(found)
    if flavour != "sge-8.1.9" and not name.startswith("cell2.no_queue"):
        options = {"queues": {"all.q": {}, "cap.q": {}}, "global_config": noted_settings(case)}
    settings = {"min_uid": "1000", "min_gid": "1000", **options.pop("global_config", {})}
    cell = PureCell(directory, slots=100, global_config=settings, flavour=flavour, **options)
    config = cell.qmaster.engine.state.config
    config.usersets["denied"] = {"name": "denied", "type": "ACL", "entries": "ge grid2"}
    if "not_submit_host" in name:
        config.submit_hosts = []
    _files(cell)
    return cell


def _prepare(cell: PureCell, case: dict[str, Any]) -> None:
    name, argv = case["case"], case["argv"]
    if (
        case.get("user") == "ge"
        and name.startswith("cell2.max")
        and "aj" not in name
        and "ec" not in name
        and name != "cell2.max_u_jobs"
    ):
        settings = cell.qmaster.engine.state.config.global_config
        limits = {key: settings[key] for key in ("max_jobs", "max_u_jobs")}
        settings.update(dict.fromkeys(limits, "0"))
        for number in (1, 2, 3):
            cell.qmaster.engine.state.next_number = number
            cell.run(["qsub", "-terse", "-h", "-b", "y", "true"], "ge")
        settings.update(limits)
    if name == "cell2.max_dyn_ec_sync":
        cell.qmaster.clients = {11: ("qsub", 1), 12: ("qsub", 2)}
    if argv[0] in ("qsub", "qrsh"):
        cell.qmaster.engine.state.next_number = _number(case)
        plan = _plan(case)
        if isinstance(plan, Simulation):
            cell.qmaster.simulation = plan
    if name in ARRAYS:
        _run_tasks(cell, ARRAYS[name])
    if name.startswith(("cell2.sync_qdel", "qsub.sync_qdel")):
        number = _number(case)
        cell.qmaster.on_wait.append(lambda: cell.run(["qdel", str(number)], case.get("user") or "ge"))
    if name in ("cell2.sync_sigint", "cell2.sync_sigterm"):
        cell.qmaster.interrupt, cell.qmaster.interrupt_at = cell.client, cell.qmaster.now + 1
    if name in KILLED:
        cell.qmaster.interrupt, cell.qmaster.interrupt_at = cell.client, cell.qmaster.now + KILLED[name]
        cell.qmaster.interrupt_signal = 9
    if name.startswith("defaults."):
        text = {
            "defaults.sge_request_terse": "-terse -cwd\n",
            "defaults.sge_request_bad": "-nosuchoption\n",
            "defaults.sge_request_cwd": "-N fromcwd\n-h\n",
            "defaults.sge_request_clear": "-terse\n-N fromhome\n",
        }[name]
        noted = re.fullmatch(r"\$HOME/\.sge_request: (.*)", case["notes"])
        (cell.home / ".sge_request").write_text(f"{noted[1]}\n" if noted else text)


OTHER_JSV_ANSWERS = {  # the scripts of the other engines' recordings
    "rej": "RESULT STATE REJECT not like this",
    "wait": "RESULT STATE REJECT_WAIT no capacity now",
    "corr": "PARAM N corrected\nRESULT STATE CORRECT",
    "talk": "LOG INFO hello 17 from the site\nLOG WARNING mind the 42 gap\nRESULT STATE ACCEPT",
}
JSV_ANSWERS = {
    "rej": "RESULT STATE REJECT no way: <tag> & more",
    "wait": "RESULT STATE REJECT_WAIT try later",
    "corr": "LOG INFO I am a JSV info line\nRESULT STATE CORRECT",
}


def _with_jsv(cell: PureCell, name: str, argv: list[str], answers: dict[str, str]) -> list[str]:
    """Give the cell the JSV of the recording; the words with the path of a client JSV."""
    match = re.match(r"cell2\.(client|server)_jsv_(?:plain_)?(\w+)", name)
    if match is None:
        return argv
    side, kind = match.groups()
    answer = answers[kind]
    script = cell.directory / "jsv.sh"
    script.write_text(
        "#!/bin/sh\nwhile read -r line; do\ncase $line in\nSTART) echo STARTED;;\n"
        f"BEGIN) cat <<'E'\n{answer}\nE\n;;\nQUIT) exit;;\nesac\ndone\n"
    )
    script.chmod(0o755)
    if side == "server":
        cell.qmaster.engine.state.config.global_config["jsv_url"] = f"script:{script}"
        return argv
    return [str(script) if word.startswith(("/tmp/conf/", "/tmp/work/jsv")) else word for word in argv]


def _run_tasks(cell: PureCell, plan: dict[int, tuple[int, float]]) -> None:
    """Array tasks that end differently: each gets its own end once they all run."""

    def end() -> None:
        state = cell.qmaster.engine.state
        ends = []
        for when, number, task, run in state.simulated:
            code, seconds = plan[task]
            ends.append((cell.qmaster.now + seconds, number, task, run, code))
            del when
        state.simulated.clear()
        for when, number, task, run, code in sorted(ends):
            cell.qmaster.now = when
            from fake_sge.model import Exit  # noqa: PLC0415 - only here

            cell.qmaster.apply("exited", number, task, run, Exit(0, code, 0, when - 1, when))

    cell.qmaster.on_wait.append(end)


class Down:
    """Stands for a qmaster that does not answer."""

    def __init__(self, kind: Unreachable, host: str, port: str) -> None:
        self.error = QmasterUnreachable(kind, host, port)

    def __getattr__(self, name: str) -> Any:
        raise self.error


def _unreachable(case: dict[str, Any]) -> Down | None:
    kind = case["case"].split(".")[1]
    found = re.search(r'using port (\d+) on host "([^"]*)"', case["stdout"] + case["stderr"])
    if found and kind in ("unresolvable_qmaster", "qmaster_down"):
        reason = Unreachable.REFUSED if kind == "qmaster_down" else Unreachable.UNRESOLVABLE
        return Down(reason, found[2], found[1])
    port = (case.get("env") or {}).get("SGE_QMASTER_PORT") or "6444"
    known = {
        "dead_port": (Unreachable.REFUSED, "localhost"),
        "silent_port": (Unreachable.SILENT, "localhost"),
        "unresolvable_qmaster": (Unreachable.UNRESOLVABLE, "nosuchhost.invalid"),
    }
    return Down(*known[kind], port) if kind in known else None


def _environment(case: dict[str, Any], cell: PureCell) -> dict[str, str | None]:
    env: dict[str, str | None] = dict(case.get("env") or {})
    name = case["case"]
    for key in ("SGE_QMASTER_PORT", "SGE_EXECD_PORT"):
        env.pop(key, None)
    if name.startswith("env.bad_cell"):
        cell.root = Path("/var/lib/gridengine")
        env["SGE_ROOT"] = str(cell.directory / "gridengine")
        (cell.directory / "gridengine").mkdir()
    elif name.startswith("env.root_unset_realbin"):
        env["SGE_ROOT"] = None
    elif name.startswith("env.bad_root"):
        env["SGE_ROOT"] = "/no/such/root"
    else:
        env.pop("SGE_ROOT", None)
        env.pop("SGE_CELL", None)
    return env


Outcome = tuple[int, str, str]


def replay(case: dict[str, Any], flavour: str, tmp_path: Path) -> tuple[Outcome, Outcome]:
    """Exit code, stdout and stderr of the call on the rebuilt cell, and those of the recording."""
    name = case["case"]
    cell = _cell(case, tmp_path, flavour)
    argv = [Path(case["argv"][0]).name, *case["argv"][1:]]
    user = case.get("user") or "ge"
    if flavour == "sge-8.1.9" and name.startswith(("op.", "env.", "state.", "locale.")):
        build_situation(cell, case)
    _prepare(cell, case)
    if flavour != "sge-8.1.9":
        prepare_engine_case(cell, case)
    argv = _with_jsv(cell, name, argv, JSV_ANSWERS if flavour == "sge-8.1.9" else OTHER_JSV_ANSWERS)
    if case.get("argv_encoding") == "latin-1":
        argv = [word.encode("latin-1").decode("utf-8", "surrogateescape") for word in argv]
    down = _unreachable(case) if name.startswith("env.") else None
    got = cell.run(argv, user, down, env=_environment(case, cell), stdin=(case.get("stdin") or "").encode())
    expected_out = case["stdout"].replace("\r\n", "\n")
    expected_err = case["stderr"].replace(
        RECORDED_ROOTS[flavour != "sge-8.1.9"], str(tmp_path / "gridengine")
    )
    if name == "qsub.verify":
        expected_out = expected_out.replace("/home/ge", str(cell.home)).replace("/home/grid2", str(cell.home))
    if name.startswith("cell2.sync_qdel") or name in ("cell2.sync_sigint", "cell2.sync_sigterm"):
        expected_out = re.sub(r'\("\w+"\)', '("sleep")', expected_out)
    code = -9 if name in KILLED else case["exit_code"]
    if name in KILLED:
        assert [job.number for job in cell.view.jobs()] == [_number(case)]
    return (got[0], cut_help(got[1]), cut_help(got[2])), (
        code,
        cut_help(expected_out),
        cut_help(expected_err),
    )


RECORDED_ROOTS = ("/var/lib/gridengine", "/tmp/cell/root")
