"""Predicts recorded answers: what was done to a recorded cell is done to the fake one, up to each question.

A script of ``data/recorded`` has these lines; ``TASKS`` are ``NUMBER`` or ``NUMBER.TASK``:

``cell {...}``             the :class:`CellOptions` that differ
``configuration CASES``    recorded answers of qconf that say how the cell was configured
``queue NAME {...}``       another queue; the attributes that differ from those of all.q
``environment {...}``      what the users' environments have
``NUMBER USER: COMMAND``   a submission, which got that number; ``with CASE`` takes variables from a recording
``USER: COMMAND``          another command of which no answer was recorded
``forget``                 ended jobs are forgotten: too many came after them
``schedule``               the scheduler runs
``transfer TASKS``         it runs, and starts these
``started TASKS``          the same, and the host has said that they run
``failed TASK CODE TEXT``  the host says that it could not run it (the accounting's code; the reason)
``rescheduled TASK``, ``ended TASKS``   their processes have ended
``cases PATTERNS``         recorded commands, in the order of the patterns; each answer is compared
"""

from __future__ import annotations

import itertools
import json
import shlex
import tempfile
from fnmatch import filter as named_like
from functools import cache
from math import ceil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fake_sge.engine.scheduling import set_priorities
from fake_sge.model import ClusterQueue, Exit, QueueState, State
from fake_sge.options import CellOptions
from tests.fake.cells import DATA, FOLDERS, captures
from tests.fake.configurations import Configuration
from tests.fake.help_text import cut_help
from tests.fake.pure import PureCell, PureQmaster

from ..expected import expected
from .instants import instant
from .taken import Key, Values, read

DIRECTORY = Path(__file__).parents[1] / "data" / "recorded"
OTHERS = ("sge-daimh", "ocs-9.0", "ocs-9.1", "ocs-9.2")
SCRIPTS = {
    "sge-8.1.9": ("sge-8.1.9",),
    "second": ("sge-8.1.9",),
    "render": ("sge-8.1.9",),
    "others": OTHERS,
    "special": OTHERS,
    "no_queue": ("sge-8.1.9", *OTHERS),
}
"""The scripts, and whose answers they predict."""
ROOTS = {
    "sge-8.1.9": "/var/lib/gridengine",
    "sge-daimh": "/opt/ge/daimh",
    "ocs-9.0": "/opt/ge/v9013",
    "ocs-9.1": "/opt/ge/v914",
    "ocs-9.2": "/opt/ge/m92",
}
"""$SGE_ROOT of the recorded cells; their commands are in bin/lx-amd64 there."""
PLACE = ("SGE_ROOT", "SGE_QMASTER_PORT", "SGE_EXECD_PORT")  # where a recorded cell was
REPORTED = ("num_proc", "mem_free")  # an answer that has these has the whole load report
Case = dict[str, Any]
Answer = tuple[int, str, str]


def rounds_to(known: str, told: str) -> bool:
    """Whether a number that is known better is what was printed."""
    try:
        return f"{float(known):.{len(told.partition('.')[2])}f}" == told
    except ValueError:
        return False


class Qmaster(PureQmaster):
    """Jobs run until they are said to have ended; what they use is taken from the answer that tells it."""

    values = Values()

    def apply(self, name: str, *args: Any) -> Any:
        result = self.engine.apply(name, self.now, *args)
        self.engine.state.take_effects()
        return result

    def tick(self) -> None:
        """The scheduler runs when the script says so."""

    def fresh_priorities(self) -> None:
        """They are those of the scheduler's last run."""

    def fresh_usage(self) -> None:
        state = self.engine.state
        for number, task in (*state.running, *state.ended):
            found = state.jobs[number].tasks[task]
            found.usage = self.values.usage.get((number, task), {})


def lines_of(script: str, flavour: str) -> list[str]:
    """The lines of a script for a flavour; ``@PREFIX`` before a line means those whose names begin so."""
    found = []
    for line in (DIRECTORY / f"{script}.txt").read_text(encoding="utf-8").splitlines():
        prefix, _, rest = line[1:].partition(" ") if line.startswith("@") else ("", "", line)
        if rest and rest[0] != "#" and flavour.startswith(prefix):
            found.append(rest)
    return found


