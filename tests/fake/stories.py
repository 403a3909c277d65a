"""Recorded stories: commands with pauses between, as a real cell answered them (see :func:`record`).

A story's steps are lines of ``data/NAME.jsonl``: ``{n}`` is the n-th submitted job, ``<<< text`` standard
input with escapes, ``nobody: `` the user. ``settle`` lets the scheduler run, ``write NAME <<< text`` makes a
file, ``load HOST NAME=VALUE ...`` is what a host reports from now on, ``crash HOST`` and ``return HOST`` end
and start its execution daemon with all its jobs, ``unheard HOST`` waits until the qmaster has noticed.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.fake.help_text import cut_help
from tests.fake.record import parse
from tests.fake.twin import Answer, Side

DATA = Path(__file__).parent / "data"
Step = dict[str, Any]


def stories(name: str) -> dict[str, list[Step]]:
    """The recorded steps of a file by story."""
    found: dict[str, list[Step]] = defaultdict(list)
    for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        step = json.loads(line)
        found[step["story"]].append(step)
    return found


def masked(side: Side, text: str) -> str:
    """An answer without what differs from run to run; of a job's details only the scheduling information."""
    details = re.search(
        r"(?s)^=====.*^(scheduling info:.*)|<djob_info>.*</djob_info>\n(.*)", text, re.MULTILINE
    )
    text = (details[1] or details[2]) if details else text
    text = side.mask(re.sub(r"\bJob \d{6}\b", "Job N", cut_help(text)))
    text = re.sub(r"(<J(?:B_submission|AT_start)_time>)[^<]*", r"\1TIME", text)
    text = re.sub(r"(<JAT_prio>)[^<]*", r"\1PRIO", text)
    text = re.sub(r"(?m)^(tmpdir +|qsub_time +).*", r"\1X", text)
    adjusted = r"=\d+\.\d+ \(= (\d+\.\d+) \+ (\d\.\d\d) \* \d+\.\d+ with"
    text = re.sub(adjusted, r"=N (= \1 + \2 * N with", text)
    text = re.sub(r"( name='start_time'>)\d+", r"\1TIME", text)
    return re.sub(r"(usage +\d+: +).*", r"\1USED", text)


def told(steps: list[Step], run: Callable[[list[str], str, bytes], Answer | None]) -> Iterator[Step]:
    """The steps with what ``run(words, user, stdin)`` answered; None: it is no command."""
    side = Side()
    for step in steps:
        user, words, stdin = parse(step["line"])
        answer = run(side.fill(words), user, stdin)
        told_step = {"story": step["story"], "line": step["line"]}
        if answer is not None:
            if words[0] == "qsub":
                side.learn(answer)
            code, out, err = answer[0], masked(side, answer[1]), masked(side, answer[2])
            told_step.update(exit_code=code, stdout=out, stderr=err)
        yield told_step


def record(name: str, run_story: Callable[[list[Step]], Iterator[Step]], again: bool) -> None:
    """Tell the stories of a file that have no answers yet, or all ``again``, and write the answers."""
    told_steps: list[Step] = []
    for steps in stories(name).values():
        recorded = any("stdout" in step for step in steps)
        told_steps += steps if recorded and not again else run_story(steps)
    lines = [json.dumps(step, ensure_ascii=False) + "\n" for step in told_steps]
    (DATA / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
