"""``python -m tests.fake.coverage_page``: the page of which options of each command the fake understands.

The page is made from the tables that the commands parse their options with: ``docs/fake_sge_coverage.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

from fake_sge.commands import qconf, qdel, qhost, qmod, qquota, qselect, qstat
from fake_sge.commands.queries import qacct_options
from fake_sge.commands.submit_options.table import OPTIONS, TOOL_LETTERS
from fake_sge.layout import NOT_SIMULATED
from fake_sge.render.usage import OptionHelp
from fake_sge.settings import ACTED_ON, KNOWN

UNDERSTOOD, SHOWN, REFUSED = "understood", "shown only", "refused"

SHOWN_ONLY: Mapping[str, str] = {
    "-binding": "jobs are not bound to cores",
    "-c": "no checkpoints are made",
    "-js": "there is no share tree",
    "-m": "no mail is sent",
    "-M": "no mail is sent",
    "-R": "slots are not reserved",
}
"""Options of qsub, qalter and qrsh that are checked, kept and shown as really, without a further effect."""

NONE_OF_THESE: Mapping[str, str] = {
    "-ar": "there are no advance reservations",
    "-ckpt": "there are no checkpointing environments",
}
"""Options that are answered as in a cell that has nothing of the kind."""

_HEAD = """\
# What fake_sge understands

Made by `python -m tests.fake.coverage_page` from the tables of the commands, and held up to date by a test.
Each option is

* *understood*: it does what it does in Grid Engine 8.1.9;
* *shown only*: it is checked, kept and shown, and nothing else comes of it;
* or *refused*: the command says so and fails.

Differences from the real commands are found with `python -m fake_sge.compare`
([fake_sge.md](fake_sge.md#is-the-fake-right)).
"""

Row = tuple[str, str, str, str]  # option, argument, what it does, how


def _submit_rows(tool: str) -> list[Row]:
    rows = []
    for switch, option in OPTIONS.items():
        if TOOL_LETTERS[tool] not in option.tools:
            continue
        how = UNDERSTOOD
        if switch in SHOWN_ONLY:
            how = f"{SHOWN}: {SHOWN_ONLY[switch]}"
        elif switch in NONE_OF_THESE:
            how = f"{REFUSED}: {NONE_OF_THESE[switch]}"
        rows.append((switch, option.argument, option.text, how))
    return rows


def _rows(options: Iterable[OptionHelp]) -> list[Row]:
    return [(option.switch, option.argument, option.text, UNDERSTOOD) for option in options]


def rows() -> dict[str, list[Row]]:
    """The options of each command."""
    tables: dict[str, Sequence[OptionHelp]] = {
        "qstat": qstat.SWITCHES,
        "qhost": qhost.SWITCHES,
        "qselect": qselect.SWITCHES,
        "qquota": qquota.SWITCHES,
        "qacct": qacct_options.OPTIONS,
        "qdel": qdel.OPTIONS,
        "qmod": qmod.OPTIONS,
        "qconf": qconf.OPTIONS,
    }
    submitting = {tool: _submit_rows(tool) for tool in ("qsub", "qalter", "qrsh", "qhold", "qrls")}
    found = {**submitting, **{tool: _rows(table) for tool, table in tables.items()}}
    found["qconf"] += [(switch, "", "", REFUSED) for switch in sorted(qconf.NOT_SIMULATED)]
    return found


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for tool, options in rows().items():
        parts.append(f"## {tool}\n\n| option | what it does | |\n|---|---|---|\n")
        refused = [switch for switch, _, text, how in options if how == REFUSED and not text]
        for switch, argument, text, how in options:
            if switch not in refused:
                word = f"{switch} {argument}".strip()
                parts[-1] += f"| `{_cell(word)}` | {_cell(text)} | {how} |\n"
        if refused:
            parts.append("Refused: " + ", ".join(f"`{switch}`" for switch in refused) + ".\n")
    parts.append(
        "## Commands that there are not\n\nThey say so and exit with 1: "
        + ", ".join(f"`{tool}`" for tool in sorted(NOT_SIMULATED))
        + ".\n"
    )
    parts.append(_settings())
    return "\n".join(parts)


def _settings() -> str:
    lines = [
        "## Settings\n",
        "What the fake acts on; the others are shown with their default, and refuse another value.\n",
        "| settings | acted on |",
        "|---|---|",
    ]
    for kind, known in KNOWN.items():
        names = [name for name in known if name in ACTED_ON[kind]]
        lines.append(f"| {kind} | {', '.join(f'`{name}`' for name in names)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