@cache
def recorded(flavour: str) -> dict[str, Case]:
    """All transcripts of a flavour."""
    groups = sorted(path.stem for path in (DATA / FOLDERS[flavour]).glob("*.jsonl"))
    return {name: item for group in groups for name, item in captures(group, flavour).items()}


@cache  # a script is read again from each submission on, to find its values
def cases_of(line: str, flavour: str) -> tuple[str, ...]:
    """The cases that a line asks for, in their order."""
    names = recorded(flavour)
    found = [[word] if word in names else named_like(names, word) for word in line.split()[1:]]
    return tuple(dict.fromkeys(itertools.chain.from_iterable(found)))


def asked(script: str, flavour: str) -> list[str]:
    """The cases that a script predicts."""
    lines = [line for line in lines_of(script, flavour) if line.startswith("cases ")]
    return [name for line in lines for name in cases_of(line, flavour)]


@cache
def predicted(flavour: str) -> set[str]:
    """All cases that are predicted for a flavour."""
    return {
        case for script, flavours in SCRIPTS.items() if flavour in flavours for case in asked(script, flavour)
    }


@cache
def played(script: str, flavour: str) -> dict[str, tuple[Answer, Answer]]:
    """What the fake answers and what was recorded, by case."""
    with tempfile.TemporaryDirectory(prefix="play") as directory:
        player = Player(script, flavour, Path(directory))
        player.play()
    return player.answers


