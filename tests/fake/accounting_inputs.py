"""Accounting lines behind recorded qacct blocks: recorded ones, else read back from the block."""

from __future__ import annotations

import json
import re
from typing import Any

from fake_sge.model.accounting import FIELDS, Record, format_record

from .predict.instants import instant

LABELS = {
    "qname": "qname",
    "hostname": "hostname",
    "group": "group",
    "owner": "owner",
    "project": "project",
    "department": "department",
    "jobname": "job_name",
    "jobnumber": "job_number",
    "taskid": "task_number",
    "account": "account",
    "priority": "priority",
    "qsub_time": "submission_time",
    "start_time": "start_time",
    "end_time": "end_time",
    "granted_pe": "granted_pe",
    "slots": "slots",
    "failed": "failed",
    "exit_status": "exit_status",
    "category": "category",
}
UNITS = {"": 1.0, "K": 1024.0, "M": 1024.0**2, "G": 1024.0**3}
TIMES = ("submission_time", "start_time", "end_time")
WHOLE = ("ru_maxrss", "ru_ixrss", "ru_idrss", "ru_isrss")
GIGABYTE = 1024.0**3


def number(text: str) -> float:
    found = re.match(r"(-?[\d.]+)([KMG]?)", text)
    assert found
    return float(found.group(1)) * UNITS[found.group(2)]


def record_of(block: str) -> Record:
    """A record that prints as this block."""
    record = Record()
    for line in block.splitlines():
        label, value = line[:13].strip(), line[13:].rstrip()
        name = LABELS.get(label, label)
        if name in TIMES:
            setattr(record, name, 0 if value == "-/-" else int(instant(value)))
        elif name in ("arid", "ar_sub_time") or value == "undefined":
            continue
        elif name in ("failed", "exit_status", "job_number", "priority", "slots", "task_number"):
            setattr(record, name, int(value.split()[0]))
        elif name in LABELS.values():
            setattr(record, name, value)
        elif name in FIELDS:
            amount = number(value) / (GIGABYTE if name in ("mem", "io") else 1.0)
            setattr(record, name, float(round(amount)) if name in WHOLE else amount)
    return record


def recorded_lines(cases: dict[str, dict[str, Any]]) -> dict[tuple[int, int], list[str]]:
    """The accounting lines that were recorded with the transcripts, by job and task."""
    result: dict[tuple[int, int], list[str]] = {}
    for case in cases.values():
        for line in case.get("accounting_lines") or []:
            if line.startswith("{"):
                values = json.loads(line)
                key = values["job_number"], values["task_number"]
            else:
                words = line.split(":")
                key = int(words[5]), int(words[35])
            lines = result.setdefault(key, [])
            if line + "\n" not in lines:
                lines.append(line + "\n")
    return result


def json_lines_of(output: str, known: dict[tuple[int, int], list[str]]) -> list[str]:
    """The same for an Open Cluster Scheduler: the recorded lines with the job, task and end of each block."""
    result = []
    for block in re.split("(?m)^={62}\n", output)[1:]:
        labels = {line[:35].strip(): line[35:].rstrip() for line in block.splitlines()}
        task = 0 if labels["taskid"] == "undefined" else int(labels["taskid"])
        end = 0.0 if labels["end_time"] == "-/-" else instant(labels["end_time"])
        lines = known[(int(labels["jobnumber"]), task)]
        result += [line for line in lines if abs(json.loads(line)["end_time"] / 1e6 - end) < 1e-6]
    return result


def lines_of(output: str, known: dict[tuple[int, int], list[str]]) -> list[str]:
    """Accounting lines whose ``qacct -j`` is this output, in its order."""
    if any(line.startswith("{") for lines in known.values() for line in lines):
        return json_lines_of(output, known)
    result = []
    for block in re.split("(?m)^={62}\n", output)[1:]:
        record = record_of(block.split("Total System Usage")[0])
        lines = known.get((record.job_number, record.task_number), [])
        same = [line for line in lines if line.split(":")[10] == str(record.end_time)]
        result.append(same[0] if len(same) == 1 else format_record(record))
    return result
