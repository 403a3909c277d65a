"""Queue instances: ``qstat -f`` and ``-F``, the cluster queue summary, the letters of their states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Callable

from ..lighter import record, replace
from ..model import CellConfig, QueueInstance, QueueState
from ..model.flavours import SGE, Flavour
from ..model.values import printed
from .detail_resources import value_type
from .elements import block, leaf
from .formats import fixed, xml_escape
from .offers import Offered

# Letters in the order in which Grid Engine writes them (capture qstat.f_queue_disabled: "Ad"; seen on a real
# cell: "aADds", "aACds", "aAdEs").
STATE_LETTERS = (
    (QueueState.ALARM, "a"),
    (QueueState.SUSPEND_ALARM, "A"),
    (QueueState.CALENDAR_SUSPENDED, "C"),
    (QueueState.CALENDAR_DISABLED, "D"),
    (QueueState.DISABLED, "d"),
    (QueueState.ERROR, "E"),
    (QueueState.SUSPENDED, "s"),
    (QueueState.SUBORDINATE, "S"),
    (QueueState.UNKNOWN, "u"),
    (QueueState.AMBIGUOUS, "c"),
    (QueueState.ORPHANED, "o"),
)
_MANUAL = (
    QueueState.SUSPENDED | QueueState.UNKNOWN | QueueState.DISABLED | QueueState.AMBIGUOUS | QueueState.ERROR
)
_TEMPORARY = (
    QueueState.ALARM
    | QueueState.CALENDAR_DISABLED
    | QueueState.ORPHANED
    | QueueState.SUBORDINATE
    | QueueState.CALENDAR_SUSPENDED
    | QueueState.SUSPEND_ALARM
)
# The columns of ``-g c -ext`` in their order, and their XML tags.
_COUNTED = {
    "s": "suspend_manual",
    "A": "suspend_threshold",
    "S": "suspend_on_subordinate",
    "C": "suspend_calendar",
    "u": "unknown",
    "a": "load_alarm",
    "d": "disabled_manual",
    "D": "disabled_calendar",
    "c": "ambiguous",
    "o": "orphaned",
    "E": "error",
}
_RULE = "-" * 81
_EXTENDED_RULE = "-" * 108


def state_letters(state: QueueState) -> str:
    """The states column."""
    return "".join(letter for bit, letter in STATE_LETTERS if state & bit)


def parse_states(word: str) -> tuple[QueueState, str | None]:
    """Letters of ``-qs`` and ``-explain`` as bits, and the first letter that is none."""
    letters = {letter: bit for bit, letter in STATE_LETTERS}
    state = QueueState.NONE
    for letter in word:
        if letter not in letters:
            return state, letter
        state |= letters[letter]
    return state, None


@record(frozen=True)
class QueueView:
    """A queue instance as ``qstat -f`` shows it.

    ``load`` is the value of load_avg (or $SGE_LOAD_AVG), None when the host does not report it.
    """

    instance: QueueInstance
    load: float | None
    arch: str | None
    resources: Sequence[Offered] = ()
    reasons: Sequence[tuple[str, str]] = ()  # XML tag and text: alarm reasons and messages of -explain

    @property
    def name(self) -> str:
        """``all.q@host``."""
        return self.instance.name


def queue_resources(
    offered: Sequence[Offered],
    config: CellConfig,
    wanted: Sequence[str] | None,
    flavour: Flavour = SGE,
) -> list[Offered]:
    """The resources of ``-F`` as they are printed; ``wanted`` None: all."""
    return [
        replace(item, value=printed(item.value, value_type(config, item.name), True, flavour.infinity))
        for item in offered
        if is_wanted(config, item.name, wanted)
    ]


def is_wanted(config: CellConfig, name: str, wanted: Sequence[str] | None) -> bool:
    """Whether a resource is one of those of ``-F``, named in full or by its shortcut."""
    if wanted is None or name in wanted:
        return True
    entry = config.complex_named(name)
    return entry is not None and entry.shortcut in wanted


def queue_heading(flavour: Flavour, load_name: str, width: int) -> str:
    """The title line of ``-f``."""
    return (
        f"{fixed('queuename', width)} qtype {'resv/used/tot.':<14} {fixed(load_name, 8)} "
        f"{'arch':<13} states{' ' if flavour.columns else ''}\n"
    )


def queue_text(flavour: Flavour, view: QueueView, width: int, extended: bool) -> str:
    """A rule and the line of a queue instance, with what -explain and -F add."""
    instance = view.instance
    slots = f"{instance.reserved}/{instance.used}/{instance.slots} "
    load = "-NA- " if view.load is None else f"{view.load:2.2f} "
    arch = f"{view.arch} " if view.arch is not None else "-NA- "
    rows = [
        _RULE + (_EXTENDED_RULE if extended else "") + "-" * max(0, width - 30) + "\n",
        (
            f"{fixed(view.name, width)} {fixed(instance.queue.qtype, 5)} {fixed(slots, 14)} {fixed(load, 8)} "
            f"{fixed(arch, 13)} {state_letters(instance.state)}"
            f"{' ' if flavour.columns else ''}\n"
        ),
    ]
    rows += [f"\t{text}\n" for _, text in view.reasons]
    rows += [f"\t{item.dominance}:{item.name}={item.value}\n" for item in view.resources]
    return "".join(rows)


def queue_xml(flavour: Flavour, view: QueueView) -> str:
    """The first members of a Queue-List element."""
    instance = view.instance
    rows: list[tuple[str, object]] = [
        ("name", view.name),
        ("qtype", instance.queue.qtype),
        ("slots_used", instance.used),
        ("slots_resv", instance.reserved),
        ("slots_total", instance.slots),
    ]
    if view.load is not None and not flavour.is_ocs:
        rows.append(("load_avg", f"{view.load:.5f}"))
    if view.arch is not None:
        rows.append(("arch", view.arch))
    letters = state_letters(instance.state)
    if letters or flavour.columns:
        rows.append(("state", letters))
    rows += list(view.reasons)
    text = "".join(leaf(3, tag, value) for tag, value in rows)
    for item in view.resources:
        text += (
            f'      <resource name="{xml_escape(item.name)}" type="{item.dominance}">'
            f"{xml_escape(item.value)}</resource>\n"
        )
    return text


@record
class ClusterSummary:
    """One line of ``-g c``: slots of all instances of a cluster queue by what can be done with them."""

    name: str
    load: float | None = None
    used: int = 0
    reserved: int = 0
    available: int = 0
    total: int = 0
    temporary: int = 0
    manual: int = 0
    states: dict[str, int] | None = None


def summarize(
    name: str, instances: Iterable[QueueInstance], load_of: Callable[[str], float | None]
) -> ClusterSummary:
    """Add up the instances; ``load_of`` gives np_load_avg of a host."""
    result = ClusterSummary(name, states=dict.fromkeys(_COUNTED, 0))
    assert result.states is not None
    weight, loaded = 0.0, 0
    for instance in instances:
        slots, state = instance.slots, instance.state
        result.used += instance.used
        result.reserved += instance.reserved
        result.total += slots
        load = load_of(instance.host)
        if load is not None:
            weight += load * slots
            loaded += slots
        if state & _MANUAL:
            result.manual += slots
        elif state & _TEMPORARY:
            result.temporary += slots
        else:
            result.available += slots - instance.used
        for letter in state_letters(state):
            result.states[letter] += slots
    result.load = weight / loaded if loaded else None
    return result


def summary_text(flavour: Flavour, summaries: Sequence[ClusterSummary], width: int, extended: bool) -> str:
    """``qstat -g c [-ext]``."""
    titles = (
        f"{'CLUSTER QUEUE'[:width]:<{width}} {'CQLOAD':>7} {'USED':>6} {'RES':>6} {'AVAIL':>6} {'TOTAL':>6} "
    )
    titles += f"{'aoACDS':>6} {'cdsuE':>6} {'' if flavour.columns else ' '}"
    rule = "-" * 80
    if extended:
        titles += " ".join(f"{letter:>5}" for letter in _COUNTED)
        rule += "-" * 66
    rows = [titles + "\n", rule + "-" * max(0, width - 36) + "\n"]
    for item in summaries:
        load = "-NA-" if item.load is None else f"{item.load:.2f}"
        row = (
            f"{item.name[:width]:<{width}} {load:>7} {item.used:6d} {item.reserved:6d} {item.available:6d} "
            f"{item.total:6d} {item.temporary:6d} {item.manual:6d} "
        )
        if extended and item.states is not None:
            row += "".join(f"{item.states[letter]:5d} " for letter in _COUNTED)
        rows.append(row + "\n")
    return "".join(rows)


def summary_xml_rows(item: ClusterSummary, extended: bool) -> str:
    """One cluster_queue_summary element."""
    counted = item.states if extended and item.states is not None else {}
    return block(
        1,
        "cluster_queue_summary",
        [
            leaf(2, "name", item.name),
            "" if item.load is None else leaf(2, "load", f"{item.load:.5f}"),
            leaf(2, "used", item.used),
            leaf(2, "resv", item.reserved),
            leaf(2, "available", item.available),
            leaf(2, "total", item.total),
            leaf(2, "temp_disabled", item.temporary),
            leaf(2, "manual_intervention", item.manual),
            *(leaf(2, tag, counted[letter]) for letter, tag in _COUNTED.items() if counted),
        ],
    )