class Player:
    """One script on a cell of one flavour."""

    def __init__(self, script: str, flavour: str, directory: Path) -> None:
        self.flavour = flavour
        self.lines = lines_of(script, flavour)
        self.recorded = recorded(flavour)
        self.directory = directory
        self.cell: PureCell
        self.environment: dict[str, str | None] = {}
        self.answers: dict[str, tuple[Answer, Answer]] = {}
        self.reported: dict[str, dict[str, str]] = {}
        self.at = 0

    # ---- values from the answers -------------------------------------------------------------------
    def values_of(self, name: str) -> Values:
        item = self.recorded[name]
        return read(item["stdout"], (item.get("env") or {}).get("TZ", "UTC") or "UTC")

    def moment(self, kind: str, key: int | Key, until: tuple[str, ...]) -> float:
        """When something happened, as the answers say from here until a line that changes it again."""
        found: list[float] = []
        number = str(key if isinstance(key, int) else key[0])
        for line in self.lines[self.at + 1 :]:
            verb, _, rest = line.partition(" ")
            if verb in until and number in {word.split(".")[0] for word in rest.split()}:
                break
            if verb == "cases":
                found += [
                    getattr(values, kind)[key]
                    for values in map(self.values_of, cases_of(line, self.flavour))
                    if key in getattr(values, kind)
                ]
        return max(found, key=lambda when: when % 1 != 0, default=self.cell.qmaster.now)

    # ---- steps -------------------------------------------------------------------------------------
    def play(self) -> None:
        for at, line in enumerate(self.lines):
            self.at = at
            verb, _, rest = line.partition(" ")
            if verb.isdigit():
                self.submit(int(verb), rest)
            elif verb.endswith(":"):
                self.run(verb[:-1], shlex.split(rest))
            else:
                getattr(self, f"do_{verb}")(rest)

    def do_cell(self, rest: str) -> None:
        options = json.loads(rest)
        self.cell = PureCell(self.directory, flavour=self.flavour, **options)
        self.work = self.directory / "work"
        self.work.mkdir()
        self.cell.qmaster = Qmaster(CellOptions(flavour=self.flavour, **options))
        self.cell.qmaster.engine.state.timing.cleanup = 1.0

    def do_configuration(self, rest: str) -> None:
        config = self.cell.qmaster.engine.state.config
        template = config.queues["all.q"].attributes
        configuration = Configuration(SimpleNamespace(config=config, template=template, clients=[]))
        configuration.apply([self.recorded[name] for name in cases_of(f"cases {rest}", self.flavour)])
        self.cell.qmaster.apply("configure", configuration.config, None)
        self.reported.clear()

    def do_queue(self, rest: str) -> None:
        name, _, changes = rest.partition(" ")
        config = self.cell.qmaster.engine.state.config
        like = config.queues["all.q"].attributes
        config.queues[name] = ClusterQueue(name, {**like, "qname": name, **json.loads(changes)})
        self.cell.qmaster.apply("configure", config, None)

    def do_environment(self, rest: str) -> None:
        self.environment = json.loads(rest.replace("{root}", ROOTS[self.flavour]))

    def do_made(self, rest: str) -> None:
        config = self.cell.qmaster.engine.state.config
        config.queues = {name: config.queues[name] for name in rest.split()}
        self.cell.qmaster.apply("configure", config, None)

    def do_forget(self, _: str) -> None:
        self.cell.qmaster.engine.state.zombies.clear()

    def do_later(self, rest: str) -> None:
        self.cell.qmaster.now += float(rest)

    def do_alarm(self, rest: str) -> None:
        name, *jobs = rest.split()
        state = self.cell.qmaster.engine.state
        state.instances[name].state ^= QueueState.SUSPEND_ALARM
        for job, task in self.tasks(" ".join(jobs)):
            state.jobs[job].tasks[task].state |= State.SUSPENDED_ON_THRESHOLD

    def do_home(self, rest: str) -> None:
        name, _, text = rest.partition(" ")
        (self.cell.home / name).write_text(text + "\n")

    def do_write(self, rest: str) -> None:
        name, _, text = rest.partition(" ")
        (self.work / name).write_text(text + "\n")

    def do_schedule(self, _: str) -> None:
        self.cell.qmaster.apply("schedule")
        set_priorities(self.cell.qmaster.engine.state, self.cell.qmaster.now)

    def run(self, user: str, words: list[str], extra: dict[str, str] | None = None) -> Answer:
        return self.cell.run(words, user, env={**self.environment, **(extra or {})}, cwd=self.work)

    def submit(self, number: int, rest: str) -> None:
        user, _, line = rest.partition(": ")
        extra = {}
        if line.startswith("{"):
            extra, end = json.JSONDecoder().raw_decode(line)
            line = line[end:]
        words = json.loads(line) if line.startswith("[") else shlex.split(line)
        if words[0] == "with":
            extra = self.recorded[words[1]]["env"]
            words = words[2:]
        qmaster = self.cell.qmaster
        qmaster.now = self.moment("submission", number, ("rescheduled",))
        qmaster.engine.state.next_number = number
        code, out, err = self.run(user, words, extra)
        assert number in qmaster.engine.state.jobs, (code, out, err)
        category = self.moment("category", number, ())
        if qmaster.engine.state.config.flavour.is_ocs:
            qmaster.engine.state.jobs[number].category_id = int(category)

    @staticmethod
    def tasks(rest: str) -> list[Key]:
        return [(int(job), int(task or 1)) for job, _, task in (word.partition(".") for word in rest.split())]

    def do_transfer(self, rest: str) -> None:
        keys = self.tasks(rest)
        qmaster = self.cell.qmaster
        starts = {key: self.moment("start", key, ("rescheduled",)) for key in keys}
        qmaster.now = max(starts.values())
        before = set(qmaster.engine.state.running)
        self.do_schedule("")
        begun = set(qmaster.engine.state.running) - before
        assert set(keys) == begun, begun
        for (job, task), when in starts.items():
            qmaster.engine.state.jobs[job].tasks[task].start_time = when

    def do_start(self, rest: str) -> None:
        """What starts is not seen in any answer before it has ended: the clock stands."""
        now = self.cell.qmaster.now
        self.do_schedule("")
        for job, task in self.tasks(rest):
            found = self.cell.qmaster.engine.state.jobs[job].tasks[task]
            found.start_time = now
            self.cell.qmaster.apply("started", job, task, found.run)

    def do_started(self, rest: str) -> None:
        keys = self.tasks(rest)
        jobs = self.cell.qmaster.engine.state.jobs
        if not set(keys) <= set(self.cell.qmaster.engine.state.running):
            self.do_transfer(rest)
        for job, task in keys:
            self.cell.qmaster.apply("started", job, task, jobs[job].tasks[task].run)

    def end(self, job: int, task: int, end: Exit) -> None:
        self.cell.qmaster.apply(
            "exited", job, task, self.cell.qmaster.engine.state.jobs[job].tasks[task].run, end
        )

    def do_failed(self, rest: str) -> None:
        name, code, text = rest.split(" ", 2)
        [(job, task)] = self.tasks(name)
        reasons = [
            values.errors[job, task]
            for line in self.lines[self.at :]
            if line.startswith("cases ")
            for values in map(self.values_of, cases_of(line, self.flavour))
            if (job, task) in values.errors
        ]
        when, pid = reasons[0][0] if reasons else (self.cell.qmaster.now, "0")
        qmaster = self.cell.qmaster
        qmaster.now = when
        user = 0 if code == "0" else qmaster.engine.state.jobs[job].spec.uid
        prefix = f"[{user}:{pid}]: "
        self.end(job, task, Exit(int(code), 100, 0, 0.0, 0.0, {}, prefix + (text if int(code) else "")))

    def do_rescheduled(self, rest: str) -> None:
        for job, task in self.tasks(rest):
            self.cell.qmaster.now = self.moment("submission", job, ("rescheduled",))
            self.end(job, task, Exit(0, 137, 9, 0.0, self.cell.qmaster.now))

    def do_ended(self, rest: str) -> None:
        for job, task in self.tasks(rest):
            self.end(job, task, Exit(0, 0, 0, 0.0, self.cell.qmaster.now))

    def take(self, values: Values) -> None:
        """Have what the host reported, and when the scheduler ran, as an answer tells."""
        qmaster = self.cell.qmaster
        qmaster.values = values
        state = qmaster.engine.state
        qmaster.now = instant(values.now[0]) if values.now else qmaster.now
        for host in state.config.hosts:
            loads, known = values.load[host], state.config.hosts[host].load_values
            if self.flavour == "ocs-9.2" and "load_avg" in loads:
                loads.setdefault("np_load_avg", loads["load_avg"])  # its qstat -f shows that
            before = self.reported.setdefault(host, dict(known))
            known.clear()
            if not all(name in loads for name in REPORTED):
                known.update(before)
            for name, told in loads.items():
                known[name] = before[name] if rounds_to(before.get(name, ""), told) else told
        for job in state.zombies:
            job.waiting_contribution = values.waited.get(job.number, 0)
            job.urgency = job.resource_contribution + job.waiting_contribution + job.deadline_contribution
        weight = float(state.config.scheduler["weight_waiting_time"])
        runs = [
            state.jobs[number].submission_time + ceil((waited - 0.5) / weight) + 0.01
            for number, waited in values.waited.items()
            if waited and number in state.jobs
        ]
        if runs:
            set_priorities(state, max(runs))

    def do_cases(self, rest: str) -> None:
        names = cases_of(f"cases {rest}", self.flavour)
        assert names, rest
        for name in names:
            item = self.recorded[name]
            self.take(self.values_of(name))
            given = {name: value for name, value in (item.get("env") or {}).items() if name not in PLACE}
            words = [Path(item["argv"][0]).name, *item["argv"][1:]]
            code, out, err = self.cell.run(
                words, item["user"], env={**self.environment, "HOME": str(self.cell.home), **given}
            )
            told = expected(item)[1]
            if item.get("stdout_encoding"):
                told = told.encode("latin-1").decode("utf-8", "surrogateescape")
            for moment in self.cell.qmaster.values.now:
                told = told.replace(moment, self.cell.qmaster.values.now[0])
            wanted = (item["exit_code"], cut_help(told), cut_help(item["stderr"]))
            real = {str(self.cell.root): ROOTS[self.flavour], str(self.work): str(self.environment["PWD"])}
            for path, shown in real.items():
                out, err = out.replace(path, shown), err.replace(path, shown)
            self.answers[name] = (code, cut_help(out), cut_help(err)), wanted
