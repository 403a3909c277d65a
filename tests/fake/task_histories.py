"""Random histories of array jobs: what changes the lists of their tasks, and all that shows them.

Pure: the same seed gives the same lines, in the language of :mod:`tests.fake.stories`.
"""

from __future__ import annotations

import random

SLOTS = 4
_HOLDS = ("u", "u", "u", "o", "s", "uo", "us", "os", "uos")
_QUERIES = (
    "qstat",
    "qstat -g d",
    "qstat -xml",
    "qstat -s p",
    "qstat -s hu",
    "qstat -s ho",
    "qstat -s hs -g d",
    "qstat -s hd",
    "qstat -s h",
    "qstat -s z",
    "qstat -s prz -xml",
    "qstat -s rs",
    "qstat -r -s p",
)


class _History:
    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)
        self.family = seed[0]
        self.failing = self.family == "e"
        self.arrays: list[range] = []
        self.lines: list[str] = []

    def told(self) -> list[str]:
        """All lines."""
        kind = self.chance.choice(("waiting", "waiting", "running", "dependent"))
        kind = {"e": "running", "d": "dependent"}.get(self.family, kind)
        closed = kind != "running" and self.family != "d"
        if closed:
            self.lines.append("qmod -d all.q")
        self.submit(held=self.chance.random() < 0.4 and not self.failing)
        if kind == "dependent":
            self.submit(held=self.chance.random() < 0.2, after=True)
        if not closed:
            self.lines.append("settle")
        for _ in range(self.chance.randint(5, 12)):
            self.change(kind)
            if kind != "waiting":
                self.lines.append("settle")
            self.lines += self.chance.sample(_QUERIES, 2)
        self.lines += ["settle", *_QUERIES]
        if closed:
            self.lines.append("qmod -e all.q")
        return self.lines

    def submit(self, held: bool, after: bool = False) -> None:
        chance = self.chance
        first, step = chance.choice((1, 1, 1, 2, 3, 5)), chance.choice((1, 1, 1, 2, 2, 3, 4, 5))
        last = first + step * chance.randint(3, 14) + chance.choice((0, 0, step - 1))
        if after:  # it is refused unless it begins and ends as the other one
            first, last = self.arrays[0].start, self.arrays[0].stop - 1
        self.arrays.append(range(first, last + 1, step))
        words = ["qsub", "-t", f"{first}-{last}:{step}", "-b y"]
        words.append("-cwd -o $TASK_ID/out -j y" if self.failing else "-o /dev/null -j y")
        words += ["-h"] * held + ["-tc 2"] * (chance.random() < 0.2)
        words += ["-hold_jid_ad {0}"] * after
        if self.failing:
            good = chance.sample(self.arrays[0], chance.randint(0, SLOTS))
            self.lines.append(f"make {' '.join(map(str, sorted(good)))}")
        self.lines.append(" ".join([*words, "sleep 1000"]))

    def tasks(self, index: int) -> str:
        """Some tasks of a job, most of them on its own steps."""
        array, chance = self.arrays[index], self.chance
        one, other = sorted((chance.choice(array), chance.choice(array)))
        if one == other or chance.random() < 0.4:
            return str(one)
        step = array.step * chance.choice((1, 1, 2, 3)) if chance.random() < 0.9 else 1
        return f"{one}-{other}:{step}"

    def change(self, kind: str) -> None:
        chance = self.chance
        index = chance.randrange(len(self.arrays))
        job, tasks, hold = f"{{{index}}}", self.tasks(index), chance.choice(_HOLDS)
        delete = f"qdel {job} -t {tasks}"
        ways = [
            f"qhold -h {hold} {job} -t {tasks}",
            f"qhold -h {hold} {job} -t {tasks}",
            f"qrls -h {hold} {job} -t {tasks}",
            f"qrls -h {hold} {job}.{tasks}",
            f"qhold {job}.{tasks}",
            delete,
            delete,
            chance.choice((f"qhold -h {hold} {job}", f"qrls -h {hold} {job}", f"qalter -h U {job}")),
            chance.choice(
                (f"qalter -h {hold} {job} -t {tasks}", f"qmod -sj {job}.{tasks}", f"qmod -cj {job}")
            ),
        ]
        if kind == "dependent" and index:
            ways.append(chance.choice(("qalter -hold_jid_ad {0} {1}", "qalter -hold_jid_ad '' {1}")))
        self.lines.append(chance.choice(ways))


def history(seed: str) -> list[str]:
    """The lines of one history; ``{0}`` stands for the number of the first submitted job.

    With a seed such as e001 only tasks whose directories were made have a place for their output; with d001
    tasks of one job run while those of another wait for them.
    """
    return _History(seed).told()
