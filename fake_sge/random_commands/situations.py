"""Random sequences of command lines: jobs are submitted, held, altered, listed in all forms, deleted.

Pure: the same seed gives the same lines.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import Callable

from . import scenes, tables
from .tables import Values

LINES_OF_A_SITUATION = 25
FILES = {
    "options": "-h -N fromfile\n# a comment\n-p -5\n",
    "mpi": "pe_name mpi\nslots 4\nuser_lists NONE\nxuser_lists NONE\nstart_proc_args NONE\n"
    "stop_proc_args NONE\nallocation_rule $pe_slots\ncontrol_slaves TRUE\njob_is_first_task TRUE\n"
    "urgency_slots min\naccounting_summary FALSE\nqsort_args NONE\n",
    "prj": "name other\noticket 0\nfshare 0\nacl NONE\nxacl NONE\n",
    "group": "group_name @g\nhostlist localhost\n",
    "list": "name list\ntype ACL\nfshare 0\noticket 0\nentries nobody\n",
    "user": "name someone\noticket 0\nfshare 0\ndelete_time 0\ndefault_project NONE\n",
    "host": "hostname localhost\nload_scaling NONE\ncomplex_values license=4\nuser_lists NONE\n"
    "xuser_lists NONE\nprojects NONE\nxprojects NONE\nusage_scaling NONE\nreport_variables NONE\n",
    "quota": "{\n name max\n description NONE\n enabled TRUE\n limit users {*} to slots=1\n}\n",
    "verdict": "RESULT STATE ACCEPT\n",
    "judge": scenes.JUDGE,
    "show": scenes.SHOW_JOB,
    "job.sh": "#!/bin/sh\n#$ -N script -h\n#$ -l h_rt=2000\nsleep 1000\n",
}
"""What stands in the directory that the lines run in."""

BEFORE = (  # makes the files that depend on the cell
    "qconf -sq all.q | sed 's/^qname.*/qname new.q/' > new.q; qconf -ssconf > scheduler;"
    " qconf -sc | sed '/^#/d' > plain; { cat plain; echo 'fluid fl INT <= YES YES 0 0'; } > complex;"
    " chmod +x judge show"
)
AFTER = (  # takes back what lines may have changed
    "-drqs max",
    *("-dq new.q", "-dp mpi", "-dprj other", "-dhgrp @g", "-dul list", "-duser someone", "-dm nobody"),
    *("-dm x", "-do nobody,daemon", "-Mc plain", "-Me host", "-mattr pe slots 999 smp", "-Msconf scheduler"),
    *(
        "-rattr queue slots 2 all.q",
        "-rattr queue h_rt INFINITY all.q",
        "-rattr queue complex_values NONE all.q",
        "-rattr exechost complex_values NONE global",
    ),
    *("-rattr queue pe_list smp all.q", "-rattr queue rerun FALSE all.q", "-rattr queue seq_no 0 all.q"),
    *("-rattr queue qtype 'BATCH INTERACTIVE' all.q",),
)
_HELD_OFTEN = 0.6
_BY_ANOTHER = 0.06
_ANOTHER = "setpriv --reuid=65534 --regid=65534 --clear-groups "
_AGAIN = "test -e again && exit 0; echo >again; exit 99"  # once: how often it runs would be a race
_CHANGING = ("qsub", "qalter", "qhold", "qrls", "qdel", "qmod", "qconf -", "qrsh")


def situation(seed: str, lines: int = LINES_OF_A_SITUATION) -> list[str]:
    """The command lines of one situation; ``{1}`` stands for the number of the first submitted job."""
    maker = _Maker(random.Random(seed))
    made = [maker.session(), maker.submission(), *maker.scene()]
    while len(made) < lines:
        made += maker.lines()
    return [maker.by_somebody(line) for line in made[:lines]]


def situations(seed: str, lines: int) -> Iterator[list[str]]:
    """Situations with as many lines in all."""
    for start in range(0, lines, LINES_OF_A_SITUATION):
        yield situation(f"{seed}.{start}", min(LINES_OF_A_SITUATION, lines - start))


def changes_something(line: str) -> bool:
    """Whether jobs or queues may be others after a line, so that the scheduler has to look at them."""
    return any(tool in line for tool in _CHANGING)


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._submitted = 0
        self._ways: list[tuple[float, Callable[[], Sequence[str]]]] = [
            (3, lambda: [self.submission()]),
            (1.5, self.scene),
            (1, lambda: [self._script()]),
            (1, lambda: [self._short()]),
            (1, lambda: [self._shown()]),
            (1, lambda: [self._verification()]),
            (5, lambda: [self._operation("qalter", tables.ALTER, 3)]),
            (1.5, lambda: [self._operation("qhold", tables.HOLD, 1)]),
            (1.5, lambda: [self._operation("qrls", tables.HOLD, 1)]),
            (2, lambda: [self._deletion()]),
            (2, lambda: [self._modification()]),
            (4, lambda: [self._query("qstat", tables.LISTING, 4)]),
            (1, lambda: [self._details()]),
            (1, lambda: [self._query("qselect", tables.SELECT, 2)]),
            (1, lambda: [self._query("qhost", tables.HOSTS, 2)]),
            (1.5, lambda: [self._query("qacct", tables.ACCOUNTS, 2)]),
            (1, lambda: [self._query("qconf", tables.SHOW, 1, 1)]),
            (1.5, lambda: [f"qconf {self._chance.choice(tables.CHANGES)}"]),
            (0.3, lambda: [self._query("qquota", tables.QUOTAS, 2)]),
        ]

    def lines(self) -> Sequence[str]:
        """The next command lines, mostly one."""
        weights = [weight for weight, _ in self._ways]
        ((_, make),) = self._chance.choices(self._ways, weights)
        return make()

    def by_somebody(self, line: str) -> str:
        """The line, or the same as another user."""
        if line.startswith("q") and self._chance.random() < _BY_ANOTHER:
            return _ANOTHER + line
        return line

    def scene(self) -> Sequence[str]:
        """Lines that bring about a state of jobs, queues or files."""
        lines = self._chance.choice(scenes.SCENES).split(";;")
        made = []
        for line in lines:
            options = " ".join(self._options(tables.SUBMIT, self._chance.choice((0, 0, 1, 2))))
            with_changes = re.sub("{change}", lambda _: self._chance.choice(scenes.CHANGES), line)
            filled = self._filled(with_changes.replace("{options}", options))
            made.append(filled.replace("{last}", f"{{{self._submitted}}}"))
            self._submitted += "qsub " in line
        return made

    def submission(self) -> str:
        """A job that stays: it sleeps, often held."""
        words = ["qsub", *self._options(tables.SUBMIT, self._chance.choice((0, 1, 1, 2, 2, 3)))]
        if self._chance.random() < _HELD_OFTEN:
            words.append("-h")
        self._submitted += 1
        return " ".join([*words, "-b y sleep 1000"])

    def _script(self) -> str:
        options = " ".join(self._options(tables.SUBMIT, self._chance.choice((0, 1, 2))))
        self._submitted += 1
        return self._chance.choice(
            (
                f"qsub {options} job.sh",
                f"echo sleep 1000 | qsub -h {options}",
                f'printf "{self._embedded()}\\nsleep 1000\\n" | qsub -h {options}',
                f'printf "#!/bin/sh\\n{self._embedded()}\\r\\nsleep 1000" > odd; qsub -h odd {options} a',
                f"qsub {options} job.sh a 'b c'",
            )
        )

    def _embedded(self) -> str:
        lines = "\\n".join(self._chance.choices(scenes.EMBEDDED, k=2))
        return self._filled(lines.replace("{options}", " ".join(self._options(tables.SUBMIT, 1))))

    def _short(self) -> str:
        """A job that is waited for."""
        self._submitted += 1
        end = self._chance.choice(("exit 0", "exit 3", "kill -9 $$", _AGAIN, "echo text", "exit 100"))
        if end == "exit 100":
            return "qsub -r n -b y sh -c 'exit 100'"
        options = " ".join(self._options({"-N": tables.NAMES[:4], "-A": ("acct",), "-P": ("proj",)}, 1))
        return f"timeout -s KILL 60 qsub -sync y -r n -cwd {options} -b y sh -c 'sleep 1.2; {end}'"

    def _shown(self) -> str:
        """A job that writes down what it finds, and what it wrote."""
        self._submitted += 1
        options = " ".join(self._options(scenes.SHOWN, self._chance.choice((1, 2, 3))))
        command = self._chance.choice(
            ("show", "show a 'b c'", "-b y $PWD/show", "-b y ./show \"'a' b\" '$HOME' '*'")
        )
        output = "-j y -o $PWD/shown" if self._chance.random() < 0.6 else ""
        shown = "cat shown [a-z]*.[eo]* 2>&1; rm -f shown [a-z]*.[eo]*"
        return f"timeout -s KILL 30 qsub -clear -sync y -cwd {output} {options} {command}; {shown}"

    def session(self) -> str:
        """A command with qrsh: it comes first, for it waits for a free slot."""
        options = " ".join(self._options(tables.SESSION, self._chance.choice((0, 1, 1, 2))))
        command = self._chance.choice(("echo text", "'exit 3'", "sh -c 'echo a b >&2; exit 4'", "nosuch"))
        return f"timeout -s KILL 20 qrsh -now n {options} {command}"

    def _verification(self) -> str:
        return " ".join(["qsub -verify", *self._options(tables.SUBMIT, 3), "-b y sleep 1000 a"])

    def _operation(self, tool: str, table: Values, most: int) -> str:
        words = [tool, *self._options(table, self._chance.randint(0 if tool != "qalter" else 1, most))]
        jobs = [self._job() for _ in range(self._chance.choice((1, 1, 1, 2)))]
        at = 1 if self._chance.random() < 0.2 else len(words)
        words[at:at] = jobs
        if tool == "qalter" and self._chance.random() < 0.1:
            words += ["--", "x", "'y z'"]
        return " ".join(words)

    def _deletion(self) -> str:
        options = self._options(tables.DELETE, self._chance.choice((0, 0, 1)))
        # Ranges in both places that overlap end the real qmaster.
        job = self._filled("{job}") if "-t" in " ".join(options) else self._job()
        return " ".join(["qdel", job, *options])

    def _modification(self) -> str:
        return " ".join(["qmod", *self._options(tables.MODIFY, self._chance.choice((1, 1, 1, 2)))])

    def _details(self) -> str:
        return f"qstat -j {self._filled('{job}')}{self._chance.choice(('', ' -xml', ' -ncb', ' -xml -ncb'))}"

    def _query(self, tool: str, table: Values, most: int, least: int = 0) -> str:
        return " ".join([tool, *self._options(table, self._chance.randint(least, most))])

    def _job(self) -> str:
        word = self._value(tables.JOBS)
        tail = self._chance.choice(("", "", "", ".1", ".1-3", ".2", ".x", ".1-6:2"))
        return word + tail if word.startswith("{") and "," not in word else word

    def _options(self, table: Values, count: int) -> list[str]:
        names = self._chance.choices(list(table), k=count)
        return [f"{name} {self._value(table[name])}".rstrip() for name in names]

    def _value(self, values: Sequence[str]) -> str:
        """Plausible ones stand in front and are taken more often."""
        return self._filled(values[int(len(values) * self._chance.random() ** 1.5)])

    def _filled(self, text: str) -> str:
        while "{job}" in text:
            text = text.replace("{job}", f"{{{self._chance.randint(1, max(1, self._submitted))}}}", 1)
        return text
