"""The environment of recorded calls, and the accounting files that they read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fake_sge.model.accounting import Record, format_record
from fake_sge.model.accounting_json import format_json
from fake_sge.model.flavours import FLAVOURS, Accounting

from .accounting_inputs import lines_of, recorded_lines
from .cells import captures

Case = dict[str, Any]


def surroundings(
    tmp_path: Path, item: Case, flavour: str = "sge-8.1.9"
) -> tuple[dict[str, str], dict[str, str]]:
    """The environment of a call, and what to replace in what it prints (paths of the recording machine)."""
    root = tmp_path / "root"
    (root / "default" / "common").mkdir(parents=True, exist_ok=True)
    env = {"TZ": "UTC", "HOME": str(tmp_path / "home"), "SGE_ROOT": str(root), "SGE_CELL": "default"}
    (tmp_path / "home").mkdir(exist_ok=True)
    masks = {str(root): "/var/lib/gridengine" if flavour == "sge-8.1.9" else "/tmp/cell/root"}
    for name, value in item["env"].items():
        if name in ("SGE_QMASTER_PORT", "SGE_EXECD_PORT"):
            continue
        if name == "SGE_ROOT" and value in ("/tmp/cell", "/tmp/root"):
            masks = {str(root): value}
        elif value is None:
            env.pop(name, None)
        else:
            env[name] = value
    if env["SGE_CELL"] == "nohost":
        (root / "nohost" / "common").mkdir(parents=True, exist_ok=True)
    if "root_unset_realbin" in item["case"]:
        env.pop("SGE_ROOT", None)
    return env, masks


def accounting_file(item: Case, tmp_path: Path, flavour: str = "sge-8.1.9") -> list[str]:
    """Write the accounting file of a case where its command looks for it; the argv to use."""
    env, _ = surroundings(tmp_path, item, flavour)
    form = FLAVOURS[flavour].accounting
    argv = list(item["argv"])
    known = recorded_lines({**captures("qacct", flavour), **captures("special", flavour)})
    source = item
    if "qacct_tz" in item["case"]:
        zones = captures("time", flavour)
        source = zones.get("time.qacct_tz_unset") or captures("qacct", flavour)["qacct.j_exit0"]
    lines = lines_of(source["stdout"], known)
    path = (
        Path(env["SGE_ROOT"], "default", "common", form.file_name)
        if "SGE_ROOT" in env
        else tmp_path / "unused"
    )
    if "-f" in argv:
        path = tmp_path / "given"
        argv[argv.index("-f") + 1] = str(path)
        lines = special_lines(item["case"], lines, known)
    if (
        "no_file" in item["case"]
        or "SGE_ROOT" not in env
        or "unresolvable" in item["case"]
        or "no_act_qmaster" in item["case"]
        or not path.parent.is_dir()
    ):
        return argv
    if "unreadable" in item["case"]:
        path.mkdir()
        return argv
    path.write_bytes("".join(lines or summary_lines(item, form)).encode("utf-8", "surrogateescape"))
    return argv


def special_lines(case: str, lines: list[str], known: dict[tuple[int, int], list[str]]) -> list[str]:
    if case == "qacct.f_garbage_then_good":
        return ["garbage\n", *lines]
    if case == "qacct.f_truncated_line":
        return [known[(869, 0)][0][:60] + "\n"]
    if case == "qacct.f_no_final_newline":
        return [lines[0].rstrip("\n")]
    if case == "qacct.f_empty":
        return []
    if case == "qacct.f_never_started":
        words = known[(869, 0)][0].split(":")
        words[9:13] = ["0", "0", "26", "0"]
        return [":".join(words)]
    return lines


def summary_lines(item: Case, form: Accounting) -> list[str]:
    """Records with the usage of the summary's lines, for the cases that print nothing else."""
    result = []
    for line in item["stdout"].splitlines():
        words = line.split()
        if len(words) in (7, 8) and words[-1].replace(".", "").isdigit():
            numbers = [float(word) for word in words[-7:]]
            record = Record(
                qname="all.q",
                hostname="localhost",
                group="g",
                owner=words[0],
                job_name="j",
                job_number=1,
                account="sge",
                start_time=1,
                end_time=2,
                ru_wallclock=numbers[0],
                ru_utime=numbers[1],
                ru_stime=numbers[2],
                cpu=numbers[3],
                mem=numbers[4],
                io=numbers[5],
                iow=numbers[6],
            )
            result.append(format_json(record, form) + "\n" if form.json else format_record(record))
    return result
