"""Record what a site's Grid Engine answers: a folder tests/data/captures-NAME (docs/add_a_flavour.md).

    python3 record_flavour.py OUT [--queue Q] [--pe NAME] [--minutes 10]

needs nothing but this file, Python 3.9 and the site's qsub, qstat, qacct, qdel, qhold, qrls and qmod. It
submits a few jobs of its own (rec_*: held, waiting, sleeping, ending at once), asks about them and deletes
them. It asks about nobody else's jobs, changes nothing else, and needs no rights beyond a user's.

What is written is made anonymous first: users, groups, hosts, paths, queues and projects become u1, h1, /p1
and so on, the same everywhere; what the tests do not read of ``qstat -j`` becomes x. Look through the
files before you give them away.
"""

from __future__ import annotations

import argparse
import getpass
import grp
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.anonymous import Anonymous, scrub

PREFIX = "rec_"
UNKNOWN = "999999999"
FAR = "203012312359.00"  # a start time that never comes
PAUSE = 1.0
HANG = 300.0


class Recorder:
    """Runs commands and keeps what they answer.

    Args:
        queue: where the jobs are to run; None leaves it to the site.
        limit: seconds that a job may take to start or to be accounted for.
    """

    def __init__(self, queue: str | None, limit: float) -> None:
        self.lines: list[dict[str, Any]] = []
        self.jobs: list[str] = []
        self.user = getpass.getuser()
        self.queue = [] if queue is None else ["-q", queue]
        self.limit = limit

    def run(self, *argv: str, env: dict[str, str] | None = None) -> tuple[int, bytes, bytes]:
        """Run a command in the C locale and UTC."""
        done = subprocess.run(
            argv,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC", **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=HANG,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def record(self, case: str, *argv: str, env: dict[str, str] | None = None, notes: str = "") -> str:
        """Run a command and keep its answer; what it wrote to standard output."""
        try:
            code, out, err = self.run(*argv, env=env)
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            print(f"{case}: left out ({error})", file=sys.stderr)
            return ""
        self.lines.append(
            {
                "case": case,
                "argv": list(argv),
                "user": self.user,
                "env": env or {},
                "stdin": "",
                "exit_code": code,
                "notes": notes,
                "stdout": out.decode("utf-8", "replace"),
                "stderr": err.decode("utf-8", "replace"),
            }
        )
        return self.lines[-1]["stdout"]  # type: ignore[no-any-return]  # it was put there just now

    def submit(self, case: str, name: str, *words: str) -> str:
        """Submit a job of our own; its number."""
        out = self.record(
            case, "qsub", "-terse", "-N", PREFIX + name, "-o", "/dev/null", "-j", "y", *self.queue, *words
        )
        found = re.findall(r"(?m)^(\d+)(?:\.\S+)?$", out)
        if not found:
            return ""
        self.jobs.append(found[-1])
        return str(found[-1])

    def ask(self, situation: str, job: str) -> None:
        """qstat of the job in each of its forms."""
        self.record(f"state.{situation}.plain", "qstat", "-u", self.user)
        self.record(f"state.{situation}.xml", "qstat", "-xml", "-u", self.user, "-s", "prs")
        self.record(f"state.{situation}.j", "qstat", "-j", job)
        self.record(f"state.{situation}.j_xml", "qstat", "-j", job, "-xml")

    def letters(self, job: str) -> str:
        """The state of a job in the listing; '' when it is not there."""
        _, out, _ = self.run("qstat", "-xml", "-u", self.user, "-s", "prs")
        for block in re.findall(r"<job_list.*?</job_list>", out.decode("utf-8", "replace"), re.DOTALL):
            if f"<JB_job_number>{job}<" in block:
                return (re.findall(r"<state>(\w+)<", block) or [""])[0]
        return ""

    def until(self, job: str, states: Sequence[str]) -> bool:
        """Wait until the job is in one of some states ('' is gone); whether it came to that."""
        end = time.monotonic() + self.limit
        while time.monotonic() < end:
            if self.letters(job) in states:
                return True
            time.sleep(PAUSE)
        print(f"job {job} did not get to {' or '.join(map(repr, states))} in time", file=sys.stderr)
        return False


def questions_without_jobs(rec: Recorder) -> None:
    """Help, unknown jobs, refusals, no cell, no qmaster."""
    for tool in ("qstat", "qsub", "qacct", "qdel", "qhold", "qrls", "qmod"):
        rec.record(f"help.{tool}", tool, "-help")
    rec.record("qstat.j_unknown", "qstat", "-j", UNKNOWN)
    rec.record("qstat.j_unknown_xml", "qstat", "-j", UNKNOWN, "-xml")
    rec.record("qstat.bad_option", "qstat", "-nosuchoption")
    rec.record("qacct.j_unknown", "qacct", "-j", UNKNOWN)
    for case, words in {
        "qdel": ["qdel"],
        "qhold": ["qhold"],
        "qrls": ["qrls"],
        "qmod_sj": ["qmod", "-sj"],
    }.items():
        rec.record(f"op.{case}.unknown", *words, UNKNOWN)
        rec.record(f"op.{case}.badid", *words, "no such!")
    for case, given in {
        "err_unknown_pe": ["-pe", "nosuch", "2"],
        "err_unknown_project": ["-P", "nosuch"],
        "err_unknown_resource": ["-l", "nosuch=1"],
        "err_bad_resource_value": ["-l", "h_rt=abc"],
        "err_b_bad": ["-b", "maybe"],
        "err_t_range_a": ["-t", "a"],
    }.items():
        rec.record(f"qsub.{case}", "qsub", *given, "-b", "y", "true")
    for name, env in {
        "bad_cell": {"SGE_CELL": "nosuchcell"},
        "bad_root": {"SGE_ROOT": "/no/such/root"},
        "dead_port": {"SGE_QMASTER_PORT": "1"},
    }.items():
        rec.record(f"env.{name}.qstat_xml", "qstat", "-xml", "-u", rec.user, "-s", "prs", env=env)
        rec.record(f"env.{name}.qstat_j_xml", "qstat", "-j", UNKNOWN, "-xml", env=env)
        rec.record(f"env.{name}.qdel", "qdel", UNKNOWN, env=env)
        rec.record(f"env.{name}.qmod_sj", "qmod", "-sj", UNKNOWN, env=env)


def questions_about_waiting_jobs(rec: Recorder) -> None:
    """A job that never starts, held and released; arrays; deletion."""
    job = rec.submit("qsub.terse_binary", "wait", "-h", "-a", FAR, "-b", "y", "true")
    rec.ask("hqw_u", job)
    for option in ("hu", "ho", "hs", "ha"):
        rec.record(f"hold_filter.s_{option}_xml", "qstat", "-xml", "-u", rec.user, "-s", option)
    rec.record("op.qmod_sj.hqw_u", "qmod", "-sj", job)
    rec.record("op.qrls.hqw_u", "qrls", job)
    rec.record("op.qrls.qw", "qrls", job)
    rec.ask("qw", job)
    rec.record("op.qhold.qw", "qhold", job)
    rec.record("op.qhold.qw.2", "qhold", job)
    out = rec.record("qsub.plain_hold", "qsub", "-N", f"{PREFIX}plain", "-h", "-b", "y", "true")
    rec.jobs += re.findall(r"Your job (\d+) ", out)
    array = rec.submit("qsub.terse_array_1-10_2", "array", "-h", "-t", "1-10:2", "-b", "y", "true")
    one = rec.submit("qsub.terse_array_5", "one", "-h", "-t", "5", "-b", "y", "true")
    rec.ask("array_held", array)
    rec.record("op.qdel.task_pending", "qdel", f"{array}.3")
    rec.record("op.qdel.unknown_task", "qdel", f"{array}.77")
    rec.record("op.qhold_task.pending", "qhold", f"{array}.5")
    rec.record("op.qdel.qw", "qdel", job)
    rec.record("op.qdel.qw.2", "qdel", job, notes="again at once")
    rec.record("op.qstat_j_xml.after_qdel_pending", "qstat", "-j", job, "-xml")
    rec.record("op.qdel.held_multi", "qdel", array, one)


def questions_about_a_running_job(rec: Recorder) -> None:
    """Suspended, held, deleted while it runs."""
    job = rec.submit("qsub.terse_sleep", "run", "-b", "y", "-shell", "n", "sleep", "600")
    if not job or not rec.until(job, ("r",)):
        return
    rec.ask("r", job)
    rec.record("op.qmod_sj.r", "qmod", "-sj", job)
    if rec.until(job, ("s",)):
        rec.ask("s", job)
    rec.record("op.qmod_sj.s", "qmod", "-sj", job)
    rec.record("op.qmod_usj.s", "qmod", "-usj", job)
    rec.until(job, ("r",))
    rec.record("op.qhold.r", "qhold", job)
    rec.ask("hr", job)
    rec.record("op.qrls.hr", "qrls", job)
    rec.record("op.qdel.r", "qdel", job)
    rec.record("op.qdel.dr", "qdel", job)
    if rec.until(job, ("",)):
        rec.record("op.qstat_j_xml.just_gone", "qstat", "-j", job, "-xml")
        account(rec, "j_qdel_running", job)


def questions_about_ended_jobs(rec: Recorder, pe: str | None) -> None:
    """Accounting, of jobs that end in a second."""
    shell = ("-b", "y", "-shell", "n", "sh", "-c")
    jobs = {
        "j_exit0": rec.submit("qsub.run_exit0", "exit0", *shell, "exit 0"),
        "j_exit1": rec.submit("qsub.run_exit1", "exit1", *shell, "exit 1"),
        "j_sigkill": rec.submit("qsub.run_sigkill", "sigkill", *shell, "kill -9 $$"),
        "j_array": rec.submit("qsub.run_array", "ends", "-t", "1-5:2", *shell, "exit $SGE_TASK_ID"),
    }
    if pe is not None:
        jobs["j_pe"] = rec.submit("qsub.run_pe", "pe", "-pe", pe, "2", *shell, "exit 0")
    for case, job in jobs.items():
        if job and rec.until(job, ("",)):
            account(rec, case, job)


def account(rec: Recorder, case: str, job: str) -> None:
    """qacct of a job once it has a record, with the lines of the accounting file where that can be read."""
    end = time.monotonic() + rec.limit
    while time.monotonic() < end and rec.run("qacct", "-j", job)[0] != 0:
        time.sleep(PAUSE)
    rec.record(f"qacct.{case}", "qacct", "-j", job)
    common = Path(os.environ.get("SGE_ROOT", "/"), os.environ.get("SGE_CELL") or "default", "common")
    lines = []
    for name in ("accounting", "accounting.jsonl"):
        try:
            text = (common / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # not here, or not for us: qacct's words are enough
        lines += [line for line in text.splitlines() if f":{job}:" in line or f'"job_number":{job},' in line]
    rec.lines[-1]["accounting_lines"] = [line for line in lines if PREFIX in line]


def only_ours(text: str) -> str:
    """A listing without the user's other jobs."""
    text = re.sub(
        r" *<job_list .*?</job_list>\n",
        lambda found: found[0] if f">{PREFIX}" in found[0] else "",
        text,
        flags=re.DOTALL,
    )
    if text.startswith("job-ID"):
        head, rule, *rows = text.splitlines(keepends=True)
        text = "".join([head, rule, *(row for row in rows if PREFIX in row)])
        text = "" if PREFIX not in text else text
    return text


def write(rec: Recorder, out: Path, names: Anonymous) -> None:
    """Make everything anonymous and write it, a file for each group."""
    for line in rec.lines:
        for stream in ("stdout", "stderr"):
            line[stream] = scrub(line["argv"], only_ours(line[stream]))
        names.learn("\n".join([line["stdout"], line["stderr"], *line.get("accounting_lines", ())]))
    out.mkdir(parents=True)
    for line in rec.lines:
        whole = names.apply(json.dumps(line, ensure_ascii=False))
        json.loads(whole)
        with (out / f"{line['case'].partition('.')[0]}.jsonl").open("a", encoding="utf-8") as file:
            file.write(whole + "\n")
    written = "".join(path.read_text(encoding="utf-8") for path in out.iterdir())
    left = [word for word in names.words if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", written)]
    if left:
        print(f"look for these, which are still in the files: {', '.join(sorted(left))}", file=sys.stderr)


def known_names() -> Anonymous:
    """Who and where we are."""
    names = Anonymous()
    names.add("u", getpass.getuser())
    names.add("g", grp.getgrgid(os.getegid()).gr_name)
    for host in (socket.getfqdn(), socket.gethostname(), socket.gethostname().partition(".")[0]):
        names.add("h", host)
    for variable in ("SGE_ROOT", "HOME", "PWD"):
        if len(os.environ.get(variable, "")) > 1:
            names.add("/p", os.environ[variable])
    return names


def main(argv: Sequence[str] | None = None) -> None:
    """Ask, delete the jobs, write."""
    parser = argparse.ArgumentParser(description="Record what this site's Grid Engine answers, anonymously.")
    parser.add_argument("out", type=Path, help="a folder that is not there yet")
    parser.add_argument("--queue", help="where the jobs are to run")
    parser.add_argument("--pe", help="a parallel environment for one job of two slots")
    parser.add_argument("--minutes", type=float, default=10, help="the longest to wait for a job (10)")
    args = parser.parse_args(argv)
    rec = Recorder(args.queue, args.minutes * 60)
    names = known_names()
    try:
        questions_without_jobs(rec)
        questions_about_waiting_jobs(rec)
        questions_about_a_running_job(rec)
        questions_about_ended_jobs(rec, args.pe)
    finally:
        if rec.jobs:
            rec.run("qdel", *rec.jobs)
    write(rec, args.out, names)
    print(f"{len(rec.lines)} transcripts in {args.out}: look through them before you give them away")


if __name__ == "__main__":
    main()
