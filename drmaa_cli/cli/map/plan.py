"""From commands to the tasks of array jobs: bundles, what is asked for, what is asked for when one failed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from drmaa_cli.cli.ends import BadInput
from drmaa_cli.cli.map.lines import Item
from drmaa_cli.cli.request import Request
from drmaa_cli.typed import Any, NamedTuple

DELETED = "deleted"  # a reason that is in no rule
WHENS = ("any", "memory", "time", "exit", "signal", "lost")
_CHANGE = re.compile(r"(time|mem|memory|slots)=([x+]?)(\d+(?:\.\d+)?)", re.ASCII)
_WHEN = re.compile(r"(any|memory|time|signal|lost|exit(?:=\d+)?):(.*)", re.ASCII)

# The commands of a bundle run one after the other, each as it would alone: what it says goes to a file of its
# own. A line of the file of ends tells how it ended, also when the task is killed later.
BUNDLE = """\
ends=$1 shell=$2; shift 2; worst=0
while [ $# -gt 1 ]; do
    "$shell" -c "$2" > "$1" 2>&1 < /dev/null; code=$?
    echo "$code $1" >> "$ends"
    [ $code -eq 0 ] || worst=1
    shift 2
done
exit $worst
"""


class ArrayTask(NamedTuple):
    """A task of an array: one command, or a bundle of them.

    Attributes:
        items: its commands.
        attempt: which attempt at them it is, from 1.
        request: what it asks for.
    """

    items: tuple[Item, ...]
    attempt: int
    request: Request


class Rule(NamedTuple):
    """What a failed command asks for when it is tried again.

    Attributes:
        when: for what reason it must have failed: one of WHENS, or ``exit=N``.
        field: what is changed.
        operator: ``x``: that many times as much; ``+``: so much more; '': so much.
        amount: in minutes, GB or slots.
    """

    when: str
    field: str
    operator: str
    amount: float

    def change(self, request: Request) -> Request:
        """The request with this change."""
        unit = {"seconds": 60.0, "megabytes": 1024.0}.get(self.field, 1.0)
        before = getattr(request, self.field)
        if self.operator == "x":
            after = before * self.amount
        else:
            after = self.amount * unit + (before if self.operator == "+" else 0)
        values: dict[str, Any] = {self.field: max(int(after), 1) if self.field == "slots" else after}
        return request._replace(**values)


def parse_rules(texts: Sequence[str], request: Request) -> list[Rule]:
    """Read ``[WHEN:]CHANGE[,CHANGE ...]``, such as ``time=x2,mem=x2`` or ``memory:mem=+4``.

    Raises:
        BadInput: it cannot be read, or is to change what was not asked for.
    """
    rules = []
    for text in texts:
        conditional = _WHEN.fullmatch(text)
        when, changes = conditional.groups() if conditional else ("any", text)
        for change in changes.split(","):
            found = _CHANGE.fullmatch(change.strip())
            if found is None:
                raise BadInput(
                    f"--retry-with takes [WHEN:]time=x2,mem=+4,slots=8 with WHEN one of {', '.join(WHENS)}"
                    f" or exit=N, not {text!r}"
                )
            field = {"time": "seconds", "slots": "slots"}.get(found[1], "megabytes")
            if found[2] and getattr(request, field) is None:
                option = "-T" if field == "seconds" else "-R"
                raise BadInput(
                    f"--retry-with {change.strip()} changes what {option} asks for, and it is not given"
                )
            rules.append(Rule(when, field, found[2], float(found[3])))
    return rules


def changed(request: Request, rules: Sequence[Rule], reasons: Collection[str]) -> Request:
    """What is asked for in the next attempt at a command that failed for these reasons.

    What somebody has deleted did not fail, and asks for the same.
    """
    for rule in rules if DELETED not in reasons else ():
        if rule.when == "any" or rule.when in reasons:
            request = rule.change(request)
    return request


def changed_later(now: Request, before: Request, rules: Sequence[Rule], reasons: Collection[str]) -> Request:
    """The same in another run: of the request of now, but no less than what was not enough before.

    Args:
        now: what the options of the new run ask for.
        before: what the command asked for when it failed.
        rules: what is changed for which reasons.
        reasons: for what it failed.
    """
    if changed(now, rules, reasons) == now:
        return now
    no_less = now._replace(
        seconds=_most(now.seconds, before.seconds),
        megabytes=_most(now.megabytes, before.megabytes),
        slots=max(now.slots, before.slots),
    )
    return changed(no_less, rules, reasons)


def _most(one: float | None, other: float | None) -> float | None:
    return max(one or 0.0, other or 0.0) or None


def of_exit(code: int) -> tuple[str, ...]:
    """For what reasons a command failed that ended by itself."""
    return ("exit", f"exit={code}")


def bundles(items: Sequence[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """The commands in bundles of a size, in their order."""
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])


def command_of(task: ArrayTask, shell: str, base: str) -> list[str]:
    """What a task runs.

    Args:
        task: the task.
        shell: what reads the commands.
        base: the beginning of the paths of its files; see :func:`output_of` and :func:`ends_of`.
    """
    if len(task.items) == 1:
        return [shell, "-c", task.items[0].text]
    pairs = [word for item in task.items for word in (output_of(base, item), item.text)]
    return ["/bin/sh", "-c", BUNDLE, "map", ends_of(base, task), shell, *pairs]


def output_of(base: str, item: Item) -> str:
    """The file of a command's output and errors."""
    return f"{base}{item.line}.log"


def ends_of(base: str, task: ArrayTask) -> str:
    """The file in which the commands of a bundle say how they ended."""
    return f"{base}{task.items[0].line}-{task.items[-1].line}.ends"


def task_output_of(base: str, task: ArrayTask) -> str:
    """The file of what a task itself says; that of its command where it has one."""
    if len(task.items) == 1:
        return output_of(base, task.items[0])
    return f"{base}{task.items[0].line}-{task.items[-1].line}.log"


def request_of_json(values: Mapping[str, Any]) -> Request:
    """A request as it was written down."""
    known = {name: values[name] for name in Request._fields if name in values}
    return Request(**{**known, "after": tuple(known.get("after", ()))})
